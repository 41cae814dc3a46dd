#include "agent/trace/modules.h"

#include "agent/agent.h"
#include "agent/module.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_HOOKS 160
#define MAX_KNOWN 1024
#define MAX_SWEPT_BYTES (UINT64_C(64) << 20)
#define PAGE_MASK (~(uintptr_t)4095)

static const struct lg_hook *hooks[MAX_HOOKS];
static size_t hook_count;
static uintptr_t lowest; /* of the functions: most words are quickly known to be none */
static uintptr_t highest;

/* Modules that are patched already. */
static uintptr_t known[MAX_KNOWN];
static size_t known_count;
static unsigned long long unloaded_before; /* modules, when those were noted */

static uintptr_t own_base; /* of the agent */

static void add_hooks(const struct lg_hook *table, void *handle)
{
    for (; table->name != NULL && hook_count < MAX_HOOKS; table++) {
        *table->real = lg_agent_look_up(handle, table->name);
        uintptr_t address = (uintptr_t)*table->real;
        if (address == 0)
            continue;
        hooks[hook_count++] = table;
        lowest = address < lowest ? address : lowest;
        highest = address > highest ? address : highest;
    }
}

/* Behind the agent, so that an executable at fixed addresses does not answer with its own
 * slots. A malloc that is not libc's may be anywhere. */
void lg_modules_init(void)
{
    bool libc = lg_agent.host->allocator == LG_ALLOCATOR_GLIBC;
    Dl_info info;
    hook_count = 0;
    lowest = UINTPTR_MAX;
    highest = 0;
    add_hooks(lg_hooks_heap, libc ? RTLD_NEXT : RTLD_DEFAULT);
    add_hooks(lg_hooks_map, RTLD_NEXT);
    add_hooks(lg_hooks_fd, RTLD_NEXT);
    add_hooks(lg_hooks_thread, RTLD_NEXT);
    add_hooks(lg_hooks_process, RTLD_NEXT);
    add_hooks(lg_hooks_load, RTLD_NEXT);
    if (dladdr(hooks, &info) != 0)
        own_base = (uintptr_t)info.dli_fbase;
}

void *lg_modules_replacement(void *function)
{
    if ((uintptr_t)function < lowest || (uintptr_t)function > highest)
        return function;
    for (size_t i = 0; i < hook_count; i++) {
        if (*hooks[i]->real == function)
            return hooks[i]->replacement;
    }
    return function;
}

static const struct lg_hook *find_hook(const char *name)
{
    for (size_t i = 0; i < hook_count; i++) {
        if (strcmp(hooks[i]->name, name) == 0)
            return hooks[i];
    }
    return NULL;
}

bool lg_modules_is_hooked(const char *name)
{
    return find_hook(name) != NULL;
}

/* A slot that was not bound yet leads back into its own module, libc's own calls of malloc
 * too; one that was bound to something else than what the hook calls is left alone. */
static bool is_ours(const struct lg_module *module, const struct lg_slot *slot,
                    const struct lg_hook *hook)
{
    uintptr_t value = (uintptr_t)*slot->address;
    uintptr_t function = (uintptr_t)*hook->real;
    if (value == function)
        return true;
    return slot->is_call && value >= module->start && value < module->end &&
           (slot->is_undefined || slot->own == function);
}

static void patch_slot(const struct lg_module *module, const struct lg_slot *slot, void *context)
{
    const struct lg_hook *hook = find_hook(slot->name);
    (void)context;
    if (hook != NULL && is_ours(module, slot, hook))
        *slot->address = hook->replacement;
}

/* Each aligned word between START and END that is the address of a hooked function. */
__attribute__((no_sanitize("address"))) static void sweep(uintptr_t start, uintptr_t end)
{
    for (uintptr_t word = (start + 7) & ~(uintptr_t)7; word + 8 <= end; word += 8) {
        void **pointer = (void **)word; /* NOLINT: memory of the process, looked at by word */
        void *value = *pointer;
        void *replacement = lg_modules_replacement(value);
        if (replacement != value)
            *pointer = replacement;
    }
}

/* The program may have taken access from a part of its own data, a guard page below a stack. */
static bool is_withheld(const struct lg_mapping *row)
{
    return (row->flags & LG_MAPPING_READ) == 0 || (row->flags & LG_MAPPING_WRITE) == 0;
}

static bool is_relocated(const struct lg_module *module, const struct lg_mapping *row)
{
    for (unsigned i = 0; i < module->info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->info->dlpi_phdr[i];
        uintptr_t start = module->info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_RELRO && row->start >= (start & PAGE_MASK) &&
            row->end <= start + segment->p_memsz)
            return true;
    }
    return false;
}

/* What of it is not withheld: the newest sample knows, of what was mapped by then. */
static void sweep_segment(const struct lg_module *module, uintptr_t start, uintptr_t end)
{
    const struct lg_maps *maps = lg_sampler_latest(&lg_agent.sampler);
    for (size_t i = 0; i < maps->count && start < end; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        if (row->end <= start || row->start >= end || !is_withheld(row) ||
            is_relocated(module, row))
            continue;
        if (row->start > start)
            sweep(start, row->start);
        start = row->end;
    }
    sweep(start, end);
}

static void sweep_data(const struct lg_module *module, bool sampled)
{
    for (unsigned i = 0; i < module->info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->info->dlpi_phdr[i];
        uintptr_t start = module->info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) == 0)
            continue;
        if (sampled)
            sweep_segment(module, start, start + segment->p_memsz);
        else
            sweep(start, start + segment->p_memsz);
    }
}

/* The agent calls the functions themselves, and so does what captures the stack. */
static bool is_spared(const struct dl_phdr_info *info, const struct lg_module *module)
{
    return (own_base >= module->start && own_base < module->end) ||
           strstr(info->dlpi_name, "libgcc_s.so") != NULL ||
           strstr(info->dlpi_name, "linux-vdso") != NULL;
}

static bool is_known(uintptr_t start)
{
    for (size_t i = 0; i < known_count; i++) {
        if (known[i] == start)
            return true;
    }
    return false;
}

static int patch_module(struct dl_phdr_info *info, size_t size, void *context)
{
    const bool *first = context;
    struct lg_module module;
    (void)size;
    lg_module_read(info, &module);
    if (*first)
        unloaded_before = info->dlpi_subs;
    else if (info->dlpi_subs != unloaded_before)
        known_count = 0; /* what is there now may be another module */
    if (is_spared(info, &module) || (!*first && is_known(module.start)))
        return 0;
    lg_module_protect_relocated(&module, PROT_READ | PROT_WRITE);
    lg_module_each_slot(&module, patch_slot, NULL);
    sweep_data(&module, *first);
    lg_module_protect_relocated(&module, PROT_READ);
    if (*first && known_count < MAX_KNOWN)
        known[known_count++] = module.start;
    return 0;
}

/* The heap, and what was mapped, unless it is so large that it can only be data. */
static bool may_hold_pointers(const struct lg_mapping *row)
{
    if (is_withheld(row) || lg_sampler_owns(&lg_agent.sampler, row))
        return false;
    return row->segment == LG_SEGMENT_HEAP ||
           (row->segment == LG_SEGMENT_ANON && row->end - row->start <= MAX_SWEPT_BYTES);
}

void lg_modules_patch(void)
{
    bool first = true;
    const struct lg_maps *maps = lg_sampler_latest(&lg_agent.sampler);
    known_count = 0;
    dl_iterate_phdr(patch_module, &first);
    for (size_t i = 0; i < maps->count; i++) {
        if (may_hold_pointers(&maps->rows[i]))
            sweep(maps->rows[i].start, maps->rows[i].end);
    }
}

/* What is unloaded and loaded again is another module, though it may be where it was. */
void lg_modules_patch_new(void)
{
    bool first = false;
    dl_iterate_phdr(patch_module, &first);
}
