/* `leakgate doctor`: what can be measured here, proved by planted leaks. */
#ifndef LG_RUNNER_DOCTOR_H
#define LG_RUNNER_DOCTOR_H

#include "runner/results.h"

#include <stdio.h>

/* Writes, for each gauge, whether the leak that was planted for it was seen, and then
 * what the measurement rests on. Returns whether every gauge saw its own, and nothing was
 * seen where nothing was planted. */
bool lg_doctor_write(const struct lg_results *results, FILE *stream, bool color);

#endif
