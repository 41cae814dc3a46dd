/* What a traced run has found, added to the ledger. */
#include "agent/agent.h"
#include "agent/census.h"
#include "agent/trace/trace.h"
#include "agent/trace/unloaded.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is not noted as it comes and goes is counted: descriptors, threads, processes. */

static void clear_kind(enum lg_site_kind kind)
{
    for (uint32_t i = 1; i < lg_trace.sites.count; i++) {
        if (lg_trace.sites.rows[i].kind == kind) {
            lg_trace.sites.rows[i].bytes = 0;
            lg_trace.sites.rows[i].count = 0;
        }
    }
}

static void count_fds(void)
{
    clear_kind(LG_SITE_FD);
    for (int fd = 0; fd < LG_TRACE_MAX_FDS; fd++) {
        if (lg_trace.fds[fd] != 0 && fcntl(fd, F_GETFD) >= 0)
            lg_sites_add(&lg_trace.sites, lg_trace.fds[fd], 0, 1);
    }
}

/* A thread's handle lies in its stack. The guard below is part of what it takes. */
static struct lg_range stack_of(const struct lg_traced_thread *entry)
{
    const struct lg_maps *maps = &lg_agent.sampler.latest;
    uint64_t address = (uint64_t)entry->thread;
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        if (address < row->start || address >= row->end)
            continue;
        struct lg_range range = {row->start, row->end};
        if (i > 0 && row[-1].end == row->start && row[-1].segment == LG_SEGMENT_GUARD)
            range.start = row[-1].start;
        return range;
    }
    return (struct lg_range){0};
}

static bool holds_stack(const struct lg_traced_thread *entry)
{
    return entry->state == LG_THREAD_RUNS || entry->state == LG_THREAD_ENDED;
}

static void count_threads(void)
{
    clear_kind(LG_SITE_THREAD);
    for (size_t i = 0; i < LG_TRACE_MAX_THREADS; i++) {
        const struct lg_traced_thread *entry = &lg_trace.threads[i];
        if (!holds_stack(entry))
            continue;
        struct lg_range range = stack_of(entry);
        lg_sites_add(&lg_trace.sites, entry->site, (int64_t)(range.end - range.start), 1);
    }
}

static bool is_known_child(int32_t pid, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (lg_trace.children->rows[i].pid == pid)
            return true;
    }
    return false;
}

/* What nobody has noted was started by vfork, if anything was. */
static void count_vforked(uint32_t count)
{
    static int32_t ids[LG_TRACE_MAX_CHILDREN];
    struct lg_id_list list = {ids, 0, LG_TRACE_MAX_CHILDREN};
    if (lg_trace.vfork_site == 0 || lg_census_list(LG_GAUGE_CHILDREN, &list) != 0)
        return;
    for (size_t i = 0; i < list.count; i++) {
        if (!is_known_child(ids[i], count))
            lg_sites_add(&lg_trace.sites, lg_trace.vfork_site, 0, 1);
    }
}

static void count_children(void)
{
    struct lg_traced_children *children = lg_trace.children;
    clear_kind(LG_SITE_CHILD);
    uint32_t count =
        children->count < LG_TRACE_MAX_CHILDREN ? children->count : LG_TRACE_MAX_CHILDREN;
    count_vforked(count);
    for (uint32_t i = 0; i < count; i++) {
        if (children->rows[i].pid > 0 && kill(children->rows[i].pid, 0) == 0)
            lg_sites_add(&lg_trace.sites, children->rows[i].site, 0, 1);
    }
}

static void count_what_is_there(void)
{
    count_fds();
    count_threads();
    count_children();
}

void lg_trace_mark(void)
{
    lg_trace_disarm();
    count_what_is_there();
    lg_ranges_mark(&lg_trace.ranges);
    lg_sites_mark(&lg_trace.sites);
    memset(lg_trace.released_bytes, 0, sizeof(lg_trace.released_bytes));
    memset(lg_trace.released_count, 0, sizeof(lg_trace.released_count));
    *lg_trace.active = true;
}

static void add_lost(uint32_t site, uint64_t bytes)
{
    lg_sites_add(&lg_trace.sites, site, (int64_t)bytes, 1);
}

void lg_trace_begin_lost(void)
{
    for (uint32_t i = 1; i < lg_trace.sites.count; i++) {
        struct lg_traced_site *row = &lg_trace.sites.rows[i];
        row->bytes = 0;
        row->count = 0;
        row->marked_bytes = 0;
        row->marked_count = 0;
    }
}

void lg_trace_lose(uint64_t start, uint64_t end)
{
    const struct lg_block *block = lg_blocks_find(&lg_trace.blocks, start);
    if (block != NULL) {
        add_lost(block->site, block->bytes);
        return;
    }
    for (size_t i = 0; i < lg_trace.ranges.count; i++) {
        const struct lg_traced_range *row = &lg_trace.ranges.rows[i];
        uint64_t from = row->start > start ? row->start : start;
        uint64_t to = row->end < end ? row->end : end;
        if (from < to)
            add_lost(row->site, to - from);
    }
}

/* The ledger's copy. */

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
        trace->sites_found += has_grown(row);
    }
}

/* The largest that was not taken yet: by kind, so that one descriptor is not lost among many
 * blocks. Returns 0 if there is none. */
static uint32_t largest(const bool *taken, enum lg_site_kind kind)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < lg_trace.sites.count; i++) {
        const struct lg_traced_site *row = &lg_trace.sites.rows[i];
        const struct lg_traced_site *than = &lg_trace.sites.rows[best];
        if (row->kind != kind || taken[i] || !has_grown(row))
            continue;
        if (best == 0 || grown_bytes(row) > grown_bytes(than) ||
            (grown_bytes(row) == grown_bytes(than) && grown_count(row) > grown_count(than)))
            best = i;
    }
    return best;
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
        struct lg_range range = stack_of(&lg_trace.threads[i]);
        if (lg_trace.threads[i].site == number && holds_stack(&lg_trace.threads[i]))
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

static void keep_sites(struct lg_trace *trace)
{
    static bool taken[LG_SITES_MAX];
    struct lg_site *sites =
        lg_ledger_allocate(&lg_agent.ledger, LG_LEDGER_MAX_SITES * sizeof(*sites), &trace->sites);
    if (sites == NULL)
        return;
    bool more = true;
    while (more && trace->sites_kept < LG_LEDGER_MAX_SITES) {
        more = false;
        for (int kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
            uint32_t number = largest(taken, (enum lg_site_kind)kind);
            if (number == 0 || trace->sites_kept == LG_LEDGER_MAX_SITES ||
                !keep_site(&sites[trace->sites_kept], number))
                continue;
            taken[number] = true;
            trace->sites_kept++;
            more = true;
        }
    }
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
    count_what_is_there();
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
