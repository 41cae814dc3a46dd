#include "agent/trace/capture.h"

#include "agent/agent.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#define MAX_DEPTH 64
#define BODY_FRAMES 3

/* libgcc's unwinder, which backtrace uses too, but walks to the end of the stack with. */
static struct {
    int (*walk)(int (*frame)(void *context, void *argument), void *argument);
    uint64_t (*address_of)(void *context);
} unwinder;

/* Where the agent itself is. */
static uintptr_t agent_start;
static uintptr_t agent_end;

static int find_agent(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        uintptr_t own = (uintptr_t)&lg_capture_stack;
        if (segment->p_type != PT_LOAD || own < start || own - start >= segment->p_memsz)
            continue;
        agent_start = start;
        agent_end = start + segment->p_memsz;
        return 1;
    }
    return 0;
}

static void load_unwinder(void)
{
    void *library = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    void *walk = library != NULL ? lg_agent_look_up(library, "_Unwind_Backtrace") : NULL;
    void *address = library != NULL ? lg_agent_look_up(library, "_Unwind_GetIP") : NULL;
    if (walk == NULL || address == NULL)
        return;
    memcpy(&unwinder.address_of, &address, sizeof(address));
    memcpy(&unwinder.walk, &walk, sizeof(walk));
}

void lg_capture_init(void)
{
    uint64_t frames[4];
    dl_iterate_phdr(find_agent, NULL);
    load_unwinder();
    lg_capture_stack(frames, 4); /* the first call readies what it needs */
}

static bool is_agent(uint64_t address)
{
    return address >= agent_start && address < agent_end;
}

struct stack {
    uint64_t *frames;
    size_t count;
    size_t capacity;
    unsigned walked;
    unsigned agents_in_a_row;
};

/* Returns whether there is more to come. Hooks stand between a caller and libc's own function,
 * one or two frames at a time; whoever runs the test's body stands below it with more. */
static bool add_frame(struct stack *stack, uint64_t address)
{
    stack->walked++;
    if (is_agent(address)) {
        stack->agents_in_a_row++;
        return stack->count == 0 || stack->agents_in_a_row < BODY_FRAMES;
    }
    stack->agents_in_a_row = 0;
    stack->frames[stack->count++] = address;
    return stack->count < stack->capacity && stack->walked < MAX_DEPTH;
}

/* 0 is for the unwinder to go on, as _URC_NO_REASON; anything else ends it. */
static int walk_frame(void *context, void *stack)
{
    uint64_t address = unwinder.address_of(context);
    return address != 0 && add_frame(stack, address) ? 0 : 4;
}

size_t lg_capture_stack(uint64_t *frames, size_t capacity)
{
    struct stack stack = {.frames = frames, .capacity = capacity};
    if (unwinder.walk != NULL) {
        unwinder.walk(walk_frame, &stack);
        return stack.count;
    }
    void *found[MAX_DEPTH];
    int depth = backtrace(found, MAX_DEPTH);
    for (int i = 0; i < depth && add_frame(&stack, (uint64_t)(uintptr_t)found[i]); i++)
        continue;
    return stack.count;
}
