/* Which call sites' blocks are parts of something: a stream's buffer, a parser's strings. What
 * is to be freed is the whole, and its site is the one to look at. */
#include "agent/agent.h"
#include "agent/trace/trace.h"

#include <string.h>

#define HEADER_BYTES 16
#define MAX_BLOCKS (1U << 18) /* with more, looking would take too long */
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

/* By address, in place: libc's qsort allocates. */

static void sift_down(struct lg_block *rows, uint32_t root, uint32_t count)
{
    struct lg_block moved = rows[root];
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && rows[child].address < rows[child + 1].address)
            child++;
        if (rows[child].address <= moved.address)
            break;
        rows[root] = rows[child];
    }
    rows[root] = moved;
}

static void sort(struct lg_block *rows, uint32_t count)
{
    for (uint32_t root = count / 2; root-- > 0;)
        sift_down(rows, root, count);
    for (uint32_t last = count; last-- > 1;) {
        struct lg_block largest = rows[0];
        rows[0] = rows[last];
        rows[last] = largest;
        sift_down(rows, 0, last);
    }
}

/* Pointers may lead into the midst of a block. */
static struct lg_block *block_of(uint64_t pointer)
{
    uint32_t low = 0;
    uint32_t high = lg_trace.blocks.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lg_trace.blocks.rows[middle].address <= pointer)
            low = middle + 1;
        else
            high = middle;
    }
    struct lg_block *block = low > 0 ? &lg_trace.blocks.rows[low - 1] : NULL;
    return block != NULL && pointer - block->address < block->bytes ? block : NULL;
}

/* Of two that point to each other, the one that was taken first is the whole. */
__attribute__((no_sanitize("address"))) static void scan(const struct lg_block *owner)
{
    uint64_t end = owner->address + owner->bytes - HEADER_BYTES;
    for (uint64_t at = owner->address; at + 8 <= end; at += 8) {
        uint64_t word;
        memcpy(&word, (const void *)(uintptr_t)at, sizeof(word)); /* NOLINT: it is memory */
        struct lg_block *part = block_of(word);
        if (part == NULL || part->is_part || part->site <= owner->site)
            continue;
        part->is_part = true;
        lg_trace.sites.rows[part->site].parts++;
    }
}

void lg_trace_find_owners(void)
{
    uint64_t left = MAX_SCANNED_BYTES;
    if (lg_agent.host->allocator != LG_ALLOCATOR_GLIBC || lg_trace.blocks.count > MAX_BLOCKS)
        return;
    sort(lg_trace.blocks.rows, lg_trace.blocks.count);
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
