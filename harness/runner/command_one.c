/* What is done with one test alone: explained, debugged. */
#include "runner/command.h"
#include "runner/report/explain.h"

#include <leakgate/leakgate.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report_explained(const struct lg_results *results)
{
    if (lg_explain_write(results, stdout) > 0)
        return LEAKGATE_EXIT_CLEAN;
    return lg_fail("--explain: there is no test '%s'; 'leakgate run --list' shows their names",
                   results->options->explain);
}

/* A name as a glob that matches nothing else. The caller frees it. */
static char *as_glob(const char *name)
{
    char *glob = malloc(2 * strlen(name) + 1);
    char *out = glob;
    for (; glob != NULL && *name != '\0'; name++) {
        if (strchr("*?[]\\", *name) != NULL)
            *out++ = '\\';
        *out++ = *name;
    }
    if (glob != NULL)
        *out = '\0';
    return glob;
}

/* The name may be as in the budget file, with the program before it. */
static const char *test_of(const struct lg_options *options, const char *name)
{
    const char *slash = strrchr(options->program[0], '/');
    const char *program = slash != NULL ? slash + 1 : options->program[0];
    size_t length = strlen(program);
    bool named = strncmp(name, program, length) == 0 && name[length] == ':';
    return named ? name + length + 1 : name;
}

int lg_command_explain(const struct lg_options *options)
{
    struct lg_options only = *options;
    char *filter = as_glob(test_of(options, options->explain));
    if (filter == NULL)
        return lg_fail("no memory for the name of a test");
    only.filter = filter;
    only.trace = false;
    only.update_budgets = false;
    only.shards = 0;
    int status = lg_run_and_report(&only, report_explained);
    free(filter);
    return status;
}

/* Becomes a debugger that stops in the test at PLACE, "FILE:LINE". */
static int become_debugger(const struct lg_options *options, const char *place)
{
    char breakpoint[PATH_MAX + 64];
    char error[2 * PATH_MAX];
    char words[][32] = {
        "gdb", "-q", "-ex", "set breakpoint pending on", "-ex", "set follow-fork-mode child"};
    size_t count = sizeof(words) / sizeof(words[0]);
    size_t own = 1;
    snprintf(breakpoint, sizeof(breakpoint), "break %s", place);
    while (options->program[own - 1] != NULL)
        own++;
    char **argv = calloc(count + 5 + own, sizeof(*argv));
    if (argv == NULL)
        return lg_fail("--debug: no memory");
    for (size_t i = 0; i < count; i++)
        argv[i] = words[i];
    argv[count++] = words[2];
    argv[count++] = breakpoint;
    argv[count++] = words[2];
    argv[count++] = (char[]){"run"};
    argv[count++] = (char[]){"--args"};
    memcpy(argv + count, options->program, own * sizeof(*argv));
    lg_session_become(options, argv, error, sizeof(error));
    free(argv);
    return lg_fail("--debug: %s", error);
}

static bool is_defined(const struct lg_row *row)
{
    return row->record != NULL && row->record->state == LG_RECORD_REGISTERED &&
           row->where.file != NULL;
}

/* Where the test that OPTIONS select is defined: "FILE:LINE", which the caller frees. */
static char *find_place(const struct lg_options *options, char *error, size_t error_size)
{
    struct lg_session session;
    struct lg_results results;
    struct lg_options listing = *options;
    char *place = NULL;
    listing.list = true;
    if (lg_session_run(&listing, &session, error, error_size) != 0)
        return NULL;
    snprintf(error, error_size, "there is no test '%s' with debug information in %s",
             options->debug, options->program[0]);
    int status = lg_results_read(&session.ledger, &listing, &session.outcome, &results);
    for (size_t i = 0; status == 0 && place == NULL && i < results.count; i++) {
        const struct lg_location *where = &results.rows[i].where;
        if (is_defined(&results.rows[i]) && asprintf(&place, "%s:%u", where->file, where->line) < 0)
            place = NULL;
    }
    lg_results_free(&results);
    lg_session_close(&session);
    return place;
}

/* Once, without a time limit, and with its output where it goes. */
int lg_command_debug(const struct lg_options *options)
{
    struct lg_options only = *options;
    char error[2 * PATH_MAX];
    char *filter = as_glob(test_of(options, options->debug));
    if (filter == NULL)
        return lg_fail("no memory for the name of a test");
    only.filter = filter;
    only.rigor = LG_RIGOR_ONCE;
    only.trace = false;
    only.capture = false;
    only.update_budgets = false;
    only.ratchet = false;
    only.timeout_ms = 0;
    only.shards = 0;
    char *place = find_place(&only, error, sizeof(error));
    int status = place != NULL ? become_debugger(&only, place) : lg_fail("--debug: %s", error);
    free(place);
    free(filter);
    return status;
}
