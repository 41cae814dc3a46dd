/* Symbols of a loaded module that the dynamic linker does not know. */
#ifndef LG_AGENT_ELF_H
#define LG_AGENT_ELF_H

#include <stddef.h>
#include <stdint.h>

/* Looks COUNT functions up by NAMES, "NAME", or "FILE:NAME" for one that is local to FILE.c, or to
 * the object FILE.o, in the full symbol table of the module at PATH, which is loaded at BIAS, and
 * stores the address each has in this process in ADDRESSES, NULL for those that are not there.
 * Returns how many were found; 0 in a stripped module. Maps the file, allocates nothing. */
size_t lg_elf_find_functions(const char *path, uintptr_t bias, const char *const *names,
                             size_t count, void **addresses);

/* What is to be added to an address of the executable's file: 0 unless it is position-independent.
 */
uintptr_t lg_elf_bias(void);

#endif
