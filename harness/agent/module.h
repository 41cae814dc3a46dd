/* A loaded module, and the slots by which it reaches functions of others. */
#ifndef LG_AGENT_MODULE_H
#define LG_AGENT_MODULE_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_module {
    const struct dl_phdr_info *info;
    const char *names;
    const ElfW(Sym) * symbols;
    const ElfW(Rela) * relocations[2];
    size_t counts[2];
    uintptr_t start; /* of its addresses */
    uintptr_t end;
};

/* What the linker has put in a slot, and what for. */
struct lg_slot {
    const char *name; /* of the function, or of anything else */
    void **address;
    bool is_call;      /* filled in by the linker, maybe at the first call only */
    bool is_data;      /* no function: what the program may have a copy of */
    bool is_undefined; /* of another module */
    uintptr_t own;     /* where the module's own function of that name is, if it has one */
};

/* Of INFO, which stays the linker's, and must outlive OUT. Allocates nothing. */
void lg_module_read(const struct dl_phdr_info *info, struct lg_module *out);

/* Calls VISIT for each slot of MODULE that has a name. */
void lg_module_each_slot(const struct lg_module *module,
                         void (*visit)(const struct lg_module *module, const struct lg_slot *slot,
                                       void *context),
                         void *context);

/* Gives or takes write access to what the linker has relocated, and then protected. */
void lg_module_protect_relocated(const struct lg_module *module, int protection);

#endif
