/* A budget file brought up to date: what is tightened, taken out, raised, added, and what stays. */
#include "budget_play.h"
#include "scarce.h"
#include "unit.h"

#include <string.h>

/* One test, p:a/b, that needs LIVE bytes. */
static struct budget_play play_of(int64_t live)
{
    struct budget_play play = {0};
    budget_play_leak(&play, "p", "a/b", live);
    return play;
}

static void check(int64_t live, const char *before, const char *after)
{
    struct budget_play play = play_of(live);
    budget_play_check(&play, before, after);
    budget_play_free(&play);
}

static void check_with_growth(int64_t live, const char *before, const char *after)
{
    struct budget_play play = play_of(live);
    play.allow_growth = true;
    budget_play_check(&play, before, after);
    budget_play_free(&play);
}

static void test_a_new_file_says_what_it_is_and_has_each_test_that_leaks(void)
{
    struct budget_play play = {0};
    budget_play_leak(&play, "p", "b/a", 64);
    budget_play_leak(&play, "p", "a/b", 4096);
    budget_play_measure(&play, "p", "a/c");
    const char *text = budget_play_update(&play, "");
    const char *lines = strstr(text, "\n\n");
    CU_ASSERT_EQUAL(text[0], '#');
    CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
    CU_ASSERT_STRING_EQUAL(lines,
                           "\n\np:a/b  live=4K first:live=4K\np:b/a  live=64 first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.added, 2);
    CU_ASSERT_EQUAL(play.changes.refused, 0);
    budget_play_free(&play);
}

static void test_a_line_that_is_too_loose_is_tightened(void)
{
    struct budget_play play = play_of(64);
    budget_play_check(&play, "a/b live=128\n", "a/b live=64 first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.tightened, 1);
    CU_ASSERT_EQUAL(play.changes.removed, 0);
    budget_play_free(&play);
    check(64, "a/b live=unlimited\n", "a/b live=64 first:live=64\n");
}

static void test_a_line_that_fits_stays_to_the_byte(void)
{
    static const char *const lines[] = {"a/b\tlive=64 first:live=64   # as it is\n",
                                        "  a/b live=0064,fds=0 first:fds=00,live=32\n",
                                        "a/b first:live=unlimited live=64\r\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct budget_play play = play_of(64);
        budget_play_check(&play, lines[i], lines[i]);
        CU_ASSERT_EQUAL(play.changes.remembered, 0);
        budget_play_free(&play);
    }
}

static void check_remembered(const char *before, const char *after)
{
    struct budget_play play = play_of(64);
    budget_play_check(&play, before, after);
    CU_ASSERT_EQUAL(play.changes.remembered, 1);
    CU_ASSERT_EQUAL(play.changes.tightened + play.changes.raised + play.changes.removed, 0);
    CU_ASSERT_EQUAL(play.changes.added + play.changes.refused, 0);
    budget_play_free(&play);
}

/* Whoever raises it by hand next is found out: nothing else of it is touched. */
static void test_a_line_that_fits_is_given_what_it_began_with(void)
{
    check_remembered("a/b live=64\n", "a/b live=64 first:live=64\n");
    check_remembered("a/b\tlive=64   # as it is\n", "a/b\tlive=64 first:live=64 # as it is\n");
    check_remembered("a/b live=64                 # x\n", "a/b live=64 first:live=64   # x\n");
    check_remembered("  a/b   live=0064,fds=0\r\n",
                     "  a/b   live=0064,fds=0 first:live=64,fds=0\r\n");
    check_remembered("a/b fds=0\tlive=64 \t\n", "a/b fds=0\tlive=64 first:live=64,fds=0\n");
    check_remembered("\"a/b\" live=64B,threads=0#x",
                     "\"a/b\" live=64B,threads=0 first:live=64,threads=0 #x");
    check_remembered("a/b live=64 # until 2024-10-04\n",
                     "a/b live=64 first:live=64 # until 2024-10-04\n");
    check_remembered("a/b expect-leak live=64\n", "a/b expect-leak live=64 first:live=64\n");
    check_remembered("p:a/b live=64\n", "p:a/b live=64 first:live=64\n");
}

static void test_only_what_a_line_does_not_remember_is_added(void)
{
    check_remembered("a/b live=64 fds=0 first:live=32\n",
                     "a/b live=64 fds=0 first:live=32,fds=0\n");
    check_remembered("a/b live=64 fds=0 first:fds=1,threads=7\n",
                     "a/b live=64 fds=0 first:live=64,fds=1,threads=7\n");
}

/* What a line does not limit, or another line limits, is not its own to remember. */
static void test_a_line_that_no_limit_is_from_is_not_touched(void)
{
    struct budget_play play = play_of(64);
    static const char *const texts[] = {
        "a/b expect-leak\n", "a/* live=64\n", "a/b live=64 first:live=64 # until 2024-10-04\n",
        "p:a/b live=64 first:live=64\na/b live=64\nq:a/b live=64\na/c live=64\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        budget_play_check(&play, texts[i], texts[i]);
        CU_ASSERT_EQUAL(play.changes.remembered, 0);
    }
    play.count = 0;
    budget_play_check(&play, "a/b live=64\n", "a/b live=64\n");
    CU_ASSERT_EQUAL(play.changes.remembered, 0);
    budget_play_free(&play);
}

/* Of a line that is changed anyway, it is no change of its own. */
static void test_what_is_remembered_is_counted_for_that_alone(void)
{
    struct budget_play play = play_of(64);
    play.allow_growth = true;
    budget_play_check(&play, "a/b live=128 fds=0\n", "a/b live=64 fds=0 first:live=64,fds=0\n");
    CU_ASSERT_EQUAL(play.changes.tightened, 1);
    CU_ASSERT_EQUAL(play.changes.remembered, 0);
    budget_play_check(&play, "a/b live=32 fds=0\n", "a/b live=64 fds=0 first:live=32,fds=0\n");
    CU_ASSERT_EQUAL(play.changes.raised, 1);
    CU_ASSERT_EQUAL(play.changes.remembered, 0);
    budget_play_free(&play);
}

static void test_a_limit_that_holds_without_its_line_is_taken_out(void)
{
    struct budget_play play = play_of(0);
    budget_play_check(&play, "# x\na/b live=128\n\n# y\n", "# x\n\n# y\n");
    CU_ASSERT_EQUAL(play.changes.removed, 1);
    CU_ASSERT_EQUAL(play.changes.tightened, 0);
    budget_play_free(&play);
    check(0, "a/b live=128 heap=4K\n", "");
    check(64, "a/* live=64\na/b live=128\n", "a/* live=64\n");
    check(64, "a/b live=128 heap=4K # why\n", "a/b live=64 first:live=64 # why\n");
}

/* Else the glob would raise the limit. */
static void test_a_limit_that_is_less_than_the_glob_stays(void)
{
    check(0, "a/* live=1K\na/b live=128\n", "a/* live=1K\na/b live=0 first:live=0\n");
    check(0, "a/b frag=4K\n", "a/b frag=0 first:frag=0\n");
}

static void test_nothing_is_raised_that_nobody_allowed(void)
{
    struct budget_play play = play_of(128);
    budget_play_check(&play, "a/b live=64\n", "a/b live=64 first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    CU_ASSERT_EQUAL(play.changes.expired, 0);
    CU_ASSERT_EQUAL(play.changes.remembered, 1);
    budget_play_free(&play);
    check(128, "a/b fds=0\n", "a/b fds=0 first:fds=0\n");
    check(128, "a/* live=64\n", "a/* live=64\n");
}

static void test_growth_that_is_allowed_raises_the_line(void)
{
    struct budget_play play = play_of(128);
    play.allow_growth = true;
    budget_play_check(&play, "a/b live=64\n", "a/b live=128 first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.raised, 1);
    CU_ASSERT_EQUAL(play.changes.refused + play.changes.tightened + play.changes.added, 0);
    budget_play_free(&play);
    check_with_growth(128, "a/* live=64\n", "a/* live=64\np:a/b  live=128 first:live=128\n");
    check_with_growth(128, "a/b fds=1\n", "a/b live=128 first:live=128\n");
}

/* How far a line has drifted is told from where it was lowest. */
static void test_first_is_the_least_that_a_line_has_been(void)
{
    check_with_growth(128, "a/b live=96 first:live=64\n", "a/b live=128 first:live=64\n");
    check(80, "a/b live=96 first:live=64\n", "a/b live=80 first:live=64\n");
    check(32, "a/b live=96 first:live=64\n", "a/b live=32 first:live=32\n");
    check(0, "a/b live=96 first:live=64\n", "");
    check(64, "a/b live=96 heap=4K first:live=64,heap=4K\n", "a/b live=64 first:live=64\n");
}

static void test_gauges_that_were_not_measured_are_left_alone(void)
{
    struct budget_play play = play_of(0);
    play.tests[0].need.known = BIT(HEAP);
    budget_play_check(&play, "a/b live=64 heap=4K fds=2\n",
                      "a/b live=64 fds=2 first:live=64,fds=2\n");
    budget_play_check(&play, "a/b live=64 expect-leak\n",
                      "a/b live=64 expect-leak first:live=64\n");
    budget_play_check(&play, "a/b live=64 # until 2024-01-01\n",
                      "a/b live=64 # until 2024-01-01\n");
    budget_play_free(&play);
}

static void test_what_is_within_the_noise_is_left_alone(void)
{
    struct budget_play play = play_of(64);
    play.tests[0].need.noise.values[LG_GAUGE_LIVE] = 32;
    budget_play_check(&play, "a/b live=96\n", "a/b live=96 first:live=96\n");
    budget_play_check(&play, "a/b live=97\n", "a/b live=64 first:live=64\n");
    budget_play_free(&play);
}

/* Whoever wrote a limit in the source is the one to raise it. */
static void test_a_limit_in_the_source_is_no_line_to_write(void)
{
    struct lg_wishes own = {.named = BIT(LIVE)};
    struct budget_play play = play_of(128);
    own.limits.values[LG_GAUGE_LIVE] = 64;
    play.tests[0].own = &own;
    budget_play_check(&play, "# x\n", "# x\n");
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    play.allow_growth = true;
    budget_play_check(&play, "# x\n", "# x\np:a/b  live=128 first:live=128\n");
    play.tests[0].need.limits.values[LG_GAUGE_LIVE] = 64;
    budget_play_check(&play, "a/b live=80\n", "");
    play.tests[0].need.limits.values[LG_GAUGE_LIVE] = 32;
    budget_play_check(&play, "a/b live=80\n", "a/b live=32 first:live=32\n");
    budget_play_free(&play);
}

static void test_globs_are_never_rewritten(void)
{
    static const char globs[] =
        "*/* live=1M\na/* live=128 first:live=1\n\"p:a/[b]\" live=unlimited\n"
        "a/? expect-leak # until 2024-01-01\n";
    check(64, globs, globs);
    check_with_growth(64, globs, globs);
    check(0, "a/* expect-leak\n", "a/* expect-leak\n");
}

static void test_a_leak_that_is_expected_keeps_its_line_as_long_as_it_is_there(void)
{
    check(64, "a/b expect-leak # JIRA-1\n", "a/b expect-leak # JIRA-1\n");
    check(64, "a/b live=128 expect-leak\n", "a/b live=64 expect-leak first:live=64\n");
    check(0, "x/y live=1\na/b expect-leak\n", "x/y live=1\n");
    check(0, "a/b live=128 expect-leak\n", "");
}

static void test_what_a_leak_that_is_gone_leaves_is_no_looser(void)
{
    check(0, "a/* live=1K\na/b live=64 expect-leak\n", "a/* live=1K\na/b live=0 first:live=0\n");
    check(0, "a/* expect-leak\na/b live=64 expect-leak\n",
          "a/* expect-leak\na/b live=0 first:live=0\n");
    check(0, "a/b expect-leak\np:a/b expect-leak\n", "");
    check(0, "a/b expect-leak\np:a/b expect-leak\na/b expect-leak # until 2024-10-03\n", "");
}

static void test_a_leak_that_is_expected_is_limited_all_the_same(void)
{
    struct budget_play play = play_of(128);
    budget_play_check(&play, "a/b live=64 expect-leak\n",
                      "a/b live=64 expect-leak first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    CU_ASSERT_EQUAL(play.changes.remembered, 1);
    play.allow_growth = true;
    budget_play_check(&play, "a/b live=64 expect-leak\n",
                      "a/b live=128 expect-leak first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.raised, 1);
    budget_play_free(&play);
}

/* Without its limit, a line that expects a leak would allow any. */
static void test_no_limit_of_a_leak_that_is_expected_is_dropped(void)
{
    struct budget_play play = play_of(64);
    budget_play_check(&play, "a/b live=64 heap=4K fds=1 expect-leak\n",
                      "a/b heap=0 live=64 fds=0 expect-leak first:heap=0,live=64,fds=0\n");
    CU_ASSERT_EQUAL(play.changes.tightened, 1);
    budget_play_free(&play);
    check(64, "a/* live=64\na/b live=128 expect-leak\n",
          "a/* live=64\na/b live=64 expect-leak first:live=64\n");
    check(64, "a/b live=unlimited expect-leak # JIRA-1\n",
          "a/b live=64 expect-leak first:live=64 # JIRA-1\n");
    check(0, "a/b live=64 heap=4K fds=1 expect-leak\n", "");
    check_with_growth(64, "a/b heap=4K expect-leak\n", "a/b heap=0 expect-leak first:heap=0\n");
}

static void test_a_line_that_has_expired_is_for_people_to_renew(void)
{
    struct budget_play play = play_of(64);
    static const char line[] = "a/b live=128 # until 2024-10-03\n";
    budget_play_check(&play, line, line);
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    CU_ASSERT_EQUAL(play.changes.expired, 1);
    play.allow_growth = true;
    budget_play_check(&play, line, line);
    budget_play_free(&play);
    check(0, "a/b live=128 # until 2024-10-03\n", "");
    check(64, "a/* live=64\na/b live=128 # until 2024-10-03\n", "a/* live=64\n");
    check(0, "a/b expect-leak # until 2024-10-03\na/b live=1 # until 2024-10-03\n", "");
    check(32, "a/b live=64\na/b live=128 # until 2024-10-03\n", "a/b live=32 first:live=32\n");
    check(32, "a/b live=64 # until 2024-10-04\n", "a/b live=32 first:live=32 # until 2024-10-04\n");
}

static void test_tests_that_were_not_measured_keep_their_lines(void)
{
    struct budget_play play = {0};
    static const char text[] =
        "a/b live=64\n# x\nother:c/d expect-leak\ne/f live=1 # until 2024-01-01";
    budget_play_check(&play, text, text);
    budget_play_free(&play);
}

/* Nothing half done: the text is whole, or it is told that there is none. */
static void test_an_update_without_memory_fails_or_is_whole(void)
{
    static const char text[] = "a/b live=64\n\"c d/e\" live=128 # x\nz/z fds=1\n";
    struct budget_play play = play_of(32);
    struct lg_budgets budgets;
    struct lg_budget fallback;
    char error[512];
    unsigned number = 0;
    bool failed = true;
    budget_play_leak(&play, "p", "c d/e", 64);
    budget_play_leak(&play, "p", "m/m", 64);
    budget_play_update(&play, text);
    lg_budget_init(&fallback);
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&budgets, text, strlen(text), error), 0);
    struct lg_budget_update update = {.budgets = &budgets,
                                      .text = text,
                                      .fallback = &fallback,
                                      .tests = play.tests,
                                      .count = play.count};
    while (failed && ++number < 1000) {
        struct lg_text out = {0};
        struct lg_budget_changes changes;
        scarce_memory(number);
        lg_budgets_update(&update, &out, &changes);
        bool ran_out = scarce_memory_ran_out();
        scarce_memory(0);
        failed = out.failed;
        CU_ASSERT_EQUAL(failed, ran_out);
        if (!failed)
            CU_ASSERT_STRING_EQUAL(lg_text_string(&out), play.text);
        lg_text_free(&out);
    }
    CU_ASSERT(number > 5 && number < 1000);
    lg_budgets_free(&budgets);
    budget_play_free(&play);
}

int add_budgets_update_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_new_file_says_what_it_is_and_has_each_test_that_leaks),
        UNIT_TEST(test_a_line_that_is_too_loose_is_tightened),
        UNIT_TEST(test_a_line_that_fits_stays_to_the_byte),
        UNIT_TEST(test_a_line_that_fits_is_given_what_it_began_with),
        UNIT_TEST(test_only_what_a_line_does_not_remember_is_added),
        UNIT_TEST(test_a_line_that_no_limit_is_from_is_not_touched),
        UNIT_TEST(test_what_is_remembered_is_counted_for_that_alone),
        UNIT_TEST(test_a_limit_that_holds_without_its_line_is_taken_out),
        UNIT_TEST(test_a_limit_that_is_less_than_the_glob_stays),
        UNIT_TEST(test_nothing_is_raised_that_nobody_allowed),
        UNIT_TEST(test_growth_that_is_allowed_raises_the_line),
        UNIT_TEST(test_first_is_the_least_that_a_line_has_been),
        UNIT_TEST(test_gauges_that_were_not_measured_are_left_alone),
        UNIT_TEST(test_what_is_within_the_noise_is_left_alone),
        UNIT_TEST(test_a_limit_in_the_source_is_no_line_to_write),
        UNIT_TEST(test_globs_are_never_rewritten),
        UNIT_TEST(test_a_leak_that_is_expected_keeps_its_line_as_long_as_it_is_there),
        UNIT_TEST(test_what_a_leak_that_is_gone_leaves_is_no_looser),
        UNIT_TEST(test_a_leak_that_is_expected_is_limited_all_the_same),
        UNIT_TEST(test_no_limit_of_a_leak_that_is_expected_is_dropped),
        UNIT_TEST(test_a_line_that_has_expired_is_for_people_to_renew),
        UNIT_TEST(test_tests_that_were_not_measured_keep_their_lines),
        UNIT_TEST(test_an_update_without_memory_fails_or_is_whole),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets update", tests);
}
