/* A library's interface is often thin: setenv checks its arguments and jumps to a function
 * that has no symbol once the library is stripped. Neither is on a stack by name then; the jump
 * tells. */
#include "runner/symbols_private.h"

#include <stdlib.h>
#include <string.h>

/* A door is a few instructions: to look at these alone is quick in any library. */
#define MAX_DOOR_BYTES 128

/* A part of a module, as its file has it. */
struct part {
    const unsigned char *bytes;
    uint64_t address; /* where it is mapped */
    uint64_t size;
};

/* The first part of TYPE that has FLAGS. Returns whether there is one. */
static bool find_part(Dwfl_Module *module, GElf_Word type, GElf_Word flags, struct part *part)
{
    GElf_Addr bias;
    size_t headers;
    size_t size;
    Elf *elf = dwfl_module_getelf(module, &bias);
    if (elf == NULL || elf_getphdrnum(elf, &headers) != 0)
        return false;
    const char *file = elf_rawfile(elf, &size);
    for (size_t i = 0; file != NULL && i < headers; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) == NULL)
            return false; /* there are no more, however many it says it has */
        if (header.p_type != type || (header.p_flags & flags) != flags || header.p_offset > size ||
            header.p_filesz > size - header.p_offset)
            continue;
        part->bytes = (const unsigned char *)file + header.p_offset;
        part->address = header.p_vaddr + bias;
        part->size = header.p_filesz;
        return true;
    }
    return false;
}

/* The target of the jump at BYTES, of LEFT bytes, which are at ADDRESS; 0: there is none. */
static uint64_t jump_target(const unsigned char *bytes, uint64_t left, uint64_t address)
{
#if defined(__x86_64__)
    int32_t distance;
    if (left >= 2 && bytes[0] == 0xeb)
        return address + 2 + (uint64_t)(int64_t)(int8_t)bytes[1];
    if (left < 5 || bytes[0] != 0xe9)
        return 0;
    memcpy(&distance, bytes + 1, sizeof(distance));
    return address + 5 + (uint64_t)(int64_t)distance;
#elif defined(__aarch64__)
    uint32_t word;
    if (left < sizeof(word) || address % sizeof(word) != 0)
        return 0;
    memcpy(&word, bytes, sizeof(word));
    if (word >> 26 != 5)
        return 0;
    /* 26 bits, signed, of words: its sign goes to the top first. */
    return address + (uint64_t)((int64_t)((uint64_t)word << 38) >> 36);
#else
    (void)bytes;
    (void)left;
    (void)address;
    return 0;
#endif
}

static bool add_door(struct lg_module *module, uint64_t target, const char *name)
{
    /* Grown by doubling: at each power of two there is no room for one more. */
    if ((module->door_count & (module->door_count - 1)) == 0) {
        size_t capacity = module->door_count > 0 ? module->door_count * 2 : 1;
        struct lg_door *doors = reallocarray(module->doors, capacity, sizeof(*doors));
        if (doors == NULL)
            return false;
        module->doors = doors;
    }
    module->doors[module->door_count++] = (struct lg_door){target, name};
    return true;
}

/* The jumps that leave the function of SIZE bytes at START. */
static bool add_jumps(struct lg_module *module, const struct part *code, uint64_t start,
                      uint64_t size, const char *name)
{
    if (start < code->address || start - code->address > code->size ||
        size > code->size - (start - code->address))
        return true;
    const unsigned char *bytes = code->bytes + (start - code->address);
    for (uint64_t at = 0; at < size; at++) {
        uint64_t target = jump_target(bytes + at, size - at, start + at);
        if (target - start >= size && target - code->address < code->size &&
            !add_door(module, target, name))
            return false;
    }
    return true;
}

static void read_doors(struct lg_module *module)
{
    struct part code;
    int count = dwfl_module_getsymtab(module->dwfl);
    if (!find_part(module->dwfl, PT_LOAD, PF_X, &code))
        return;
    for (int i = 1; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        const char *name =
            dwfl_module_getsym_info(module->dwfl, i, &symbol, &address, NULL, NULL, NULL);
        /* Names with an underscore are the library's own. */
        if (name == NULL || name[0] == '\0' || name[0] == '_' ||
            GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_size > MAX_DOOR_BYTES)
            continue;
        if (!add_jumps(module, &code, address, symbol.st_size, name))
            return;
    }
}

/* By the index of the table that unwinds the stack, which no stripping takes away: the starts
 * of all functions, sorted, from the index's own address. 0: it does not tell. */
static uint64_t start_of_function(Dwfl_Module *module, uint64_t address)
{
    /* The one encoding that linkers write: version 1, counts of 4 bytes, offsets from here. */
    static const unsigned char expected[] = {1, 0x1b, 0x03, 0x3b};
    enum { HEADER_BYTES = 12, ROW_BYTES = 8 };
    struct part part;
    uint32_t count;
    if (!find_part(module, PT_GNU_EH_FRAME, 0, &part) || part.size < HEADER_BYTES ||
        memcmp(part.bytes, expected, sizeof(expected)) != 0)
        return 0;
    memcpy(&count, part.bytes + 8, sizeof(count));
    uint64_t start = 0;
    uint64_t low = 0;
    uint64_t high = (part.size - HEADER_BYTES) / ROW_BYTES;
    if (count < high)
        high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int32_t offset;
        memcpy(&offset, part.bytes + HEADER_BYTES + middle * ROW_BYTES, sizeof(offset));
        uint64_t candidate = part.address + (uint64_t)(int64_t)offset;
        if (candidate <= address) {
            start = candidate;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return start;
}

const char *lg_symbols_door(struct lg_module *module, uint64_t address)
{
    uint64_t start = start_of_function(module->dwfl, address);
    if (start == 0)
        return NULL;
    if (!module->doors_read)
        read_doors(module);
    module->doors_read = true;
    for (size_t i = 0; i < module->door_count; i++) {
        if (module->doors[i].target == start)
            return module->doors[i].name;
    }
    return NULL;
}
