#include "agent/cunit_current.h"

#include "agent/cunit_calls.h"
#include "agent/patch.h"

#include <string.h>

/* ISO C has no conversion from a function pointer to an object pointer; POSIX does. */
#define VARIABLE_OF(function, variable)                                                            \
    do {                                                                                           \
        const void *code;                                                                          \
        memcpy(&code, &(function), sizeof(code));                                                  \
        (variable) = lg_patch_variable(code);                                                      \
    } while (0)

/* A write of what stands there already would cost each test a page. */
void lg_cunit_set_current(CU_pSuite suite, CU_pTest test)
{
    CU_pSuite suite_before = lg_cunit.get_current_suite();
    CU_pTest test_before = lg_cunit.get_current_test();
    CU_pSuite *suite_variable;
    CU_pTest *test_variable;
    if (suite == suite_before && test == test_before)
        return;
    VARIABLE_OF(lg_cunit.get_current_suite, suite_variable);
    VARIABLE_OF(lg_cunit.get_current_test, test_variable);
    if (suite_variable == NULL || *suite_variable != suite_before)
        return;
    if (test_variable == NULL || *test_variable != test_before)
        return;
    *suite_variable = suite;
    *test_variable = test;
}
