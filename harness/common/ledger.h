/* The ledger: the one shared memory object in which host and children leave
 * their results, and the only way results travel.
 *
 * Layout: a header, the records, the attic. A record is fixed in size, one for
 * each execution of a test; what varies in size (names, failed assertions, growth
 * by run, mappings) lies in the attic and is named by its offset there.
 * The object is sparse: what nobody wrote costs nothing.
 *
 * Writers add to it with atomic operations only, never allocate, and may call
 * all but _create between two samples. The reader trusts no offset: each
 * accessor checks its bounds, and answers NULL or "" for what lies outside. */
#ifndef LG_COMMON_LEDGER_H
#define LG_COMMON_LEDGER_H

#include "common/gauge.h"
#include "common/rules.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LG_LEDGER_MAGIC UINT64_C(0x315245474445474c) /* "LGEDGER1" */
#define LG_LEDGER_VERSION 1U
#define LG_LEDGER_MAX_RECORDS (1U << 18)
#define LG_LEDGER_ATTIC_BYTES (UINT32_C(256) << 20)
#define LG_LEDGER_MAX_HOSTS 16
#define LG_LEDGER_MAX_FAILURES 10000 /* failed assertions kept per test */
#define LG_LEDGER_MAX_STEPS 24       /* growth figures kept per test */
#define LG_LEDGER_MAX_GROWN 16       /* grown mappings kept per test */
#define LG_LEDGER_MAX_STRETCHES 128  /* of the address space, kept before and after */
#define LG_LEDGER_CRASH_STACK_BYTES 65536
#define LG_LEDGER_MAX_REGISTERS 33
#define LG_LEDGER_MAX_LEFT 16    /* descriptors, threads, children left, kept per test */
#define LG_LEDGER_MAX_SITES 4096 /* call sites kept per test */
#define LG_LEDGER_MAX_REUSED 16  /* ranges of unloaded modules kept per test */
#define LG_LEDGER_MAX_EXAMPLES 4 /* mappings, descriptors... kept per call site */

/* "FD:PID:RUNNER_FD": the ledger's descriptor as the host inherits it, and the runner's
 * own, for a host that something in between has closed it for. */
#define LG_LEDGER_VARIABLE "LEAKGATE_LEDGER"

/* Set for the runner's own executable when it is the program to measure, without CUnit. */
#define LG_DOCTOR_VARIABLE "LEAKGATE_DOCTOR"

enum lg_rigor { LG_RIGOR_ONCE, LG_RIGOR_QUICK, LG_RIGOR_STANDARD, LG_RIGOR_THOROUGH };

/* What each test starts from: nothing but what main and the suite's initialization left
 * (fork), or what all tests before it left (carry); auto is fork, unless it fails there. */
enum lg_isolation { LG_ISOLATION_AUTO, LG_ISOLATION_FORK, LG_ISOLATION_CARRY };

/* What the runner asks for. Written before the host starts. */
struct lg_orders {
    uint32_t rigor;      /* enum lg_rigor */
    lg_gauge_set judged; /* gauges with a budget: what grows in others needs no more runs */
    uint32_t isolation;  /* enum lg_isolation */
    uint32_t list_only;  /* register the tests, run none */
    uint64_t timeout_ms; /* per run of a test's body; 0: none */
    lg_attic filter;     /* a glob on SUITE/TEST, or 0 */
    lg_attic preload;    /* the agent's path, as it stands in LD_PRELOAD */
    uint32_t shard;      /* this shard, from 1; 0: no shards */
    uint32_t shards;
    uint32_t capture;        /* tests print to the pipes that follow */
    int32_t output_fds[2];   /* the runner's, to be opened through /proc: stdout, stderr */
    uint32_t insist;         /* a test with a rule of its own is run often, whatever it grows by */
    uint32_t trace;          /* a test over its limits is run once more, traced */
    struct lg_gauges limits; /* per run, by gauge, of tests that no rule is for */
    lg_attic rules;          /* struct lg_rule[rule_count] */
    uint32_t rule_count;
};

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

/* A process with CUnit in it: usually one per run. */
struct lg_host {
    uint32_t state; /* enum lg_host_state */
    int32_t pid;
    lg_attic program; /* text: the path of its executable */
    lg_attic maps;    /* text: its /proc/self/maps when it first ran tests */
    lg_gauge_set measured;
    uint32_t allocator;      /* enum lg_allocator_kind */
    lg_attic allocator_name; /* text */
    uint32_t pins;           /* bit N: pin N of enum lg_pin is in force */
    uint32_t static_cunit;   /* CUnit is part of the executable */
    uint32_t suite_phase;    /* enum lg_suite_phase: it is in one right now */
    lg_attic suite;          /* text: the suite of that phase */
    uint32_t running;        /* the record that a child runs right now, counted from 1; 0: none */
    uint32_t tests;          /* registered, and to be run */
    uint32_t ended;          /* tests that have their result */
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

/* What a row of the report stands for. */
enum lg_record_kind {
    LG_RECORD_TEST,
    LG_RECORD_SUITE_INIT,   /* a suite's initialization that failed */
    LG_RECORD_SUITE_CLEANUP /* a suite's cleanup that failed */
};

enum lg_record_state {
    LG_RECORD_UNUSED,
    LG_RECORD_REGISTERED,
    LG_RECORD_INACTIVE, /* switched off in CUnit */
    LG_RECORD_FILTERED, /* not selected by the filter */
    LG_RECORD_OTHER_SHARD,
    LG_RECORD_RUNNING,
    LG_RECORD_ENDED
};

enum lg_ending {
    LG_ENDING_NONE,
    LG_ENDING_FINISHED,   /* the child did all it had to */
    LG_ENDING_EXITED,     /* it called exit; wait_status tells */
    LG_ENDING_SIGNALED,   /* it died of a signal; wait_status tells */
    LG_ENDING_TIMED_OUT,  /* the runner killed it */
    LG_ENDING_NO_FORK,    /* it could not be made; error tells */
    LG_ENDING_NOT_SAMPLED /* a sample failed; error tells */
};

/* Why the repeated runs were given up: the test is then judged on its first. */
enum lg_repeat {
    LG_REPEAT_FINE,
    LG_REPEAT_ASSERT_FAILED,
    LG_REPEAT_CRASHED,
    LG_REPEAT_EXITED,
    LG_REPEAT_TIMED_OUT,
    LG_REPEAT_READS_ON, /* it read on in a file that was open before it */
    LG_REPEAT_UNWANTED  /* it said so itself */
};

/* What a test asks for, by <leakgate/leakgate.h>: bits. */
enum lg_wish {
    LG_WISH_SINGLE_RUN = 1, /* it can't be repeated */
    LG_WISH_UNMEASURED = 2, /* its growth is not to be judged */
    LG_WISH_MARKS = 4       /* only what lies between its marks counts */
};

struct lg_wishes {
    uint32_t flags;          /* enum lg_wish */
    lg_gauge_set named;      /* gauges that it limits itself */
    struct lg_gauges limits; /* of those */
    lg_attic reason;         /* text: why it is not to be measured */
};

enum lg_phase { LG_PHASE_NONE, LG_PHASE_SETUP, LG_PHASE_BODY, LG_PHASE_TEARDOWN, LG_PHASE_SAMPLE };

/* One execution of one test. */
struct lg_record {
    uint32_t state; /* enum lg_record_state */
    uint32_t kind;  /* enum lg_record_kind */
    uint32_t host;  /* index */
    uint32_t pass;  /* the how-manieth execution of this test, from 1 */
    lg_attic suite; /* text */
    lg_attic name;  /* text */
    uint64_t function_address;

    struct lg_wishes wishes; /* of the test, its suite, or main */
    struct lg_choice choice; /* what may hold for it whatever it wishes */

    /* The watch: who runs, since when, how long it may. */
    int32_t child_pid;
    uint32_t phase;          /* enum lg_phase */
    uint64_t run_started_ns; /* CLOCK_MONOTONIC; 0: no run is on */
    uint64_t run_limit_ms;   /* 0: none */
    uint32_t timed_out;      /* set by the runner before it kills */
    uint32_t runs;           /* bodies completed */

    /* The first run: the test itself. */
    uint64_t elapsed_ns;
    uint32_t asserts;
    uint32_t asserts_failed;
    lg_attic failures; /* the newest struct lg_failure, linked to the one before */
    uint32_t failures_kept;

    /* How it ended. */
    uint32_t ending; /* enum lg_ending */
    int32_t wait_status;
    int32_t error;          /* errno of what could not be done */
    uint32_t repeat;        /* enum lg_repeat */
    uint32_t carried;       /* tests that were run before it in its process, as it needs them */
    uint32_t lacks_threads; /* threads of the program that its process did not have */
    uint32_t had_children;  /* processes that it had started were still there at its end */
    uint32_t tells_where;   /* SIGABRT makes it note where it stands */
    lg_attic crash;         /* struct lg_crash: where it stood when a signal came */
    uint64_t peak_rss_bytes;

    /* What a second, single run has lost, where the test can't be repeated. */
    uint32_t lost_known;
    uint64_t lost_heap_bytes;
    uint64_t lost_mapping_bytes;

    /* Growth. */
    lg_gauge_set measured;
    lg_gauge_set leaking; /* gauges that grew in every measured run, and went on */
    uint32_t judged_runs; /* runs after warm-up that `growth` adds up; 0: the first run is it */
    uint32_t steps_count;
    lg_attic steps;    /* struct lg_step[LG_LEDGER_MAX_STEPS] */
    lg_attic evidence; /* struct lg_evidence, where anything grew */
    uint32_t tracing;  /* enum lg_tracing */
    lg_attic trace;    /* struct lg_trace, where it was traced */
    struct lg_gauges first_growth;
    struct lg_gauges growth;
};

/* A failed assertion, as CUnit was told of it. */
struct lg_failure {
    lg_attic previous;
    uint32_t line;
    lg_attic file;      /* text */
    lg_attic condition; /* text */
};

/* A process as a signal found it. */
struct lg_crash {
    int32_t signal;
    int32_t code;     /* si_code: above 0, the kernel's own */
    uint64_t address; /* si_addr: of a fault, what it was about */
    uint64_t pc;
    uint64_t registers[LG_LEDGER_MAX_REGISTERS]; /* as DWARF numbers them */
    uint32_t register_count;
    uint32_t stack_bytes; /* from stack_start on, upwards */
    uint64_t stack_start; /* an address */
    lg_attic stack;
    lg_attic maps; /* text: the files of /proc/self/maps */
};

/* The growth over RUNS runs in a row. */
struct lg_step {
    uint32_t runs;
    uint32_t warm_up;
    struct lg_gauges growth;
};

/* Mappings of one class that lie side by side. */
struct lg_stretch {
    uint64_t start;
    uint64_t end;
    uint64_t segment; /* enum lg_segment */
};

/* The address space, from the lowest mapping on. */
struct lg_strip {
    uint32_t count;
    uint32_t lost; /* stretches that did not fit */
    struct lg_stretch stretches[LG_LEDGER_MAX_STRETCHES];
};

/* Before and after the runs that were judged. */
struct lg_evidence {
    struct lg_sample before;
    struct lg_sample after;
    uint32_t grown_count; /* all of them */
    uint32_t grown_kept;
    struct {
        struct lg_grown_mapping mapping;
        lg_attic name; /* text */
    } grown[LG_LEDGER_MAX_GROWN];
    lg_attic strips; /* struct lg_strip[2], before and after, where memory grew */
    uint32_t left_kept;
    lg_attic left[LG_LEDGER_MAX_LEFT]; /* text: what the counts are of */
};

/* What a call site has taken. */
enum lg_site_kind {
    LG_SITE_BLOCK,       /* of malloc's, in the heap */
    LG_SITE_LARGE_BLOCK, /* of malloc's, in a mapping of its own */
    LG_SITE_MAPPING,     /* mmap and its like */
    LG_SITE_BREAK,       /* brk, sbrk */
    LG_SITE_THREAD,      /* its stack is in bytes */
    LG_SITE_FD,
    LG_SITE_CHILD,
    LG_SITE_KIND_COUNT
};

/* A call site that held more after the measured runs than before them. */
struct lg_site {
    uint32_t kind;         /* enum lg_site_kind */
    uint32_t depth;        /* frames */
    lg_attic frames;       /* uint64_t[depth]: return addresses, the innermost first */
    int64_t bytes;         /* more; as its gauge counts them */
    int64_t count;         /* more */
    int64_t warm_up_bytes; /* what it held before the measured runs */
    int64_t warm_up_count;
    int64_t each_bytes;     /* of each block, mapping...; 0: they differ */
    uint32_t is_part;       /* most of its blocks are pointed to by those of other sites */
    uint32_t examples_kept; /* of mappings, threads: their memory */
    struct {
        uint64_t start;
        uint64_t bytes;
    } examples[LG_LEDGER_MAX_EXAMPLES];
};

/* What a traced run has found. */
struct lg_trace {
    uint32_t runs; /* measured, after warm-up; 1 of a test that can't be repeated */
    uint32_t warm_ups;
    uint32_t only_lost; /* bytes are of memory that nothing points to */
    lg_attic maps;      /* text: the files of /proc/self/maps when it ended */
    uint32_t reused_kept;
    struct lg_range reused[LG_LEDGER_MAX_REUSED]; /* addresses of more than one module in turn */
    uint32_t sites_found;
    uint32_t sites_kept;     /* the largest of each kind first */
    lg_attic sites;          /* struct lg_site[sites_kept] */
    struct lg_gauges growth; /* as sampled, over its measured runs */
    /* Of all sites, by kind: */
    int64_t grown_bytes[LG_SITE_KIND_COUNT];
    int64_t grown_count[LG_SITE_KIND_COUNT];
    int64_t released_bytes[LG_SITE_KIND_COUNT]; /* of what was there before, by kind; positive */
    int64_t released_count[LG_SITE_KIND_COUNT];
    uint64_t blocks_lost; /* that did not fit into the tables */
    uint64_t stacks_lost;
    uint64_t ranges_lost;
};

/* Why a test over its limits has no trace, if it has none. */
enum lg_tracing {
    LG_TRACING_NONE, /* not asked for, or nothing to look for */
    LG_TRACING_DONE,
    LG_TRACING_NO_MEMORY, /* its tables could not be had */
    LG_TRACING_FAILED,    /* the test failed, or died, when it was run once more */
};

struct lg_ledger_header {
    uint64_t magic;
    uint32_t version;
    uint32_t max_records;
    uint64_t bytes;
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
    uint64_t bytes; /* the reader's own copy of the sizes: the header is a guest's to write */
    uint32_t max_records;
    uint32_t attic_bytes;
};

/* Makes an empty ledger in a new memfd. Stores it in OUT and its descriptor in FD.
 * Returns 0 or -errno. The caller unmaps it with lg_ledger_close and closes FD. */
int lg_ledger_create(struct lg_ledger *out, int *fd);

/* Maps the ledger of FD, which stays the caller's.
 * Returns 0, -EINVAL if it is no ledger of this version, or -errno. */
int lg_ledger_open(int fd, struct lg_ledger *out);

void lg_ledger_close(struct lg_ledger *ledger);

/* A new record, zeroed, or NULL when the ledger is full (the header counts it). */
struct lg_record *lg_ledger_add_record(struct lg_ledger *ledger);

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

/* How many records may be read: never more than there is room for. */
uint32_t lg_ledger_records(const struct lg_ledger *ledger);

uint32_t lg_ledger_hosts(const struct lg_ledger *ledger);

#endif
