/* A budget file and measurements made at random, and what an update made of them. */
#ifndef LG_UNIT_BUDGET_ROUND_H
#define LG_UNIT_BUDGET_ROUND_H

#include "budget_play.h"

#define BUDGET_ROUND_LINES 9

/* What the lines of one name limit that have not expired: no two may say the same. */
struct budget_round_said {
    const char *name;
    lg_gauge_set named;
    bool expects_leak;
};

/* One file and one set of measurements. */
struct budget_round {
    uint64_t random;
    struct lg_text text;
    struct budget_round_said said[BUDGET_ROUND_LINES];
    struct lg_wishes own[BUDGET_PLAY_TESTS];
    struct budget_play play;
    struct lg_budgets before; /* the file as it was, and as it is */
    struct lg_budgets after;
};

/* The round of SEED, which is always the same. _finish when done. */
void budget_round_start(struct budget_round *round, uint64_t seed, bool allow_growth);
void budget_round_finish(struct budget_round *round);

#endif
