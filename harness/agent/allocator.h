/* Whose malloc this process has, and how its live bytes are counted. */
#ifndef LG_AGENT_ALLOCATOR_H
#define LG_AGENT_ALLOCATOR_H

#include "common/ledger.h"

#include <stddef.h>

/* What is allocated under a sanitizer: bytes as the program asked for them. Its own total
 * is no use: what was freed stays in it as long as it is in quarantine. */
typedef size_t lg_live_bytes(void);

struct lg_allocator {
    enum lg_allocator_kind kind;
    const char *name;          /* as a user knows it; static, or the dynamic linker's */
    lg_live_bytes *live_bytes; /* NULL: mallinfo2 counts */
};

/* Finds out. Never fails: what it does not know is LG_ALLOCATOR_OTHER. */
struct lg_allocator lg_allocator_find(void);

#endif
