/* Threads and child processes that end by themselves, a moment after the run that left them: they
 * are no leak, nor is what they hold until then. In the process of a test; safe between two
 * samples. */
#ifndef LG_AGENT_REST_H
#define LG_AGENT_REST_H

#include "agent/agent.h"

/* Whether there are more threads or children than before. */
bool lg_rest_is_left(const struct lg_sample *before, const struct lg_sample *after);

/* A thread is still counted while it exits, though it was joined; so is a detached one that has
 * nothing more to do. Waits for that, 50 ms at most: then those that stay have begun, too. */
void lg_rest_settle(const struct lg_sample *before);

/* Takes a sample after that. OUT is not BEFORE. */
void lg_rest_sample(const struct lg_sample *before, struct lg_sample *out);

/* Before threads and processes are called left behind, they get more than that: waits until no
 * more of them are there than in BEFORE, 1.3 s at most. Returns whether that is so. */
bool lg_rest_wait(const struct lg_sample *before);

/* How a test comes to rest that is run again and again. */
struct lg_rest {
    struct lg_sample level; /* at rest: before the first run, then what has not ended by itself */
    bool waits;             /* what its runs leave ends by itself, but not at once */
    bool runs_on;           /* nothing is to be gained by waiting any more */
    uint64_t found_in_ns;   /* how long it took to find that out */
};

/* FIRST is the sample before the first run. */
void lg_rest_begin(struct lg_rest *rest, const struct lg_sample *first);

/* Between two runs: as many ran at a time as one run leaves, and as many stacks are kept for
 * later threads. */
void lg_rest_between_runs(struct lg_rest *rest);

/* Takes a sample after runs, at rest. Returns whether it was found out by that that the test must
 * be waited for: what was sampled before it was not at rest, and tells nothing. */
bool lg_rest_sample_runs(struct lg_rest *rest, const struct lg_sample *before,
                         struct lg_sample *out);

#endif
