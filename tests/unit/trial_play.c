#include "trial_play.h"

#include "unit.h"

#include <string.h>

void leak_block(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    growth->values[LG_GAUGE_LIVE] += 32;
}

void fill_cache_of_8(uint32_t run, struct lg_gauges *growth)
{
    if (run <= 8)
        growth->values[LG_GAUGE_LIVE] += 96;
}

void play_on(struct lg_trial *trial, run_growth *grow, uint32_t *made, uint32_t last_run)
{
    for (uint32_t runs; (runs = lg_trial_next(trial)) > 0;) {
        struct lg_gauges growth = {{0}};
        uint32_t left = last_run > *made ? last_run - *made : 1;
        runs = runs < left ? runs : left;
        for (uint32_t i = 0; i < runs; i++)
            grow(++*made, &growth);
        lg_trial_add(trial, runs, &growth, *made >= last_run);
        CU_ASSERT_FATAL(*made < 1000);
    }
    CU_ASSERT_EQUAL(trial->runs, *made);
}

struct lg_trial play(enum lg_rigor rigor, run_growth *grow, uint32_t last_run)
{
    struct lg_trial trial;
    uint32_t made = 0;
    memset(&trial, 0x5a, sizeof(trial));
    lg_trial_begin(&trial, rigor, MEMORY);
    play_on(&trial, grow, &made, last_run);
    return trial;
}
