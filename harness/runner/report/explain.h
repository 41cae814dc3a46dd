/* `leakgate run --explain`: what a test may grow by, what it needs, and where that is said. */
#ifndef LG_RUNNER_REPORT_EXPLAIN_H
#define LG_RUNNER_REPORT_EXPLAIN_H

#include "runner/results.h"

#include <stdio.h>

/* Writes a table for each test of RESULTS that was to be run. Returns how many there are. */
size_t lg_explain_write(const struct lg_results *results, FILE *stream);

#endif
