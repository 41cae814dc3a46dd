/* Several tests at a time: while CUnit waits for one test, those that come after it are begun.
 * CUnit itself sees them in its own order, one after the other.
 * Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_AHEAD_H
#define LG_AGENT_CUNIT_AHEAD_H

#include "agent/cunit_arm.h"

/* The record that a run of ENTRY's test of PARENT goes to. Another run of the same test is another
 * row: no result is lost to a later one. NULL when the ledger is full. */
struct lg_record *lg_cunit_fresh_record(struct lg_armed_test *entry, CU_pSuite parent);

/* Whether CUnit goes on after each test, and then from each suite to the next: or else it runs a
 * single one. */
void lg_cunit_allow_ahead(bool allowed, bool of_all_suites);

/* CUnit has come to ENTRY's test of PARENT: what is begun from here on comes after it. */
void lg_cunit_reach(const struct lg_armed_suite *parent, struct lg_armed_test *entry);

/* Whether tests may run side by side: not those that read on in the same open file, or that need
 * what those before them have left. */
bool lg_cunit_may_run_ahead(void);

/* Whether there is a test to come that has not begun: in that suite, or in those after it that have
 * no functions of their own, up to the first that has. */
bool lg_cunit_has_more(void);

/* Begins what comes next, as long as there is room in the keepers' queue. */
void lg_cunit_begin_ahead(void);

/* What was begun and has not been come to is as if it had not been. */
void lg_cunit_drop_ahead(void);

/* CUnit goes on from PARENT: what was begun there and has not been come to never will be. */
void lg_cunit_leave_suite(CU_pSuite parent);

#endif
