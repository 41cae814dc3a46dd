/* A table of traced mappings with sites of its own. */
#ifndef LG_UNIT_TRACE_RANGES_H
#define LG_UNIT_TRACE_RANGES_H

#include "agent/trace/ranges.h"

#define TRACED_SITES 4 /* from 1; 0 is nobody */
#define TRACED_ROWS 64

struct traced_ranges {
    struct lg_sites sites;
    struct lg_ranges ranges;
    struct lg_traced_range rows[TRACED_ROWS];
};

/* Room for CAPACITY rows, TRACED_ROWS at most. TRACED must not move until its end. */
void traced_ranges_start(struct traced_ranges *traced, size_t capacity);
void traced_ranges_end(struct traced_ranges *traced);

/* Whether rows are sorted, apart, and none empty, and each site holds what its rows are. */
bool traced_ranges_are_sound(const struct traced_ranges *traced);

#endif
