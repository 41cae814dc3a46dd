/* What is known of a function's machine code: how to replace it by a jump to another and put it
 * back, and which variable one reads that does nothing else. */
#ifndef LG_AGENT_PATCH_H
#define LG_AGENT_PATCH_H

#include <stdbool.h>

#define LG_PATCH_BYTES 16

struct lg_patch {
    void *function;    /* the one that is replaced */
    void *replacement; /* called in its place */
    bool in_place;
    unsigned char saved[LG_PATCH_BYTES];
};

/* Lets PATCH->function begin with a jump. Does nothing if it does already.
 * Returns 0, -ENOSYS on a processor it does not know, or -errno. */
int lg_patch_apply(struct lg_patch *patch);

/* Puts the function's own code back. */
int lg_patch_remove(struct lg_patch *patch);

/* The variable of 8 bytes that FUNCTION, without arguments, reads and returns. NULL if that is not
 * all it seems to do, or the processor is not known (x86-64 is). */
void *lg_patch_variable(const void *function);

#endif
