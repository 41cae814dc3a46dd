/* Symbols of the running executable that the dynamic linker does not know. */
#ifndef LG_AGENT_ELF_H
#define LG_AGENT_ELF_H

#include <stddef.h>
#include <stdint.h>

/* Looks COUNT functions up by NAMES in the executable's full symbol table, and stores
 * the address each has in this process in ADDRESSES, NULL for those that are not there.
 * Returns how many were found; 0 in a stripped executable. Maps the file, allocates
 * nothing. */
size_t lg_elf_find_functions(const char *const *names, size_t count, void **addresses);

#endif
