#include "agent/trace/ranges.h"

#include <string.h>

void lg_ranges_init(struct lg_ranges *ranges, struct lg_traced_range *rows, size_t capacity,
                    struct lg_sites *sites)
{
    *ranges = (struct lg_ranges){.rows = rows, .capacity = capacity, .sites = sites};
}

static void account(const struct lg_ranges *ranges, const struct lg_traced_range *row, int sign)
{
    lg_sites_add(ranges->sites, row->site, sign * (int64_t)(row->end - row->start), sign);
}

/* The first row that ends behind ADDRESS. */
static size_t find(const struct lg_ranges *ranges, uint64_t address)
{
    size_t low = 0;
    size_t high = ranges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->rows[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct lg_ranges *ranges, size_t at, struct lg_traced_range row)
{
    if (ranges->count == ranges->capacity) {
        ranges->lost++;
        return;
    }
    struct lg_traced_range *rows = ranges->rows;
    memmove(rows + at + 1, rows + at, (ranges->count - at) * sizeof(*rows));
    rows[at] = row;
    ranges->count++;
    account(ranges, &row, 1);
}

static void erase(struct lg_ranges *ranges, size_t at)
{
    struct lg_traced_range *rows = ranges->rows;
    account(ranges, &rows[at], -1);
    memmove(rows + at, rows + at + 1, (ranges->count - at - 1) * sizeof(*rows));
    ranges->count--;
}

/* Lets a row begin at ADDRESS, if one lies across it. */
static void split(struct lg_ranges *ranges, uint64_t address)
{
    size_t at = find(ranges, address);
    if (at == ranges->count || ranges->rows[at].start >= address)
        return;
    struct lg_traced_range head = ranges->rows[at];
    struct lg_traced_range tail = head;
    head.end = address;
    tail.start = address;
    erase(ranges, at);
    insert(ranges, at, head);
    insert(ranges, find(ranges, address), tail);
}

/* Takes out what of row AT lies between START and END: a row less, as many, or one more. */
static void cut(struct lg_ranges *ranges, size_t at, uint64_t start, uint64_t end)
{
    struct lg_traced_range head = ranges->rows[at];
    struct lg_traced_range tail = head;
    erase(ranges, at);
    if (head.start < start) {
        head.end = start;
        insert(ranges, at++, head);
    }
    if (tail.end > end) {
        tail.start = end;
        insert(ranges, at, tail);
    }
}

uint64_t lg_ranges_clear(struct lg_ranges *ranges, uint64_t start, uint64_t end)
{
    uint64_t known = 0;
    size_t at = find(ranges, start);
    while (start < end && at < ranges->count && ranges->rows[at].start < end) {
        struct lg_traced_range row = ranges->rows[at];
        uint64_t from = row.start > start ? row.start : start;
        uint64_t to = row.end < end ? row.end : end;
        known += row.site != 0 ? to - from : 0;
        cut(ranges, at, start, end);
        at += row.start < start;
    }
    return known;
}

void lg_ranges_set(struct lg_ranges *ranges, struct lg_traced_range range)
{
    if (range.start >= range.end)
        return;
    lg_ranges_clear(ranges, range.start, range.end);
    insert(ranges, find(ranges, range.start), range);
}

static bool is_memory_of_nobody(const struct lg_traced_range *row)
{
    return row->site == 0 && !row->reserved;
}

void lg_ranges_replace(struct lg_ranges *ranges, struct lg_traced_range range)
{
    struct lg_traced_range part = range;
    while (part.start < range.end) {
        size_t at = find(ranges, part.start);
        while (at < ranges->count && !is_memory_of_nobody(&ranges->rows[at]))
            at++;
        struct lg_traced_range nobody = {.start = range.end, .end = range.end};
        if (at < ranges->count && ranges->rows[at].start < range.end)
            nobody = ranges->rows[at];
        part.end = nobody.start > part.start ? nobody.start : part.start;
        lg_ranges_set(ranges, part);
        part.start = nobody.end;
    }
}

/* The same for a row that is reserved. */
static void split_reserved(struct lg_ranges *ranges, uint64_t address)
{
    size_t at = find(ranges, address);
    if (at < ranges->count && ranges->rows[at].reserved)
        split(ranges, address);
}

void lg_ranges_mark(struct lg_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++) {
        struct lg_traced_range *row = &ranges->rows[i];
        row->marked = true;
        if (!row->reserved)
            continue;
        account(ranges, row, -1);
        row->site = 0;
    }
}

void lg_ranges_commit(struct lg_ranges *ranges, uint64_t start, uint64_t end, uint32_t site)
{
    if (start >= end)
        return;
    split_reserved(ranges, start);
    split_reserved(ranges, end);
    for (size_t at = find(ranges, start); at < ranges->count && ranges->rows[at].start < end;
         at++) {
        struct lg_traced_range *row = &ranges->rows[at];
        if (!row->reserved)
            continue;
        row->reserved = false;
        if (row->site != 0)
            continue;
        row->site = site;
        account(ranges, row, 1);
    }
}

void lg_ranges_reserve(struct lg_ranges *ranges, uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    split(ranges, start);
    split(ranges, end);
    for (size_t at = find(ranges, start); at < ranges->count && ranges->rows[at].start < end;
         at++) {
        struct lg_traced_range *row = &ranges->rows[at];
        row->reserved = true;
        if (!row->marked)
            continue;
        account(ranges, row, -1);
        row->site = 0;
    }
}
