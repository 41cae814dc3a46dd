#include "agent/rest.h"

#include "agent/census.h"
#include "agent/child.h"
#include "common/clock.h"

#include <time.h>

#define SETTLE_NS UINT64_C(50000000)
#define PATIENCE_NS UINT64_C(1300000000)

bool lg_rest_is_left(const struct lg_sample *before, const struct lg_sample *after)
{
    return after->threads > before->threads || after->children > before->children;
}

/* Waits until no more threads and children are there than before, or for so long as it has asked
 * to sleep: on a busy machine that takes longer, as does all that it waits for. Returns whether
 * they have ended. */
static bool wait_for_ends(const struct lg_sample *before, uint64_t patience_ns)
{
    struct timespec pause = {.tv_nsec = 50000};
    uint64_t slept_ns = 0;
    struct lg_census census;
    while (lg_census_take(&census) == 0 &&
           (census.threads > before->threads || census.children > before->children)) {
        if (slept_ns >= patience_ns)
            return false;
        struct timespec left = {0}; /* a timer of the test's may wake it up */
        nanosleep(&pause, &left);
        slept_ns += (uint64_t)(pause.tv_nsec - left.tv_nsec);
        if (pause.tv_nsec < 10000000)
            pause.tv_nsec *= 2;
    }
    return true;
}

void lg_rest_settle(const struct lg_sample *before)
{
    wait_for_ends(before, SETTLE_NS);
}

void lg_rest_sample(const struct lg_sample *before, struct lg_sample *out)
{
    lg_child_sample(out);
    if (!lg_rest_is_left(before, out))
        return;
    lg_rest_settle(before);
    lg_child_sample(out);
}

bool lg_rest_wait(const struct lg_sample *before)
{
    return wait_for_ends(before, PATIENCE_NS);
}

void lg_rest_begin(struct lg_rest *rest, const struct lg_sample *first)
{
    rest->level = *first;
    rest->waits = false;
    rest->runs_on = false;
    rest->found_in_ns = 0;
}

void lg_rest_between_runs(struct lg_rest *rest)
{
    if (rest->waits && !rest->runs_on)
        rest->runs_on = !lg_rest_wait(&rest->level);
}

bool lg_rest_sample_runs(struct lg_rest *rest, const struct lg_sample *before,
                         struct lg_sample *out)
{
    lg_rest_between_runs(rest);
    lg_rest_sample(before, out);
    if (rest->waits || rest->runs_on || !lg_rest_is_left(before, out))
        return false;
    uint64_t started = lg_clock_ns();
    /* Until all have ended, not only so many as this step has left: threads that the first run has
     * started for good make that take its whole time, once. */
    lg_rest_wait(&rest->level);
    lg_child_sample(out);
    rest->found_in_ns = lg_clock_ns() - started;
    rest->level = *out;
    rest->runs_on = lg_rest_is_left(before, out);
    rest->waits = !rest->runs_on;
    return rest->waits;
}
