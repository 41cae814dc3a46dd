/* The descriptors, threads and child processes of this process: how many, which,
 * and what each is.
 *
 * System calls only: no malloc, no stdio, no locks, so that a child may call all of
 * this between two samples. */
#ifndef LG_AGENT_CENSUS_H
#define LG_AGENT_CENSUS_H

#include "common/gauge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_census {
    uint32_t fds;
    uint32_t threads;
    uint32_t children; /* zombies too, and those that were disowned and still run */
};

/* Numbers of descriptors, threads (tid) or processes (pid). The caller owns `ids`; where
 * it is NULL, they are only counted. */
struct lg_id_list {
    int32_t *ids;
    size_t count;
    size_t capacity;
};

/* The gauges that can be counted on this machine. */
lg_gauge_set lg_census_measurable(void);

/* Counts. What a test starts and disowns, a daemon, becomes a child of the runner: one
 * that still runs counts, one that has ended is reaped there, as init would do.
 * Returns 0 or -errno. */
int lg_census_take(struct lg_census *out);

/* Lists what GAUGE counts (LG_GAUGE_FDS, _THREADS or _CHILDREN) into OUT, in no order.
 * Returns 0, -ENOBUFS if there are more than OUT holds, or -errno. */
int lg_census_list(enum lg_gauge gauge, struct lg_id_list *out);

/* Describes ID, one of GAUGE's list, e.g. "fd 5: /tmp/x", "thread 71 'worker', sleeping".
 * Returns OUT, which is NUL-terminated and cut to SIZE. */
char *lg_census_describe(enum lg_gauge gauge, int32_t id, char *out, size_t size);

/* Kills every child of this process and waits for it.
 * Returns whether there was any, or anything it disowned. */
bool lg_census_end_children(void);

/* Kills what tests disowned, and waits, for a bounded time, until it is gone: the next
 * test must not count it. */
void lg_census_end_orphans(void);

#endif
