/* Where a test stood when it died. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define DIES LGT_SOURCE_DIR "/../../fixtures/programs/dies.c"

/* The line of dies.c that has the comment NAME. */
static unsigned line_of(const char *name)
{
    char comment[128];
    char line[256];
    unsigned number = 0;
    snprintf(comment, sizeof(comment), "/* %s */", name);
    FILE *file = fopen(DIES, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        number++;
        if (strstr(line, comment) != NULL)
            break;
    }
    fclose(file);
    return number;
}

static void check_place(const struct lgt_result *run, const char *name, const char *verdict)
{
    char xpath[256];
    snprintf(xpath, sizeof(xpath), "//testcase[@name='%s'][contains(@file, 'dies.c')][@line='%u']",
             name, line_of(name));
    CU_ASSERT_TRUE(lgt_verdict(run, name, verdict));
    CU_ASSERT_EQUAL(lgt_count(run, xpath), 1);
    if (lgt_count(run, xpath) != 1)
        fprintf(stderr, "%s: not at its line\n", name);
}

static void test_the_line_of_a_crash_is_named(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1", "dies");
    check_place(&run, "crash_in_a_function", "crashed");
    check_place(&run, "crash_by_division", "crashed");
    check_place(&run, "crash_by_a_wild_call", "crashed");
    check_place(&run, "crash_in_libc", "crashed");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='crash_in_a_function']/error"
                                    "[contains(@message, 'SIGSEGV (Segmentation fault) at "
                                    "address 0x0 in the test')]"
                                    "[contains(., 'where it stood:\n  write_to at ')]"
                                    "[contains(., '\n  crash_in_a_function at ')]"),
                    1);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "                 *place = 1;"));
    lgt_free(&run);
}

static void test_a_stack_that_has_run_out_is_told(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1", "dies");
    CU_ASSERT_TRUE(lgt_verdict(&run, "crash_of_the_stack", "crashed"));
    CU_ASSERT_EQUAL(lgt_count(&run,
                              "//testcase[@name='crash_of_the_stack']/error"
                              "[contains(., '\n  fall at ')]"
                              "[contains(substring-after(., '\n  fall at '), '\n  fall at ')]"),
                    1);
    lgt_free(&run);
}

static void test_where_it_hangs_is_named(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1", "dies");
    CU_ASSERT_TRUE(lgt_verdict(&run, "timeout_in_a_loop", "timed out"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='timeout_in_a_loop']/error"
                                    "[contains(., 'where it stood:\n  timeout_in_a_loop at ')]"),
                    1);
    lgt_free(&run);
}

/* A test's own handlers, and processes that it starts, are its own. */
static void test_signals_that_a_test_handles_are_its_own(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1", "dies");
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_handles_its_own", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_child_crashes", "passed"));
    lgt_free(&run);
}

int add_crash_suite(void)
{
    CU_TestInfo tests[] = {
        {"the_line_of_a_crash_is_named", test_the_line_of_a_crash_is_named},
        {"a_stack_that_has_run_out_is_told", test_a_stack_that_has_run_out_is_told},
        {"where_it_hangs_is_named", test_where_it_hangs_is_named},
        {"signals_that_a_test_handles_are_its_own", test_signals_that_a_test_handles_are_its_own},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"crash", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
