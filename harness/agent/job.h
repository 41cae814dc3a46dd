/* Jobs: tests that are run in children of this process, as many at a time as the orders say, each
 * in a slot of its own.
 *
 * A job is the children it takes to know all of a test: the one that judges it, and one more where
 * something is to be found out about it. It goes on whenever one of the calls below waits. */
#ifndef LG_AGENT_JOB_H
#define LG_AGENT_JOB_H

#include "agent/agent.h"
#include "common/slip.h"

#include <stdbool.h>
#include <sys/types.h>

struct lg_job {
    uint32_t slot;
    struct lg_slip *slip;     /* what its children write to: the result, once it is over */
    struct lg_record *record; /* in the ledger; NULL: the slot is free */
    uint32_t state;           /* of the record, before */
    struct lg_body body;
    pid_t pid;  /* of the child that runs; 0: none */
    bool again; /* that is one more, for RESULT, which is complete but for what it finds */
    bool keeps; /* once it is over, what it found goes to the record by itself */
    bool over;
    struct lg_record result;
};

/* A free slot for the test of RECORD; waits until there is one. */
struct lg_job *lg_job_take(struct lg_record *record);

/* Whether lg_job_take would not wait. */
bool lg_job_is_free(void);

/* Starts JOB, which is to run BODY. Its result goes to its record, and its slot is free, as soon as
 * it is over; from then on it is not the caller's any more. */
void lg_job_start(struct lg_job *job, struct lg_body body);

/* The same, but waits until it is over, and leaves the result in its slip: for _keep or _drop. */
void lg_job_try(struct lg_job *job, struct lg_body body);

/* Puts the result into the record, or forgets it: the record stays what it was. The slot is free
 * then. */
void lg_job_keep(struct lg_job *job);
void lg_job_drop(struct lg_job *job);

/* Waits until one job more is over. Returns at once where none runs. */
void lg_jobs_wait(void);

/* Ends the job that RECORD's test is running in: it is registered again, as if it had not begun. */
void lg_job_cancel(struct lg_record *record);

#endif
