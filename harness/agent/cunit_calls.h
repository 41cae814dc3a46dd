/* CUnit's own functions, wherever they are: in its shared library, or in an
 * executable that carries the static one, where they are replaced by a jump.
 * Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_CALLS_H
#define LG_AGENT_CUNIT_CALLS_H

#include <CUnit/CUnit.h>
#include <stdbool.h>

struct lg_cunit_calls {
    CU_ErrorCode (*run_all_tests)(void);
    CU_ErrorCode (*run_suite)(CU_pSuite);
    CU_ErrorCode (*run_test)(CU_pSuite, CU_pTest);
    CU_BOOL(*assert_implementation)
    (CU_BOOL, unsigned, const char *, const char *, const char *, CU_BOOL);
    CU_pTestRegistry (*get_registry)(void);
    CU_pSuite (*get_current_suite)(void);
    CU_pTest (*get_current_test)(void);
    CU_pRunSummary (*get_run_summary)(void);
    void (*cleanup_registry)(void);
    /* NULL: this CUnit has no such handlers, or cannot be asked. */
    CU_SuiteStartMessageHandler (*get_suite_start_handler)(void);
    CU_TestStartMessageHandler (*get_test_start_handler)(void);
    CU_TestCompleteMessageHandler (*get_test_complete_handler)(void);
    CU_SuiteCompleteMessageHandler (*get_suite_complete_handler)(void);
};

/* Set by lg_cunit_find; the calls to run tests reach CUnit only while it is let in. */
extern struct lg_cunit_calls lg_cunit;

/* Finds CUnit. Returns false if this program has none, or one without symbols. */
bool lg_cunit_find(void);

/* Whether FUNCTION, one of its handlers, is its own: not one of the program's. */
bool lg_cunit_is_own(const void *function);

/* CUnit is part of an executable that was stripped: it can't be told which handlers are its own. */
bool lg_cunit_is_stripped(void);

/* CUnit is part of the executable. */
bool lg_cunit_is_static(void);

/* Takes over the calls to run tests, or lets them in to CUnit itself, as when the
 * agent calls them. Of a shared CUnit nothing changes. Returns 0 or -errno. */
int lg_cunit_take_runs(void);
int lg_cunit_let_runs_in(void);

/* The same for the assertions, while a body runs. */
int lg_cunit_take_assertions(void);
int lg_cunit_let_assertions_in(void);

#endif
