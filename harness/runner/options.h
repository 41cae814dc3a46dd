/* The options of `leakgate run`, and their twins in the environment. */
#ifndef LG_RUNNER_OPTIONS_H
#define LG_RUNNER_OPTIONS_H

#include "common/ledger.h"
#include "runner/budget.h"
#include "runner/budgets.h"
#include "runner/report/outputs.h"
#include "runner/suppressions.h"

#include <stdbool.h>

enum lg_color { LG_COLOR_AUTO, LG_COLOR_ALWAYS, LG_COLOR_NEVER };

/* Strings belong to argv or the environment. */
struct lg_options {
    const char *junit;    /* a path, or NULL */
    int skip_status;      /* the exit status where every test is skipped; 0 by default */
    bool junit_strict;    /* valid against the schemas, with less in it */
    bool omit_unselected; /* tests that filter and shard leave out are not in it */
    struct lg_outputs outputs;
    struct lg_budget budget;
    enum lg_rigor rigor;
    enum lg_isolation isolation;
    uint64_t timeout_ms; /* per test; 0: none */
    const char *filter;  /* a glob on SUITE/TEST, or NULL */
    uint32_t shard;      /* from 1; 0: no shards */
    uint32_t shards;
    uint32_t jobs;   /* tests at a time */
    uint32_t repeat; /* times that each test is run */
    enum lg_color color;
    uint64_t seed; /* of the order of the tests, if SHUFFLE */
    bool shuffle;
    bool rigor_given; /* else it is the default */
    bool list;
    bool json;
    bool quiet;
    bool capture; /* keep what each test prints, and show that of red ones */
    bool trace;   /* look for the line of what leaks */
    bool debuginfod;
    const char *budgets_path;      /* or NULL */
    bool update_budgets;           /* write to that file what is measured */
    bool allow_growth;             /* and raise its lines, too */
    bool ratchet;                  /* a test that is better than its line fails */
    const char *explain;           /* SUITE/TEST, or NULL */
    const char *debug;             /* SUITE/TEST, or NULL */
    struct lg_budgets *budgets;    /* what is in that file: set by whoever has read it; or NULL */
    const char *suppressions_path; /* or NULL */
    const char *source_root;       /* a folder, or NULL */
    struct lg_suppressions *suppressions; /* what is in that file, and the built-in ones: set by
                                           * whoever has read it; or NULL */
    char *const *words;                   /* of `run`, as given: "run" first, up to `program` */
    char *const *program;                 /* PROGRAM [ARG...], NULL-terminated */
};

/* Reads the options from the environment, then from ARGV ("run" at 0): the latter win.
 * Returns 0, or -EINVAL with one line that names the place and the way out in ERROR. */
int lg_options_parse(int argc, char *const argv[], struct lg_options *out, char *error,
                     size_t error_size);

/* The name a user gives ISOLATION, e.g. "carry". Static storage. */
const char *lg_isolation_name(enum lg_isolation isolation);

/* The name a user gives RIGOR, e.g. "standard". Static storage. */
const char *lg_rigor_name(enum lg_rigor rigor);

#endif
