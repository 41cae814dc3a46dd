/* Keepers: processes that each run one test after the other, so that several run at a time.
 *
 * A keeper is forked from the host when the next tests are to run, and starts their children in its
 * stead: they find what the host's own children would. It is also the reaper of all that they
 * disown, so that nothing is taken for another test's. When code of the user is about to run in the
 * host, the keepers have to go, since they would know nothing of it.
 *
 * Tests are put into a queue that the keepers share with the host, and no test sees: whoever is
 * done takes the next, and writes the result to its record itself. */
#ifndef LG_AGENT_KEEPERS_H
#define LG_AGENT_KEEPERS_H

#include "agent/agent.h"

#include <stdbool.h>
#include <stddef.h>

#define LG_KEEPERS_CONTEXT_BYTES 128

/* Puts BODY, the test of RECORD, whose context has CONTEXT_BYTES, into the queue. Returns false if
 * the queue is full, or no keeper can be had. */
bool lg_keepers_begin(struct lg_record *record, struct lg_body body, size_t context_bytes);

/* Whether there is room in the queue. */
bool lg_keepers_have_room(void);

/* Whether RECORD's test is in the queue, or runs. Then it ends, or, if no keeper is left, it is
 * registered again, as if it had not begun. */
bool lg_keepers_have(const struct lg_record *record);

/* Waits until RECORD's test may be over; it may not. */
void lg_keepers_wait(const struct lg_record *record);

/* What waits in the queue is registered again, as if it had not begun; what runs goes on. */
void lg_keepers_withdraw(void);

/* Ends all keepers as soon as what is in the queue is over. */
void lg_keepers_close(void);

/* Ends all keepers at once. What was in the queue is registered again, as if it had not begun. */
void lg_keepers_cancel(void);

/* In a process that main has forked: the keepers are those of another. */
void lg_keepers_forget(void);

#endif
