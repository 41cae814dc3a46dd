/* Runs the body of one CUnit test, and takes its assertions.
 * Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_BODY_H
#define LG_AGENT_CUNIT_BODY_H

#include <CUnit/CUnit.h>
#include <stddef.h>

/* All it takes to run a test: its own function and its suite's. */
struct lg_cunit_body {
    CU_pSuite suite;
    CU_pTest test;
    CU_TestFunc function;
    CU_SetUpFunc set_up;
    CU_TearDownFunc tear_down;
};

/* SetUp, test and TearDown, as CUnit runs them. */
void lg_cunit_run_body(const struct lg_cunit_body *body);

/* CUnit has come to TEST, in this process: it stays there while bodies run. */
void lg_cunit_is_at(CU_pTest test);

/* An assertion of the body that runs: noted if it counts. Does not return if FATAL and
 * there is somewhere to go back to. */
CU_BOOL lg_cunit_note_assertion(CU_BOOL value, unsigned line, const char *condition,
                                const char *file, CU_BOOL fatal);

/* A body runs in this process, and its assertions are not CUnit's to count. */
CU_BOOL lg_cunit_in_body(void);

/* The tests that this program came to so far, in order, run or not. */

/* Adds one. */
void lg_cunit_came_to(const struct lg_cunit_body *body);

/* How many there are: in SUITE, or in all for NULL. */
size_t lg_cunit_before(CU_pSuite suite);

/* Forgets them: their tests are no more. */
void lg_cunit_forget_before(void);

/* Runs them, without output, and without counting their assertions. */
void lg_cunit_run_before(CU_pSuite suite);

/* Runs the suite's initialization likewise. Returns what it returns. */
int lg_cunit_run_init_again(CU_InitializeFunc init);

/* The same for a single one. */
void lg_cunit_run_uncounted(const struct lg_cunit_body *body);

#endif
