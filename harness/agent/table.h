/* A map from the addresses of a framework's objects to what the agent knows of
 * them. Its memory is mapped, not allocated: the user's heap stays the user's. The entries lie
 * side by side: whatever the host holds, each fork pays for. */
#ifndef LG_AGENT_TABLE_H
#define LG_AGENT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct lg_table {
    char *entries;    /* each starts with its key, a const void * */
    uint32_t *places; /* by the hash of the key: the number of its entry, from 1; 0: none */
    size_t entry_bytes;
    size_t capacity; /* of places, a power of two; half as many entries */
    uint32_t count;
};

/* The entry of KEY, or NULL. */
void *lg_table_find(const struct lg_table *table, const void *key);

/* The entry of KEY, made and zeroed but for its key if there is none.
 * Entries move when the table grows: the pointer holds until the next add.
 * Returns NULL when there is no memory. TABLE->entry_bytes is set by the caller. */
void *lg_table_add(struct lg_table *table, const void *key);

/* The entry that was added after PREVIOUS; the first for NULL; NULL after the last. */
void *lg_table_next(const struct lg_table *table, const void *previous);

/* Gives the memory back: the table is empty. */
void lg_table_release(struct lg_table *table);

#endif
