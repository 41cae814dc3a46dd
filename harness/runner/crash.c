#include "runner/crash.h"

#include "runner/frames.h"

#include <errno.h>
#include <stdlib.h>

#define CALLS 64
#define MAX_FRAMES 128

static struct lg_stopped stopped_of(const struct lg_ledger *ledger, const struct lg_crash *crash)
{
    struct lg_stopped stopped = {.pc = crash->pc, .stack_start = crash->stack_start};
    uint32_t registers = crash->register_count;
    stopped.registers = crash->registers;
    stopped.register_count =
        registers < LG_LEDGER_MAX_REGISTERS ? registers : LG_LEDGER_MAX_REGISTERS;
    stopped.stack = lg_ledger_at(ledger, crash->stack, LG_LEDGER_CRASH_STACK_BYTES);
    if (stopped.stack != NULL && crash->stack_bytes <= LG_LEDGER_CRASH_STACK_BYTES)
        stopped.stack_bytes = crash->stack_bytes;
    return stopped;
}

static int name_frames(const struct lg_ledger *ledger, const struct lg_crash *crash,
                       struct lg_symbols *symbols, struct lg_stack *out)
{
    uint64_t addresses[CALLS];
    struct lg_stopped stopped = stopped_of(ledger, crash);
    size_t calls = lg_symbols_unwind(symbols, &stopped, addresses, CALLS);
    out->frames = calloc(MAX_FRAMES, sizeof(*out->frames));
    if (out->frames == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < calls && out->frame_count < MAX_FRAMES; i++)
        out->frame_count += lg_symbols_frames(symbols, addresses[i], out->frames + out->frame_count,
                                              MAX_FRAMES - out->frame_count);
    out->frame_count = lg_frames_cut_agent(out->frames, out->frame_count);
    out->user = lg_frames_find_user(out->frames, out->frame_count);
    return 0;
}

int lg_stack_read(const struct lg_ledger *ledger, const struct lg_record *record,
                  struct lg_symbols_pool *pool, bool debuginfod, struct lg_stack **out)
{
    struct lg_ledger part = lg_ledger_part(ledger, record);
    const struct lg_crash *found =
        record->crash != 0 ? lg_ledger_at(&part, record->crash, sizeof(*found)) : NULL;
    *out = NULL;
    if (found == NULL)
        return 0;
    struct lg_crash crash = *found; /* a process that is still there may write to it */
    struct lg_stack *stack = calloc(1, sizeof(*stack));
    if (stack == NULL)
        return -ENOMEM;
    struct lg_symbols *symbols =
        lg_symbols_pool_get(pool, lg_ledger_text(&part, crash.maps), debuginfod);
    stack->signal = crash.signal;
    stack->faulted = crash.code > 0;
    stack->address = crash.address;
    int status = name_frames(&part, &crash, symbols, stack);
    if (status != 0) {
        lg_stack_free(stack);
        return status;
    }
    *out = stack;
    return 0;
}

void lg_stack_free(struct lg_stack *stack)
{
    if (stack == NULL)
        return;
    free(stack->frames);
    free(stack);
}

const struct lg_frame *lg_stack_place(const struct lg_stack *stack)
{
    if (stack == NULL || stack->user == stack->frame_count)
        return NULL;
    return &stack->frames[stack->user];
}
