#include "agent/rest.h"

#include "agent/census.h"
#include "agent/child.h"
#include "common/clock.h"

#include <time.h>

#define SETTLE_NS UINT64_C(50000000)
#define PATIENCE_NS (UINT64_C(1000000) * LG_REST_PATIENCE_MS)

/* So long may pass until more is given back. */
#define RETURN_NS UINT64_C(300000000)

#define FIRST_PAUSE_NS 50000
#define LONGEST_PAUSE_NS 10000000

#define MAX_RESTLESS 3

/* Threads and processes have their numbers from one range. */
#define MAX_IDS 1024
struct ids {
    int32_t ids[MAX_IDS];
    size_t count;
};

static struct ids stay;    /* outlast the wait for them, or were there from the beginning */
static struct ids before;  /* are in the sample before the runs */
static struct ids present; /* when last looked at */

static struct {
    bool insists;         /* what the runs leave is waited for, for */
    uint64_t patience_ns; /* so long */
    uint64_t longest_ns;  /* after which anything has ended that was waited for */
    uint64_t waited_ns;
    unsigned restless;
} rest;

/* Sleeps a little. Returns for how long: a timer of the test's may wake it up. On a busy machine
 * it takes longer, as does all that it waits for. */
static uint64_t pause_a_little(long *pause_ns)
{
    struct timespec pause = {.tv_nsec = *pause_ns};
    struct timespec left = {0};
    nanosleep(&pause, &left);
    if (*pause_ns < LONGEST_PAUSE_NS)
        *pause_ns *= 2;
    return (uint64_t)(pause.tv_nsec - left.tv_nsec);
}

void lg_rest_settle(const struct lg_sample *since)
{
    long pause_ns = FIRST_PAUSE_NS;
    uint64_t slept_ns = 0;
    struct lg_census census;
    while (slept_ns < SETTLE_NS && lg_census_take(&census) == 0 &&
           (census.threads > since->threads || census.children > since->children))
        slept_ns += pause_a_little(&pause_ns);
}

void lg_rest_sample(const struct lg_sample *since, struct lg_sample *out)
{
    lg_child_sample(out);
    if (out->threads <= since->threads && out->children <= since->children)
        return;
    lg_rest_settle(since);
    lg_child_sample(out);
}

static bool is_alone(const struct lg_sample *sample)
{
    return sample->threads <= 1 && sample->children == 0;
}

static void list(struct ids *out)
{
    static const enum lg_gauge gauges[] = {LG_GAUGE_THREADS, LG_GAUGE_CHILDREN};
    out->count = 0;
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        struct lg_id_list some = {out->ids + out->count, 0, MAX_IDS - out->count};
        if (lg_census_list(gauges[i], &some) == 0)
            out->count += some.count;
    }
}

static void list_unless_alone(struct ids *out, const struct lg_sample *sample)
{
    out->count = 0;
    if (!is_alone(sample))
        list(out);
}

static bool has(const struct ids *ids, int32_t id)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->ids[i] == id)
            return true;
    }
    return false;
}

/* How many there are in SOME that are not in ALL. The test's own thread is in neither where it is
 * alone. */
static size_t count_beyond(const struct ids *some, const struct ids *all)
{
    size_t count = 0;
    for (size_t i = 0; i < some->count; i++)
        count += some->ids[i] != lg_agent.child_pid && !has(all, some->ids[i]);
    return count;
}

/* Waits until there are none beyond KNOWN. Returns whether that is so, and after how much sleep
 * the last has ended that was seen to. */
static bool wait_for_others(const struct ids *known, uint64_t patience_ns, uint64_t *last_end_ns)
{
    long pause_ns = FIRST_PAUSE_NS;
    uint64_t slept_ns = 0;
    list(&present);
    size_t others = count_beyond(&present, known);
    while (others > 0 && slept_ns < patience_ns) {
        slept_ns += pause_a_little(&pause_ns);
        list(&present);
        size_t left = count_beyond(&present, known);
        if (left < others)
            *last_end_ns = slept_ns;
        others = left;
    }
    return others == 0;
}

void lg_rest_begin(const struct lg_sample *first, uint32_t patience_ms)
{
    rest.insists = patience_ms > 0;
    rest.patience_ns = UINT64_C(1000000) * patience_ms;
    rest.longest_ns = rest.waited_ns = 0;
    rest.restless = 0;
    list_unless_alone(&stay, first);
    before = stay;
}

void lg_rest_insist(void)
{
    rest.insists = true;
    rest.patience_ns = PATIENCE_NS;
}

void lg_rest_wait(void)
{
    uint64_t started_ns = lg_clock_ns();
    uint64_t last_end_ns = 0;
    if (rest.patience_ns == 0)
        return;
    bool ended = wait_for_others(&stay, rest.patience_ns, &last_end_ns);
    if (last_end_ns > rest.longest_ns)
        rest.longest_ns = last_end_ns;
    if (!ended) {
        /* There will be more of these, and each would cost the whole time: what ends has shown
         * how long that takes. */
        uint64_t enough_ns = rest.longest_ns > 0 ? 2 * rest.longest_ns + SETTLE_NS : 0;
        if (enough_ns < rest.patience_ns)
            rest.patience_ns = enough_ns;
        stay = present;
    }
    rest.waited_ns += lg_clock_ns() - started_ns;
}

void lg_rest_begin_runs(const struct lg_sample *sample)
{
    list_unless_alone(&before, sample);
}

bool lg_rest_end_runs(struct lg_sample *out)
{
    uint64_t unused;
    lg_child_sample(out);
    if (is_alone(out) && before.count == 0)
        return false;
    if (rest.patience_ns > 0) {
        lg_rest_wait();
    } else if (!wait_for_others(&before, SETTLE_NS, &unused) && !rest.insists) {
        lg_rest_insist();
        lg_rest_wait();
    }
    lg_child_sample(out);
    bool was_restless = count_beyond(&before, &present) > 0;
    before = present;
    return was_restless && rest.restless++ < MAX_RESTLESS;
}

/* Whether any of SUSPECTS grew less than LEAST, the least so far. */
static bool has_fallen(const struct lg_gauges *growth, lg_gauge_set suspects,
                       struct lg_gauges *least)
{
    bool fallen = false;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((suspects & LG_GAUGE_BIT(gauge)) == 0 || growth->values[gauge] >= least->values[gauge])
            continue;
        least->values[gauge] = growth->values[gauge];
        fallen = true;
    }
    return fallen;
}

bool lg_rest_await_returns(lg_gauge_set suspects, struct lg_sample *out)
{
    struct lg_sample first = *out;
    struct lg_gauges least = {{0}};
    uint64_t slept_ns = 0;
    uint64_t fell_ns = 0; /* after so much sleep, the last time */
    bool fell = false;
    while (out->threads > 1 && slept_ns < PATIENCE_NS && slept_ns < fell_ns + RETURN_NS) {
        long pause_ns = LONGEST_PAUSE_NS;
        struct lg_gauges growth;
        slept_ns += pause_a_little(&pause_ns);
        lg_child_sample(out);
        lg_sample_growth(&first, out, lg_agent.record->measured, &growth);
        if (has_fallen(&growth, suspects, &least)) {
            fell_ns = slept_ns;
            fell = true;
        }
    }
    return fell;
}

uint64_t lg_rest_waited_ns(void)
{
    return rest.waited_ns;
}

uint32_t lg_rest_patience_ms(void)
{
    return (uint32_t)(rest.patience_ns / 1000000);
}
