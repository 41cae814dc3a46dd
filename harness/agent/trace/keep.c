/* What a traced run has found, added to the ledger. */
#include "agent/agent.h"
#include "agent/trace/trace.h"
#include "agent/trace/unloaded.h"

#include <string.h>
#include <sys/mman.h>

static int64_t grown_bytes(const struct lg_traced_site *row)
{
    return row->bytes - row->marked_bytes;
}

static int64_t grown_count(const struct lg_traced_site *row)
{
    return row->count - row->marked_count;
}

static bool has_grown(const struct lg_traced_site *row)
{
    return grown_bytes(row) > 0 || (grown_bytes(row) == 0 && grown_count(row) > 0);
}

static void add_up(struct lg_trace *trace)
{
    for (int kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
        trace->released_bytes[kind] = lg_trace.released_bytes[kind];
        trace->released_count[kind] = lg_trace.released_count[kind];
    }
    for (uint32_t i = 1; i < lg_trace.sites.count; i++) {
        const struct lg_traced_site *row = &lg_trace.sites.rows[i];
        int64_t bytes = grown_bytes(row);
        int64_t count = grown_count(row);
        trace->grown_bytes[row->kind] += bytes > 0 ? bytes : 0;
        trace->grown_count[row->kind] += count > 0 ? count : 0;
        trace->released_bytes[row->kind] += bytes < 0 ? -bytes : 0;
        trace->released_count[row->kind] += count < 0 ? -count : 0;
    }
}

static void add_example(struct lg_site *site, uint64_t start, uint64_t end)
{
    if (site->examples_kept >= LG_LEDGER_MAX_EXAMPLES || start >= end)
        return;
    site->examples[site->examples_kept].start = start;
    site->examples[site->examples_kept].bytes = end - start;
    site->examples_kept++;
}

/* Of mappings, what is there now counts: parts of them may have been given back. */
static void add_mappings(struct lg_site *site, uint32_t number)
{
    bool first = true;
    for (size_t i = lg_trace.ranges.count; i-- > 0;) {
        const struct lg_traced_range *row = &lg_trace.ranges.rows[i];
        int64_t bytes = (int64_t)(row->end - row->start);
        if (row->site != number)
            continue;
        site->each_bytes = first || site->each_bytes == bytes ? bytes : 0;
        first = false;
        add_example(site, row->start, row->end);
    }
}

static void add_examples(struct lg_site *site, uint32_t number)
{
    if (site->kind == LG_SITE_MAPPING)
        add_mappings(site, number);
    for (size_t i = 0; i < LG_TRACE_MAX_THREADS && site->kind == LG_SITE_THREAD; i++) {
        const struct lg_traced_thread *entry = &lg_trace.threads[i];
        if (entry->site != number || !lg_trace_holds_stack(entry))
            continue;
        struct lg_range range = lg_trace_stack_of(entry);
        add_example(site, range.start, range.end);
    }
}

static bool keep_site(struct lg_site *site, uint32_t number)
{
    const struct lg_traced_site *row = &lg_trace.sites.rows[number];
    uint64_t *frames =
        lg_ledger_allocate(&lg_agent.ledger, row->depth * sizeof(*frames) + 8, &site->frames);
    if (frames == NULL)
        return false;
    memcpy(frames, lg_trace.sites.frames + row->first_frame, row->depth * sizeof(*frames));
    site->kind = row->kind;
    site->depth = row->depth;
    site->bytes = grown_bytes(row);
    site->count = grown_count(row);
    site->each_bytes = row->each_bytes;
    site->is_part = row->count > 0 && 2 * row->parts > row->count;
    site->warm_up_bytes = row->marked_bytes;
    site->warm_up_count = row->marked_count;
    add_examples(site, number);
    return true;
}

/* What is counted first, so that one descriptor is not lost among many blocks; then the largest;
 * then what was reached first. */
static bool goes_before(uint32_t a, uint32_t b)
{
    const struct lg_traced_site *left = &lg_trace.sites.rows[a];
    const struct lg_traced_site *right = &lg_trace.sites.rows[b];
    bool left_counts = left->kind >= LG_SITE_THREAD;
    bool right_counts = right->kind >= LG_SITE_THREAD;
    if (left_counts != right_counts)
        return left_counts;
    if (grown_bytes(left) != grown_bytes(right))
        return grown_bytes(left) > grown_bytes(right);
    if (grown_count(left) != grown_count(right))
        return grown_count(left) > grown_count(right);
    return a < b;
}

static uint32_t order[LG_SITES_MAX]; /* of the sites that have grown */

static void sift_down(uint32_t root, uint32_t count)
{
    uint32_t moved = order[root];
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && goes_before(order[child], order[child + 1]))
            child++;
        if (!goes_before(moved, order[child]))
            break;
        order[root] = order[child];
    }
    order[root] = moved;
}

/* In place: libc's qsort allocates. Returns how many there are. */
static uint32_t sort_grown(void)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < lg_trace.sites.count; i++) {
        if (has_grown(&lg_trace.sites.rows[i]))
            order[count++] = i;
    }
    for (uint32_t root = count / 2; root-- > 0;)
        sift_down(root, count);
    for (uint32_t last = count; last-- > 1;) {
        uint32_t least = order[0];
        order[0] = order[last];
        order[last] = least;
        sift_down(0, last);
    }
    return count;
}

static void keep_sites(struct lg_trace *trace)
{
    uint32_t count = sort_grown();
    trace->sites_found = count;
    count = count < LG_LEDGER_MAX_SITES ? count : LG_LEDGER_MAX_SITES;
    struct lg_site *sites =
        lg_ledger_allocate(&lg_agent.ledger, (count + 1) * sizeof(*sites), &trace->sites);
    if (sites == NULL)
        return;
    while (trace->sites_kept < count &&
           keep_site(&sites[trace->sites_kept], order[trace->sites_kept]))
        trace->sites_kept++;
}

static lg_attic keep_modules(struct lg_trace *trace)
{
    size_t capacity;
    char *text = lg_agent_read_modules(&capacity);
    if (text == NULL)
        return 0;
    trace->reused_kept = (uint32_t)lg_unloaded_reused(text, trace->reused, LG_LEDGER_MAX_REUSED);
    lg_unloaded_append(text, capacity);
    lg_attic kept = lg_ledger_add_text(&lg_agent.ledger, text);
    munmap(text, capacity);
    return kept;
}

lg_attic lg_trace_keep(uint32_t warm_ups, uint32_t runs, const struct lg_gauges *growth,
                       bool only_lost)
{
    lg_attic offset;
    struct lg_trace *trace = lg_ledger_allocate(&lg_agent.ledger, sizeof(struct lg_trace), &offset);
    if (trace == NULL)
        return 0;
    lg_trace_count();
    lg_trace_find_owners();
    trace->runs = runs;
    trace->warm_ups = warm_ups;
    trace->only_lost = only_lost;
    trace->growth = *growth;
    trace->blocks_lost = lg_trace.blocks.lost;
    trace->stacks_lost = lg_trace.sites.lost;
    trace->ranges_lost = lg_trace.ranges.lost;
    add_up(trace);
    keep_sites(trace);
    trace->maps = keep_modules(trace);
    return offset;
}
