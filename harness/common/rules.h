/* Rules: what tests may grow by, by name. The runner judges by them, the agent looks ahead: what
 * is within its limits needs no traced run. */
#ifndef LG_COMMON_RULES_H
#define LG_COMMON_RULES_H

#include "common/gauge.h"

#include <stdbool.h>
#include <stdint.h>

/* An offset in the ledger's attic; 0 is nothing. */
typedef uint32_t lg_attic;

/* A line of a budget file that is in force. */
struct lg_rule {
    lg_attic name;           /* text */
    uint32_t is_glob;        /* else it names one test */
    lg_gauge_set named;      /* the gauges it limits */
    struct lg_gauges limits; /* per run */
    uint32_t expects_leak;   /* gauges that no rule names have no limit */
};

/* What the rules say of one test. */
struct lg_choice {
    lg_gauge_set named;
    struct lg_gauges limits; /* of those */
    bool exact;              /* one of them names the very test */
};

/* Whether NAME, [PROGRAM:]SUITE/TEST, a glob or not, is a name of TEST, "SUITE/TEST", of PROGRAM.
 * A suite may have a ':' in its name too: each way to read it is tried. */
bool lg_rule_matches(const char *name, bool is_glob, const char *program, const char *test);

/* Whether a name for a test goes before another that matches it too: one test before all globs, a
 * glob with more letters of its own before others. False for equals. */
bool lg_rule_goes_before(const char *name, bool is_glob, const char *other, bool other_is_glob);

#endif
