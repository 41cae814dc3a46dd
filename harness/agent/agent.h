/* The agent's own state and the calls between its files.
 *
 * The agent lives in the user's process. It allocates with mmap only, and does
 * nothing at all in a process that was not started by the runner. */
#ifndef LG_AGENT_AGENT_H
#define LG_AGENT_AGENT_H

#include "agent/sampler.h"
#include "common/slip.h"

#include <stdbool.h>

/* What the assertions of the body that runs mean. */
enum lg_count {
    LG_COUNT_NOTHING, /* it runs for what it leaves behind */
    LG_COUNT_FIRST,   /* it is the test itself */
    LG_COUNT_REPEAT   /* a failure tells that it can't be repeated */
};

/* Whose children the processes become that tests start and disown. */
struct lg_reaper {
    int32_t pid;
    int32_t apart[2]; /* children of it that are none of these; or 0 */
    int fd;           /* its children file; -1: it is not open */
};

struct lg_agent {
    bool attached; /* the ledger is mapped, and this is its host or a child */
    struct lg_ledger
        ledger;           /* in a child, nothing of it but its orders, and the attic of its slip */
    struct lg_host *host; /* in a child, a copy */
    uint32_t host_index;
    struct lg_slip *slips; /* one for each test that may run at a time */
    uint32_t slot;         /* in a child: its own */
    struct lg_reaper reaper;
    bool is_keeper; /* this is a keeper of the host, or a child of one */
    struct lg_sampler sampler;
    struct lg_record *record; /* in a child: the test it runs; NULL in the host */
    int32_t child_pid;        /* in a child: its own */
    enum lg_count counting;
    volatile bool *is_child; /* true in the child alone: what a test forks finds it false */
    volatile bool *is_host;  /* and in the host alone */
};

extern struct lg_agent lg_agent;

/* What a framework's file gives the core to run: one body of a test, with its
 * set-up and tear-down. Called in the child only: PREPARE before the first sample,
 * RUN once per run. */
struct lg_body {
    void (*prepare)(void *context);
    uint32_t prepare_runs; /* bodies that PREPARE runs: each has a test's time limit */
    void (*run)(void *context);
    void *context;
};

/* dlsym, but what it leaves for dlerror where it finds nothing is dropped at once: the test would
 * be told of it, and give its memory back, and later it would leave a hole in the heap. */
void *lg_agent_look_up(void *library, const char *name);

/* The same for a dlopen that found nothing. */
void lg_agent_forget_look_up(void);

/* Attaches this process to the ledger, if it was started by the runner and has CUnit;
 * once. Called before main, and again by a run of CUnit that came with a plugin. */
void lg_attach(void);

/* Removes what the runner put into the environment, so that programs the tests start don't inherit
 * it. Before them, main may execute its own program once more. */
void lg_agent_restore_environment(void);

/* The modules that this process has: the lines of /proc/self/maps that name a file, in a mapping
 * of *CAPACITY bytes that is the caller's to unmap. NULL if they can't be had. Allocates with
 * mmap only. */
char *lg_agent_read_modules(size_t *capacity);

/* In the child: makes a single run of BODY, and finds out what that has lost, for a test
 * that can't be repeated. Never returns. */
_Noreturn void lg_child_run_single(struct lg_record *record, struct lg_body body);

/* In the child: runs BODY, whose growth RECORD holds, once more, and finds out where it
 * takes what it does not give back. Never returns. */
_Noreturn void lg_child_run_traced(struct lg_record *record, struct lg_body body);

/* In the child: runs BODY as often as it takes to judge it, and never returns. */
_Noreturn void lg_child_run(struct lg_record *record, struct lg_body body);

/* In the child: notes one assertion. FILE and CONDITION may be NULL. */
void lg_child_assert(bool passed, unsigned line, const char *condition, const char *file);

#endif
