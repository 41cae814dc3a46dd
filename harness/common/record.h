/* A record: all that is known of one execution of one test. It is fixed in size; what varies
 * (names, failed assertions, growth by run, mappings) lies in the attic of the ledger, and is named
 * by its offset there. Plain structs: the host, its children and the runner share them. */
#ifndef LG_COMMON_RECORD_H
#define LG_COMMON_RECORD_H

#include "common/gauge.h"
#include "common/rules.h"
#include "common/sample.h"

#include <stdint.h>

/* More time than there is. */
#define LG_RECORD_WITHOUT_END UINT64_MAX

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
    LG_RECORD_QUEUED, /* a keeper is to run it */
    LG_RECORD_RUNNING,
    LG_RECORD_ENDED
};

enum lg_ending {
    LG_ENDING_NONE,
    LG_ENDING_FINISHED,    /* the child did all it had to */
    LG_ENDING_EXITED,      /* it called exit; wait_status tells */
    LG_ENDING_SIGNALED,    /* it died of a signal; wait_status tells */
    LG_ENDING_TIMED_OUT,   /* the runner killed it */
    LG_ENDING_NO_FORK,     /* it could not be made; error tells */
    LG_ENDING_NOT_SAMPLED, /* a sample failed; error tells */
    LG_ENDING_UNWATCHED,   /* whoever ran it has been killed */
    LG_ENDING_OVERWRITTEN  /* it has written over what it was to report */
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
    LG_WISH_MARKS = 4,      /* only what lies between its marks counts */
    LG_WISH_TIMEOUT = 8     /* it has a time limit of its own */
};

struct lg_wishes {
    uint32_t flags;          /* enum lg_wish */
    lg_gauge_set named;      /* gauges that it limits itself */
    struct lg_gauges limits; /* of those */
    lg_attic reason;         /* text: why it is not to be measured */
    uint64_t timeout_ms;     /* per run; 0: none */
};

/* Whether a process that has died of SIGKILL was the OOM killer's, and who has told so. */
enum lg_oom {
    LG_OOM_NONE,   /* it was not, as far as is known */
    LG_OOM_CGROUP, /* its cgroup has counted a kill among its own processes */
    LG_OOM_MACHINE /* the machine has, among all of them */
};

struct lg_oom_count {
    uint32_t by;    /* enum lg_oom: who counts; none: nobody does */
    uint64_t kills; /* so far */
};

enum lg_phase { LG_PHASE_NONE, LG_PHASE_SETUP, LG_PHASE_BODY, LG_PHASE_TEARDOWN, LG_PHASE_SAMPLE };

/* With several jobs, tests are begun before the framework comes to them; it may never do so. */
enum lg_ahead {
    LG_AHEAD_NOT,      /* it has come to this one, or that has not been begun */
    LG_AHEAD_BEGUN,    /* it would be a test that was not run */
    LG_AHEAD_BEGUN_ROW /* there would be no such record at all */
};

/* One execution of one test. */
struct lg_record {
    uint32_t state; /* enum lg_record_state */
    uint32_t ahead; /* enum lg_ahead: the host's to say, whoever runs the test */
    uint32_t kind;  /* enum lg_record_kind: from here on, all that lg_slip_keep writes at once */
    uint32_t host;  /* index */
    uint32_t pass;  /* the how-manieth execution of this test, from 1 */
    lg_attic suite; /* text */
    lg_attic name;  /* text */
    uint64_t function_address;
    uint32_t discarded; /* executions that count for nothing, nor does what they have printed */

    /* Where in the ledger's attic all that lies which is named from here on, and how much it is; of
     * none, it lies anywhere. Suite and name do in any case. */
    lg_attic part;
    uint32_t part_bytes;

    struct lg_wishes wishes; /* of the test, its suite, or main */
    struct lg_choice choice; /* what may hold for it whatever it wishes */

    /* The watch: what runs, since when, how long it may. */
    uint32_t phase;          /* enum lg_phase */
    uint64_t run_started_ns; /* CLOCK_MONOTONIC; 0: no run is on */
    uint64_t run_limit_ms;   /* 0: none */
    uint64_t more_ms;        /* that the child asks for beyond what the host allows it */
    uint32_t runs;           /* bodies completed */
    uint32_t repeats;        /* it has begun to be run again */

    /* The first run: the test itself. */
    uint64_t elapsed_ns;
    uint32_t asserts;
    uint32_t asserts_failed;
    lg_attic failures; /* the newest struct lg_failure, linked to the one before */
    uint32_t failures_kept;

    /* How it ended. */
    uint32_t ending; /* enum lg_ending */
    int32_t wait_status;
    uint32_t oom;           /* enum lg_oom */
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
    uint32_t patience_ms; /* that what its runs leave is worth: see agent/rest.h */
    uint32_t gives_back;  /* threads that stay give back later what they leave */
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

#endif
