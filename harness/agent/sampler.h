/* Takes samples of the process it runs in. */
#ifndef LG_AGENT_SAMPLER_H
#define LG_AGENT_SAMPLER_H

#include "agent/allocator.h"
#include "agent/proc.h"
#include "common/sample.h"

#include <stdbool.h>

#define LG_SAMPLER_EXCLUDED 4

/* The mappings are read only if they have changed: as long as the size of the address space, that
 * of its private writable part and the break stay what they were, so do all totals that are
 * judged. */
struct lg_sampler_known {
    bool is_known;
    struct lg_proc_size size;
    struct lg_sample sample; /* what is of the mappings, and the break */
};

struct lg_sampler {
    struct lg_maps rows[2];
    unsigned base;   /* which of them evidence compares with */
    unsigned latest; /* and which is of the newest sample */
    struct lg_sampler_known known;
    uint64_t trimmed_arena_bytes; /* what malloc had when its heap was trimmed */
    bool has_read;                /* the mappings, once or more in this process */
    bool always_trims; /* what is free must not make the next block larger than asked for */
    bool exact;        /* each sample reads the mappings: not only their totals are of interest */
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

/* What was known before this process was forked holds for it, but that HIDDEN_BYTES of what was
 * excluded are not there. */
void lg_sampler_hide(struct lg_sampler *sampler, uint64_t hidden_bytes);

/* The latest mappings, without those in the last COUNT ranges that were excluded, become those that
 * evidence compares with; from here on, these ranges count. */
void lg_sampler_include(struct lg_sampler *sampler, size_t count);

/* Whether ROW is, or touches, what is leakgate's. */
bool lg_sampler_owns(const struct lg_sampler *sampler, const struct lg_mapping *row);

/* Trims the heap and takes a sample. Its mappings become the latest.
 * Returns 0, -ENOBUFS with more mappings than there is room for, or -errno.
 * Makes system calls and mallinfo2, nothing else: safe wherever malloc is. */
int lg_sampler_take(struct lg_sampler *sampler, struct lg_sample *out);

/* The latest mappings become those that evidence compares with. */
void lg_sampler_rebase(struct lg_sampler *sampler);

const struct lg_maps *lg_sampler_base(const struct lg_sampler *sampler);
const struct lg_maps *lg_sampler_latest(const struct lg_sampler *sampler);

#endif
