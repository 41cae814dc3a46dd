#include "agent/child.h"
#include "agent/agent.h"
#include "agent/census.h"
#include "agent/coverage.h"
#include "agent/crash.h"
#include "agent/evidence.h"
#include "agent/host.h"
#include "agent/hot.h"
#include "agent/limits.h"
#include "agent/marks.h"
#include "agent/offsets.h"
#include "agent/output.h"
#include "agent/proc.h"
#include "agent/reach.h"
#include "agent/rest.h"
#include "agent/silence.h"
#include "agent/timeout.h"
#include "agent/trial.h"
#include "common/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Present when the agent itself is built for coverage: _exit would lose the counters of
 * the child, and those it has from the host are not its own. */
extern void __gcov_dump(void) __attribute__((weak));
extern void __gcov_reset(void) __attribute__((weak));

/* So many steps at most tell nothing, of those in which nothing has become less. */
#define MAX_DROPPED 3

/* How many runs tell whether a leak goes on that grew in so many before. */
#define AT_REST_RUNS 16

static LG_HOT bool is_alone; /* since the newest sample: one thread, and no children */

_Noreturn void lg_child_end(enum lg_ending ending, int error)
{
    struct lg_record *record = lg_agent.record;
    __atomic_store_n(&record->run_started_ns, 0, __ATOMIC_RELAXED);
    record->error = error;
    __atomic_store_n(&record->ending, ending, __ATOMIC_RELEASE);
    record->had_children = !is_alone && lg_census_end_children();
    lg_flush();
    if (__gcov_dump != NULL)
        __gcov_dump();
    _exit(0);
}

void lg_child_assert(bool passed, unsigned line, const char *condition, const char *file)
{
    struct lg_record *record = lg_agent.record;
    if (!*lg_agent.is_child)
        return;
    if (lg_agent.counting != LG_COUNT_FIRST) {
        if (!passed)
            record->repeat = LG_REPEAT_ASSERT_FAILED;
        return;
    }
    __atomic_fetch_add(&record->asserts, 1, __ATOMIC_RELAXED);
    if (passed)
        return;
    __atomic_fetch_add(&record->asserts_failed, 1, __ATOMIC_RELAXED);
    if (record->failures_kept >= LG_LEDGER_MAX_FAILURES)
        return;
    lg_attic offset;
    struct lg_failure *failure = lg_ledger_allocate(&lg_agent.ledger, sizeof(*failure), &offset);
    if (failure == NULL)
        return;
    failure->previous = record->failures;
    failure->line = line;
    failure->file = lg_ledger_add_text(&lg_agent.ledger, file);
    failure->condition = lg_ledger_add_text(&lg_agent.ledger, condition);
    record->failures = offset;
    record->failures_kept++;
}

/* A process that the test has forked came back from the test's body: what it would do from
 * here on is not part of the test, and the record is not its to write. */
static _Noreturn void leave_fork_of_test(void)
{
    lg_flush();
    _exit(0);
}

void lg_child_run_once(struct lg_body body)
{
    struct lg_record *record = lg_agent.record;
    is_alone = false;
    uint64_t started = lg_clock_ns();
    __atomic_store_n(&record->run_started_ns, started, __ATOMIC_RELEASE);
    lg_marks_begin_run();
    body.run(body.context);
    if (!*lg_agent.is_child)
        leave_fork_of_test();
    lg_marks_end(); /* of what is still marked */
    __atomic_store_n(&record->run_started_ns, 0, __ATOMIC_RELAXED);
    if (lg_agent.counting == LG_COUNT_FIRST)
        record->elapsed_ns = lg_clock_ns() - started;
    record->runs++;
}

void lg_child_sample(struct lg_sample *out)
{
    lg_agent.record->phase = LG_PHASE_SAMPLE;
    int error = lg_sampler_take(&lg_agent.sampler, out);
    if (error != 0)
        lg_child_end(LG_ENDING_NOT_SAMPLED, -error);
    is_alone = out->threads == 1 && out->children == 0;
}

static void keep_step(uint32_t runs, bool warm_up, const struct lg_gauges *growth)
{
    struct lg_record *record = lg_agent.record;
    if (record->steps == 0) {
        lg_ledger_allocate(&lg_agent.ledger, LG_LEDGER_MAX_STEPS * sizeof(struct lg_step),
                           &record->steps);
        if (record->steps == 0)
            return;
    }
    if (record->steps_count >= LG_LEDGER_MAX_STEPS)
        return;
    struct lg_step *steps = (struct lg_step *)(void *)(lg_agent.ledger.attic + record->steps);
    steps[record->steps_count] = (struct lg_step){runs, warm_up, *growth};
    record->steps_count++;
}

/* The one run that there will be tells it all: where that is too much, what it left gets the time
 * to end. */
static bool gets_time_to_end(const struct lg_trial *trial, const struct lg_gauges *growth)
{
    struct lg_record *record = lg_agent.record;
    struct lg_gauges limits = lg_limits_of(record);
    if ((lg_gauges_grown(growth) & LG_GAUGES_THAT_END) == 0 || record->asserts_failed != 0 ||
        (record->wishes.flags & LG_WISH_UNMEASURED) != 0 ||
        lg_gauges_over(growth, 1, record->measured, &limits) == 0)
        return false;
    return trial->rigor == LG_RIGOR_ONCE || (record->wishes.flags & LG_WISH_SINGLE_RUN) != 0 ||
           lg_offsets_moved();
}

static void run_first(struct lg_trial *trial, struct lg_body body)
{
    struct lg_record *record = lg_agent.record;
    struct lg_sample before;
    struct lg_sample last;
    struct lg_gauges growth;
    lg_child_sample(&before);
    if (lg_agent.sampler.has_read && body.prepare_runs == 0)
        lg_host_was_wrong();
    lg_marks_open(&before);
    lg_rest_begin(&before, 0);
    lg_sampler_rebase(&lg_agent.sampler); /* lists would cost each clean test their time */
    lg_agent.counting = LG_COUNT_FIRST;
    lg_child_run_once(body);
    lg_rest_sample(&before, &last);
    lg_sample_growth(&before, &last, record->measured, &growth);
    if (gets_time_to_end(trial, &growth)) {
        lg_rest_insist();
        lg_rest_wait();
        lg_child_sample(&last);
        lg_sample_growth(&before, &last, record->measured, &growth);
        record->patience_ms = lg_rest_patience_ms();
    }
    lg_marks_close(&growth);
    record->first_growth = growth;
    trial->judged = lg_limits_judged(record);
    bool warm_up = lg_trial_warming_up(trial);
    lg_trial_add(trial, 1, &growth, false);
    if (lg_gauges_grown(&growth) == 0)
        return;
    keep_step(1, warm_up, &growth);
    lg_evidence_keep(&before, &last);
}

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

/* Where they have become less than one run adds, something else is going on. */
static bool have_fallen(const struct lg_gauges *growth, lg_gauge_set suspects)
{
    const struct lg_record *record = lg_agent.record;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((suspects & LG_GAUGE_BIT(gauge)) != 0 && growth->values[gauge] < 0 &&
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
    keep_step(made, false, &growth);
    if ((suspects & LG_GAUGE_BIT(LG_GAUGE_LIVE)) != 0)
        suspects &= ~LG_GAUGE_BIT(LG_GAUGE_HEAP);
    record->growth = growth;
    record->judged_runs = made;
    record->leaking = suspects & lg_gauges_grown(&growth);
}

static bool has_become_less(const struct lg_trial *trial, const struct lg_gauges *growth)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((trial->judged & LG_GAUGE_BIT(gauge)) != 0 && growth->values[gauge] < 0)
            return true;
    }
    return false;
}

static void run_again(struct lg_trial *trial, struct lg_body body)
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
        bool drops = was_restless &&
                     (dropped < MAX_DROPPED || (!is_last && has_become_less(trial, &growth)));
        keep_step(made, warm_up, &growth);
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

/* Watched like a run: it may run tests, and they may hang. */
void lg_child_prepare(struct lg_body body)
{
    struct lg_record *record = lg_agent.record;
    uint64_t limit_ms = record->run_limit_ms;
    if (body.prepare_runs > 0)
        record->run_limit_ms = lg_timeout_of_preparation(record, body.prepare_runs);
    __atomic_store_n(&record->run_started_ns, lg_clock_ns(), __ATOMIC_RELEASE);
    body.prepare(body.context);
    __atomic_store_n(&record->run_started_ns, 0, __ATOMIC_RELEASE);
    record->run_limit_ms = limit_ms;
    if (body.prepare_runs > 0)
        lg_offsets_note(); /* in the child's own memory: the host's stay what they were */
}

void lg_child_begin(struct lg_record *record)
{
    if (__gcov_reset != NULL)
        __gcov_reset();
    lg_coverage_begin();
    *lg_agent.is_child = true;
    lg_agent.child_pid = getpid();
    record->run_limit_ms = lg_timeout_of(record);
    lg_proc_keep();
}

/* After the first run: what it takes beyond that. */
static void judge(struct lg_trial *trial, struct lg_body body)
{
    struct lg_record *record = lg_agent.record;
    if (record->choice.exact && lg_agent.ledger.header->orders.insist != 0 &&
        (record->wishes.flags & LG_WISH_SINGLE_RUN) == 0)
        lg_trial_insist(trial);
    bool goes_on = lg_trial_next(trial) > 0;
    if (goes_on && (record->wishes.flags & LG_WISH_SINGLE_RUN) != 0) {
        record->repeat = LG_REPEAT_UNWANTED;
    } else if (goes_on && lg_offsets_moved()) {
        record->repeat = LG_REPEAT_READS_ON;
    } else if (goes_on) {
        run_again(trial, body);
    } else if (trial->judged_runs > 0) {
        record->growth = trial->growth;
        record->judged_runs = trial->judged_runs;
        record->leaking = lg_trial_leaking(trial);
    }
}

void lg_child_run(struct lg_record *record, struct lg_body body)
{
    lg_child_begin(record);
    lg_output_take();
    lg_crash_arm();
    struct lg_trial trial;
    const struct lg_orders *orders = &lg_agent.ledger.header->orders;
    lg_trial_begin(&trial, (enum lg_rigor)orders->rigor, record->measured);
    lg_child_prepare(body);
    run_first(&trial, body);
    lg_coverage_write();
    if (record->asserts_failed == 0 && (record->wishes.flags & LG_WISH_UNMEASURED) == 0)
        judge(&trial, body);
    lg_child_end(LG_ENDING_FINISHED, 0);
}
