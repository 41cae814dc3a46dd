#include "runner/budgets.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

void lg_budgets_free(struct lg_budgets *budgets)
{
    for (size_t i = 0; i < budgets->count; i++)
        free(budgets->rows[i].name);
    free(budgets->rows);
    *budgets = (struct lg_budgets){0};
}

static bool matches_name(const struct lg_budget_line *line, const char *name, const char *test)
{
    return line->is_glob ? fnmatch(name, test, 0) == 0 : strcmp(name, test) == 0;
}

/* A suite may have a ':' in its name too: both ways to read a name are tried. */
static bool matches(const struct lg_budget_line *line, const char *program, const char *test)
{
    if (matches_name(line, line->name, test))
        return true;
    const char *colon = strchr(line->name, ':');
    if (colon == NULL || !matches_name(line, colon + 1, test))
        return false;
    char *named = strndup(line->name, (size_t)(colon - line->name));
    bool same = named != NULL && matches_name(line, named, program);
    free(named);
    return same;
}

static size_t own_letters(const char *glob)
{
    size_t letters = 0;
    for (; *glob != '\0'; glob++)
        letters += strchr("*?[]", *glob) == NULL;
    return letters;
}

/* A line for one test goes before all globs, and one for one program before those for any. */
static bool goes_before(const struct lg_budget_line *a, const struct lg_budget_line *b)
{
    if (b == NULL || a->is_glob != b->is_glob)
        return b == NULL || !a->is_glob;
    return own_letters(a->name) > own_letters(b->name);
}

struct lg_budget lg_budgets_least(const struct lg_budgets *budgets,
                                  const struct lg_budget *fallback)
{
    struct lg_budget least = *fallback;
    for (size_t i = 0; budgets != NULL && i < budgets->count; i++) {
        const struct lg_budget_line *line = &budgets->rows[i];
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            if (!line->expired && (line->named & LG_GAUGE_BIT(gauge)) != 0 &&
                line->limits.values[gauge] < least.limits.values[gauge])
                least.limits.values[gauge] = line->limits.values[gauge];
        }
    }
    return least;
}

void lg_budgets_choose(const struct lg_budgets *budgets, const char *program, const char *test,
                       const struct lg_budget *fallback, struct lg_budget_choice *out)
{
    *out = (struct lg_budget_choice){.budget = *fallback};
    for (size_t i = 0; budgets != NULL && i < budgets->count; i++) {
        const struct lg_budget_line *line = &budgets->rows[i];
        if (line->expired || !matches(line, program, test))
            continue;
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            if ((line->named & LG_GAUGE_BIT(gauge)) == 0 || !goes_before(line, out->by[gauge]))
                continue;
            out->by[gauge] = line;
            out->budget.limits.values[gauge] = line->limits.values[gauge];
        }
        if (line->expects_leak && goes_before(line, out->expects_leak))
            out->expects_leak = line;
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (out->expects_leak != NULL && out->by[gauge] == NULL)
            out->budget.limits.values[gauge] = LG_BUDGET_UNLIMITED;
    }
}
