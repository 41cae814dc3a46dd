/* The ledger: the one shared memory object in which hosts and children leave
 * their results, and the only way results travel.
 *
 * Layout: a header, the records, the attic, the slips. A record is fixed in size, one for
 * each execution of a test; what varies in size (names, failed assertions, growth
 * by run, mappings) lies in the attic and is named by its offset there.
 * A child sees none of that: it writes to a slip, which the host copies (common/slip.h).
 * The object is sparse: what nobody wrote costs nothing.
 *
 * Writers add to it with atomic operations only, never allocate, and may call
 * all but _create between two samples. The reader trusts no offset: each
 * accessor checks its bounds, and answers NULL or "" for what lies outside. */
#ifndef LG_COMMON_LEDGER_H
#define LG_COMMON_LEDGER_H

#include "common/gauge.h"
#include "common/orders.h"
#include "common/record.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LG_LEDGER_MAGIC UINT64_C(0x315245474445474c) /* "LGEDGER1" */
#define LG_LEDGER_VERSION 1U
#define LG_LEDGER_MAX_RECORDS (1U << 18)
#define LG_LEDGER_ATTIC_BYTES (UINT32_C(256) << 20)
#define LG_LEDGER_MAX_HOSTS 16
#define LG_LEDGER_MAX_KILLS 64 /* by the OOM killer, told apart at a time */
#define LG_LEDGER_MAX_SLOTS (LG_ORDERS_MAX_JOBS + 1)

/* "FD:PID:RUNNER_FD": the ledger's descriptor as the host inherits it, and the runner's
 * own, for a host that something in between has closed it for. */
#define LG_LEDGER_VARIABLE "LEAKGATE_LEDGER"

/* Set for the runner's own executable when it is the program to measure, without CUnit. */
#define LG_DOCTOR_VARIABLE "LEAKGATE_DOCTOR"

/* Whose malloc a host has. */
enum lg_allocator_kind {
    LG_ALLOCATOR_GLIBC,
    LG_ALLOCATOR_SANITIZER,
    LG_ALLOCATOR_VALGRIND,
    LG_ALLOCATOR_OTHER
};

enum lg_host_state {
    LG_HOST_NONE,
    LG_HOST_ATTACHED, /* the agent is there; CUnit has not been asked to run */
    LG_HOST_RUNNING,  /* inside a run of CUnit */
    LG_HOST_IDLE,     /* between two runs, or after the last */
};

/* What a suite's own function did in the host. */
enum lg_suite_phase { LG_SUITE_NONE, LG_SUITE_INIT, LG_SUITE_CLEANUP };

/* A child that the host has started, or none: one for each test that may run at a time. */
struct lg_child_slot {
    uint32_t running;      /* the record of the test that it runs, counted from 1; 0: none */
    int32_t child_pid;     /* 0 until it is known */
    uint32_t children;     /* started here so far */
    uint32_t timed_out;    /* how many of them the runner had counted when it ended one */
    uint64_t started_ns;   /* CLOCK_MONOTONIC */
    uint64_t limit_ms;     /* of the child, whatever it says of its runs; 0: none */
    uint64_t killed_bytes; /* of one that somebody has killed, its peak; 0: who has is known */
    uint64_t killed_count; /* what the OOM killer had killed when that one was dead */
};

/* A process with CUnit in it: usually one per run. */
struct lg_host {
    uint32_t state; /* enum lg_host_state */
    int32_t pid;
    int32_t owner_pid; /* who has run tests as this host first: it alone does; 0: nobody yet */
    lg_attic program;  /* text: the path of its executable */
    lg_attic maps;     /* text: its /proc/self/maps when it first ran tests */
    lg_gauge_set measured;
    uint32_t allocator;        /* enum lg_allocator_kind */
    lg_attic allocator_name;   /* text */
    uint32_t pins;             /* bit N: pin N of enum lg_pin is in force */
    uint32_t static_cunit;     /* CUnit is part of the executable */
    uint32_t suite_phase;      /* enum lg_suite_phase: it is in one right now */
    lg_attic suite;            /* text: the suite of that phase */
    uint64_t phase_started_ns; /* CLOCK_MONOTONIC */
    uint32_t phase_timed_out;  /* the runner has ended the host for it */
    lg_attic one_by_one;       /* text: why tests ran so, with several jobs; 0: they did not */
    uint32_t tests;            /* registered, and to be run */
    uint32_t ended;            /* tests that have their result */
    struct lg_oom_count oom;   /* what the OOM killer had killed: nobody of its tests */
    uint64_t told_kills[LG_LEDGER_MAX_KILLS]; /* by number, of those after: a test was told of it */
    struct lg_child_slot slots[LG_LEDGER_MAX_SLOTS];
};

enum lg_pin {
    LG_PIN_MMAP_THRESHOLD,
    LG_PIN_MMAP_MAX,
    LG_PIN_TRIM_THRESHOLD,
    LG_PIN_TOP_PAD,
    LG_PIN_ARENA_MAX,
    LG_PIN_TCACHE,
    LG_PIN_STACK_CACHE,
    LG_PIN_COUNT
};

struct lg_ledger_header {
    uint64_t magic;
    uint32_t version;
    uint32_t max_records;
    uint64_t bytes;
    uint32_t slots; /* per host */
    uint32_t attic_bytes;
    uint32_t attic_used;
    uint32_t attic_lost_bytes; /* asked for when it was full */
    uint32_t records_used;
    uint32_t records_lost;
    uint32_t hosts_used;
    int32_t runner_pid;  /* what a test starts and disowns becomes a child of the runner */
    int32_t program_pid; /* the runner's own child */
    struct lg_orders orders;
    struct lg_host hosts[LG_LEDGER_MAX_HOSTS];
};

/* The ledger as one process maps it. */
struct lg_ledger {
    struct lg_ledger_header *header;
    struct lg_record *records;
    char *attic;
    uint32_t *attic_used;
    uint32_t *attic_lost_bytes;
    /* The reader's own copy of the sizes: the header is a guest's to write. */
    uint64_t bytes; /* without the slips */
    uint32_t slots; /* children that a host may have at a time */
    uint32_t max_records;
    uint32_t attic_bytes;
};

/* Makes an empty ledger for JOBS tests at a time, up to LG_ORDERS_MAX_JOBS, in a new memfd; with
 * several, there is a slot more for the host itself. Stores it in OUT and its descriptor in FD.
 * Returns 0 or -errno. The caller unmaps it with lg_ledger_close and closes FD. */
int lg_ledger_create(uint32_t jobs, struct lg_ledger *out, int *fd);

/* Maps the ledger of FD, which stays the caller's.
 * Returns 0, -EINVAL if it is no ledger of this version, or -errno. */
int lg_ledger_open(int fd, struct lg_ledger *out);

void lg_ledger_close(struct lg_ledger *ledger);

/* A new record, zeroed, or NULL when the ledger is full (the header counts it). */
struct lg_record *lg_ledger_add_record(struct lg_ledger *ledger);

/* The execution, and nothing of what it has come to: its state is LG_RECORD_REGISTERED. */
struct lg_record lg_ledger_identity(const struct lg_record *record);

/* What RECORD's execution has come to counts for nothing: it is as it was registered. */
void lg_ledger_discard(struct lg_record *record);

/* Room for BYTES in the attic, zeroed, aligned to 8. Stores where it is in OFFSET.
 * Returns it, or NULL when the attic is full (the header counts it; *OFFSET is 0). */
void *lg_ledger_allocate(struct lg_ledger *ledger, size_t bytes, lg_attic *offset);

/* Copies LENGTH bytes of TEXT to the attic, and a NUL. Returns where, 0 if it is full. */
lg_attic lg_ledger_add_bytes(struct lg_ledger *ledger, const char *text, size_t length);

/* The same for a C string; 0 for NULL. */
lg_attic lg_ledger_add_text(struct lg_ledger *ledger, const char *text);

/* The text at OFFSET, or "" where there is none that ends within the attic. */
const char *lg_ledger_text(const struct lg_ledger *ledger, lg_attic offset);

/* BYTES at OFFSET, or NULL where they are not all within the attic, or not aligned to 8. */
const void *lg_ledger_at(const struct lg_ledger *ledger, lg_attic offset, size_t bytes);

/* What RECORD names of the attic lies in a part of its own: LEDGER, with nothing but that part. */
struct lg_ledger lg_ledger_part(const struct lg_ledger *ledger, const struct lg_record *record);

/* How many records may be read: never more than there is room for. */
uint32_t lg_ledger_records(const struct lg_ledger *ledger);

uint32_t lg_ledger_hosts(const struct lg_ledger *ledger);

#endif
