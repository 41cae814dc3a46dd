#include "runner/message.h"

#include <inttypes.h>

#define SHOWN_FRAMES 40

const struct lg_failure *lg_message_newest_failure(const struct lg_results *results,
                                                   const struct lg_record *record)
{
    struct lg_ledger part = lg_ledger_part(results->ledger, record);
    return lg_ledger_at(&part, record->failures, sizeof(struct lg_failure));
}

void lg_message_add_failure(struct lg_text *text, const struct lg_ledger *ledger,
                            const struct lg_failure *failure)
{
    lg_message_add_text(text, ledger, failure->file);
    lg_text_add(text, ":%" PRIu32 ": ", failure->line);
    lg_message_add_text(text, ledger, failure->condition);
}

static void add_failures(struct lg_text *text, const struct lg_results *results,
                         const struct lg_record *record)
{
    const struct lg_failure *failures[LG_LEDGER_MAX_FAILURES];
    struct lg_ledger part = lg_ledger_part(results->ledger, record);
    size_t kept = 0;
    for (const struct lg_failure *next = lg_message_newest_failure(results, record);
         next != NULL && kept < LG_LEDGER_MAX_FAILURES;
         next = lg_ledger_at(&part, next->previous, sizeof(*next)))
        failures[kept++] = next;
    size_t shown = 0;
    for (; kept > 0 && shown < 50; shown++) {
        lg_message_add_failure(text, &part, failures[--kept]);
        lg_text_add(text, "\n");
    }
    if (record->asserts_failed > shown)
        lg_text_add(text, "... and %zu more\n", record->asserts_failed - shown);
}

static void add_gauge_rows(struct lg_text *text, const struct lg_row *row,
                           const struct lg_evidence *evidence)
{
    lg_text_add(text, "\n%-8s %14s %14s %14s %12s %12s\n", "gauge", "before", "after", "growth",
                "per run", "budget");
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        enum lg_gauge gauge = (enum lg_gauge)g;
        if ((row->record->measured & LG_GAUGE_BIT(g)) == 0 ||
            (gauge == LG_GAUGE_FRAG && row->verdict.growth.values[g] == 0))
            continue;
        int64_t limit = row->choice->budget.limits.values[g];
        lg_text_add(text, "%-8s %14" PRId64 " %14" PRId64 " %+14" PRId64 " %+12" PRId64,
                    lg_gauge_name(gauge), lg_sample_gauge(&evidence->before, gauge),
                    lg_sample_gauge(&evidence->after, gauge), row->verdict.growth.values[g],
                    lg_verdict_per_run(&row->verdict, gauge));
        if (limit == LG_BUDGET_UNLIMITED)
            lg_text_add(text, " %12s", "none");
        else
            lg_text_add(text, " %12" PRId64, limit);
        lg_text_add(text, "%s\n", (row->verdict.over & LG_GAUGE_BIT(g)) != 0 ? "  over" : "");
    }
    lg_text_add(text, "bytes, over %" PRIu32 " run%s\n", row->verdict.runs,
                row->verdict.runs == 1 ? "" : "s");
}

static void add_mappings(struct lg_text *text, const struct lg_ledger *ledger,
                         const struct lg_evidence *evidence)
{
    uint32_t kept =
        evidence->grown_kept < LG_LEDGER_MAX_GROWN ? evidence->grown_kept : LG_LEDGER_MAX_GROWN;
    if (kept == 0)
        return;
    lg_text_add(text, "\nmappings that grew:\n");
    for (uint32_t i = 0; i < kept; i++) {
        const struct lg_grown_mapping *grown = &evidence->grown[i].mapping;
        enum lg_segment segment = grown->segment < LG_SEGMENT_COUNT
                                      ? (enum lg_segment)grown->segment
                                      : LG_SEGMENT_SPECIAL;
        char mode[5];
        lg_text_add(text, "  %012" PRIx64 "-%012" PRIx64 " %s %-12s +", grown->range.start,
                    grown->range.end, lg_mapping_mode(grown->flags, mode),
                    lg_segment_name(segment));
        lg_text_add_size(text, grown->grown_bytes);
        if (evidence->grown[i].name != 0) {
            lg_text_add(text, "  ");
            lg_message_add_text(text, ledger, evidence->grown[i].name);
        }
        lg_text_add(text, "\n");
    }
    if (evidence->grown_count > kept)
        lg_text_add(text, "  ... and %" PRIu32 " more\n", evidence->grown_count - kept);
}

static void add_left(struct lg_text *text, const struct lg_ledger *ledger,
                     const struct lg_evidence *evidence)
{
    uint32_t kept =
        evidence->left_kept < LG_LEDGER_MAX_LEFT ? evidence->left_kept : LG_LEDGER_MAX_LEFT;
    lg_text_add(text, "%s", kept > 0 ? "\nleft behind:\n" : "");
    for (uint32_t i = 0; i < kept; i++) {
        lg_text_add(text, "  ");
        lg_message_add_text(text, ledger, evidence->left[i]);
        lg_text_add(text, "\n");
    }
    if (kept == LG_LEDGER_MAX_LEFT)
        lg_text_add(text, "  ... and maybe more\n");
}

/* "run 2: live +32 B" or "runs 5-8: live +128 B"; nothing grown is "none". */
static void add_step(struct lg_text *text, const struct lg_step *step, uint32_t first)
{
    if (step->runs == 1)
        lg_text_add(text, "  run %" PRIu32 "%s:", first, step->warm_up != 0 ? " (warm-up)" : "");
    else
        lg_text_add(text, "  runs %" PRIu32 "-%" PRIu32 ":", first, first + step->runs - 1);
    bool any = false;
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        if (step->growth.values[g] == 0)
            continue;
        lg_text_add(text, "%s %s ", any ? "," : "", lg_gauge_name((enum lg_gauge)g));
        lg_text_add_growth(text, (enum lg_gauge)g, step->growth.values[g]);
        any = true;
    }
    lg_text_add(text, "%s\n", any ? "" : " none");
}

/* A growth per run that may be of a part of the runs only: "+112 B", "+10.5 B". */
static void add_rate(struct lg_text *text, enum lg_gauge gauge, double rate)
{
    bool whole = rate == (double)(int64_t)rate;
    lg_text_add(text, whole ? "%+.0f" : "%+.1f", rate);
    lg_text_add(text, "%s", lg_gauge_in_bytes(gauge) ? " B" : "");
}

/* How sure it is: the least and the most of what GAUGE grew by per run. */
static void add_spread(struct lg_text *text, enum lg_gauge gauge, const struct lg_step *steps,
                       uint32_t count)
{
    double least = 0;
    double most = 0;
    uint32_t measured = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (steps[i].warm_up != 0 || steps[i].runs == 0)
            continue;
        double rate = (double)steps[i].growth.values[gauge] / steps[i].runs;
        least = measured == 0 || rate < least ? rate : least;
        most = measured == 0 || rate > most ? rate : most;
        measured++;
    }
    if (measured < 2)
        return;
    lg_text_add(text, "  %s per run: ", lg_gauge_name(gauge));
    add_rate(text, gauge, least);
    if (most > least) {
        lg_text_add(text, " to ");
        add_rate(text, gauge, most);
    }
    lg_text_add(text, "%s %" PRIu32 " measurements\n", most > least ? " in" : ", the same in all",
                measured);
}

static void add_steps(struct lg_text *text, const struct lg_results *results,
                      const struct lg_row *row)
{
    const struct lg_record *record = row->record;
    uint32_t count =
        record->steps_count < LG_LEDGER_MAX_STEPS ? record->steps_count : LG_LEDGER_MAX_STEPS;
    struct lg_ledger part = lg_ledger_part(results->ledger, record);
    const struct lg_step *steps =
        lg_ledger_at(&part, record->steps, count * sizeof(struct lg_step));
    if (steps == NULL || count == 0)
        return;
    lg_text_add(text, "\ngrowth by run:\n");
    uint32_t first = 1;
    for (uint32_t i = 0; i < count; i++) {
        add_step(text, &steps[i], first);
        first += steps[i].runs;
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((row->verdict.over & LG_GAUGE_BIT(gauge)) != 0)
            add_spread(text, (enum lg_gauge)gauge, steps, count);
    }
}

static void add_stack(struct lg_text *text, const struct lg_results *results,
                      const struct lg_stack *stack)
{
    lg_text_add(text, "%s", stack->frame_count > 0 ? "\nwhere it stood:\n" : "");
    for (size_t i = 0; i < stack->frame_count && i < SHOWN_FRAMES; i++) {
        lg_text_add(text, "  ");
        lg_message_add_frame(text, results, &stack->frames[i]);
        lg_text_add(text, "\n");
    }
    if (stack->frame_count > SHOWN_FRAMES)
        lg_text_add(text, "  ... and %zu more\n", stack->frame_count - SHOWN_FRAMES);
}

void lg_message_add_details(const struct lg_results *results, const struct lg_row *row,
                            struct lg_text *text)
{
    const struct lg_record *record = row->record;
    if (record == NULL)
        return;
    if (record->asserts_failed > 0)
        add_failures(text, results, record);
    if (row->stack != NULL)
        add_stack(text, results, row->stack);
    if (row->verdict.kind != LG_VERDICT_LEAKED)
        return;
    struct lg_ledger part = lg_ledger_part(results->ledger, record);
    const struct lg_evidence *evidence =
        lg_ledger_at(&part, record->evidence, sizeof(struct lg_evidence));
    lg_message_add_leaks(results, row, text);
    if (evidence != NULL)
        add_gauge_rows(text, row, evidence);
    add_steps(text, results, row);
    if (evidence != NULL) {
        add_mappings(text, &part, evidence);
        add_left(text, &part, evidence);
    }
}
