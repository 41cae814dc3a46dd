/* The words of `leakgate run`, one a line; before "====", what the environment says of LEAKGATE_*.
 */
#include "fuzz.h"

#include "runner/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS 24
#define ERROR 512

struct words {
    char *rows[WORDS + 1];
    int count;
};

static void take_words(struct words *words, struct fuzz_part input)
{
    struct fuzz_part line;
    while (words->count < WORDS && fuzz_cut_line(&input, &line))
        words->rows[words->count++] = fuzz_string(&line);
    words->rows[words->count] = NULL;
}

/* A file of that name would be made. */
static void leave_file_out(struct words *environment)
{
    static const char name[] = "GTEST_SHARD_STATUS_FILE=";
    for (int i = 0; i < environment->count; i++) {
        if (strncmp(environment->rows[i], name, strlen(name)) == 0)
            environment->rows[i][0] = '\0';
    }
}

static void free_words(struct words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->rows[i]);
}

/* setenv keeps all that it was ever told. */
static int parse_in(char **environment, const struct words *words, struct lg_options *out,
                    char error[ERROR])
{
    char **kept = environ;
    environ = environment;
    int status = lg_options_parse(words->count, words->rows, out, error, ERROR);
    environ = kept;
    return status;
}

static void check_numbers(const struct lg_options *options)
{
    FUZZ_HOLDS(options->rigor <= LG_RIGOR_THOROUGH && lg_rigor_name(options->rigor) != NULL);
    FUZZ_HOLDS(options->isolation <= LG_ISOLATION_CARRY);
    FUZZ_HOLDS(lg_isolation_name(options->isolation) != NULL);
    FUZZ_HOLDS(options->color <= LG_COLOR_NEVER);
    FUZZ_HOLDS(options->outputs.github <= LG_GITHUB_NEVER);
    FUZZ_HOLDS(options->timeout_ms <= UINT64_C(1000000000000));
    FUZZ_HOLDS((options->shard == 0) == (options->shards == 0));
    FUZZ_HOLDS(options->shard <= options->shards);
    FUZZ_HOLDS(options->jobs >= 1 && options->jobs <= LG_ORDERS_MAX_JOBS);
    FUZZ_HOLDS(options->repeat >= 1 && (options->shuffle || options->seed == 0));
    FUZZ_HOLDS(options->skip_status == 0 ||
               (options->skip_status >= 5 && options->skip_status <= 125));
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        FUZZ_HOLDS(options->budget.limits.values[gauge] >= 0);
}

static void check_together(const struct lg_options *options)
{
    FUZZ_HOLDS(!options->json || options->list);
    FUZZ_HOLDS(!options->allow_growth || options->update_budgets);
    FUZZ_HOLDS(!options->update_budgets || options->budgets_path != NULL);
    FUZZ_HOLDS(!options->ratchet || options->budgets_path != NULL);
    FUZZ_HOLDS(options->trace || options->suppressions_path == NULL);
    FUZZ_HOLDS(options->explain == NULL || strchr(options->explain, '/') != NULL);
    FUZZ_HOLDS(options->debug == NULL || strchr(options->debug, '/') != NULL);
    FUZZ_HOLDS(options->filter == NULL || options->filter[0] != '\0');
}

/* The program is the rest of the words. */
static void check_program(const struct lg_options *options, const struct words *words)
{
    ptrdiff_t at = options->program - (char *const *)words->rows;
    FUZZ_HOLDS(options->words == words->rows && at >= 1 && at < words->count);
    FUZZ_HOLDS(options->program[words->count - at] == NULL);
}

/* What a budget is written as is that budget again: what has no limit is not written. */
static void check_budget(const struct lg_budget *budget)
{
    struct lg_budget again;
    char text[512];
    char error[ERROR];
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        again.limits.values[gauge] = LG_BUDGET_UNLIMITED;
    lg_budget_format(budget, text, sizeof(text));
    if (text[0] != '\0')
        FUZZ_HOLDS(lg_budget_parse(text, &again, error, sizeof(error)) == 0);
    FUZZ_HOLDS(memcmp(&again, budget, sizeof(again)) == 0);
}

static void check_error(const char *error)
{
    FUZZ_HOLDS(error[0] != '\0' && strlen(error) < ERROR);
    for (; *error != '\0'; error++)
        FUZZ_HOLDS((unsigned char)*error >= ' ' && *error != 0x7f);
}

/* Whatever else is in the environment: an option wins over its twin, and a text is the same limit
 * in both. */
static void check_twins(const struct fuzz_part *spec)
{
    static char program[] = "program";
    static char run[] = "run";
    struct lg_text twin = {0};
    struct lg_text option = {0};
    char *text = fuzz_string(spec);
    char errors[2][ERROR] = {"", ""};
    lg_text_add(&twin, "LEAKGATE_BUDGET=%s", text);
    lg_text_add(&option, "--budget=%s", text);
    char *environment[] = {twin.data, NULL};
    struct words with = {.rows = {run, option.data, program}, .count = 3};
    struct words without = {.rows = {run, program}, .count = 2};
    struct lg_options by_option;
    struct lg_options by_twin;
    int status = parse_in(environment + 1, &with, &by_option, errors[0]);
    /* An empty twin is none. */
    if (text[0] != '\0') {
        FUZZ_HOLDS(parse_in(environment, &without, &by_twin, errors[1]) == status);
        FUZZ_HOLDS(status != 0 ||
                   memcmp(&by_option.budget, &by_twin.budget, sizeof(struct lg_budget)) == 0);
        FUZZ_HOLDS(status == 0 || strcmp(errors[0] + strlen("--budget"),
                                         errors[1] + strlen("LEAKGATE_BUDGET")) == 0);
    }
    free(text);
    lg_text_free(&twin);
    lg_text_free(&option);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char run[] = "run";
    struct fuzz_part input = {(const char *)data, size};
    struct fuzz_part first = fuzz_cut(&input, "====\n");
    struct words environment = {.count = 0};
    struct words words = {.rows = {run}, .count = 1};
    struct lg_options options;
    struct lg_options untouched;
    char error[ERROR] = "";
    memset(&options, 0x5a, sizeof(options));
    untouched = options;
    take_words(&environment, first);
    leave_file_out(&environment);
    take_words(&words, input);
    int status = parse_in(environment.rows, &words, &options, error);
    FUZZ_HOLDS(status == 0 || status == -EINVAL);
    if (status == 0) {
        check_numbers(&options);
        check_together(&options);
        check_program(&options, &words);
        check_budget(&options.budget);
    } else {
        check_error(error);
        FUZZ_HOLDS(memcmp(&options, &untouched, sizeof(options)) == 0);
    }
    fuzz_cut_line(&input, &first);
    check_twins(&first);
    words.rows[0] = NULL;
    free_words(&words);
    free_words(&environment);
    return 0;
}
