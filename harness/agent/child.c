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
#include "agent/rest.h"
#include "agent/silence.h"
#include "agent/timeout.h"
#include "agent/trial.h"
#include "common/clock.h"

#include <unistd.h>

/* Present when the agent itself is built for coverage: _exit would lose the counters of
 * the child, and those it has from the host are not its own. */
extern void __gcov_dump(void) __attribute__((weak));
extern void __gcov_reset(void) __attribute__((weak));

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

void lg_child_keep_step(uint32_t runs, bool warm_up, const struct lg_gauges *growth)
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
    lg_child_keep_step(1, warm_up, &growth);
    lg_evidence_keep(&before, &last);
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
        lg_child_run_again(trial, body);
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
