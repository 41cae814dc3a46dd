/* Modules that the traced run has unloaded: frames in them are named all the same. */
#ifndef LG_AGENT_TRACE_UNLOADED_H
#define LG_AGENT_TRACE_UNLOADED_H

#include "common/sample.h"

#include <stddef.h>

/* Room for their lines of /proc/self/maps; taken from the trace's own memory. */
#define LG_UNLOADED_BYTES ((size_t)1 << 16)

/* Remembers which modules are there: TEXT, their lines, stays the caller's; MEMORY is zeroed
 * and of LG_UNLOADED_BYTES. */
void lg_unloaded_begin(const char *text, char *memory);

/* To be called before one is unloaded: adds the lines of TEXT that are neither among those of
 * the beginning nor added already. What does not fit is left out. */
void lg_unloaded_add(const char *text);

/* What is no longer there of the lines of the beginning and of those that were added, but for
 * lines whose addresses something else has had: appended to TEXT, those of now, up to CAPACITY
 * bytes in all. TEXT is NUL-terminated, before and after. */
void lg_unloaded_append(char *text, size_t capacity);

/* The addresses that one module had after another, which tell neither: up to CAPACITY ranges in
 * OUT, of which the last takes in what does not fit. TEXT is that of now, before it is appended
 * to. Returns how many. */
size_t lg_unloaded_reused(const char *text, struct lg_range *out, size_t capacity);

#endif
