/* Budgets: how much each gauge may grow per run of a test. */
#ifndef LG_RUNNER_BUDGET_H
#define LG_RUNNER_BUDGET_H

#include "common/gauge.h"

#include <stdbool.h>
#include <stddef.h>

#define LG_BUDGET_UNLIMITED LG_GAUGE_UNLIMITED

/* Bytes, or counts, per run, by gauge. */
struct lg_budget {
    struct lg_gauges limits;
};

/* 0 for every gauge, but for `frag`, which has none. */
void lg_budget_init(struct lg_budget *budget);

/* Parses SPEC, "heap=4K,live=64", into BUDGET: gauges it does not name keep their
 * limit. A limit is a whole number, with a unit where the gauge is in bytes: K, M,
 * G or KiB, MiB, GiB (powers of 1024), kB, KB, MB, GB (powers of 1000), B or none;
 * or "unlimited".
 * Returns 0, or -EINVAL with what is wrong in ERROR; BUDGET is then unchanged. */
int lg_budget_parse(const char *spec, struct lg_budget *budget, char *error, size_t error_size);

/* A limit as it is written, LENGTH bytes at TEXT, of what is called NAME. */
struct lg_limit_text {
    const char *name;
    const char *text;
    size_t length;
    bool in_bytes; /* a unit may follow the number */
};

/* Parses WRITTEN, a limit as above, into LIMIT. Returns 0, or -EINVAL with what is wrong in
 * ERROR; LIMIT is then unchanged. */
int lg_budget_parse_limit(const struct lg_limit_text *written, int64_t *limit, char *error,
                          size_t error_size);

/* "heap=0,mmap=0,live=64": every limited gauge. Returns OUT. */
char *lg_budget_format(const struct lg_budget *budget, char *out, size_t size);

#endif
