/* What a test prints goes to the runner, apart from what other tests print. */
#ifndef LG_AGENT_OUTPUT_H
#define LG_AGENT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

/* In the host, before tests run: opens the runner's pipes, above the descriptors that programs
 * count on. Where they can't be had, output goes where it went. */
void lg_output_open(void);

/* In the host, whenever code of the user may have closed, or opened, any of the descriptors. */
void lg_output_check(void);

/* In a keeper, or a child: the pipes of other slots than SLOT are closed. What a test prints can't
 * be another's. */
void lg_output_leave_others(uint32_t slot);

/* Whether FD is one of the pipes. */
bool lg_output_owns(int fd);

/* In the child: stdout and stderr, if they are open, are the pipes from here on. */
void lg_output_take(void);

/* In the host, after the child of SLOT has gone: waits until the runner has read what it wrote. */
void lg_output_drain(uint32_t slot);

#endif
