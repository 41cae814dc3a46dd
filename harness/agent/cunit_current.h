/* The test and the suite that CUnit says it is at.
 * Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_CURRENT_H
#define LG_AGENT_CUNIT_CURRENT_H

#include <CUnit/CUnit.h>

/* Lets CU_get_current_suite and CU_get_current_test name SUITE and TEST, in this process. CUnit has
 * no function for that: where its code is not known, they go on naming what they did. */
void lg_cunit_set_current(CU_pSuite suite, CU_pTest test);

#endif
