/* What is said of the call sites of a leak, below its line. */
#include "runner/leaks.h"
#include "runner/message.h"
#include "runner/message_parts.h"
#include "runner/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Readers give up on more, and so do people. */
#define SHOWN_SITES 8
#define SHOWN_FRAMES 12

static void add_plural(struct lg_text *text, int64_t count, const char *one, const char *many)
{
    lg_text_add(text, "%" PRId64 " %s", count, count == 1 ? one : many);
}

static void add_blocks(struct lg_text *text, const struct lg_site *site, const char *one,
                       const char *many)
{
    lg_text_add(text, "+");
    lg_text_add_size(text, (uint64_t)site->bytes);
    if (site->count <= 0) {
        lg_text_add(text, " by growth of a %s", one);
        return;
    }
    lg_text_add(text, " in ");
    add_plural(text, site->count, one, many);
    if (site->count > 1 && site->each_bytes > 0)
        lg_text_add(text, " of %" PRId64 " B", site->each_bytes);
}

/* maps has merged them with their neighbours. */
static void add_examples(struct lg_text *text, const struct lg_site *site)
{
    uint32_t kept =
        site->examples_kept < LG_LEDGER_MAX_EXAMPLES ? site->examples_kept : LG_LEDGER_MAX_EXAMPLES;
    for (uint32_t i = 0; i < kept; i++) {
        lg_text_add(text, "%s", i == 0 ? ": " : ", ");
        lg_text_add_size(text, site->examples[i].bytes);
        lg_text_add(text, " at %012" PRIx64, site->examples[i].start);
    }
    if (kept > 0 && site->count > kept)
        lg_text_add(text, ", ...");
}

static void add_what(struct lg_text *text, const struct lg_site *site)
{
    switch (site->kind) {
    case LG_SITE_BLOCK:
        add_blocks(text, site, "block", "blocks");
        break;
    case LG_SITE_LARGE_BLOCK:
        add_blocks(text, site, "block with a mapping of its own",
                   "blocks with mappings of their own");
        break;
    case LG_SITE_MAPPING:
        add_blocks(text, site, "mapping", "mappings");
        add_examples(text, site);
        break;
    case LG_SITE_BREAK:
        add_blocks(text, site, "move of the break", "moves of the break");
        break;
    case LG_SITE_THREAD:
        lg_text_add(text, "+");
        add_plural(text, site->count, "thread", "threads");
        lg_text_add(text, " with ");
        lg_text_add_size(text, (uint64_t)site->bytes);
        lg_text_add(text, " of stack");
        break;
    case LG_SITE_FD:
        lg_text_add(text, "+");
        add_plural(text, site->count, "descriptor", "descriptors");
        break;
    default:
        lg_text_add(text, "+");
        add_plural(text, site->count, "process", "processes");
    }
}

void lg_message_add_path(struct lg_text *text, const struct lg_results *results, const char *path)
{
    char relative[PATH_MAX];
    const char *shown = lg_source_relative(path, results->source_root, relative, sizeof(relative));
    lg_text_add_clean(text, shown, strlen(shown));
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The offset that follows is not the door's. */
static void add_door(struct lg_text *text, const char *door)
{
    lg_text_add(text, "within ");
    lg_text_add_clean(text, door, strlen(door));
    lg_text_add(text, ", ");
}

void lg_message_add_frame(struct lg_text *text, const struct lg_results *results,
                          const struct lg_frame *frame)
{
    if (frame->module == NULL) {
        lg_text_add(text, "? where one module was loaded after another");
        return;
    }
    if (frame->function != NULL)
        lg_text_add_clean(text, frame->function, strlen(frame->function));
    else if (frame->door != NULL)
        add_door(text, frame->door);
    else
        lg_text_add(text, "?");
    if (frame->file != NULL) {
        lg_text_add(text, " at ");
        lg_message_add_path(text, results, frame->file);
        lg_text_add(text, ":%u", frame->line);
        return;
    }
    const char *module = base_name(frame->module);
    lg_text_add(text, "+0x%" PRIx64 " in ", frame->offset);
    lg_text_add_clean(text, module, strlen(module));
    if (frame->build_id != NULL)
        lg_text_add(text, " (build id %s)", frame->build_id);
}

/* What the user's code has called. */
static void add_called(struct lg_text *text, const struct lg_frame *frame)
{
    const char *name = frame->function != NULL ? frame->function : frame->door;
    if (name == NULL || frame->module == NULL)
        return;
    lg_text_add(text, "      in ");
    lg_text_add_clean(text, name, strlen(name));
    lg_text_add(text, " of ");
    lg_text_add_clean(text, base_name(frame->module), strlen(base_name(frame->module)));
    lg_text_add(text, "\n");
}

/* The frames of libraries inside the user's call are cut, but for the one that was called. */
static void add_frames(struct lg_text *text, const struct lg_results *results,
                       const struct lg_leak *leak)
{
    size_t first = leak->user < leak->frame_count ? leak->user : 0;
    if (leak->frame_count == 0)
        lg_text_add(text, "      a call that is on no stack\n");
    if (first > 0)
        add_called(text, &leak->frames[first - 1]);
    size_t shown = 0;
    for (size_t i = first; i < leak->frame_count && shown < SHOWN_FRAMES; i++, shown++) {
        lg_text_add(text, "      ");
        lg_message_add_frame(text, results, &leak->frames[i]);
        lg_text_add(text, "%s\n", leak->frames[i].inlined ? " (inlined)" : "");
    }
    if (first + shown < leak->frame_count)
        lg_text_add(text, "      ... and %zu more\n", leak->frame_count - first - shown);
}

void lg_message_add_suppression(struct lg_text *text, const struct lg_suppression *suppression)
{
    lg_text_add(text, "%s", suppression->builtin ? "" : "leak:");
    lg_text_add_clean(text, suppression->pattern, strlen(suppression->pattern));
    lg_text_add(text, " (");
    lg_text_add_clean(text, suppression->source, strlen(suppression->source));
    if (suppression->reason != NULL)
        lg_text_add(text, ": %s", suppression->reason);
    lg_text_add(text, ")");
}

/* What a suppression would cover if it were not for its maximum. */
static void add_exceeded(struct lg_text *text, const struct lg_leak *leak)
{
    if (leak->by == NULL || leak->suppressed)
        return;
    lg_text_add(text, "      over the maximum of ");
    lg_message_add_suppression(text, leak->by);
    lg_text_add(text, "\n");
}

static void add_site(struct lg_text *text, const struct lg_results *results,
                     const struct lg_leak *leak)
{
    lg_text_add(text, "  ");
    add_what(text, &leak->site);
    if (leak->site.warm_up_count > 0)
        lg_text_add(text, ", and %" PRId64 " from warm-up", leak->site.warm_up_count);
    lg_text_add(text, "\n");
    add_frames(text, results, leak);
    add_exceeded(text, leak);
}

static void add_explained(struct lg_text *text, const struct lg_leaks *leaks, enum lg_gauge gauge)
{
    struct lg_explained sum = lg_leaks_explained(leaks, gauge);
    const char *unit = lg_gauge_in_bytes(gauge) ? " B" : "";
    int64_t net = sum.explained - sum.released;
    int64_t explained = sum.explained < sum.grown ? sum.explained : sum.grown;
    lg_text_add(text, "  %s: call sites explain %" PRId64 " of %" PRId64 "%s", lg_gauge_name(gauge),
                explained > 0 ? explained : 0, sum.grown, unit);
    if (explained < sum.grown)
        lg_text_add(text, "; %" PRId64 "%s %s %s", sum.grown - explained, unit,
                    sum.grown - explained == 1 ? "is" : "are",
                    gauge == LG_GAUGE_HEAP ? "malloc's own overhead" : "of no call that was seen");
    else if (net < sum.grown && sum.released > 0)
        lg_text_add(text, "; %" PRId64 "%s that %s there before %s given back", sum.released, unit,
                    sum.released == 1 ? "was" : "were", sum.released == 1 ? "was" : "were");
    lg_text_add(text, "\n");
}

/* One line for all that SUPPRESSION has matched. */
static void add_matched(struct lg_text *text, const struct lg_leaks *leaks,
                        const struct lg_suppression *suppression)
{
    struct lg_site all = {0};
    size_t sites = 0;
    for (size_t i = 0; i < leaks->count; i++) {
        if (leaks->rows[i].by != suppression || !leaks->rows[i].suppressed)
            continue;
        all.bytes += leaks->rows[i].site.bytes;
        all.count += leaks->rows[i].site.count;
        sites++;
    }
    lg_text_add(text, "%" PRId64 "%s/run from %zu call site%s, by ", lg_leaks_per_run(leaks, &all),
                all.bytes != 0 ? " B" : "", sites, sites == 1 ? "" : "s");
    lg_message_add_suppression(text, suppression);
    lg_text_add(text, "\n");
}

/* Each line begins with PREFIX. */
static bool add_suppressed(struct lg_text *text, const struct lg_leaks *leaks, const char *prefix)
{
    bool any = false;
    for (size_t i = 0; leaks != NULL && i < leaks->count; i++) {
        bool first = leaks->rows[i].suppressed;
        for (size_t before = 0; before < i && first; before++)
            first = leaks->rows[before].by != leaks->rows[i].by;
        if (!first)
            continue;
        lg_text_add(text, "%s", prefix);
        add_matched(text, leaks, leaks->rows[i].by);
        any = true;
    }
    return any;
}

bool lg_message_add_suppressed(struct lg_text *text, const struct lg_leaks *leaks)
{
    return add_suppressed(text, leaks, "");
}

static void add_lost(struct lg_text *text, uint64_t count, const char *one, const char *many)
{
    if (count > 0)
        lg_text_add(text, "  %" PRIu64 " %s\n", count, count == 1 ? one : many);
}

static void add_what_did_not_fit(struct lg_text *text, const struct lg_trace *trace)
{
    add_lost(text, trace->blocks_lost, "block is beyond what can be traced",
             "blocks are beyond what can be traced");
    add_lost(text, trace->stacks_lost, "call came from more places than can be kept",
             "calls came from more places than can be kept");
    add_lost(text, trace->ranges_lost, "mapping is beyond what can be traced",
             "mappings are beyond what can be traced");
}

static void add_sites(struct lg_text *text, const struct lg_results *results,
                      const struct lg_leaks *leaks)
{
    size_t shown = 0;
    size_t relevant = 0;
    for (size_t i = 0; i < leaks->count; i++) {
        if (!leaks->rows[i].relevant || leaks->rows[i].suppressed)
            continue;
        relevant++;
        if (shown < SHOWN_SITES) {
            add_site(text, results, &leaks->rows[i]);
            shown++;
        }
    }
    if (relevant > shown)
        lg_text_add(text, "  ... and %zu call site%s more\n", relevant - shown,
                    relevant - shown == 1 ? "" : "s");
    size_t read = leaks->count + leaks->joined;
    if (leaks->trace.sites_found > read)
        lg_text_add(text, "  ... and %zu smaller one%s\n", leaks->trace.sites_found - read,
                    leaks->trace.sites_found - read == 1 ? "" : "s");
}

/* Where there is no trace, though it was taken, the ledger was full. */
static const char *why_not_traced(uint32_t tracing)
{
    switch (tracing) {
    case LG_TRACING_DONE:
        return "there was no room left for them";
    case LG_TRACING_NO_MEMORY:
        return "there was no memory for the tables of a traced run";
    case LG_TRACING_FAILED:
        return "the test failed, or ended, when it was run once more to be traced";
    default:
        return NULL;
    }
}

void lg_message_add_leaks(const struct lg_results *results, const struct lg_row *row,
                          struct lg_text *text)
{
    const struct lg_leaks *leaks = row->leaks;
    const char *why = why_not_traced(row->record->tracing);
    if (leaks == NULL) {
        if (why != NULL)
            lg_text_add(text, "\ncall sites are not known: %s\n", why);
        return;
    }
    lg_text_add(text, "\ncall sites, ");
    if (leaks->trace.only_lost != 0)
        lg_text_add(text, "of what nothing points to after a single run:\n");
    else
        lg_text_add(text, "of %" PRIu32 " traced run%s after %" PRIu32 " to warm up:\n",
                    leaks->trace.runs, leaks->trace.runs == 1 ? "" : "s", leaks->trace.warm_ups);
    add_sites(text, results, leaks);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((row->verdict.over & LG_GAUGE_BIT(gauge)) != 0 && gauge != LG_GAUGE_FRAG)
            add_explained(text, leaks, (enum lg_gauge)gauge);
    }
    add_what_did_not_fit(text, &leaks->trace);
    add_suppressed(text, leaks, "  suppressed: ");
}
