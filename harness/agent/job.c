#include "agent/job.h"

#include "agent/agent.h"
#include "agent/census.h"
#include "agent/host.h"
#include "agent/limits.h"
#include "agent/offsets.h"
#include "agent/output.h"
#include "agent/silence.h"
#include "agent/wishes.h"
#include "common/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a child takes at the most, in time limits of a test: the first run, those that judge it, and
 * the last ones of the batches; and beyond that. */
#define MAX_LIMITS 8
#define BEYOND_LIMITS_MS 10000

#define POLL_NS 200000

static struct lg_job jobs[LG_ORDERS_MAX_JOBS];
static uint32_t running; /* of them have a child */

/* The host's own child, whatever the program does with those it starts itself: ignored, its
 * status would be lost, and a handler might wait for it first. */
static const struct sigaction reaped_here = {.sa_handler = SIG_DFL};
static struct sigaction of_user; /* while a child runs */

static struct lg_child_slot *slot_of(const struct lg_job *job)
{
    return &lg_agent.host->slots[job->slot];
}

/* Several tests at a time: each child sees the slip of its own alone. */
static bool is_parallel(void)
{
    return lg_agent.ledger.jobs > 1;
}

static void hold_children(void)
{
    if (running++ == 0)
        sigaction(SIGCHLD, &reaped_here, &of_user);
}

static void release_children(void)
{
    if (--running == 0)
        sigaction(SIGCHLD, &of_user, NULL);
}

/* Its start and limits, for the runner to watch. */
static void announce(struct lg_job *job)
{
    struct lg_child_slot *slot = slot_of(job);
    uint64_t timeout_ms = lg_agent.ledger.header->orders.timeout_ms;
    slot->child_pid = 0;
    slot->started_ns = lg_clock_ns();
    slot->limit_ms =
        timeout_ms == 0 ? 0 : (job->body.prepare_runs + MAX_LIMITS) * timeout_ms + BEYOND_LIMITS_MS;
    slot->children++;
    job->slip->record.run_started_ns = 0;
    /* What the child prints is the test's from its first byte on. */
    __atomic_store_n(&slot->running, (uint32_t)(job->record - lg_agent.ledger.records) + 1,
                     __ATOMIC_RELEASE);
}

static void end_of_job(struct lg_job *job);

static void run_in_child(struct lg_job *job,
                         void (*run)(struct lg_record *record, struct lg_body body))
{
    sigaction(SIGCHLD, &of_user, NULL);
    lg_agent.slot = job->slot;
    lg_host_enter_child(&job->slip->record);
    run(&job->slip->record, job->body);
}

static void start_child(struct lg_job *job,
                        void (*run)(struct lg_record *record, struct lg_body body))
{
    lg_flush();
    hold_children();
    announce(job);
    if (is_parallel())
        madvise(job->slip, LG_SLIP_BYTES, MADV_DOFORK);
    pid_t pid = fork();
    if (pid == 0)
        run_in_child(job, run);
    int error = errno;
    if (is_parallel())
        madvise(job->slip, LG_SLIP_BYTES, MADV_DONTFORK);
    if (pid > 0) {
        job->pid = pid;
        slot_of(job)->child_pid = pid;
        return;
    }
    release_children();
    __atomic_store_n(&slot_of(job)->running, 0, __ATOMIC_RELEASE);
    job->slip->record.error = error;
    job->slip->record.ending = LG_ENDING_NO_FORK;
    end_of_job(job);
}

/* What is known of it without its help. */
static enum lg_ending how_it_ended(const struct lg_job *job, int wait_status)
{
    const struct lg_child_slot *slot = slot_of(job);
    if (__atomic_load_n(&slot->timed_out, __ATOMIC_ACQUIRE) == slot->children)
        return LG_ENDING_TIMED_OUT;
    return WIFSIGNALED(wait_status) ? LG_ENDING_SIGNALED : LG_ENDING_EXITED;
}

/* The test, and nothing of what it has done. */
static struct lg_record identity_of(const struct lg_record *record)
{
    return (struct lg_record){
        .state = LG_RECORD_RUNNING,
        .kind = record->kind,
        .host = record->host,
        .pass = record->pass,
        .suite = record->suite,
        .name = record->name,
        .function_address = record->function_address,
    };
}

/* It has written over what it was to report: all that is left is how it ended. */
static void start_over(struct lg_job *job, int wait_status)
{
    struct lg_record fresh = identity_of(job->record);
    lg_slip_begin(job->slip, &fresh);
    struct lg_record *record = &job->slip->record;
    record->ending = how_it_ended(job, wait_status);
    if (record->ending == LG_ENDING_EXITED && WEXITSTATUS(wait_status) == 0)
        record->ending = LG_ENDING_OVERWRITTEN;
    record->run_limit_ms = lg_agent.ledger.header->orders.timeout_ms;
    record->phase = LG_PHASE_BODY;
}

/* Once the first run is complete and another has begun, the test has its result: what happens in a
 * repeated one says only that it can't be repeated. */
static void settle(struct lg_job *job)
{
    struct lg_record *record = &job->slip->record;
    if (record->ending != LG_ENDING_NONE)
        return;
    enum lg_ending ending = how_it_ended(job, record->wait_status);
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

/* Once more in a fresh child, for what a single run loses, or where a leak is; all else stays. */
static void run_again(struct lg_job *job,
                      void (*run)(struct lg_record *record, struct lg_body body))
{
    struct lg_record *record = &job->slip->record;
    job->again = true;
    job->result = *record;
    record->repeat = LG_REPEAT_FINE;
    record->ending = LG_ENDING_NONE;
    record->runs = 0;
    start_child(job, run);
}

static void go_on(struct lg_job *job)
{
    const struct lg_record *record = &job->slip->record;
    bool single = record->repeat != LG_REPEAT_FINE && !is_judged_whole(record);
    if (single && lg_agent.host->allocator == LG_ALLOCATOR_GLIBC)
        run_again(job, lg_child_run_single);
    else if (is_to_be_traced(record))
        run_again(job, lg_child_run_traced);
    else
        end_of_job(job);
}

/* What the child of RESULT was made once more for. */
static void add_findings(struct lg_job *job, bool whole)
{
    const struct lg_record *found = &job->slip->record;
    struct lg_record result = job->result;
    if (whole) {
        result.lost_known = found->lost_known;
        result.lost_heap_bytes = found->lost_heap_bytes;
        result.lost_mapping_bytes = found->lost_mapping_bytes;
        result.tracing = found->tracing;
        result.trace = found->trace;
    } else { /* the attic is gone with it */
        result.failures = result.crash = result.steps = result.evidence = result.trace = 0;
        result.wishes.reason = 0;
    }
    job->slip->record = result;
}

static void end_of_job(struct lg_job *job)
{
    job->slip->record.state = LG_RECORD_ENDED;
    job->over = true;
    if (job->keeps)
        lg_job_keep(job);
}

static void end_of_child(struct lg_job *job, int wait_status, const struct rusage *usage)
{
    struct lg_record *record = &job->slip->record;
    bool whole = lg_slip_is_whole(job->slip);
    job->pid = 0;
    if (!whole)
        start_over(job, wait_status);
    record->wait_status = wait_status;
    record->peak_rss_bytes = (uint64_t)usage->ru_maxrss * 1024;
    lg_output_drain(job->slot);
    __atomic_store_n(&slot_of(job)->running, 0, __ATOMIC_RELEASE);
    release_children();
    lg_offsets_restore();
    /* A child that died has not ended what it started. */
    if (record->ending != LG_ENDING_FINISHED || record->had_children != 0)
        lg_census_end_orphans();
    if (!job->again) {
        settle(job);
        go_on(job);
        return;
    }
    add_findings(job, whole);
    end_of_job(job);
}

/* A test may ask to be traced by its parent, which is this process: it stops then at every signal,
 * and goes on once it is left alone. */
static void leave_alone(pid_t pid, int signal_number)
{
    long passed_on = signal_number == SIGSTOP ? 0 : signal_number;
    ptrace(PTRACE_DETACH, pid, NULL, passed_on); // NOLINT(performance-no-int-to-ptr)
}

/* Waits for the child of JOB, or, with WNOHANG, looks. Returns whether it has gone. */
static bool reap(struct lg_job *job, int options)
{
    struct rusage usage = {0};
    int status = 0;
    pid_t pid;
    do {
        pid = wait4(job->pid, &status, options, &usage);
        if (pid > 0 && WIFSTOPPED(status))
            leave_alone(pid, WSTOPSIG(status));
    } while ((pid < 0 && errno == EINTR) || (pid > 0 && WIFSTOPPED(status)));
    if (pid == 0)
        return false;
    /* The status is unknown where the program has its children reaped by the kernel. */
    end_of_child(job, status, &usage);
    return true;
}

static bool reap_any(void)
{
    bool any = false;
    for (uint32_t i = 0; i < lg_agent.ledger.jobs; i++)
        any |= jobs[i].pid > 0 && reap(&jobs[i], WNOHANG);
    return any;
}

/* Until a child has gone, be it one of the program's own: then ours are looked at in turn. */
static void wait_for_any(void)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    siginfo_t info;
    while (!reap_any()) {
        info.si_pid = 0;
        waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
        bool ours = false;
        for (uint32_t i = 0; i < lg_agent.ledger.jobs; i++)
            ours |= jobs[i].pid > 0 && jobs[i].pid == info.si_pid;
        if (!ours)
            nanosleep(&pause, NULL);
    }
}

void lg_jobs_wait(void)
{
    if (running == 0)
        return;
    if (running > 1) {
        wait_for_any();
        return;
    }
    for (uint32_t i = 0; i < lg_agent.ledger.jobs; i++) {
        if (jobs[i].pid > 0) {
            reap(&jobs[i], 0);
            return;
        }
    }
}

static struct lg_job *find_free(void)
{
    for (uint32_t i = 0; i < lg_agent.ledger.jobs; i++) {
        if (jobs[i].record == NULL)
            return &jobs[i];
    }
    return NULL;
}

bool lg_job_is_free(void)
{
    return find_free() != NULL;
}

struct lg_job *lg_job_take(struct lg_record *record)
{
    struct lg_job *job;
    while ((job = find_free()) == NULL)
        lg_jobs_wait();
    uint32_t slot = (uint32_t)(job - jobs);
    *job =
        (struct lg_job){.slot = slot, .slip = lg_slip_of(lg_agent.slips, slot), .record = record};
    return job;
}

static void start(struct lg_job *job, struct lg_body body)
{
    struct lg_record *record = job->record;
    struct lg_record fresh = identity_of(record);
    job->body = body;
    job->state = record->state;
    __atomic_store_n(&record->state, LG_RECORD_RUNNING, __ATOMIC_RELEASE);
    lg_slip_begin(job->slip, &fresh);
    struct lg_ledger slip = lg_slip_ledger(job->slip, &lg_agent.ledger);
    job->slip->record.measured = lg_agent.host->measured;
    lg_wishes_begin_test(&job->slip->record, &slip);
    lg_limits_choose(&job->slip->record);
    start_child(job, lg_child_run);
}

void lg_job_start(struct lg_job *job, struct lg_body body)
{
    job->keeps = true;
    start(job, body);
}

void lg_job_try(struct lg_job *job, struct lg_body body)
{
    start(job, body);
    while (!job->over)
        lg_jobs_wait();
}

void lg_job_keep(struct lg_job *job)
{
    lg_slip_keep(job->slip, &lg_agent.ledger, job->record);
    job->record = NULL;
}

void lg_job_drop(struct lg_job *job)
{
    job->record->state = job->state;
    job->record = NULL;
}

void lg_job_cancel(struct lg_record *record)
{
    for (uint32_t i = 0; i < lg_agent.ledger.jobs; i++) {
        struct lg_job *job = &jobs[i];
        if (job->record != record)
            continue;
        job->keeps = false;
        while (!job->over) {
            if (job->pid > 0)
                kill(job->pid, SIGKILL);
            lg_jobs_wait();
        }
        record->state = LG_RECORD_REGISTERED;
        job->record = NULL;
    }
}
