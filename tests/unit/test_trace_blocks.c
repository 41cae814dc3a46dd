/* The blocks of the traced run, by address. */
#include "agent/trace/blocks.h"
#include "support.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY 64
#define ADDRESSES 96 /* more than fit */
#define OPERATIONS 150000

static void start(struct lg_blocks *blocks, uint32_t capacity)
{
    void *memory = calloc(1, lg_blocks_memory_bytes(capacity));
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    lg_blocks_init(blocks, memory, capacity);
}

/* The rows are where the memory begins. */
static void end(struct lg_blocks *blocks)
{
    free(blocks->rows);
}

static bool add(struct lg_blocks *blocks, uint64_t address, uint64_t bytes)
{
    struct lg_block old;
    struct lg_block block = {.address = address, .bytes = bytes, .site = (uint32_t)bytes + 1};
    return lg_blocks_add(blocks, block, &old);
}

static bool has(const struct lg_blocks *blocks, uint64_t address, uint64_t bytes)
{
    const struct lg_block *block = lg_blocks_find(blocks, address);
    return block != NULL && block->address == address && block->bytes == bytes &&
           block->site == bytes + 1;
}

static void test_an_empty_table_has_no_block(void)
{
    struct lg_blocks blocks;
    struct lg_block out = {.bytes = 4711};
    start(&blocks, CAPACITY);
    CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, 0x1000));
    CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, 0));
    CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, UINT64_MAX));
    CU_ASSERT_FALSE(lg_blocks_remove(&blocks, 0x1000, &out));
    CU_ASSERT_EQUAL(out.bytes, 4711);
    CU_ASSERT_EQUAL(blocks.count, 0);
    CU_ASSERT_EQUAL(blocks.lost, 0);
    end(&blocks);
}

static void test_what_was_added_is_found_as_it_is(void)
{
    struct lg_blocks blocks;
    start(&blocks, CAPACITY);
    struct lg_block block = {
        .address = 0x7f0000001010, .bytes = UINT64_MAX, .site = 7, .is_part = true};
    struct lg_block old = {.address = 4711};
    CU_ASSERT_TRUE(lg_blocks_add(&blocks, block, &old));
    CU_ASSERT_EQUAL(old.address, 0);
    const struct lg_block *found = lg_blocks_find(&blocks, block.address);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_EQUAL(found->address, block.address);
    CU_ASSERT_EQUAL(found->bytes, UINT64_MAX);
    CU_ASSERT_EQUAL(found->site, 7);
    CU_ASSERT_TRUE(found->is_part);
    CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, block.address + 1));
    CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, block.address - 16));
    CU_ASSERT_EQUAL(blocks.count, 1);
    end(&blocks);
}

static void test_what_was_removed_is_handed_out_and_gone(void)
{
    struct lg_blocks blocks;
    struct lg_block out;
    start(&blocks, CAPACITY);
    add(&blocks, 0x1000, 24);
    add(&blocks, 0x2000, 32);
    CU_ASSERT_TRUE(lg_blocks_remove(&blocks, 0x1000, &out));
    CU_ASSERT_EQUAL(out.address, 0x1000);
    CU_ASSERT_EQUAL(out.bytes, 24);
    CU_ASSERT_EQUAL(out.site, 25);
    CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, 0x1000));
    CU_ASSERT_FALSE(lg_blocks_remove(&blocks, 0x1000, &out));
    CU_ASSERT_TRUE(has(&blocks, 0x2000, 32));
    CU_ASSERT_EQUAL(blocks.count, 1);
    end(&blocks);
}

/* There is one block at an address: whoever frees it can't tell two apart. */
static void test_an_address_has_one_block(void)
{
    struct lg_blocks blocks;
    struct lg_block out;
    start(&blocks, CAPACITY);
    add(&blocks, 0x1000, 24);
    CU_ASSERT_TRUE(add(&blocks, 0x1000, 48));
    CU_ASSERT_EQUAL(blocks.count, 1);
    CU_ASSERT_TRUE(lg_blocks_remove(&blocks, 0x1000, &out));
    CU_ASSERT_EQUAL(out.bytes, 48);
    CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, 0x1000));
    end(&blocks);
}

static void test_what_does_not_fit_is_counted_and_harms_nothing(void)
{
    struct lg_blocks blocks;
    struct lg_block out;
    start(&blocks, CAPACITY);
    for (uint64_t i = 1; i <= CAPACITY; i++)
        CU_ASSERT_TRUE(add(&blocks, i << 12, i));
    CU_ASSERT_EQUAL(blocks.lost, 0);
    for (uint64_t i = CAPACITY + 1; i <= CAPACITY + 5; i++) {
        CU_ASSERT_FALSE(add(&blocks, i << 12, i));
        CU_ASSERT_PTR_NULL(lg_blocks_find(&blocks, i << 12));
    }
    CU_ASSERT_EQUAL(blocks.lost, 5);
    CU_ASSERT_EQUAL(blocks.count, CAPACITY);
    for (uint64_t i = 1; i <= CAPACITY; i++)
        CU_ASSERT_TRUE(has(&blocks, i << 12, i));
    CU_ASSERT_TRUE(lg_blocks_remove(&blocks, 7 << 12, &out));
    CU_ASSERT_TRUE(add(&blocks, 0x5550, 80));
    CU_ASSERT_TRUE(has(&blocks, 0x5550, 80));
    CU_ASSERT_EQUAL(blocks.lost, 5);
    end(&blocks);
}

static void test_a_table_for_one_block_works(void)
{
    struct lg_blocks blocks;
    struct lg_block out;
    start(&blocks, 1);
    for (uint64_t address = 16; address < 1600; address += 16) {
        CU_ASSERT_TRUE(add(&blocks, address, address));
        CU_ASSERT_FALSE(add(&blocks, address + 8, 1));
        CU_ASSERT_TRUE(has(&blocks, address, address));
        CU_ASSERT_TRUE(lg_blocks_remove(&blocks, address, &out));
    }
    CU_ASSERT_EQUAL(blocks.count, 0);
    end(&blocks);
}

/* Against an array with a place for every address that there is. The index has 128 slots:
 * chains are long, cross its end, and lose members in their middle. */
struct model {
    struct lg_blocks blocks;
    struct lg_block rows[ADDRESSES]; /* address 0: not there */
    uint32_t count;
    uint64_t lost;
    uint64_t random;
};

static uint64_t address_of(uint32_t number, uint32_t distance)
{
    return 0x555555559010 + (uint64_t)number * distance;
}

static bool is_same(const struct lg_block *a, const struct lg_block *b)
{
    return a->address == b->address && a->bytes == b->bytes && a->site == b->site;
}

/* Whether adding a block at ADDRESS gives what it must. */
static bool model_add(struct model *model, uint32_t number, uint64_t address)
{
    struct lg_block *row = &model->rows[number];
    struct lg_block before = *row;
    struct lg_block old;
    bool fits = row->address != 0 || model->count < CAPACITY;
    struct lg_block block = {.address = address,
                             .bytes = next_number(&model->random, 1 << 20),
                             .site = next_number(&model->random, 1 << 16)};
    if (!fits)
        model->lost++;
    else if (row->address == 0)
        model->count++;
    if (fits)
        *row = block;
    return lg_blocks_add(&model->blocks, block, &old) == fits && is_same(&old, &before) &&
           model->blocks.lost == model->lost;
}

static bool model_remove(struct model *model, uint32_t number, uint64_t address)
{
    struct lg_block *row = &model->rows[number];
    struct lg_block out = {0};
    bool known = row->address != 0;
    bool right = lg_blocks_remove(&model->blocks, address, &out) == known && is_same(&out, row);
    model->count -= known;
    *row = (struct lg_block){0};
    return right;
}

static bool all_are_right(const struct model *model, uint32_t distance)
{
    bool right = model->blocks.count == model->count;
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        const struct lg_block *found = lg_blocks_find(&model->blocks, address_of(i, distance));
        const struct lg_block *row = &model->rows[i];
        right &= (found != NULL) == (row->address != 0) && (found == NULL || is_same(found, row));
    }
    return right;
}

/* Blocks DISTANCE apart. Adding prevails for a while, then removing: it fills, and empties. */
static void compare(uint32_t distance)
{
    struct model model = {.random = 20240229};
    size_t wrong = 0;
    size_t times_full = 0;
    start(&model.blocks, CAPACITY);
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        uint32_t number = next_number(&model.random, ADDRESSES);
        uint64_t address = address_of(number, distance);
        bool adds = next_number(&model.random, 4) != 0;
        if (i / 500 % 2 == 1)
            adds = !adds;
        wrong +=
            !(adds ? model_add(&model, number, address) : model_remove(&model, number, address));
        wrong += i % 16 == 0 && !all_are_right(&model, distance);
        times_full += model.count == CAPACITY;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(all_are_right(&model, distance));
    CU_ASSERT(times_full > 1000 && model.lost > 1000);
    end(&model.blocks);
}

static void test_random_changes_give_what_a_plain_array_gives(void)
{
    compare(16);
    compare(1 << 20);
}

int add_trace_blocks_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_an_empty_table_has_no_block),
        UNIT_TEST(test_what_was_added_is_found_as_it_is),
        UNIT_TEST(test_what_was_removed_is_handed_out_and_gone),
        UNIT_TEST(test_an_address_has_one_block),
        UNIT_TEST(test_what_does_not_fit_is_counted_and_harms_nothing),
        UNIT_TEST(test_a_table_for_one_block_works),
        UNIT_TEST(test_random_changes_give_what_a_plain_array_gives),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trace: blocks", tests);
}
