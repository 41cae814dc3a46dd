/* What the message of a test and that of a program have in common. */
#ifndef LG_RUNNER_MESSAGE_PARTS_H
#define LG_RUNNER_MESSAGE_PARTS_H

#include "runner/results.h"
#include "runner/text.h"

/* Adds "SIGSEGV (Segmentation fault)". */
void lg_message_add_signal(struct lg_text *text, int signal);

/* Adds ": by the OOM killer", unless it was not. */
void lg_message_add_oom(struct lg_text *text, uint32_t oom);

/* Adds ": its malloc is that of NAME". */
void lg_message_add_allocator(struct lg_text *text, const struct lg_results *results,
                              const struct lg_host *host);

/* Adds a limit: "64 B", "2" or "none". */
void lg_message_add_limit(struct lg_text *text, enum lg_gauge gauge, int64_t limit);

/* Adds "budgets.txt:7". */
void lg_message_add_line(struct lg_text *text, const struct lg_results *results,
                         const struct lg_budget_line *line);

/* Adds which budgets are too loose for ROW, and the command that tightens them. */
void lg_message_add_better(struct lg_text *text, const struct lg_results *results,
                           const struct lg_row *row);

/* Adds that the leak that a line expects of ROW is no more. */
void lg_message_add_missing_leak(struct lg_text *text, const struct lg_results *results,
                                 const struct lg_row *row);

/* Newlines become spaces. */
void lg_message_put_on_one_line(struct lg_text *text);

#endif
