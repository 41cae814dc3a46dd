/* Lines of a budget file for tests that are no more. */
#include "budget_play.h"
#include "runner/results.h"
#include "synthetic.h"
#include "unit.h"

#include <string.h>

struct stale {
    struct synthetic run;
    struct lg_budgets budgets;
};

/* A run of net_tests with tcp/open and tcp/close, and of TEXT. */
static void start(struct stale *stale, const char *text)
{
    char error[512];
    CU_ASSERT_TRUE_FATAL(synthetic_init(&stale->run));
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&stale->budgets, text, strlen(text), error), 0);
    stale->budgets.path = "budgets.txt";
    stale->run.options.budgets = &stale->budgets;
    synthetic_add_host(&stale->run, "/build/net_tests");
    synthetic_add_test(&stale->run, "tcp", "open");
    synthetic_add_test(&stale->run, "tcp", "close");
}

/* STALE has a letter for each line: 's' for one that is. */
static void check_and_finish(struct stale *stale, const char *expected)
{
    synthetic_read(&stale->run);
    CU_ASSERT_EQUAL(stale->budgets.count, strlen(expected));
    for (size_t i = 0; i < stale->budgets.count && expected[i] != '\0'; i++)
        CU_ASSERT_EQUAL(stale->run.results.stale[i], expected[i] == 's');
    synthetic_fini(&stale->run);
    lg_budgets_free(&stale->budgets);
}

static void check(const char *text, const char *expected)
{
    struct stale stale;
    start(&stale, text);
    check_and_finish(&stale, expected);
}

static void test_a_line_of_a_suite_that_has_no_such_test_is_stale(void)
{
    check("tcp/open live=1\ntcp/opens live=1\ntcp/ope live=1\n", ".ss");
    check("\"tcp/a b\" live=1\n\"tcp/open\" live=1\n", "s.");
}

static void test_a_line_of_a_program_that_has_no_such_test_is_stale(void)
{
    check("net_tests:tcp/open live=1\nnet_tests:udp/open live=1\nnet_tests:*/send live=1\n", ".ss");
}

/* Others may share the file: what they have is not known here. */
static void test_lines_for_other_programs_are_not_stale(void)
{
    check("udp/open live=1\nother:tcp/gone live=1\n*/gone live=1\nnet_test:a/b live=1\n"
          "tcp2/open live=1\ntc/open live=1\n",
          "......");
}

static void test_globs_are_stale_too_where_they_match_nothing(void)
{
    check("tcp/o* live=1\ntcp/x* live=1\n*/* live=1\nnet_*:*/z* live=1\n", ".s..");
}

static void test_a_line_that_has_expired_is_told_as_that(void)
{
    check("tcp/gone live=1 # until 2024-01-01\ntcp/gone expect-leak # until 2099-01-01\n", ".s");
}

static void test_tests_that_were_not_run_are_still_there(void)
{
    struct stale stale;
    start(&stale, "tcp/open live=1\ntcp/close live=1\ntcp/gone live=1\n");
    stale.run.ledger.records[0].state = LG_RECORD_FILTERED;
    stale.run.ledger.records[1].state = LG_RECORD_OTHER_SHARD;
    check_and_finish(&stale, "..s");
}

/* It has not told yet which tests there are. */
static void test_a_program_that_never_ran_its_tests_says_nothing(void)
{
    struct stale stale;
    start(&stale, "tcp/gone live=1\nnet_tests:a/b live=1\n");
    stale.run.ledger.header->hosts[0].state = LG_HOST_ATTACHED;
    check_and_finish(&stale, "..");
    CU_ASSERT_TRUE_FATAL(synthetic_init(&stale.run));
    char error[512];
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&stale.budgets, "a/b live=1", 10, error), 0);
    stale.run.options.budgets = &stale.budgets;
    check_and_finish(&stale, ".");
}

static void test_a_suite_function_is_no_test(void)
{
    struct stale stale;
    start(&stale, "tcp/init live=1\nudp/init live=1\n");
    synthetic_add_test(&stale.run, "tcp", "init")->kind = LG_RECORD_SUITE_INIT;
    synthetic_add_test(&stale.run, "udp", "init")->kind = LG_RECORD_SUITE_CLEANUP;
    check_and_finish(&stale, "s.");
}

/* One of two programs has the test. */
static void test_a_line_that_any_program_needs_is_not_stale(void)
{
    struct stale stale;
    start(&stale, "tcp/open live=1\ntcp/send live=1\nudp_tests:tcp/open live=1\ntcp/gone live=1\n");
    synthetic_add_host(&stale.run, "/build/udp_tests");
    synthetic_add_test(&stale.run, "tcp", "send");
    check_and_finish(&stale, "..ss");
}

static void test_without_a_file_nothing_is_stale(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "net_tests");
    synthetic_add_test(&run, "tcp", "open");
    synthetic_read(&run);
    CU_ASSERT_PTR_NULL(run.results.stale);
    synthetic_fini(&run);
}

int add_budgets_stale_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_line_of_a_suite_that_has_no_such_test_is_stale),
        UNIT_TEST(test_a_line_of_a_program_that_has_no_such_test_is_stale),
        UNIT_TEST(test_lines_for_other_programs_are_not_stale),
        UNIT_TEST(test_globs_are_stale_too_where_they_match_nothing),
        UNIT_TEST(test_a_line_that_has_expired_is_told_as_that),
        UNIT_TEST(test_tests_that_were_not_run_are_still_there),
        UNIT_TEST(test_a_program_that_never_ran_its_tests_says_nothing),
        UNIT_TEST(test_a_suite_function_is_no_test),
        UNIT_TEST(test_a_line_that_any_program_needs_is_not_stale),
        UNIT_TEST(test_without_a_file_nothing_is_stale),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets stale", tests);
}
