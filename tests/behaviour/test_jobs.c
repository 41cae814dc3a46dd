/* Several tests at a time: the same report as one after the other, and none that sees another. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes out what differs between any two runs. */

/* Overwrites what stands between each START in TEXT and the next END. */
static void blank(char *text, const char *start, const char *end)
{
    for (char *at = text; (at = strstr(at, start)) != NULL;) {
        at += strlen(start);
        memset(at, '#', strcspn(at, end));
    }
}

/* Numbers of 8 hexadecimal digits or more are addresses. */
static void blank_addresses(char *text)
{
    for (char *at = text; *at != '\0';) {
        size_t length = strspn(at, "0123456789abcdef");
        if (length >= 8)
            memset(at, '#', length);
        at += length > 0 ? length : 1;
    }
}

/* What a gauge had before and after: a process of the host's or of a keeper's starts elsewhere. */
static void blank_levels(char *text)
{
    static const char *const gauges[] = {"\nheap ", "\nmmap ",    "\nlive ",    "\nfrag ",
                                         "\nfds ",  "\nthreads ", "\nchildren "};
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        for (char *at = text; (at = strstr(at, gauges[i])) != NULL;) {
            at += strlen(gauges[i]);
            for (int column = 0; column < 2; column++) {
                for (; *at == ' '; at++)
                    *at = '#';
                for (; isdigit((unsigned char)*at) != 0; at++)
                    *at = '#';
            }
        }
    }
}

/* The report as text. The caller frees it. */
static char *normal_report(const struct lgt_result *run)
{
    xmlChar *text = NULL;
    int size = 0;
    if (run->report == NULL)
        return strdup("none");
    xmlDocDumpMemory(run->report, &text, &size);
    char *copy = strdup((const char *)text);
    xmlFree(text);
    blank(copy, " time=\"", "\"");
    blank(copy, " timestamp=\"", "\"");
    blank(copy, "name=\"jobs\" value=\"", "\"");
    blank(copy, "name=\"peak_rss_bytes\" value=\"", "\"");
    blank(copy, "name=\"host.", ">");
    /* The kernel's to say: which of them lie side by side, and count as one. */
    blank(copy, "name=\"mappings_before\" value=\"", "\"");
    blank(copy, "name=\"mappings_after\" value=\"", "\"");
    blank_levels(copy);
    blank_addresses(copy);
    return copy;
}

/* Why there were not several at a time is told where they were asked for. */
static void leave_out_one_by_one(char *text)
{
    char *line = strstr(text, "\ntests of ");
    if (line != NULL && strstr(line, "ran one by one") != NULL) {
        const char *next = line + 1 + strcspn(line + 1, "\n");
        memmove(line, next, strlen(next) + 1);
    }
}

static char *normal_output(const struct lgt_result *run)
{
    char *copy = strdup(run->out);
    leave_out_one_by_one(copy);
    blank(copy, "Elapsed time =", "\n");
    blank(copy, "leakgate: report: ", "\n");
    for (char *at = copy; (at = strstr(at, "\nleakgate: ")) != NULL; at++) {
        char *end = at + 1 + strcspn(at + 1, "\n");
        char *semicolon = memchr(at, ';', (size_t)(end - at));
        if (semicolon != NULL)
            memset(semicolon, '#', (size_t)(end - semicolon));
    }
    return copy;
}

/* The same number of '#' is no matter: what was blanked has any length. */
static void squeeze(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '#' || to == text || to[-1] != '#')
            *to++ = *from;
    }
    *to = '\0';
}

static void run_both(const char *program, const char *options, struct lgt_result *one,
                     struct lgt_result *several)
{
    char all[128];
    snprintf(all, sizeof(all), "%s --jobs 1", options);
    lgt_gate(one, all, program);
    snprintf(all, sizeof(all), "%s --jobs 4", options);
    lgt_gate(several, all, program);
    CU_ASSERT_EQUAL(several->status, one->status);
    CU_ASSERT_TRUE(lgt_is(several, "string(//property[@name='jobs']/@value)", "4"));
    CU_ASSERT_TRUE(lgt_is(one, "string(//property[@name='jobs']/@value)", "1"));
}

/* Shows where two texts begin to differ. */
static void check_equal(const char *program, char *found, char *expected)
{
    squeeze(found);
    squeeze(expected);
    size_t at = 0;
    while (found[at] != '\0' && found[at] == expected[at])
        at++;
    CU_ASSERT_EQUAL(found[at], expected[at]);
    size_t from = at > 100 ? at - 100 : 0;
    if (found[at] != expected[at])
        fprintf(stderr, "%s:\n<<< one at a time\n%.200s\n>>> several\n%.200s\n", program,
                expected + from, found + from);
    free(found);
    free(expected);
}

static void check_same(const char *program, const char *options)
{
    struct lgt_result one;
    struct lgt_result several;
    run_both(program, options, &one, &several);
    check_equal(program, normal_report(&several), normal_report(&one));
    check_equal(program, normal_output(&several), normal_output(&one));
    CU_ASSERT_STRING_EQUAL(several.err, one.err);
    lgt_free(&one);
    lgt_free(&several);
}

static void test_several_at_a_time_give_the_same_report(void)
{
    static const char *const programs[] = {"all_clean",
                                           "known_leaks",
                                           "order",
                                           "not_repeatable",
                                           "reads_on",
                                           "prints",
                                           "run_twice",
                                           "nested_run",
                                           "frontend_basic",
                                           "frontend_loop",
                                           "names",
                                           "frontend_suite_loop",
                                           "fails_and_leaks",
                                           "static_order",
                                           "static_nested",
                                           "static_frontend",
                                           "suite_init_fails",
                                           "suite_cleanup_fails",
                                           "tells_order"};
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        check_same(programs[i], "");
}

static void test_several_that_crash_or_hang_give_the_same_report(void)
{
    check_same("crashes", "--timeout 0.3");
}

/* The verdict and the message of each row. What differs between any two runs of these programs is
 * more than that. */
static void check_same_rows(const char *program, const char *options)
{
    struct lgt_result one;
    struct lgt_result several;
    run_both(program, options, &one, &several);
    int rows = lgt_count(&one, "//testcase");
    CU_ASSERT_TRUE(rows > 3);
    CU_ASSERT_EQUAL(lgt_count(&several, "//testcase"), rows);
    static const char live[] = "properties/property[@name='growth_per_run.live_bytes']/@value";
    static const char verdict[] = "properties/property[@name='verdict']/@value";
    static const char *const parts[] = {"@classname", "@name", "*/@message", verdict, live};
    for (int row = 1; row <= rows; row++) {
        for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
            char xpath[128];
            snprintf(xpath, sizeof(xpath), "string(//testcase[%d]/%s)", row, parts[part]);
            xmlChar *expected = lgt_string(&one, xpath);
            CU_ASSERT_TRUE(lgt_is(&several, xpath, (const char *)expected));
            xmlFree(expected);
        }
    }
    lgt_free(&one);
    lgt_free(&several);
}

static void test_several_with_threads_and_wishes_are_judged_the_same(void)
{
    check_same_rows("static_leaks", "");
    check_same_rows("in_source", "");
    check_same_rows("workers", "--timeout 0.3");
}

/* Four of its tests wait for some time each, which is why it is not run one by one. */
static void test_what_several_leave_behind_is_each_tests_own(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--jobs 8", "left_behind");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 10);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'leak_')]/failure"), 5);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')]/failure"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_daemon']//property[@name="
                                    "'growth_per_run.children_count'][@value='1']"),
                    1);
    lgt_free(&run);
}

/* A host that opened more for each run would have none left some day. */
static void check_descriptors(const char *out)
{
    int counts[3] = {0};
    for (int run = 1; run <= 3; run++) {
        char start[32];
        snprintf(start, sizeof(start), "after run %d: ", run);
        const char *line = strstr(out, start);
        CU_ASSERT_PTR_NOT_NULL_FATAL(line);
        counts[run - 1] = atoi(line + strlen(start));
    }
    CU_ASSERT_TRUE(counts[0] > 3);
    CU_ASSERT_EQUAL(counts[1], counts[0]);
    CU_ASSERT_EQUAL(counts[2], counts[0]);
}

/* Two of its tests wait for each other, in each of three runs. */
static void test_several_run_at_a_time_and_see_nothing_of_each_other(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--jobs 4", "together");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 18);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@classname='meet']"
                                    "//property[@name='carried_after_tests']"),
                    0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_needs_what_was_left')]"
                                    "//property[@name='carried_after_tests']"),
                    3);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[contains(system-out, 'stray')]"), 6);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[contains(@name, '_prints_')]"
                                    "[contains(system-out, 'stray')]"),
                    0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_prints_early')]"
                                    "[normalize-space(system-out)='early']"),
                    3);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_prints_late')]"
                                    "[normalize-space(system-out)='late']"),
                    3);
    check_descriptors(run.out);
    lgt_free(&run);
}

/* A run of a single suite has none after it. */
static void test_several_suites_run_at_a_time_up_to_one_with_functions(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--jobs 2", "across_suites");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 4);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 4);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='carried_after_tests']"), 0);
    CU_ASSERT_TRUE(lgt_is(&run, "string(//testcase[1]/@name)", "clean_waits_for_the_second"));
    lgt_free(&run);
    setenv("ONLY", "first", 1);
    lgt_gate(&run, "--jobs 2", "across_suites");
    unsetenv("ONLY");
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@classname='first']/skipped"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@classname!='first']/skipped"), 3);
    lgt_free(&run);
}

static void test_each_is_told_that_it_is_the_one_that_runs(void)
{
    static const char *const programs[] = {"asks_where", "static_asks_where"};
    static const char *const options[] = {"--jobs 1", "--jobs 4", "--jobs 4 --isolation carry"};
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
            struct lgt_result run;
            lgt_gate(&run, options[k], programs[i]);
            CU_ASSERT_EQUAL(run.status, 0);
            CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 4);
            CU_ASSERT(lgt_count(&run, "//property[@name='carried_after_tests']") >= 1);
            lgt_free(&run);
        }
    }
}

/* Whatever had begun ahead: what the framework never comes to was not run. */
static void test_what_is_never_come_to_was_not_run(void)
{
    static const char *const modes[] = {"exit",     "abort",   "switch_off", "nested",
                                        "twice",    "again",   "stopped",    "cleanup",
                                        "inactive", "carried", "thread"};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        setenv("MODE", modes[i], 1);
        check_same("never_reached", "");
        check_same("never_reached", "--isolation fork --repeat 2");
    }
    unsetenv("MODE");
}

/* By CUnit's own front-end, tests run at a time; a handler of the program is named. */
static void check_handlers(const char *program, const char *handlers, const char *setter)
{
    char told[128];
    struct lgt_result run;
    setenv("HANDLERS", handlers, 1);
    snprintf(told, sizeof(told),
             "tests of %s ran one by one: they may see what the handler of %s does\n", program,
             setter != NULL ? setter : "");
    lgt_gate(&run, "--jobs 4", program);
    unsetenv("HANDLERS");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 3);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='carried_after_tests']"), 0);
    CU_ASSERT_EQUAL(strstr(run.out, told) != NULL, setter != NULL);
    CU_ASSERT_EQUAL(strstr(run.out, "one by one") != NULL, setter != NULL);
    lgt_free(&run);
}

static void test_handlers_of_the_program_are_called_before_the_next_test(void)
{
    static const char *const programs[] = {"handlers", "static_handlers"};
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        check_handlers(programs[i], "suite", "CU_set_suite_start_handler");
        check_handlers(programs[i], "test", "CU_set_test_start_handler");
        check_handlers(programs[i], "output", NULL);
    }
}

static void test_why_tests_run_one_by_one_is_told(void)
{
    static const char told[] = "tests of reads_on ran one by one: they may read on in /";
    struct lgt_result run;
    lgt_gate(&run, "--jobs 2", "reads_on");
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, told));
    lgt_free(&run);
    lgt_gate(&run, "--jobs 1", "reads_on");
    CU_ASSERT_PTR_NULL(strstr(run.out, "one by one"));
    lgt_free(&run);
    lgt_gate(&run, "--jobs 2", "across_suites");
    CU_ASSERT_PTR_NULL(strstr(run.out, "one by one"));
    lgt_free(&run);
}

/* With HANGS, the suite's function that never ends, BEFORE tests have passed: what comes after
 * them is broken. */
static void check_hangs(const char *hangs, const char *options, int before, const char *where)
{
    char message[128];
    struct lgt_result run;
    setenv("HANGS", hangs, 1);
    lgt_gate(&run, options, "suite_hangs");
    unsetenv("HANGS");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 7);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), before);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase/error[@message='not run: the program ended "
                                    "before it']"),
                    6 - before);
    snprintf(message, sizeof(message), "timed out after 0.3 s in the %s of suite hangs", where);
    CU_ASSERT_TRUE(lgt_is(&run, "string(//testcase[@name='(program)']/error/@message)", message));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, message));
    lgt_free(&run);
}

static void test_a_suites_function_that_hangs_is_ended(void)
{
    check_hangs("init", "--timeout 0.3 --jobs 1", 2, "initialization");
    check_hangs("init", "--timeout 0.3 --jobs 3", 2, "initialization");
    check_hangs("cleanup", "--timeout 0.3 --jobs 1", 4, "cleanup");
    check_hangs("cleanup", "--timeout 0.3 --jobs 3", 4, "cleanup");
    struct lgt_result run;
    lgt_gate(&run, "--timeout 0.3", "suite_hangs");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 6);
    lgt_free(&run);
}

int add_jobs_suite(void)
{
    CU_TestInfo tests[] = {
        {"several_at_a_time_give_the_same_report", test_several_at_a_time_give_the_same_report},
        {"several_that_crash_or_hang_give_the_same_report",
         test_several_that_crash_or_hang_give_the_same_report},
        {"several_with_threads_and_wishes_are_judged_the_same",
         test_several_with_threads_and_wishes_are_judged_the_same},
        {"what_several_leave_behind_is_each_tests_own",
         test_what_several_leave_behind_is_each_tests_own},
        {"several_run_at_a_time_and_see_nothing_of_each_other",
         test_several_run_at_a_time_and_see_nothing_of_each_other},
        {"several_suites_run_at_a_time_up_to_one_with_functions",
         test_several_suites_run_at_a_time_up_to_one_with_functions},
        {"each_is_told_that_it_is_the_one_that_runs",
         test_each_is_told_that_it_is_the_one_that_runs},
        {"what_is_never_come_to_was_not_run", test_what_is_never_come_to_was_not_run},
        {"handlers_of_the_program_are_called_before_the_next_test",
         test_handlers_of_the_program_are_called_before_the_next_test},
        {"why_tests_run_one_by_one_is_told", test_why_tests_run_one_by_one_is_told},
        {"a_suites_function_that_hangs_is_ended", test_a_suites_function_that_hangs_is_ended},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"jobs", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
