/* A sample: what one look at a process gave, and the growth between two.
 *
 * Pure, and safe between two samples: no malloc, no stdio, no locks. */
#ifndef LG_COMMON_SAMPLE_H
#define LG_COMMON_SAMPLE_H

#include "common/gauge.h"
#include "common/maps.h"

/* All in bytes but where a name says otherwise. */
struct lg_sample {
    uint64_t segment_bytes[LG_SEGMENT_COUNT];
    uint64_t arena_reserve_bytes; /* the part of the guards that is malloc's own reserve */
    uint64_t program_break;       /* an address */
    uint64_t live_bytes;          /* mallinfo2: uordblks + hblkhd */
    uint64_t arena_bytes;         /* mallinfo2: arena, what malloc took from brk */
    uint64_t mappings;            /* counts, from here on */
    uint64_t fds;
    uint64_t threads;
    uint64_t children;
};

/* A range of addresses, end exclusive. */
struct lg_range {
    uint64_t start;
    uint64_t end;
};

/* Sets the segment totals of SAMPLE from MAPS, without what lies in the COUNT
 * ranges of EXCLUDED: leakgate's own memory is not the test's. */
void lg_sample_count(struct lg_sample *sample, const struct lg_maps *maps,
                     const struct lg_range *excluded, size_t count);

/* The value of GAUGE in SAMPLE, for a before/after table. `frag` is what malloc
 * holds beyond what is live. 0 for the gauges that a sample does not carry. */
int64_t lg_sample_gauge(const struct lg_sample *sample, enum lg_gauge gauge);

/* The growth from BEFORE to AFTER in the gauges of MEASURED; 0 in all others.
 *
 * `heap` is what the heap and the arenas grew by, less what is fragmentation:
 * growth of malloc's own part while `live` stayed flat goes to `frag`. A break
 * that someone else moved is heap, and exact to the byte.
 * `mmap` counts memory with access, and reservations (PROT_NONE) that were added: to
 * turn a reservation into memory is growth, to give memory back to one is none. */
void lg_sample_growth(const struct lg_sample *before, const struct lg_sample *after,
                      lg_gauge_set measured, struct lg_gauges *out);

/* A mapping that is there after and was not, or not all of it, before. */
struct lg_grown_mapping {
    struct lg_range range;
    uint64_t grown_bytes;
    uint8_t segment; /* enum lg_segment */
    uint8_t flags;   /* enum lg_mapping_flags */
    uint32_t name;   /* in the names of AFTER */
};

/* Finds the mappings that grew from BEFORE to AFTER, the main stack's and the
 * special ones' apart. Stores up to CAPACITY of them, in order of address, and
 * returns how many there are. */
size_t lg_maps_grown(const struct lg_maps *before, const struct lg_maps *after,
                     struct lg_grown_mapping *out, size_t capacity);

#endif
