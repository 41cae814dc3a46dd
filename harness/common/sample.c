#include "common/sample.h"

#include <string.h>

static uint64_t overlap(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
    uint64_t from = start > other_start ? start : other_start;
    uint64_t to = end < other_end ? end : other_end;
    return to > from ? to - from : 0;
}

/* The reserve behind an arena may have merged with a neighbour's guard. */
static uint64_t arena_reserve(const struct lg_mapping *row)
{
    const uint64_t arena = UINT64_C(64) << 20;
    uint64_t in_arena = arena - row->start % arena;
    uint64_t bytes = row->end - row->start;
    return bytes < in_arena ? bytes : in_arena;
}

void lg_sample_count(struct lg_sample *sample, const struct lg_maps *maps,
                     const struct lg_range *excluded, size_t count)
{
    memset(sample->segment_bytes, 0, sizeof(sample->segment_bytes));
    sample->arena_reserve_bytes = 0;
    sample->mappings = maps->count;
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        uint64_t bytes = row->end - row->start;
        for (size_t r = 0; r < count; r++)
            bytes -= overlap(row->start, row->end, excluded[r].start, excluded[r].end);
        sample->segment_bytes[row->segment] += bytes;
        if ((row->flags & LG_MAPPING_ARENA_RESERVE) != 0)
            sample->arena_reserve_bytes += arena_reserve(row);
    }
}

static uint64_t heap_bytes(const struct lg_sample *sample)
{
    return sample->segment_bytes[LG_SEGMENT_HEAP] + sample->segment_bytes[LG_SEGMENT_ARENA];
}

static uint64_t reserved_bytes(const struct lg_sample *sample)
{
    return sample->segment_bytes[LG_SEGMENT_GUARD] - sample->arena_reserve_bytes;
}

/* Everything with access that is neither the heap nor the main stack. */
static uint64_t mapped_bytes(const struct lg_sample *sample)
{
    static const enum lg_segment segments[] = {
        LG_SEGMENT_TEXT, LG_SEGMENT_DATA,   LG_SEGMENT_ANON,
        LG_SEGMENT_FILE, LG_SEGMENT_SHARED, LG_SEGMENT_THREAD_STACK,
    };
    uint64_t bytes = 0;
    for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
        bytes += sample->segment_bytes[segments[i]];
    return bytes;
}

int64_t lg_sample_gauge(const struct lg_sample *sample, enum lg_gauge gauge)
{
    switch (gauge) {
    case LG_GAUGE_HEAP:
        return (int64_t)heap_bytes(sample);
    case LG_GAUGE_MMAP:
        return (int64_t)(mapped_bytes(sample) + reserved_bytes(sample));
    case LG_GAUGE_LIVE:
        return (int64_t)sample->live_bytes;
    case LG_GAUGE_FRAG:
        if (sample->arena_bytes < sample->live_bytes)
            return 0;
        return (int64_t)(sample->arena_bytes - sample->live_bytes);
    case LG_GAUGE_FDS:
        return (int64_t)sample->fds;
    case LG_GAUGE_THREADS:
        return (int64_t)sample->threads;
    case LG_GAUGE_CHILDREN:
        return (int64_t)sample->children;
    default:
        return 0;
    }
}

static int64_t difference(uint64_t before, uint64_t after)
{
    return (int64_t)(after - before);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The [heap] mapping ends at the page above the break: the break is exact. */
static int64_t exact_heap_growth(const struct lg_sample *before, const struct lg_sample *after)
{
    return difference(before->program_break, after->program_break) +
           difference(before->segment_bytes[LG_SEGMENT_ARENA],
                      after->segment_bytes[LG_SEGMENT_ARENA]);
}

void lg_sample_growth(const struct lg_sample *before, const struct lg_sample *after,
                      lg_gauge_set measured, struct lg_gauges *out)
{
    struct lg_gauges growth = {{0}};
    int64_t heap = difference(heap_bytes(before), heap_bytes(after));
    if ((measured & LG_GAUGE_BIT(LG_GAUGE_LIVE)) != 0) {
        int64_t live = difference(before->live_bytes, after->live_bytes);
        int64_t arena = difference(before->arena_bytes, after->arena_bytes);
        int64_t frag = live <= 0 ? larger(arena, 0) : 0;
        heap = exact_heap_growth(before, after) - frag;
        growth.values[LG_GAUGE_LIVE] = live;
        growth.values[LG_GAUGE_FRAG] = frag;
    }
    growth.values[LG_GAUGE_HEAP] = heap;
    growth.values[LG_GAUGE_MMAP] =
        difference(mapped_bytes(before), mapped_bytes(after)) +
        larger(difference(reserved_bytes(before), reserved_bytes(after)), 0);
    growth.values[LG_GAUGE_FDS] = difference(before->fds, after->fds);
    growth.values[LG_GAUGE_THREADS] = difference(before->threads, after->threads);
    growth.values[LG_GAUGE_CHILDREN] = difference(before->children, after->children);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((measured & LG_GAUGE_BIT(gauge)) == 0)
            growth.values[gauge] = 0;
    }
    *out = growth;
}

size_t lg_maps_grown(const struct lg_maps *before, const struct lg_maps *after,
                     struct lg_grown_mapping *out, size_t capacity)
{
    size_t found = 0;
    size_t first = 0;
    for (size_t i = 0; i < after->count; i++) {
        const struct lg_mapping *row = &after->rows[i];
        if (row->segment == LG_SEGMENT_STACK || row->segment == LG_SEGMENT_SPECIAL)
            continue;
        uint64_t grown = row->end - row->start;
        while (first < before->count && before->rows[first].end <= row->start)
            first++;
        for (size_t b = first; b < before->count && before->rows[b].start < row->end; b++)
            grown -= overlap(row->start, row->end, before->rows[b].start, before->rows[b].end);
        if (grown == 0)
            continue;
        if (found < capacity)
            out[found] = (struct lg_grown_mapping){
                {row->start, row->end}, grown, row->segment, row->flags, row->name};
        found++;
    }
    return found;
}
