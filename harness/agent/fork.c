#include "agent/agent.h"
#include "agent/census.h"
#include "agent/limits.h"
#include "agent/offsets.h"
#include "agent/output.h"
#include "agent/silence.h"
#include "agent/wishes.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The status is unknown where the program has its children reaped by the kernel. */
static void reap(struct lg_record *record, pid_t pid)
{
    struct rusage usage;
    int status = 0;
    pid_t reaped;
    do
        reaped = wait4(pid, &status, 0, &usage);
    while (reaped < 0 && errno == EINTR);
    if (reaped != pid)
        return;
    record->wait_status = status;
    record->peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

static enum lg_ending how_it_died(const struct lg_record *record)
{
    if (__atomic_load_n(&record->timed_out, __ATOMIC_ACQUIRE) != 0)
        return LG_ENDING_TIMED_OUT;
    return WIFSIGNALED(record->wait_status) ? LG_ENDING_SIGNALED : LG_ENDING_EXITED;
}

/* Once the first run is complete, the test has its result: what happens in a
 * repeated one says only that it can't be repeated. */
static void settle(struct lg_record *record)
{
    if (record->ending == LG_ENDING_NONE) {
        enum lg_ending ending = how_it_died(record);
        if (record->runs == 0) {
            record->ending = ending;
        } else {
            record->ending = LG_ENDING_FINISHED;
            record->repeat = ending == LG_ENDING_TIMED_OUT  ? LG_REPEAT_TIMED_OUT
                             : ending == LG_ENDING_SIGNALED ? LG_REPEAT_CRASHED
                                                            : LG_REPEAT_EXITED;
        }
    }
    __atomic_store_n(&record->state, LG_RECORD_ENDED, __ATOMIC_RELEASE);
}

/* The host's own child, whatever the program does with those it starts itself: ignored, its
 * status would be lost, and a handler might wait for it first. */
static const struct sigaction reaped_here = {.sa_handler = SIG_DFL};

/* Starts RUN in a child and waits until that has gone, and all that it started with it. */
static void fork_and_wait(struct lg_record *record, struct lg_body body,
                          void (*run)(struct lg_record *record, struct lg_body body))
{
    struct lg_host *host = lg_agent.host;
    struct sigaction user;
    uint32_t running = (uint32_t)(record - lg_agent.ledger.records) + 1;
    lg_flush();
    sigaction(SIGCHLD, &reaped_here, &user);
    /* What the child prints is the test's from its first byte on. */
    record->child_pid = 0;
    __atomic_store_n(&record->run_started_ns, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&host->running, running, __ATOMIC_RELEASE);
    pid_t pid = fork();
    if (pid == 0) {
        sigaction(SIGCHLD, &user, NULL);
        run(record, body);
    }
    if (pid < 0) {
        sigaction(SIGCHLD, &user, NULL);
        record->error = errno;
        record->ending = LG_ENDING_NO_FORK;
        __atomic_store_n(&host->running, 0, __ATOMIC_RELEASE);
        return;
    }
    record->child_pid = pid;
    reap(record, pid);
    lg_output_drain();
    __atomic_store_n(&host->running, 0, __ATOMIC_RELEASE);
    sigaction(SIGCHLD, &user, NULL);
    lg_offsets_restore();
    /* A child that died has not ended what it started. */
    if (record->ending == LG_ENDING_NONE || record->had_children != 0)
        lg_census_end_orphans();
}

/* Once more in a fresh child, for what a single run loses, or where a leak is; all else of
 * RECORD stays. */
static void fork_again(struct lg_record *record, struct lg_body body,
                       void (*run)(struct lg_record *record, struct lg_body body))
{
    struct lg_record result = *record;
    record->repeat = LG_REPEAT_FINE;
    record->ending = LG_ENDING_NONE;
    record->timed_out = 0;
    record->runs = 0;
    fork_and_wait(record, body, run);
    result.lost_known = record->lost_known;
    result.lost_heap_bytes = record->lost_heap_bytes;
    result.lost_mapping_bytes = record->lost_mapping_bytes;
    result.tracing = record->tracing;
    result.trace = record->trace;
    *record = result;
}

/* A test that marks a part of itself tells what is to be measured even of a single run. */
static bool is_judged_whole(const struct lg_record *record)
{
    return record->repeat != LG_REPEAT_FINE && (record->wishes.flags & LG_WISH_MARKS) != 0;
}

static bool is_over(const struct lg_record *record)
{
    struct lg_gauges limits = lg_limits_of(record);
    if (is_judged_whole(record))
        return lg_gauges_over(&record->first_growth, 1, record->measured, &limits) != 0;
    return record->repeat == LG_REPEAT_FINE && record->judged_runs > 0 &&
           lg_gauges_over(&record->growth, record->judged_runs, record->leaking, &limits) != 0;
}

static bool is_to_be_traced(const struct lg_record *record)
{
    enum lg_allocator_kind allocator = (enum lg_allocator_kind)lg_agent.host->allocator;
    return lg_agent.ledger.header->orders.trace != 0 && record->ending == LG_ENDING_FINISHED &&
           record->asserts_failed == 0 && (record->wishes.flags & LG_WISH_UNMEASURED) == 0 &&
           is_over(record) && (allocator == LG_ALLOCATOR_GLIBC || allocator == LG_ALLOCATOR_OTHER);
}

void lg_fork_test(struct lg_record *record, struct lg_body body)
{
    struct lg_host *host = lg_agent.host;
    record->measured = host->measured;
    lg_wishes_begin_test(record);
    lg_limits_choose(record);
    __atomic_store_n(&record->state, LG_RECORD_RUNNING, __ATOMIC_RELEASE);
    fork_and_wait(record, body, lg_child_run);
    settle(record);
    bool single = record->repeat != LG_REPEAT_FINE && !is_judged_whole(record);
    if (single && host->allocator == LG_ALLOCATOR_GLIBC)
        fork_again(record, body, lg_child_run_single);
    else if (is_to_be_traced(record))
        fork_again(record, body, lg_child_run_traced);
}
