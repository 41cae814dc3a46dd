/* What ends by itself, though late, is no leak; what is left beside it is one. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

#define GROWTH(test, gauge)                                                                        \
    "number(//testcase[@name='" test "']//property[@name='growth_per_run." gauge "']/@value)"

static void check_verdicts(const char *options)
{
    struct lgt_result run;
    lgt_gate(&run, options, "ends_late");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'clean_')]"), 6);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'clean_')]/failure"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'leak_')]"), 3);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'leak_')]/failure"), 3);
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_thread_runs_on", "leaked"));
    /* malloc's own 12 bytes; nothing of the thread's */
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_beside_thread", "live_bytes")), 112);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_beside_thread", "mmap_bytes")), 0);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_beside_thread", "threads_count")), 0);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_thread_runs_on", "threads_count")), 1);
    lgt_free(&run);
}

static void test_what_ends_late_is_no_leak(void)
{
    check_verdicts("");
}

static void test_nor_is_it_with_more_rigor_or_less(void)
{
    check_verdicts("--rigor quick");
    check_verdicts("--rigor thorough");
}

static void test_what_is_left_beside_it_is_named_alone(void)
{
    static const char *const tests[] = {"leak_beside_thread", "leak_beside_thread_of_single_run"};
    struct lgt_result run;
    lgt_gate(&run, "", "ends_late");
    for (size_t i = 0; i < 2; i++) {
        char xpath[256];
        snprintf(xpath, sizeof(xpath),
                 "//testcase[@name='%s']/failure[contains(., 'leave_behind at ')]"
                 "[not(contains(., 'start_thread at '))]",
                 tests[i]);
        CU_ASSERT_EQUAL(lgt_count(&run, xpath), 1);
    }
    lgt_free(&run);
}

/* It takes a first use for a leak, but no thread that has ended. */
static void test_a_single_run_gets_the_time_too(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--rigor once", "ends_late");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'clean_thread')]/failure"), 4);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(@message, 'threads +')]/../@name"), 2);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_thread_runs_on", "threads_count")), 1);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("clean_thread_beside_a_pool", "threads_count")), 3);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_process", "passed"));
    lgt_free(&run);
}

int add_rest_suite(void)
{
    CU_TestInfo tests[] = {
        {"what_ends_late_is_no_leak", test_what_ends_late_is_no_leak},
        {"nor_is_it_with_more_rigor_or_less", test_nor_is_it_with_more_rigor_or_less},
        {"what_is_left_beside_it_is_named_alone", test_what_is_left_beside_it_is_named_alone},
        {"a_single_run_gets_the_time_too", test_a_single_run_gets_the_time_too},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"rest", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
