#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bad input gets exit status 3 and one line that holds EXPECTED. */
static void check_complaint(const char *const argv[], const char *expected)
{
    struct lgt_result run;
    lgt_command(&run, NULL, argv);
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_EQUAL(strncmp(run.err, "leakgate: ", 10), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, expected));
    const char *newline = strchr(run.err, '\n');
    CU_ASSERT_TRUE(newline != NULL && newline[1] == '\0');
    if (strstr(run.err, expected) == NULL)
        fprintf(stderr, "expected '%s' in: %s\n", expected, run.err);
    lgt_free(&run);
}

#define COMPLAINT(expected, ...)                                                                   \
    check_complaint((const char *const[]){LGT_LEAKGATE, __VA_ARGS__, NULL}, expected)

static void test_bad_options_get_one_line_and_exit_3(void)
{
    const char *program = lgt_program("all_clean");
    COMPLAINT("no PROGRAM", "run");
    COMPLAINT("--heep: unknown option", "run", "--heep", program);
    COMPLAINT("--budget: unknown gauge 'heep' (heap, mmap, live", "run", "--budget", "heep=1",
              program);
    COMPLAINT("--budget: unknown unit 'Q'", "run", "--budget", "heap=1Q", program);
    COMPLAINT("--rigor: unknown rigor 'lazy'", "run", "--rigor", "lazy", program);
    COMPLAINT("--timeout: 'soon'", "run", "--timeout", "soon", program);
    COMPLAINT("--shard: '3/2'", "run", "--shard", "3/2", program);
    COMPLAINT("--color: unknown colour", "run", "--color", "blue", program);
    COMPLAINT("--junit: it needs a value", "run", "--junit");
    COMPLAINT("--json goes with --list", "run", "--json", program);
    COMPLAINT("unknown command 'walk'", "walk");
    COMPLAINT("maps: it needs the number", "maps", "self");
    COMPLAINT("maps: there is no process 4194999", "maps", "4194999");
}

static void test_bad_programs_get_one_line_and_exit_3(void)
{
    COMPLAINT("/no/such/program: could not be started: No such file", "run", "/no/such/program");
    COMPLAINT("/etc: could not be started: Permission denied", "run", "/etc");
}

static void test_unwritable_reports_are_told_before_the_run(void)
{
    const char *program = lgt_program("all_clean");
    COMPLAINT("--junit: /proc/nothing/x.xml cannot be written", "run", "--junit",
              "/proc/nothing/x.xml", program);
    COMPLAINT("--junit: /etc cannot be written: Is a directory", "run", "--junit", "/etc", program);
}

static void test_a_filter_without_a_match_is_an_error(void)
{
    COMPLAINT("--filter: no test matches 'nothing/*'", "run", "--filter", "nothing/*",
              lgt_program("all_clean"));
}

static void test_environment_twins_give_way_to_options(void)
{
    struct lgt_result run;
    setenv("LEAKGATE_BUDGET", "live=1K,mmap=1M", 1);
    setenv("LEAKGATE_QUIET", "1", 1);
    lgt_gate(&run, "", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NULL(strstr(run.out, "leakgate: "));
    lgt_free(&run);
    lgt_gate(&run, "--budget live=0,mmap=1M", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 2);
    lgt_free(&run);
    setenv("LEAKGATE_BUDGET", "live=much", 1);
    COMPLAINT("LEAKGATE_BUDGET: live=much is no limit", "run", lgt_program("all_clean"));
    setenv("LEAKGATE_BUDGET", "", 1); /* as CI leaves a variable that was not given */
    lgt_gate(&run, "", "all_clean");
    CU_ASSERT_EQUAL(run.status, 0);
    lgt_free(&run);
    unsetenv("LEAKGATE_BUDGET");
    unsetenv("LEAKGATE_QUIET");
}

static void test_filter_selects_by_suite_and_test(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--filter only_leaks/clean_*", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='verdict'][@value='passed']"), 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//skipped"), 3);
    lgt_free(&run);
}

static void test_shards_are_a_partition(void)
{
    double runs = 0;
    for (int shard = 1; shard <= 3; shard++) {
        struct lgt_result run;
        char options[32];
        snprintf(options, sizeof(options), "--shard %d/3", shard);
        lgt_gate(&run, options, "all_clean");
        CU_ASSERT_EQUAL(run.status, 0);
        int passed = lgt_count(&run, "//property[@name='verdict'][@value='passed']");
        CU_ASSERT_TRUE(passed == 1 || passed == 2);
        runs += passed;
        lgt_free(&run);
    }
    CU_ASSERT_EQUAL(runs, 5);
}

static void test_list_runs_nothing_and_prints_only_the_tests(void)
{
    struct lgt_result run;
    const char *program = lgt_program("only_leaks");
    lgt_command(&run, NULL, (const char *const[]){LGT_LEAKGATE, "run", "--list", program, NULL});
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(strncmp(run.out, "only_leaks/leak_1_byte  ", 24), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "only_leaks.c:"));
    CU_ASSERT_PTR_NULL(strstr(run.out, "Run Summary"));
    lgt_free(&run);
    lgt_command(&run, NULL,
                (const char *const[]){LGT_LEAKGATE, "run", "--list", "--json", program, NULL});
    CU_ASSERT_EQUAL(run.out[0], '[');
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\"name\": \"leak_1_byte\", \"filter\": "
                                           "\"only_leaks/leak_1_byte\", \"active\": true"));
    lgt_free(&run);
    lgt_command(
        &run, NULL,
        (const char *const[]){LGT_LEAKGATE, "run", "--list", lgt_program("not_cunit"), NULL});
    CU_ASSERT_EQUAL(run.status, 4);
    lgt_free(&run);
}

static void test_help_and_version(void)
{
    struct lgt_result run;
    lgt_command(&run, NULL, (const char *const[]){LGT_LEAKGATE, "--version", NULL});
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(strncmp(run.out, "leakgate ", 9), 0);
    lgt_free(&run);
    const char *const forms[][4] = {{LGT_LEAKGATE, "--help"}, {LGT_LEAKGATE, "run", "--help"}};
    for (size_t i = 0; i < 2; i++) {
        lgt_command(&run, NULL, forms[i]);
        CU_ASSERT_EQUAL(run.status, 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "--budget SPEC"));
        lgt_free(&run);
    }
}

static void test_maps_shows_a_live_process_by_class(void)
{
    struct lgt_result run;
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    lgt_command(&run, NULL, (const char *const[]){LGT_LEAKGATE, "maps", pid, NULL});
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "[stack]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "leakgate_behaviour"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\ntotal "));
    lgt_free(&run);
    lgt_command(&run, NULL, (const char *const[]){LGT_LEAKGATE, "maps", "--json", pid, NULL});
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\"class\": \"heap\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\"total_bytes\": "));
    lgt_free(&run);
}

static void test_doctor_sees_every_leak_it_plants(void)
{
    struct lgt_result run;
    lgt_command(&run, NULL, (const char *const[]){LGT_LEAKGATE, "doctor", NULL});
    unsigned seen = 0;
    for (const char *at = run.out; (at = strstr(at, "seen: +")) != NULL; at++)
        seen++;
    /* A sanitizer in the runner's own executable takes heap and mmap away. */
    CU_ASSERT_EQUAL(seen, LGT_SANITIZED ? 4 : 6);
    CU_ASSERT_EQUAL(run.status, LGT_SANITIZED ? 4 : 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "nothing seen"));
    lgt_free(&run);
    COMPLAINT("doctor: it takes no arguments", "doctor", "now");
    if (LGT_SANITIZED)
        return; /* two allocators of its own are too many for the runner */
    setenv("LD_PRELOAD", "libjemalloc.so.2", 1);
    lgt_command(&run, NULL, (const char *const[]){LGT_LEAKGATE, "doctor", NULL});
    unsetenv("LD_PRELOAD");
    CU_ASSERT_EQUAL(run.status, 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "not measured"));
    lgt_free(&run);
}

static void test_an_interrupted_run_reports_what_is_done(void)
{
    struct lgt_result run;
    struct lgt_result files;
    lgt_command(&files, NULL, (const char *const[]){"true", NULL});
    char report[128];
    snprintf(report, sizeof(report), "%s/report.xml", files.folder);
    const char *const argv[] = {
        "sh",
        "-c",
        "\"$0\" run --junit \"$2\" -- \"$1\" & sleep 0.5; kill -TERM $!; wait $!",
        LGT_LEAKGATE,
        lgt_program("crashes"),
        report,
        NULL};
    lgt_command(&run, NULL, argv);
    CU_ASSERT_EQUAL(run.status, 1); /* there were crashes before */
    lgt_free(&run);
    lgt_command(&run, NULL,
                (const char *const[]){"xmllint", "--xpath",
                                      "count(//error[contains(@message,'SIGTERM')]) > 0 and "
                                      "count(//testcase[@name='segfaults']/error) = 1",
                                      report, NULL});
    CU_ASSERT_EQUAL(strncmp(run.out, "true", 4), 0);
    lgt_free(&run);
    lgt_free(&files);
}

/* The debugger stops in the test's own process, at the test. */
static void test_a_test_is_debugged(void)
{
    struct lgt_result run;
    const char *const gdb[] = {"gdb", "-batch", "-ex", "run", "--args", "true", NULL};
    lgt_command(&run, NULL, gdb);
    bool works = strstr(run.out, "exited normally") != NULL;
    lgt_free(&run);
    if (!works) {
        fprintf(stderr, "skipped: there is no gdb that can run anything here\n");
        return;
    }
    lgt_command(&run, "bt 1\nkill\nquit\n",
                (const char *const[]){LGT_LEAKGATE, "run", "--debug", "only_leaks/leak_100_bytes",
                                      lgt_program("only_leaks"), NULL});
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "hit Breakpoint 1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "#0  leak_100_bytes () at "));
    lgt_free(&run);
    lgt_command(&run, NULL,
                (const char *const[]){LGT_LEAKGATE, "run", "--debug", "no/such_test",
                                      lgt_program("only_leaks"), NULL});
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "--debug: there is no test 'no/such_test'"));
    lgt_free(&run);
}

int add_cli_suite(void)
{
    CU_TestInfo tests[] = {
        {"bad_options_get_one_line_and_exit_3", test_bad_options_get_one_line_and_exit_3},
        {"bad_programs_get_one_line_and_exit_3", test_bad_programs_get_one_line_and_exit_3},
        {"unwritable_reports_are_told_before_the_run",
         test_unwritable_reports_are_told_before_the_run},
        {"a_filter_without_a_match_is_an_error", test_a_filter_without_a_match_is_an_error},
        {"environment_twins_give_way_to_options", test_environment_twins_give_way_to_options},
        {"filter_selects_by_suite_and_test", test_filter_selects_by_suite_and_test},
        {"shards_are_a_partition", test_shards_are_a_partition},
        {"a_test_is_debugged", test_a_test_is_debugged},
        {"list_runs_nothing_and_prints_only_the_tests",
         test_list_runs_nothing_and_prints_only_the_tests},
        {"help_and_version", test_help_and_version},
        {"maps_shows_a_live_process_by_class", test_maps_shows_a_live_process_by_class},
        {"doctor_sees_every_leak_it_plants", test_doctor_sees_every_leak_it_plants},
        {"an_interrupted_run_reports_what_is_done", test_an_interrupted_run_reports_what_is_done},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"cli", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
