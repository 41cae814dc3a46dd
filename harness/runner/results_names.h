/* Names that tell the rows of one program apart. */
#ifndef LG_RUNNER_RESULTS_NAMES_H
#define LG_RUNNER_RESULTS_NAMES_H

#include "runner/results.h"

#include <stdbool.h>
#include <stddef.h>

/* Numbers those of COUNT rows that have the name of one before them: "name [2]", or the next number
 * that no other row has. Returns false without memory. */
bool lg_results_make_unique(struct lg_row *rows, size_t count);

#endif
