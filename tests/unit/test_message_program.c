/* What is said of the program beyond its tests. */
#include "runner/inspect.h"
#include "runner/message.h"
#include "synthetic.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "leakgate/(program)"

static void start(struct synthetic *run, enum lg_host_state state, int wait_status)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    synthetic_add_host(run, "cache_tests")->state = state;
    run->outcome.wait_status = wait_status;
}

/* Reads RUN, whose row about the program must say this, and ends it. */
static void check(struct synthetic *run, enum lg_verdict_kind kind, const char *message)
{
    synthetic_read(run);
    const struct lg_row *row = synthetic_row(run, PROGRAM);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->verdict.kind, kind);
    CU_ASSERT_STRING_EQUAL(row->message, message);
    CU_ASSERT_EQUAL(run->results.counts[kind], 1);
    synthetic_fini(run);
}

static void check_silent(struct synthetic *run)
{
    synthetic_read(run);
    CU_ASSERT_PTR_NULL(synthetic_row(run, PROGRAM));
    synthetic_fini(run);
}

static void test_a_program_that_did_well_has_no_row(void)
{
    struct synthetic run;
    start(&run, LG_HOST_IDLE, EXITED_WITH(0));
    synthetic_add_test(&run, "cache", "hits");
    check_silent(&run);
}

static void test_an_exit_status_that_a_failure_explains_has_no_row(void)
{
    struct synthetic run;
    start(&run, LG_HOST_IDLE, EXITED_WITH(1));
    synthetic_add_failure(&run, synthetic_add_test(&run, "cache", "hits"), "a.c", 1, "x");
    check_silent(&run);
    start(&run, LG_HOST_IDLE, EXITED_WITH(1));
    synthetic_add_test(&run, "cache", "hits")->ending = LG_ENDING_TIMED_OUT;
    check_silent(&run);
}

static void test_an_exit_status_that_no_test_explains_fails(void)
{
    struct synthetic run;
    start(&run, LG_HOST_IDLE, EXITED_WITH(3));
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_leak(&run, "cache", "evicts");
    check(&run, LG_VERDICT_FAILED, "the program exited with status 3, though no test failed");
}

static void test_a_program_that_died_crashed(void)
{
    struct synthetic run;
    start(&run, LG_HOST_IDLE, DIED_OF(SIGSEGV));
    check(&run, LG_VERDICT_CRASHED, "the program died of SIGSEGV (Segmentation fault)");
    start(&run, LG_HOST_IDLE, DIED_OF(SIGKILL));
    run.outcome.oom = LG_OOM_CGROUP;
    check(&run, LG_VERDICT_CRASHED, "the program died of SIGKILL (Killed): by the OOM killer");
}

static void test_a_program_that_died_in_a_suites_function_says_which(void)
{
    struct synthetic run;
    start(&run, LG_HOST_RUNNING, DIED_OF(SIGABRT));
    run.ledger.header->hosts[0].suite_phase = LG_SUITE_INIT;
    run.ledger.header->hosts[0].suite = lg_ledger_add_text(&run.ledger, "odd\n\x1b[1mcache");
    check(&run, LG_VERDICT_CRASHED,
          "the program died of SIGABRT (Aborted) in the initialization of suite odd cache");
    start(&run, LG_HOST_RUNNING, EXITED_WITH(0));
    run.ledger.header->hosts[0].suite_phase = LG_SUITE_CLEANUP;
    run.ledger.header->hosts[0].suite = lg_ledger_add_text(&run.ledger, "cache");
    check(&run, LG_VERDICT_EXITED_EARLY,
          "the program ended in the middle of its tests in the cleanup of suite cache");
}

/* The runner has killed the program for it: that is no crash of its own. */
static void test_a_suites_function_that_hangs_timed_out(void)
{
    struct synthetic run;
    start(&run, LG_HOST_RUNNING, DIED_OF(SIGKILL));
    struct lg_host *host = &run.ledger.header->hosts[0];
    run.options.timeout_ms = 1500;
    host->phase_timed_out = 1;
    host->suite_phase = LG_SUITE_INIT;
    host->suite = lg_ledger_add_text(&run.ledger, "odd\n\x1b[1mcache");
    check(&run, LG_VERDICT_TIMED_OUT,
          "timed out after 1.5 s in the initialization of suite odd cache");
    start(&run, LG_HOST_RUNNING, DIED_OF(SIGKILL));
    host = &run.ledger.header->hosts[0];
    host->phase_timed_out = 1;
    host->suite_phase = LG_SUITE_CLEANUP;
    host->suite = lg_ledger_add_text(&run.ledger, "cache");
    check(&run, LG_VERDICT_TIMED_OUT, "timed out after 60 s in the cleanup of suite cache");
}

/* One that main has forked is not the last: the program's own end says nothing of it. */
static void test_a_suites_function_that_hangs_is_told_of_each_program(void)
{
    struct synthetic run;
    start(&run, LG_HOST_RUNNING, EXITED_WITH(0));
    struct lg_host *host = &run.ledger.header->hosts[0];
    host->phase_timed_out = 1;
    host->suite_phase = LG_SUITE_CLEANUP;
    host->suite = lg_ledger_add_text(&run.ledger, "cache");
    synthetic_add_host(&run, "other_tests");
    check(&run, LG_VERDICT_TIMED_OUT, "timed out after 60 s in the cleanup of suite cache");
}

static void test_a_program_that_left_its_tests_exited_early(void)
{
    struct synthetic run;
    start(&run, LG_HOST_RUNNING, EXITED_WITH(0));
    synthetic_add_test(&run, "cache", "hits");
    check(&run, LG_VERDICT_EXITED_EARLY, "the program ended in the middle of its tests");
}

static void test_a_program_that_never_ran_its_tests_is_broken(void)
{
    struct synthetic run;
    start(&run, LG_HOST_ATTACHED, EXITED_WITH(2));
    check(&run, LG_VERDICT_BROKEN,
          "nothing was measured: the program exited with status 2 without running its CUnit "
          "tests");
}

static void test_a_program_without_cunit_is_broken(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    check(&run, LG_VERDICT_BROKEN,
          "nothing was measured: the program exited with status 0; it ran no program with CUnit "
          "in it");
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    run.outcome.wait_status = DIED_OF(SIGKILL);
    check(&run, LG_VERDICT_CRASHED, "the program died of SIGKILL (Killed)");
}

static void test_the_programs_file_tells_why_nothing_was_measured(void)
{
    struct synthetic run;
    char message[512];
    static char program[] = "/proc/self/exe";
    const char *reason = lg_inspect_program(program);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reason);
    snprintf(message, sizeof(message), "nothing was measured: the program exited with status 0; %s",
             reason);
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    run.words[1] = program;
    check(&run, LG_VERDICT_BROKEN, message);
}

static void test_an_interruption_is_told_before_all_else(void)
{
    struct synthetic run;
    start(&run, LG_HOST_RUNNING, DIED_OF(SIGKILL));
    run.outcome.interrupted = SIGTERM;
    check(&run, LG_VERDICT_BROKEN, "interrupted by SIGTERM (Terminated)");
}

static void test_tests_beyond_the_room_are_told(void)
{
    struct synthetic run;
    start(&run, LG_HOST_IDLE, EXITED_WITH(0));
    run.ledger.header->records_lost = 7;
    check(&run, LG_VERDICT_BROKEN, "7 tests are beyond the 262144 that can be reported");
}

/* The agent leaves a program alone that finds no room: its tests ran, and were not measured. */
static void test_programs_beyond_the_room_are_told(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    for (int i = 0; i < LG_LEDGER_MAX_HOSTS; i++)
        synthetic_add_host(&run, "cache_tests");
    run.ledger.header->hosts_used++;
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_BROKEN], 1);
    synthetic_fini(&run);
}

static void test_only_the_last_program_stands_for_the_exit_status(void)
{
    struct synthetic run;
    start(&run, LG_HOST_IDLE, EXITED_WITH(3));
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_host(&run, "other_tests");
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.programs[0].count, 1);
    CU_ASSERT_EQUAL(run.results.programs[1].count, 1);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_FAILED], 1);
    synthetic_fini(&run);
}

static void test_each_program_that_ran_no_tests_is_told(void)
{
    struct synthetic run;
    start(&run, LG_HOST_ATTACHED, EXITED_WITH(0));
    synthetic_add_host(&run, "other_tests");
    check(&run, LG_VERDICT_BROKEN,
          "nothing was measured: the program exited with status 0 without running its CUnit "
          "tests");
}

static void test_the_kind_can_be_asked_for_without_the_text(void)
{
    struct synthetic run;
    enum lg_verdict_kind kind = LG_VERDICT_PASSED;
    start(&run, LG_HOST_RUNNING, EXITED_WITH(0));
    synthetic_read(&run);
    CU_ASSERT_TRUE(lg_message_of_program(&run.results, &run.ledger.header->hosts[0], &kind, NULL));
    CU_ASSERT_EQUAL(kind, LG_VERDICT_EXITED_EARLY);
    synthetic_fini(&run);
}

static void test_a_row_about_the_program_has_no_details(void)
{
    struct synthetic run;
    struct lg_text text = {0};
    start(&run, LG_HOST_RUNNING, EXITED_WITH(0));
    synthetic_read(&run);
    const struct lg_row *row = synthetic_row(&run, PROGRAM);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    lg_message_add_details(&run.results, row, &text);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "");
    CU_ASSERT_STRING_EQUAL(lg_message_type(row), "test.exit");
    lg_text_free(&text);
    synthetic_fini(&run);
}

int add_message_program_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_program_that_did_well_has_no_row),
        UNIT_TEST(test_an_exit_status_that_a_failure_explains_has_no_row),
        UNIT_TEST(test_an_exit_status_that_no_test_explains_fails),
        UNIT_TEST(test_a_program_that_died_crashed),
        UNIT_TEST(test_a_program_that_died_in_a_suites_function_says_which),
        UNIT_TEST(test_a_suites_function_that_hangs_timed_out),
        UNIT_TEST(test_a_suites_function_that_hangs_is_told_of_each_program),
        UNIT_TEST(test_a_program_that_left_its_tests_exited_early),
        UNIT_TEST(test_a_program_that_never_ran_its_tests_is_broken),
        UNIT_TEST(test_a_program_without_cunit_is_broken),
        UNIT_TEST(test_the_programs_file_tells_why_nothing_was_measured),
        UNIT_TEST(test_an_interruption_is_told_before_all_else),
        UNIT_TEST(test_tests_beyond_the_room_are_told),
        UNIT_TEST(test_programs_beyond_the_room_are_told),
        UNIT_TEST(test_only_the_last_program_stands_for_the_exit_status),
        UNIT_TEST(test_each_program_that_ran_no_tests_is_told),
        UNIT_TEST(test_the_kind_can_be_asked_for_without_the_text),
        UNIT_TEST(test_a_row_about_the_program_has_no_details),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("message program", tests);
}
