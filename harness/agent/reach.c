#include "agent/reach.h"

#include "agent/agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_BLOCKS ((size_t)1 << 20)

/* A chunk of glibc's: the size of the one before if that is free, then its own with flags. */
#define HEADER_BYTES 16
#define PREVIOUS_IN_USE 1U
#define IS_MAPPED 2U
#define FLAGS 7U
#define LEAST_CHUNK_BYTES 32

struct block {
    uint64_t start; /* where its memory begins, not its header */
    uint64_t end;   /* what may be pointed to */
    uint64_t tail;  /* and so many bytes of content behind it */
    bool is_heap;
    bool readable;
    bool is_new;
    bool reached;
};

struct blocks {
    struct block *rows; /* by address */
    size_t count;
    bool broken; /* the heap was not as it should be, or there were too many */
};

/* Before the run and after it, and the blocks whose contents are still to be looked at. */
static struct {
    struct blocks before;
    struct blocks after;
    uint32_t *pending;
    size_t pending_count;
    struct lg_range memory;
} reach;

/* How much of a thread's stack, at its upper end, are its descriptor and its thread-local memory;
 * 0: unknown. */
static size_t tls_bytes;

void lg_reach_set_up(void)
{
    void (*get_info)(size_t * size, size_t * alignment);
    size_t alignment;
    *(void **)&get_info = lg_agent_look_up(RTLD_DEFAULT, "_dl_get_tls_static_info");
    if (get_info != NULL)
        get_info(&tls_bytes, &alignment);
}

int lg_reach_init(void)
{
    size_t rows_bytes = MAX_BLOCKS * sizeof(struct block);
    size_t bytes = 2 * rows_bytes + MAX_BLOCKS * sizeof(uint32_t);
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    reach.before.rows = (struct block *)(void *)memory;
    reach.after.rows = (struct block *)(void *)(memory + rows_bytes);
    reach.pending = (uint32_t *)(void *)(memory + 2 * rows_bytes);
    reach.memory.start = (uint64_t)(uintptr_t)memory;
    reach.memory.end = reach.memory.start + bytes;
    return 0;
}

static uint64_t word_at(uint64_t address)
{
    uint64_t word;
    memcpy(&word, (const void *)(uintptr_t)address, sizeof(word)); /* NOLINT: it is one */
    return word;
}

static void add_block(struct blocks *blocks, struct block block)
{
    if (blocks->count == MAX_BLOCKS)
        blocks->broken = true;
    else
        blocks->rows[blocks->count++] = block;
}

/* The chunks in use between START and END, the last of which is the top. A sample has just
 * trimmed the heap: there are no freed chunks that still look used. A chunk may use the
 * first word of the next one, but pointers to there are malloc's own, to that next one. */
static void add_heap(struct blocks *blocks, uint64_t start, uint64_t end)
{
    uint64_t at = start;
    while (at + LEAST_CHUNK_BYTES <= end) {
        uint64_t size = word_at(at + 8) & ~(uint64_t)FLAGS;
        if (size < LEAST_CHUNK_BYTES || size % HEADER_BYTES != 0 || size > end - at) {
            blocks->broken = true;
            return;
        }
        uint64_t next = at + size;
        if (next + HEADER_BYTES > end)
            return; /* the top */
        if ((word_at(next + 8) & PREVIOUS_IN_USE) != 0)
            add_block(blocks, (struct block){.start = at + HEADER_BYTES,
                                             .end = next,
                                             .tail = 8,
                                             .is_heap = true,
                                             .readable = true});
        at = next;
    }
}

/* Large chunks are mappings of their own, and neighbours merge: each says how long it is.
 * What does not look like one is somebody else's mapping. */
static void add_mapping(struct blocks *blocks, const struct lg_mapping *row)
{
    uint64_t at = row->start;
    bool readable = (row->flags & LG_MAPPING_READ) != 0;
    while (readable && row->segment == LG_SEGMENT_ANON && at < row->end) {
        uint64_t word = word_at(at + 8);
        uint64_t size = word & ~(uint64_t)FLAGS;
        if ((word & FLAGS) != IS_MAPPED || size % 4096 != 0 || size == 0 || size > row->end - at)
            break;
        add_block(blocks, (struct block){.start = at + HEADER_BYTES,
                                         .end = at + size,
                                         .is_heap = true,
                                         .readable = true});
        at += size;
    }
    if (at < row->end)
        add_block(blocks, (struct block){.start = at, .end = row->end, .readable = readable});
}

static bool is_own(const struct lg_sampler *sampler, const struct lg_mapping *row)
{
    return lg_sampler_owns(sampler, row) ||
           (row->start < reach.memory.end && reach.memory.start < row->end);
}

/* A thread's guard is lost, or kept, with the thread's stack. */
static bool is_small_guard(const struct lg_mapping *row)
{
    return row->end - row->start <= 65536;
}

static bool is_candidate(const struct lg_mapping *row)
{
    return row->segment == LG_SEGMENT_ANON || row->segment == LG_SEGMENT_SHARED ||
           row->segment == LG_SEGMENT_FILE ||
           (row->segment == LG_SEGMENT_GUARD && row->inode == 0 &&
            (row->flags & LG_MAPPING_ARENA_RESERVE) == 0 && !is_small_guard(row));
}

static void list(struct blocks *blocks, const struct lg_sampler *sampler,
                 const struct lg_maps *maps)
{
    blocks->count = 0;
    blocks->broken = false;
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        /* What the heap grew by since the fork is a row of its own. */
        const struct lg_mapping *last = row;
        while (row->segment == LG_SEGMENT_HEAP && i + 1 < maps->count &&
               maps->rows[i + 1].segment == LG_SEGMENT_HEAP && last->end == maps->rows[i + 1].start)
            last = &maps->rows[++i];
        if (row->segment == LG_SEGMENT_HEAP)
            add_heap(blocks, row->start, last->end);
        else if (is_candidate(row) && !is_own(sampler, row))
            add_mapping(blocks, row);
    }
}

void lg_reach_begin(const struct lg_sampler *sampler)
{
    list(&reach.before, sampler, lg_sampler_latest(sampler));
}

/* The block of BLOCKS that ADDRESS lies in, or NULL. */
static struct block *find(const struct blocks *blocks, uint64_t address)
{
    size_t low = 0;
    size_t high = blocks->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (blocks->rows[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    struct block *block = low < blocks->count ? &blocks->rows[low] : NULL;
    return block != NULL && block->start <= address ? block : NULL;
}

/* A heap block that was there before, with the same size, is the same: malloc was not
 * asked to forget it. Of mappings, the part that was there before is no news. */
static void mark_new(void)
{
    for (size_t i = 0; i < reach.after.count; i++) {
        struct block *block = &reach.after.rows[i];
        const struct block *old = find(&reach.before, block->start);
        block->is_new = old == NULL || old->is_heap != block->is_heap ||
                        (block->is_heap && (old->start != block->start || old->end != block->end));
    }
}

static void reach_block(struct block *block)
{
    if (block == NULL || block->reached)
        return;
    block->reached = true;
    reach.pending[reach.pending_count++] = (uint32_t)(block - reach.after.rows);
}

/* Each aligned word may be a pointer, to the beginning of a block or into it. */
__attribute__((no_sanitize("address"))) static void scan(uint64_t start, uint64_t end)
{
    for (uint64_t at = (start + 7) & ~(uint64_t)7; at + 8 <= end; at += 8)
        reach_block(find(&reach.after, word_at(at)));
}

static void scan_pending(void)
{
    while (reach.pending_count > 0) {
        const struct block *block = &reach.after.rows[reach.pending[--reach.pending_count]];
        if (block->readable)
            scan(block->start, block->end + block->tail);
    }
}

/* A thread's descriptor begins with its own address, and has it once more two words on (x86-64). */
static bool has_descriptor(uint64_t start, uint64_t end)
{
    for (uint64_t at = (start + 15) & ~(uint64_t)15; at + 24 <= end; at += 16) {
        if (word_at(at) == at && word_at(at + 16) == at)
            return true;
    }
    return false;
}

/* Where in ROW, one of the stacks, that begins which is still in use. The C library keeps stacks of
 * threads that have ended for later ones: but for the upper end, they are full of what those have
 * left there. */
static uint64_t live_part(const struct lg_mapping *row, uint64_t stack_pointer, bool is_alone)
{
    if (stack_pointer >= row->start && stack_pointer < row->end)
        return stack_pointer;
    if (row->segment != LG_SEGMENT_THREAD_STACK || !is_alone || tls_bytes == 0 ||
        tls_bytes > row->end - row->start || !has_descriptor(row->end - tls_bytes, row->end))
        return row->start;
    return row->end - tls_bytes;
}

/* Everything that can be written to and is no block of the run: globals, the stacks, what
 * was mapped before. New mappings are blocks themselves, and must be pointed to. */
static void scan_roots(const struct lg_sampler *sampler, uint64_t stack_pointer, bool is_alone)
{
    const struct lg_maps *latest = lg_sampler_latest(sampler);
    for (size_t i = 0; i < latest->count; i++) {
        const struct lg_mapping *row = &latest->rows[i];
        if ((row->flags & LG_MAPPING_READ) == 0 || (row->flags & LG_MAPPING_WRITE) == 0 ||
            row->segment == LG_SEGMENT_HEAP || is_own(sampler, row))
            continue;
        if (row->segment == LG_SEGMENT_STACK || row->segment == LG_SEGMENT_THREAD_STACK)
            scan(live_part(row, stack_pointer, is_alone), row->end);
        else if (!is_candidate(row))
            scan(row->start, row->end);
    }
    for (size_t i = 0; i < reach.after.count; i++) {
        struct block *block = &reach.after.rows[i];
        if (!block->is_heap && !block->is_new)
            reach_block(block);
    }
}

static void add_up(lg_reach_found *found, struct lg_lost *lost)
{
    *lost = (struct lg_lost){0};
    for (size_t i = 0; i < reach.after.count; i++) {
        const struct block *block = &reach.after.rows[i];
        if (!block->is_new || block->reached)
            continue;
        uint64_t bytes = block->end - block->start;
        if (block->is_heap)
            lost->heap_bytes += bytes + HEADER_BYTES; /* as malloc counts a chunk */
        else
            lost->mapping_bytes += bytes;
        if (found != NULL)
            found(block->start, block->end);
    }
}

int lg_reach_end(const struct lg_sampler *sampler, uint64_t stack_pointer, bool is_alone,
                 lg_reach_found *found, struct lg_lost *out)
{
    list(&reach.after, sampler, lg_sampler_latest(sampler));
    if (reach.before.broken || reach.after.broken)
        return reach.after.count == MAX_BLOCKS ? -ENOBUFS : -EINVAL;
    mark_new();
    scan_roots(sampler, stack_pointer, is_alone);
    scan_pending();
    add_up(found, out);
    return 0;
}
