/* `leakgate maps PID`: the mappings of a live process by segment class. */
#ifndef LG_RUNNER_SEGMENTS_H
#define LG_RUNNER_SEGMENTS_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the mappings of the process under PROC_ROOT ("/proc/1234"), with their
 * class, and the totals by class, as a table or as JSON.
 * Returns 0 or -errno: -ENOENT if there is no such process. Nothing is written then. */
int lg_segments_write(const char *proc_root, FILE *stream, bool json);

#endif
