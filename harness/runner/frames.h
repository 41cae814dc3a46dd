/* Whose code a frame is. */
#ifndef LG_RUNNER_FRAMES_H
#define LG_RUNNER_FRAMES_H

#include "runner/symbols.h"

/* The first of the COUNT FRAMES that is the user's own code, and of those one with a line, if any
 * has one. COUNT if there is none. */
size_t lg_frames_find_user(const struct lg_frame *frames, size_t count);

/* How many of the COUNT FRAMES come before those of the agent, which has called the test. */
size_t lg_frames_cut_agent(const struct lg_frame *frames, size_t count);

#endif
