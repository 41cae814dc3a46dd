/* The repeated runs of a test that has grown: whether that goes on. */
#include "agent/child.h"
#include "agent/evidence.h"
#include "agent/marks.h"
#include "agent/rest.h"
#include "agent/silence.h"
#include "agent/timeout.h"
#include "agent/trial.h"
#include "common/clock.h"

/* So many steps at most tell nothing, of those in which nothing has become less. */
#define MAX_DROPPED 3

/* How many runs tell whether a leak goes on that grew in so many before. */
#define AT_REST_RUNS 16

/* A repeated run gets ten times what the first took, and a second. */
static uint64_t repeat_limit_ms(uint64_t timeout_ms, uint64_t elapsed_ns)
{
    uint64_t limit = elapsed_ns / 100000 + 1000;
    return timeout_ms == 0 || limit < timeout_ms ? limit : timeout_ms;
}

/* A suspect gets one second, and as much again as it was waited for, up to three. */
static bool is_out_of_time(uint64_t started_ns)
{
    uint64_t waited_ns = lg_rest_waited_ns();
    uint64_t more_ns = waited_ns < 3 * LG_TRIAL_CONFIRM_NS ? waited_ns : 3 * LG_TRIAL_CONFIRM_NS;
    return lg_clock_ns() > started_ns + LG_TRIAL_CONFIRM_NS + more_ns;
}

/* Makes up to RUNS runs, fewer once it is out of time. Returns how many; 0 when one failed. */
static uint32_t repeat(struct lg_body body, uint32_t runs, uint64_t started_ns)
{
    uint32_t made = 0;
    while (made < runs) {
        if (made > 0)
            lg_rest_wait();
        lg_child_run_once(body);
        if (lg_agent.record->repeat != LG_REPEAT_FINE)
            return 0;
        made++;
        if (runs > 1 && is_out_of_time(started_ns))
            break;
    }
    return made;
}

/* All that was measured so far was not at rest. */
static void count_steps_as_warm_up(void)
{
    struct lg_record *record = lg_agent.record;
    struct lg_step *steps = (struct lg_step *)(void *)(lg_agent.ledger.attic + record->steps);
    for (uint32_t i = 0; record->steps != 0 && i < record->steps_count; i++)
        steps[i].warm_up = true;
}

/* Half of what a gauge has grown by, of one of SUSPECTS at least. */
static bool is_much(const struct lg_gauges *returned, lg_gauge_set suspects)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((suspects & LG_GAUGE_BIT(gauge)) != 0 &&
            returned->values[gauge] >= lg_agent.record->growth.values[gauge] / 2)
            return true;
    }
    return false;
}

/* Whether one of SUSPECTS has become less, by more than a run adds: that is no rest. */
static bool have_fallen(const struct lg_gauges *growth, lg_gauge_set suspects)
{
    const struct lg_record *record = lg_agent.record;
    lg_gauge_set fallen = lg_gauges_fallen(growth) & suspects;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((fallen & LG_GAUGE_BIT(gauge)) != 0 &&
            -growth->values[gauge] >= record->growth.values[gauge] / record->judged_runs)
            return true;
    }
    return false;
}

/* What threads that stay give back later is no leak. Where they do, some runs decide, from the
 * least that there is after all before them to the least after all of them. What the heap keeps is
 * not counted then: `live` tells what is not given back. Where that gets no clear answer, what was
 * found before stands. */
static void judge_at_rest(struct lg_body body, struct lg_sample *start, struct lg_sample *after)
{
    struct lg_record *record = lg_agent.record;
    lg_gauge_set suspects = record->leaking;
    struct lg_sample first = *after;
    struct lg_gauges growth;
    struct lg_gauges before_runs;
    struct lg_gauges after_runs;
    if (!lg_rest_await_returns(suspects, after, &before_runs) || !is_much(&before_runs, suspects))
        return;
    struct lg_sample begin = *after;
    lg_evidence_begin();
    uint32_t made = repeat(body, AT_REST_RUNS, lg_clock_ns());
    if (made == 0)
        return;
    lg_rest_end_runs(&begin, after);
    lg_sample_growth(&first, after, record->measured, &growth);
    bool are_back = lg_rest_await_returns(suspects, after, &after_runs);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        growth.values[gauge] += before_runs.values[gauge] - after_runs.values[gauge];
    *start = begin;
    if (!are_back || have_fallen(&growth, suspects))
        return;
    record->gives_back = 1;
    count_steps_as_warm_up();
    lg_child_keep_step(made, false, &growth);
    if ((suspects & LG_GAUGE_BIT(LG_GAUGE_LIVE)) != 0)
        suspects &= ~LG_GAUGE_BIT(LG_GAUGE_HEAP);
    record->growth = growth;
    record->judged_runs = made;
    record->leaking = suspects & lg_gauges_grown(&growth);
}

void lg_child_run_again(struct lg_trial *trial, struct lg_body body)
{
    struct lg_record *record = lg_agent.record;
    uint64_t started_ns = lg_clock_ns();
    record->run_limit_ms = repeat_limit_ms(lg_timeout_of(record), record->elapsed_ns);
    lg_agent.counting = LG_COUNT_REPEAT;
    record->repeats = 1;
    lg_agent.sampler.always_trims = true; /* its growth is told to the byte */
    lg_silence_forever();
    struct lg_sample start;
    struct lg_sample before;
    struct lg_sample after;
    lg_child_sample(&before);
    lg_rest_begin_runs(&before);
    start = before;
    lg_evidence_begin();
    uint32_t runs;
    uint32_t dropped = 0;
    while ((runs = lg_trial_next(trial)) > 0) {
        bool warm_up = lg_trial_warming_up(trial);
        lg_marks_open(&before);
        uint32_t made = repeat(body, runs, started_ns);
        if (made == 0)
            return;
        bool was_restless = lg_rest_end_runs(&before, &after);
        struct lg_gauges growth;
        lg_sample_growth(&before, &after, record->measured, &growth);
        lg_marks_close(&growth);
        bool is_last = is_out_of_time(started_ns);
        /* What has ended was counted when the step began, which tells nothing then. But a test may
         * end each time what its last run has left, and leave the same again. */
        bool drops =
            was_restless && (dropped < MAX_DROPPED ||
                             (!is_last && (lg_gauges_fallen(&growth) & trial->judged) != 0));
        lg_child_keep_step(made, warm_up, &growth);
        if (drops) {
            dropped++;
            lg_trial_restart(trial);
            count_steps_as_warm_up();
        } else {
            lg_trial_add(trial, made, &growth, is_last);
        }
        before = after;
        if (warm_up || drops) {
            start = after;
            lg_evidence_begin();
        }
    }
    record->growth = trial->growth;
    record->judged_runs = trial->judged_runs;
    record->leaking = lg_trial_leaking(trial);
    record->patience_ms = lg_rest_patience_ms();
    if (record->leaking != 0 && (record->leaking & LG_GAUGES_THAT_END) == 0 &&
        (record->wishes.flags & LG_WISH_MARKS) == 0)
        judge_at_rest(body, &start, &after);
    if (record->leaking != 0)
        lg_evidence_keep(&start, &after);
}
