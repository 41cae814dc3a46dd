/* A budget file and measurements made at random, and what an update made of them. */
#ifndef LG_UNIT_BUDGET_ROUND_H
#define LG_UNIT_BUDGET_ROUND_H

#include "budget_play.h"

/* One file and one set of measurements. */
struct budget_round {
    uint64_t random;
    struct lg_text text;
    struct lg_wishes own[BUDGET_PLAY_TESTS];
    struct budget_play play;
    struct lg_budgets before; /* the file as it was, and as it is */
    struct lg_budgets after;
};

/* The round of SEED, which is always the same. _finish when done. */
void budget_round_start(struct budget_round *round, uint64_t seed, bool allow_growth);
void budget_round_finish(struct budget_round *round);

#endif
