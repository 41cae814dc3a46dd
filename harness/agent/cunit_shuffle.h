/* Runs CUnit's suites, and the tests of each, in another order than they were registered in.
 * Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_SHUFFLE_H
#define LG_AGENT_CUNIT_SHUFFLE_H

#include <CUnit/CUnit.h>

/* Puts what is armed of the registry into the order of the orders' seed: the same for the same
 * tests. Does nothing where none is asked for. */
void lg_cunit_shuffle(CU_pTestRegistry registry);

/* Puts it back into the order of registration. */
void lg_cunit_unshuffle(CU_pTestRegistry registry);

#endif
