#include "command.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_suite_properties_hold_pins_and_memory(void)
{
    static const char *const names[] = {
        "pin.M_MMAP_THRESHOLD_bytes",
        "pin.M_ARENA_MAX_count",
        "pin.glibc.malloc.tcache_count",
        "host.MemTotal_bytes",
        "host.MemAvailable_bytes",
        "host.MemFree_bytes",
        "host.Buffers_bytes",
        "host.Cached_bytes",
        "host.Shmem_bytes",
        "host.min_free_kbytes",
        "host.cgroup_memory_limit_bytes",
    };
    struct lgt_result run;
    lgt_gate(&run, "", "all_clean");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char xpath[256];
        snprintf(xpath, sizeof(xpath), "//testsuite/properties/property[@name='%s'][@value!='']",
                 names[i]);
        CU_ASSERT_EQUAL(lgt_count(&run, xpath), 1);
    }
    CU_ASSERT_EQUAL(lgt_count(&run, "//testsuite/properties/property[@value='not in force']"), 0);
    CU_ASSERT_TRUE(lgt_number(&run, "number(//property[@name='host.MemTotal_bytes']/@value)") >
                   1e6);
    lgt_free(&run);
}

static void test_cases_carry_place_growth_and_runs(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "only_leaks");
    CU_ASSERT_TRUE(lgt_is(&run, "string(//testsuite/@name)", "only_leaks"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[contains(@file,'only_leaks.c')][@line>1]"), 5);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@classname='only_leaks'][@time>=0]"), 5);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase//property[@name='peak_rss_bytes'][@value>65536]"),
                    5);
    /* What has not grown is not told of, test by test. */
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')]//property"
                                    "[contains(@name, 'growth')]"),
                    0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase//property[@name='growth_per_run.mmap_bytes']"), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase//property[@name='first_run_growth.live_bytes']"),
                    2);
    CU_ASSERT_TRUE(lgt_is(&run,
                          "string(//testcase[@name='leak_1_byte']//property[@name='function']"
                          "/@value)",
                          "leak_1_byte"));
    lgt_free(&run);
}

static void test_leak_text_opens_with_its_message_and_shows_the_growth(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "only_leaks");
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[starts-with(., concat(@message,'\n'))]"), 3);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(.,'gauge') and contains(.,'before') and "
                                    "contains(.,'after')]"),
                    3);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_mmap_64_kib']/failure[contains(., "
                                    "'mappings that grew') and contains(., 'anon')]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(.,'runs 33-64:')]"), 3);
    lgt_free(&run);
}

static void test_odd_names_and_output_leave_xml_that_parses(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "names");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_PTR_NOT_NULL(run.report);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase"), 21);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='']|//testcase[@classname='']"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='twice [2]']"), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='größe']"), 1);
    lgt_free(&run);
}

static void test_totals_are_those_of_the_cases(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1", "crashes");
    CU_ASSERT_EQUAL(lgt_number(&run, "number(/testsuites/@tests)"), 11);
    CU_ASSERT_EQUAL(lgt_number(&run, "number(/testsuites/testsuite/@errors)"), 5);
    CU_ASSERT_EQUAL(lgt_number(&run, "number(/testsuites/testsuite/@failures)"), 0);
    lgt_free(&run);
}

static void test_a_failed_write_leaves_the_old_report(void)
{
    struct lgt_result folder;
    struct lgt_result run;
    char path[128];
    lgt_command(&folder, NULL, (const char *const[]){"true", NULL});
    snprintf(path, sizeof(path), "%s/a/b/report.xml", folder.folder);
    const char *const argv[] = {
        LGT_LEAKGATE, "run", "--junit", path, "--", lgt_program("all_clean"), NULL};
    lgt_command(&run, NULL, argv); /* missing folders are made */
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(access(path, R_OK), 0);
    lgt_free(&run);
    /* A report that finds no room on the disk goes nowhere, and says so. */
    lgt_command(&run, NULL,
                (const char *const[]){"sh", "-c", "ulimit -f 1; exec \"$@\"", "sh", LGT_LEAKGATE,
                                      "run", "--junit", path, "--", lgt_program("many"), NULL});
    CU_ASSERT_NOT_EQUAL(run.status, 0);
    lgt_free(&run);
    lgt_command(&run, NULL, (const char *const[]){"xmllint", "--noout", path, NULL});
    CU_ASSERT_EQUAL(run.status, 0);
    lgt_free(&run);
    lgt_free(&folder);
}

/* The report is long: it goes on after the write that has failed, and looks for sources. */
static void test_a_failed_write_is_told_last_with_its_reason(void)
{
    static const char last[] = "\nleakgate: --junit: /dev/full could not be written: "
                               "No space left on device\n";
    struct lgt_result run;
    const char *const argv[] = {
        "sh", "-c", "\"$0\" run --junit /dev/full -- \"$1\" 2>&1", LGT_LEAKGATE, LGT_SAMPLE, NULL};
    lgt_command(&run, NULL, argv);
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "leakgate: 72 tests: 43 passed, 29 leaked"));
    size_t length = strlen(run.out);
    CU_ASSERT_FATAL(length > sizeof(last));
    CU_ASSERT_STRING_EQUAL(run.out + length - (sizeof(last) - 1), last);
    lgt_free(&run);
}

static void test_a_pipe_takes_the_report(void)
{
    struct lgt_result run;
    const char *const argv[] = {"sh",
                                "-c",
                                "\"$0\" run --quiet --junit /dev/stderr -- \"$1\"",
                                LGT_LEAKGATE,
                                lgt_program("all_clean"),
                                NULL};
    lgt_command(&run, NULL, argv);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "</testsuites>"));
    lgt_free(&run);
}

/* Runs the gate on a terminal of its own. Returns what it showed; the caller frees it. */
static char *run_on_terminal(const char *program, int *status)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    int master;
    pid_t pid = forkpty(&master, NULL, NULL, &size);
    if (pid == 0) {
        execl(LGT_LEAKGATE, LGT_LEAKGATE, "run", "--timeout", "1", "--filter", "*/hangs", "--",
              program, (char *)NULL);
        _exit(127);
    }
    char *shown = calloc(1, 1 << 16);
    size_t length = 0;
    ssize_t got;
    while (length < (1 << 16) - 1 &&
           (got = read(master, shown + length, (1 << 16) - 1 - length)) > 0)
        length += (size_t)got;
    close(master);
    waitpid(pid, status, 0);
    return shown;
}

static void test_terminal_shows_progress_and_colour(void)
{
    int status;
    char *shown = run_on_terminal(lgt_program("crashes"), &status);
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\r\x1b[Kleakgate: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, "0 of 1 crashes/hangs"));
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\x1b[31mtimed out"));
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, "Run Summary:"));
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    free(shown);
}

static void test_no_colour_and_no_progress_in_a_file(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--timeout 1", "crashes");
    CU_ASSERT_PTR_NULL(strchr(run.out, '\x1b'));
    CU_ASSERT_PTR_NULL(strchr(run.err, '\x1b'));
    lgt_free(&run);
    lgt_gate(&run, "--color always", "only_leaks");
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "\x1b[31mleaked"));
    lgt_free(&run);
}

int add_report_suite(void)
{
    CU_TestInfo tests[] = {
        {"suite_properties_hold_pins_and_memory", test_suite_properties_hold_pins_and_memory},
        {"cases_carry_place_growth_and_runs", test_cases_carry_place_growth_and_runs},
        {"leak_text_opens_with_its_message_and_shows_the_growth",
         test_leak_text_opens_with_its_message_and_shows_the_growth},
        {"odd_names_and_output_leave_xml_that_parses",
         test_odd_names_and_output_leave_xml_that_parses},
        {"totals_are_those_of_the_cases", test_totals_are_those_of_the_cases},
        {"a_failed_write_leaves_the_old_report", test_a_failed_write_leaves_the_old_report},
        {"a_failed_write_is_told_last_with_its_reason",
         test_a_failed_write_is_told_last_with_its_reason},
        {"a_pipe_takes_the_report", test_a_pipe_takes_the_report},
        {"terminal_shows_progress_and_colour", test_terminal_shows_progress_and_colour},
        {"no_colour_and_no_progress_in_a_file", test_no_colour_and_no_progress_in_a_file},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"report", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
