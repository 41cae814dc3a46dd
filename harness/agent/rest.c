#include "agent/rest.h"

#include "agent/census.h"
#include "agent/child.h"
#include "common/clock.h"

#include <time.h>

#define SETTLE_NS UINT64_C(50000000)
#define PATIENCE_NS (UINT64_C(1000000) * LG_REST_PATIENCE_MS)

/* So long may pass until more is given back, and all of that may take. */
#define RETURN_NS UINT64_C(300000000)
#define RETURNS_NS UINT64_C(2500000000)

#define FIRST_PAUSE_NS 50000
#define LONGEST_PAUSE_NS 10000000
#define RETURN_PAUSE_NS 25000000

/* Threads and processes have their numbers from one range. */
#define MAX_IDS 4096
struct ids {
    struct lg_census census;
    bool is_whole; /* else there are only the counts to compare */
    int32_t ids[MAX_IDS];
    size_t count;
};

static struct ids stay;    /* outlast the wait for them, or were there from the beginning */
static struct ids counted; /* are in the sample before the runs */
static struct ids present; /* when last looked at */
static struct ids last;    /* and the time before */

static struct {
    bool insists;         /* what the runs leave is waited for, for */
    uint64_t patience_ns; /* so long */
    uint64_t longest_ns;  /* after which anything was seen to have ended */
    uint64_t waited_ns;
    bool is_left_in_run; /* what was waited for in the midst of a run has not ended */
} rest;

/* Sleeps a little. Returns for how long: a timer of the test's may wake it up, and on a busy
 * machine it takes longer, as does all that it waits for. */
static uint64_t pause_a_little(long *pause_ns)
{
    struct timespec pause = {.tv_nsec = *pause_ns};
    struct timespec left = {0};
    uint64_t asked_ns = (uint64_t)*pause_ns;
    uint64_t started_ns = lg_clock_ns();
    nanosleep(&pause, &left);
    uint64_t passed_ns = lg_clock_ns() - started_ns;
    if (*pause_ns < LONGEST_PAUSE_NS)
        *pause_ns *= 2;
    /* What is left may be more than was asked for, by the timer's slack. */
    if (left.tv_sec == 0 && left.tv_nsec > 0 && (uint64_t)left.tv_nsec < asked_ns)
        return asked_ns - (uint64_t)left.tv_nsec;
    return passed_ns < asked_ns ? passed_ns : asked_ns;
}

static void settle_for(const struct lg_sample *before, uint64_t patience_ns)
{
    long pause_ns = FIRST_PAUSE_NS;
    uint64_t slept_ns = 0;
    struct lg_census census;
    while (slept_ns < patience_ns && lg_census_take(&census) == 0 &&
           (census.threads > before->threads || census.children > before->children))
        slept_ns += pause_a_little(&pause_ns);
}

void lg_rest_settle(const struct lg_sample *before)
{
    settle_for(before, SETTLE_NS);
}

static bool is_left(const struct lg_sample *before, const struct lg_sample *after)
{
    return after->threads > before->threads || after->children > before->children;
}

void lg_rest_sample(const struct lg_sample *before, struct lg_sample *out)
{
    lg_child_sample(out);
    if (!is_left(before, out))
        return;
    lg_rest_settle(before);
    lg_child_sample(out);
}

void lg_rest_sample_in_run(const struct lg_sample *before, bool is_patient, struct lg_sample *out)
{
    uint64_t *run_started_ns = &lg_agent.record->run_started_ns;
    lg_rest_sample(before, out);
    if (!is_patient || rest.is_left_in_run || !is_left(before, out))
        return;
    uint64_t started_ns = lg_clock_ns();
    settle_for(before, PATIENCE_NS);
    lg_child_sample(out);
    rest.is_left_in_run = is_left(before, out);
    uint64_t waited_ns = lg_clock_ns() - started_ns;
    rest.waited_ns += waited_ns;
    uint64_t run_ns = __atomic_load_n(run_started_ns, __ATOMIC_RELAXED);
    __atomic_store_n(run_started_ns, run_ns + waited_ns, __ATOMIC_RELEASE);
}

static bool is_alone(const struct lg_sample *sample)
{
    return sample->threads <= 1 && sample->children == 0;
}

static void list(struct ids *out)
{
    static const enum lg_gauge gauges[] = {LG_GAUGE_THREADS, LG_GAUGE_CHILDREN};
    out->count = 0;
    out->is_whole = true;
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        struct lg_id_list some = {out->ids + out->count, 0, MAX_IDS - out->count};
        if (lg_census_list(gauges[i], &some) == 0)
            out->count += some.count;
        else
            out->is_whole = false;
    }
    if (lg_census_take(&out->census) != 0)
        out->census = (struct lg_census){.threads = 1};
}

static void list_unless_alone(struct ids *out, const struct lg_sample *sample)
{
    out->census = (struct lg_census){.threads = 1};
    out->is_whole = true;
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

static size_t excess(uint32_t some, uint32_t all)
{
    return some > all ? some - all : 0;
}

/* How many there are in SOME that are not in ALL. The test's own thread is in neither where it is
 * alone. */
static size_t count_beyond(const struct ids *some, const struct ids *all)
{
    size_t count = 0;
    if (!some->is_whole || !all->is_whole)
        return excess(some->census.threads, all->census.threads) +
               excess(some->census.children, all->census.children);
    for (size_t i = 0; i < some->count; i++)
        count += some->ids[i] != lg_agent.child_pid && !has(all, some->ids[i]);
    return count;
}

/* Looks again at what there is, since runs have ended. */
static void look_again(uint64_t since_ns)
{
    uint64_t passed_ns = lg_clock_ns() - since_ns;
    last = present;
    list(&present);
    if (count_beyond(&last, &present) > 0 && passed_ns > rest.longest_ns)
        rest.longest_ns = passed_ns;
}

/* Waits until there are none beyond KNOWN. Returns whether that is so. */
static bool wait_for_others(const struct ids *known, uint64_t patience_ns, uint64_t since_ns)
{
    long pause_ns = FIRST_PAUSE_NS;
    uint64_t started_ns = lg_clock_ns();
    uint64_t slept_ns = 0;
    while (count_beyond(&present, known) > 0) {
        if (slept_ns >= patience_ns)
            break;
        slept_ns += pause_a_little(&pause_ns);
        look_again(since_ns);
    }
    rest.waited_ns += lg_clock_ns() - started_ns;
    return count_beyond(&present, known) == 0;
}

/* There will be more of those that do not end, and each would cost the whole time: what ends has
 * shown how long that takes. */
static void wait_since(uint64_t since_ns)
{
    if (rest.patience_ns == 0 || wait_for_others(&stay, rest.patience_ns, since_ns))
        return;
    uint64_t enough_ns = rest.longest_ns > 0 ? 2 * rest.longest_ns + SETTLE_NS : 0;
    if (enough_ns < rest.patience_ns)
        rest.patience_ns = enough_ns;
    stay = present;
}

void lg_rest_begin(const struct lg_sample *first, uint32_t patience_ms)
{
    rest.insists = patience_ms > 0;
    rest.patience_ns = UINT64_C(1000000) * patience_ms;
    rest.longest_ns = rest.waited_ns = 0;
    rest.is_left_in_run = false;
    list_unless_alone(&stay, first);
    counted = stay;
}

void lg_rest_insist(void)
{
    rest.insists = true;
    rest.patience_ns = PATIENCE_NS;
}

void lg_rest_wait(void)
{
    if (rest.patience_ns == 0)
        return;
    list(&present);
    wait_since(lg_clock_ns());
}

void lg_rest_begin_runs(const struct lg_sample *before)
{
    list_unless_alone(&counted, before);
}

/* Others may have taken the place of those that were there: nothing has changed by that. */
static bool is_as_before(const struct lg_sample *before, const struct lg_sample *out)
{
    struct lg_gauges growth;
    lg_sample_growth(before, out, lg_agent.record->measured, &growth);
    lg_gauge_set changed = lg_gauges_grown(&growth) | lg_gauges_fallen(&growth);
    return (changed & ~LG_GAUGE_BIT(LG_GAUGE_FRAG)) == 0;
}

bool lg_rest_end_runs(const struct lg_sample *before, struct lg_sample *out)
{
    lg_child_sample(out);
    if (is_alone(out) && is_alone(before))
        return false;
    if (!rest.insists && is_as_before(before, out)) {
        list(&counted);
        return false;
    }
    uint64_t since_ns = lg_clock_ns();
    list(&present);
    if (rest.patience_ns == 0 && !wait_for_others(&counted, SETTLE_NS, since_ns) && !rest.insists)
        lg_rest_insist();
    wait_since(since_ns);
    bool was_restless = count_beyond(&counted, &present) > 0;
    counted = present;
    lg_child_sample(out);
    return was_restless;
}

/* Whether any of SUSPECTS grew less than LEAST, the least so far. */
static bool has_fallen(const struct lg_gauges *growth, lg_gauge_set suspects,
                       struct lg_gauges *least)
{
    bool fallen = false;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (growth->values[gauge] >= least->values[gauge])
            continue;
        least->values[gauge] = growth->values[gauge];
        fallen |= (suspects & LG_GAUGE_BIT(gauge)) != 0;
    }
    return fallen;
}

bool lg_rest_await_returns(lg_gauge_set suspects, struct lg_sample *out, struct lg_gauges *returned)
{
    struct lg_sample first = *out;
    struct lg_gauges least = {{0}};
    uint64_t slept_ns = 0;
    uint64_t fell_ns = 0; /* after so much sleep, the last time */
    while (out->threads > 1 && slept_ns < RETURNS_NS && slept_ns < fell_ns + RETURN_NS) {
        long pause_ns = RETURN_PAUSE_NS;
        struct lg_gauges growth;
        slept_ns += pause_a_little(&pause_ns);
        lg_child_sample(out);
        lg_sample_growth(&first, out, lg_agent.record->measured, &growth);
        if (has_fallen(&growth, suspects, &least))
            fell_ns = slept_ns;
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        returned->values[gauge] = -least.values[gauge];
    return out->threads <= 1 || slept_ns >= fell_ns + RETURN_NS;
}

uint64_t lg_rest_waited_ns(void)
{
    return rest.waited_ns;
}

uint32_t lg_rest_patience_ms(void)
{
    return (uint32_t)(rest.patience_ns / 1000000);
}
