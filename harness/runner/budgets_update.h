/* A budget file, brought up to date: text in, text out. Lines that people wrote stay as they are
 * but for the limits; none moves. */
#ifndef LG_RUNNER_BUDGETS_UPDATE_H
#define LG_RUNNER_BUDGETS_UPDATE_H

#include "runner/budgets.h"
#include "runner/need.h"
#include "runner/text.h"

/* A test that was measured. */
struct lg_budget_measured {
    const char *program;
    const char *test; /* "SUITE/TEST" */
    const struct lg_wishes *own;
    struct lg_need need;
};

struct lg_budget_changes {
    size_t added;
    size_t tightened;
    size_t raised;
    size_t removed;
    size_t remembered; /* lines as they are, which first had no "first:" */
    size_t refused;    /* tests that grow by more than their lines, which were not raised */
    size_t expired;    /* and those whose line does not count any more */
};

struct lg_budget_update {
    const struct lg_budgets *budgets; /* what is in the file, as read from TEXT */
    const char *text;                 /* the file */
    const struct lg_budget *fallback;
    const struct lg_budget_measured *tests;
    size_t count;
    bool allow_growth; /* raise lines, too */
};

/* Writes what is measured now. A line of one test is tightened where the test needs less, and
 * taken out where it needs none; it is raised only if that is allowed. A test that is over the
 * limits it has without any line gets one, in order of names. A line without a "first:" for what
 * it limits of the test gets one. Globs stay. Adds the new text to OUT, which tells whether there
 * was memory. */
void lg_budgets_update(const struct lg_budget_update *update, struct lg_text *out,
                       struct lg_budget_changes *changes);

#endif
