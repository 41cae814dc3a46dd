/* The line that a verdict says. */
#include "runner/message.h"
#include "synthetic.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The message of one record, made by MAKE, in a run of its own. */
typedef void make_record(struct synthetic *run, struct lg_record *record);

static void check(make_record *make, const char *message)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    make(&run, synthetic_add_test(&run, "cache", "hits"));
    synthetic_read(&run);
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/hits"), message);
    synthetic_fini(&run);
}

static void make_passed(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->asserts = 3;
}

static void test_a_test_that_passed_says_nothing(void)
{
    check(make_passed, "");
}

static void make_failed(struct synthetic *run, struct lg_record *record)
{
    synthetic_add_failure(run, record, "test_cache.c", 42, "cache.count == 3");
}

static void make_failed_thrice(struct synthetic *run, struct lg_record *record)
{
    make_failed(run, record);
    synthetic_add_failure(run, record, "test_cache.c", 43, "second");
    synthetic_add_failure(run, record, "test_cache.c", 44, "third");
}

static void make_failed_unseen(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->asserts_failed = 2;
}

static void test_a_failure_names_its_first_assertion(void)
{
    check(make_failed, "assertion failed: test_cache.c:42: cache.count == 3");
    check(make_failed_thrice, "assertion failed: test_cache.c:42: cache.count == 3 (and 2 more)");
    check(make_failed_unseen, "assertion failed (and 1 more)");
}

static void make_failed_oddly(struct synthetic *run, struct lg_record *record)
{
    synthetic_add_failure(run, record, "odd\x1b[31m \xff.c", 1, "a ==\n\t\"b\x01\"");
}

static void test_a_message_is_one_line_of_clean_text(void)
{
    check(make_failed_oddly, "assertion failed: odd \\xff.c:1: a == \t\"b\\x01\"");
}

static void make_failed_in_a_circle(struct synthetic *run, struct lg_record *record)
{
    make_failed(run, record);
    struct lg_failure *failure =
        (struct lg_failure *)(void *)(run->ledger.attic + record->failures);
    failure->previous = record->failures;
}

static void test_a_chain_of_failures_without_end_is_left(void)
{
    check(make_failed_in_a_circle, "assertion failed: test_cache.c:42: cache.count == 3");
}

static void make_crashed(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_SIGNALED;
    record->wait_status = DIED_OF(SIGSEGV);
    record->phase = LG_PHASE_BODY;
}

static void make_crashed_in_set_up(struct synthetic *run, struct lg_record *record)
{
    make_crashed(run, record);
    record->wait_status = DIED_OF(SIGABRT);
    record->phase = LG_PHASE_SETUP;
}

static void make_crashed_unheard(struct synthetic *run, struct lg_record *record)
{
    make_crashed(run, record);
    record->wait_status = DIED_OF(120);
    record->phase = 4711;
}

static void test_a_crash_names_its_signal_and_phase(void)
{
    check(make_crashed, "crashed: SIGSEGV (Segmentation fault) in the test");
    check(make_crashed_in_set_up, "crashed: SIGABRT (Aborted) in SetUp");
    check(make_crashed_unheard, "crashed: signal 120 in the test");
}

/* What the test has had, and of how much. */
static void check_oom(enum lg_oom oom, int signal, const struct lg_facts *facts,
                      const char *message)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    struct lg_record *record = synthetic_add_test(&run, "cache", "hits");
    record->ending = LG_ENDING_SIGNALED;
    record->wait_status = DIED_OF(signal);
    record->phase = LG_PHASE_BODY;
    record->oom = oom;
    record->peak_rss_bytes = 1000000;
    synthetic_read(&run);
    run.results.facts = *facts;
    char *said = lg_message_of(&run.results, synthetic_row(&run, "cache/hits"));
    CU_ASSERT_STRING_EQUAL(said, message);
    free(said);
    synthetic_fini(&run);
}

static void test_a_test_that_the_oom_killer_has_killed_says_so(void)
{
    struct lg_facts facts = {
        .rows = {{"MemTotal_bytes", "900000000"}, {"cgroup_memory_limit_bytes", "64000000"}},
        .count = 2};
    check_oom(LG_OOM_CGROUP, SIGKILL, &facts,
              "crashed: SIGKILL (Killed): by the OOM killer, in the test; the test has had up to "
              "1000000 B (976.6 KiB); the limit of its cgroup is 64000000 B (61.04 MiB), the "
              "machine has 900000000 B (858.3 MiB)");
    check_oom(LG_OOM_NONE, SIGKILL, &facts, "crashed: SIGKILL (Killed) in the test");
    check_oom(LG_OOM_CGROUP, SIGSEGV, &facts, "crashed: SIGSEGV (Segmentation fault) in the test");
    strcpy(facts.rows[1].value, "unlimited");
    check_oom(LG_OOM_MACHINE, SIGKILL, &facts,
              "crashed: SIGKILL (Killed): by the OOM killer, most likely: it has killed a process "
              "of this machine, in the test; the test has had up to 1000000 B (976.6 KiB); the "
              "machine has 900000000 B (858.3 MiB)");
    facts.count = 0;
    check_oom(LG_OOM_CGROUP, SIGKILL, &facts,
              "crashed: SIGKILL (Killed): by the OOM killer, in the test; the test has had up to "
              "1000000 B (976.6 KiB)");
}

static void make_timed_out(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_TIMED_OUT;
    record->run_limit_ms = 2500;
    record->phase = LG_PHASE_TEARDOWN;
}

static void test_a_timeout_names_its_limit_and_phase(void)
{
    check(make_timed_out, "timed out after 2.5 s in TearDown");
}

static void make_exited(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_EXITED;
    record->wait_status = EXITED_WITH(3);
    record->phase = LG_PHASE_SAMPLE;
}

static void test_an_early_exit_names_its_status(void)
{
    check(make_exited, "exited early: the measurement ended the process with status 3");
}

static void make_init_failed(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->kind = LG_RECORD_SUITE_INIT;
    record->wait_status = -1;
}

static void make_cleanup_failed(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->kind = LG_RECORD_SUITE_CLEANUP;
    record->wait_status = 7;
}

static void test_a_suite_function_names_what_it_returned(void)
{
    check(make_init_failed, "suite initialization failed (it returned -1): its tests were not run");
    check(make_cleanup_failed, "suite cleanup failed (it returned 7)");
}

static void make_inactive(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->state = LG_RECORD_INACTIVE;
}

static void make_filtered(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->state = LG_RECORD_FILTERED;
}

static void make_other_shard(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->state = LG_RECORD_OTHER_SHARD;
}

static void make_registered(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->state = LG_RECORD_REGISTERED;
}

static void test_a_skipped_test_says_why(void)
{
    check(make_inactive, "inactive in CUnit");
    check(make_filtered, "not selected by the filter");
    check(make_other_shard, "in another shard");
    check(make_registered, "the program did not run it");
}

static void make_not_forked(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_NO_FORK;
    record->error = EAGAIN;
}

static void make_not_sampled(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_NOT_SAMPLED;
    record->error = ENOBUFS;
}

static void make_unwatched(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_UNWATCHED;
}

static void make_overwritten(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_OVERWRITTEN;
}

static void make_not_measured(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->measured = 0;
}

static void make_running(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->state = LG_RECORD_RUNNING;
}

static void make_cut(struct synthetic *run, struct lg_record *record)
{
    record->state = LG_RECORD_REGISTERED;
    run->outcome.wait_status = DIED_OF(SIGKILL);
}

static void make_interrupted(struct synthetic *run, struct lg_record *record)
{
    record->state = LG_RECORD_REGISTERED;
    run->outcome.interrupted = SIGINT;
    run->outcome.wait_status = DIED_OF(SIGKILL);
}

static void test_a_broken_test_says_why(void)
{
    check(make_not_forked,
          "no process could be made for the test: Resource temporarily unavailable");
    check(make_not_sampled, "its mappings could not be read: No buffer space available");
    check(make_unwatched, "the program's process that ran this test was killed");
    check(make_overwritten,
          "the test has written over leakgate's memory, and with it over its own result: it writes "
          "where it may not");
    check(make_not_measured, "blind: no gauge of memory can be trusted in this process");
    check(make_running, "the program ended while this test ran");
    check(make_cut, "not run: the program ended before it");
    check(make_interrupted, "not run: interrupted by SIGINT (Interrupt)");
}

static void make_leaked(struct synthetic *run, struct lg_record *record)
{
    run->options.budget.limits.values[LG_GAUGE_LIVE] = 100;
    record->runs = 8;
    record->judged_runs = 7;
    record->leaking = BIT(HEAP) | BIT(LIVE) | BIT(MMAP);
    record->growth.values[LG_GAUGE_HEAP] = 4096;
    record->growth.values[LG_GAUGE_LIVE] = 7 * 4112;
    record->growth.values[LG_GAUGE_MMAP] = 0;
}

static void make_leaked_at_once(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->judged_runs = 1;
    record->measured |= BIT(FDS);
    record->leaking = BIT(FDS);
    record->growth.values[LG_GAUGE_FDS] = 2;
}

static void test_a_leak_names_each_gauge_over_its_budget(void)
{
    check(make_leaked,
          "leaked heap +586 B/run (budget 0 B), live +4112 B/run (budget 100 B), over 7 runs");
    check(make_leaked_at_once, "leaked fds +2/run (budget 0), judged on a single run");
}

static void make_not_repeatable(struct synthetic *run, struct lg_record *record,
                                enum lg_repeat repeat)
{
    (void)run;
    record->repeat = repeat;
    record->first_growth.values[LG_GAUGE_MMAP] = 65536;
}

static void make_fails_again(struct synthetic *run, struct lg_record *record)
{
    make_not_repeatable(run, record, LG_REPEAT_ASSERT_FAILED);
}

static void make_crashes_again(struct synthetic *run, struct lg_record *record)
{
    make_not_repeatable(run, record, LG_REPEAT_CRASHED);
}

static void make_exits_again(struct synthetic *run, struct lg_record *record)
{
    make_not_repeatable(run, record, LG_REPEAT_EXITED);
}

static void make_hangs_again(struct synthetic *run, struct lg_record *record)
{
    make_not_repeatable(run, record, LG_REPEAT_TIMED_OUT);
}

static void make_reads_on(struct synthetic *run, struct lg_record *record)
{
    make_not_repeatable(run, record, LG_REPEAT_READS_ON);
}

#define ON_FIRST_RUN                                                                               \
    "leaked mmap +65536 B/run (budget 0 B), judged on a single run: not repeatable, "

static void test_a_leak_that_is_not_repeatable_says_why(void)
{
    check(make_fails_again, ON_FIRST_RUN "an assertion failed when it was run again");
    check(make_crashes_again, ON_FIRST_RUN "it crashed when it was run again");
    check(make_exits_again, ON_FIRST_RUN "it ended the program when it was run again");
    check(make_hangs_again, ON_FIRST_RUN "it did not end when it was run again");
    check(make_reads_on, ON_FIRST_RUN "it read on in a file that was open before it");
}

static void make_hangs_without_threads(struct synthetic *run, struct lg_record *record)
{
    (void)run;
    record->ending = LG_ENDING_TIMED_OUT;
    record->run_limit_ms = 2000;
    record->phase = LG_PHASE_BODY;
    record->lacks_threads = 2;
}

static void test_a_test_that_lacks_threads_says_so(void)
{
    check(make_hangs_without_threads,
          "timed out after 2 s in the test; the program runs 2 threads more, which a forked test "
          "does not have: start what it needs in its suite's initialization");
}

int add_message_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_test_that_passed_says_nothing),
        UNIT_TEST(test_a_failure_names_its_first_assertion),
        UNIT_TEST(test_a_message_is_one_line_of_clean_text),
        UNIT_TEST(test_a_chain_of_failures_without_end_is_left),
        UNIT_TEST(test_a_crash_names_its_signal_and_phase),
        UNIT_TEST(test_a_test_that_the_oom_killer_has_killed_says_so),
        UNIT_TEST(test_a_timeout_names_its_limit_and_phase),
        UNIT_TEST(test_an_early_exit_names_its_status),
        UNIT_TEST(test_a_suite_function_names_what_it_returned),
        UNIT_TEST(test_a_skipped_test_says_why),
        UNIT_TEST(test_a_broken_test_says_why),
        UNIT_TEST(test_a_leak_names_each_gauge_over_its_budget),
        UNIT_TEST(test_a_leak_that_is_not_repeatable_says_why),
        UNIT_TEST(test_a_test_that_lacks_threads_says_so),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("message", tests);
}
