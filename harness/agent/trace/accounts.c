/* What the call sites of a traced run hold, when growth begins to count, and at its end. */
#include "agent/agent.h"
#include "agent/census.h"
#include "agent/trace/trace.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
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

/* A thread's handle lies in its stack. */
struct lg_range lg_trace_stack_of(const struct lg_traced_thread *entry)
{
    const struct lg_maps *maps = lg_sampler_latest(&lg_agent.sampler);
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

bool lg_trace_holds_stack(const struct lg_traced_thread *entry)
{
    return entry->state == LG_THREAD_RUNS || entry->state == LG_THREAD_ENDED;
}

static void count_threads(void)
{
    clear_kind(LG_SITE_THREAD);
    for (size_t i = 0; i < LG_TRACE_MAX_THREADS; i++) {
        const struct lg_traced_thread *entry = &lg_trace.threads[i];
        if (!lg_trace_holds_stack(entry))
            continue;
        struct lg_range range = lg_trace_stack_of(entry);
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

void lg_trace_count(void)
{
    count_fds();
    count_threads();
    count_children();
}

void lg_trace_mark(void)
{
    lg_trace_disarm();
    lg_trace_count();
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
