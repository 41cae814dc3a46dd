/* Replaces a function by a jump to another, and puts it back. */
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

#endif
