#include "runner/verdict.h"

#define PAGE_BYTES 4096.0
#define ROUNDING 0.001 /* of a byte per run, over which no growth is */

static enum lg_verdict_kind kind_of_unfinished(const struct lg_record *record,
                                               enum lg_program_end end)
{
    switch (record->state) {
    case LG_RECORD_INACTIVE:
    case LG_RECORD_FILTERED:
    case LG_RECORD_OTHER_SHARD:
        return LG_VERDICT_SKIPPED;
    case LG_RECORD_REGISTERED:
        return end == LG_PROGRAM_EXITED ? LG_VERDICT_SKIPPED : LG_VERDICT_BROKEN;
    default:
        return LG_VERDICT_BROKEN;
    }
}

static enum lg_verdict_kind kind_of_ending(const struct lg_record *record)
{
    switch (record->ending) {
    case LG_ENDING_FINISHED:
        return record->asserts_failed > 0 ? LG_VERDICT_FAILED : LG_VERDICT_PASSED;
    case LG_ENDING_EXITED:
        return LG_VERDICT_EXITED_EARLY;
    case LG_ENDING_SIGNALED:
        return LG_VERDICT_CRASHED;
    case LG_ENDING_TIMED_OUT:
        return LG_VERDICT_TIMED_OUT;
    case LG_ENDING_NOT_SAMPLED:
        return record->asserts_failed > 0 ? LG_VERDICT_FAILED : LG_VERDICT_BROKEN;
    default:
        return LG_VERDICT_BROKEN;
    }
}

/* Growth of one run may be a cache that was filled for the first time. Of memory, only
 * what nothing points to any more is known to be lost. */
static struct lg_gauges single_growth(const struct lg_record *record)
{
    struct lg_gauges growth = record->first_growth;
    if (record->lost_known != 0) {
        growth.values[LG_GAUGE_HEAP] = 0;
        growth.values[LG_GAUGE_FRAG] = 0;
        growth.values[LG_GAUGE_LIVE] = (int64_t)record->lost_heap_bytes;
        growth.values[LG_GAUGE_MMAP] = (int64_t)record->lost_mapping_bytes;
    }
    /* The heap grows by the page: whether what `live` counts has taken one more is chance. */
    int64_t live = growth.values[LG_GAUGE_LIVE];
    bool by_chance = (record->measured & LG_GAUGE_BIT(LG_GAUGE_LIVE)) != 0 && live > 0 &&
                     (double)growth.values[LG_GAUGE_HEAP] <= (double)live + PAGE_BYTES;
    if (by_chance && growth.values[LG_GAUGE_HEAP] > 0)
        growth.values[LG_GAUGE_HEAP] = 0;
    return growth;
}

static void judge_growth(struct lg_verdict *verdict, const struct lg_record *record,
                         const struct lg_budget *budget)
{
    verdict->single_run = record->repeat != LG_REPEAT_FINE || record->judged_runs == 0 ||
                          (record->judged_runs == 1 && record->runs == 1);
    if (record->repeat != LG_REPEAT_FINE) {
        verdict->growth = single_growth(record);
        verdict->runs = 1;
        verdict->grown = lg_gauges_grown(&verdict->growth) & record->measured;
    } else {
        verdict->growth = record->growth;
        verdict->runs = record->judged_runs > 0 ? record->judged_runs : 1;
        verdict->grown = record->leaking & record->measured;
    }
    verdict->over =
        lg_gauges_over(&verdict->growth, verdict->runs, verdict->grown, &budget->limits);
    if (verdict->over != 0)
        verdict->kind = LG_VERDICT_LEAKED;
}

struct lg_verdict lg_verdict_of(const struct lg_record *record, const struct lg_budget *budget,
                                enum lg_program_end end)
{
    struct lg_verdict verdict = {.kind = LG_VERDICT_PASSED, .runs = 1};
    if (record->state != LG_RECORD_ENDED) {
        verdict.kind = kind_of_unfinished(record, end);
        return verdict;
    }
    if (record->kind != LG_RECORD_TEST) {
        verdict.kind = LG_VERDICT_FAILED;
        return verdict;
    }
    verdict.kind = kind_of_ending(record);
    if (verdict.kind != LG_VERDICT_PASSED)
        return verdict;
    verdict.unmeasured = (record->wishes.flags & LG_WISH_UNMEASURED) != 0;
    if (verdict.unmeasured)
        return verdict;
    if ((record->measured & LG_GAUGES_OF_MEMORY) == 0)
        verdict.kind = LG_VERDICT_BROKEN;
    else
        judge_growth(&verdict, record, budget);
    return verdict;
}

/* Less than a page of the heap per run is malloc's overhead for the blocks in it, unless blocks
 * of other call sites are over the limit themselves. */
static bool is_covered(enum lg_gauge gauge, const struct lg_suppressed *traced, int64_t limit)
{
    int64_t suppressed = traced->suppressed.values[gauge];
    double remains = (double)(traced->grown.values[gauge] - suppressed) / traced->runs;
    double others = (double)traced->others.values[gauge] / traced->runs;
    if (suppressed <= 0)
        return false;
    if (gauge == LG_GAUGE_HEAP)
        return remains < (double)limit + PAGE_BYTES && others < (double)limit + ROUNDING;
    return remains < (double)limit + ROUNDING;
}

void lg_verdict_suppress(struct lg_verdict *verdict, const struct lg_suppressed *traced,
                         const struct lg_budget *budget)
{
    if (verdict->kind != LG_VERDICT_LEAKED || traced->runs == 0)
        return;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        verdict->covered.values[gauge] = traced->suppressed.values[gauge] / traced->runs;
        if ((verdict->over & LG_GAUGE_BIT(gauge)) != 0 &&
            is_covered((enum lg_gauge)gauge, traced, budget->limits.values[gauge]))
            verdict->suppressed |= LG_GAUGE_BIT(gauge);
    }
    verdict->over &= ~verdict->suppressed;
    if (verdict->over == 0)
        verdict->kind = LG_VERDICT_PASSED;
}

void lg_verdict_ratchet(struct lg_verdict *verdict, lg_gauge_set better)
{
    if (verdict->kind != LG_VERDICT_PASSED || better == 0)
        return;
    verdict->kind = LG_VERDICT_FAILED;
    verdict->better = better;
}

void lg_verdict_expect_leak(struct lg_verdict *verdict)
{
    if (verdict->kind != LG_VERDICT_PASSED || verdict->grown != 0 || verdict->unmeasured)
        return;
    verdict->kind = LG_VERDICT_FAILED;
    verdict->leak_missing = true;
}

const char *lg_verdict_name(enum lg_verdict_kind kind)
{
    static const char *const names[LG_VERDICT_COUNT] = {
        [LG_VERDICT_PASSED] = "passed",
        [LG_VERDICT_FAILED] = "failed",
        [LG_VERDICT_CRASHED] = "crashed",
        [LG_VERDICT_TIMED_OUT] = "timed out",
        [LG_VERDICT_EXITED_EARLY] = "exited early",
        [LG_VERDICT_LEAKED] = "leaked",
        [LG_VERDICT_SKIPPED] = "skipped",
        [LG_VERDICT_BROKEN] = "broken",
    };
    return names[kind];
}

int64_t lg_verdict_per_run(const struct lg_verdict *verdict, enum lg_gauge gauge)
{
    int64_t growth = verdict->growth.values[gauge];
    int64_t runs = verdict->runs;
    if (runs <= 1)
        return growth;
    int64_t whole = growth / runs;
    return growth % runs > 0 ? whole + 1 : whole;
}

int lg_verdict_exit_status(const size_t counts[LG_VERDICT_COUNT])
{
    if (counts[LG_VERDICT_FAILED] + counts[LG_VERDICT_CRASHED] + counts[LG_VERDICT_TIMED_OUT] +
            counts[LG_VERDICT_EXITED_EARLY] >
        0)
        return 1;
    if (counts[LG_VERDICT_BROKEN] > 0)
        return 4;
    return counts[LG_VERDICT_LEAKED] > 0 ? 2 : 0;
}
