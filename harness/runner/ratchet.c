/* --ratchet: lines of the budget file that have got too loose. */
#include "runner/need.h"
#include "runner/results.h"

#include <stdlib.h>

/* What the tests need that have a line in common. */
struct common {
    struct lg_need need;
    lg_gauge_set blocked; /* what one of them needs of these is not known */
};

/* The line of that very test that limits GAUGE of ROW, or NULL. */
static const struct lg_budget_line *exact_by(const struct lg_row *row, int gauge)
{
    const struct lg_budget_line *line = row->choice->by[gauge];
    bool is_test = row->record != NULL && row->record->kind == LG_RECORD_TEST;
    return is_test && line != NULL && !line->is_glob ? line : NULL;
}

static void raise_to(int64_t *value, int64_t other)
{
    if (other > *value)
        *value = other;
}

static void add_need(struct common *common, const struct lg_need *need, int gauge)
{
    common->need.known |= LG_GAUGE_BIT(gauge) & need->known;
    common->blocked |= LG_GAUGE_BIT(gauge) & ~need->known;
    raise_to(&common->need.limits.values[gauge], need->limits.values[gauge]);
    raise_to(&common->need.noise.values[gauge], need->noise.values[gauge]);
}

static void ask(const struct lg_results *results, const struct lg_row *row, struct common *lines)
{
    const struct lg_budgets *budgets = results->options->budgets;
    struct lg_need need; /* nothing is known in it of a test that has not come so far */
    lg_need_of(results->ledger, row->record, &row->verdict, &need);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const struct lg_budget_line *line = exact_by(row, gauge);
        if (line != NULL)
            add_need(&lines[line - budgets->rows], &need, gauge);
    }
}

static lg_gauge_set better_of(const struct lg_results *results, const struct lg_row *row,
                              const struct common *lines)
{
    lg_gauge_set better = 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const struct lg_budget_line *line = exact_by(row, gauge);
        if (line == NULL)
            continue;
        const struct common *common = &lines[line - results->options->budgets->rows];
        if ((common->blocked & LG_GAUGE_BIT(gauge)) == 0 &&
            lg_need_is_less(&common->need, (enum lg_gauge)gauge, line->limits.values[gauge]))
            better |= LG_GAUGE_BIT(gauge);
    }
    return better;
}

bool lg_results_ratchet(struct lg_results *results)
{
    const struct lg_budgets *budgets = results->options->budgets;
    if (!results->options->ratchet || budgets == NULL || budgets->count == 0)
        return true;
    struct common *lines = calloc(budgets->count, sizeof(*lines));
    for (size_t i = 0; lines != NULL && i < results->count; i++)
        ask(results, &results->rows[i], lines);
    for (size_t i = 0; lines != NULL && i < results->count; i++) {
        struct lg_verdict *verdict = &results->rows[i].verdict;
        results->counts[verdict->kind]--;
        lg_verdict_ratchet(verdict, better_of(results, &results->rows[i], lines));
        results->counts[verdict->kind]++;
    }
    free(lines);
    return lines != NULL;
}
