#include "runner/symbols_private.h"

#include <dwarf.h>
#include <stdlib.h>

static bool unit_has(Dwarf_Die *unit, Dwarf_Addr bias, uint64_t address)
{
    return unit != NULL && dwarf_haspc(unit, address - bias) > 0;
}

/* gcc writes an index of the units, clang does not: then each is asked. */
Dwarf_Die *lg_symbols_unit(struct lg_symbols *symbols, Dwfl_Module *module, uint64_t address)
{
    if (unit_has(symbols->unit, symbols->unit_bias, address))
        return symbols->unit;
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
    if (unit == NULL) {
        do
            unit = dwfl_module_nextcu(module, unit, &bias);
        while (unit != NULL && !unit_has(unit, bias, address));
    }
    symbols->unit = unit;
    symbols->unit_bias = bias;
    return unit;
}

bool lg_symbols_has_code(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine ||
           tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

/* The child of PARENT whose code has ADDRESS. Returns whether there is one. */
static bool find_child(Dwarf_Die *parent, Dwarf_Addr address, Dwarf_Die *found)
{
    Dwarf_Die child;
    if (dwarf_child(parent, &child) != 0)
        return false;
    do {
        if (lg_symbols_has_code(&child) && dwarf_haspc(&child, address) > 0) {
            *found = child;
            return true;
        }
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

static bool add_scope(struct lg_scopes *scopes, const Dwarf_Die *die)
{
    if (scopes->count == scopes->capacity) {
        size_t capacity = scopes->capacity > 0 ? scopes->capacity * 2 : 16;
        Dwarf_Die *rows = reallocarray(scopes->rows, capacity, sizeof(*rows));
        if (rows == NULL)
            return false;
        scopes->rows = rows;
        scopes->capacity = capacity;
    }
    scopes->rows[scopes->count++] = *die;
    return true;
}

/* dwarf_getscopes does not: it finds no function in a namespace, none that was inlined from
 * another unit, as link time optimization does, and it follows an inlined function to where it
 * was written. */
void lg_symbols_scopes(struct lg_symbols *symbols, Dwarf_Die *unit, Dwarf_Addr address,
                       struct lg_scopes *scopes)
{
    Dwarf_Die die = *unit;
    Dwarf_Die split = {0};
    /* Of a unit whose debug information is split off, the other part has the scopes. */
    if (dwarf_cu_info(unit->cu, NULL, NULL, NULL, &split, NULL, NULL, NULL) == 0 &&
        split.addr != NULL)
        die = split;
    *scopes = (struct lg_scopes){0};
    bool found = lg_symbols_index_find(symbols, &die, address, &die);
    while (found && add_scope(scopes, &die))
        found = find_child(&die, address, &die);
}
