/* Keepers: processes that each run one test after the other, so that several run at a time.
 *
 * A keeper is forked from the host when the next tests are to run, and starts their children in its
 * stead: they find what the host's own children would. It is also the reaper of all that they
 * disown, so that nothing is taken for another test's. When code of the user is about to run in the
 * host, the keepers have to go, since they would know nothing of it. */
#ifndef LG_AGENT_KEEPERS_H
#define LG_AGENT_KEEPERS_H

#include "agent/agent.h"

#include <stdbool.h>
#include <stddef.h>

#define LG_KEEPERS_CONTEXT_BYTES 128

/* Starts BODY, the test of RECORD, whose context has CONTEXT_BYTES, in a keeper that has nothing to
 * do. Its result goes to RECORD as soon as it is over. Returns false if all are at work, or none
 * can be had. */
bool lg_keepers_begin(struct lg_record *record, struct lg_body body, size_t context_bytes);

/* Whether lg_keepers_begin would find one. */
bool lg_keepers_idle(void);

/* Waits until RECORD's test is over, or any other. */
void lg_keepers_wait(void);

/* Ends RECORD's test, if it runs: it is registered again, as if it had not begun. */
void lg_keepers_cancel(struct lg_record *record);

/* Ends all keepers, as soon as what they run is over. */
void lg_keepers_close(void);

#endif
