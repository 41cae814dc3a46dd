/* This process as a host: what it has of the ledger, and when. */
#ifndef LG_AGENT_HOST_H
#define LG_AGENT_HOST_H

#include "common/record.h"

#include <stdbool.h>
#include <stdint.h>

/* Opens the ledger that ADDRESS, the value of LG_LEDGER_VARIABLE, names, and makes this process one
 * of its hosts. Returns 0, or another number where that can't be. */
int lg_host_open(const char *address);

/* Before tests run: the ledger is kept from what is forked from here on. A process that main has
 * forked becomes a host of its own, unless it takes the place of one that has run no tests.
 * Returns false where this process has no ledger: CUnit is to run as without the runner. */
bool lg_host_begin_run(void);

/* After the tests of a run: what main forks has the ledger again. */
void lg_host_end_run(void);

/* Before a child is forked: takes a sample of what it will find, unless nothing of the user's has
 * run in this process since the last. */
void lg_host_sample(void);

/* Memory of this process has changed: the next sample looks at it again. */
void lg_host_has_changed(void);

/* Code of the user has run in this process, while no test did: what it has taken, read and printed
 * is no test's. */
void lg_host_has_run_code(void);

/* In a child: it has had to look, since this process is not what the host knew. */
void lg_host_was_wrong(void);

/* Whether what this process forks has the ledger. */
void lg_host_show_to_forks(bool shown);

/* In a keeper, first of all: it starts the children of SLOT. */
void lg_host_enter_keeper(uint32_t slot);

/* In a child, first of all: the ledger is gone, but for its orders and the slip of SLOT. */
void lg_host_enter_child(uint32_t slot);

#endif
