/* One test: in a child, or in several, until one of them has what the test needs.
 * Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_ATTEMPT_H
#define LG_AGENT_CUNIT_ATTEMPT_H

#include "agent/cunit_arm.h"
#include "agent/cunit_body.h"
#include "common/ledger.h"

/* Starts BODY, the test of RECORD, in a keeper: its first attempt. Not for tests of suites that are
 * carried, or whose initialization has started threads. Returns false if no keeper can be had. */
bool lg_cunit_begin(struct lg_record *record, const struct lg_cunit_body *body);

/* Runs and measures BODY, a test of PARENT, in a child, unless it has begun
 * already. RECORD then holds its result. */
void lg_cunit_measure(struct lg_record *record, struct lg_armed_suite *parent,
                      const struct lg_cunit_body *body);

/* In a carried suite, what a test leaves is carried on by the host, unless RECORD (NULL: it
 * was not measured) shows it to be too much for that. */
void lg_cunit_carry_on(const struct lg_record *record, const struct lg_cunit_body *body);

/* The threads of this process. */
uint32_t lg_cunit_count_threads(void);

#endif
