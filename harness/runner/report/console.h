/* The report on the console. */
#ifndef LG_RUNNER_REPORT_CONSOLE_H
#define LG_RUNNER_REPORT_CONSOLE_H

#include "runner/results.h"

#include <stdbool.h>
#include <stdio.h>

/* Whether to colour what goes to STREAM: by option, else on a terminal without NO_COLOR. */
bool lg_console_color(enum lg_color option, FILE *stream);

/* A line for each test that is not clean, with what is known of its place, then a
 * summary; nothing but the tests that are not clean if QUIET, and the seed of their order. */
void lg_console_write(const struct lg_results *results, FILE *stream, bool color, bool quiet);

/* The tests of the program, one SUITE/TEST a line with its place; JSON: an array of
 * objects {"program", "suite", "name", "active", "file", "line"}. */
void lg_console_list(const struct lg_results *results, FILE *stream, bool json);

#endif
