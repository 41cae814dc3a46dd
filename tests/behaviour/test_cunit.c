#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes out what differs from run to run: CUnit's times. */
static void forget_times(char *text)
{
    char *at = text;
    while ((at = strstr(at, "Elapsed time =")) != NULL) {
        while (*at != '\0' && *at != '\n')
            *at++ = 'x';
    }
}

/* The program's own output and exit status are those it has without leakgate. */
static void check_same_as_plain(const char *program, const char *input)
{
    struct lgt_result plain;
    struct lgt_result gated;
    lgt_command(&plain, input, (const char *const[]){lgt_program(program), NULL});
    lgt_command(
        &gated, input,
        (const char *const[]){LGT_LEAKGATE, "run", "--quiet", "--", lgt_program(program), NULL});
    forget_times(plain.out);
    forget_times(gated.out);
    size_t length = strlen(plain.out);
    CU_ASSERT_TRUE(length > 100);
    CU_ASSERT_EQUAL(strncmp(gated.out, plain.out, length), 0);
    CU_ASSERT_STRING_EQUAL(gated.err, plain.err);
    CU_ASSERT_EQUAL(gated.status, 1);
    lgt_free(&plain);
    lgt_free(&gated);
}

static void test_basic_front_end_prints_what_it_did(void)
{
    check_same_as_plain("frontend_basic", NULL);
}

static void test_console_front_end_prints_what_it_did(void)
{
    check_same_as_plain("frontend_console", "r\nq\n");
}

static void test_hand_written_loops_print_what_they_did(void)
{
    check_same_as_plain("frontend_loop", NULL);
    check_same_as_plain("frontend_suite_loop", NULL);
}

static char *read_automated(const char *folder, const char *suffix)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/auto-%s.xml", folder, suffix);
    struct lgt_result cat;
    lgt_command(&cat, NULL, (const char *const[]){"sed", "/File Generated/d", path, NULL});
    char *text = strdup(cat.out);
    lgt_free(&cat);
    return text;
}

static void test_automated_front_end_writes_what_it_did(void)
{
    struct lgt_result plain;
    struct lgt_result gated;
    char prefix[128];
    lgt_command(&plain, NULL, (const char *const[]){"true", NULL});
    snprintf(prefix, sizeof(prefix), "%s/auto", plain.folder);
    struct lgt_result run;
    lgt_command(&run, NULL, (const char *const[]){lgt_program("frontend_automated"), prefix, NULL});
    lgt_free(&run);
    lgt_command(&gated, NULL, (const char *const[]){"true", NULL});
    snprintf(prefix, sizeof(prefix), "%s/auto", gated.folder);
    lgt_command(&run, NULL,
                (const char *const[]){LGT_LEAKGATE, "run", "--", lgt_program("frontend_automated"),
                                      prefix, NULL});
    CU_ASSERT_EQUAL(run.status, 1);
    lgt_free(&run);
    const char *const files[] = {"Results", "Listing"};
    for (size_t i = 0; i < 2; i++) {
        char *expected = read_automated(plain.folder, files[i]);
        char *found = read_automated(gated.folder, files[i]);
        CU_ASSERT_TRUE(strlen(expected) > 1000);
        CU_ASSERT_STRING_EQUAL(found, expected);
        free(expected);
        free(found);
    }
    lgt_free(&plain);
    lgt_free(&gated);
}

static void test_every_front_end_gets_the_same_verdicts(void)
{
    static const char *const programs[] = {"frontend_basic", "frontend_loop",
                                           "frontend_suite_loop"};
    for (size_t i = 0; i < 3; i++) {
        struct lgt_result run;
        lgt_gate(&run, "", programs[i]);
        CU_ASSERT_EQUAL(run.status, 1);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 13);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@classname='failing']/failure"), 7);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@classname='passing']/failure"), 0);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='inactive']/skipped"), 1);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='same_name']"), 2);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='fatal_aborts_test']/failure"), 1);
        lgt_free(&run);
    }
}

static void test_failing_suite_init_is_a_row_and_skips_its_tests(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "suite_init_fails");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='(suite init)']/failure"), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='must_not_run']/skipped"), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@classname='before' or @classname='after']//"
                                    "property[@name='verdict'][@value='passed']"),
                    2);
    lgt_free(&run);
    lgt_gate(&run, "", "suite_cleanup_fails");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='(suite cleanup)']/failure"), 1);
    lgt_free(&run);
}

static void test_running_twice_gives_a_row_for_each_time(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "run_twice");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 6);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[contains(@name,' [2]')]"), 3);
    lgt_free(&run);
}

static void test_a_run_within_a_test_is_part_of_it(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "nested_run");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 3);
    CU_ASSERT_TRUE(lgt_verdict(&run, "inner", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_after", "passed"));
    lgt_free(&run);
}

static void test_output_appears_once_however_often_a_body_runs(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--rigor thorough --no-capture", "prints");
    CU_ASSERT_EQUAL(run.status, 0);
    unsigned lines = 0;
    for (const char *at = run.out; (at = strstr(at, "once")) != NULL; at++)
        lines += at == run.out || at[-1] == '\n';
    CU_ASSERT_EQUAL(lines, 5006);
    lgt_free(&run);
}

static void test_no_tests_and_no_cunit_are_told_apart(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "no_tests");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 0);
    lgt_free(&run);
    lgt_gate(&run, "", "not_cunit");
    CU_ASSERT_EQUAL(run.status, 4);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='(program)']/error"), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "hello"));
    lgt_free(&run);
}

static void test_two_thousand_tests_are_two_thousand_rows(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "many");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 2000);
    lgt_free(&run);
}

static void test_static_cunit_is_taken_over(void)
{
    static const char *const programs[] = {"static_leaks", "static_exported", "static_no_pie",
                                           LGT_STATIC_LINKED};
    for (size_t i = 0; i < 4; i++) {
        struct lgt_result run;
        lgt_gate(&run, "", programs[i]);
        CU_ASSERT_EQUAL(run.status, 2);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 5);
        CU_ASSERT_EQUAL(lgt_count(&run, "//failure"), 3);
        lgt_free(&run);
    }
    struct lgt_result run;
    lgt_gate(&run, "", "static_nested");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 3);
    lgt_free(&run);
    check_same_as_plain("static_frontend", NULL);
    lgt_gate(&run, "", "static_order");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure|//error"), 3);
    lgt_free(&run);
}

static void test_stripped_static_cunit_is_told(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "static_stripped");
    CU_ASSERT_EQUAL(run.status, 4);
    CU_ASSERT_EQUAL(lgt_count(&run, "//error[contains(@message,'leakgate::agent')]"), 1);
    lgt_free(&run);
}

int add_cunit_suite(void)
{
    CU_TestInfo tests[] = {
        {"basic_front_end_prints_what_it_did", test_basic_front_end_prints_what_it_did},
        {"console_front_end_prints_what_it_did", test_console_front_end_prints_what_it_did},
        {"hand_written_loops_print_what_they_did", test_hand_written_loops_print_what_they_did},
        {"automated_front_end_writes_what_it_did", test_automated_front_end_writes_what_it_did},
        {"every_front_end_gets_the_same_verdicts", test_every_front_end_gets_the_same_verdicts},
        {"failing_suite_init_is_a_row_and_skips_its_tests",
         test_failing_suite_init_is_a_row_and_skips_its_tests},
        {"running_twice_gives_a_row_for_each_time", test_running_twice_gives_a_row_for_each_time},
        {"a_run_within_a_test_is_part_of_it", test_a_run_within_a_test_is_part_of_it},
        {"output_appears_once_however_often_a_body_runs",
         test_output_appears_once_however_often_a_body_runs},
        {"no_tests_and_no_cunit_are_told_apart", test_no_tests_and_no_cunit_are_told_apart},
        {"static_cunit_is_taken_over", test_static_cunit_is_taken_over},
        {"stripped_static_cunit_is_told", test_stripped_static_cunit_is_told},
        {"two_thousand_tests_are_two_thousand_rows", test_two_thousand_tests_are_two_thousand_rows},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"cunit", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
