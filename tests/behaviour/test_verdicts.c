#include "command.h"

#include <CUnit/CUnit.h>
#include <string.h>

#define GROWTH(test, gauge)                                                                        \
    "number(//testcase[@name='" test "']/properties/property[@name='growth_per_run." gauge         \
    "']/@value)"

static void test_clean_program_exits_with_0(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "all_clean");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 5);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure|//error|//skipped"), 0);
    lgt_free(&run);
}

static void test_only_leaks_exit_with_2(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure"), 3);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_malloc_freed", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_mmap_unmapped", "passed"));
    lgt_free(&run);
}

static void test_one_byte_a_run_is_caught(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "only_leaks");
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_1_byte", "leaked"));
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_1_byte", "live_bytes")), 32);
    CU_ASSERT_TRUE(
        lgt_is(&run, "string(//testcase[@name='leak_1_byte']/failure/@type)", "leak.live"));
    lgt_free(&run);
}

static void test_a_mapping_is_caught_to_the_byte(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "only_leaks");
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_mmap_64_kib", "leaked"));
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_mmap_64_kib", "mmap_bytes")), 65536);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_mmap_64_kib']//property"
                                    "[contains(@name, '_growth.') or contains(@name, 'growth_per')]"
                                    "[not(contains(@name, 'mmap'))]"),
                    0);
    lgt_free(&run);
}

static void test_first_uses_raise_no_alarm_within_3_runs(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "first_uses");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 7);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 7);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='runs'][@value>3]"), 0);
    /* They did grow once: it is reported, and not judged. */
    CU_ASSERT_TRUE(lgt_number(&run, "number(//testcase[@name='clean_first_printf']//property["
                                    "@name='first_run_growth.live_bytes']/@value)") > 0);
    lgt_free(&run);
}

static void test_failed_assertions_win_over_leaks(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "fails_and_leaks");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_TRUE(lgt_verdict(&run, "fails_and_leaks", "failed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "fails_fatally_before_free", "failed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_malloc_freed", "passed"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[starts-with(@type,'leak')]"), 0);
    lgt_free(&run);
}

static void test_deaths_are_told_apart_and_cost_no_other_row(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1", "crashes");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_TRUE(lgt_verdict(&run, "segfaults", "crashed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "aborts", "crashed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "exits_with_0", "exited early"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "exits_at_once_with_7", "exited early"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "hangs", "timed out"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 6);
    CU_ASSERT_EQUAL(lgt_count(&run, "//error"), 5);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='segfaults']/error[contains(@message,"
                                    "'SIGSEGV')]"),
                    1);
    lgt_free(&run);
}

/* A forked test shares the place in an open file with the program. */
static void test_files_that_are_read_on_are_put_back(void)
{
    static const char *const isolations[] = {"", "--isolation carry"};
    for (size_t i = 0; i < 2; i++) {
        struct lgt_result run;
        lgt_gate(&run, isolations[i], "reads_on");
        CU_ASSERT_EQUAL(run.status, 2);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 6);
        CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 5);
        CU_ASSERT_TRUE(lgt_verdict(&run, "leak_reads_three", "leaked"));
        CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_reads_three", "live_bytes")), 112);
        lgt_free(&run);
    }
}

static void test_threads_of_a_suite_are_there_in_its_tests(void)
{
    static const char *const isolations[] = {"--timeout 1", "--timeout 1 --isolation carry"};
    for (size_t i = 0; i < 2; i++) {
        struct lgt_result run;
        lgt_gate(&run, isolations[i], "workers");
        CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 4);
        CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='leaked']"), 2);
        CU_ASSERT_TRUE(lgt_verdict(&run, "leak_asks", "leaked"));
        CU_ASSERT_TRUE(lgt_verdict(&run, "leak_does_without", "leaked"));
        /* Threads of main can't be had: it is said. */
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='hangs_without_thread_of_main']/error["
                                        "contains(@message, 'runs 1 thread more')]"),
                        1);
        lgt_free(&run);
    }
}

static void test_tests_that_cannot_be_repeated_are_judged_once(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "not_repeatable");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_then_fails", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_then_crashes", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_then_hangs", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_1000_then_fails", "leaked"));
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_1000_then_fails", "live_bytes")), 1008);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(@message,'not repeatable')]"), 1);
    lgt_free(&run);
}

static void test_a_moved_break_is_a_leak_and_fragmentation_is_none(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "sbrk_leak");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_sbrk", "heap_bytes")), 8192);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_sbrk_small", "heap_bytes")), 100);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_sbrk_given_back", "passed"));
    lgt_free(&run);
    lgt_gate(&run, "", "fragments");
    CU_ASSERT_EQUAL(run.status, 0);
    lgt_free(&run);
}

static void test_descriptors_threads_and_children_are_counted_and_named(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "left_behind");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_fd", "fds_count")), 1);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_thread", "threads_count")), 1);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_child", "children_count")), 1);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_zombie", "children_count")), 1);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_daemon", "children_count")), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'clean_')]/failure"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_fd']/failure[@type='leak.fds' and "
                                    "contains(.,': /dev/null')]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_thread']/failure[contains(., "
                                    "\"'left_behind', sleeping\")]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_zombie']/failure[contains(., "
                                    "'zombie')]"),
                    1);
    lgt_free(&run);
}

static void test_tests_that_need_earlier_ones_are_judged_after_them(void)
{
    static const char *const isolations[] = {"--isolation auto", "--isolation carry"};
    for (size_t i = 0; i < 2; i++) {
        struct lgt_result run;
        lgt_gate(&run, isolations[i], "order");
        CU_ASSERT_EQUAL(run.status, 2);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 42);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'leak_')]/failure"), 3);
        CU_ASSERT_EQUAL(lgt_count(&run, "//failure|//error"), 3);
        CU_ASSERT_TRUE(lgt_count(&run, "//property[@name='carried_after_tests']") >= 30);
        lgt_free(&run);
    }
    struct lgt_result run;
    lgt_gate(&run, "--isolation fork", "order");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_needs_global", "failed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_reads_global_unchecked", "crashed"));
    lgt_free(&run);
}

static void test_what_a_test_forks_is_not_the_test(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 10", "forks_inside");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_TRUE(lgt_verdict(&run, "crashes_after_its_child_returned", "crashed"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//error[contains(@message,'SIGABRT')]"), 1);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_child_asserts", "passed"));
    CU_ASSERT_EQUAL(lgt_number(&run, "number(//testcase[@name='clean_child_asserts']//property["
                                     "@name='asserts']/@value)"),
                    1);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_new_session", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_thread_in_stdio", "passed"));
    lgt_free(&run);
}

static void test_a_failing_test_prints_once(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "frontend_basic");
    unsigned rows = 0;
    for (const char *at = run.out; (at = strstr(at, "CU_FAIL(\"the one in failing\")")) != NULL;
         at++)
        rows++;
    CU_ASSERT_EQUAL(rows, 2); /* CUnit's line and ours */
    lgt_free(&run);
}

static void test_once_is_a_before_and_after_of_a_single_run(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--rigor once", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='runs'][@value='1']"), 5);
    CU_ASSERT_EQUAL(lgt_number(&run, GROWTH("leak_100_bytes", "live_bytes")), 112);
    lgt_free(&run);
    /* Of what is open, it names what the test has opened. */
    lgt_gate(&run, "--rigor once", "left_behind");
    CU_ASSERT_TRUE(lgt_count(&run, "//failure[contains(., 'fd ')][contains(., ': /dev/null')]") >
                   0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., ': pipe:') or contains(., '/maps')]"),
                    0);
    lgt_free(&run);
    /* It cannot know a first use from a leak. */
    lgt_gate(&run, "--rigor once", "first_uses");
    CU_ASSERT_EQUAL(run.status, 2);
    lgt_free(&run);
}

static void test_quick_takes_two_runs_and_thorough_five(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--rigor quick", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='runs'][@value>2]"), 0);
    lgt_free(&run);
    lgt_gate(&run, "--rigor thorough", "all_clean");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='runs'][@value='5']"), 5);
    lgt_free(&run);
}

static void test_a_budget_allows_what_it_names(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--budget live=112,mmap=64K", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 0);
    lgt_free(&run);
    lgt_gate(&run, "--budget live=111,mmap=64K", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure"), 1);
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_100_bytes", "leaked"));
    lgt_free(&run);
}

static void test_sample_suite_gets_the_verdicts_of_its_names(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", LGT_SAMPLE);
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_TRUE(lgt_count(&run, "//testcase") >= 70);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name,'leak_')][not(properties/"
                                    "property[@name='verdict'][@value='leaked'])]"),
                    0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[not(starts-with(@name,'leak_'))][not(properties/"
                                    "property[@name='verdict'][@value='passed'])]"),
                    0);
    lgt_free(&run);
}

int add_verdicts_suite(void)
{
    CU_TestInfo tests[] = {
        {"clean_program_exits_with_0", test_clean_program_exits_with_0},
        {"only_leaks_exit_with_2", test_only_leaks_exit_with_2},
        {"files_that_are_read_on_are_put_back", test_files_that_are_read_on_are_put_back},
        {"threads_of_a_suite_are_there_in_its_tests",
         test_threads_of_a_suite_are_there_in_its_tests},
        {"one_byte_a_run_is_caught", test_one_byte_a_run_is_caught},
        {"a_mapping_is_caught_to_the_byte", test_a_mapping_is_caught_to_the_byte},
        {"first_uses_raise_no_alarm_within_3_runs", test_first_uses_raise_no_alarm_within_3_runs},
        {"failed_assertions_win_over_leaks", test_failed_assertions_win_over_leaks},
        {"deaths_are_told_apart_and_cost_no_other_row",
         test_deaths_are_told_apart_and_cost_no_other_row},
        {"tests_that_cannot_be_repeated_are_judged_once",
         test_tests_that_cannot_be_repeated_are_judged_once},
        {"a_moved_break_is_a_leak_and_fragmentation_is_none",
         test_a_moved_break_is_a_leak_and_fragmentation_is_none},
        {"descriptors_threads_and_children_are_counted_and_named",
         test_descriptors_threads_and_children_are_counted_and_named},
        {"tests_that_need_earlier_ones_are_judged_after_them",
         test_tests_that_need_earlier_ones_are_judged_after_them},
        {"what_a_test_forks_is_not_the_test", test_what_a_test_forks_is_not_the_test},
        {"a_failing_test_prints_once", test_a_failing_test_prints_once},
        {"once_is_a_before_and_after_of_a_single_run",
         test_once_is_a_before_and_after_of_a_single_run},
        {"quick_takes_two_runs_and_thorough_five", test_quick_takes_two_runs_and_thorough_five},
        {"a_budget_allows_what_it_names", test_a_budget_allows_what_it_names},
        {"sample_suite_gets_the_verdicts_of_its_names",
         test_sample_suite_gets_the_verdicts_of_its_names},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"verdicts", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
