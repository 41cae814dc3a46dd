/* A budget file as text: read, and brought up to date with tests that were never run. */
#ifndef LG_UNIT_BUDGET_PLAY_H
#define LG_UNIT_BUDGET_PLAY_H

#include "runner/budgets_update.h"
#include "synthetic.h"

#include <stdbool.h>

#define ALL_GAUGES (LG_GAUGE_BIT(LG_GAUGE_COUNT) - 1)

#define BUDGET_PLAY_TODAY 20000 /* 2024-10-04 */
#define BUDGET_PLAY_TESTS 32

/* Reads LENGTH bytes of TEXT as a file. Returns what lg_budgets_read does; what it says is in
 * ERROR, its path left out. */
int budget_play_read(struct lg_budgets *budgets, const char *text, size_t length, char error[512]);

/* Zero-initialize; _free when done. */
struct budget_play {
    struct lg_budget_measured tests[BUDGET_PLAY_TESTS];
    size_t count;
    bool allow_growth;
    struct lg_budget_changes changes;
    char *text; /* after the last update */
};

/* A test "SUITE/TEST" of PROGRAM that needs nothing, all gauges measured. The names stay the
 * caller's. */
struct lg_budget_measured *budget_play_measure(struct budget_play *play, const char *program,
                                               const char *test);

/* The same, which needs LIVE bytes. */
struct lg_budget_measured *budget_play_leak(struct budget_play *play, const char *program,
                                            const char *test, int64_t live);

/* Brings TEXT, which must be right, up to date. Returns the new text, which is the play's. */
const char *budget_play_update(struct budget_play *play, const char *text);

/* What holds for TEST by TEXT, and the default budget. The lines it names are gone. */
struct lg_budget_choice budget_play_choose(const char *text, const struct lg_budget_measured *test);

/* Updates BEFORE, twice: it becomes AFTER, and stays that. "" is a file without lines. */
void budget_play_check(struct budget_play *play, const char *before, const char *after);

void budget_play_free(struct budget_play *play);

#endif
