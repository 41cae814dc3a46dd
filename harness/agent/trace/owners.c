/* Which call sites' blocks are parts of something: a stream's buffer, a parser's strings. What
 * is to be freed is the whole, and its site is the one to look at. */
#include "agent/agent.h"
#include "agent/trace/trace.h"

#include <string.h>
#include <sys/mman.h>

#define HEADER_BYTES 16
#define MAX_BLOCKS (1U << 18) /* with more, looking would take too long */
#define MAX_SCANNED_BYTES (UINT64_C(256) << 20)

/* A block that was freed behind our back may be no memory any more. */
static bool is_readable(uint64_t start, uint64_t end)
{
    const struct lg_maps *maps = lg_sampler_latest(&lg_agent.sampler);
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

/* What is still to be looked at, and the blocks of each site, one after the other: numbers of
 * rows, from 1. */
struct walk {
    uint32_t *first;
    uint32_t *next;
    uint32_t *pending;
    uint32_t pending_count;
    uint64_t left_bytes;
    uint32_t site; /* of the wholes that it begins with */
};

static bool begin_walk(struct walk *walk)
{
    size_t bytes = (LG_SITES_MAX + 2 * (size_t)MAX_BLOCKS) * sizeof(uint32_t);
    uint32_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    *walk = (struct walk){.first = memory,
                          .next = memory + LG_SITES_MAX,
                          .pending = memory + LG_SITES_MAX + MAX_BLOCKS,
                          .left_bytes = MAX_SCANNED_BYTES};
    for (uint32_t i = lg_trace.blocks.count; i-- > 0;) {
        uint32_t site = lg_trace.blocks.rows[i].site;
        walk->next[i] = walk->first[site];
        walk->first[site] = i + 1;
    }
    return true;
}

static void reach(struct walk *walk, struct lg_block *block)
{
    if (block->is_reached)
        return;
    block->is_reached = true;
    walk->pending[walk->pending_count++] = (uint32_t)(block - lg_trace.blocks.rows);
    if (block->site == walk->site || block->site == 0)
        return;
    block->is_part = true;
    lg_trace.sites.rows[block->site].parts++;
}

__attribute__((no_sanitize("address"))) static void scan(struct walk *walk,
                                                         const struct lg_block *owner)
{
    if (owner->bytes <= HEADER_BYTES || owner->bytes > walk->left_bytes ||
        !is_readable(owner->address, owner->address + owner->bytes - HEADER_BYTES))
        return;
    walk->left_bytes -= owner->bytes;
    uint64_t end = owner->address + owner->bytes - HEADER_BYTES;
    for (uint64_t at = owner->address; at + 8 <= end; at += 8) {
        uint64_t word;
        memcpy(&word, (const void *)(uintptr_t)at, sizeof(word)); /* NOLINT: it is memory */
        struct lg_block *part = block_of(word);
        if (part != NULL)
            reach(walk, part);
    }
}

static bool has_grown(const struct lg_traced_site *row)
{
    return row->bytes > row->marked_bytes || row->count > row->marked_count;
}

/* What was taken first is the whole, and all that it leads to is part of it: of a stream its
 * buffer, of a table its rows and their texts. */
void lg_trace_find_owners(void)
{
    struct walk walk;
    if (lg_agent.host->allocator != LG_ALLOCATOR_GLIBC || lg_trace.blocks.count > MAX_BLOCKS)
        return;
    sort(lg_trace.blocks.rows, lg_trace.blocks.count);
    if (!begin_walk(&walk))
        return;
    for (walk.site = 1; walk.site < lg_trace.sites.count; walk.site++) {
        if (!has_grown(&lg_trace.sites.rows[walk.site]))
            continue;
        for (uint32_t i = walk.first[walk.site]; i != 0; i = walk.next[i - 1]) {
            reach(&walk, &lg_trace.blocks.rows[i - 1]);
            while (walk.pending_count > 0)
                scan(&walk, &lg_trace.blocks.rows[walk.pending[--walk.pending_count]]);
        }
    }
}
