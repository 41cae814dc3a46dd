/* CUnit, as the core sees it. harness/agent/cunit.c alone knows more. */
#ifndef LG_AGENT_CUNIT_H
#define LG_AGENT_CUNIT_H

#include <stdbool.h>
#include <stdint.h>

/* True in a program with CUnit, shared or built in. */
bool lg_cunit_present(void);

/* Sees to it that CUnit's calls to run tests come to the agent.
 * Returns 1 if CUnit is part of the executable, else 0. */
uint32_t lg_cunit_take_over(void);

#endif
