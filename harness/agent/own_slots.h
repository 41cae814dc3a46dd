/* The agent's own calls of libc. */
#ifndef LG_AGENT_OWN_SLOTS_H
#define LG_AGENT_OWN_SLOTS_H

/* Tests put functions of their own in the place of libc's: open, read, close. The linker then
 * binds the agent's calls to those as well. Binds them to what comes behind the program: all
 * but malloc's family, which is the program's to choose. */
void lg_own_slots_bind(void);

#endif
