/* The gauges: what leakgate measures of a process, and in which unit. */
#ifndef LG_COMMON_GAUGE_H
#define LG_COMMON_GAUGE_H

#include <stdbool.h>
#include <stdint.h>

enum lg_gauge {
    LG_GAUGE_HEAP,
    LG_GAUGE_MMAP,
    LG_GAUGE_LIVE,
    LG_GAUGE_FRAG,
    LG_GAUGE_FDS,
    LG_GAUGE_THREADS,
    LG_GAUGE_CHILDREN,
    LG_GAUGE_COUNT
};

/* A set of gauges: bit G is gauge G. */
typedef uint32_t lg_gauge_set;

#define LG_GAUGE_BIT(gauge) ((lg_gauge_set)1 << (gauge))

/* The gauges of memory: a process in which none of them can be trusted is blind. */
#define LG_GAUGES_OF_MEMORY                                                                        \
    (LG_GAUGE_BIT(LG_GAUGE_HEAP) | LG_GAUGE_BIT(LG_GAUGE_MMAP) | LG_GAUGE_BIT(LG_GAUGE_LIVE))

/* What may end by itself, and then gives back what it held. */
#define LG_GAUGES_THAT_END (LG_GAUGE_BIT(LG_GAUGE_THREADS) | LG_GAUGE_BIT(LG_GAUGE_CHILDREN))

/* One number per gauge: a growth, a budget. Bytes or counts, by gauge. */
struct lg_gauges {
    int64_t values[LG_GAUGE_COUNT];
};

/* The gauge's name as users write it, e.g. "heap". Static storage. */
const char *lg_gauge_name(enum lg_gauge gauge);

/* True for gauges in bytes, false for those that count. */
bool lg_gauge_in_bytes(enum lg_gauge gauge);

/* Finds the gauge of that name (LENGTH bytes, no NUL needed).
 * Returns it, or LG_GAUGE_COUNT when there is none. */
enum lg_gauge lg_gauge_find(const char *name, int length);

/* The gauges that grew: value above zero. */
lg_gauge_set lg_gauges_grown(const struct lg_gauges *growth);

/* Those that became less: value below zero. */
lg_gauge_set lg_gauges_fallen(const struct lg_gauges *growth);

/* No limit: whatever a gauge grows by, it is not over it. */
#define LG_GAUGE_UNLIMITED INT64_MAX

/* Which of the gauges in GROWN grew by more than their limit per run, over RUNS runs. */
lg_gauge_set lg_gauges_over(const struct lg_gauges *growth, uint32_t runs, lg_gauge_set grown,
                            const struct lg_gauges *limits);

/* SUM += TERM, gauge by gauge; what is too much for a number is the largest there is. */
void lg_gauges_add(struct lg_gauges *sum, const struct lg_gauges *term);

#endif
