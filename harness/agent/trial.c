#include "agent/trial.h"

#include <string.h>

#define PAGE_BYTES 4096
#define FIRST_BATCH_RUNS 4

#define INSIST_WARM_UPS 2
#define INSIST_BATCH_RUNS 8
#define INSIST_BATCHES (LG_TRIAL_INSIST_RUNS / INSIST_BATCH_RUNS)

/* From a batch of so many runs on, its growth per run may fall to this share at most. */
#define RATE_BATCH_RUNS 16
#define LEAST_RATE 0.7

/* ONCE judges its only run; all others warm up first. */
static const struct {
    uint32_t warm_ups;
    uint32_t measured;
    bool ends_early; /* a run without growth decides */
    bool confirms;
} rigors[] = {
    [LG_RIGOR_ONCE] = {0, 1, true, false},
    [LG_RIGOR_QUICK] = {1, 1, true, false},
    [LG_RIGOR_STANDARD] = {1, 3, true, true},
    [LG_RIGOR_THOROUGH] = {2, 3, false, true},
};

void lg_trial_begin(struct lg_trial *trial, enum lg_rigor rigor, lg_gauge_set measured)
{
    memset(trial, 0, sizeof(*trial));
    trial->rigor = rigor;
    trial->measured_gauges = measured;
    trial->judged = measured & ~LG_GAUGE_BIT(LG_GAUGE_FRAG);
    trial->live = measured & LG_GAUGE_BIT(LG_GAUGE_LIVE);
    trial->steady = measured;
}

void lg_trial_insist(struct lg_trial *trial)
{
    trial->insists = true;
    trial->over = false;
}

void lg_trial_restart(struct lg_trial *trial)
{
    struct lg_trial old = *trial;
    lg_trial_begin(trial, old.rigor, old.measured_gauges);
    trial->judged = old.judged;
    trial->insists = old.insists;
    trial->runs = trial->warm_ups = old.warm_ups;
}

bool lg_trial_warming_up(const struct lg_trial *trial)
{
    if (trial->insists)
        return trial->warm_ups < INSIST_WARM_UPS;
    return trial->warm_ups < rigors[trial->rigor].warm_ups;
}

uint32_t lg_trial_next(const struct lg_trial *trial)
{
    if (trial->over)
        return 0;
    if (trial->insists)
        return lg_trial_warming_up(trial) ? 1 : INSIST_BATCH_RUNS;
    if (lg_trial_warming_up(trial) || trial->measured < rigors[trial->rigor].measured)
        return 1;
    /* As many again as there were: a vector that doubles grows once in each such batch. */
    uint32_t batch = trial->confirmed == 0 ? FIRST_BATCH_RUNS : trial->runs;
    uint32_t left = LG_TRIAL_MAX_RUNS - trial->runs;
    return batch < left ? batch : left;
}

static void add_measured(struct lg_trial *trial, const struct lg_gauges *growth, bool grew)
{
    trial->measured++;
    lg_gauges_add(&trial->measured_growth, growth);
    if (!grew && rigors[trial->rigor].ends_early)
        trial->over = true;
    if (trial->measured < rigors[trial->rigor].measured)
        return;
    lg_gauge_set grown = lg_gauges_grown(&trial->measured_growth) & trial->judged;
    if (grown == 0 || !rigors[trial->rigor].confirms)
        trial->over = true;
}

/* The gauges whose growth per run fell in this batch. Short batches can't tell that from a
 * leak of every few runs. */
static lg_gauge_set falling(const struct lg_trial *trial, uint32_t runs,
                            const struct lg_gauges *growth)
{
    lg_gauge_set gauges = 0;
    if (runs < RATE_BATCH_RUNS || trial->last_batch_runs == 0)
        return 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        double before = (double)trial->last_batch.values[gauge] / trial->last_batch_runs;
        if ((double)growth->values[gauge] / runs < LEAST_RATE * before)
            gauges |= LG_GAUGE_BIT(gauge);
    }
    return gauges;
}

static void add_batch(struct lg_trial *trial, uint32_t runs, const struct lg_gauges *growth,
                      bool grew)
{
    trial->falling = falling(trial, runs, growth);
    trial->last_batch = *growth;
    trial->last_batch_runs = runs;
    trial->confirmed++;
    bool settled = (trial->falling & trial->steady & trial->judged) == 0;
    if (!grew || (trial->runs >= LG_TRIAL_ENOUGH_RUNS && settled) ||
        trial->runs >= LG_TRIAL_MAX_RUNS)
        trial->over = true;
}

/* What fills up in the first half is none: what grows in the second is a leak, be it of some runs
 * only. Where there is no time for that, the newest batch decides. */
static void add_insisting(struct lg_trial *trial, uint32_t runs, const struct lg_gauges *growth,
                          bool out_of_time)
{
    lg_gauge_set grown = lg_gauges_grown(growth);
    trial->runs += runs;
    if (lg_trial_warming_up(trial)) {
        trial->warm_ups++;
        return;
    }
    trial->batches++;
    trial->judged_runs += runs;
    lg_gauges_add(&trial->growth, growth);
    if (trial->batches > INSIST_BATCHES / 2)
        trial->late |= grown;
    else if (out_of_time)
        trial->late = grown;
    trial->over = out_of_time || trial->batches == INSIST_BATCHES;
}

void lg_trial_add(struct lg_trial *trial, uint32_t runs, const struct lg_gauges *growth,
                  bool out_of_time)
{
    if (trial->insists) {
        add_insisting(trial, runs, growth, out_of_time);
        return;
    }
    lg_gauge_set grown = lg_gauges_grown(growth);
    bool grew = (grown & trial->judged) != 0;
    bool warming_up = lg_trial_warming_up(trial);
    bool single = trial->measured < rigors[trial->rigor].measured;
    trial->runs += runs;
    if (warming_up) {
        trial->warm_ups++;
        if (!grew && rigors[trial->rigor].ends_early)
            trial->over = true;
        return;
    }
    trial->judged_runs += runs;
    lg_gauges_add(&trial->growth, growth);
    /* Batches tell more than single runs, where a leak may change its gauge, or, in a
     * thorough trial, pause: once there are any, they alone decide. */
    if (!single && trial->confirmed == 0)
        trial->steady = grown;
    else if (!single || rigors[trial->rigor].ends_early)
        trial->steady &= grown;
    if (single)
        add_measured(trial, growth, grew);
    else
        add_batch(trial, runs, growth, grew);
    if (out_of_time && trial->measured >= rigors[trial->rigor].measured && !trial->over) {
        trial->over = true;
        if (trial->confirmed == 0)
            trial->steady &= grown; /* nothing but the newest run tells that it goes on */
    }
}

/* The heap grows by the page: less than one a run is a share of what `live` counts
 * to the byte, and would be in or out by chance. */
static bool heap_is_live(const struct lg_trial *trial)
{
    return trial->live != 0 && trial->growth.values[LG_GAUGE_LIVE] > 0 &&
           trial->growth.values[LG_GAUGE_HEAP] < (int64_t)trial->judged_runs * PAGE_BYTES;
}

lg_gauge_set lg_trial_leaking(const struct lg_trial *trial)
{
    if (trial->judged_runs == 0)
        return 0;
    lg_gauge_set leaking = trial->steady & lg_gauges_grown(&trial->growth) & ~trial->falling;
    if (trial->insists)
        leaking = trial->late & lg_gauges_grown(&trial->growth);
    if (heap_is_live(trial))
        leaking &= ~LG_GAUGE_BIT(LG_GAUGE_HEAP);
    return leaking;
}
