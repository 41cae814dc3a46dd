#include "agent/wishes.h"

#include "agent/agent.h"
#include "agent/marks.h"
#include "agent/timeout.h"

#include <leakgate/leakgate.h>
#include <unistd.h>

_Static_assert((int)LEAKGATE_HEAP == (int)LG_GAUGE_HEAP && (int)LEAKGATE_MMAP == LG_GAUGE_MMAP &&
                   (int)LEAKGATE_LIVE == LG_GAUGE_LIVE && (int)LEAKGATE_FRAG == LG_GAUGE_FRAG &&
                   (int)LEAKGATE_FDS == LG_GAUGE_FDS && (int)LEAKGATE_THREADS == LG_GAUGE_THREADS &&
                   (int)LEAKGATE_CHILDREN == LG_GAUGE_CHILDREN,
               "the gauges of the public header are those of the ledger");
_Static_assert(LEAKGATE_UNLIMITED == LG_GAUGE_UNLIMITED, "and so is what has no limit");

static struct lg_wishes of_program;
static struct lg_wishes of_suite;

void lg_wishes_begin_suite(void)
{
    of_suite = of_program;
}

void lg_wishes_begin_test(struct lg_record *record, struct lg_ledger *slip)
{
    record->wishes = of_suite;
    if (of_suite.reason != 0)
        record->wishes.reason =
            lg_ledger_add_text(slip, lg_ledger_text(&lg_agent.ledger, of_suite.reason));
}

/* Whose wishes a call is for, or NULL: a body that is run for what it leaves behind has none. */
static struct lg_wishes *wishes_of_caller(void)
{
    if (!lg_agent.attached)
        return NULL;
    if (lg_agent.record != NULL)
        return lg_marks_in_test() ? &lg_agent.record->wishes : NULL;
    if (lg_agent.host->suite_phase == LG_SUITE_INIT)
        return &of_suite;
    return lg_agent.host->state == LG_HOST_RUNNING ? NULL : &of_program;
}

static void budget(int gauge, long long limit)
{
    struct lg_wishes *wishes = wishes_of_caller();
    if (wishes == NULL || gauge < 0 || gauge >= LG_GAUGE_COUNT)
        return;
    wishes->named |= LG_GAUGE_BIT(gauge);
    wishes->limits.values[gauge] = limit > 0 ? limit : 0;
}

static void not_repeatable(void)
{
    struct lg_wishes *wishes = wishes_of_caller();
    if (wishes != NULL)
        wishes->flags |= LG_WISH_SINGLE_RUN;
}

static void dont_measure(const char *reason)
{
    struct lg_wishes *wishes = wishes_of_caller();
    if (wishes == NULL)
        return;
    wishes->flags |= LG_WISH_UNMEASURED;
    if (wishes->reason == 0)
        wishes->reason = lg_ledger_add_text(&lg_agent.ledger, reason);
}

/* A body that this child runs only for what it leaves behind takes its time all the same. */
static bool is_preparing(void)
{
    return lg_agent.attached && lg_agent.record != NULL && *lg_agent.is_child &&
           getpid() == lg_agent.child_pid && lg_agent.counting == LG_COUNT_NOTHING;
}

static void timeout(double seconds)
{
    uint64_t limit_ms = lg_timeout_from(seconds);
    struct lg_wishes *wishes = wishes_of_caller();
    if (wishes == NULL) {
        if (is_preparing())
            lg_timeout_extend(lg_agent.record, limit_ms);
        return;
    }
    if (lg_agent.record != NULL) {
        lg_timeout_change(lg_agent.record, limit_ms, lg_agent.counting == LG_COUNT_FIRST);
        return;
    }
    wishes->flags |= LG_WISH_TIMEOUT;
    wishes->timeout_ms = limit_ms;
    lg_timeout_note(limit_ms);
}

/* Found by name: the header needs nothing linked. */
extern const struct leakgate_agent leakgate_agent_interface;
__attribute__((visibility("default"))) const struct leakgate_agent leakgate_agent_interface = {
    .version = 2,
    .budget = budget,
    .not_repeatable = not_repeatable,
    .dont_measure = dont_measure,
    .begin = lg_marks_begin,
    .end = lg_marks_end,
    .growth = lg_marks_growth,
    .timeout = timeout,
};
