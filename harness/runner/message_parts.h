/* What the message of a test and that of a program have in common. */
#ifndef LG_RUNNER_MESSAGE_PARTS_H
#define LG_RUNNER_MESSAGE_PARTS_H

#include "runner/results.h"
#include "runner/text.h"

/* Adds "SIGSEGV (Segmentation fault)". */
void lg_message_add_signal(struct lg_text *text, int signal);

/* Adds ": its malloc is that of NAME". */
void lg_message_add_allocator(struct lg_text *text, const struct lg_results *results,
                              const struct lg_host *host);

/* Newlines become spaces. */
void lg_message_put_on_one_line(struct lg_text *text);

#endif
