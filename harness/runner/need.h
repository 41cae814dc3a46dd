/* What a test needs to pass: its growth, as a limit that holds the next time too. Pure. */
#ifndef LG_RUNNER_NEED_H
#define LG_RUNNER_NEED_H

#include "common/ledger.h"
#include "runner/budgets.h"
#include "runner/verdict.h"

struct lg_need {
    lg_gauge_set known;      /* the gauges that were measured, and not suppressed; of the others
                              * nothing is said */
    struct lg_gauges limits; /* the least, per run */
    struct lg_gauges noise;  /* a limit so much higher is as good */
};

/* What the test of RECORD needs, which was judged as VERDICT. Returns false for a test that has
 * not come so far: failed, crashed, skipped, or not to be measured. */
bool lg_need_of(const struct lg_ledger *ledger, const struct lg_record *record,
                const struct lg_verdict *verdict, struct lg_need *out);

/* Whether LIMIT of GAUGE is more than the test needs by more than the noise. */
bool lg_need_is_less(const struct lg_need *need, enum lg_gauge gauge, int64_t limit);

#endif
