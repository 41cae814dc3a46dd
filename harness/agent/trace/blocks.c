#include "agent/trace/blocks.h"

#include <string.h>

#define PAGE_BYTES 4096
#define ALIGNMENT_BYTES 16

size_t lg_blocks_memory_bytes(uint32_t capacity)
{
    return capacity * (sizeof(struct lg_block) + 2 * sizeof(uint32_t));
}

void lg_blocks_init(struct lg_blocks *blocks, void *memory, uint32_t capacity)
{
    memset(blocks, 0, sizeof(*blocks));
    blocks->rows = memory;
    blocks->index = (uint32_t *)(void *)((char *)memory + capacity * sizeof(struct lg_block));
    blocks->index_mask = 2 * capacity - 1;
    blocks->capacity = capacity;
}

/* Blocks of one page are at home beside each other, as they are looked for. */
static uint32_t home_of(const struct lg_blocks *blocks, uint64_t address)
{
    uint32_t page = (uint32_t)((address / PAGE_BYTES * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
    uint32_t within = (uint32_t)(address % PAGE_BYTES / ALIGNMENT_BYTES);
    return (page * (PAGE_BYTES / ALIGNMENT_BYTES) + within) & blocks->index_mask;
}

/* The slot that has ADDRESS, or the free one where it would go: there always is one. */
static uint32_t slot_of(const struct lg_blocks *blocks, uint64_t address)
{
    uint32_t slot = home_of(blocks, address);
    while (blocks->index[slot] != 0 && blocks->rows[blocks->index[slot] - 1].address != address)
        slot = (slot + 1) & blocks->index_mask;
    return slot;
}

bool lg_blocks_add(struct lg_blocks *blocks, struct lg_block block, struct lg_block *old)
{
    uint32_t slot = slot_of(blocks, block.address);
    *old = (struct lg_block){0};
    if (blocks->index[slot] != 0) {
        *old = blocks->rows[blocks->index[slot] - 1];
    } else {
        if (blocks->count == blocks->capacity) {
            blocks->lost++;
            return false;
        }
        blocks->index[slot] = ++blocks->count;
    }
    blocks->rows[blocks->index[slot] - 1] = block;
    return true;
}

/* Whoever comes after it, and is at home before it, would no longer be found. */
static void free_slot(struct lg_blocks *blocks, uint32_t hole)
{
    uint32_t mask = blocks->index_mask;
    uint32_t slot = hole;
    for (;;) {
        slot = (slot + 1) & mask;
        if (blocks->index[slot] == 0)
            break;
        uint32_t home = home_of(blocks, blocks->rows[blocks->index[slot] - 1].address);
        if (((slot - home) & mask) < ((slot - hole) & mask))
            continue;
        blocks->index[hole] = blocks->index[slot];
        hole = slot;
    }
    blocks->index[hole] = 0;
}

bool lg_blocks_remove(struct lg_blocks *blocks, uint64_t address, struct lg_block *out)
{
    uint32_t slot = slot_of(blocks, address);
    uint32_t number = blocks->index[slot];
    if (number == 0)
        return false;
    *out = blocks->rows[number - 1];
    free_slot(blocks, slot);
    uint32_t last = blocks->count--;
    if (number != last) {
        blocks->index[slot_of(blocks, blocks->rows[last - 1].address)] = number;
        blocks->rows[number - 1] = blocks->rows[last - 1];
    }
    return true;
}

const struct lg_block *lg_blocks_find(const struct lg_blocks *blocks, uint64_t address)
{
    uint32_t number = blocks->index[slot_of(blocks, address)];
    return number != 0 ? &blocks->rows[number - 1] : NULL;
}
