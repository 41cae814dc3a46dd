#include "runner/leaks.h"

#include "runner/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES 64
#define NAMED_SITES 64

/* No process has as much: what is added up of a ledger stays a number. */
#define MOST (INT64_C(1) << 52)

int64_t lg_leaks_gauge_of(const struct lg_site *site, enum lg_gauge gauge)
{
    static const lg_gauge_set in_bytes[LG_SITE_KIND_COUNT] = {
        [LG_SITE_BLOCK] = LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_HEAP),
        [LG_SITE_LARGE_BLOCK] = LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_MMAP),
        [LG_SITE_MAPPING] = LG_GAUGE_BIT(LG_GAUGE_MMAP),
        [LG_SITE_BREAK] = LG_GAUGE_BIT(LG_GAUGE_HEAP),
        [LG_SITE_THREAD] = LG_GAUGE_BIT(LG_GAUGE_MMAP),
    };
    static const lg_gauge_set counted[LG_SITE_KIND_COUNT] = {
        [LG_SITE_THREAD] = LG_GAUGE_BIT(LG_GAUGE_THREADS),
        [LG_SITE_FD] = LG_GAUGE_BIT(LG_GAUGE_FDS),
        [LG_SITE_CHILD] = LG_GAUGE_BIT(LG_GAUGE_CHILDREN),
    };
    if (site->kind >= LG_SITE_KIND_COUNT)
        return 0;
    if ((in_bytes[site->kind] & LG_GAUGE_BIT(gauge)) != 0)
        return site->bytes;
    return (counted[site->kind] & LG_GAUGE_BIT(gauge)) != 0 ? site->count : 0;
}

struct lg_explained lg_leaks_explained(const struct lg_leaks *leaks, enum lg_gauge gauge)
{
    const struct lg_trace *trace = &leaks->trace;
    struct lg_explained sum = {.grown = trace->growth.values[gauge]};
    for (uint32_t kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
        struct lg_site grown = {
            .kind = kind, .bytes = trace->grown_bytes[kind], .count = trace->grown_count[kind]};
        struct lg_site released = {.kind = kind,
                                   .bytes = trace->released_bytes[kind],
                                   .count = trace->released_count[kind]};
        sum.explained += lg_leaks_gauge_of(&grown, gauge);
        sum.released += lg_leaks_gauge_of(&released, gauge);
    }
    return sum;
}

/* A module that was loaded where another had been would lend its names to that. */
static bool is_reused(const struct lg_trace *trace, uint64_t address)
{
    for (uint32_t i = 0; i < trace->reused_kept && i < LG_LEDGER_MAX_REUSED; i++) {
        if (address >= trace->reused[i].start && address < trace->reused[i].end)
            return true;
    }
    return false;
}

static size_t frames_at(const struct lg_trace *trace, struct lg_symbols *symbols, uint64_t address,
                        struct lg_frame *out, size_t capacity)
{
    if (!is_reused(trace, address - 1))
        return lg_symbols_frames(symbols, address, out, capacity);
    out[0] = (struct lg_frame){.offset = address};
    return 1;
}

static int name_frames(struct lg_leak *leak, const struct lg_ledger *ledger,
                       const struct lg_trace *trace, struct lg_symbols *symbols)
{
    uint64_t depth = leak->site.depth < MAX_FRAMES ? leak->site.depth : MAX_FRAMES;
    const uint64_t *addresses = lg_ledger_at(ledger, leak->site.frames, depth * sizeof(uint64_t));
    leak->frames = calloc(MAX_FRAMES, sizeof(*leak->frames));
    if (leak->frames == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; addresses != NULL && i < depth && leak->frame_count < MAX_FRAMES; i++)
        leak->frame_count +=
            frames_at(trace, symbols, addresses[i], leak->frames + leak->frame_count,
                      MAX_FRAMES - leak->frame_count);
    struct lg_frame *fitting =
        reallocarray(leak->frames, leak->frame_count + 1, sizeof(*leak->frames));
    if (fitting != NULL)
        leak->frames = fitting;
    leak->user = lg_frames_find_user(leak->frames, leak->frame_count);
    return 0;
}

static bool is_relevant(const struct lg_site *site, lg_gauge_set over)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((over & LG_GAUGE_BIT(gauge)) != 0 && lg_leaks_gauge_of(site, (enum lg_gauge)gauge) > 0)
            return true;
    }
    return false;
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* By name, at last: the order must be the same in every run. */
static int compare_places(const struct lg_leak *a, const struct lg_leak *b)
{
    for (size_t i = 0; i < a->frame_count && i < b->frame_count; i++) {
        const struct lg_frame *left = &a->frames[i];
        const struct lg_frame *right = &b->frames[i];
        int order = strcmp(text_or_empty(left->file), text_or_empty(right->file));
        if (order == 0)
            order = (left->line > right->line) - (left->line < right->line);
        if (order == 0)
            order = strcmp(text_or_empty(left->function), text_or_empty(right->function));
        if (order == 0)
            order = (left->offset > right->offset) - (left->offset < right->offset);
        if (order == 0)
            order = strcmp(text_or_empty(left->module), text_or_empty(right->module));
        if (order != 0)
            return order;
    }
    return (a->frame_count > b->frame_count) - (a->frame_count < b->frame_count);
}

/* A process, a thread, a descriptor: memory that is held beside it is often its own, as that
 * of a stream. */
static bool owns(const struct lg_leak *leak)
{
    return leak->site.kind == LG_SITE_CHILD || leak->site.kind == LG_SITE_THREAD ||
           leak->site.kind == LG_SITE_FD;
}

static int compare(const void *left, const void *right)
{
    const struct lg_leak *a = left;
    const struct lg_leak *b = right;
    if (a->relevant != b->relevant)
        return a->relevant ? -1 : 1;
    if (owns(a) != owns(b))
        return owns(a) ? -1 : 1;
    if ((a->site.is_part != 0) != (b->site.is_part != 0))
        return a->site.is_part != 0 ? 1 : -1;
    if (a->site.bytes != b->site.bytes)
        return a->site.bytes > b->site.bytes ? -1 : 1;
    if (a->site.count != b->site.count)
        return a->site.count > b->site.count ? -1 : 1;
    if (a->site.kind != b->site.kind)
        return a->site.kind < b->site.kind ? -1 : 1;
    return compare_places(a, b);
}

static bool is_same_text(const char *a, const char *b)
{
    return strcmp(text_or_empty(a), text_or_empty(b)) == 0;
}

static bool is_same_frame(const struct lg_frame *a, const struct lg_frame *b)
{
    return a->line == b->line && is_same_text(a->file, b->file) &&
           is_same_text(a->function, b->function) && is_same_text(a->module, b->module) &&
           (a->file != NULL || a->offset == b->offset);
}

static const char *name_of(const struct lg_frame *frame)
{
    return frame->function != NULL ? frame->function : frame->door;
}

/* The same function of a library, wherever in it. */
static bool is_same_function(const struct lg_frame *a, const struct lg_frame *b)
{
    return is_same_text(a->module, b->module) && is_same_text(name_of(a), name_of(b)) &&
           (name_of(a) != NULL || a->offset == b->offset);
}

/* What differs in a library only, inside what the user's code has called, is one site. */
static bool is_same_site(const struct lg_leak *a, const struct lg_leak *b)
{
    size_t from_a = a->user < a->frame_count ? a->user : 0;
    size_t from_b = b->user < b->frame_count ? b->user : 0;
    if (a->site.kind != b->site.kind || a->by != b->by || (from_a == 0) != (from_b == 0) ||
        a->frame_count - from_a != b->frame_count - from_b)
        return false;
    if (from_a > 0 && !is_same_function(&a->frames[from_a - 1], &b->frames[from_b - 1]))
        return false;
    for (size_t i = 0; i < a->frame_count - from_a; i++) {
        if (!is_same_frame(&a->frames[from_a + i], &b->frames[from_b + i]))
            return false;
    }
    return true;
}

static void add_site(struct lg_site *sum, const struct lg_site *term)
{
    sum->is_part = sum->is_part != 0 && term->is_part != 0;
    sum->each_bytes = sum->each_bytes == term->each_bytes ? sum->each_bytes : 0;
    sum->bytes += term->bytes;
    sum->count += term->count;
    sum->warm_up_bytes += term->warm_up_bytes;
    sum->warm_up_count += term->warm_up_count;
}

static void join_sites(struct lg_leaks *leaks)
{
    size_t kept = 0;
    for (size_t i = 0; i < leaks->count; i++) {
        size_t same = 0;
        while (same < kept && !is_same_site(&leaks->rows[same], &leaks->rows[i]))
            same++;
        if (same == kept) {
            struct lg_leak row = leaks->rows[kept];
            leaks->rows[kept++] = leaks->rows[i];
            leaks->rows[i] = row;
            continue;
        }
        add_site(&leaks->rows[same].site, &leaks->rows[i].site);
        free(leaks->rows[i].frames);
        leaks->rows[i].frames = NULL;
    }
    leaks->joined = leaks->count - kept;
    leaks->count = kept;
}

int64_t lg_leaks_per_run(const struct lg_leaks *leaks, const struct lg_site *site)
{
    int64_t runs = leaks->trace.runs > 0 ? leaks->trace.runs : 1;
    int64_t growth = site->bytes != 0 ? site->bytes : site->count;
    return growth / runs + (growth % runs > 0);
}

/* What the sites that BY matches take per run, of those in bytes or of those that count, is no
 * more than its maximum: one for all of a test. */
static bool is_within(const struct lg_leaks *leaks, const struct lg_suppression *by, bool in_bytes)
{
    struct lg_site all = {0};
    for (size_t i = 0; i < leaks->count; i++) {
        const struct lg_leak *leak = &leaks->rows[i];
        if (leak->by == by && (leak->site.bytes != 0) == in_bytes)
            add_site(&all, &leak->site);
    }
    return lg_leaks_per_run(leaks, &all) <= by->max;
}

static void suppress(struct lg_leaks *leaks)
{
    for (size_t i = 0; i < leaks->count; i++) {
        struct lg_leak *leak = &leaks->rows[i];
        leak->suppressed = leak->by != NULL && is_within(leaks, leak->by, true) &&
                           is_within(leaks, leak->by, false);
    }
}

struct lg_gauges lg_leaks_suppressed(const struct lg_leaks *leaks)
{
    struct lg_gauges sum = {{0}};
    for (size_t i = 0; i < leaks->count; i++) {
        for (int gauge = 0; gauge < LG_GAUGE_COUNT && leaks->rows[i].suppressed; gauge++)
            sum.values[gauge] += lg_leaks_gauge_of(&leaks->rows[i].site, (enum lg_gauge)gauge);
    }
    return sum;
}

void lg_leaks_set_over(struct lg_leaks *leaks, lg_gauge_set over)
{
    for (size_t i = 0; i < leaks->count; i++)
        leaks->rows[i].relevant = is_relevant(&leaks->rows[i].site, over);
    if (leaks->count > 0)
        qsort(leaks->rows, leaks->count, sizeof(*leaks->rows), compare);
}

static int64_t bounded(int64_t number)
{
    return number > MOST ? MOST : number < -MOST ? -MOST : number;
}

static int64_t never_negative(int64_t number)
{
    return number > 0 ? bounded(number) : 0;
}

static void bound_trace(struct lg_trace *trace)
{
    for (int kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
        trace->grown_bytes[kind] = never_negative(trace->grown_bytes[kind]);
        trace->grown_count[kind] = never_negative(trace->grown_count[kind]);
        trace->released_bytes[kind] = never_negative(trace->released_bytes[kind]);
        trace->released_count[kind] = never_negative(trace->released_count[kind]);
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        trace->growth.values[gauge] = bounded(trace->growth.values[gauge]);
}

/* More bytes may be held in fewer blocks. */
static void bound_site(struct lg_site *site)
{
    site->bytes = never_negative(site->bytes);
    site->count = bounded(site->count);
    site->warm_up_bytes = bounded(site->warm_up_bytes);
    site->warm_up_count = bounded(site->warm_up_count);
}

static bool are_users(const struct lg_suppressions *list)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (!list->rows[i].builtin)
            return true;
    }
    return false;
}

/* To find names takes time: for the report, those of the largest are enough. A suppression is
 * asked for all that were kept. */
static uint32_t sites_to_read(const struct lg_trace *trace, const struct lg_suppressions *list)
{
    uint32_t limit = are_users(list) ? LG_LEDGER_MAX_SITES : NAMED_SITES;
    return trace->sites_kept < limit ? trace->sites_kept : limit;
}

/* Which suppression it is that takes LEAK; none where names are missing that there are would make
 * a leak of what is none. */
static int find_suppression(struct lg_leak *leak, const struct lg_suppressions *list,
                            const struct lg_symbols *symbols)
{
    if (list != NULL)
        leak->by = lg_suppressions_match(list, leak->frames, leak->frame_count);
    return leak->by == NULL && are_users(list) && lg_symbols_lacked_memory(symbols) ? -ENOMEM : 0;
}

static int read_sites(struct lg_leaks *leaks, const struct lg_ledger *ledger, lg_gauge_set over,
                      const struct lg_leaks_how *how)
{
    errno = 0;
    struct lg_symbols *symbols = lg_symbols_pool_get(
        how->symbols, lg_ledger_text(ledger, leaks->trace.maps), how->debuginfod);
    uint32_t kept = sites_to_read(&leaks->trace, how->suppressions);
    const struct lg_site *sites =
        lg_ledger_at(ledger, leaks->trace.sites, kept * sizeof(struct lg_site));
    if (sites == NULL || kept == 0)
        return 0;
    leaks->rows = calloc(kept, sizeof(*leaks->rows));
    if (leaks->rows == NULL)
        return -ENOMEM;
    for (; leaks->count < kept; leaks->count++) {
        struct lg_leak *leak = &leaks->rows[leaks->count];
        leak->site = sites[leaks->count];
        bound_site(&leak->site);
        leak->relevant = is_relevant(&leak->site, over);
        if (leak->site.kind >= LG_SITE_KIND_COUNT)
            break;
        if (name_frames(leak, ledger, &leaks->trace, symbols) != 0 ||
            find_suppression(leak, how->suppressions, symbols) != 0)
            return -ENOMEM;
    }
    qsort(leaks->rows, leaks->count, sizeof(*leaks->rows), compare);
    join_sites(leaks);
    suppress(leaks);
    qsort(leaks->rows, leaks->count, sizeof(*leaks->rows), compare);
    return 0;
}

int lg_leaks_read(const struct lg_ledger *ledger, const struct lg_record *record, lg_gauge_set over,
                  const struct lg_leaks_how *how, struct lg_leaks **out)
{
    struct lg_ledger part = lg_ledger_part(ledger, record);
    const struct lg_trace *trace = lg_ledger_at(&part, record->trace, sizeof(*trace));
    *out = NULL;
    if (record->tracing != LG_TRACING_DONE || trace == NULL)
        return 0;
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return -ENOMEM;
    (*out)->trace = *trace;
    bound_trace(&(*out)->trace);
    return read_sites(*out, &part, over, how);
}

void lg_leaks_free(struct lg_leaks *leaks)
{
    if (leaks == NULL)
        return;
    for (size_t i = 0; leaks->rows != NULL && i < leaks->count; i++)
        free(leaks->rows[i].frames);
    free(leaks->rows);
    free(leaks);
}

const struct lg_frame *lg_leaks_place(const struct lg_leaks *leaks)
{
    for (size_t i = 0; leaks != NULL && i < leaks->count; i++) {
        const struct lg_leak *leak = &leaks->rows[i];
        if (leak->relevant && !leak->suppressed && leak->user < leak->frame_count)
            return &leak->frames[leak->user];
    }
    return NULL;
}
