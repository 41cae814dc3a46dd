/* This process as a host: what it has of the ledger, and when. */
#ifndef LG_AGENT_HOST_H
#define LG_AGENT_HOST_H

#include "common/record.h"

#include <stdbool.h>

/* Opens the ledger that ADDRESS, the value of LG_LEDGER_VARIABLE, names, and makes this process one
 * of its hosts. Returns 0, or another number where that can't be. */
int lg_host_open(const char *address);

/* Before tests run: the ledger is kept from what is forked from here on. A process that main has
 * forked becomes a host of its own, unless it takes the place of one that has run no tests.
 * Returns false where this process has no ledger: CUnit is to run as without the runner. */
bool lg_host_begin_run(void);

/* After the tests of a run: what main forks has the ledger again. */
void lg_host_end_run(void);

/* In a child, first of all: the ledger is gone, but for its orders; RECORD is part of its slip. */
void lg_host_enter_child(struct lg_record *record);

#endif
