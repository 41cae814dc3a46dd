/* The budget file: its lines, and which of them holds for a test. */
#include "runner/budgets.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TODAY 20000 /* 2024-10-04 */
#define PATH "/tmp/leakgate-unit-budgets"

static char said[512];

/* Reads a file of LENGTH bytes of TEXT. Returns what lg_budgets_read does. */
static int read_bytes(struct lg_budgets *budgets, const char *text, size_t length)
{
    char path[] = PATH "-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, length), (ssize_t)length);
    close(fd);
    int status = lg_budgets_read(budgets, path, TODAY, said, sizeof(said));
    unlink(path);
    return status;
}

static struct lg_budgets read_text(const char *text)
{
    struct lg_budgets budgets;
    CU_ASSERT_EQUAL(read_bytes(&budgets, text, strlen(text)), 0);
    CU_ASSERT_STRING_EQUAL(said, "");
    return budgets;
}

/* TEXT is refused with COMPLAINT behind the path, and nothing is kept. */
static void check_refused(const char *text, const char *complaint)
{
    struct lg_budgets budgets;
    CU_ASSERT_EQUAL(read_bytes(&budgets, text, strlen(text)), -EINVAL);
    const char *told = strchr(said, ':');
    CU_ASSERT_PTR_NOT_NULL_FATAL(told);
    CU_ASSERT_STRING_EQUAL(told, complaint);
    CU_ASSERT_EQUAL(budgets.count, 0);
    lg_budgets_free(&budgets);
}

static struct lg_budget_choice choose_with(const struct lg_budgets *budgets, const char *test,
                                           const struct lg_wishes *own)
{
    struct lg_budget fallback;
    struct lg_budget_choice choice;
    lg_budget_init(&fallback);
    fallback.limits.values[LG_GAUGE_FDS] = 7;
    struct lg_budget_asked asked = {
        .program = "net_tests", .test = test, .own = own, .fallback = &fallback};
    lg_budgets_choose(budgets, &asked, &choice);
    return choice;
}

static struct lg_budget_choice choose(const struct lg_budgets *budgets, const char *test)
{
    return choose_with(budgets, test, NULL);
}

static int64_t live_of(const struct lg_budgets *budgets, const char *test)
{
    return choose(budgets, test).budget.limits.values[LG_GAUGE_LIVE];
}

static void test_a_line_limits_the_gauges_it_names(void)
{
    struct lg_budgets budgets =
        read_text("# ours\n\n  cache/put  heap=4K live=128,fds=1 # known\r\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 1);
    const struct lg_budget_line *line = &budgets.rows[0];
    CU_ASSERT_STRING_EQUAL(line->name, "cache/put");
    CU_ASSERT_EQUAL(line->line, 3);
    CU_ASSERT_FALSE(line->is_glob || line->expects_leak || line->expired);
    CU_ASSERT_EQUAL(line->named, LG_GAUGE_BIT(LG_GAUGE_HEAP) | LG_GAUGE_BIT(LG_GAUGE_LIVE) |
                                     LG_GAUGE_BIT(LG_GAUGE_FDS));
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_HEAP], 4096);
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_LIVE], 128);
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_FDS], 1);
    lg_budgets_free(&budgets);
}

static void test_names_in_quotes_may_have_anything(void)
{
    struct lg_budgets budgets = read_text("\"my suite/a \\\"test\\\" #1\" live=1\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 1);
    CU_ASSERT_STRING_EQUAL(budgets.rows[0].name, "my suite/a \"test\" #1");
    CU_ASSERT_EQUAL(live_of(&budgets, "my suite/a \"test\" #1"), 1);
    lg_budgets_free(&budgets);
}

static void test_the_most_precise_line_holds_by_gauge(void)
{
    struct lg_budgets budgets = read_text("*/* live=1 heap=4K\n"
                                          "cache/p* live=2\n"
                                          "cache/put live=3\n"
                                          "cache/* live=4\n");
    CU_ASSERT_EQUAL(live_of(&budgets, "other/test"), 1);
    CU_ASSERT_EQUAL(live_of(&budgets, "cache/pop"), 2);
    CU_ASSERT_EQUAL(live_of(&budgets, "cache/put"), 3);
    CU_ASSERT_EQUAL(live_of(&budgets, "cache/get"), 4);
    struct lg_budget_choice choice = choose(&budgets, "cache/put");
    CU_ASSERT_PTR_EQUAL(choice.by[LG_GAUGE_LIVE], &budgets.rows[2]);
    CU_ASSERT_PTR_EQUAL(choice.by[LG_GAUGE_HEAP], &budgets.rows[0]);
    CU_ASSERT_PTR_NULL(choice.by[LG_GAUGE_FDS]);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_FDS], 7);
    lg_budgets_free(&budgets);
}

static void test_a_program_may_be_named(void)
{
    struct lg_budgets budgets = read_text("other:tcp/open live=1\nnet_tests:tcp/open live=2\n"
                                          "tcp/open live=3\n\"leaks: odd/name\" live=4\n"
                                          "net_*:udp/* live=5\n");
    CU_ASSERT_EQUAL(live_of(&budgets, "tcp/open"), 2);
    CU_ASSERT_EQUAL(live_of(&budgets, "leaks: odd/name"), 4);
    CU_ASSERT_EQUAL(live_of(&budgets, "udp/send"), 5);
    lg_budgets_free(&budgets);
}

static void test_a_line_counts_until_its_day(void)
{
    struct lg_budgets budgets = read_text("a/b live=1 # JIRA-12, until 2024-10-03\n"
                                          "a/c live=2 # until 2024-10-04 at the latest\n"
                                          "a/d live=3 # until we know more\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 3);
    CU_ASSERT_TRUE(budgets.rows[0].expired);
    CU_ASSERT_FALSE(budgets.rows[1].expired || budgets.rows[2].expired);
    CU_ASSERT_EQUAL(live_of(&budgets, "a/b"), 0);
    CU_ASSERT_EQUAL(live_of(&budgets, "a/c"), 2);
    lg_budgets_free(&budgets);
}

/* A day is looked for behind each "until", as a word. */
static void test_the_first_day_of_a_comment_counts(void)
{
    struct lg_budgets budgets = read_text("a/a live=1 # until we know, at most until 2024-10-03\n"
                                          "a/b live=1 # until 2024-10-03, not until 2099-12-31\n"
                                          "a/c live=1 # until 2099-12-31, not until 2024-10-03\n"
                                          "a/d live=1 # the sunsuntil 2024-10-03\n"
                                          "a/e live=1 #until 2024-10-03\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 5);
    CU_ASSERT_TRUE(budgets.rows[0].expired);
    CU_ASSERT_TRUE(budgets.rows[1].expired);
    CU_ASSERT_FALSE(budgets.rows[2].expired);
    CU_ASSERT_FALSE(budgets.rows[3].expired);
    CU_ASSERT_TRUE(budgets.rows[4].expired);
    lg_budgets_free(&budgets);
}

static void test_the_limits_a_line_began_with_are_read(void)
{
    struct lg_budgets budgets = read_text("a/b live=96 fds=2 first:live=64,fds=unlimited # x\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 1);
    const struct lg_budget_line *line = &budgets.rows[0];
    CU_ASSERT_EQUAL(line->named, LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_FDS));
    CU_ASSERT_EQUAL(line->first_named, line->named);
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_LIVE], 96);
    CU_ASSERT_EQUAL(line->first.values[LG_GAUGE_LIVE], 64);
    CU_ASSERT_EQUAL(line->first.values[LG_GAUGE_FDS], LG_BUDGET_UNLIMITED);
    CU_ASSERT_EQUAL(live_of(&budgets, "a/b"), 96);
    lg_budgets_free(&budgets);
    check_refused("a/b live=1 first:\n", ":1: '' is not of the form GAUGE=LIMIT");
    check_refused("a/b live=1 first:heep=1\n",
                  ":1: unknown gauge 'heep' (heap, mmap, live, frag, fds, threads, children)");
}

/* As if there were no line of that very test. */
static void test_globs_alone_may_be_asked_for(void)
{
    struct lg_budgets budgets = read_text("a/b live=1\na/* live=2 expect-leak\na/b fds=3\n");
    struct lg_budget fallback;
    struct lg_budget_choice choice;
    lg_budget_init(&fallback);
    struct lg_budget_asked asked = {
        .program = "p", .test = "a/b", .fallback = &fallback, .globs_only = true};
    lg_budgets_choose(&budgets, &asked, &choice);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 2);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_FDS], LG_BUDGET_UNLIMITED);
    CU_ASSERT_PTR_EQUAL(choice.expects_leak, &budgets.rows[1]);
    lg_budgets_free(&budgets);
}

static void test_where_a_leak_is_expected_only_named_gauges_are_limited(void)
{
    struct lg_budgets budgets = read_text("a/b expect-leak\na/c live=64 expect-leak\n");
    struct lg_budget_choice choice = choose(&budgets, "a/b");
    CU_ASSERT_PTR_EQUAL(choice.expects_leak, &budgets.rows[0]);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], LG_BUDGET_UNLIMITED);
    choice = choose(&budgets, "a/c");
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 64);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_HEAP], LG_BUDGET_UNLIMITED);
    CU_ASSERT_PTR_NULL(choose(&budgets, "a/d").expects_leak);
    lg_budgets_free(&budgets);
}

/* A line, exact or glob, goes before what the test says, and that before --budget. */
static void test_the_test_itself_goes_before_the_option(void)
{
    struct lg_budgets budgets = read_text("a/b live=5\na/g* live=6\n");
    struct lg_wishes own = {.named = LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_FDS)};
    own.limits.values[LG_GAUGE_LIVE] = 3;
    own.limits.values[LG_GAUGE_FDS] = 2;
    struct lg_budget_choice choice = choose_with(&budgets, "a/b", &own);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 5);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_FDS], 2);
    CU_ASSERT_EQUAL(choice.own, LG_GAUGE_BIT(LG_GAUGE_FDS));
    choice = choose_with(&budgets, "a/g", &own);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 6);
    choice = choose_with(&budgets, "a/c", &own);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 3);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_HEAP], 0);
    lg_budgets_free(&budgets);
}

static void test_wrong_lines_are_named(void)
{
    check_refused("a/b live=1\na/c heep=1\n",
                  ":2: unknown gauge 'heep' (heap, mmap, live, frag, fds, threads, children)");
    check_refused("a/b\n",
                  ":1: 'a/b' has no limit (NAME GAUGE=LIMIT... [expect-leak] [# comment])");
    check_refused("ab live=1\n", ":1: 'ab' is not of the form [PROGRAM:]SUITE/TEST");
    check_refused("a/b live=1 live=2\n", ":1: live is limited twice");
    check_refused("a/b live\n", ":1: 'live' is not of the form GAUGE=LIMIT");
    check_refused("\"a/b live=1\n", ":1: the quotes of the name do not end (\"SUITE/TEST\")");
    check_refused("a/b live=1 # until 2024-13-01\n",
                  ":1: 'until 2024-13-01' is no date (YYYY-MM-DD)");
    check_refused("a/b live=1 # until 2023-02-29\n",
                  ":1: 'until 2023-02-29' is no date (YYYY-MM-DD)");
}

static void test_a_file_that_is_not_there_is_named(void)
{
    struct lg_budgets budgets;
    CU_ASSERT_EQUAL(lg_budgets_read(&budgets, "/no/such/file", TODAY, said, sizeof(said)), -ENOENT);
    CU_ASSERT_STRING_EQUAL(said, "/no/such/file: No such file or directory");
}

/* Any bytes at all are read, or refused with their line. */
static void test_random_bytes_are_read_or_refused(void)
{
    static const char letters[] = "a/b*[\"\\=#,: \n\r\0liveheap5Kuntil-2024expect-leak\xff";
    uint64_t random = 7;
    for (int i = 0; i < 3000; i++) {
        struct lg_budgets budgets;
        char text[64];
        for (size_t at = 0; at < sizeof(text); at++)
            text[at] = letters[next_number(&random, sizeof(letters) - 1)];
        int status = read_bytes(&budgets, text, sizeof(text));
        CU_ASSERT(status == 0 || (status == -EINVAL && strncmp(said, PATH, strlen(PATH)) == 0));
        lg_budgets_free(&budgets);
    }
}

int add_budgets_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_line_limits_the_gauges_it_names),
        UNIT_TEST(test_names_in_quotes_may_have_anything),
        UNIT_TEST(test_the_most_precise_line_holds_by_gauge),
        UNIT_TEST(test_a_program_may_be_named),
        UNIT_TEST(test_a_line_counts_until_its_day),
        UNIT_TEST(test_the_first_day_of_a_comment_counts),
        UNIT_TEST(test_the_limits_a_line_began_with_are_read),
        UNIT_TEST(test_globs_alone_may_be_asked_for),
        UNIT_TEST(test_where_a_leak_is_expected_only_named_gauges_are_limited),
        UNIT_TEST(test_the_test_itself_goes_before_the_option),
        UNIT_TEST(test_wrong_lines_are_named),
        UNIT_TEST(test_a_file_that_is_not_there_is_named),
        UNIT_TEST(test_random_bytes_are_read_or_refused),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets", tests);
}
