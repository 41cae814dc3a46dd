/* The budget file: what each test may grow by, in lines made to be reviewed:
 *
 *     cache/put        heap=4K live=128   # JIRA-12, until 2027-01-31
 *     "my suite/a*"    fds=1
 *     net_tests:tcp/a* live=64 expect-leak
 *     net_tests:tcp/b  live=96 first:live=64
 *
 * A name is [PROGRAM:]SUITE/TEST, a glob, in quotes where it has blanks or a '#'; '\\' before a
 * character of globs takes its meaning away. A comment goes on to the end of the line; after the
 * date that follows "until" in it, the line counts no more. What stands behind "first:" are the
 * limits that the line began with: kept by --update-budgets, to see how far they have drifted. */
#ifndef LG_RUNNER_BUDGETS_H
#define LG_RUNNER_BUDGETS_H

#include "common/ledger.h"
#include "runner/budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LG_BUDGET_EXPECT_LEAK "expect-leak"
#define LG_BUDGET_FIRST "first:"

struct lg_budget_line {
    char *name;              /* without its quotes */
    struct lg_gauges limits; /* per run */
    struct lg_gauges first;  /* the limits it began with */
    lg_gauge_set named;      /* the gauges that it limits */
    lg_gauge_set first_named;
    unsigned line;     /* in the file, from 1 */
    bool is_glob;      /* else it names one test */
    bool expects_leak; /* the test passes while it leaks, and fails once it does not */
    bool expired;
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

/* The same from LENGTH bytes of TEXT, which is what the file at PATH holds. */
int lg_budgets_read_text(struct lg_budgets *budgets, const char *path, const char *text,
                         size_t length, int64_t today, char *error, size_t error_size);

/* What is asked for: the limits of one test. */
struct lg_budget_asked {
    const char *program;
    const char *test;                 /* "SUITE/TEST" */
    const struct lg_wishes *own;      /* what the test says itself, or NULL */
    const struct lg_budget *fallback; /* --budget, or its default */
    bool globs_only;                  /* as if there were no line for that very test */
};

/* What holds for one test, and why. */
struct lg_budget_choice {
    struct lg_budget budget;
    const struct lg_budget_line *by[LG_GAUGE_COUNT]; /* NULL: the test itself, or the fallback */
    lg_gauge_set own;                                /* gauges that the test limits itself */
    const struct lg_budget_line *expects_leak;       /* NULL: it does not */
};

/* Chooses for each gauge the line that names the test, else the glob with the most letters of its
 * own, the first of equals, else the test's own limit, else the fallback. Where a leak is
 * expected, gauges without a line have no limit. BUDGETS may be NULL. */
void lg_budgets_choose(const struct lg_budgets *budgets, const struct lg_budget_asked *asked,
                       struct lg_budget_choice *out);

#endif
