/* The watch over what runs: what it ends, what it leaves alone, what it takes over. */
#include "common/clock.h"
#include "runner/watch.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct play {
    struct lg_ledger ledger;
    int fd;
    struct lg_slip *slips;
    struct lg_record *record;
    struct lg_child_slot *slot; /* it runs in the first one */
    struct lg_watch watch;
};

/* A host of two jobs, with one test that runs in a child that nobody has heard of. */
static void start(struct play *play)
{
    memset(play, 0, sizeof(*play));
    CU_ASSERT_EQUAL_FATAL(lg_ledger_create(2, &play->ledger, &play->fd), 0);
    CU_ASSERT_EQUAL_FATAL(lg_slip_map(play->fd, &play->ledger, 0, &play->slips), 0);
    play->ledger.header->hosts_used = 1;
    play->record = lg_ledger_add_record(&play->ledger);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play->record);
    play->record->state = LG_RECORD_RUNNING;
    play->record->name = lg_ledger_add_text(&play->ledger, "hits");
    lg_slip_begin(play->slips, play->record);
    play->slot = &play->ledger.header->hosts[0].slots[0];
    play->slot->running = 1;
    play->slot->children = 3;
    play->watch.ledger = &play->ledger;
    play->watch.ledger_fd = play->fd;
}

static void finish(struct play *play)
{
    lg_watch_close(&play->watch);
    lg_slip_unmap(play->slips, &play->ledger);
    lg_ledger_close(&play->ledger);
    close(play->fd);
}

/* A process that does nothing, and ignores SIGABRT if that is to be STUBBORN. */
static pid_t idle_child(bool stubborn)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, stubborn ? SIG_IGN : SIG_DFL);
        for (;;)
            pause();
    }
    return pid;
}

/* The signal that PID has died of, or 0 while it lives. */
static int death_of(pid_t pid)
{
    int status = 0;
    return waitpid(pid, &status, WNOHANG) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The same, of one that must have been killed. */
static int wait_for_death(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    wait_for_death(pid);
}

static uint64_t ago_ns(uint64_t ms)
{
    return lg_clock_ns() - ms * 1000000;
}

static void test_only_what_is_there_runs(void)
{
    struct play play;
    start(&play);
    CU_ASSERT_EQUAL(lg_watch_running(&play.ledger, 0, 0), 1);
    CU_ASSERT_EQUAL(lg_watch_running(&play.ledger, 0, 1), 0);
    CU_ASSERT_EQUAL(lg_watch_running(&play.ledger, 0, play.ledger.slots), 0);
    CU_ASSERT_EQUAL(lg_watch_running(&play.ledger, 1, 0), 0);
    CU_ASSERT_EQUAL(lg_watch_running(&play.ledger, UINT32_MAX, 0), 0);
    play.slot->running = 2;
    CU_ASSERT_EQUAL(lg_watch_running(&play.ledger, 0, 0), 0);
    play.slot->running = UINT32_MAX;
    CU_ASSERT_EQUAL(lg_watch_running(&play.ledger, 0, 0), 0);
    finish(&play);
}

static void test_a_test_within_its_limits_is_left_alone(void)
{
    struct play play;
    start(&play);
    pid_t pid = play.slot->child_pid = idle_child(false);
    play.slot->started_ns = ago_ns(5000);
    play.slot->limit_ms = 60000;
    play.slips->record.run_started_ns = ago_ns(5000);
    play.slips->record.run_limit_ms = 60000;
    lg_watch_enforce(&play.watch);
    play.slot->limit_ms = 0;
    play.slips->record.run_limit_ms = 0;
    lg_watch_enforce(&play.watch);
    /* No run is on: it is between two. */
    play.slips->record.run_limit_ms = 1;
    play.slips->record.run_started_ns = 0;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 0);
    CU_ASSERT_EQUAL(death_of(pid), 0);
    end(pid);
    finish(&play);
}

static void test_a_run_beyond_its_limit_is_killed(void)
{
    struct play play;
    start(&play);
    pid_t pid = play.slot->child_pid = idle_child(false);
    play.slips->record.run_started_ns = ago_ns(1000);
    play.slips->record.run_limit_ms = 999;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 3);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGKILL);
    finish(&play);
}

/* A child that says that it has all the time in the world has only what the host allows it. */
static void test_a_child_beyond_its_hosts_limit_is_killed_whatever_it_says(void)
{
    struct play play;
    start(&play);
    pid_t pid = play.slot->child_pid = idle_child(false);
    play.slot->started_ns = ago_ns(1000);
    play.slot->limit_ms = 999;
    memset(play.slips, 0xff, LG_SLIP_BYTES);
    play.slips->record.tells_where = 0;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 3);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGKILL);
    finish(&play);
}

/* A test may ask for more time than its host knew of when it started it. */
static void test_a_child_that_asks_for_more_time_has_that_as_well(void)
{
    struct play play;
    start(&play);
    pid_t pid = play.slot->child_pid = idle_child(false);
    play.slot->started_ns = ago_ns(3000);
    play.slot->limit_ms = 1000;
    play.slips->record.more_ms = 59000;
    lg_watch_enforce(&play.watch);
    play.slips->record.more_ms = LG_RECORD_WITHOUT_END;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 0);
    CU_ASSERT_EQUAL(death_of(pid), 0);
    play.slips->record.more_ms = 1999;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 3);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGKILL);
    finish(&play);
}

static void test_a_slip_that_is_not_whole_asks_for_nothing(void)
{
    struct play play;
    start(&play);
    pid_t pid = play.slot->child_pid = idle_child(false);
    play.slot->started_ns = ago_ns(3000);
    play.slot->limit_ms = 1000;
    play.slips->record.more_ms = LG_RECORD_WITHOUT_END;
    play.slips->back++;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 3);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGKILL);
    finish(&play);
}

static void test_a_test_that_can_tell_where_it_stands_is_asked_to(void)
{
    struct play play;
    start(&play);
    pid_t pid = play.slot->child_pid = idle_child(false);
    play.slips->record.tells_where = 1;
    play.slips->record.run_started_ns = ago_ns(1000);
    play.slips->record.run_limit_ms = 1;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 3);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGABRT);
    finish(&play);
}

static void test_a_test_that_does_not_answer_is_killed(void)
{
    struct play play;
    start(&play);
    pid_t pid = play.slot->child_pid = idle_child(true);
    usleep(20000); /* until it ignores the signal */
    play.slips->record.tells_where = 1;
    play.slips->record.run_started_ns = ago_ns(1000);
    play.slips->record.run_limit_ms = 1;
    lg_watch_enforce(&play.watch);
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(death_of(pid), 0);
    play.watch.asked[0][0].asked_ns = ago_ns(1000);
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGKILL);
    finish(&play);
}

/* The next child of the slot is another one. */
static void test_the_next_child_is_asked_anew(void)
{
    struct play play;
    start(&play);
    play.watch.asked[0][0].child = 2;
    play.watch.asked[0][0].asked_ns = ago_ns(5000);
    pid_t pid = play.slot->child_pid = idle_child(false);
    play.slips->record.run_started_ns = ago_ns(10);
    play.slips->record.run_limit_ms = 60000;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 0);
    CU_ASSERT_EQUAL(death_of(pid), 0);
    end(pid);
    finish(&play);
}

static void test_a_child_that_is_not_known_yet_is_not_ended(void)
{
    struct play play;
    start(&play);
    play.slot->started_ns = ago_ns(1000);
    play.slot->limit_ms = 1;
    lg_watch_enforce(&play.watch);
    lg_watch_kill(&play.watch);
    CU_ASSERT_EQUAL(play.slot->timed_out, 0);
    finish(&play);
}

static void test_each_slot_is_watched(void)
{
    struct play play;
    start(&play);
    struct lg_child_slot *last = &play.ledger.header->hosts[0].slots[play.ledger.slots - 1];
    *last = *play.slot;
    play.slot->running = 0;
    pid_t first = play.slot->child_pid = idle_child(false);
    pid_t pid = last->child_pid = idle_child(false);
    last->started_ns = play.slot->started_ns = ago_ns(1000);
    last->limit_ms = play.slot->limit_ms = 1;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(last->timed_out, 3);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGKILL);
    CU_ASSERT_EQUAL(death_of(first), 0);
    end(first);
    finish(&play);
}

static void test_all_that_runs_is_killed_in_the_end(void)
{
    struct play play;
    start(&play);
    struct lg_child_slot *other = &play.ledger.header->hosts[0].slots[1];
    *other = *play.slot;
    pid_t pids[] = {idle_child(false), idle_child(false)};
    play.slot->child_pid = pids[0];
    other->child_pid = pids[1];
    lg_watch_kill(&play.watch);
    CU_ASSERT_EQUAL(wait_for_death(pids[0]), SIGKILL);
    CU_ASSERT_EQUAL(wait_for_death(pids[1]), SIGKILL);
    CU_ASSERT_EQUAL(play.slot->timed_out, 0);
    finish(&play);
}

static void test_a_suites_function_beyond_the_limit_ends_its_host(void)
{
    struct play play;
    start(&play);
    struct lg_host *host = &play.ledger.header->hosts[0];
    play.slot->running = 0;
    pid_t pid = host->pid = idle_child(false);
    host->phase_started_ns = ago_ns(1000);
    play.watch.suite_limit_ms = 999;
    lg_watch_enforce(&play.watch); /* it is in none */
    host->suite_phase = LG_SUITE_CLEANUP;
    play.watch.suite_limit_ms = 0;
    lg_watch_enforce(&play.watch);
    play.watch.suite_limit_ms = 60000;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(host->phase_timed_out, 0);
    CU_ASSERT_EQUAL(death_of(pid), 0);
    play.watch.suite_limit_ms = 999;
    lg_watch_enforce(&play.watch);
    CU_ASSERT_EQUAL(host->phase_timed_out, 1);
    CU_ASSERT_EQUAL(wait_for_death(pid), SIGKILL);
    finish(&play);
}

/* The host has died: what its tests had said so far is not lost. */
static void test_what_a_running_test_has_said_is_taken_over(void)
{
    struct play play;
    start(&play);
    play.slips->record.asserts = 5;
    play.slips->record.state = LG_RECORD_ENDED;
    lg_watch_keep(&play.watch);
    CU_ASSERT_EQUAL(play.record->asserts, 5);
    CU_ASSERT_EQUAL(play.record->state, LG_RECORD_RUNNING);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&play.ledger, play.record->name), "hits");
    finish(&play);
}

static void test_nothing_is_taken_over_that_is_not_whole_or_has_its_result(void)
{
    struct play play;
    start(&play);
    play.slips->record.asserts = 5;
    play.slips->back++;
    lg_watch_keep(&play.watch);
    CU_ASSERT_EQUAL(play.record->asserts, 0);
    play.slips->back--;
    play.record->state = LG_RECORD_ENDED;
    lg_watch_keep(&play.watch);
    CU_ASSERT_EQUAL(play.record->asserts, 0);
    CU_ASSERT_EQUAL(play.record->state, LG_RECORD_ENDED);
    play.record->state = LG_RECORD_RUNNING;
    play.slot->running = 0;
    lg_watch_keep(&play.watch);
    CU_ASSERT_EQUAL(play.record->asserts, 0);
    play.slot->running = 77;
    lg_watch_keep(&play.watch);
    CU_ASSERT_EQUAL(play.record->asserts, 0);
    finish(&play);
}

int add_watch_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_only_what_is_there_runs),
        UNIT_TEST(test_a_test_within_its_limits_is_left_alone),
        UNIT_TEST(test_a_run_beyond_its_limit_is_killed),
        UNIT_TEST(test_a_child_beyond_its_hosts_limit_is_killed_whatever_it_says),
        UNIT_TEST(test_a_child_that_asks_for_more_time_has_that_as_well),
        UNIT_TEST(test_a_slip_that_is_not_whole_asks_for_nothing),
        UNIT_TEST(test_a_test_that_can_tell_where_it_stands_is_asked_to),
        UNIT_TEST(test_a_test_that_does_not_answer_is_killed),
        UNIT_TEST(test_the_next_child_is_asked_anew),
        UNIT_TEST(test_a_child_that_is_not_known_yet_is_not_ended),
        UNIT_TEST(test_each_slot_is_watched),
        UNIT_TEST(test_all_that_runs_is_killed_in_the_end),
        UNIT_TEST(test_a_suites_function_beyond_the_limit_ends_its_host),
        UNIT_TEST(test_what_a_running_test_has_said_is_taken_over),
        UNIT_TEST(test_nothing_is_taken_over_that_is_not_whole_or_has_its_result),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("watch", tests);
}
