/* The part of a test's body that is measured, where the test marks one, and what it has grown by
 * so far. In the child only; samples are taken while the body runs. */
#ifndef LG_AGENT_MARKS_H
#define LG_AGENT_MARKS_H

#include "common/ledger.h"

#include <stdbool.h>

/* Whether this is the process of a test, and it runs: not a process that the test has forked, and
 * not what is run only for what it leaves behind. */
bool lg_marks_in_test(void);

/* Runs begin that are measured together, from the sample BEFORE on. */
void lg_marks_open(const struct lg_sample *before);

/* Another of these runs begins. */
void lg_marks_begin_run(void);

/* They have ended: what GROWTH is of all of it becomes that of the marked parts, if the test marks
 * any. */
void lg_marks_close(struct lg_gauges *growth);

/* The calls of <leakgate/leakgate.h>. */
void lg_marks_begin(void);
void lg_marks_end(void);
long long lg_marks_growth(int gauge);

#endif
