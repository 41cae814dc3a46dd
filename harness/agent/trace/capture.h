/* The calls on the stack. */
#ifndef LG_AGENT_TRACE_CAPTURE_H
#define LG_AGENT_TRACE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

/* Readies it: libgcc's unwinder is loaded, and memory taken for it. */
void lg_capture_init(void);

/* Stores up to CAPACITY return addresses in FRAMES, the innermost first, without those of the
 * agent itself, inside and out. Returns how many. */
size_t lg_capture_stack(uint64_t *frames, size_t capacity);

#endif
