#include "agent/keepers.h"

#include "agent/census.h"
#include "agent/host.h"
#include "agent/job.h"
#include "agent/oom.h"
#include "agent/output.h"
#include "agent/place.h"
#include "agent/silence.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUEUE 256

/* The host sleeps until so many tests more are over, or for so long: to wake up takes as much time
 * as a short test. */
#define BATCH 16
#define BATCH_NS 5000000

/* How often keepers are looked at for one that a test has stopped or killed. */
#define LOOK_NS 200000000

/* Present when the agent itself is built for coverage: _exit would lose the counters of the keeper,
 * and those it has from the host are not its own. */
extern void __gcov_dump(void) __attribute__((weak));
extern void __gcov_reset(void) __attribute__((weak));

/* Whose an entry is: a single word, so that none is lost whenever a keeper is killed. */
enum { FREE, WAITS, OF_SLOT_0 };

struct entry {
    uint32_t owner;
    uint32_t record; /* index */
    struct lg_body body;
    char context[LG_KEEPERS_CONTEXT_BYTES];
};

/* Numbers of tests, ever. */
struct queue {
    uint32_t published; /* a futex: keepers wait for more */
    uint32_t taken;     /* of all before it, none waits */
    uint32_t finished;  /* a futex: the host waits for more */
    uint32_t wanted;    /* the host is to be told when so many are finished; 0: it does not wait */
    uint32_t is_closing;
    struct entry entries[QUEUE];
};

static struct queue *queue;
static pid_t keepers[LG_ORDERS_MAX_JOBS]; /* by slot; 0: there is none */
static uint32_t keeper_count;
static int base = -1; /* the processor that the first is on */

static void wait_for_change(const uint32_t *word, uint32_t value, long timeout_ns)
{
    const struct timespec timeout = {.tv_nsec = timeout_ns};
    syscall(SYS_futex, word, FUTEX_WAIT, value, timeout_ns > 0 ? &timeout : NULL, NULL, 0);
}

static void tell_of_change(const uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* In the ledger, which keepers see, and no test. */
static bool make_queue(void)
{
    lg_attic unused;
    if (queue == NULL)
        queue = lg_ledger_allocate(&lg_agent.ledger, sizeof(*queue), &unused);
    return queue != NULL;
}

/* Makes ENTRY SLOT's, if it waits. */
static bool claim(struct entry *entry, uint32_t slot)
{
    uint32_t waits = WAITS;
    return __atomic_compare_exchange_n(&entry->owner, &waits, OF_SLOT_0 + slot, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* The next test, in the keeper; NULL if there will be no more. */
static struct entry *take(uint32_t slot)
{
    for (;;) {
        uint32_t published = __atomic_load_n(&queue->published, __ATOMIC_ACQUIRE);
        uint32_t taken = __atomic_load_n(&queue->taken, __ATOMIC_ACQUIRE);
        for (uint32_t at = taken; at != published; at++) {
            if (!claim(&queue->entries[at % QUEUE], slot))
                continue;
            /* It goes on from there, unless another has gone further meanwhile. */
            __atomic_compare_exchange_n(&queue->taken, &taken, at + 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED);
            return &queue->entries[at % QUEUE];
        }
        if (__atomic_load_n(&queue->is_closing, __ATOMIC_ACQUIRE) != 0)
            return NULL;
        wait_for_change(&queue->published, published, 0);
    }
}

static void finish(struct entry *entry, uint32_t slot)
{
    lg_job_keep(slot, &lg_agent.ledger.records[entry->record]);
    __atomic_store_n(&entry->owner, FREE, __ATOMIC_RELEASE);
    uint32_t finished = __atomic_add_fetch(&queue->finished, 1, __ATOMIC_ACQ_REL);
    uint32_t wanted = __atomic_load_n(&queue->wanted, __ATOMIC_ACQUIRE);
    if (wanted != 0 && (int32_t)(finished - wanted) >= 0)
        tell_of_change(&queue->finished);
}

/* In the keeper, until HOST has nothing more to ask. */
static _Noreturn void serve(uint32_t slot, pid_t host)
{
    struct entry *entry;
    if (__gcov_reset != NULL)
        __gcov_reset();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != host)
        _exit(0); /* it was killed before that */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    lg_host_enter_keeper(slot);
    lg_place_spread(base, slot);
    while ((entry = take(slot)) != NULL) {
        struct lg_record *record = &lg_agent.ledger.records[entry->record];
        char context[LG_KEEPERS_CONTEXT_BYTES]; /* its children don't see the queue */
        memcpy(context, entry->context, sizeof(context));
        struct lg_body body = entry->body;
        body.context = context;
        __atomic_store_n(&record->state, LG_RECORD_RUNNING, __ATOMIC_RELEASE);
        lg_job_run(slot, record, body);
        finish(entry, slot);
    }
    if (__gcov_dump != NULL)
        __gcov_dump();
    /* The runner's from here on, it would seem to be a child of the next test that the host runs,
     * until it is waited for. */
    while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
        continue;
    _exit(0);
}

static bool start(uint32_t slot)
{
    lg_flush();
    lg_host_sample();
    lg_place_free();
    if (keeper_count == 0)
        base = lg_place_here();
    lg_job_hold_children();
    lg_host_show_to_forks(true);
    pid_t host = getpid();
    pid_t pid = fork();
    if (pid == 0)
        serve(slot, host);
    lg_host_show_to_forks(false);
    if (pid < 0) {
        lg_job_release_children();
        return false;
    }
    keepers[slot] = pid;
    keeper_count++;
    return true;
}

/* It has ended, or ends now. */
static void stop(uint32_t slot)
{
    while (waitpid(keepers[slot], NULL, 0) < 0 && errno == EINTR)
        continue;
    lg_output_drain(slot);
    __atomic_store_n(&lg_agent.host->slots[slot].running, 0, __ATOMIC_RELEASE);
    keepers[slot] = 0;
    keeper_count--;
    lg_job_release_children();
}

static uint32_t pending(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; queue != NULL && i < QUEUE; i++)
        count += __atomic_load_n(&queue->entries[i].owner, __ATOMIC_ACQUIRE) != FREE;
    return count;
}

bool lg_keepers_have_room(void)
{
    return make_queue() && __atomic_load_n(&queue->entries[queue->published % QUEUE].owner,
                                           __ATOMIC_ACQUIRE) == FREE;
}

/* No more keepers than there is work for. Returns whether there is any. */
static bool start_for_work(void)
{
    uint32_t most = lg_agent.ledger.slots - 1;
    for (uint32_t slot = 0; keeper_count < most && keeper_count <= pending() && slot < most;
         slot++) {
        if (keepers[slot] == 0) {
            start(slot);
            break;
        }
    }
    return keeper_count > 0;
}

bool lg_keepers_begin(struct lg_record *record, struct lg_body body, size_t context_bytes)
{
    if (!lg_keepers_have_room() || context_bytes > LG_KEEPERS_CONTEXT_BYTES)
        return false;
    if (!start_for_work())
        return false;
    struct entry *entry = &queue->entries[queue->published % QUEUE];
    entry->record = (uint32_t)(record - lg_agent.ledger.records);
    entry->body = body;
    memcpy(entry->context, body.context, context_bytes);
    __atomic_store_n(&record->state, LG_RECORD_QUEUED, __ATOMIC_RELEASE);
    __atomic_store_n(&entry->owner, WAITS, __ATOMIC_RELEASE);
    __atomic_add_fetch(&queue->published, 1, __ATOMIC_RELEASE);
    tell_of_change(&queue->published);
    return true;
}

/* The test has killed its keeper, or whoever else did: nobody knows how it ended. Another one goes
 * on with what is in the queue. */
static void replace(uint32_t slot)
{
    stop(slot);
    lg_census_end_orphans();
    for (uint32_t i = 0; i < QUEUE; i++) {
        struct entry *entry = &queue->entries[i];
        struct lg_record *record = &lg_agent.ledger.records[entry->record];
        if (__atomic_load_n(&entry->owner, __ATOMIC_ACQUIRE) != OF_SLOT_0 + slot)
            continue;
        if (record->state != LG_RECORD_ENDED) {
            struct lg_oom_count now = lg_oom_read("/proc", "/sys/fs/cgroup");
            lg_oom_wait(lg_agent.host, slot, 0, &now);
            record->ending = LG_ENDING_UNWATCHED;
            record->oom = lg_oom_tell(lg_agent.host, lg_agent.ledger.slots, slot);
            record->state = LG_RECORD_ENDED;
        }
        __atomic_store_n(&entry->owner, FREE, __ATOMIC_RELEASE);
        __atomic_add_fetch(&queue->finished, 1, __ATOMIC_ACQ_REL);
    }
    start(slot);
}

/* A test may stop its parent, which nobody else would let go on, or kill it. */
static void look_after(void)
{
    for (uint32_t slot = 0; slot < lg_agent.ledger.slots - 1; slot++) {
        siginfo_t info = {0};
        if (keepers[slot] == 0 ||
            waitid(P_PID, (id_t)keepers[slot], &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) !=
                0 ||
            info.si_pid == 0)
            continue;
        if (info.si_code == CLD_STOPPED) {
            waitid(P_PID, (id_t)keepers[slot], &info, WSTOPPED | WNOHANG);
            kill(keepers[slot], SIGCONT);
        } else {
            replace(slot);
        }
    }
}

static void look_after_now_and_then(void)
{
    static uint64_t last_ns;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    if (now_ns - last_ns < LOOK_NS)
        return;
    last_ns = now_ns;
    look_after();
    if (keeper_count == 0 && pending() > 0)
        lg_keepers_cancel(); /* no other could be had: the host goes on alone */
}

bool lg_keepers_have(const struct lg_record *record)
{
    uint32_t state = __atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
    return state == LG_RECORD_QUEUED || state == LG_RECORD_RUNNING;
}

void lg_keepers_wait(const struct lg_record *record)
{
    uint32_t finished = __atomic_load_n(&queue->finished, __ATOMIC_ACQUIRE);
    uint32_t left = queue->published - finished;
    uint32_t batch = left < 2 * BATCH ? 1 : BATCH;
    __atomic_store_n(&queue->wanted, finished + batch == 0 ? 1 : finished + batch,
                     __ATOMIC_SEQ_CST);
    if (lg_keepers_have(record))
        wait_for_change(&queue->finished, finished, BATCH_NS);
    __atomic_store_n(&queue->wanted, 0, __ATOMIC_RELEASE);
    look_after_now_and_then();
}

static void end_all(void)
{
    __atomic_store_n(&queue->is_closing, 1, __ATOMIC_RELEASE);
    /* One that has just found it open, and is about to wait, has to see a change. */
    __atomic_add_fetch(&queue->published, 1, __ATOMIC_RELEASE);
    tell_of_change(&queue->published);
    for (uint32_t slot = 0; slot < lg_agent.ledger.slots - 1; slot++) {
        if (keepers[slot] != 0)
            stop(slot);
    }
    memset(queue, 0, sizeof(*queue));
}

void lg_keepers_withdraw(void)
{
    for (uint32_t i = 0; queue != NULL && i < QUEUE; i++) {
        struct entry *entry = &queue->entries[i];
        uint32_t waits = WAITS;
        if (!__atomic_compare_exchange_n(&entry->owner, &waits, FREE, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            continue;
        lg_agent.ledger.records[entry->record].state = LG_RECORD_REGISTERED;
        __atomic_add_fetch(&queue->finished, 1, __ATOMIC_ACQ_REL);
    }
}

void lg_keepers_close(void)
{
    if (keeper_count == 0)
        return;
    while (pending() > 0 && keeper_count > 0) {
        wait_for_change(&queue->finished, queue->finished, BATCH_NS);
        look_after_now_and_then();
    }
    end_all();
}

void lg_keepers_cancel(void)
{
    if (queue == NULL)
        return;
    for (uint32_t slot = 0; slot < lg_agent.ledger.slots - 1; slot++) {
        if (keepers[slot] == 0)
            continue;
        kill(keepers[slot], SIGKILL);
        stop(slot);
    }
    for (uint32_t i = 0; i < QUEUE; i++) {
        struct lg_record *record = &lg_agent.ledger.records[queue->entries[i].record];
        if (queue->entries[i].owner != FREE && lg_keepers_have(record))
            lg_ledger_discard(record);
    }
    end_all();
    lg_census_end_orphans();
}

void lg_keepers_forget(void)
{
    memset(keepers, 0, sizeof(keepers));
    keeper_count = 0;
    queue = NULL;
}
