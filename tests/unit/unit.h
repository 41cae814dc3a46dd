/* The unit tests: one function per suite registers it with CUnit.
 *
 * A test frees what it allocates, removes the files it makes and leaves no state
 * behind: each may run alone, in any order, and many times in one process. */
#ifndef LG_UNIT_UNIT_H
#define LG_UNIT_UNIT_H

#include <CUnit/CUnit.h>

/* A row of a suite's tests: the function's name is the test's. */
#define UNIT_TEST(function) ((CU_TestInfo){#function, function})
