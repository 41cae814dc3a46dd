/* Takes samples of the process it runs in. */
#ifndef LG_AGENT_SAMPLER_H
#define LG_AGENT_SAMPLER_H

#include "agent/allocator.h"
#include "common/sample.h"

#include <stdbool.h>

#define LG_SAMPLER_EXCLUDED 3

struct lg_sampler {
    struct lg_maps base;   /* the mappings that evidence compares with */
    struct lg_maps latest; /* those of the newest sample */
    struct lg_range excluded[LG_SAMPLER_EXCLUDED];
    size_t excluded_count;
    lg_live_bytes *live_bytes; /* a sanitizer's count, or NULL: mallinfo2 counts */
    struct lg_range memory;    /* where the rows and names lie */
};

/* Maps room for the samples, which no page is touched of until a child needs it.
 * Returns 0 or -errno. */
int lg_sampler_init(struct lg_sampler *sampler);

/* What lies in RANGE is leakgate's: no sample counts it. */
void lg_sampler_exclude(struct lg_sampler *sampler, struct lg_range range);

/* Whether ROW is, or touches, what is leakgate's. */
bool lg_sampler_owns(const struct lg_sampler *sampler, const struct lg_mapping *row);

/* Trims the heap and takes a sample. Its mappings become the latest.
 * Returns 0, -ENOBUFS with more mappings than there is room for, or -errno.
 * Makes system calls and mallinfo2, nothing else: safe wherever malloc is. */
int lg_sampler_take(struct lg_sampler *sampler, struct lg_sample *out);

/* The latest mappings become those that evidence compares with. */
void lg_sampler_rebase(struct lg_sampler *sampler);

#endif
