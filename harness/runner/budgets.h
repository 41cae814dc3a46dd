/* The budget file: what each test may grow by, in lines made to be reviewed:
 *
 *     cache/put        heap=4K live=128   # JIRA-12, until 2027-01-31
 *     "my suite/a*"    fds=1
 *     net_tests:tcp/a* live=64 expect-leak
 *
 * A name is [PROGRAM:]SUITE/TEST, a glob, in quotes where it has blanks or a '#'. A comment goes
 * on to the end of the line; after the date that follows "until" in it, the line counts no more. */
#ifndef LG_RUNNER_BUDGETS_H
#define LG_RUNNER_BUDGETS_H

#include "runner/budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_budget_line {
    char *name;              /* without its quotes */
    bool is_glob;            /* else it names one test */
    lg_gauge_set named;      /* the gauges it limits */
    struct lg_gauges limits; /* per run */
    bool expects_leak;       /* the test passes while it leaks, and fails once it does not */
    bool expired;
    unsigned line; /* in the file, from 1 */
};

/* Zero-initialize; _free when done. */
struct lg_budgets {
    const char *path; /* the caller's */
    struct lg_budget_line *rows;
    size_t count;
    size_t capacity;
};

void lg_budgets_free(struct lg_budgets *budgets);

/* Reads the file at PATH, as of TODAY, days since 1970-01-01. Returns 0, -EINVAL if a line is
 * wrong, or -errno; ERROR says what is wrong and where in any case: "budgets.txt:7: unknown gauge
 * 'heep' (heap, ...)". BUDGETS is then empty. */
int lg_budgets_read(struct lg_budgets *budgets, const char *path, int64_t today, char *error,
                    size_t error_size);

/* What holds for one test, and why. */
struct lg_budget_choice {
    struct lg_budget budget;
    const struct lg_budget_line *by[LG_GAUGE_COUNT]; /* NULL: the fallback */
    const struct lg_budget_line *expects_leak;       /* NULL: it does not */
};

/* The least limit of each gauge that any test can have, where FALLBACK is that of the tests that
 * no line is for: what stays within it needs no look at the lines. BUDGETS may be NULL. */
struct lg_budget lg_budgets_least(const struct lg_budgets *budgets,
                                  const struct lg_budget *fallback);

/* Chooses for TEST, "SUITE/TEST", of PROGRAM: for each gauge the line that names that test, else
 * the glob with the most letters of its own, the first of equals, else FALLBACK. Where a leak is
 * expected, gauges without a line have no limit. BUDGETS may be NULL. */
void lg_budgets_choose(const struct lg_budgets *budgets, const char *program, const char *test,
                       const struct lg_budget *fallback, struct lg_budget_choice *out);

#endif
