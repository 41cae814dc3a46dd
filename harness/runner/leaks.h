/* Where a test takes what it does not give back: the call sites that its traced run has left
 * in the ledger, with names, and what of its growth they explain. */
#ifndef LG_RUNNER_LEAKS_H
#define LG_RUNNER_LEAKS_H

#include "common/ledger.h"
#include "runner/suppressions.h"
#include "runner/symbols_pool.h"

#include <stdbool.h>

/* A call site. Strings live as long as the symbols. */
struct lg_leak {
    struct lg_site site;     /* copied: a host may still write to the ledger */
    struct lg_frame *frames; /* the innermost first; those of the agent are cut */
    size_t frame_count;
    size_t user;   /* the first frame of the user's own code; frame_count if there is none */
    bool relevant; /* it grew a gauge that is over its budget */
    const struct lg_suppression *by; /* the first that matches it, or NULL */
    bool suppressed;                 /* it matches, and what it covers is not exceeded */
};

struct lg_leaks {
    struct lg_trace trace; /* its totals; copied likewise */
    struct lg_leak *rows;  /* those that matter most first */
    size_t count;
    size_t joined; /* rows that differed in libraries only, and are parts of others */
};

/* How traces are read. */
struct lg_leaks_how {
    const struct lg_suppressions *suppressions; /* or NULL; must outlive the leaks, unchanged */
    struct lg_symbols_pool *symbols;            /* must outlive the leaks */
    bool debuginfod;
};

/* Reads the trace of RECORD. OVER: the gauges that matter. Returns 0 or -ENOMEM, and OUT,
 * which the caller frees with lg_leaks_free; NULL where there is no trace. */
int lg_leaks_read(const struct lg_ledger *ledger, const struct lg_record *record, lg_gauge_set over,
                  const struct lg_leaks_how *how, struct lg_leaks **out);

/* From here on, OVER are the gauges that matter, and the order of LEAKS is by them. */
void lg_leaks_set_over(struct lg_leaks *leaks, lg_gauge_set over);

/* NULL is fine. */
void lg_leaks_free(struct lg_leaks *leaks);

/* What SITE adds to GAUGE, over all runs that were traced. */
int64_t lg_leaks_gauge_of(const struct lg_site *site, enum lg_gauge gauge);

/* What all sites together have added to GAUGE, and what was given back of that which had been
 * there before. */
struct lg_explained {
    int64_t grown; /* as it was sampled */
    int64_t explained;
    int64_t released;
};

struct lg_explained lg_leaks_explained(const struct lg_leaks *leaks, enum lg_gauge gauge);

/* What the suppressed sites have added, by gauge, over all runs that were traced. */
struct lg_gauges lg_leaks_suppressed(const struct lg_leaks *leaks);

/* What SITE takes per run, rounded up: bytes, or a count where it takes none. */
int64_t lg_leaks_per_run(const struct lg_leaks *leaks, const struct lg_site *site);

/* The first frame of the user's code of the site that matters most, or NULL. LEAKS may be
 * NULL. */
const struct lg_frame *lg_leaks_place(const struct lg_leaks *leaks);

#endif
