#include "budget_round.h"

#include "support.h"
#include "unit.h"

#include <inttypes.h>
#include <string.h>

static const char *const programs[] = {"p", "q"};
static const char *const tests[] = {"a/b", "a/c", "b/a"};
static const int64_t numbers[] = {0, 32, 64, 128, 4096, INT64_MAX};

static bool once_in(struct budget_round *round, uint32_t times)
{
    return next_number(&round->random, times) == 0;
}

static int64_t any_number(struct budget_round *round)
{
    return numbers[next_number(&round->random, sizeof(numbers) / sizeof(numbers[0]))];
}

static void add_limits(struct budget_round *round, lg_gauge_set named, const char *separator)
{
    const char *between = "";
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        int64_t number = any_number(round);
        if ((named & LG_GAUGE_BIT(gauge)) == 0)
            continue;
        lg_text_add(&round->text, "%s%s=", between, lg_gauge_name((enum lg_gauge)gauge));
        if (number == INT64_MAX)
            lg_text_add(&round->text, "unlimited");
        else
            lg_text_add(&round->text, "%" PRId64, number);
        between = separator;
    }
}

static const char *any_name(struct budget_round *round)
{
    static const char *const globs[] = {"*/*", "a/*", "p:*/?", "q:a/[bc]", "?:b/a"};
    static const char *const names[] = {"a/b",   "a/c",   "b/a",   "p:a/b", "p:a/c",
                                        "p:b/a", "q:a/b", "q:a/c", "q:b/a"};
    if (once_in(round, 4))
        return globs[next_number(&round->random, 5)];
    return names[next_number(&round->random, 9)];
}

/* What the lines before say of NAME: no other line may. */
static struct budget_round_said *said_of(struct budget_round *round, const char *name)
{
    struct budget_round_said *said = round->said;
    while (said->name != NULL && strcmp(said->name, name) != 0)
        said++;
    CU_ASSERT_FATAL(said < round->said + BUDGET_ROUND_LINES);
    said->name = name;
    return said;
}

static void add_budget_line(struct budget_round *round)
{
    struct budget_round_said *said = said_of(round, any_name(round));
    lg_gauge_set some = next_number(&round->random, ALL_GAUGES + 1);
    lg_gauge_set named = some & next_number(&round->random, ALL_GAUGES + 1);
    bool expects = named == 0 || once_in(round, 8);
    bool dated = once_in(round, 5);
    bool expired = dated && once_in(round, 2);
    if (!expired) {
        named &= ~said->named;
        expects = (expects || named == 0) && !said->expects_leak;
        said->named |= named;
        said->expects_leak |= expects;
    }
    if (named == 0 && !expects)
        return;
    lg_text_add(&round->text, "%s ", said->name);
    add_limits(round, named, once_in(round, 2) ? " " : ",");
    lg_text_add(&round->text, "%s", expects ? " expect-leak" : "");
    if (named != 0 && once_in(round, 4)) {
        lg_text_add(&round->text, " first:");
        add_limits(round, named, ",");
    }
    if (dated)
        lg_text_add(&round->text, "  # until %s", expired ? "2024-01-01" : "2099-12-31");
}

static void make_text(struct budget_round *round)
{
    const char *newline = once_in(round, 4) ? "\r\n" : "\n";
    lg_text_add(&round->text, "%s# budgets", once_in(round, 8) ? "\xef\xbb\xbf" : "");
    for (uint32_t left = next_number(&round->random, BUDGET_ROUND_LINES); left > 0; left--) {
        lg_text_add(&round->text, "%s", newline);
        if (once_in(round, 6))
            lg_text_add(&round->text, "%s", once_in(round, 2) ? "" : " # x");
        else
            add_budget_line(round);
    }
    if (!once_in(round, 4))
        lg_text_add(&round->text, "%s", newline);
}

static void make_tests(struct budget_round *round)
{
    for (size_t i = 0; i < 6; i++) {
        if (once_in(round, 3))
            continue;
        struct lg_budget_measured *test =
            budget_play_measure(&round->play, programs[i / 3], tests[i % 3]);
        struct lg_wishes *own = &round->own[i];
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            lg_gauge_set bit = LG_GAUGE_BIT(gauge);
            own->named |= once_in(round, 10) ? bit : 0;
            own->limits.values[gauge] = any_number(round);
            test->need.noise.values[gauge] = once_in(round, 4) ? 48 : 0;
            if (once_in(round, 6))
                test->need.known &= ~bit;
            else if (once_in(round, 3))
                test->need.limits.values[gauge] = any_number(round);
            if (test->need.limits.values[gauge] == INT64_MAX)
                test->need.limits.values[gauge] = 100;
        }
        test->own = once_in(round, 2) ? own : NULL;
    }
}

static struct lg_budgets read_back(const char *text)
{
    struct lg_budgets budgets;
    char error[512];
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&budgets, text, strlen(text), error), 0);
    return budgets;
}

void budget_round_start(struct budget_round *round, uint64_t seed, bool allow_growth)
{
    *round = (struct budget_round){.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    round->play.allow_growth = allow_growth;
    make_text(round);
    make_tests(round);
    round->before = read_back(lg_text_string(&round->text));
    round->after = read_back(budget_play_update(&round->play, lg_text_string(&round->text)));
}

void budget_round_finish(struct budget_round *round)
{
    lg_budgets_free(&round->before);
    lg_budgets_free(&round->after);
    lg_text_free(&round->text);
    budget_play_free(&round->play);
}
