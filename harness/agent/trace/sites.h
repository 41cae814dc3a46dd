/* The call sites of the traced run: where something was taken, by its stack of calls, and how
 * much of that is still held.
 *
 * Pure: the memory is the caller's, and nothing is allocated. */
#ifndef LG_AGENT_TRACE_SITES_H
#define LG_AGENT_TRACE_SITES_H

#include "common/ledger.h"

#include <stddef.h>
#include <stdint.h>

struct lg_traced_site {
    uint32_t kind;        /* enum lg_site_kind */
    uint32_t depth;       /* frames */
    uint64_t first_frame; /* where they begin in `frames` */
    int64_t bytes;        /* held now */
    int64_t count;
    uint64_t taken;       /* how often */
    int64_t each_bytes;   /* of each that was ever taken; 0: they differ */
    int64_t marked_bytes; /* held when lg_sites_mark was called */
    int64_t marked_count;
    int64_t parts; /* blocks that those of an earlier site lead to */
    uint32_t next; /* of the same hash; 0: none */
};

struct lg_sites {
    struct lg_traced_site *rows; /* from 1: 0 is no site */
    uint64_t *frames;
    uint32_t *chains; /* the first row of each hash */
    uint32_t count;   /* the next free row */
    uint64_t frames_count;
    uint64_t lost; /* stacks that did not fit */
};

#define LG_SITES_MAX (1U << 16)
#define LG_SITES_MAX_FRAMES (UINT64_C(1) << 20)
#define LG_SITES_DEPTH 32
#define LG_SITES_SCARCE_DEPTH 4

/* The memory that they need. Bytes. */
size_t lg_sites_memory_bytes(void);

/* Empties SITES. MEMORY is zeroed, aligned to 8, of that size, and stays the caller's. */
void lg_sites_init(struct lg_sites *sites, void *memory);

/* The site of KIND with these DEPTH frames, the innermost first: a new one if there is none. Once
 * room is scarce, new ones have no more than their innermost LG_SITES_SCARCE_DEPTH frames.
 * Returns 0, and counts it as lost, if there is no more room. */
uint32_t lg_sites_find(struct lg_sites *sites, enum lg_site_kind kind, const uint64_t *frames,
                       size_t depth);

/* More, or less, is held by SITE; nothing happens for 0. */
void lg_sites_add(struct lg_sites *sites, uint32_t site, int64_t bytes, int64_t count);

/* From here on, growth counts. */
void lg_sites_mark(struct lg_sites *sites);

#endif
