/* The traced run: from where it is armed, each call that takes memory, a descriptor, a thread
 * or a process is noted with its stack of calls, until it gives that back.
 *
 * Only the traced child arms it. What hooks do there is safe wherever malloc is: they
 * allocate nothing, use no stdio, and hold no lock but one that is spun on among threads. */
#ifndef LG_AGENT_TRACE_TRACE_H
#define LG_AGENT_TRACE_TRACE_H

#include "agent/trace/blocks.h"
#include "agent/trace/ranges.h"
#include "agent/trace/sites.h"
#include "common/ledger.h"

#include <pthread.h>
#include <stdbool.h>
#include <threads.h>

#define LG_TRACE_MAX_BLOCKS (1U << 22)
#define LG_TRACE_MAX_RANGES ((size_t)1 << 16)
#define LG_TRACE_MAX_FDS 65536
#define LG_TRACE_MAX_THREADS 4096
#define LG_TRACE_MAX_CHILDREN 4096

enum lg_traced_thread_state {
    LG_THREAD_FREE,
    LG_THREAD_STARTING,
    LG_THREAD_RUNS,
    LG_THREAD_ENDED,         /* and not joined */
    LG_THREAD_GONE,          /* ended, and detached */
    LG_THREAD_TO_BE_DETACHED /* no thread yet: the one of this name was detached before it ran */
};

struct lg_traced_thread {
    uint32_t state; /* enum lg_traced_thread_state */
    uint32_t site;
    bool detached;
    pthread_t thread;
    void *(*start)(void *); /* or NULL, and: */
    thrd_start_t c11_start;
    void *argument;
};

/* Shared with what the test forks: processes started by those count as well. */
struct lg_traced_children {
    uint32_t count;
    struct {
        int32_t pid;
        uint32_t site;
    } rows[LG_TRACE_MAX_CHILDREN];
};

struct lg_trace_state {
    int32_t pid;           /* of the traced process */
    volatile bool *active; /* in a page that is zeroed in whatever is forked; or NULL */
    uint32_t vfork_site;   /* of the newest call of vfork, which does not say what it has started */
    uint32_t lineage;      /* in a process that the test has forked: that call's site */
    int spin;
    bool paused; /* what is taken now is not of the part that the test has marked */
    struct lg_range memory;
    struct lg_blocks blocks;
    struct lg_sites sites;
    struct lg_ranges ranges;
    uint32_t *fds; /* by descriptor: its site */
    struct lg_traced_thread *threads;
    struct lg_traced_children *children;
    char *unloaded;                             /* see unloaded.h */
    int64_t released_bytes[LG_SITE_KIND_COUNT]; /* that was taken before it was armed */
    int64_t released_count[LG_SITE_KIND_COUNT];
};

extern struct lg_trace_state lg_trace;

/* Maps the tables, which no sample counts, and readies the capture of stacks, which takes
 * memory of the process. Returns 0 or -errno. */
int lg_trace_init(void);

/* Patches every module of the process: from here on, hooks note. */
void lg_trace_arm(void);

/* Growth counts from here on. */
void lg_trace_mark(void);

/* Nothing is noted any more. */
void lg_trace_disarm(void);

/* While it is paused, what is taken has no site, and what is given back is still held by its. */
void lg_trace_pause(bool paused);

/* Adds what grew since the mark, by site, to the ledger: GROWTH is what was sampled over
 * RUNS runs, after WARM_UPS others. ONLY_LOST: of memory, only what lg_trace_lose named.
 * Returns where, 0 if the ledger is full. The trace is disarmed. */
lg_attic lg_trace_keep(uint32_t warm_ups, uint32_t runs, const struct lg_gauges *growth,
                       bool only_lost);

/* After the trace is disarmed: from here on, sites hold only what lg_trace_lose names. */
void lg_trace_begin_lost(void);

/* Nothing points to the memory between START and END. */
void lg_trace_lose(uint64_t start, uint64_t end);

/* Counts what is not noted as it comes and goes: descriptors, threads, processes. */
void lg_trace_count(void);

/* Whether ENTRY still has a stack, and where, with the guard below it: of the newest sample's
 * mappings; empty if it is in none. */
bool lg_trace_holds_stack(const struct lg_traced_thread *entry);
struct lg_range lg_trace_stack_of(const struct lg_traced_thread *entry);

/* Finds out which blocks are parts of others. The trace is disarmed; blocks are sorted, and no
 * longer found by address. */
void lg_trace_find_owners(void);

/* For the hooks. */

/* Whether to note: false where nothing is traced, and for what a hook itself calls. */
bool lg_trace_enter(void);
void lg_trace_leave(void);

/* The same for both with the lock held. */
bool lg_trace_enter_locked(void);
void lg_trace_leave_locked(void);

/* The site of KIND that the calls on the stack lead to. With the lock held. */
uint32_t lg_trace_site(enum lg_site_kind kind);

#endif
