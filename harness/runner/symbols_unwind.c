/* From the registers and the stack that a process has left to the calls that it was in. */
#include "runner/symbols_private.h"

#include <string.h>

/* What the callbacks of libdwfl are told: it may be attached to one "process" only, whose thread is
 * that of the newest crash. */
#define THREAD 1

static pid_t next_thread(Dwfl *dwfl, void *context, void **thread)
{
    (void)dwfl;
    if (*thread != NULL)
        return 0;
    *thread = context;
    return THREAD;
}

/* What is not on the kept part of the stack is not known; code is read from its file. */
static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *context)
{
    const struct lg_symbols *symbols = context;
    const struct lg_stopped *stopped = symbols->stopped;
    (void)dwfl;
    if (address < stopped->stack_start ||
        address - stopped->stack_start + sizeof(*result) > stopped->stack_bytes)
        return false;
    memcpy(result, stopped->stack + (address - stopped->stack_start), sizeof(*result));
    return true;
}

/* A call to where no code is: it has done nothing yet but to leave its return address. Returns
 * where the thread is: then, in that call. */
static uint64_t take_call_back(struct lg_symbols *symbols, Dwarf_Word *registers, uint32_t count)
{
    enum { STACK_POINTER = 7, PC = 16, REGISTERS = 17 }; /* of x86-64 */
    uint64_t pc = symbols->stopped->pc;
    Dwarf_Word returns_to;
    if (count != REGISTERS || dwfl_addrmodule(symbols->dwfl, pc) != NULL ||
        !read_memory(NULL, registers[STACK_POINTER], &returns_to, symbols))
        return pc;
    registers[STACK_POINTER] += sizeof(returns_to);
    registers[PC] = returns_to - 1;
    return registers[PC];
}

static bool set_registers(Dwfl_Thread *thread, void *context)
{
    struct lg_symbols *symbols = context;
    const struct lg_stopped *stopped = symbols->stopped;
    Dwarf_Word registers[LG_STOPPED_REGISTERS];
    uint32_t count = stopped->register_count;
    if (count > LG_STOPPED_REGISTERS)
        return false;
    memcpy(registers, stopped->registers, count * sizeof(*registers));
    dwfl_thread_state_register_pc(thread, take_call_back(symbols, registers, count));
    return dwfl_thread_state_registers(thread, 0, count, registers);
}

static const Dwfl_Thread_Callbacks callbacks = {
    .next_thread = next_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
};

struct walk {
    uint64_t *addresses;
    size_t count;
    size_t capacity;
};

/* An address that a call returns to is behind that call; where a signal came, it is the place. */
static int visit(Dwfl_Frame *frame, void *context)
{
    struct walk *walk = context;
    Dwarf_Addr pc;
    bool is_activation;
    if (walk->count == walk->capacity || !dwfl_frame_pc(frame, &pc, &is_activation))
        return DWARF_CB_ABORT;
    walk->addresses[walk->count++] = is_activation ? pc + 1 : pc;
    return DWARF_CB_OK;
}

size_t lg_symbols_unwind(struct lg_symbols *symbols, const struct lg_stopped *stopped,
                         uint64_t *out, size_t capacity)
{
    struct walk walk = {out, 0, capacity};
    if (symbols == NULL || capacity == 0)
        return 0;
    symbols->stopped = stopped;
    if (!symbols->attached)
        symbols->attached = dwfl_attach_state(symbols->dwfl, NULL, THREAD, &callbacks, symbols);
    if (symbols->attached)
        dwfl_getthread_frames(symbols->dwfl, THREAD, visit, &walk);
    symbols->stopped = NULL;
    if (walk.count == 0)
        walk.addresses[walk.count++] = stopped->pc + 1;
    return walk.count;
}
