/* What the runner asks of the agent. */
#ifndef LG_RUNNER_ORDERS_H
#define LG_RUNNER_ORDERS_H

#include "common/ledger.h"
#include "runner/options.h"

/* Writes the orders that OPTIONS make into a LEDGER that no host has seen yet. AGENT is the
 * path of the agent. Returns 0, or -ENOMEM if the budgets do not fit. */
int lg_orders_write(struct lg_ledger *ledger, const struct lg_options *options, const char *agent);

#endif
