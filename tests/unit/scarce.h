/* Memory and room on the disk that run out when a test says so: malloc, calloc and realloc as the
 * product and the tests call them, wrapped by the linker, and those of libxml2; files that may grow
 * no more. */
#ifndef LG_UNIT_SCARCE_H
#define LG_UNIT_SCARCE_H

#include <stdbool.h>

/* The NUMBER-th allocation from now fails, from 1; 0: none does. */
void scarce_memory(unsigned number);

/* Whether it has failed since. */
bool scarce_memory_ran_out(void);

/* Before the NUMBER-th allocation from now, FUNCTION is called, once; 0: none is. Returns whether
 * one was still to be. */
bool scarce_memory_call(unsigned number, void (*function)(void));

/* The same of libxml2's own allocations. Between two calls of this, libxml2 may free nothing
 * that it allocated before. */
void scarce_xml_memory(unsigned number);

/* From now on no file may become longer than BYTES, and writing to it fails; 0: as before. */
void scarce_room(unsigned bytes);

#endif
