/* A trial played to its end against a growth that is known run by run. */
#ifndef LG_UNIT_TRIAL_PLAY_H
#define LG_UNIT_TRIAL_PLAY_H

#include "agent/trial.h"

#define BIT(gauge) LG_GAUGE_BIT(LG_GAUGE_##gauge)
#define MEMORY (BIT(HEAP) | BIT(MMAP) | BIT(LIVE) | BIT(FRAG))

/* Adds to GROWTH what the RUN-th run, from 1, grows by. */
typedef void run_growth(uint32_t run, struct lg_gauges *growth);

/* 32 B live on every run. */
void leak_block(uint32_t run, struct lg_gauges *growth);

/* 96 B live on each of the first 8 runs. */
void fill_cache_of_8(uint32_t run, struct lg_gauges *growth);

/* Goes on with TRIAL, of MADE runs, until it is over; it is out of time after LAST_RUN runs. */
void play_on(struct lg_trial *trial, run_growth *grow, uint32_t *made, uint32_t last_run);

/* The trial once it is over; it is out of time after LAST_RUN runs. */
struct lg_trial play(enum lg_rigor rigor, run_growth *grow, uint32_t last_run);

#endif
