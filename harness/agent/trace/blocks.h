/* The blocks that the traced run has allocated and not freed, by address.
 *
 * A dense array, and an index of numbers beside it: a table with gaps would touch all of its
 * memory as it fills. Pure: its memory is the caller's, and nothing is allocated. */
#ifndef LG_AGENT_TRACE_BLOCKS_H
#define LG_AGENT_TRACE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_block {
    uint64_t address;
    uint64_t bytes;
    uint32_t site;
    bool is_part;    /* of another block that leads to it */
    bool is_reached; /* looked at, as owners.c does */
};

struct lg_blocks {
    struct lg_block *rows;
    uint32_t *index;     /* of slots: the number of a row, counted from 1; 0: free */
    uint32_t index_mask; /* the index has a power of two of slots */
    uint32_t count;
    uint32_t capacity;
    uint64_t lost; /* blocks that did not fit */
};

/* The memory that CAPACITY blocks need; a power of two. Bytes. */
size_t lg_blocks_memory_bytes(uint32_t capacity);

/* Empties BLOCKS. MEMORY is zeroed, aligned to 8, of that size, and stays the caller's. */
void lg_blocks_init(struct lg_blocks *blocks, void *memory, uint32_t capacity);

/* Adds a block; ADDRESS is not 0. One that is known at that address is replaced, and stored in
 * OLD, whose address is else 0. Returns false, and counts it as lost, if there is no more room. */
bool lg_blocks_add(struct lg_blocks *blocks, struct lg_block block, struct lg_block *old);

/* Takes the block at ADDRESS out, and stores it in OUT. Returns false if there is none. */
bool lg_blocks_remove(struct lg_blocks *blocks, uint64_t address, struct lg_block *out);

/* The block at ADDRESS, or NULL. Holds until the next change. */
const struct lg_block *lg_blocks_find(const struct lg_blocks *blocks, uint64_t address);

#endif
