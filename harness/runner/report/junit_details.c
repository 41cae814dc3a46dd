#include "runner/report/junit_details.h"

#include "runner/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SITES 16
#define FRAMES 16

static void text_property(struct junit *junit, const char *name, struct lg_text *text)
{
    if (text->length > 0)
        lg_junit_property(junit, name, lg_text_string(text));
    junit->failed |= text->failed;
    lg_text_free(text);
}

static void budget_property(struct junit *junit, const struct lg_row *row, int gauge,
                            const char *name)
{
    int64_t limit = row->choice->budget.limits.values[gauge];
    if (row->verdict.growth.values[gauge] <= 0)
        return;
    if (limit == LG_BUDGET_UNLIMITED)
        lg_junit_property(junit, name, "unlimited");
    else
        lg_junit_number_property(junit, name, limit);
}

static void growth_properties(struct junit *junit, const struct lg_row *row)
{
    const struct lg_record *record = row->record;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const char *gauge_name = lg_gauge_name((enum lg_gauge)gauge);
        const char *unit = lg_gauge_in_bytes((enum lg_gauge)gauge) ? "_bytes" : "_count";
        char name[64];
        snprintf(name, sizeof(name), "growth_per_run.%s%s", gauge_name, unit);
        int64_t per_run = lg_verdict_per_run(&row->verdict, (enum lg_gauge)gauge);
        if ((record->measured & LG_GAUGE_BIT(gauge)) == 0) {
            lg_junit_property(junit, name, "not measured");
            continue;
        }
        if (per_run == 0 && record->first_growth.values[gauge] == 0)
            continue;
        lg_junit_number_property(junit, name, per_run);
        snprintf(name, sizeof(name), "first_run_growth.%s%s", gauge_name, unit);
        lg_junit_number_property(junit, name, record->first_growth.values[gauge]);
        snprintf(name, sizeof(name), "budget.%s%s", gauge_name, unit);
        budget_property(junit, row, gauge, name);
    }
}

/* The attributes of the case may tell where its leak is. */
static void place_properties(struct junit *junit, const struct lg_row *row)
{
    if (row->where.file == NULL)
        return;
    lg_junit_start(junit, "property");
    lg_junit_attribute(junit, "name", "test_file");
    lg_junit_path_attribute(junit, "value", row->where.file);
    lg_junit_end(junit);
    lg_junit_number_property(junit, "test_line", row->where.line);
}

static void suppressed_property(struct junit *junit, const struct lg_row *row)
{
    struct lg_text text = {0};
    if (lg_message_add_suppressed(&text, row->leaks) && text.length > 0) {
        text.data[text.length - 1] = '\0'; /* no newline at the end */
        lg_junit_property(junit, "suppressed", lg_text_string(&text));
    }
    junit->failed |= text.failed;
    lg_text_free(&text);
}

static void unmeasured_property(struct junit *junit, const struct lg_row *row)
{
    struct lg_text reason = {0};
    lg_text_add(&reason, "%s", "by its own wish");
    if (row->record->wishes.reason != 0)
        lg_text_add(&reason, ": ");
    struct lg_ledger part = lg_ledger_part(junit->results->ledger, row->record);
    lg_message_add_text(&reason, &part, row->record->wishes.reason);
    lg_junit_property(junit, "not_measured", lg_text_string(&reason));
    junit->failed |= reason.failed;
    lg_text_free(&reason);
}

static void over_property(struct junit *junit, const struct lg_row *row)
{
    struct lg_text text = {0};
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((row->verdict.over & LG_GAUGE_BIT(gauge)) != 0)
            lg_text_add(&text, "%s%s", text.length > 0 ? " " : "",
                        lg_gauge_name((enum lg_gauge)gauge));
    }
    text_property(junit, "over", &text);
}

static void steps_property(struct junit *junit, const struct lg_row *row)
{
    const struct lg_record *record = row->record;
    uint32_t count =
        record->steps_count < LG_LEDGER_MAX_STEPS ? record->steps_count : LG_LEDGER_MAX_STEPS;
    struct lg_ledger part = lg_ledger_part(junit->results->ledger, record);
    const struct lg_step *steps =
        lg_ledger_at(&part, record->steps, count * sizeof(struct lg_step));
    struct lg_text text = {0};
    for (uint32_t i = 0; steps != NULL && i < count; i++) {
        lg_text_add(&text, "%s%" PRIu32 "%s", i > 0 ? ";" : "", steps[i].runs,
                    steps[i].warm_up != 0 ? "w" : "");
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            if (steps[i].growth.values[gauge] != 0)
                lg_text_add(&text, " %s=%" PRId64, lg_gauge_name((enum lg_gauge)gauge),
                            steps[i].growth.values[gauge]);
        }
    }
    text_property(junit, "growth_by_run", &text);
}

static const char *site_kind(uint32_t kind)
{
    static const char *const kinds[LG_SITE_KIND_COUNT] = {
        "block", "large-block", "mapping", "break", "thread", "descriptor", "process",
    };
    return kind < LG_SITE_KIND_COUNT ? kinds[kind] : "block";
}

/* A part of a line: on one line, and without tabs. */
static void add_part(struct lg_text *text, const char *part)
{
    size_t start = text->length;
    lg_text_add_clean(text, part, strlen(part));
    for (size_t i = start; i < text->length; i++) {
        if (text->data[i] == '\n' || text->data[i] == '\t')
            text->data[i] = ' ';
    }
}

static void add_frame(struct lg_text *text, const struct lg_results *results,
                      const struct lg_frame *frame)
{
    struct lg_text path = {0};
    if (frame->file != NULL)
        lg_message_add_path(&path, results, frame->file);
    lg_text_add(text, "\n");
    add_part(text, frame->function != NULL ? frame->function
                   : frame->door != NULL   ? frame->door
                                           : "?");
    lg_text_add(text, "\t");
    add_part(text, lg_text_string(&path));
    lg_text_add(text, "\t%u\t", frame->line);
    add_part(text, frame->module != NULL ? frame->module : "");
    lg_text_free(&path);
}

static void site_properties(struct junit *junit, const struct lg_leaks *leaks)
{
    for (size_t i = 0; i < leaks->count && i < SITES; i++) {
        const struct lg_leak *leak = &leaks->rows[i];
        struct lg_text text = {0};
        if (leak->suppressed)
            continue;
        lg_text_add(&text, "%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32 " %s",
                    site_kind(leak->site.kind), leak->site.bytes, leak->site.count,
                    leak->site.each_bytes, leaks->trace.runs, leak->relevant ? "over" : "within");
        for (size_t f = 0; f < leak->frame_count && f < FRAMES; f++)
            add_frame(&text, junit->results, &leak->frames[f]);
        text_property(junit, "call_site", &text);
    }
}

static void strip_property(struct junit *junit, const char *name, const struct lg_strip *strip)
{
    struct lg_text text = {0};
    for (uint32_t i = 0; i < strip->count && i < LG_LEDGER_MAX_STRETCHES; i++) {
        const struct lg_stretch *at = &strip->stretches[i];
        enum lg_segment segment =
            at->segment < LG_SEGMENT_COUNT ? (enum lg_segment)at->segment : LG_SEGMENT_SPECIAL;
        lg_text_add(&text, "%s%" PRIx64 "-%" PRIx64 " %s", i > 0 ? ";" : "", at->start, at->end,
                    lg_segment_name(segment));
    }
    text_property(junit, name, &text);
}

static void strip_properties(struct junit *junit, const struct lg_record *record)
{
    struct lg_ledger part = lg_ledger_part(junit->results->ledger, record);
    const struct lg_evidence *evidence =
        lg_ledger_at(&part, record->evidence, sizeof(struct lg_evidence));
    const struct lg_strip *strips =
        evidence != NULL ? lg_ledger_at(&part, evidence->strips, 2 * sizeof(struct lg_strip))
                         : NULL;
    if (strips == NULL)
        return;
    strip_property(junit, "mappings_before", &strips[0]);
    strip_property(junit, "mappings_after", &strips[1]);
}

void lg_junit_case_properties(struct junit *junit, const struct lg_row *row)
{
    const struct lg_record *record = row->record;
    if (record == NULL || record->kind != LG_RECORD_TEST || record->state != LG_RECORD_ENDED)
        return;
    lg_junit_start(junit, "properties");
    lg_junit_property(junit, "verdict", lg_verdict_name(row->verdict.kind));
    if (row->where.function != NULL)
        lg_junit_property(junit, "function", row->where.function);
    place_properties(junit, row);
    lg_junit_number_property(junit, "runs", record->runs);
    lg_junit_number_property(junit, "asserts", record->asserts);
    if (record->peak_rss_bytes > 0)
        lg_junit_number_property(junit, "peak_rss_bytes", (int64_t)record->peak_rss_bytes);
    if (record->carried > 0)
        lg_junit_number_property(junit, "carried_after_tests", record->carried);
    if (record->repeat != LG_REPEAT_FINE)
        lg_junit_property(junit, "repeatable", "no");
    if (row->verdict.unmeasured)
        unmeasured_property(junit, row);
    suppressed_property(junit, row);
    if (record->ending == LG_ENDING_FINISHED && record->asserts_failed == 0) {
        growth_properties(junit, row);
        over_property(junit, row);
        steps_property(junit, row);
    }
    if (row->leaks != NULL)
        site_properties(junit, row->leaks);
    if (row->verdict.kind == LG_VERDICT_LEAKED)
        strip_properties(junit, record);
    lg_junit_end(junit);
}
