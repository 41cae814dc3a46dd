/* The budget file of a run: read before it, written after it. */
#include "runner/budgets_file.h"
#include "runner/command.h"
#include "runner/last_words.h"

#include <errno.h>
#include <leakgate/leakgate.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t today(void)
{
    return time(NULL) / 86400;
}

/* A file that is to be written need not be there. */
static int read_file_of(const struct lg_options *options, struct lg_budgets *budgets, char *error,
                        size_t error_size)
{
    int status = lg_budgets_read(budgets, options->budgets_path, today(), error, error_size);
    budgets->path = options->budgets_path;
    return status == -ENOENT && options->update_budgets ? 0 : status;
}

static void tell_changes(const struct lg_options *options, const struct lg_budget_changes *changes)
{
    static const char *const how[] = {"added", "tightened", "raised", "removed", "remembered"};
    const size_t counts[] = {changes->added, changes->tightened, changes->raised, changes->removed,
                             changes->remembered};
    const char *separator = ": ";
    printf("leakgate: budgets: %s", options->budgets_path);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (counts[i] == 0)
            continue;
        printf("%s%zu line%s %s", separator, counts[i], counts[i] == 1 ? "" : "s", how[i]);
        separator = ", ";
    }
    puts(strcmp(separator, ": ") == 0 ? ": nothing to change" : "");
    if (changes->refused > 0)
        printf("leakgate: budgets: %zu test%s over what is allowed; --allow-growth allows more\n",
               changes->refused, changes->refused == 1 ? " is" : "s are");
    if (changes->expired > 0)
        printf("leakgate: budgets: %zu test%s over with a line that has expired; give it a new "
               "date\n",
               changes->expired, changes->expired == 1 ? " is" : "s are");
}

int lg_command_update_budgets(const struct lg_options *options, const struct lg_session *session)
{
    struct lg_options first = *options;
    struct lg_results results;
    struct lg_budget_changes changes;
    char error[512];
    first.ratchet = false;
    lg_last_words_begin();
    int status = lg_results_read(&session->ledger, &first, &session->outcome, &results);
    lg_last_words_end();
    if (status != 0)
        snprintf(error, sizeof(error), "no memory to update the budgets");
    else
        status = lg_budgets_file_update(options->budgets_path, &results, today(), &changes, error,
                                        sizeof(error));
    lg_results_free(&results);
    if (options->suppressions != NULL)
        lg_suppressions_forget(options->suppressions);
    if (status == 0) {
        lg_budgets_free(options->budgets);
        status = read_file_of(options, options->budgets, error, sizeof(error));
    }
    if (status != 0)
        return lg_fail("--update-budgets: %s", error);
    if (!options->quiet)
        tell_changes(options, &changes);
    return LEAKGATE_EXIT_CLEAN;
}

int lg_command_read_budgets(struct lg_options *options, struct lg_budgets *budgets)
{
    char error[512];
    if (options->budgets_path == NULL)
        return LEAKGATE_EXIT_CLEAN;
    if (options->update_budgets) {
        int status = lg_budgets_file_prepare(options->budgets_path);
        if (status != 0)
            return lg_fail("--update-budgets: %s cannot be written: %s; name a file that can be",
                           options->budgets_path, strerror(-status));
    }
    if (read_file_of(options, budgets, error, sizeof(error)) != 0)
        return lg_fail("--budgets: %s", error);
    options->budgets = budgets;
    return LEAKGATE_EXIT_CLEAN;
}
