/* Threads and child processes that end by themselves, a while after the run that left them: they
 * are no leak, nor is what they hold until then. In the process of a test; safe between two
 * samples. */
#ifndef LG_AGENT_REST_H
#define LG_AGENT_REST_H

#include "agent/agent.h"

/* A thread is still counted while it exits, though it was joined; so is a detached one that has
 * nothing more to do. Waits for that, 50 ms at most, or until no more threads and children are
 * there than in BEFORE. */
void lg_rest_settle(const struct lg_sample *before);

/* Takes a sample after that. OUT is not BEFORE. */
void lg_rest_sample(const struct lg_sample *before, struct lg_sample *out);

/* The same in the midst of a run, which does not last longer for it. If IS_PATIENT, all that is
 * left gets the time to end, until some has not. */
void lg_rest_sample_in_run(const struct lg_sample *before, bool is_patient, struct lg_sample *out);

/* The longest that anything is waited for. */
#define LG_REST_PATIENCE_MS 1300

/* Begins with what is there in the sample FIRST, before the first run: that stays. What the runs
 * leave gets PATIENCE_MS to end; with 0 it is found out after the second whether it does. */
void lg_rest_begin(const struct lg_sample *first, uint32_t patience_ms);

/* From here on, what runs leave gets the time to end. */
void lg_rest_insist(void);

/* Waits until what the runs have left has ended, where that is worth it: then as many threads run
 * at a time as one run starts, and as many stacks are kept for later ones. What does not end in its
 * time stays, from there on. */
void lg_rest_wait(void);

/* What there is now is what the sample before the next runs has counted. */
void lg_rest_begin_runs(const struct lg_sample *before);

/* Takes the sample OUT after runs, at rest, that began at the sample BEFORE. Returns whether
 * something has ended that this had counted: it was not at rest, and the growth since tells
 * nothing, but where a test ends what its last run has left, and leaves the same again. */
bool lg_rest_end_runs(const struct lg_sample *before, struct lg_sample *out);

/* The runs may have left work to threads that stay. Waits, where there are any, for as long as one
 * of the gauges SUSPECTS goes on to fall, 2.5 s at most. OUT is the newest sample, and becomes the
 * last; RETURNED is by how much less than at first there was of each gauge when there was the
 * least. Returns false if they were still falling. */
bool lg_rest_await_returns(lg_gauge_set suspects, struct lg_sample *out,
                           struct lg_gauges *returned);

/* How long was waited in all: the test has not had that time. */
uint64_t lg_rest_waited_ns(void);

/* How long it is worth to wait for what the runs leave; 0: not at all. */
uint32_t lg_rest_patience_ms(void);

#endif
