/* A budget file on disk: what was measured is written to it, while others may do the same. */
#ifndef LG_RUNNER_BUDGETS_FILE_H
#define LG_RUNNER_BUDGETS_FILE_H

#include "runner/budgets_update.h"
#include "runner/results.h"

/* Checks that PATH can be written, there or not, and makes the folders on the way to it; the file
 * itself stays as it is. Returns 0 or -errno. */
int lg_budgets_file_prepare(const char *path);

/* Brings the file at PATH up to date with RESULTS, as of TODAY, days since 1970-01-01. It is read
 * anew and replaced as a whole, under a lock that all who update it take; it is not touched, nor
 * made, where no test was measured. Returns 0, -EINVAL if a line is wrong, or would be, or -errno;
 * ERROR says what is wrong in any case, and the file is then as it was. */
int lg_budgets_file_update(const char *path, const struct lg_results *results, int64_t today,
                           struct lg_budget_changes *changes, char *error, size_t error_size);

#endif
