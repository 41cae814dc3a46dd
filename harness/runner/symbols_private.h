/* What the files symbols*.c share. */
#ifndef LG_RUNNER_SYMBOLS_PRIVATE_H
#define LG_RUNNER_SYMBOLS_PRIVATE_H

#include "runner/symbols.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

/* Text of its own, in a list: it lives as long as the lg_symbols. */
struct lg_string {
    struct lg_string *next;
    char text[];
};

/* What was found out about a module. */
struct lg_module {
    struct lg_module *next;
    Dwfl_Module *dwfl;
    const char *build_id; /* hex, or NULL */
    struct lg_door *doors;
    size_t door_count;
    bool doors_read;
};

/* A function that ends in a jump to another one. */
struct lg_door {
    uint64_t target;
    const char *name;
};

/* Functions, inlined functions and blocks, each within the one before it. */
struct lg_scopes {
    Dwarf_Die *rows;
    size_t count;
    size_t capacity;
};

/* Where a function's code is, without bias. */
struct lg_code_range {
    Dwarf_Addr start;
    Dwarf_Addr end;
    Dwarf_Die die;
    int nesting;
};

/* Those of one unit, by address. */
struct lg_unit_index {
    struct lg_unit_index *next;
    const void *cu;
    struct lg_code_range *rows;
    size_t count;
    size_t capacity;
};

/* The frames of the return addresses that were looked up: a hash table whose free slots have
 * the address 0, and the frames that the slots point into. */
struct lg_frame_cache {
    struct lg_cached {
        uint64_t return_address;
        size_t first;
        size_t count;
    } * slots;
    size_t slot_count; /* a power of 2, or 0 */
    size_t used;
    struct lg_frame *frames;
    size_t frame_count;
    size_t frame_capacity;
};

struct lg_symbols {
    Dwfl *dwfl;
    Dwarf_Die *unit; /* the newest one found: the next address is often in it */
    Dwarf_Addr unit_bias;
    struct lg_string *strings;
    struct lg_module *modules;
    struct lg_unit_index *indexes;
    struct lg_frame_cache cache;
    const struct lg_stopped *stopped; /* what is being unwound */
    bool attached;                    /* to the callbacks that read it */
    bool lacked_memory;               /* for a module or what is known of it */
};

/* What a module's user data is where its files were not found for lack of memory, else NULL. */
extern const char lg_symbols_no_memory[];

/* The compilation unit of ADDRESS, its bias in SYMBOLS->unit_bias; NULL: none is known. */
Dwarf_Die *lg_symbols_unit(struct lg_symbols *symbols, Dwfl_Module *module, uint64_t address);

/* The scopes around ADDRESS, without bias, in UNIT, by where their code is: in SCOPES, whose
 * rows the caller frees. Without memory the inner ones are missing. */
void lg_symbols_scopes(struct lg_symbols *symbols, Dwarf_Die *unit, Dwarf_Addr address,
                       struct lg_scopes *scopes);

/* A function, inlined function or block. */
bool lg_symbols_has_code(Dwarf_Die *die);

/* The function of UNIT, outermost, whose code has ADDRESS, without bias, in FOUND. Returns whether
 * there is one. */
bool lg_symbols_index_find(struct lg_symbols *symbols, Dwarf_Die *unit, Dwarf_Addr address,
                           Dwarf_Die *found);

void lg_symbols_index_free(struct lg_symbols *symbols);

/* The path of file INDEX of the unit that DIE is in; NULL: there is none. */
const char *lg_symbols_unit_file(Dwarf_Die *die, size_t index);

/* MODULE's row, made at the first call; NULL: no memory. */
struct lg_module *lg_symbols_module(struct lg_symbols *symbols, Dwfl_Module *module);

/* FUNCTION's name, after those of the namespaces and classes that it is in; NULL: none. */
const char *lg_symbols_name(struct lg_symbols *symbols, Dwarf_Die *function);

/* A function of MODULE's interface that ends in a jump to the one that ADDRESS is in. */
const char *lg_symbols_door(struct lg_module *module, uint64_t address);

/* Stores up to CAPACITY of the frames that were added for RETURN_ADDRESS. Returns how many. */
size_t lg_frame_cache_find(const struct lg_frame_cache *cache, uint64_t return_address,
                           struct lg_frame *out, size_t capacity);

/* For a RETURN_ADDRESS that is not in CACHE, not 0; COUNT is above 0. Without memory it is not
 * added. */
void lg_frame_cache_add(struct lg_frame_cache *cache, uint64_t return_address,
                        const struct lg_frame *frames, size_t count);

void lg_frame_cache_fini(struct lg_frame_cache *cache);

#endif
