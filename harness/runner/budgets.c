#include "runner/budgets.h"

#include <stdlib.h>

void lg_budgets_free(struct lg_budgets *budgets)
{
    for (size_t i = 0; i < budgets->count; i++)
        free(budgets->rows[i].name);
    free(budgets->rows);
    *budgets = (struct lg_budgets){0};
}

static bool goes_before(const struct lg_budget_line *a, const struct lg_budget_line *b)
{
    return b == NULL || lg_rule_goes_before(a->name, a->is_glob, b->name, b->is_glob);
}

static void apply(const struct lg_budget_line *line, struct lg_budget_choice *out)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((line->named & LG_GAUGE_BIT(gauge)) == 0 || !goes_before(line, out->by[gauge]))
            continue;
        out->by[gauge] = line;
        out->budget.limits.values[gauge] = line->limits.values[gauge];
    }
    if (line->expects_leak && goes_before(line, out->expects_leak))
        out->expects_leak = line;
}

static void apply_own(const struct lg_wishes *own, struct lg_budget_choice *out)
{
    for (int gauge = 0; own != NULL && gauge < LG_GAUGE_COUNT; gauge++) {
        if ((own->named & LG_GAUGE_BIT(gauge)) == 0)
            continue;
        out->own |= LG_GAUGE_BIT(gauge);
        out->budget.limits.values[gauge] = own->limits.values[gauge];
    }
}

void lg_budgets_choose(const struct lg_budgets *budgets, const struct lg_budget_asked *asked,
                       struct lg_budget_choice *out)
{
    *out = (struct lg_budget_choice){.budget = *asked->fallback};
    apply_own(asked->own, out);
    for (size_t i = 0; budgets != NULL && i < budgets->count; i++) {
        const struct lg_budget_line *line = &budgets->rows[i];
        if (!line->expired && (!asked->globs_only || line->is_glob) &&
            lg_rule_matches(line->name, line->is_glob, asked->program, asked->test))
            apply(line, out);
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (out->by[gauge] != NULL)
            out->own &= ~LG_GAUGE_BIT(gauge);
        else if (out->expects_leak != NULL)
            out->budget.limits.values[gauge] = LG_BUDGET_UNLIMITED;
    }
}
