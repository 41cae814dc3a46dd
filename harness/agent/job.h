/* A job: all the children that it takes to know one test. There is the one that judges it, and one
 * more where something is to be found out about it.
 *
 * Its result lies in the slip of its slot, until that is copied to the test's record. */
#ifndef LG_AGENT_JOB_H
#define LG_AGENT_JOB_H

#include "agent/agent.h"

/* Of the host's own jobs; several at a time are in the slots below. */
#define LG_JOB_SLOT (lg_agent.ledger.slots - 1)

/* Runs BODY, the test of RECORD, in the children of this process, in SLOT, and waits until it is
 * over. */
void lg_job_run(uint32_t slot, const struct lg_record *record, struct lg_body body);

/* The result of the newest job in SLOT. */
const struct lg_record *lg_job_result(uint32_t slot);

/* Puts that into RECORD. */
void lg_job_keep(uint32_t slot, struct lg_record *record);

/* The host is about to start a child of its own, of which nobody but the host is to know that it
 * has ended. _release once it is gone. They nest. */
void lg_job_hold_children(void);
void lg_job_release_children(void);

#endif
