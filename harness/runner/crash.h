/* Where a test stood when it crashed, or was killed for its time limit. */
#ifndef LG_RUNNER_CRASH_H
#define LG_RUNNER_CRASH_H

#include "common/ledger.h"
#include "runner/symbols_pool.h"

struct lg_stack {
    int signal;
    bool faulted; /* the kernel's own: ADDRESS is what it was about */
    uint64_t address;
    struct lg_frame *frames; /* the innermost first; strings live as long as the symbols */
    size_t frame_count;
    size_t user; /* the first frame of the user's own code; frame_count if there is none */
};

/* Reads what the test of RECORD has left of itself. Returns 0 or -ENOMEM, and OUT, which the caller
 * frees with lg_stack_free; NULL where it has left nothing. */
int lg_stack_read(const struct lg_ledger *ledger, const struct lg_record *record,
                  struct lg_symbols_pool *pool, bool debuginfod, struct lg_stack **out);

/* NULL is fine. */
void lg_stack_free(struct lg_stack *stack);

/* The frame of the user's own code that it stood in, or NULL. STACK may be NULL. */
const struct lg_frame *lg_stack_place(const struct lg_stack *stack);

#endif
