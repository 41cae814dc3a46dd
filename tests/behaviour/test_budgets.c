#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs only_leaks with OPTIONS and a budget file of TEXT. */
static void run_with(struct lgt_result *run, const char *options, const char *text)
{
    char path[] = "/tmp/leakgate-budgets-XXXXXX";
    char all[256];
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    snprintf(all, sizeof(all), "--budgets %s %s", path, options);
    lgt_gate(run, all, "only_leaks");
    unlink(path);
}

static void test_each_test_is_held_to_its_line(void)
{
    struct lgt_result run;
    run_with(&run, "",
             "only_leaks/leak_1_byte live=32  # known\n"
             "only_leaks/leak_100* live=111\n"
             "only_leaks:only_leaks/leak_mmap* mmap=64K\n");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_1_byte", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_mmap_64_kib", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_100_bytes", "leaked"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_100_bytes']/failure[contains(@message, "
                                    "'(budget 111 B by /tmp/')][contains(@message, ':2)')]"),
                    1);
    lgt_free(&run);
}

/* A line tighter than --budget is held to, too. */
static void test_the_file_goes_before_the_option(void)
{
    struct lgt_result run;
    run_with(&run, "--budget live=1M,mmap=1M", "only_leaks/leak_1_byte live=31\n");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_1_byte", "leaked"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure"), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., 'call sites')]"), 1);
    lgt_free(&run);
}

static void test_an_expected_leak_passes_until_it_is_fixed(void)
{
    struct lgt_result run;
    run_with(&run, "",
             "only_leaks/leak_* expect-leak\n"
             "only_leaks/clean_malloc_freed expect-leak\n");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 4);
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_malloc_freed", "failed"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(@message, 'no leak, though one is expected "
                                    "by /tmp/')][contains(@message, ':2; take')]"),
                    1);
    lgt_free(&run);
}

static void test_an_expired_line_is_said_and_counts_no_more(void)
{
    struct lgt_result run;
    run_with(&run, "--quiet", "only_leaks/leak_1_byte live=32 # until 2020-02-29\n");
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_1_byte", "leaked"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, ":1: only_leaks/leak_1_byte\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "expired: /tmp/"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//testsuite/properties/property[@name='expired_budgets']"), 1);
    lgt_free(&run);
}

static void test_what_holds_for_a_test_is_explained(void)
{
    struct lgt_result run;
    run_with(&run, "--explain only_leaks/leak_1_byte --budget heap=4K",
             "*/leak_* live=64\nonly_leaks/leak_1_byte live=32\n");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "only_leaks/leak_1_byte: passed\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(run.out, "heap            4096 B          0 B  --budget or its default\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "live              32 B         32 B  /tmp/"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, ":2 only_leaks/leak_1_byte\n"));
    CU_ASSERT_PTR_NULL(strstr(run.out, "leak_100_bytes"));
    CU_ASSERT_PTR_NULL(strstr(run.out, "Run Summary"));
    CU_ASSERT_PTR_NULL(run.report);
    lgt_free(&run);
}

static void test_what_the_test_itself_says_is_explained(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--explain own/leak_over_its_own_budget", "in_source");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(run.out, "live             111 B        112 B  the test itself\n"));
    lgt_free(&run);
    lgt_gate(&run, "--explain own/no_such_test", "in_source");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "there is no test 'own/no_such_test'"));
    lgt_free(&run);
}

static void test_a_wrong_line_is_said_before_anything_runs(void)
{
    struct lgt_result run;
    run_with(&run, "", "only_leaks/leak_1_byte live=32\nonly_leaks/leak_100_bytes heep=1\n");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, ":2: unknown gauge 'heep'"));
    CU_ASSERT_PTR_NULL(run.report);
    lgt_free(&run);
}

int add_budgets_suite(void)
{
    CU_TestInfo tests[] = {
        {"each_test_is_held_to_its_line", test_each_test_is_held_to_its_line},
        {"the_file_goes_before_the_option", test_the_file_goes_before_the_option},
        {"an_expected_leak_passes_until_it_is_fixed",
         test_an_expected_leak_passes_until_it_is_fixed},
        {"an_expired_line_is_said_and_counts_no_more",
         test_an_expired_line_is_said_and_counts_no_more},
        {"what_holds_for_a_test_is_explained", test_what_holds_for_a_test_is_explained},
        {"what_the_test_itself_says_is_explained", test_what_the_test_itself_says_is_explained},
        {"a_wrong_line_is_said_before_anything_runs",
         test_a_wrong_line_is_said_before_anything_runs},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"budgets", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
