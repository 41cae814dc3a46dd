/* What a test says of itself, by <leakgate/leakgate.h>. */
#ifndef LG_AGENT_WISHES_H
#define LG_AGENT_WISHES_H

#include "common/ledger.h"

/* In the host: what main has said is for every suite, and what a suite's initialization says is
 * forgotten when the next one begins. */
void lg_wishes_begin_suite(void);

/* In the host: RECORD's test begins with what main and its suite have said. What that names is
 * copied to the attic of SLIP. */
void lg_wishes_begin_test(struct lg_record *record, struct lg_ledger *slip);

#endif
