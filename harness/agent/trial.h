/* How often a test must run before it can be judged, and what then leaks.
 *
 * Pure: it is told the growth of each step, and answers how many runs the next
 * step has. Safe between two samples. */
#ifndef LG_AGENT_TRIAL_H
#define LG_AGENT_TRIAL_H

#include "common/ledger.h"

/* A suspect is run on in batches, each as long as all before it, until there were enough
 * runs and its growth per run is no longer falling: a cache that fills up in the midst of
 * a batch is not taken for a leak, nor a leak beside it for a cache. It ends in any case
 * after so many runs, or after so long. */
#define LG_TRIAL_ENOUGH_RUNS 64
#define LG_TRIAL_MAX_RUNS 512
#define LG_TRIAL_CONFIRM_NS UINT64_C(1000000000)

struct lg_trial {
    enum lg_rigor rigor;
    lg_gauge_set measured_gauges;
    lg_gauge_set judged; /* gauges whose growth matters */
    lg_gauge_set live;   /* which of the gauges are exact: LIVE, where it is measured */
    uint32_t runs;       /* made so far, warm-up included */
    uint32_t warm_ups;   /* how many of them were that */
    uint32_t measured;   /* single runs measured after it */
    uint32_t confirmed;  /* batches made */
    bool insists;
    uint32_t batches;  /* made since it insists */
    lg_gauge_set late; /* grew in the second half of those */
    bool over;
    lg_gauge_set steady; /* grew in every step that decides */
    struct lg_gauges measured_growth;
    struct lg_gauges last_batch; /* and how many runs it had */
    uint32_t last_batch_runs;
    lg_gauge_set falling;    /* grew slower in the last batch than in the one before */
    struct lg_gauges growth; /* over all steps after warm-up */
    uint32_t judged_runs;
};

void lg_trial_begin(struct lg_trial *trial, enum lg_rigor rigor, lg_gauge_set measured);

/* After the first run: goes on to so many runs whatever that and the next ones grow by, to tell a
 * leak of some runs only from none, and how far the runs lie apart. */
#define LG_TRIAL_INSIST_RUNS 64
void lg_trial_insist(struct lg_trial *trial);

/* All that was added so far counts as warm-up: it was found out that it tells nothing. */
void lg_trial_restart(struct lg_trial *trial);

/* How many runs to make until the next sample; 0 when there is nothing left to
 * find out. The caller may make fewer, and says so to lg_trial_add. */
uint32_t lg_trial_next(const struct lg_trial *trial);

/* The step that comes next is warm-up: its growth is not judged. */
bool lg_trial_warming_up(const struct lg_trial *trial);

/* The growth over RUNS runs. OUT_OF_TIME ends the confirmation. */
void lg_trial_add(struct lg_trial *trial, uint32_t runs, const struct lg_gauges *growth,
                  bool out_of_time);

/* The gauges that leak, once lg_trial_next says 0. */
lg_gauge_set lg_trial_leaking(const struct lg_trial *trial);

#endif
