/* What a single run has lost: memory that was handed out during it, is still held, and
 * that nothing in the process points to any more.
 *
 * For tests that can't be run twice. Growth of one run alone may be a cache that was
 * filled for the first time; but such a cache is pointed to. A leak that the program
 * itself still points to is not found this way. Knows the layout of glibc's heap. */
#ifndef LG_AGENT_REACH_H
#define LG_AGENT_REACH_H

#include "agent/sampler.h"

#include <stdbool.h>
#include <stdint.h>

struct lg_lost {
    uint64_t heap_bytes;    /* of malloc's, as `live` counts them */
    uint64_t mapping_bytes; /* of other mappings, new or grown */
};

/* In the host, once. */
void lg_reach_set_up(void);

/* Before the first sample: makes room. Returns 0 or -errno. */
int lg_reach_init(void);

/* Right after the sample before the run: remembers what is held. */
void lg_reach_begin(const struct lg_sampler *sampler);

/* Told of each block or mapping that was lost. */
typedef void lg_reach_found(uint64_t start, uint64_t end);

/* Right after the sample that follows it. Of the stack, only what lies above STACK_POINTER
 * is looked at: the frames that were there before the run. What lies below is dead, and
 * full of what the run has left there; so are, where this thread IS_ALONE, the stacks of others.
 * Returns 0, -EINVAL if the heap is not as glibc
 * leaves it, or -ENOBUFS. FOUND may be NULL. */
int lg_reach_end(const struct lg_sampler *sampler, uint64_t stack_pointer, bool is_alone,
                 lg_reach_found *found, struct lg_lost *out);

#endif
