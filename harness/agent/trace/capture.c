#include "agent/trace/capture.h"

#include <execinfo.h>
#include <link.h>
#include <stdbool.h>

#define MAX_DEPTH 64
#define BODY_FRAMES 3

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

void lg_capture_init(void)
{
    void *frames[4];
    dl_iterate_phdr(find_agent, NULL);
    backtrace(frames, 4); /* the first call loads the unwinder */
}

static bool is_agent(const void *frame)
{
    uintptr_t address = (uintptr_t)frame;
    return address >= agent_start && address < agent_end;
}

/* Hooks stand between a caller and libc's own function, one or two frames at a time; whoever
 * runs the test's body stands below it with more. */
size_t lg_capture_stack(uint64_t *frames, size_t capacity)
{
    void *found[MAX_DEPTH];
    int depth = backtrace(found, MAX_DEPTH);
    size_t kept = 0;
    int in_a_row = 0;
    for (int at = 0; at < depth && kept < capacity; at++) {
        if (!is_agent(found[at]))
            frames[kept++] = (uint64_t)(uintptr_t)found[at];
        in_a_row = is_agent(found[at]) ? in_a_row + 1 : 0;
        if (kept > 0 && in_a_row == BODY_FRAMES)
            break;
    }
    return kept;
}
