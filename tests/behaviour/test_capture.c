/* What tests print: apart, in the report, and on the console where they are red. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#define OUT(test, stream) "string(//testcase[@name='" test "']/system-" stream ")"

static void test_each_has_its_own_output_in_the_report(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "talks");
    CU_ASSERT_TRUE(lgt_is(&run, OUT("clean_says_little", "out"), "little to stdout\n"));
    CU_ASSERT_TRUE(lgt_is(&run, OUT("clean_says_little", "err"), "little to stderr\n"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='clean_says_nothing']/system-out"), 0);
    CU_ASSERT_TRUE(lgt_is(&run, OUT("clean_after_them", "out"), "the last"));
    CU_ASSERT_TRUE(lgt_is(&run, OUT("clean_says_it_by_a_child", "out"), "from a child\n"));
    CU_ASSERT_TRUE(lgt_is(&run, OUT("clean_says_it_by_a_child", "err"), "and its errors\n"));
    CU_ASSERT_TRUE(lgt_is(&run, OUT("leak_that_talks", "out"), "said once\n"));
    lgt_free(&run);
}

static void test_what_a_crash_has_said_is_kept_and_clean(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "talks");
    CU_ASSERT_TRUE(lgt_is(&run, OUT("crash_says_what_it_did", "out"), "about to die\n"));
    CU_ASSERT_TRUE(
        lgt_is(&run, OUT("crash_says_what_it_did", "err"), "raw \\xff\\x01 ]]> bytes\n"));
    lgt_free(&run);
}

static void test_of_much_the_beginning_and_the_end_are_kept(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "talks");
    double length = lgt_number(&run, "string-length(//testcase[@name='failing_says_much']"
                                     "/system-out)");
    CU_ASSERT(length > 2 * 65536 && length < 2 * 65536 + 100);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='failing_says_much']/system-out"
                                    "[starts-with(., 'line 0\nline 1\n')]"
                                    "[contains(., '\nline 99998\nline 99999\n')]"
                                    "[contains(., '\n... (957818 bytes left out)\n')]"),
                    1);
    lgt_free(&run);
}

static void test_the_console_shows_that_of_red_tests(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "talks");
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "main speaks\n"));
    CU_ASSERT_PTR_NULL(strstr(run.out, "little to stdout"));
    CU_ASSERT_PTR_NULL(strstr(run.err, "little to stderr"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "  stdout:\n               | said once\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "  stdout:\n               | about to die\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(run.out, "  the end of its stdout:\n               | line 99980\n"));
    CU_ASSERT_PTR_NULL(strstr(run.out, "line 99979"));
    lgt_free(&run);
}

static void test_without_capture_it_goes_where_it_would(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--no-capture", "talks");
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "little to stdout\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "little to stderr\n"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//system-out | //system-err"), 0);
    CU_ASSERT_PTR_NULL(strstr(run.out, "               | "));
    lgt_free(&run);
}

int add_capture_suite(void)
{
    CU_TestInfo tests[] = {
        {"each_has_its_own_output_in_the_report", test_each_has_its_own_output_in_the_report},
        {"what_a_crash_has_said_is_kept_and_clean", test_what_a_crash_has_said_is_kept_and_clean},
        {"of_much_the_beginning_and_the_end_are_kept",
         test_of_much_the_beginning_and_the_end_are_kept},
        {"the_console_shows_that_of_red_tests", test_the_console_shows_that_of_red_tests},
        {"without_capture_it_goes_where_it_would", test_without_capture_it_goes_where_it_would},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"capture", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
