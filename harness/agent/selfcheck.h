/* Which gauges can be trusted in this process: proved by planting a leak of each kind,
 * which must be seen, and must be gone once it is taken back. */
#ifndef LG_AGENT_SELFCHECK_H
#define LG_AGENT_SELFCHECK_H

#include "agent/allocator.h"
#include "agent/sampler.h"

/* Takes three samples with SAMPLER. Returns the gauges that told the truth. Threads and
 * children are not planted, only looked for: `leakgate doctor` plants those. */
lg_gauge_set lg_selfcheck(struct lg_sampler *sampler, const struct lg_allocator *allocator);

#endif
