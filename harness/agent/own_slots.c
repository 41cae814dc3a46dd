#include "agent/own_slots.h"

#include "agent/agent.h"
#include "agent/module.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>

/* The program, and the agent. */
struct modules {
    uintptr_t start;
    uintptr_t end;
    bool has_program;
};

static bool is_of_malloc(const char *name)
{
    static const char *const names[] = {
        "malloc",      "free",          "calloc",         "realloc",
        "memalign",    "mallinfo2",     "mallopt",        "malloc_usable_size",
        "malloc_trim", "aligned_alloc", "posix_memalign",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void bind_slot(const struct lg_module *own, const struct lg_slot *slot, void *context)
{
    const struct modules *modules = context;
    uintptr_t value = (uintptr_t)*slot->address;
    (void)own;
    if (slot->is_data || !slot->is_undefined || value < modules->start || value >= modules->end ||
        is_of_malloc(slot->name))
        return;
    void *next = lg_agent_look_up(RTLD_NEXT, slot->name);
    if (next != NULL)
        *slot->address = next;
}

/* The program comes first. Data, as stdout, is the program's where the linker has copied it
 * there. */
static int visit_module(struct dl_phdr_info *info, size_t size, void *context)
{
    struct modules *modules = context;
    struct lg_module module;
    uintptr_t here = (uintptr_t)&visit_module;
    (void)size;
    lg_module_read(info, &module);
    if (!modules->has_program) {
        *modules = (struct modules){module.start, module.end, true};
        return 0;
    }
    if (here < module.start || here >= module.end)
        return 0;
    lg_module_protect_relocated(&module, PROT_READ | PROT_WRITE);
    lg_module_each_slot(&module, bind_slot, modules);
    lg_module_protect_relocated(&module, PROT_READ);
    return 1;
}

void lg_own_slots_bind(void)
{
    struct modules modules = {0};
    dl_iterate_phdr(visit_module, &modules);
}

struct ahead {
    const char *name;
    void *function;
};

/* What has not been filled in yet leads back into the module itself. */
static void bind_ahead(const struct lg_module *module, const struct lg_slot *slot, void *context)
{
    const struct ahead *ahead = context;
    uintptr_t value = (uintptr_t)*slot->address;
    if (slot->is_call && slot->is_undefined && value >= module->start && value < module->end &&
        strcmp(slot->name, ahead->name) == 0)
        *slot->address = ahead->function;
}

static int visit_caller(struct dl_phdr_info *info, size_t size, void *context)
{
    struct lg_module module;
    (void)size;
    lg_module_read(info, &module);
    lg_module_each_slot(&module, bind_ahead, context);
    return 0;
}

void lg_own_slots_bind_ahead(const char *name, void *function)
{
    struct ahead ahead = {name, function};
    dl_iterate_phdr(visit_caller, &ahead);
}
