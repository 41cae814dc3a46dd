/* What tests say of themselves, by <leakgate/leakgate.h>. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

/* Each test is named for what must happen to it. */
static void test_a_test_speaks_for_itself(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "in_source");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')]"), 8);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')][failure or error]"),
                    0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'leak_')]"), 10);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'leak_')]"
                                    "/failure[starts-with(@type, 'leak.')]"),
                    10);
    CU_ASSERT_EQUAL(run.status, 1); /* failing_not_measured */
    CU_ASSERT_TRUE(lgt_verdict(&run, "failing_not_measured", "failed"));
    lgt_free(&run);
}

static bool message_has(const struct lgt_result *run, const char *test, const char *part)
{
    char xpath[256];
    snprintf(xpath, sizeof(xpath), "//testcase[@name='%s']/failure[contains(@message, '%s')]", test,
             part);
    return lgt_count(run, xpath) == 1;
}

static void test_only_what_is_marked_counts(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "in_source");
    CU_ASSERT_TRUE(message_has(&run, "leak_between_marks", "leaked live +112 B/run (budget 0 B)"));
    CU_ASSERT_TRUE(message_has(&run, "leak_until_after_the_mark", "live +320 B/run"));
    CU_ASSERT_TRUE(message_has(&run, "leak_from_a_mark_on", "live +208 B/run"));
    CU_ASSERT_TRUE(message_has(&run, "leak_in_two_parts", "live +224 B/run"));
    CU_ASSERT_TRUE(message_has(&run, "leak_between_marks_of_a_single_run", "live +112 B/run"));
    CU_ASSERT_TRUE(
        message_has(&run, "leak_over_its_own_budget", "live +112 B/run (budget 111 B of its own)"));
    /* The calls of the marked part alone explain it. */
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_between_marks']/failure[contains(., "
                                    "'live: call sites explain 3584 of 3584 B')][contains(., '"
                                    "+3584 B in 32 blocks')]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_between_marks']/failure[contains(., "
                                    "'1008 B')]"),
                    0);
    lgt_free(&run);
}

static void test_what_is_not_measured_is_said(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--quiet", "in_source");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(run.out, "not measured: own/clean_not_measured: its cache is never freed\n"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='clean_not_measured']/properties/property"
                                    "[@name='not_measured'][contains(@value, 'never freed')]"),
                    1);
    CU_ASSERT_TRUE(lgt_is(&run,
                          "//testcase[@name='leak_not_repeatable']/properties/property"
                          "[@name='repeatable']/@value",
                          "no"));
    lgt_free(&run);
}

/* Started without the runner, the header's calls do nothing, and asserts on growth hold. */
static void test_without_the_runner_nothing_of_it_acts(void)
{
    struct lgt_result run;
    const char *const command[] = {lgt_program("in_source"), NULL};
    lgt_command(&run, NULL, command);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "tests     19     19     18      1"));
    lgt_free(&run);
}

/* What the runs before a test, or beside it, say is not the test's. */
static void test_a_carried_test_speaks_only_for_itself(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--isolation carry", "in_source");
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_of_another_suite", "leaked"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_between_marks", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_over_the_budget_of_its_suite", "leaked"));
    lgt_free(&run);
}

static bool timed_out_after(const struct lgt_result *run, const char *test, const char *limit)
{
    char xpath[256];
    snprintf(xpath, sizeof(xpath),
             "//testcase[@name='%s']/error[@type='test.timeout']"
             "[starts-with(@message, 'timed out after %s s in the test')]",
             test, limit);
    return lgt_count(run, xpath) == 1;
}

static double seconds_of(const struct lgt_result *run, const char *test)
{
    char xpath[256];
    snprintf(xpath, sizeof(xpath), "//testcase[@name='%s']/@time", test);
    return lgt_number(run, xpath);
}

static void test_a_test_says_how_long_it_may_take(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1 --jobs 4", "time_limits");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 11);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')]"), 6);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')][failure or error]"),
                    0);
    CU_ASSERT_TRUE(seconds_of(&run, "clean_takes_its_time") >= 1.5);
    CU_ASSERT_TRUE(timed_out_after(&run, "hangs_in_300_ms", "0.3"));
    CU_ASSERT_TRUE(timed_out_after(&run, "hangs_in_500_ms", "0.5"));
    CU_ASSERT_TRUE(timed_out_after(&run, "hangs_in_the_time_of_its_suite", "0.4"));
    CU_ASSERT_TRUE(timed_out_after(&run, "hangs_in_the_time_of_all", "1.7"));
    CU_ASSERT_TRUE(message_has(&run, "leak_that_hangs_when_run_again",
                               "leaked live +1008 B/run (budget 0 B), judged on a single run: not "
                               "repeatable, it did not end when it was run again"));
    /* It runs after what it needs, which may take the time that it asks for there, too. */
    CU_ASSERT_TRUE(lgt_is(&run,
                          "//testcase[@name='clean_that_needs_another']/properties/property"
                          "[@name='carried_after_tests']/@value",
                          "1"));
    lgt_free(&run);
}

static void test_an_agent_of_before_is_asked_for_what_it_has(void)
{
    struct lgt_result run;
    const char *const command[] = {LGT_OLD_AGENT, NULL};
    lgt_command(&run, NULL, command);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(run.out, "calls: 1\n");
    lgt_free(&run);
}

int add_in_source_suite(void)
{
    CU_TestInfo tests[] = {
        {"a_test_speaks_for_itself", test_a_test_speaks_for_itself},
        {"only_what_is_marked_counts", test_only_what_is_marked_counts},
        {"what_is_not_measured_is_said", test_what_is_not_measured_is_said},
        {"without_the_runner_nothing_of_it_acts", test_without_the_runner_nothing_of_it_acts},
        {"a_carried_test_speaks_only_for_itself", test_a_carried_test_speaks_only_for_itself},
        {"a_test_says_how_long_it_may_take", test_a_test_says_how_long_it_may_take},
        {"an_agent_of_before_is_asked_for_what_it_has",
         test_an_agent_of_before_is_asked_for_what_it_has},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"in_source", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
