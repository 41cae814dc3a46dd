/* Replaces the functions of CUnit's suites and tests by the agent's, and puts them
 * back; registers each test in the ledger as it first sees it.
 * Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_ARM_H
#define LG_AGENT_CUNIT_ARM_H

#include "common/ledger.h"

#include <CUnit/CUnit.h>
#include <stdbool.h>

/* A suite whose functions are replaced, and what they were. */
struct lg_armed_suite {
    CU_pSuite suite;
    bool armed;
    bool selected; /* at least one of its tests is to run */
    CU_InitializeFunc init;
    CU_CleanupFunc cleanup;
    CU_SetUpFunc set_up;
    CU_TearDownFunc tear_down;
    uint32_t order;     /* by registration: what it is shuffled by */
    uint32_t dependent; /* of its tests: passed only after those before them */
    bool carried;       /* the host runs its tests itself, once they are measured */
    uint32_t threads;   /* that its initialization has started: a fork has none of them */
};

struct lg_armed_test {
    CU_pTest test;
    CU_TestFunc function;
    struct lg_record *record; /* its newest; NULL where the ledger was full */
    uint32_t order;           /* by registration: what it is shuffled by */
    bool armed;
    bool ahead;  /* that has begun before CUnit came to the test */
    bool passed; /* by what looks for those: begun or not */
};

/* What takes the place of the user's functions. */
struct lg_cunit_hooks {
    CU_TestFunc test;
    CU_InitializeFunc init;
    CU_CleanupFunc cleanup;
};

/* Arms the registry's suites, and SUITE, which may be of none, or NULL. */
void lg_cunit_arm(const struct lg_cunit_hooks *hooks, CU_pSuite suite);

/* Arms the tests that were added to a suite since it was armed. */
void lg_cunit_arm_tests(struct lg_armed_suite *entry);

/* Puts everything back that is still armed. */
void lg_cunit_disarm(void);

/* What is known of a suite or test, or NULL. Until the next call of lg_cunit_arm. */
struct lg_armed_suite *lg_cunit_armed_suite(CU_pSuite suite);
struct lg_armed_test *lg_cunit_armed_test(CU_pTest test);

/* A new record in the ledger, for a test or what else can go wrong with a suite.
 * NULL when the ledger is full. */
struct lg_record *lg_cunit_add_record(const char *suite, const char *name,
                                      enum lg_record_kind kind);

/* A record of the same test as FIRST, which is to be run for the PASSth time. */
struct lg_record *lg_cunit_add_pass(const struct lg_record *first, const char *suite,
                                    const char *name, uint32_t pass);

#endif
