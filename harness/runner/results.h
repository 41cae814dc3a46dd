/* What a run gave: the ledger's records, judged, named and located, in the order
 * of the report. Reporters render it and decide nothing. */
#ifndef LG_RUNNER_RESULTS_H
#define LG_RUNNER_RESULTS_H

#include "runner/crash.h"
#include "runner/facts.h"
#include "runner/launch.h"
#include "runner/leaks.h"
#include "runner/options.h"
#include "runner/symbols_pool.h"
#include "runner/text.h"
#include "runner/verdict.h"

#include <limits.h>

/* One test, or one other thing that can go wrong with a program. */
struct lg_row {
    const struct lg_record *record; /* NULL: the row is about the program itself */
    char *suite;                    /* clean text, never empty */
    char *name;                     /* clean text, unique within suite and program */
    struct lg_verdict verdict;
    struct lg_location where;              /* of the test's function */
    char *message;                         /* one line; "" for a test that passed */
    struct lg_stack *stack;                /* where it stood, if it crashed or timed out; or NULL */
    struct lg_leaks *leaks;                /* its call sites, if it was traced; else NULL */
    const struct lg_budget_choice *choice; /* what it may grow by, and why */
};

/* The rows of one program: a suite element of the report. */
struct lg_program {
    char *name;                 /* the base name of its executable, unique within the report */
    const struct lg_host *host; /* NULL: the agent was never there */
    struct lg_symbols *symbols; /* of the pool */
    size_t first;               /* in rows */
    size_t count;
};

/* What rows may grow by: most say the same. */
struct lg_choices {
    struct lg_choices *next;
    struct lg_budget_choice choice;
};

struct lg_results {
    const struct lg_ledger *ledger;
    const struct lg_options *options;
    struct lg_outcome outcome;
    struct lg_facts facts;
    const struct lg_capture *capture; /* of what tests have printed, or NULL */
    struct lg_symbols_pool symbols;
    char source_root[PATH_MAX]; /* what paths are shown relative to */
    struct lg_row *rows;
    size_t count;
    struct lg_choices *choices; /* the newest first */
    struct lg_program *programs;
    size_t program_count;
    size_t counts[LG_VERDICT_COUNT];
    bool *stale;     /* by line of the budget file: it names no test that is there */
    size_t selected; /* tests that the filter and the shard let through */
};

/* Reads LEDGER, which must outlive OUT, after the program has ended.
 * Returns 0 or -ENOMEM. The caller frees OUT in either case. */
int lg_results_read(const struct lg_ledger *ledger, const struct lg_options *options,
                    const struct lg_outcome *outcome, struct lg_results *out);

/* Where ROW's leak is, or where it stood when it died, in the user's own code: a frame with a file,
 * or NULL. */
const struct lg_frame *lg_results_place(const struct lg_row *row);

/* Adds what ROW's test has printed to STREAM, 0 or 1, cleaned. Returns how many bytes it was. */
uint64_t lg_results_add_output(const struct lg_results *results, const struct lg_row *row,
                               int stream, struct lg_text *text);

/* Finds out which lines of the budget file name no test of a program that they are for. Returns
 * false when there is no memory. */
bool lg_results_find_stale(struct lg_results *results);

/* With --ratchet: fails the tests that need less than the line allows that is for them, and for all
 * others that it is for. Returns false when there is no memory. */
bool lg_results_ratchet(struct lg_results *results);

void lg_results_free(struct lg_results *results);

#endif
