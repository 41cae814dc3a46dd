/* Children that are made once more for a test: a single run of one that can't be repeated, and
 * the traced run of one that leaks. */
#include "agent/child.h"
#include "agent/limits.h"
#include "agent/marks.h"
#include "agent/reach.h"
#include "agent/rest.h"
#include "agent/silence.h"
#include "agent/trace/trace.h"
#include "agent/trial.h"
#include "common/clock.h"

#include <errno.h>

/* Five registers on x86-64; elsewhere they are saved above the frame's address. */
#define SAVED_REGISTERS_BYTES 40

/* After so long the warm-up ends, and after twice that the whole. */
#define TRACE_PART_NS LG_TRIAL_CONFIRM_NS
#define FEW_RUNS 8

static void init_trace(void)
{
    struct lg_record *record = lg_agent.record;
    record->tracing = LG_TRACING_FAILED;
    if (lg_trace_init() == 0)
        return;
    record->tracing = LG_TRACING_NO_MEMORY;
    lg_child_end(LG_ENDING_NOT_SAMPLED, ENOMEM);
}

static void arm_trace(void)
{
    struct lg_sample unused;
    lg_child_sample(&unused); /* its mappings tell where the heap is */
    lg_trace_arm();
}

/* Of a test that is within its limits, nothing needs to be named. */
static bool is_over(const struct lg_gauges *growth)
{
    struct lg_gauges limits = lg_limits_of(lg_agent.record);
    return lg_gauges_over(growth, 1, lg_agent.record->measured, &limits) != 0;
}

/* Whether what the first run left is to get more time than it got. */
static bool is_to_be_waited_for(const struct lg_record *record)
{
    return record->patience_ms > 0 ||
           (record->repeats != 0 && is_over(&record->first_growth) &&
            (lg_gauges_grown(&record->first_growth) & LG_GAUGES_THAT_END) != 0);
}

/* What was there a moment after the first run has ended in the time that it got now. */
static void take_ended(struct lg_gauges *first_growth, const struct lg_gauges *growth)
{
    const lg_gauge_set counted = LG_GAUGES_THAT_END | LG_GAUGE_BIT(LG_GAUGE_FDS);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((LG_GAUGE_BIT(gauge) & counted) != 0 &&
            growth->values[gauge] < first_growth->values[gauge])
            first_growth->values[gauge] = growth->values[gauge];
    }
}

void lg_child_run_single(struct lg_record *record, struct lg_body body)
{
    struct lg_sample before;
    struct lg_sample after;
    struct lg_lost lost;
    bool traced = lg_agent.ledger.header->orders.trace != 0;
    bool waits = is_to_be_waited_for(record);
    /* Pointers that the callers keep in registers go to the stack, right below the frame. */
    __builtin_unwind_init();
    uint64_t stack_pointer =
        (uint64_t)(uintptr_t)__builtin_frame_address(0) - SAVED_REGISTERS_BYTES;
    lg_child_begin(record);
    lg_agent.sampler.exact = true; /* to tell what is lost, or new, the totals don't do */
    lg_silence_forever();
    if (lg_reach_init() != 0)
        lg_child_end(LG_ENDING_NOT_SAMPLED, ENOMEM);
    if (traced)
        init_trace();
    lg_child_prepare(body);
    if (traced)
        arm_trace();
    lg_child_sample(&before);
    lg_rest_begin(&before, waits ? LG_REST_PATIENCE_MS : 0);
    lg_marks_open(&before);
    lg_reach_begin(&lg_agent.sampler);
    lg_agent.counting = LG_COUNT_REPEAT;
    lg_child_run_once(body);
    if (waits)
        lg_rest_wait();
    else
        lg_rest_settle(&before);
    if (traced)
        lg_trace_disarm();
    lg_child_sample(&after);
    if (traced)
        lg_trace_begin_lost();
    if (record->repeat == LG_REPEAT_FINE &&
        lg_reach_end(&lg_agent.sampler, stack_pointer, after.threads <= 1,
                     traced ? lg_trace_lose : NULL, &lost) == 0) {
        struct lg_gauges growth;
        lg_sample_growth(&before, &after, record->measured, &growth);
        record->lost_heap_bytes = lost.heap_bytes;
        record->lost_mapping_bytes = lost.mapping_bytes;
        record->lost_known = 1;
        if (waits)
            take_ended(&record->first_growth, &growth);
        growth.values[LG_GAUGE_HEAP] = 0;
        growth.values[LG_GAUGE_FRAG] = 0;
        growth.values[LG_GAUGE_LIVE] = (int64_t)lost.heap_bytes;
        growth.values[LG_GAUGE_MMAP] = (int64_t)lost.mapping_bytes;
        if (traced && is_over(&growth)) {
            record->trace = lg_trace_keep(0, 1, &growth, true);
            record->tracing = LG_TRACING_DONE;
        }
    }
    lg_child_end(LG_ENDING_FINISHED, 0);
}

static void sample_at_rest(const struct lg_sample *before, struct lg_sample *out)
{
    struct lg_record *record = lg_agent.record;
    if (record->patience_ms > 0)
        lg_rest_wait();
    else
        lg_rest_settle(before);
    lg_child_sample(out);
    struct lg_gauges returned;
    if (record->gives_back != 0)
        lg_rest_await_returns(record->leaking, out, &returned);
}

/* Up to RUNS runs, fewer once DEADLINE_NS is past; one at least. Returns how many. */
static uint32_t run_until(struct lg_body body, uint32_t runs, uint64_t deadline_ns)
{
    uint32_t made = 0;
    do {
        lg_rest_wait();
        lg_child_run_once(body);
        if (lg_agent.record->repeat != LG_REPEAT_FINE)
            lg_child_end(LG_ENDING_FINISHED, 0);
        made++;
    } while (made < runs && lg_clock_ns() < deadline_ns + lg_rest_waited_ns());
    return made;
}

/* How many runs to make to warm up, and then to measure. */
struct schedule {
    uint32_t warm_ups;
    uint32_t measured;
};

/* As many as it took to judge the test, half of them to warm up: what filled up then has filled
 * up here, and what went on goes on. Where it was judged on few, the same again. */
static struct schedule schedule_of(const struct lg_record *record)
{
    static const uint32_t warm_ups[] = {[LG_RIGOR_ONCE] = 0,
                                        [LG_RIGOR_QUICK] = 1,
                                        [LG_RIGOR_STANDARD] = 1,
                                        [LG_RIGOR_THOROUGH] = 2};
    uint32_t rigor = lg_agent.ledger.header->orders.rigor;
    uint32_t runs = record->judged_runs;
    if (runs == 0) /* it can't be repeated */
        return (struct schedule){0, 1};
    if (runs < FEW_RUNS)
        return (struct schedule){warm_ups[rigor <= LG_RIGOR_THOROUGH ? rigor : 0], runs};
    return (struct schedule){runs / 2, runs - runs / 2};
}

void lg_child_run_traced(struct lg_record *record, struct lg_body body)
{
    struct schedule schedule = schedule_of(record);
    struct lg_sample start;
    struct lg_sample before;
    struct lg_sample after;
    struct lg_gauges growth;
    lg_child_begin(record);
    lg_agent.sampler.exact = true; /* to tell what is lost, or new, the totals don't do */
    lg_silence_forever();
    init_trace();
    lg_child_prepare(body);
    arm_trace();
    lg_child_sample(&start);
    lg_rest_begin(&start, record->patience_ms);
    lg_agent.counting = LG_COUNT_REPEAT;
    uint64_t started = lg_clock_ns();
    uint32_t warm_ups = 0;
    lg_marks_open(&start);
    if (schedule.warm_ups > 0)
        warm_ups = run_until(body, schedule.warm_ups, started + TRACE_PART_NS);
    sample_at_rest(&start, &before);
    lg_marks_open(&before);
    lg_trace_mark();
    uint32_t made = run_until(body, schedule.measured, started + 2 * TRACE_PART_NS);
    sample_at_rest(&before, &after);
    lg_trace_disarm();
    lg_child_sample(&after);
    lg_sample_growth(&before, &after, record->measured, &growth);
    lg_marks_close(&growth);
    record->trace = lg_trace_keep(warm_ups, made, &growth, false);
    record->tracing = LG_TRACING_DONE;
    lg_child_end(LG_ENDING_FINISHED, 0);
}
