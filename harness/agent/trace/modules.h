/* The modules of the process, whose calls the hooks stand in for: their slots are patched,
 * in the traced child only. */
#ifndef LG_AGENT_TRACE_MODULES_H
#define LG_AGENT_TRACE_MODULES_H

#include <stdbool.h>

/* A function that is hooked: the pointers are as the linker knows them, functions all. */
struct lg_hook {
    const char *name;
    void *replacement;
    void **real; /* where the hook finds the function itself; NULL in there: it is missing */
};

/* Each ends with a row without a name. */
extern const struct lg_hook lg_hooks_heap[];
extern const struct lg_hook lg_hooks_map[];
extern const struct lg_hook lg_hooks_fd[];
extern const struct lg_hook lg_hooks_thread[];
extern const struct lg_hook lg_hooks_process[];
extern const struct lg_hook lg_hooks_load[];

/* Looks up the functions themselves. */
void lg_modules_init(void);

/* Patches what each module calls by its slots, and the pointers to the functions that lie in
 * its data and in the heap: a block that is freed through one of those is freed. */
void lg_modules_patch(void);

/* Patches the slots of modules that were loaded since. */
void lg_modules_patch_new(void);

/* Whether there is a hook for functions of NAME. */
bool lg_modules_is_hooked(const char *name);

/* What stands in for FUNCTION, or FUNCTION itself. */
void *lg_modules_replacement(void *function);

#endif
