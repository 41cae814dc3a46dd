/* What ends by itself, though late, is no leak; what is left beside it is one. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

#define GROWTH(test, gauge)                                                                        \
    "number(//testcase[@name='" test "']//property[@name='growth_per_run." gauge "']/@value)"

/* malloc's own 12 bytes; nothing of what has ended */
static void check_is_112_alone(const struct lgt_result *run, const char *test)
{
    static const char *const others[] = {"heap_bytes", "mmap_bytes", "fds_count", "threads_count"};
    char xpath[256];
    snprintf(xpath, sizeof(xpath), GROWTH("%s", "live_bytes"), test);
    CU_ASSERT_EQUAL(lgt_number(run, xpath), 112);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        snprintf(xpath, sizeof(xpath),
                 "//testcase[@name='%s']//property[@name='growth_per_run.%s'][@value>0]", test,
                 others[i]);
        CU_ASSERT_EQUAL(lgt_count(run, xpath), 0);
    }
}

/* Nor is a line of theirs. */
static void check_is_named_alone(const struct lgt_result *run, const char *test)
{
    char xpath[256];
    snprintf(xpath, sizeof(xpath),
             "//testcase[@name='%s']/failure[contains(., 'leave_behind at ')]"
             "[not(contains(., 'start_thread at '))]"
             "[not(contains(., 'leave_to_reclaim at '))]",
             test);
    CU_ASSERT_EQUAL(lgt_count(run, xpath), 1);
}

static const char *const beside[] = {
    "leak_beside_thread",
    "leak_beside_thread_of_single_run",
    "leak_beside_thread_of_the_run_before",
    "leak_after_thread_of_the_first_run",
    "leak_beside_thread_in_a_marked_part",
    "leak_beside_a_thread_that_gives_back",
};

#define BESIDE (sizeof(beside) / sizeof(beside[0]))

static void check_verdicts(const char *options)
{
    struct lgt_result run;
    lgt_gate(&run, options, "ends_late");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'clean_')]"), 8);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'clean_')]/failure"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'leak_')]"), 8);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'leak_')]/failure"), 8);
    for (size_t i = 0; i < BESIDE; i++) {
        check_is_112_alone(&run, beside[i]);
        check_is_named_alone(&run, beside[i]);
    }
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_thread_runs_on", "threads_count")), 1);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_zombie_beside_thread", "children_count")), 1);
    CU_ASSERT_EQUAL(
        lgt_count(&run, "//testcase[@name='leak_zombie_beside_thread']/failure[@type]"
                        "[not(contains(@message, 'threads')) and not(contains(@message, 'mmap'))]"),
        1);
    lgt_free(&run);
}

static void test_what_ends_late_is_no_leak(void)
{
    check_verdicts("--jobs 4");
}

static void test_nor_is_it_with_more_rigor_or_less(void)
{
    check_verdicts("--jobs 4 --rigor quick");
    check_verdicts("--jobs 4 --rigor thorough");
}

/* It takes a first use for a leak, but no thread that has ended. */
static void test_a_single_run_gets_the_time_too(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--jobs 4 --rigor once", "ends_late");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'clean_thread')]/failure"), 5);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(@message, 'threads +')]/../@name"), 4);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(@message, 'fds +')]/../@name"), 1);
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
        {"a_single_run_gets_the_time_too", test_a_single_run_gets_the_time_too},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"rest", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
