/* What the files of the update share. */
#ifndef LG_RUNNER_BUDGETS_UPDATE_PARTS_H
#define LG_RUNNER_BUDGETS_UPDATE_PARTS_H

#include "runner/budgets_update.h"

/* A line of the file, as it was and as it is to be. It may be for many tests, of one program or
 * of several: what becomes of it has to be right for each. */
struct budget_file_line {
    const char *text; /* without its newline */
    size_t length;
    const struct lg_budget_line *was; /* NULL: empty, or a comment */
    struct lg_budget_line now;
    lg_gauge_set asked;       /* gauges that a test has its limit of from it */
    lg_gauge_set unknown;     /* of those, not measured of each test */
    struct lg_need need;      /* of those, the most that one of the tests needs */
    struct lg_gauges without; /* what would hold if it were not there */
    lg_gauge_set kept;        /* gauges for which that differs by test, or is another line */
    const char *test;         /* the full name of a test that it is for */
    bool shared;              /* and it is for another, too */
    bool idle;                /* expired, or expects a leak, and a test has no need of that */
    bool held;                /* but another has */
    bool remembered;
    bool tightened;
    bool raised;
};

/* What is being decided of one test. */
struct budget_decision {
    const struct lg_budget_measured *test;
    char *name; /* PROGRAM:SUITE/TEST: lines are in order of that */
    struct lg_budget_choice choice;
    struct budget_file_line *own; /* the line of that very test, or NULL */
    bool expired;                 /* there is none but what has expired */
    bool refused;
    bool adds; /* a line: */
    struct lg_budget_line added;
    size_t before; /* the number of lines that it comes after */
};

struct budget_file {
    const struct lg_budget_update *update;
    struct lg_budget_changes *changes;
    const char *text; /* without a byte-order mark */
    const char *newline;
    struct budget_file_line *lines;
    size_t count;
    struct budget_decision *decisions; /* in order of names */
};

/* Adds FILE as it is to be to OUT, and counts what is changed. */
void lg_budgets_write(struct budget_file *file, struct lg_text *out);

#endif
