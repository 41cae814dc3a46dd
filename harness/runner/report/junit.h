/* The report as JUnit XML: the only file that knows libxml2's writer. */
#ifndef LG_RUNNER_REPORT_JUNIT_H
#define LG_RUNNER_REPORT_JUNIT_H

#include "runner/results.h"

/* Writes RESULTS to PATH, as lg_outfile_write does. Returns 0 or -errno. */
int lg_junit_write(const struct lg_results *results, const char *path);

/* The same to FD, for what is made of the report. */
int lg_junit_write_fd(const struct lg_results *results, int fd);

#endif
