#include "agent/marks.h"

#include "agent/agent.h"
#include "agent/child.h"
#include "agent/hot.h"
#include "agent/rest.h"
#include "agent/trace/trace.h"

#include <errno.h>
#include <unistd.h>

static struct {
    bool watches_runs;          /* a sample is taken when a run begins: the test asks for growth */
    bool is_open;               /* between lg_marks_begin and lg_marks_end */
    struct lg_sample run_start; /* of the run, or, if nobody asks, of all that are measured */
    struct lg_sample begin;
    struct lg_gauges inside;    /* what the marked parts have grown by since lg_marks_open */
    struct lg_gauges last_part; /* the newest of them */
} marks LG_HOT;

bool lg_marks_in_test(void)
{
    /* A child of vfork has all of this process but its number. */
    return lg_agent.record != NULL && *lg_agent.is_child && getpid() == lg_agent.child_pid &&
           lg_agent.counting != LG_COUNT_NOTHING;
}

static bool is_marked(void)
{
    return (lg_agent.record->wishes.flags & LG_WISH_MARKS) != 0;
}

/* The first of several runs is not judged. */
static bool is_judged(void)
{
    return lg_agent.counting == LG_COUNT_REPEAT ||
           lg_agent.ledger.header->orders.rigor == LG_RIGOR_ONCE ||
           (lg_agent.record->wishes.flags & LG_WISH_SINGLE_RUN) != 0;
}

/* The body goes on after it. */
static void sample_in_body(const struct lg_sample *since, struct lg_sample *out)
{
    uint32_t phase = lg_agent.record->phase;
    int saved_errno = errno;
    if (since != NULL)
        lg_rest_sample_in_run(since, is_judged(), out);
    else
        lg_child_sample(out);
    lg_agent.record->phase = phase;
    errno = saved_errno;
}

void lg_marks_open(const struct lg_sample *before)
{
    marks.run_start = *before;
    marks.inside = (struct lg_gauges){{0}};
}

void lg_marks_begin_run(void)
{
    marks.last_part = (struct lg_gauges){{0}};
    if (is_marked())
        lg_trace_pause(true);
    if (marks.watches_runs && lg_marks_in_test())
        sample_in_body(NULL, &marks.run_start);
}

static void add_part(const struct lg_sample *end)
{
    lg_sample_growth(&marks.begin, end, lg_agent.record->measured, &marks.last_part);
    lg_gauges_add(&marks.inside, &marks.last_part);
    marks.is_open = false;
}

void lg_marks_close(struct lg_gauges *growth)
{
    if (is_marked())
        *growth = marks.inside;
}

void lg_marks_begin(void)
{
    if (!lg_marks_in_test())
        return;
    lg_agent.record->wishes.flags |= LG_WISH_MARKS;
    if (!marks.is_open)
        sample_in_body(NULL, &marks.begin);
    marks.is_open = true;
    lg_trace_pause(false);
}

void lg_marks_end(void)
{
    struct lg_sample end;
    if (!lg_marks_in_test() || !marks.is_open)
        return;
    sample_in_body(&marks.begin, &end);
    lg_trace_pause(true); /* not before: what ends in the time that is waited gives back */
    add_part(&end);
}

long long lg_marks_growth(int gauge)
{
    struct lg_sample now;
    struct lg_gauges growth;
    if (!lg_marks_in_test() || gauge < 0 || gauge >= LG_GAUGE_COUNT)
        return 0;
    if (is_marked() && !marks.is_open)
        return marks.last_part.values[gauge];
    const struct lg_sample *since = marks.is_open ? &marks.begin : &marks.run_start;
    marks.watches_runs |= !marks.is_open;
    sample_in_body(since, &now);
    lg_sample_growth(since, &now, lg_agent.record->measured, &growth);
    return growth.values[gauge];
}
