/* Which tests run, in which order, how often: shards, shuffles, repeats. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TESTS 64

/* What follows each "\nWORD " in TEXT, up to the end of its line, with a space behind. The caller
 * frees it. */
static char *told(const char *text, const char *word)
{
    char start[16];
    char *all = calloc(1, strlen(text) + 1);
    snprintf(start, sizeof(start), "\n%s ", word);
    for (const char *at = text; (at = strstr(at, start)) != NULL;) {
        at += strlen(start);
        strncat(all, at, strcspn(at, "\n"));
        strcat(all, " ");
    }
    return all;
}

/* The names of the report's rows, "SUITE/NAME ", in their order. The caller frees it. */
static char *rows_of(const struct lgt_result *run)
{
    int count = lgt_count(run, "//testcase");
    char *all = calloc(1, 1 + 64 * (size_t)(count > 0 ? count : 0));
    for (int i = 1; i <= count; i++) {
        char row[64];
        for (int part = 0; part < 2; part++) {
            char xpath[64];
            snprintf(xpath, sizeof(xpath), "string(//testcase[%d]/@%s)", i,
                     part == 0 ? "classname" : "name");
            xmlChar *string = lgt_string(run, xpath);
            snprintf(row, sizeof(row), "%s%s", (const char *)string, part == 0 ? "/" : " ");
            strcat(all, row);
            xmlFree(string);
        }
    }
    return all;
}

static const char all_tests[] = "a/1 a/2 a/3 a/4 a/5 b/1 b/2 b/3 b/4 b/5 "
                                "c/1 c/2 c/3 c/4 c/5 d/1 d/2 d/3 d/4 d/5 ";

/* Adds to COUNTS how often each test of the report was run, by its row. Returns the rows. */
static int add_runs(const struct lgt_result *run, unsigned counts[MAX_TESTS])
{
    int rows = lgt_count(run, "//testcase");
    for (int i = 0; i < rows && i < MAX_TESTS; i++) {
        char xpath[96];
        snprintf(xpath, sizeof(xpath), "//testcase[%d]/skipped[@message='in another shard']",
                 i + 1);
        counts[i] += lgt_count(run, xpath) == 0;
    }
    return rows;
}

static void check_once_each(const unsigned counts[MAX_TESTS], int rows, int expected_rows)
{
    CU_ASSERT_EQUAL(rows, expected_rows);
    for (int i = 0; i < rows && i < MAX_TESTS; i++)
        CU_ASSERT_EQUAL(counts[i], 1);
}

/* Each test of PROGRAM is in one of N shards. */
static void check_partition(const char *program, unsigned n, int expected_rows)
{
    unsigned counts[MAX_TESTS] = {0};
    int rows = 0;
    for (unsigned i = 1; i <= n; i++) {
        char options[64];
        struct lgt_result run;
        snprintf(options, sizeof(options), "--quiet --shard %u/%u", i, n);
        lgt_gate(&run, options, program);
        rows = add_runs(&run, counts);
        lgt_free(&run);
    }
    check_once_each(counts, rows, expected_rows);
}

static void test_each_test_is_in_one_shard(void)
{
    for (unsigned n = 1; n <= 7; n++)
        check_partition("tells_order", n, 20);
    check_partition("frontend_basic", 3, 13);
    check_partition("frontend_suite_loop", 4, 13);
    check_partition("static_leaks", 2, 5);
    check_partition("names", 5, 21);
}

/* What is told as run is what has run. */
static void test_only_the_tests_of_the_shard_run(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--shard 2/7 --no-capture", "tells_order");
    char *ran = told(run.out, "ran");
    CU_ASSERT_STRING_EQUAL(ran, "a/2 b/4 d/1 ");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 20);
    free(ran);
    lgt_free(&run);
    lgt_gate(&run, "--shard 2/7 --no-capture --omit-unselected --jobs 3", "tells_order");
    ran = rows_of(&run);
    CU_ASSERT_STRING_EQUAL(ran, "a/2 b/4 d/1 ");
    free(ran);
    lgt_free(&run);
}

/* Sets NAME to NUMBER in the environment of the next run. */
static void set_number(const char *name, unsigned number)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", number);
    setenv(name, text, 1);
}

/* What is run with OPTIONS and the variables INDEX, from FIRST on, and TOTAL is what is run with
 * --shard, and is all of it. */
static void check_variables(const char *options, const char *index, const char *total,
                            unsigned first)
{
    char *all = calloc(1, 1024);
    for (unsigned i = 1; i <= 3; i++) {
        char shard[64];
        struct lgt_result by_option;
        struct lgt_result by_variable;
        snprintf(shard, sizeof(shard), "--no-capture --shard %u/3", i);
        lgt_gate(&by_option, shard, "tells_order");
        set_number(index, first + i - 1);
        set_number(total, 3);
        lgt_gate(&by_variable, options, "tells_order");
        unsetenv(index);
        unsetenv(total);
        char *expected = told(by_option.out, "ran");
        char *found = told(by_variable.out, "ran");
        CU_ASSERT_STRING_EQUAL(found, expected);
        CU_ASSERT_TRUE(strlen(found) >= 6 * strlen("a/1 "));
        strcat(all, found);
        free(expected);
        free(found);
        lgt_free(&by_option);
        lgt_free(&by_variable);
    }
    CU_ASSERT_EQUAL(strlen(all), strlen(all_tests));
    free(all);
}

static void test_the_variables_of_each_ci_and_of_googletest_are_shards(void)
{
    check_variables("--no-capture --shard ci", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1);
    check_variables("--no-capture --shard ci", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0);
    check_variables("--no-capture --shard ci", "BUILDKITE_PARALLEL_JOB",
                    "BUILDKITE_PARALLEL_JOB_COUNT", 0);
    check_variables("--no-capture", "GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS", 0);
}

/* The order in which tells_order runs with OPTIONS. The caller frees it. */
static char *order_with(const char *options)
{
    char all[128];
    struct lgt_result run;
    snprintf(all, sizeof(all), "--no-capture %s", options);
    lgt_gate(&run, all, "tells_order");
    CU_ASSERT_EQUAL(run.status, 0);
    char *rows = rows_of(&run);
    char *has = told(run.out, "has");
    char *ran = told(run.out, "ran");
    CU_ASSERT_STRING_EQUAL(rows, all_tests);
    /* The first line of all has none before it. */
    CU_ASSERT_EQUAL(strncmp(has, all_tests + 4, strlen(all_tests) - 4), 0);
    CU_ASSERT_STRING_EQUAL(has + strlen(all_tests) - 4, all_tests);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 20);
    free(rows);
    free(has);
    lgt_free(&run);
    return ran;
}

static bool has_all(const char *order)
{
    bool all = strlen(order) == strlen(all_tests);
    for (const char *at = all_tests; *at != '\0'; at += 4) {
        char name[5] = {at[0], at[1], at[2], at[3], '\0'};
        all &= strstr(order, name) != NULL;
    }
    return all;
}

/* Suites are not mixed: what a suite's initialization makes is not there for others. */
static bool has_suites_whole(const char *order)
{
    unsigned changes = 0;
    for (size_t i = 4; i < strlen(order); i += 4)
        changes += order[i] != order[i - 4];
    return changes == 3;
}

static void test_each_seed_is_an_order(void)
{
    char *plain = order_with("");
    CU_ASSERT_STRING_EQUAL(plain, all_tests);
    char *orders[4];
    for (unsigned seed = 0; seed < 4; seed++) {
        char options[32];
        snprintf(options, sizeof(options), "--shuffle %u", seed);
        orders[seed] = order_with(options);
        char *again = order_with(options);
        CU_ASSERT_STRING_EQUAL(again, orders[seed]);
        CU_ASSERT_TRUE(has_all(orders[seed]) && has_suites_whole(orders[seed]));
        CU_ASSERT_STRING_NOT_EQUAL(orders[seed], plain);
        for (unsigned other = 0; other < seed; other++)
            CU_ASSERT_STRING_NOT_EQUAL(orders[seed], orders[other]);
        free(again);
    }
    for (unsigned seed = 0; seed < 4; seed++)
        free(orders[seed]);
    free(plain);
}

static void test_the_seed_is_told_and_gives_the_order_again(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--no-capture --shuffle auto", "tells_order");
    const char *line = strstr(run.out, "\nleakgate: shuffled with seed ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    char options[64];
    char seed[16] = "";
    CU_ASSERT_EQUAL(sscanf(line, "\nleakgate: shuffled with seed %15[0-9]\n", seed), 1);
    CU_ASSERT_TRUE(
        lgt_is(&run, "string(//testsuite/properties/property[@name='shuffle']/@value)", seed));
    snprintf(options, sizeof(options), "--shuffle %s", seed);
    char *again = order_with(options);
    char *ran = told(run.out, "ran");
    CU_ASSERT_STRING_EQUAL(again, ran);
    free(again);
    free(ran);
    lgt_free(&run);
    lgt_gate(&run, "", "tells_order");
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='shuffle']"), 0);
    CU_ASSERT_PTR_NULL(strstr(run.out, "shuffled"));
    lgt_free(&run);
}

/* The same verdicts, whatever the order: those of the program that leans on it but for what it
 * leans on. */
static void test_a_shuffled_run_judges_the_same(void)
{
    static const char *const programs[] = {"frontend_basic", "fails_and_leaks", "static_leaks"};
    for (size_t i = 0; i < 3; i++) {
        struct lgt_result plain;
        struct lgt_result shuffled;
        lgt_gate(&plain, "", programs[i]);
        lgt_gate(&shuffled, "--shuffle 5", programs[i]);
        char *expected = rows_of(&plain);
        char *found = rows_of(&shuffled);
        CU_ASSERT_STRING_EQUAL(found, expected);
        CU_ASSERT_EQUAL(shuffled.status, plain.status);
        int rows = lgt_count(&plain, "//testcase");
        for (int row = 1; row <= rows; row++) {
            char xpath[64];
            snprintf(xpath, sizeof(xpath), "string(//testcase[%d]/*/@message)", row);
            xmlChar *message = lgt_string(&plain, xpath);
            CU_ASSERT_TRUE(lgt_is(&shuffled, xpath, (const char *)message));
            xmlFree(message);
        }
        free(expected);
        free(found);
        lgt_free(&plain);
        lgt_free(&shuffled);
    }
}

/* With OPTIONS, these are the rows that are not skipped. */
static void check_repeated(const char *options, const char *expected, int ran)
{
    struct lgt_result run;
    lgt_gate(&run, options, "tells_order");
    char *rows = rows_of(&run);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(rows, expected);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), ran);
    free(rows);
    lgt_free(&run);
}

static void test_a_repeated_test_has_a_row_for_each_time(void)
{
    static const char three[] = "a/1 a/1 [2] a/1 [3] c/3 c/3 [2] c/3 [3] ";
    check_repeated("--omit-unselected --repeat 3 --filter [ac]/[1] --jobs 1",
                   "a/1 a/1 [2] a/1 [3] c/1 c/1 [2] c/1 [3] ", 6);
    check_repeated("--omit-unselected --repeat 3 --shard 1/12 --jobs 1", three, 6);
    check_repeated("--omit-unselected --repeat 3 --shard 1/12 --jobs 4", three, 6);
    check_repeated("--omit-unselected --repeat 3 --shard 1/12 --jobs 4 --shuffle 1", three, 6);
    check_repeated("--omit-unselected --repeat 2 --shard 2/2 --filter a/* --jobs 2",
                   "a/2 a/2 [2] a/4 a/4 [2] ", 4);
    check_repeated("--repeat 1 --filter a/1", all_tests, 1);
}

/* One that has begun ahead of its turn, and is over by then, is not begun again. */
static void test_no_test_is_run_twice_between_those_that_are_not_selected(void)
{
    for (int i = 0; i < 5; i++) {
        check_repeated("--omit-unselected --filter */[135] --jobs 2",
                       "a/1 a/3 a/5 b/1 b/3 b/5 c/1 c/3 c/5 d/1 d/3 d/5 ", 12);
        check_repeated("--omit-unselected --shard 1/3 --jobs 3", "a/1 a/4 b/2 b/5 c/3 d/1 d/4 ", 7);
    }
}

/* The tests of the second row on fail as those of the first. */
static void test_each_repeat_is_judged(void)
{
    for (int jobs = 1; jobs <= 3; jobs += 2) {
        char options[64];
        struct lgt_result run;
        snprintf(options, sizeof(options), "--repeat 3 --jobs %d", jobs);
        lgt_gate(&run, options, "static_leaks");
        CU_ASSERT_EQUAL(run.status, 2);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 15);
        CU_ASSERT_EQUAL(lgt_count(&run, "//failure"), 9);
        CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[contains(@name, ' [3]')]/failure"), 3);
        CU_ASSERT_TRUE(lgt_is(&run, "string(//property[@name='repeat']/@value)", "3"));
        lgt_free(&run);
    }
}

static void test_the_environment_says_the_same(void)
{
    struct lgt_result run;
    setenv("LEAKGATE_JOBS", "3", 1);
    setenv("LEAKGATE_REPEAT", "2", 1);
    setenv("LEAKGATE_SHUFFLE", "7", 1);
    setenv("LEAKGATE_SHARD", "ci", 1);
    setenv("CI_NODE_INDEX", "2", 1);
    setenv("CI_NODE_TOTAL", "10", 1);
    lgt_gate(&run, "--omit-unselected", "tells_order");
    unsetenv("LEAKGATE_JOBS");
    unsetenv("LEAKGATE_REPEAT");
    unsetenv("LEAKGATE_SHUFFLE");
    unsetenv("LEAKGATE_SHARD");
    unsetenv("CI_NODE_INDEX");
    unsetenv("CI_NODE_TOTAL");
    char *rows = rows_of(&run);
    CU_ASSERT_STRING_EQUAL(rows, "a/2 a/2 [2] c/2 c/2 [2] ");
    CU_ASSERT_TRUE(lgt_is(&run, "string(//property[@name='jobs']/@value)", "3"));
    CU_ASSERT_TRUE(lgt_is(&run, "string(//property[@name='repeat']/@value)", "2"));
    CU_ASSERT_TRUE(lgt_is(&run, "string(//property[@name='shuffle']/@value)", "7"));
    free(rows);
    lgt_free(&run);
}

static void test_what_can_not_be_run_so_is_refused(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--jobs 65", "tells_order");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_STRING_EQUAL(run.err, "leakgate: --jobs: '65' is no number from 1 to 64, nor auto\n");
    CU_ASSERT_PTR_NULL(run.report);
    lgt_free(&run);
}

int add_order_suite(void)
{
    CU_TestInfo tests[] = {
        {"each_test_is_in_one_shard", test_each_test_is_in_one_shard},
        {"only_the_tests_of_the_shard_run", test_only_the_tests_of_the_shard_run},
        {"the_variables_of_each_ci_and_of_googletest_are_shards",
         test_the_variables_of_each_ci_and_of_googletest_are_shards},
        {"each_seed_is_an_order", test_each_seed_is_an_order},
        {"the_seed_is_told_and_gives_the_order_again",
         test_the_seed_is_told_and_gives_the_order_again},
        {"a_shuffled_run_judges_the_same", test_a_shuffled_run_judges_the_same},
        {"a_repeated_test_has_a_row_for_each_time", test_a_repeated_test_has_a_row_for_each_time},
        {"no_test_is_run_twice_between_those_that_are_not_selected",
         test_no_test_is_run_twice_between_those_that_are_not_selected},
        {"each_repeat_is_judged", test_each_repeat_is_judged},
        {"the_environment_says_the_same", test_the_environment_says_the_same},
        {"what_can_not_be_run_so_is_refused", test_what_can_not_be_run_so_is_refused},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"order", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
