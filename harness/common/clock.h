/* The clock that runner and agent share: their figures meet in the ledger. */
#ifndef LG_COMMON_CLOCK_H
#define LG_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, in nanoseconds. Safe between two samples. */
static inline uint64_t lg_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
