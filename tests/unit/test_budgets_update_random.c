/* What must hold of each update, whatever the file and the measurements. */
#include "budget_round.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 1000

static struct lg_budget_choice choose(const struct lg_budgets *budgets,
                                      const struct lg_budget_measured *test)
{
    struct lg_budget fallback;
    struct lg_budget_choice choice;
    lg_budget_init(&fallback);
    struct lg_budget_asked asked = {
        .program = test->program, .test = test->test, .own = test->own, .fallback = &fallback};
    lg_budgets_choose(budgets, &asked, &choice);
    return choice;
}

/* How many lines name that very test, of those that have EXPIRED or not. */
static size_t count_own(const struct lg_budgets *budgets, const struct lg_budget_measured *test,
                        bool expired)
{
    size_t count = 0;
    for (size_t i = 0; i < budgets->count; i++) {
        const struct lg_budget_line *row = &budgets->rows[i];
        count += !row->is_glob && row->expired == expired &&
                 lg_rule_matches(row->name, false, test->program, test->test);
    }
    return count;
}

static void test_an_update_of_an_update_changes_no_byte(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        budget_round_start(&round, seed, seed % 2 == 0);
        char *first = strdup(round.play.text);
        CU_ASSERT_PTR_NOT_NULL_FATAL(first);
        CU_ASSERT_STRING_EQUAL(budget_play_update(&round.play, first), first);
        free(first);
        budget_round_finish(&round);
    }
}

/* Only a test of which nothing is said may get a limit that is higher, and then what it needs. */
static void check_not_risen(const struct budget_round *round, const struct lg_budget_measured *test)
{
    struct lg_budget_choice before = choose(&round->before, test);
    struct lg_budget_choice after = choose(&round->after, test);
    bool unnamed = count_own(&round->before, test, false) == 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        int64_t limit = after.budget.limits.values[gauge];
        bool unsaid =
            unnamed && before.by[gauge] == NULL && (before.own & LG_GAUGE_BIT(gauge)) == 0;
        if (limit <= before.budget.limits.values[gauge])
            continue;
        CU_ASSERT_TRUE(unsaid);
        CU_ASSERT_EQUAL(limit, test->need.limits.values[gauge]);
    }
}

static void test_no_limit_rises_that_nobody_allowed_to(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        budget_round_start(&round, seed, false);
        for (size_t i = 0; i < round.play.count; i++)
            check_not_risen(&round, &round.play.tests[i]);
        CU_ASSERT_EQUAL(round.play.changes.raised, 0);
        budget_round_finish(&round);
    }
}

/* Whether TEST is within its limits by AFTER. */
static bool is_within(const struct budget_round *round, const struct lg_budget_measured *test)
{
    struct lg_budget_choice choice = choose(&round->after, test);
    bool within = true;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((test->need.known & LG_GAUGE_BIT(gauge)) != 0)
            within &= test->need.limits.values[gauge] <= choice.budget.limits.values[gauge];
    }
    return within;
}

static void test_growth_that_is_allowed_leaves_nothing_over_but_what_has_expired(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        size_t over = 0;
        budget_round_start(&round, seed, true);
        for (size_t i = 0; i < round.play.count; i++) {
            const struct lg_budget_measured *test = &round.play.tests[i];
            if (is_within(&round, test))
                continue;
            over++;
            CU_ASSERT_EQUAL(count_own(&round.after, test, false), 0);
            CU_ASSERT(count_own(&round.after, test, true) > 0);
        }
        CU_ASSERT_EQUAL(round.play.changes.refused, over);
        CU_ASSERT_EQUAL(round.play.changes.expired, over);
        budget_round_finish(&round);
    }
}

/* What passes before an update passes after it. */
static void test_all_that_is_over_afterwards_is_counted(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        size_t over = 0;
        budget_round_start(&round, seed, false);
        for (size_t i = 0; i < round.play.count; i++)
            over += !is_within(&round, &round.play.tests[i]);
        CU_ASSERT_EQUAL(round.play.changes.refused, over);
        budget_round_finish(&round);
    }
}

/* Each line that a test has a limit from says what it began with: for a limit that stays, that is
 * what it is. */
static void check_remembered(const struct budget_round *round,
                             const struct lg_budget_measured *test)
{
    struct lg_budget_choice before = choose(&round->before, test);
    struct lg_budget_choice after = choose(&round->after, test);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const struct lg_budget_line *was = before.by[gauge];
        const struct lg_budget_line *now = after.by[gauge];
        if (now == NULL || now->is_glob || was == NULL || was->is_glob)
            continue;
        CU_ASSERT_TRUE((now->first_named & LG_GAUGE_BIT(gauge)) != 0);
        if (strcmp(was->name, now->name) != 0 ||
            was->limits.values[gauge] != now->limits.values[gauge])
            continue;
        int64_t first = (was->first_named & LG_GAUGE_BIT(gauge)) != 0 ? was->first.values[gauge]
                                                                      : was->limits.values[gauge];
        CU_ASSERT_EQUAL(now->first.values[gauge], first);
    }
}

static void test_each_line_of_a_test_remembers_where_it_began(void)
{
    size_t remembered = 0;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        budget_round_start(&round, seed, seed % 2 == 0);
        for (size_t i = 0; i < round.play.count; i++)
            check_remembered(&round, &round.play.tests[i]);
        remembered += round.play.changes.remembered;
        budget_round_finish(&round);
    }
    CU_ASSERT(remembered > ROUNDS / 8);
}

/* Whether LINE, which expects a leak, limits all that it did in BUDGETS. */
static bool has_kept(const struct lg_budgets *budgets, const struct lg_budget_line *line)
{
    lg_gauge_set named = 0;
    for (size_t i = 0; i < budgets->count; i++) {
        const struct lg_budget_line *row = &budgets->rows[i];
        if (strcmp(row->name, line->name) == 0 && row->expects_leak && !row->expired)
            named = row->named;
    }
    return (named & ~line->named) == 0;
}

/* No two lines of one name expect a leak: there is one at most that LINE was. */
static void test_a_line_that_expects_a_leak_keeps_its_limits(void)
{
    size_t found = 0;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        budget_round_start(&round, seed, seed % 2 == 0);
        for (size_t i = 0; i < round.after.count; i++) {
            const struct lg_budget_line *line = &round.after.rows[i];
            if (!line->expects_leak || line->expired || line->is_glob)
                continue;
            CU_ASSERT_TRUE(has_kept(&round.before, line));
            found += line->named != 0;
        }
        budget_round_finish(&round);
    }
    CU_ASSERT(found > ROUNDS / 8);
}

/* Else --ratchet would fail tests for lines that no update tightens. */
static void test_no_line_of_one_program_is_too_loose_afterwards(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        budget_round_start(&round, seed, false);
        for (size_t i = 0; i < round.play.count; i++) {
            const struct lg_budget_measured *test = &round.play.tests[i];
            struct lg_budget_choice choice = choose(&round.after, test);
            for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
                const struct lg_budget_line *by = choice.by[gauge];
                if (by != NULL && !by->is_glob && strchr(by->name, ':') != NULL)
                    CU_ASSERT_FALSE(lg_need_is_less(&test->need, (enum lg_gauge)gauge,
                                                    by->limits.values[gauge]));
            }
        }
        budget_round_finish(&round);
    }
}

static void test_gauges_that_nobody_measured_keep_their_limits(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        lg_gauge_set known = 0;
        budget_round_start(&round, seed, seed % 2 == 0);
        for (size_t i = 0; i < round.play.count; i++)
            known |= round.play.tests[i].need.known;
        for (size_t i = 0; i < round.play.count; i++) {
            struct lg_budget_choice before = choose(&round.before, &round.play.tests[i]);
            struct lg_budget_choice after = choose(&round.after, &round.play.tests[i]);
            for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
                if ((known & LG_GAUGE_BIT(gauge)) == 0 && before.expects_leak == NULL)
                    CU_ASSERT_EQUAL(before.budget.limits.values[gauge],
                                    after.budget.limits.values[gauge]);
            }
        }
        budget_round_finish(&round);
    }
}

/* The next line that no update may touch: comments, empty lines, globs. NULL: there is none. */
static const char *next_kept(const char *text, size_t *length)
{
    for (; *text != '\0'; text += *length + (text[*length] != '\0')) {
        *length = strcspn(text, "\n");
        size_t name = strcspn(text, " \r\n");
        if (name == 0 || text[0] == '#' || text[0] == '\xef' || strcspn(text, "*?[") < name)
            return text;
    }
    return NULL;
}

static void check_kept(const char *before, const char *after)
{
    size_t length = 0;
    size_t other = 0;
    while ((before = next_kept(before, &length)) != NULL) {
        after = next_kept(after, &other);
        CU_ASSERT_PTR_NOT_NULL_FATAL(after);
        CU_ASSERT(length == other || (before[length] == '\0' && other == length + 1));
        CU_ASSERT_EQUAL(strncmp(before, after, length), 0);
        before += length + (before[length] != '\0');
        after += other + (after[other] != '\0');
    }
    CU_ASSERT_PTR_NULL(next_kept(after, &other));
}

static void test_comments_globs_and_their_order_stay(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        budget_round_start(&round, seed, seed % 2 == 0);
        check_kept(lg_text_string(&round.text), round.play.text);
        budget_round_finish(&round);
    }
}

static bool has_line(const struct lg_budgets *budgets, const char *name)
{
    for (size_t i = 0; i < budgets->count; i++) {
        if (strcmp(budgets->rows[i].name, name) == 0)
            return !budgets->rows[i].expired;
    }
    return false;
}

/* Lines that were there are in the order that they were in, as far as they still are; what has
 * expired may have one of its name added. */
static void test_no_line_moves(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct budget_round round;
        size_t at = 0;
        budget_round_start(&round, seed, seed % 2 == 0);
        for (size_t i = 0; i < round.after.count; i++) {
            const char *name = round.after.rows[i].name;
            if (!has_line(&round.before, name))
                continue;
            while (at < round.before.count && strcmp(round.before.rows[at].name, name) != 0)
                at++;
            CU_ASSERT(at < round.before.count);
            at++;
        }
        CU_ASSERT_EQUAL(round.after.count + round.play.changes.removed,
                        round.before.count + round.play.changes.added);
        budget_round_finish(&round);
    }
}

int add_budgets_update_random_suite(void)
{
    CU_TestInfo rows[] = {
        UNIT_TEST(test_an_update_of_an_update_changes_no_byte),
        UNIT_TEST(test_no_limit_rises_that_nobody_allowed_to),
        UNIT_TEST(test_growth_that_is_allowed_leaves_nothing_over_but_what_has_expired),
        UNIT_TEST(test_all_that_is_over_afterwards_is_counted),
        UNIT_TEST(test_each_line_of_a_test_remembers_where_it_began),
        UNIT_TEST(test_a_line_that_expects_a_leak_keeps_its_limits),
        UNIT_TEST(test_no_line_of_one_program_is_too_loose_afterwards),
        UNIT_TEST(test_gauges_that_nobody_measured_keep_their_limits),
        UNIT_TEST(test_comments_globs_and_their_order_stay),
        UNIT_TEST(test_no_line_moves),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets update random", rows);
}
