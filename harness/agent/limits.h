/* What the test of a record may grow by: it is traced only beyond that. */
#ifndef LG_AGENT_LIMITS_H
#define LG_AGENT_LIMITS_H

#include "common/ledger.h"

/* In the host: looks up what the rules of the orders say of RECORD's test. */
void lg_limits_choose(struct lg_record *record);

/* The limits in force: those of a rule, else the test's own, else those of the orders. Safe
 * between two samples. */
struct lg_gauges lg_limits_of(const struct lg_record *record);

/* The gauges of which growth in RECORD's test is worth another run. Safe between two samples. */
lg_gauge_set lg_limits_judged(const struct lg_record *record);

#endif
