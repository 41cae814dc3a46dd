/* A budget file; behind "====", the tests that were measured: lines of program, SUITE/TEST, what it
 * needs, and what it says itself, with tabs between them. The first letter of all tells whether
 * lines may be raised. */
#include "fuzz.h"

#include "runner/budgets_line.h"
#include "runner/budgets_update.h"
#include "runner/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TODAY 20000 /* 2024-10-04 */
#define TESTS 4
#define PATH "budgets.txt"
#define ALL_GAUGES (LG_GAUGE_BIT(LG_GAUGE_COUNT) - 1)

struct tests {
    struct lg_budget_measured rows[TESTS];
    struct lg_wishes own[TESTS];
    char *programs[TESTS];
    char *names[TESTS];
    size_t count;
};

/* "live=64,fds=1": what it names, which is what is set in LIMITS. */
static lg_gauge_set take_limits(const struct fuzz_part *part, struct lg_gauges *limits)
{
    char *text = fuzz_string(part);
    char error[256];
    struct lg_budget budget;
    lg_gauge_set named = 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        budget.limits.values[gauge] = -1;
    lg_budget_parse(text, &budget, error, sizeof(error));
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        /* Growth was measured: it is below what stands for no limit. */
        if (budget.limits.values[gauge] < 0 || budget.limits.values[gauge] == LG_BUDGET_UNLIMITED)
            continue;
        named |= LG_GAUGE_BIT(gauge);
        limits->values[gauge] = budget.limits.values[gauge];
    }
    free(text);
    return named;
}

static void take_test(struct tests *tests, struct fuzz_part *line)
{
    struct fuzz_part program = fuzz_cut(line, "\t");
    struct fuzz_part name = fuzz_cut(line, "\t");
    struct fuzz_part need = fuzz_cut(line, "\t");
    size_t at = tests->count;
    struct lg_budget_measured *test = &tests->rows[at];
    tests->programs[at] = fuzz_string(&program);
    tests->names[at] = fuzz_string(&name);
    *test = (struct lg_budget_measured){.program = tests->programs[at], .test = tests->names[at]};
    tests->own[at] = (struct lg_wishes){0};
    take_limits(&need, &test->need.limits);
    test->need.known = ALL_GAUGES;
    tests->own[at].named = take_limits(line, &tests->own[at].limits);
    test->own = tests->own[at].named != 0 ? &tests->own[at] : NULL;
    tests->count++;
}

static void take_tests(struct tests *tests, struct fuzz_part *input)
{
    struct fuzz_part line;
    tests->count = 0;
    while (tests->count < TESTS && fuzz_cut_line(input, &line)) {
        /* Its name is SUITE/TEST, whatever these are. */
        if (memchr(line.text, '/', line.length) == NULL)
            continue;
        take_test(tests, &line);
        if (strchr(tests->names[tests->count - 1], '/') != NULL)
            continue;
        tests->count--;
        free(tests->programs[tests->count]);
        free(tests->names[tests->count]);
    }
}

static void free_tests(struct tests *tests)
{
    for (size_t i = 0; i < tests->count; i++) {
        free(tests->programs[i]);
        free(tests->names[i]);
    }
}

static void check_line(const struct lg_budget_line *row, size_t lines)
{
    FUZZ_HOLDS(row->line >= 1 && row->line <= lines);
    FUZZ_HOLDS(strchr(row->name, '/') != NULL);
    FUZZ_HOLDS(row->named != 0 || row->expects_leak);
    FUZZ_HOLDS(((row->named | row->first_named) & ~ALL_GAUGES) == 0);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        FUZZ_HOLDS(row->limits.values[gauge] >= 0 && row->first.values[gauge] >= 0);
}

static bool read_file(const struct fuzz_part *file, struct lg_budgets *budgets)
{
    char error[512] = "not touched";
    size_t lines = fuzz_count_lines(file);
    int status =
        lg_budgets_read_text(budgets, PATH, file->text, file->length, TODAY, error, sizeof(error));
    FUZZ_HOLDS(status == 0 || status == -EINVAL);
    FUZZ_HOLDS(budgets->count <= lines);
    if (status != 0) {
        FUZZ_HOLDS(budgets->count == 0 && budgets->rows == NULL);
        fuzz_check_complaint(error, PATH, lines);
        return false;
    }
    FUZZ_HOLDS(error[0] == '\0');
    for (size_t i = 0; i < budgets->count; i++)
        check_line(&budgets->rows[i], lines);
    return true;
}

/* Whatever a test is called, its line names it, and nothing else. */
static void check_name(const struct lg_budget_measured *test)
{
    struct lg_text text = {0};
    struct lg_text name = {0};
    struct lg_budgets budgets;
    lg_budget_line_add_name(&text, test->program, test->test);
    lg_text_add(&text, " live=1\n");
    lg_text_add(&name, "%s:%s", test->program, test->test);
    struct fuzz_part file = {text.data, text.length};
    FUZZ_HOLDS(read_file(&file, &budgets) && budgets.count == 1);
    FUZZ_HOLDS(!budgets.rows[0].is_glob && strcmp(budgets.rows[0].name, name.data) == 0);
    FUZZ_HOLDS(lg_rule_matches(budgets.rows[0].name, false, test->program, test->test));
    lg_budgets_free(&budgets);
    lg_text_free(&text);
    lg_text_free(&name);
}

struct update {
    const struct tests *tests;
    bool allow_growth;
    struct lg_budget fallback;
    struct lg_budget_changes changes;
};

static void run(struct update *update, const struct lg_budgets *budgets, const char *text,
                struct lg_text *out)
{
    struct lg_budget_update asked = {.budgets = budgets,
                                     .text = text,
                                     .fallback = &update->fallback,
                                     .tests = update->tests->rows,
                                     .count = update->tests->count,
                                     .allow_growth = update->allow_growth};
    lg_budgets_update(&asked, out, &update->changes);
    FUZZ_HOLDS(!out->failed);
}

static struct lg_budget_choice choose(const struct update *update, const struct lg_budgets *budgets,
                                      const struct lg_budget_measured *test)
{
    struct lg_budget_choice choice;
    struct lg_budget_asked asked = {.program = test->program,
                                    .test = test->test,
                                    .own = test->own,
                                    .fallback = &update->fallback};
    lg_budgets_choose(budgets, &asked, &choice);
    return choice;
}

/* No limit rises that nobody allowed to: only a test of which nothing is said gets a higher one.
 * A line for "a" of program "p" is one for "p:a" of any program, too: that is how lines are read.
 */
static void check_risen(const struct update *update, const struct lg_budgets *before,
                        const struct lg_budgets *after)
{
    for (size_t i = 0; i < update->tests->count; i++) {
        const struct lg_budget_measured *test = &update->tests->rows[i];
        if (strchr(test->test, ':') != NULL)
            continue;
        struct lg_budget_choice was = choose(update, before, test);
        struct lg_budget_choice is = choose(update, after, test);
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            if (is.budget.limits.values[gauge] <= was.budget.limits.values[gauge])
                continue;
            FUZZ_HOLDS(was.by[gauge] == NULL && (was.own & LG_GAUGE_BIT(gauge)) == 0);
        }
    }
}

/* What an update has written is read again, and a second one leaves each byte as it is. */
static void check_update(struct update *update, const struct lg_budgets *before, const char *text)
{
    struct lg_text once = {0};
    struct lg_text twice = {0};
    struct lg_budgets after;
    run(update, before, text, &once);
    struct lg_budget_changes changes = update->changes;
    struct fuzz_part file = {lg_text_string(&once), once.length};
    FUZZ_HOLDS(read_file(&file, &after));
    FUZZ_HOLDS(after.count + changes.removed == before->count + changes.added);
    if (!update->allow_growth) {
        FUZZ_HOLDS(changes.raised == 0);
        check_risen(update, before, &after);
    }
    run(update, &after, file.text, &twice);
    FUZZ_HOLDS(strcmp(lg_text_string(&twice), file.text) == 0);
    lg_budgets_free(&after);
    lg_text_free(&once);
    lg_text_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_part input = {(const char *)data, size};
    struct fuzz_part file = fuzz_cut(&input, "====\n");
    struct lg_budgets budgets;
    struct tests tests;
    bool read = read_file(&file, &budgets);
    take_tests(&tests, &input);
    for (size_t i = 0; i < tests.count; i++)
        check_name(&tests.rows[i]);
    if (read) {
        struct update update = {.tests = &tests, .allow_growth = size > 0 && data[0] == '#'};
        char *text = fuzz_string(&file);
        lg_budget_init(&update.fallback);
        check_update(&update, &budgets, text);
        free(text);
    }
    lg_budgets_free(&budgets);
    free_tests(&tests);
    return 0;
}
