#include "agent/job.h"

#include "agent/agent.h"
#include "agent/census.h"
#include "agent/host.h"
#include "agent/hot.h"
#include "agent/limits.h"
#include "agent/offsets.h"
#include "agent/oom.h"
#include "agent/output.h"
#include "agent/place.h"
#include "agent/silence.h"
#include "agent/timeout.h"
#include "agent/wishes.h"
#include "common/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long a process takes to die that has much memory. */
#define OTHERS_DIE_NS 200000000

/* What is told apart from the slip, which may be lost: the job that this process runs. */
static struct {
    uint32_t slot;
    const struct lg_record *record;
    struct lg_body body;
    uint64_t timeout_ms; /* of a run, when the child was started */
} job LG_HOT;

static LG_HOT uint32_t held; /* children of the host's own */

/* The host's own child, whatever the program does with those it starts itself: ignored, its
 * status would be lost, and a handler might wait for it first. */
static const struct sigaction reaped_here = {.sa_handler = SIG_DFL};
static LG_HOT struct sigaction of_user; /* meanwhile */

static struct lg_slip *slip_of(uint32_t slot)
{
    return lg_slip_of(lg_agent.slips, slot);
}

void lg_job_hold_children(void)
{
    if (held++ == 0)
        sigaction(SIGCHLD, &reaped_here, &of_user);
}

void lg_job_release_children(void)
{
    if (--held == 0)
        sigaction(SIGCHLD, &of_user, NULL);
}

/* Its start and limits, for the runner to watch. */
static void announce(struct lg_child_slot *slot)
{
    struct lg_record *record = &slip_of(job.slot)->record;
    job.timeout_ms = lg_timeout_of(record);
    slot->child_pid = 0;
    slot->started_ns = lg_clock_ns();
    slot->limit_ms = lg_timeout_of_child(record, job.body.prepare_runs);
    slot->children++;
    record->run_started_ns = 0;
    record->more_ms = 0;
    /* What the child prints is the test's from its first byte on. */
    uint32_t running = (uint32_t)(job.record - lg_agent.ledger.records) + 1;
    __atomic_store_n(&slot->running, running, __ATOMIC_RELEASE);
}

/* A test may ask to be traced by its parent, which is this process: it stops then at every signal,
 * and goes on once it is left alone. */
static void leave_alone(pid_t pid, int signal_number)
{
    long passed_on = signal_number == SIGSTOP ? 0 : signal_number;
    ptrace(PTRACE_DETACH, pid, NULL, passed_on); // NOLINT(performance-no-int-to-ptr)
}

/* A keeper also reaps what tests have disowned, as init would. The status is unknown where the
 * program has its children reaped by the kernel. */
static int reap(pid_t child, struct rusage *usage)
{
    int status = 0;
    pid_t pid;
    do {
        pid = wait4(lg_agent.is_keeper ? -1 : child, &status, 0, usage);
        if (pid == child && WIFSTOPPED(status))
            leave_alone(pid, WSTOPSIG(status));
    } while ((pid < 0 && errno == EINTR) || (pid > 0 && (pid != child || WIFSTOPPED(status))));
    return pid > 0 ? status : 0;
}

/* What is known of it without its help. */
static enum lg_ending how_it_ended(int wait_status)
{
    const struct lg_child_slot *slot = &lg_agent.host->slots[job.slot];
    if (__atomic_load_n(&slot->timed_out, __ATOMIC_ACQUIRE) == slot->children)
        return LG_ENDING_TIMED_OUT;
    return WIFSIGNALED(wait_status) ? LG_ENDING_SIGNALED : LG_ENDING_EXITED;
}

/* A test can grow beyond what there is; the kernel then kills the largest process. That is the
 * test's own: it has all that the host has, and what it has taken. Of some 300 kills in a cgroup of
 * 64 MiB, with one test at a time and with two, each hit a test, so that none needs a system call
 * more to raise its oom_score_adj. Of several that were killed at once, the largest has to be known
 * first: its memory takes a moment to be freed. What is killed during that moment is none of what
 * was counted before it. */
static enum lg_oom who_killed_it(int wait_status, const struct rusage *usage)
{
    struct lg_host *host = lg_agent.host;
    if (!WIFSIGNALED(wait_status) || WTERMSIG(wait_status) != SIGKILL ||
        how_it_ended(wait_status) == LG_ENDING_TIMED_OUT)
        return LG_OOM_NONE;
    struct lg_oom_count now = lg_oom_read("/proc", "/sys/fs/cgroup");
    lg_oom_wait(host, job.slot, (uint64_t)usage->ru_maxrss * 1024, &now);
    if (lg_agent.ledger.slots > 1 && lg_oom_compare(&host->oom, &now) != LG_OOM_NONE)
        nanosleep(&(struct timespec){.tv_nsec = OTHERS_DIE_NS}, NULL);
    return lg_oom_tell(host, lg_agent.ledger.slots, job.slot);
}

/* It has written over what it was to report: all that is left is how it ended. */
static void start_over(int wait_status)
{
    struct lg_record fresh = lg_ledger_identity(job.record);
    fresh.state = LG_RECORD_RUNNING;
    fresh.ending = how_it_ended(wait_status);
    if (fresh.ending == LG_ENDING_EXITED && WEXITSTATUS(wait_status) == 0)
        fresh.ending = LG_ENDING_OVERWRITTEN;
    fresh.run_limit_ms = job.timeout_ms;
    fresh.phase = LG_PHASE_BODY;
    lg_slip_begin(slip_of(job.slot), &fresh);
}

/* Starts RUN in a child and waits until that has gone, and all that it started with it. Returns
 * false if it has written over its slip. */
static bool run_child(void (*run)(struct lg_record *record, struct lg_body body))
{
    struct lg_child_slot *slot = &lg_agent.host->slots[job.slot];
    struct lg_slip *slip = slip_of(job.slot);
    struct rusage usage = {0};
    lg_flush();
    lg_host_sample();
    lg_place_pin();
    lg_job_hold_children();
    announce(slot);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0); /* it was killed before that */
        sigaction(SIGCHLD, &of_user, NULL);
        lg_place_enter_child();
        lg_host_enter_child(job.slot);
        run(lg_agent.record, job.body);
    }
    if (pid < 0) {
        slip->record.error = errno;
        slip->record.ending = LG_ENDING_NO_FORK;
        __atomic_store_n(&slot->running, 0, __ATOMIC_RELEASE);
        lg_job_release_children();
        return true;
    }
    slot->child_pid = pid;
    int wait_status = reap(pid, &usage);
    bool whole = lg_slip_is_whole(slip);
    if (slip->differs != 0)
        lg_host_has_changed();
    if (!whole)
        start_over(wait_status);
    slip->record.wait_status = wait_status;
    slip->record.oom = who_killed_it(wait_status, &usage);
    slip->record.peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
    lg_output_drain(job.slot);
    __atomic_store_n(&slot->running, 0, __ATOMIC_RELEASE);
    lg_job_release_children();
    lg_offsets_restore();
    /* A child that died has not ended what it started. */
    if (slip->record.ending != LG_ENDING_FINISHED || slip->record.had_children != 0)
        lg_census_end_orphans();
    return whole;
}

/* Once the first run is complete and another has begun, the test has its result: what happens in a
 * repeated one says only that it can't be repeated. */
static void settle(struct lg_record *record)
{
    if (record->ending != LG_ENDING_NONE)
        return;
    enum lg_ending ending = how_it_ended(record->wait_status);
    if (record->runs == 0 || record->repeats == 0) {
        record->ending = ending;
        return;
    }
    record->ending = LG_ENDING_FINISHED;
    record->repeat = ending == LG_ENDING_TIMED_OUT  ? LG_REPEAT_TIMED_OUT
                     : ending == LG_ENDING_SIGNALED ? LG_REPEAT_CRASHED
                                                    : LG_REPEAT_EXITED;
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

/* Once more in a fresh child, for what a single run loses, or where a leak is; all else of the
 * result stays. */
static void run_again(void (*run)(struct lg_record *record, struct lg_body body))
{
    struct lg_record *record = &slip_of(job.slot)->record;
    struct lg_record result = *record;
    record->repeat = LG_REPEAT_FINE;
    record->ending = LG_ENDING_NONE;
    record->runs = 0;
    if (run_child(run)) {
        result.first_growth = record->first_growth;
        result.lost_known = record->lost_known;
        result.lost_heap_bytes = record->lost_heap_bytes;
        result.lost_mapping_bytes = record->lost_mapping_bytes;
        result.tracing = record->tracing;
        result.trace = record->trace;
    } else { /* the attic is gone with it */
        result.failures = result.crash = result.steps = result.evidence = result.trace = 0;
        result.wishes.reason = 0;
    }
    *record = result;
}

void lg_job_run(uint32_t slot, const struct lg_record *record, struct lg_body body)
{
    struct lg_slip *slip = slip_of(slot);
    struct lg_record fresh = lg_ledger_identity(record);
    fresh.state = LG_RECORD_RUNNING;
    job.slot = slot;
    job.record = record;
    job.body = body;
    lg_slip_begin(slip, &fresh);
    struct lg_ledger attic = lg_slip_ledger(slip, &lg_agent.ledger);
    slip->record.measured = lg_agent.host->measured;
    lg_wishes_begin_test(&slip->record, &attic);
    lg_limits_choose(&slip->record);
    run_child(lg_child_run);
    settle(&slip->record);
    bool single = slip->record.repeat != LG_REPEAT_FINE && !is_judged_whole(&slip->record);
    if (single && lg_agent.host->allocator == LG_ALLOCATOR_GLIBC)
        run_again(lg_child_run_single);
    else if (is_to_be_traced(&slip->record))
        run_again(lg_child_run_traced);
    slip->record.state = LG_RECORD_ENDED;
}

const struct lg_record *lg_job_result(uint32_t slot)
{
    return &slip_of(slot)->record;
}

void lg_job_keep(uint32_t slot, struct lg_record *record)
{
    lg_slip_keep(slip_of(slot), &lg_agent.ledger, record);
}
