/* The slots by which the agent calls libc, and is called. */
#ifndef LG_AGENT_OWN_SLOTS_H
#define LG_AGENT_OWN_SLOTS_H

/* Tests put functions of their own in the place of libc's: open, read, close. The linker then
 * binds the agent's calls to those as well. Binds them to what comes behind the program: all
 * but malloc's family, which is the program's to choose. */
void lg_own_slots_bind(void);

/* Fills in the slots of all modules by which they call the function NAME, which is at FUNCTION, if
 * the linker would do that at the first call only: it would be done in every child anew. */
void lg_own_slots_bind_ahead(const char *name, void *function);

#endif
