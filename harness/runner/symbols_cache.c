#include "runner/symbols_private.h"

#include <stdlib.h>
#include <string.h>

/* The slot that RETURN_ADDRESS is in, or the free one where it belongs. */
static struct lg_cached *find_slot(const struct lg_frame_cache *cache, uint64_t return_address)
{
    size_t mask = cache->slot_count - 1;
    /* Fibonacci hashing: neighbours in the code are spread by the upper bits of the product. */
    size_t at = (size_t)((return_address * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;
    while (cache->slots[at].return_address != 0 &&
           cache->slots[at].return_address != return_address)
        at = (at + 1) & mask;
    return &cache->slots[at];
}

/* Makes sure that a slot is left free after one more is taken: a search ends at it. */
static bool make_slots(struct lg_frame_cache *cache)
{
    if (cache->used + 1 < cache->slot_count / 4 * 3)
        return true;
    struct lg_frame_cache grown = *cache;
    grown.slot_count = cache->slot_count > 0 ? cache->slot_count * 2 : 64;
    grown.slots = calloc(grown.slot_count, sizeof(*grown.slots));
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < cache->slot_count; i++) {
        if (cache->slots[i].return_address != 0)
            *find_slot(&grown, cache->slots[i].return_address) = cache->slots[i];
    }
    free(cache->slots);
    *cache = grown;
    return true;
}

static bool make_frames(struct lg_frame_cache *cache, size_t count)
{
    size_t capacity = cache->frame_capacity > 0 ? cache->frame_capacity : 64;
    while (capacity - cache->frame_count < count)
        capacity *= 2;
    if (capacity == cache->frame_capacity)
        return true;
    struct lg_frame *frames = reallocarray(cache->frames, capacity, sizeof(*frames));
    if (frames == NULL)
        return false;
    cache->frames = frames;
    cache->frame_capacity = capacity;
    return true;
}

size_t lg_frame_cache_find(const struct lg_frame_cache *cache, uint64_t return_address,
                           struct lg_frame *out, size_t capacity)
{
    if (cache->slot_count == 0)
        return 0;
    const struct lg_cached *cached = find_slot(cache, return_address);
    size_t count = cached->count < capacity ? cached->count : capacity;
    if (count > 0)
        memcpy(out, cache->frames + cached->first, count * sizeof(*out));
    return count;
}

void lg_frame_cache_add(struct lg_frame_cache *cache, uint64_t return_address,
                        const struct lg_frame *frames, size_t count)
{
    if (!make_slots(cache) || !make_frames(cache, count))
        return;
    *find_slot(cache, return_address) =
        (struct lg_cached){return_address, cache->frame_count, count};
    memcpy(cache->frames + cache->frame_count, frames, count * sizeof(*frames));
    cache->frame_count += count;
    cache->used++;
}

void lg_frame_cache_fini(struct lg_frame_cache *cache)
{
    free(cache->slots);
    free(cache->frames);
}
