/* Budget files as they are found: line ends, marks, comments, lines that are for many tests. */
#include "budget_play.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MARK "\xef\xbb\xbf"

static void check(int64_t live, const char *before, const char *after)
{
    struct budget_play play = {0};
    budget_play_leak(&play, "p", "m/m", live);
    budget_play_check(&play, before, after);
    budget_play_free(&play);
}

#define ADDED "p:m/m  live=64 first:live=64"

static void test_a_file_without_a_last_newline_keeps_its_form(void)
{
    check(0, "# x", "# x");
    check(64, "m/m live=64 first:live=64", "m/m live=64 first:live=64");
    check(64, "m/m live=64", "m/m live=64 first:live=64");
    check(64, "m/m live=128", "m/m live=64 first:live=64");
    check(64, "a/b live=1", "a/b live=1\n" ADDED "\n");
    check(64, "z/z live=1", ADDED "\nz/z live=1");
    check(64, "# x", "# x\n" ADDED "\n");
}

static void test_lines_that_end_as_on_windows_stay_so(void)
{
    check(64, "# x\r\nm/m live=128 # y\r\n", "# x\r\nm/m live=64 first:live=64 # y\r\n");
    check(64, "m/m live=128\r\na/b live=1\r\n", "m/m live=64 first:live=64\r\na/b live=1\r\n");
    check(0, "a/b live=1\r\nm/m live=128\r\n", "a/b live=1\r\n");
    check(64, "a/b live=1\r\nz/z live=1\r\n", "a/b live=1\r\n" ADDED "\r\nz/z live=1\r\n");
    check(64, "a/b live=1\r\nb/b live=1", "a/b live=1\r\nb/b live=1\r\n" ADDED "\r\n");
}

static void test_a_byte_order_mark_stays_at_the_front(void)
{
    check(64, MARK "m/m live=128\n", MARK "m/m live=64 first:live=64\n");
    check(64, MARK "\"m/m\" live=128\n", MARK "\"m/m\" live=64 first:live=64\n");
    check(64, MARK "z/z live=1\n", MARK ADDED "\nz/z live=1\n");
    check(0, MARK "m/m live=128\nz/z live=1\n", MARK "z/z live=1\n");
    check(64, MARK "# x\n", MARK "# x\n" ADDED "\n");
}

static void test_comments_and_blank_lines_stay(void)
{
    check(64, "# head\n\n\n  # indented\n \t\nm/m live=128\n#\n\n",
          "# head\n\n\n  # indented\n \t\nm/m live=64 first:live=64\n#\n\n");
    check(0, "# of the line below\nm/m live=128\n\n\n", "# of the line below\n\n\n");
}

static void test_a_comment_keeps_its_column_where_there_is_room(void)
{
    check(64, "m/m  live=1048576 heap=4096   # x\n", "m/m  live=64 first:live=64    # x\n");
    check(64, "m/m live=128#x # y\n", "m/m live=64 first:live=64 #x # y\n");
}

static void test_a_line_is_added_where_it_is_sorted(void)
{
    check(64, "p:a/b live=1\np:z/z live=1\n", "p:a/b live=1\n" ADDED "\np:z/z live=1\n");
    check(64, "p:z/z live=1\np:a/b live=1\n", "p:z/z live=1\np:a/b live=1\n" ADDED "\n");
    check(64, "p:a/b live=1\n# of z\np:z/z live=1\n",
          "p:a/b live=1\n" ADDED "\n# of z\np:z/z live=1\n");
    check(64, "# head\np:z/z live=1\n", "# head\n" ADDED "\np:z/z live=1\n");
    check(64, "# head\n\n# of z\np:z/z live=1\n", "# head\n\n" ADDED "\n# of z\np:z/z live=1\n");
    check(64, "# head\r\n\r\n# of z\r\np:z/z live=1\r\n",
          "# head\r\n\r\n" ADDED "\r\n# of z\r\np:z/z live=1\r\n");
}

/* In whatever order tests come, by one run or by many, the file is the same. */
static void test_lines_that_are_added_are_in_one_order(void)
{
    static const char *const programs[] = {"net", "net-tests", "net2", "net tests", "n", "net"};
    static const char *const tests[] = {"a/b", "a/b", "a/b", "a b/c", "et:a/b", "a-b/c"};
    struct budget_play all = {0};
    struct budget_play one = {0};
    char *text = strdup("# x\n");
    for (size_t i = 0; i < 6; i++)
        budget_play_leak(&all, programs[i], tests[i], 64);
    for (size_t i = 6; i > 0; i--) {
        one.count = 0;
        budget_play_leak(&one, programs[i - 1], tests[i - 1], 64);
        char *next = strdup(budget_play_update(&one, text));
        free(text);
        text = next;
    }
    CU_ASSERT_STRING_EQUAL(budget_play_update(&all, "# x\n"), text);
    CU_ASSERT_EQUAL(all.changes.added, 6);
    free(text);
    budget_play_free(&all);
    budget_play_free(&one);
}

static void test_tests_of_one_name_share_a_line(void)
{
    struct budget_play play = {0};
    budget_play_leak(&play, "p", "a/b", 64);
    budget_play_leak(&play, "p", "a/b", 192);
    budget_play_measure(&play, "p", "a/b");
    budget_play_check(&play, "# x\n", "# x\np:a/b  live=192 first:live=192\n");
    CU_ASSERT_EQUAL(play.changes.added, 1);
    budget_play_check(&play, "a/b live=256\n", "a/b live=192 first:live=192\n");
    budget_play_check(&play, "a/b live=32\n", "a/b live=32 first:live=32\n");
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    CU_ASSERT_EQUAL(play.changes.remembered, 1);
    play.tests[2].need.known = 0;
    budget_play_check(&play, "a/b live=256\n", "a/b live=256 first:live=256\n");
    budget_play_check(&play, "# x\n", "# x\np:a/b  live=192 first:live=192\n");
    budget_play_free(&play);
}

/* The line goes before what they say themselves: what passes by that has to pass with the line. */
static void test_a_line_is_enough_for_all_tests_of_its_name(void)
{
    struct lg_wishes own = {.named = LG_GAUGE_BIT(LG_GAUGE_LIVE)};
    struct budget_play play = {0};
    own.limits.values[LG_GAUGE_LIVE] = 4096;
    budget_play_leak(&play, "p", "a/b", 64);
    budget_play_leak(&play, "p", "a/b", 192)->own = &own;
    budget_play_check(&play, "# x\n", "# x\np:a/b  live=192 first:live=192\n");
    play.allow_growth = true;
    budget_play_check(&play, "# x\n", "# x\np:a/b  live=192 first:live=192\n");
    budget_play_free(&play);
}

/* What was over by its own word is not let through by a line for another one. */
static void test_a_line_does_not_allow_what_a_test_of_its_name_refuses(void)
{
    struct lg_wishes own = {.named = LG_GAUGE_BIT(LG_GAUGE_LIVE)};
    struct budget_play play = {0};
    own.limits.values[LG_GAUGE_LIVE] = 128;
    budget_play_leak(&play, "p", "a/b", 64);
    budget_play_leak(&play, "p", "a/b", 192)->own = &own;
    budget_play_check(&play, "# x\n", "# x\np:a/b  live=64 first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    own.limits.values[LG_GAUGE_LIVE] = 32;
    budget_play_check(&play, "# x\n", "# x\n");
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    play.allow_growth = true;
    budget_play_check(&play, "# x\n", "# x\np:a/b  live=192 first:live=192\n");
    budget_play_free(&play);
}

/* Within the file, what would be a byte-order mark before it is a part of a name. */
static void test_a_line_that_becomes_the_first_keeps_its_name(void)
{
    struct budget_play play = {0};
    budget_play_measure(&play, "p", "a/b");
    budget_play_check(&play,
                      "a/b live=1K\n\xef\xbb\xbf"
                      "a/b live=64\n",
                      "\n\xef\xbb\xbf"
                      "a/b live=64\n");
    budget_play_free(&play);
}

/* A program and a suite may meet in one name in two ways. */
static void test_names_that_are_written_alike_share_a_line(void)
{
    struct budget_play play = {0};
    budget_play_leak(&play, "p", "q:a/b", 64);
    budget_play_leak(&play, "p:q", "a/b", 128);
    budget_play_check(&play, "# x\n", "# x\np:q:a/b  live=128 first:live=128\n");
    budget_play_free(&play);
}

/* A line without a program is for all that share the file. */
static void test_a_line_for_several_programs_is_right_for_each(void)
{
    struct budget_play play = {0};
    budget_play_leak(&play, "p", "a/b", 100);
    budget_play_leak(&play, "q", "a/b", 50);
    budget_play_measure(&play, "r", "a/b");
    budget_play_check(&play, "a/b live=128\n", "a/b live=100 first:live=100\n");
    budget_play_check(&play, "a/b live=100\n", "a/b live=100 first:live=100\n");
    budget_play_check(&play, "a/b live=75\n", "a/b live=75 first:live=75\n");
    CU_ASSERT_EQUAL(play.changes.refused, 1);
    CU_ASSERT_EQUAL(play.changes.remembered, 1);
    play.allow_growth = true;
    budget_play_check(&play, "a/b live=25\n", "a/b live=100 first:live=25\n");
    budget_play_check(&play, "a/b live=75\n", "a/b live=100 first:live=75\n");
    budget_play_check(&play, "a/b fds=0\n",
                      "a/b fds=0 first:fds=0\np:a/b  live=100 first:live=100\n"
                      "q:a/b  live=50 first:live=50\n");
    budget_play_free(&play);
}

static void test_a_line_goes_only_if_no_program_needs_it(void)
{
    struct budget_play play = {0};
    budget_play_measure(&play, "p", "a/b");
    budget_play_leak(&play, "q", "a/b", 50);
    budget_play_check(&play, "a/b expect-leak\n", "a/b expect-leak\n");
    budget_play_check(&play, "a/b live=99 # until 2024-01-01\n",
                      "a/b live=99 # until 2024-01-01\n");
    CU_ASSERT_EQUAL(play.changes.expired, 1);
    play.tests[1].need.limits.values[LG_GAUGE_LIVE] = 0;
    budget_play_check(&play, "a/b expect-leak\n", "");
    budget_play_check(&play, "a/b live=99 # until 2024-01-01\n", "");
    budget_play_check(&play, "p:*/* live=9\na/b live=99\n",
                      "p:*/* live=9\na/b live=0 first:live=0\n");
    budget_play_free(&play);
}

/* What would hold without a line may be another line. */
static void test_lines_that_name_one_test_twice_never_loosen(void)
{
    check(0, "m/m live=128\n\"p:m/m\" live=64\n", "m/m live=128\n\"p:m/m\" live=0 first:live=0\n");
    check(0, "p:m/m live=64\nm/m live=128\n", "p:m/m live=0 first:live=0\nm/m live=128\n");
    check(32, "p:m/m live=64\nm/m live=128\n", "p:m/m live=32 first:live=32\nm/m live=128\n");
    check(0, "p:m/m live=64\nm/m expect-leak fds=0\n", "p:m/m live=0 first:live=0\n");
}

/* A gauge may have its limit from a line that another line of the test goes before. */
static void test_each_gauge_is_tightened_in_the_line_it_has_its_limit_of(void)
{
    check(32, "p:m/m fds=0\nm/m live=64\n", "p:m/m fds=0 first:fds=0\nm/m live=32 first:live=32\n");
    check(32, "m/m fds=1\nm/m live=64\n", "m/m live=32 first:live=32\n");
    struct budget_play play = {.allow_growth = true};
    budget_play_leak(&play, "p", "m/m", 96);
    budget_play_check(&play, "m/m fds=0\nm/m live=64\n",
                      "m/m fds=0 first:fds=0\nm/m live=96 first:live=64\n");
    CU_ASSERT_EQUAL(play.changes.raised, 1);
    CU_ASSERT_EQUAL(play.changes.remembered, 1);
    budget_play_free(&play);
}

static void test_limits_are_written_so_that_they_come_back(void)
{
    static const int64_t limits[] = {1,
                                     1023,
                                     1024,
                                     1025,
                                     1048576,
                                     (int64_t)3 << 30,
                                     (1 << 20) + 1024,
                                     ((int64_t)5 << 40) + 1,
                                     (int64_t)5 << 40,
                                     INT64_MAX - 1,
                                     INT64_MAX};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            struct budget_play play = {.allow_growth = true};
            struct lg_budget_measured *test = budget_play_measure(&play, "p", "a/b");
            test->need.limits.values[gauge] = limits[i];
            const char *text = budget_play_update(&play, "a/b frag=0\n");
            CU_ASSERT_EQUAL(budget_play_choose(text, test).budget.limits.values[gauge], limits[i]);
            budget_play_free(&play);
        }
    }
}

/* Whoever has the file open may write to it between its lines and its text being read. */
static void test_a_text_with_fewer_lines_than_were_read_is_refused(void)
{
    static const char text[] = "a/b live=1\nb/b live=1\nc/c live=1\n";
    struct lg_budgets budgets;
    struct lg_budget fallback;
    struct lg_budget_changes changes;
    struct lg_text out = {0};
    char error[512];
    lg_budget_init(&fallback);
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&budgets, text, strlen(text), error), 0);
    struct lg_budget_update update = {.budgets = &budgets, .text = "x", .fallback = &fallback};
    lg_budgets_update(&update, &out, &changes);
    CU_ASSERT_TRUE(out.failed);
    lg_text_free(&out);
    lg_budgets_free(&budgets);
}

int add_budgets_update_edges_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_file_without_a_last_newline_keeps_its_form),
        UNIT_TEST(test_lines_that_end_as_on_windows_stay_so),
        UNIT_TEST(test_a_byte_order_mark_stays_at_the_front),
        UNIT_TEST(test_comments_and_blank_lines_stay),
        UNIT_TEST(test_a_comment_keeps_its_column_where_there_is_room),
        UNIT_TEST(test_a_line_is_added_where_it_is_sorted),
        UNIT_TEST(test_lines_that_are_added_are_in_one_order),
        UNIT_TEST(test_tests_of_one_name_share_a_line),
        UNIT_TEST(test_a_line_is_enough_for_all_tests_of_its_name),
        UNIT_TEST(test_a_line_does_not_allow_what_a_test_of_its_name_refuses),
        UNIT_TEST(test_a_line_that_becomes_the_first_keeps_its_name),
        UNIT_TEST(test_names_that_are_written_alike_share_a_line),
        UNIT_TEST(test_a_line_for_several_programs_is_right_for_each),
        UNIT_TEST(test_a_line_goes_only_if_no_program_needs_it),
        UNIT_TEST(test_lines_that_name_one_test_twice_never_loosen),
        UNIT_TEST(test_each_gauge_is_tightened_in_the_line_it_has_its_limit_of),
        UNIT_TEST(test_a_text_with_fewer_lines_than_were_read_is_refused),
        UNIT_TEST(test_limits_are_written_so_that_they_come_back),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets update edges", tests);
}
