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

static char *entry_at(const struct lg_table *table, size_t number)
{
    return table->entries + number * table->entry_bytes;
}

/* Where the place of KEY's entry stands, or would stand: then there is none yet, and it is 0. */
static uint32_t *slot(const struct lg_table *table, const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (table->capacity - 1);
    for (;;) {
        uint32_t *place = &table->places[at];
        if (*place == 0 || key_of(entry_at(table, *place - 1)) == key)
            return place;
        at = (at + 1) & (table->capacity - 1);
    }
}

void *lg_table_find(const struct lg_table *table, const void *key)
{
    if (table->capacity == 0 || key == NULL)
        return NULL;
    const uint32_t *place = slot(table, key);
    return *place != 0 ? entry_at(table, *place - 1) : NULL;
}

/* Half as many entries as places: what has a place is found soon. */
static size_t bytes_of_entries(const struct lg_table *table)
{
    return table->capacity / 2 * table->entry_bytes;
}

static size_t bytes_of_places(const struct lg_table *table)
{
    return table->capacity * sizeof(*table->places);
}

static void *map(size_t bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int grow(struct lg_table *table)
{
    struct lg_table larger = *table;
    larger.capacity = table->capacity == 0 ? FIRST_CAPACITY : 2 * table->capacity;
    if (larger.capacity / 2 > UINT32_MAX)
        return -1;
    larger.places = map(bytes_of_places(&larger));
    if (larger.places == MAP_FAILED)
        return -1;
    larger.entries = map(bytes_of_entries(&larger));
    if (larger.entries == MAP_FAILED) {
        munmap(larger.places, bytes_of_places(&larger));
        return -1;
    }
    if (table->entries != NULL)
        memcpy(larger.entries, table->entries, table->count * table->entry_bytes);
    for (uint32_t i = 0; i < table->count; i++)
        *slot(&larger, key_of(entry_at(&larger, i))) = i + 1;
    lg_table_release(table);
    *table = larger;
    return 0;
}

void *lg_table_add(struct lg_table *table, const void *key)
{
    void *found = lg_table_find(table, key);
    if (found != NULL)
        return found;
    if (table->count == table->capacity / 2 && grow(table) != 0)
        return NULL;
    uint32_t *place = slot(table, key);
    char *entry = entry_at(table, table->count);
    memcpy(entry, &key, sizeof(key));
    *place = ++table->count;
    return entry;
}

void *lg_table_next(const struct lg_table *table, const void *previous)
{
    size_t next = 0;
    if (previous != NULL)
        next = (size_t)((const char *)previous - table->entries) / table->entry_bytes + 1;
    return next < table->count ? entry_at(table, next) : NULL;
}

void lg_table_release(struct lg_table *table)
{
    if (table->capacity > 0) {
        munmap(table->entries, bytes_of_entries(table));
        munmap(table->places, bytes_of_places(table));
    }
    *table = (struct lg_table){.entry_bytes = table->entry_bytes};
}
