/* A map from the addresses of a framework's objects to what the agent knows of
 * them. Its memory is mapped, not allocated: the user's heap stays the user's. */
#ifndef LG_AGENT_TABLE_H
#define LG_AGENT_TABLE_H

#include <stddef.h>

struct lg_table {
    char *entries; /* each starts with its key, a const void *; NULL: free */
    size_t entry_bytes;
    size_t capacity; /* a power of two */
    size_t count;
};

/* The entry of KEY, or NULL. */
void *lg_table_find(const struct lg_table *table, const void *key);

/* The entry of KEY, made and zeroed but for its key if there is none.
 * Entries move when the table grows: the pointer holds until the next add.
 * Returns NULL when there is no memory. TABLE->entry_bytes is set by the caller. */
void *lg_table_add(struct lg_table *table, const void *key);

/* The entry after PREVIOUS, in no order; the first for NULL; NULL after the last. */
void *lg_table_next(const struct lg_table *table, const void *previous);

#endif
