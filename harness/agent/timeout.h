/* How long a test may take: by its own word, or by the orders. */
#ifndef LG_AGENT_TIMEOUT_H
#define LG_AGENT_TIMEOUT_H

#include "common/record.h"

#include <stdbool.h>
#include <stdint.h>

/* All limits are in milliseconds; 0: none. */

/* SECONDS of the public header as a limit; what is not more than 0 is none. */
uint64_t lg_timeout_from(double seconds);

/* In the host: a suite or main asks for LIMIT_MS, for tests that a later one may need first. */
void lg_timeout_note(uint64_t limit_ms);

/* Of each run of RECORD's test. */
uint64_t lg_timeout_of(const struct lg_record *record);

/* Of so many BODIES, of whichever tests, that are run before RECORD's. */
uint64_t lg_timeout_of_preparation(const struct lg_record *record, uint32_t bodies);

/* Of a child that runs RECORD's test after so many BODIES, whatever it says. */
uint64_t lg_timeout_of_child(const struct lg_record *record, uint32_t bodies);

/* In the child: a body that is run for what it leaves behind asks for LIMIT_MS. */
void lg_timeout_extend(struct lg_record *record, uint64_t limit_ms);

/* In the child: the test itself asks for LIMIT_MS. A run that only judges what the first one did
 * gets no more time by it. */
void lg_timeout_change(struct lg_record *record, uint64_t limit_ms, bool first_run);

#endif
