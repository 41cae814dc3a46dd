/* The options of `leakgate report`. */
#ifndef LG_RUNNER_REPORT_REPORT_OPTIONS_H
#define LG_RUNNER_REPORT_REPORT_OPTIONS_H

#include "runner/report/outputs.h"

/* Strings belong to argv. */
struct lg_report_options {
    struct lg_outputs outputs;
    char *const *inputs; /* files and folders, NULL-terminated */
};

/* Reads ARGV ("report" at 0). Returns 0, or -EINVAL with one line on what is wrong in ERROR. */
int lg_report_options_parse(int argc, char *const argv[], struct lg_report_options *out,
                            char *error, size_t error_size);

#endif
