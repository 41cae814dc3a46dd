#include "agent/table.h"
#include "unit.h"

#include <stdint.h>
#include <string.h>

struct entry {
    const void *key;
    size_t value;
};

/* Addresses of KEYS are the keys: what lies there does not matter. */
static char keys[4096];

static void test_an_empty_table_has_nothing(void)
{
    struct lg_table table = {.entry_bytes = sizeof(struct entry)};
    CU_ASSERT_PTR_NULL(lg_table_find(&table, keys));
    CU_ASSERT_PTR_NULL(lg_table_next(&table, NULL));
    CU_ASSERT_EQUAL(table.count, 0);
}

static void test_what_was_added_is_found_and_nothing_else(void)
{
    struct lg_table table = {.entry_bytes = sizeof(struct entry)};
    struct entry *added = lg_table_add(&table, &keys[1]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(added);
    CU_ASSERT_PTR_EQUAL(added->key, &keys[1]);
    CU_ASSERT_EQUAL(added->value, 0);
    added->value = 7;
    CU_ASSERT_PTR_EQUAL(lg_table_find(&table, &keys[1]), added);
    CU_ASSERT_PTR_NULL(lg_table_find(&table, &keys[2]));
    CU_ASSERT_PTR_NULL(lg_table_find(&table, NULL));
    lg_table_release(&table);
}

static void test_adding_again_gives_the_entry_as_it_is(void)
{
    struct lg_table table = {.entry_bytes = sizeof(struct entry)};
    struct entry *added = lg_table_add(&table, keys);
    CU_ASSERT_PTR_NOT_NULL_FATAL(added);
    added->value = 7;
    CU_ASSERT_PTR_EQUAL(lg_table_add(&table, keys), added);
    CU_ASSERT_EQUAL(added->value, 7);
    CU_ASSERT_EQUAL(table.count, 1);
    lg_table_release(&table);
}

static void fill(struct lg_table *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = lg_table_add(table, &keys[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
        entry->value = i;
    }
}

static void test_entries_keep_their_values_as_the_table_grows(void)
{
    struct lg_table table = {.entry_bytes = sizeof(struct entry)};
    fill(&table, sizeof(keys));
    CU_ASSERT_EQUAL(table.count, sizeof(keys));
    CU_ASSERT(table.capacity >= 2 * sizeof(keys));
    CU_ASSERT_EQUAL(table.capacity & (table.capacity - 1), 0);
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof(keys); i++) {
        const struct entry *entry = lg_table_find(&table, &keys[i]);
        wrong += entry == NULL || entry->key != &keys[i] || entry->value != i;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    lg_table_release(&table);
}

static void test_next_gives_each_entry_as_it_was_added(void)
{
    struct lg_table table = {.entry_bytes = sizeof(struct entry)};
    size_t count = 0;
    fill(&table, 300);
    for (struct entry *entry = NULL; (entry = lg_table_next(&table, entry)) != NULL; count++)
        CU_ASSERT_EQUAL(entry->value, count);
    CU_ASSERT_EQUAL(count, 300);
    lg_table_release(&table);
}

/* Multiples of a large power of two: what a poor hash puts in one slot. */
static void test_keys_far_apart_are_told_apart(void)
{
    struct lg_table table = {.entry_bytes = sizeof(struct entry)};
    for (uintptr_t i = 1; i <= 1000; i++) {
        struct entry *entry = lg_table_add(&table, (const void *)(i << 32));
        CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
        entry->value = i;
    }
    CU_ASSERT_EQUAL(table.count, 1000);
    for (uintptr_t i = 1; i <= 1000; i++) {
        const struct entry *entry = lg_table_find(&table, (const void *)(i << 32));
        CU_ASSERT(entry != NULL && entry->value == i);
    }
    lg_table_release(&table);
}

static void test_a_released_table_is_empty(void)
{
    struct lg_table table = {.entry_bytes = sizeof(struct entry)};
    fill(&table, 3);
    lg_table_release(&table);
    CU_ASSERT_PTR_NULL(lg_table_find(&table, &keys[1]));
    CU_ASSERT_PTR_NULL(lg_table_next(&table, NULL));
    fill(&table, 2);
    CU_ASSERT_EQUAL(table.count, 2);
    lg_table_release(&table);
}

static void test_no_memory_adds_nothing(void)
{
    struct lg_table table = {.entry_bytes = (size_t)1 << 50};
    CU_ASSERT_PTR_NULL(lg_table_add(&table, keys));
    CU_ASSERT_EQUAL(table.count, 0);
    CU_ASSERT_EQUAL(table.capacity, 0);
    CU_ASSERT_PTR_NULL(lg_table_find(&table, keys));
}

int add_table_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_an_empty_table_has_nothing),
        UNIT_TEST(test_what_was_added_is_found_and_nothing_else),
        UNIT_TEST(test_adding_again_gives_the_entry_as_it_is),
        UNIT_TEST(test_entries_keep_their_values_as_the_table_grows),
        UNIT_TEST(test_next_gives_each_entry_as_it_was_added),
        UNIT_TEST(test_a_released_table_is_empty),
        UNIT_TEST(test_keys_far_apart_are_told_apart),
        UNIT_TEST(test_no_memory_adds_nothing),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("table", tests);
}
