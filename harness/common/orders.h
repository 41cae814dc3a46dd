/* Orders: what the runner asks of the agent. Written before the host starts. */
#ifndef LG_COMMON_ORDERS_H
#define LG_COMMON_ORDERS_H

#include "common/gauge.h"
#include "common/rules.h"

#include <stdint.h>

#define LG_ORDERS_MAX_JOBS 64 /* tests that run at the same time */

enum lg_rigor { LG_RIGOR_ONCE, LG_RIGOR_QUICK, LG_RIGOR_STANDARD, LG_RIGOR_THOROUGH };

/* What each test starts from: nothing but what main and the suite's initialization left
 * (fork), or what all tests before it left (carry); auto is fork, unless it fails there. */
enum lg_isolation { LG_ISOLATION_AUTO, LG_ISOLATION_FORK, LG_ISOLATION_CARRY };

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
    uint32_t repeat;  /* times that each test is run, a record each time */
    uint32_t shuffle; /* suites, and the tests of each, run in an order of SEED */
    uint64_t seed;
    uint32_t capture;                              /* tests print to the pipes that follow */
    int32_t output_fds[LG_ORDERS_MAX_JOBS + 1][2]; /* the runner's, to be opened through /proc:
                                                    * stdout, stderr */
    uint32_t insist;         /* a test with a rule of its own is run often, whatever it grows by */
    uint32_t trace;          /* a test over its limits is run once more, traced */
    struct lg_gauges limits; /* per run, by gauge, of tests that no rule is for */
    lg_attic rules;          /* struct lg_rule[rule_count] */
    uint32_t rule_count;
};

#endif
