/* From a test's record to its verdict. Pure: each verdict is computed once, here. */
#ifndef LG_RUNNER_VERDICT_H
#define LG_RUNNER_VERDICT_H

#include "common/ledger.h"
#include "runner/budget.h"

enum lg_verdict_kind {
    LG_VERDICT_PASSED,
    LG_VERDICT_FAILED, /* an assertion, or a suite's init or cleanup */
    LG_VERDICT_CRASHED,
    LG_VERDICT_TIMED_OUT,
    LG_VERDICT_EXITED_EARLY,
    LG_VERDICT_LEAKED, /* over budget */
    LG_VERDICT_SKIPPED,
    LG_VERDICT_BROKEN, /* could not be measured */
    LG_VERDICT_COUNT
};

/* How the program that held the tests ended. */
enum lg_program_end { LG_PROGRAM_EXITED, LG_PROGRAM_DIED, LG_PROGRAM_INTERRUPTED };

struct lg_verdict {
    enum lg_verdict_kind kind;
    lg_gauge_set over;       /* gauges over their budget */
    lg_gauge_set grown;      /* gauges that leak, over budget or within */
    lg_gauge_set suppressed; /* gauges that would be over their budget without suppressions */
    struct lg_gauges growth; /* what was judged: the growth over `runs` runs */
    uint32_t runs;
    struct lg_gauges covered; /* per run: what of the growth is suppressed */
    lg_gauge_set better; /* gauges that a budget has got too loose for: it has failed for that */
    bool leak_missing;   /* it was expected, and is there no more */
    bool unmeasured;     /* its growth is not judged, as the test itself wants it */
    bool single_run;     /* judged on the first run: repeating was not asked for, or not possible */
};

/* Judges RECORD against BUDGET. */
struct lg_verdict lg_verdict_of(const struct lg_record *record, const struct lg_budget *budget,
                                enum lg_program_end end);

/* What the traced runs of a leak tell of its growth, by gauge, over all of them. */
struct lg_suppressed {
    struct lg_gauges grown;      /* as sampled */
    struct lg_gauges suppressed; /* by call sites that are known */
    struct lg_gauges others;     /* what all other call sites have taken */
    uint32_t runs;
};

/* Takes what was suppressed from the growth of a VERDICT of a leak: where what remains is within
 * BUDGET, the gauge is no longer over it, and a test with nothing over it has passed. */
void lg_verdict_suppress(struct lg_verdict *verdict, const struct lg_suppressed *traced,
                         const struct lg_budget *budget);

/* A test that passed grows by less than its lines allow, in the gauges BETTER: it becomes a
 * failure, if there are any. */
void lg_verdict_ratchet(struct lg_verdict *verdict, lg_gauge_set better);

/* A leak was expected: VERDICT of a test that passed without one becomes a failure. */
void lg_verdict_expect_leak(struct lg_verdict *verdict);

/* The verdict's name, e.g. "timed out". Static storage. */
const char *lg_verdict_name(enum lg_verdict_kind kind);

/* The growth per run in GAUGE, rounded up. */
int64_t lg_verdict_per_run(const struct lg_verdict *verdict, enum lg_gauge gauge);

/* The exit status of a run with COUNTS[kind] verdicts of each kind. */
int lg_verdict_exit_status(const size_t counts[LG_VERDICT_COUNT]);

#endif
