/* Where the functions of a unit are, by address: a program with thousands of tests asks for each.
 */
#include "runner/symbols_private.h"

#include <dwarf.h>
#include <stdlib.h>

/* How deep functions that are not where their code is are looked for: in namespaces, and in
 * functions that they are nested in. */
#define MAX_NESTING 32

/* How many ranges that begin before an address are asked whether they have it: they hardly ever
 * overlap. */
#define LOOK_BACK 8

static bool holds_functions(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);
    return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
           tag == DW_TAG_structure_type || tag == DW_TAG_subprogram;
}

static bool add_range(struct lg_unit_index *index, const struct lg_code_range *range)
{
    if (index->count == index->capacity) {
        size_t capacity = index->capacity > 0 ? index->capacity * 2 : 64;
        struct lg_code_range *rows = reallocarray(index->rows, capacity, sizeof(*rows));
        if (rows == NULL)
            return false;
        index->rows = rows;
        index->capacity = capacity;
    }
    index->rows[index->count++] = *range;
    return true;
}

static bool add_ranges(struct lg_unit_index *index, const Dwarf_Die *function, int nesting)
{
    struct lg_code_range range = {.die = *function, .nesting = nesting};
    Dwarf_Addr base;
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(&range.die, offset, &base, &range.start, &range.end)) > 0) {
        if (range.start < range.end && !add_range(index, &range))
            return false;
    }
    return true;
}

/* Of what is in a function, only functions: all else is found by way of it. */
// NOLINTNEXTLINE(misc-no-recursion): bounded
static bool add_functions(struct lg_unit_index *index, Dwarf_Die *parent, int nesting)
{
    bool in_function = dwarf_tag(parent) == DW_TAG_subprogram;
    Dwarf_Die child;
    if (nesting > MAX_NESTING || dwarf_child(parent, &child) != 0)
        return true;
    do {
        bool wanted =
            in_function ? dwarf_tag(&child) == DW_TAG_subprogram : lg_symbols_has_code(&child);
        if (wanted && !add_ranges(index, &child, nesting))
            return false;
        if (holds_functions(&child) && !add_functions(index, &child, nesting + 1))
            return false;
    } while (dwarf_siblingof(&child, &child) == 0);
    return true;
}

/* By address; of those that begin at the same, the outermost is the last. */
static int compare(const void *left, const void *right)
{
    const struct lg_code_range *a = left;
    const struct lg_code_range *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return b->nesting - a->nesting;
}

static struct lg_unit_index *make_index(struct lg_symbols *symbols, Dwarf_Die *unit)
{
    struct lg_unit_index *index = calloc(1, sizeof(*index));
    if (index == NULL)
        return NULL;
    index->cu = unit->cu;
    index->next = symbols->indexes;
    symbols->indexes = index;
    add_functions(index, unit, 0);
    if (index->count > 0)
        qsort(index->rows, index->count, sizeof(*index->rows), compare);
    return index;
}

static const struct lg_unit_index *index_of(struct lg_symbols *symbols, Dwarf_Die *unit)
{
    for (const struct lg_unit_index *index = symbols->indexes; index != NULL; index = index->next) {
        if (index->cu == unit->cu)
            return index;
    }
    return make_index(symbols, unit);
}

bool lg_symbols_index_find(struct lg_symbols *symbols, Dwarf_Die *unit, Dwarf_Addr address,
                           Dwarf_Die *found)
{
    const struct lg_unit_index *index = index_of(symbols, unit);
    size_t low = 0;
    size_t high = index != NULL ? index->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->rows[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    /* What begins before it and ends after it: mostly the nearest. */
    const struct lg_code_range *best = NULL;
    for (size_t i = low; i > 0 && low - i < LOOK_BACK; i--) {
        const struct lg_code_range *row = &index->rows[i - 1];
        if (address < row->end && (best == NULL || row->nesting < best->nesting))
            best = row;
    }
    if (best != NULL)
        *found = best->die;
    return best != NULL;
}

void lg_symbols_index_free(struct lg_symbols *symbols)
{
    while (symbols->indexes != NULL) {
        struct lg_unit_index *next = symbols->indexes->next;
        free(symbols->indexes->rows);
        free(symbols->indexes);
        symbols->indexes = next;
    }
}
