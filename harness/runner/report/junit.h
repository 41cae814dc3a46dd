/* The report as JUnit XML: the only file that knows libxml2's writer. */
#ifndef LG_RUNNER_REPORT_JUNIT_H
#define LG_RUNNER_REPORT_JUNIT_H

#include "runner/results.h"

/* Writes RESULTS to PATH: to a temporary file beside it, renamed once it is whole, so
 * that PATH never holds half a report. A PATH that is no regular file (a pipe, a
 * terminal) is written to directly.
 * Returns 0 or -errno; the temporary file is then gone. */
int lg_junit_write(const struct lg_results *results, const char *path);

/* Makes the folders on the way to PATH, and checks that a file can be made there, so
 * that a run whose report could not be written does not begin. Returns 0 or -errno. */
int lg_junit_prepare(const char *path);

#endif
