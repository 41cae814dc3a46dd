/* The program's own handlers, which CUnit calls between tests: what they do may be seen by the
 * tests after that. Part of cunit.c, apart for its size. */
#ifndef LG_AGENT_CUNIT_HANDLERS_H
#define LG_AGENT_CUNIT_HANDLERS_H

#include <stdbool.h>

/* Whether there is one right now. Those that print for CUnit's front-ends are none. */
bool lg_cunit_has_handlers(void);

/* In the host: notes that tests run one by one for it, and which it is. */
void lg_cunit_tell_handlers(void);

#endif
