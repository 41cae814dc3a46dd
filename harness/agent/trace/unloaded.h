/* Modules that the traced run has unloaded: frames in them are named all the same. */
#ifndef LG_AGENT_TRACE_UNLOADED_H
#define LG_AGENT_TRACE_UNLOADED_H

#include <stddef.h>

/* Room for their lines of /proc/self/maps; taken from the trace's own memory. */
#define LG_UNLOADED_BYTES ((size_t)1 << 16)

/* Remembers which modules are there: TEXT, their lines, stays the caller's; MEMORY is zeroed
 * and of LG_UNLOADED_BYTES. */
void lg_unloaded_begin(const char *text, char *memory);

/* To be called before one is unloaded: adds the lines of TEXT that are neither among those of
 * the beginning nor added already. What does not fit is left out. */
void lg_unloaded_add(const char *text);

/* The lines that were added, but for those whose addresses are taken in TEXT: appended to it,
 * up to CAPACITY bytes in all. TEXT is NUL-terminated, before and after. */
void lg_unloaded_append(char *text, size_t capacity);

#endif
