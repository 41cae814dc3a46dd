/* Lines of a budget file for tests that are no more. */
#include "runner/results.h"
#include "runner/text.h"

#include <stdlib.h>
#include <string.h>

/* Only a program that came to run its tests has told which there are. */
static bool is_complete(const struct lg_program *program)
{
    return program->host != NULL && program->host->state >= LG_HOST_RUNNING && program->count > 0;
}

static bool is_test(const struct lg_row *row)
{
    return row->record != NULL && row->record->kind == LG_RECORD_TEST;
}

/* A line names PROGRAM, or one of its suites: others may be for programs that share the file. */
static bool names_suite(const struct lg_budget_line *line, const char *suite)
{
    size_t length = strlen(suite);
    return strncmp(line->name, suite, length) == 0 && line->name[length] == '/';
}

static bool names_program(const struct lg_budget_line *line, const char *program)
{
    size_t length = strlen(program);
    return strncmp(line->name, program, length) == 0 && line->name[length] == ':';
}

/* Tests are told one after the other: what one of them says is enough. */
static bool find(struct lg_results *results, const struct lg_program *program, bool *found,
                 bool *meant)
{
    const struct lg_budgets *budgets = results->options->budgets;
    for (size_t i = 0; i < program->count; i++) {
        const struct lg_row *row = &results->rows[program->first + i];
        struct lg_text test = {0};
        if (!is_test(row))
            continue;
        const char *suite = lg_ledger_text(results->ledger, row->record->suite);
        lg_text_add(&test, "%s/%s", suite, lg_ledger_text(results->ledger, row->record->name));
        for (size_t line = 0; !test.failed && line < budgets->count; line++) {
            const struct lg_budget_line *at = &budgets->rows[line];
            meant[line] |= names_suite(at, suite) || names_program(at, program->name);
            found[line] |= !found[line] && lg_rule_matches(at->name, at->is_glob, program->name,
                                                           lg_text_string(&test));
        }
        bool failed = test.failed;
        lg_text_free(&test);
        if (failed)
            return false;
    }
    return true;
}

bool lg_results_find_stale(struct lg_results *results)
{
    const struct lg_budgets *budgets = results->options->budgets;
    if (budgets == NULL || budgets->count == 0)
        return true;
    bool *found = calloc(budgets->count, sizeof(*found));
    bool done = found != NULL;
    results->stale = calloc(budgets->count, sizeof(*results->stale));
    done = done && results->stale != NULL;
    for (size_t p = 0; done && p < results->program_count; p++) {
        if (is_complete(&results->programs[p]))
            done = find(results, &results->programs[p], found, results->stale);
    }
    for (size_t line = 0; done && line < budgets->count; line++)
        results->stale[line] &= !found[line] && !budgets->rows[line].expired;
    free(found);
    return done;
}
