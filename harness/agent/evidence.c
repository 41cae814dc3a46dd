#include "agent/evidence.h"

#include "agent/agent.h"
#include "agent/census.h"
#include "agent/offsets.h"
#include "agent/output.h"
#include "agent/proc.h"

#include <stdbool.h>

#define LISTED 4096

static const enum lg_gauge counted[] = {LG_GAUGE_FDS, LG_GAUGE_THREADS, LG_GAUGE_CHILDREN};

#define COUNTED (sizeof(counted) / sizeof(counted[0]))

static int32_t base_ids[COUNTED][LISTED];
static struct lg_id_list base[COUNTED];

void lg_evidence_begin(void)
{
    lg_sampler_rebase(&lg_agent.sampler);
    for (size_t i = 0; i < COUNTED; i++) {
        base[i] = (struct lg_id_list){base_ids[i], 0, LISTED};
        if ((lg_agent.record->measured & LG_GAUGE_BIT(counted[i])) != 0)
            lg_census_list(counted[i], &base[i]);
    }
}

/* What is leakgate's own is not among the mappings that the host knew. */
static size_t leave_out_own(struct lg_grown_mapping *grown, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct lg_mapping row = {.start = grown[i].range.start, .end = grown[i].range.end};
        if (!lg_sampler_owns(&lg_agent.sampler, &row))
            grown[kept++] = grown[i];
    }
    return kept;
}

static void keep_grown(struct lg_evidence *evidence)
{
    const struct lg_sampler *sampler = &lg_agent.sampler;
    struct lg_grown_mapping grown[LG_LEDGER_MAX_GROWN + LG_SAMPLER_EXCLUDED];
    const size_t capacity = sizeof(grown) / sizeof(grown[0]);
    const struct lg_maps *latest = lg_sampler_latest(sampler);
    size_t count = lg_maps_grown(lg_sampler_base(sampler), latest, grown, capacity);
    size_t listed = count < capacity ? count : capacity;
    size_t others = leave_out_own(grown, listed);
    count -= listed - others;
    size_t kept = others < LG_LEDGER_MAX_GROWN ? others : LG_LEDGER_MAX_GROWN;
    evidence->grown_count = (uint32_t)count;
    evidence->grown_kept = (uint32_t)kept;
    for (size_t i = 0; i < kept; i++) {
        evidence->grown[i].mapping = grown[i];
        evidence->grown[i].name = 0;
        if (grown[i].name != 0)
            evidence->grown[i].name =
                lg_ledger_add_text(&lg_agent.ledger, latest->names + grown[i].name);
    }
}

static bool is_listed(const struct lg_id_list *list, int32_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->ids[i] == id)
            return true;
    }
    return false;
}

/* The highest of LIST below BELOW, or -1: descriptors and ids mostly go upwards. */
static int32_t highest_below(const struct lg_id_list *list, int32_t below)
{
    int32_t highest = -1;
    for (size_t i = 0; i < list->count; i++) {
        if (list->ids[i] < below && list->ids[i] > highest)
            highest = list->ids[i];
    }
    return highest;
}

/* Ours, or open in the host before: of a first run, nothing was listed before it. */
static bool is_no_tests(enum lg_gauge gauge, int32_t id)
{
    return gauge == LG_GAUGE_FDS && (lg_proc_has_opened(id) || id == lg_agent.reaper.fd ||
                                     lg_output_owns(id) || lg_offsets_was_open(id));
}

static void keep_left(struct lg_evidence *evidence, size_t which, int64_t growth)
{
    int32_t ids[LISTED];
    struct lg_id_list now = {ids, 0, LISTED};
    lg_census_list(counted[which], &now);
    int32_t id = INT32_MAX;
    while (growth > 0 && evidence->left_kept < LG_LEDGER_MAX_LEFT &&
           (id = highest_below(&now, id)) >= 0) {
        char text[600];
        if (is_listed(&base[which], id) || is_no_tests(counted[which], id))
            continue;
        lg_census_describe(counted[which], id, text, sizeof(text));
        evidence->left[evidence->left_kept++] = lg_ledger_add_text(&lg_agent.ledger, text);
        growth--;
    }
}

static void add_stretch(struct lg_strip *strip, struct lg_stretch stretch)
{
    struct lg_stretch *last = strip->count > 0 ? &strip->stretches[strip->count - 1] : NULL;
    if (last != NULL && last->end == stretch.start && last->segment == stretch.segment)
        last->end = stretch.end;
    else if (strip->count == LG_LEDGER_MAX_STRETCHES)
        strip->lost++;
    else
        strip->stretches[strip->count++] = stretch;
}

/* The first of our own ranges that overlaps STRETCH, or NULL. */
static const struct lg_range *own_range(const struct lg_stretch *stretch)
{
    const struct lg_sampler *sampler = &lg_agent.sampler;
    const struct lg_range *first = NULL;
    for (size_t i = 0; i < sampler->excluded_count; i++) {
        const struct lg_range *range = &sampler->excluded[i];
        if (range->start < stretch->end && range->end > stretch->start &&
            (first == NULL || range->start < first->start))
            first = range;
    }
    return first;
}

static void keep_strip(const struct lg_maps *maps, struct lg_strip *strip)
{
    *strip = (struct lg_strip){0};
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        struct lg_stretch stretch = {row->start, row->end, row->segment};
        const struct lg_range *own;
        while (stretch.start < stretch.end && (own = own_range(&stretch)) != NULL) {
            if (own->start > stretch.start)
                add_stretch(strip, (struct lg_stretch){stretch.start, own->start, row->segment});
            stretch.start = own->end;
        }
        if (stretch.start < stretch.end)
            add_stretch(strip, stretch);
    }
}

static void keep_strips(struct lg_evidence *evidence)
{
    struct lg_ledger *ledger = &lg_agent.ledger;
    if (evidence->strips == 0)
        lg_ledger_allocate(ledger, 2 * sizeof(struct lg_strip), &evidence->strips);
    if (evidence->strips == 0)
        return;
    struct lg_strip *strips = (struct lg_strip *)(void *)(ledger->attic + evidence->strips);
    keep_strip(lg_sampler_base(&lg_agent.sampler), &strips[0]);
    keep_strip(lg_sampler_latest(&lg_agent.sampler), &strips[1]);
}

void lg_evidence_keep(const struct lg_sample *before, const struct lg_sample *after)
{
    struct lg_record *record = lg_agent.record;
    struct lg_ledger *ledger = &lg_agent.ledger;
    if (record->evidence == 0)
        lg_ledger_allocate(ledger, sizeof(struct lg_evidence), &record->evidence);
    if (record->evidence == 0)
        return;
    struct lg_evidence *evidence = (struct lg_evidence *)(void *)(ledger->attic + record->evidence);
    struct lg_gauges growth;
    lg_sample_growth(before, after, record->measured, &growth);
    evidence->before = *before;
    evidence->after = *after;
    evidence->left_kept = 0;
    keep_grown(evidence);
    if (growth.values[LG_GAUGE_HEAP] > 0 || growth.values[LG_GAUGE_MMAP] > 0)
        keep_strips(evidence);
    for (size_t i = 0; i < COUNTED; i++) {
        keep_left(evidence, i, growth.values[counted[i]]);
    }
}
