#include "agent/table.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_CAPACITY 256

static const void *key_of(const char *entry)
{
    const void *key;
    memcpy(&key, entry, sizeof(key));
    return key;
}

/* The slot of KEY, or the free one where it would go. */
static char *slot(const struct lg_table *table, const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (table->capacity - 1);
    for (;;) {
        char *entry = table->entries + at * table->entry_bytes;
        const void *found = key_of(entry);
        if (found == NULL || found == key)
            return entry;
        at = (at + 1) & (table->capacity - 1);
    }
}

void *lg_table_find(const struct lg_table *table, const void *key)
{
    if (table->capacity == 0 || key == NULL)
        return NULL;
    char *entry = slot(table, key);
    return key_of(entry) == key ? entry : NULL;
}

static int grow(struct lg_table *table)
{
    struct lg_table larger = *table;
    larger.capacity = table->capacity == 0 ? FIRST_CAPACITY : 2 * table->capacity;
    larger.entries = mmap(NULL, larger.capacity * table->entry_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (larger.entries == MAP_FAILED)
        return -1;
    for (char *entry = NULL; (entry = lg_table_next(table, entry)) != NULL;)
        memcpy(slot(&larger, key_of(entry)), entry, table->entry_bytes);
    if (table->capacity > 0)
        munmap(table->entries, table->capacity * table->entry_bytes);
    *table = larger;
    return 0;
}

void *lg_table_add(struct lg_table *table, const void *key)
{
    void *found = lg_table_find(table, key);
    if (found != NULL)
        return found;
    if (2 * (table->count + 1) > table->capacity && grow(table) != 0)
        return NULL;
    char *entry = slot(table, key);
    memcpy(entry, &key, sizeof(key));
    table->count++;
    return entry;
}

void *lg_table_next(const struct lg_table *table, const void *previous)
{
    size_t at = 0;
    if (previous != NULL)
        at = (size_t)((const char *)previous - table->entries) / table->entry_bytes + 1;
    for (; at < table->capacity; at++) {
        char *entry = table->entries + at * table->entry_bytes;
        if (key_of(entry) != NULL)
            return entry;
    }
    return NULL;
}
