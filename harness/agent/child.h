/* What the children of all kinds have in common: the one that judges a test (child.c, and
 * child_repeat.c for its repeated runs), and those that are made once more (child_again.c). */
#ifndef LG_AGENT_CHILD_H
#define LG_AGENT_CHILD_H

#include "agent/agent.h"
#include "agent/trial.h"

/* The first thing a child does, and the last. */
void lg_child_begin(struct lg_record *record);
_Noreturn void lg_child_end(enum lg_ending ending, int error);

/* Whatever BODY needs before its first run. Watched like a run: it may run tests, and they
 * may hang. */
void lg_child_prepare(struct lg_body body);

/* One run, watched. */
void lg_child_run_once(struct lg_body body);

/* Takes a sample; if that fails, the child ends. */
void lg_child_sample(struct lg_sample *out);

/* Notes that RUNS runs grew by that. */
void lg_child_keep_step(uint32_t runs, bool warm_up, const struct lg_gauges *growth);

/* Runs BODY again until TRIAL is over, and leaves in the record what leaks. */
void lg_child_run_again(struct lg_trial *trial, struct lg_body body);

#endif
