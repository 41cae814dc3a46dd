/* The counters of a program that is built to measure its coverage (gcov, or clang's profiles):
 * a child ends by _exit, which would lose them. */
#ifndef LG_AGENT_COVERAGE_H
#define LG_AGENT_COVERAGE_H

/* In the host: finds out which modules count, by their symbols. Allocates nothing. */
void lg_coverage_find(void);

/* In a child, once: what the host has counted is not its own. */
void lg_coverage_begin(void);

/* In a child: writes what was counted so far. Later runs add nothing: without the runner, there
 * would be none. Takes memory of the process. */
void lg_coverage_write(void);

#endif
