/* Which call sites' blocks are parts of something: a stream's buffer, a parser's strings. What
 * is to be freed is the whole, and its site is the one to look at. */
#include "agent/agent.h"
#include "agent/trace/trace.h"

#include <string.h>

#define HEADER_BYTES 16
#define MAX_SCANNED_BYTES (UINT64_C(256) << 20)

/* A block that was freed behind our back may be no memory any more. */
static bool is_readable(uint64_t start, uint64_t end)
{
    const struct lg_maps *maps = &lg_agent.sampler.latest;
    size_t low = 0;
    size_t high = maps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maps->rows[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < maps->count && maps->rows[low].start <= start; low++) {
        if ((maps->rows[low].flags & LG_MAPPING_READ) == 0)
            return false;
        if (maps->rows[low].end >= end)
            return true;
        start = maps->rows[low].end;
    }
    return false;
}

/* Pointers lead to the beginning of a block, or behind a header of one or two words. */
static struct lg_block *block_of(uint64_t pointer)
{
    for (uint64_t header = 0; header <= HEADER_BYTES; header += 8) {
        const struct lg_block *block = lg_blocks_find(&lg_trace.blocks, pointer - header);
        if (block != NULL)
            return &lg_trace.blocks.rows[block - lg_trace.blocks.rows];
    }
    return NULL;
}

/* Of two that point to each other, the one that was taken first is the whole. */
__attribute__((no_sanitize("address"))) static void scan(const struct lg_block *owner)
{
    uint64_t end = owner->address + owner->bytes - HEADER_BYTES;
    for (uint64_t at = owner->address; at + 8 <= end; at += 8) {
        uint64_t word;
        memcpy(&word, (const void *)(uintptr_t)at, sizeof(word)); /* NOLINT: it is memory */
        struct lg_block *part = word >= HEADER_BYTES ? block_of(word) : NULL;
        if (part == NULL || part->is_part || part->site <= owner->site)
            continue;
        part->is_part = true;
        lg_trace.sites.rows[part->site].parts++;
    }
}

void lg_trace_find_owners(void)
{
    uint64_t left = MAX_SCANNED_BYTES;
    if (lg_agent.host->allocator != LG_ALLOCATOR_GLIBC)
        return;
    for (uint32_t i = 0; i < lg_trace.blocks.count; i++) {
        const struct lg_block *block = &lg_trace.blocks.rows[i];
        if (block->site == 0 || block->bytes <= HEADER_BYTES ||
            !is_readable(block->address, block->address + block->bytes - HEADER_BYTES))
            continue;
        if (block->bytes > left)
            break;
        left -= block->bytes;
        scan(block);
    }
}
