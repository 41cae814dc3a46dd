#include "runner/symbols_private.h"

#include <dwarf.h>
#include <stdlib.h>

/* The frames of one address, as they are found. */
struct walk {
    struct lg_symbols *symbols;
    Dwfl_Module *module;
    uint64_t address; /* within the call */
    struct lg_frame common;
    struct lg_frame *out;
    size_t capacity;
    size_t count;
    bool full; /* there were more */
};

static void add(struct walk *walk, struct lg_frame frame)
{
    if (walk->count < walk->capacity)
        walk->out[walk->count++] = frame;
    else
        walk->full = true;
}

/* What the line table says. Code that the compiler made up has line 0. */
static void find_line(Dwarf_Die *unit, Dwarf_Addr address, struct lg_frame *frame)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, address);
    int number = 0;
    if (line == NULL || dwarf_lineno(line, &number) != 0 || number <= 0)
        return;
    frame->file = dwarf_linesrc(line, NULL, NULL);
    frame->line = frame->file != NULL ? (unsigned)number : 0;
}

/* Where INLINED was called from: the place of the frame that follows. */
static void find_call(Dwarf_Die *inlined, struct lg_frame *frame)
{
    Dwarf_Attribute attribute;
    Dwarf_Word index;
    Dwarf_Word line;
    frame->file = NULL;
    frame->line = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &index) != 0 ||
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) != 0 ||
        line == 0 || line > UINT32_MAX)
        return;
    frame->file = lg_symbols_unit_file(inlined, index);
    frame->line = frame->file != NULL ? (unsigned)line : 0;
}

/* Every inlined function is a frame, up to the function whose code it became. */
static void add_scopes(struct walk *walk, const struct lg_scopes *scopes)
{
    struct lg_frame frame = walk->common;
    for (size_t i = scopes->count; i > 0; i--) {
        Dwarf_Die *scope = &scopes->rows[i - 1];
        int tag = dwarf_tag(scope);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        const char *name = lg_symbols_name(walk->symbols, scope);
        frame.inlined = tag == DW_TAG_inlined_subroutine;
        frame.function = name != NULL || frame.inlined ? name : walk->common.function;
        add(walk, frame);
        if (!frame.inlined)
            return;
        find_call(scope, &frame);
    }
}

/* By debug information. Adds nothing where there is none. */
static void add_described(struct walk *walk)
{
    Dwarf_Die *unit = lg_symbols_unit(walk->symbols, walk->module, walk->address);
    if (unit == NULL)
        return;
    struct lg_scopes scopes;
    Dwarf_Addr address = walk->address - walk->symbols->unit_bias;
    find_line(unit, address, &walk->common);
    lg_symbols_scopes(walk->symbols, unit, address, &scopes);
    add_scopes(walk, &scopes);
    free(scopes.rows);
}

/* What is looked up next may hide it. */
static void note_memory(struct lg_symbols *symbols)
{
    symbols->lacked_memory |= lg_symbols_lacked_memory(symbols);
}

static void describe_module(struct walk *walk, uint64_t return_address)
{
    struct lg_frame *common = &walk->common;
    struct lg_module *module = lg_symbols_module(walk->symbols, walk->module);
    note_memory(walk->symbols);
    walk->symbols->lacked_memory |= module == NULL;
    GElf_Off offset;
    GElf_Sym symbol;
    Dwarf_Addr start;
    void **user;
    common->module = dwfl_module_info(walk->module, &user, &start, NULL, NULL, NULL, NULL, NULL);
    common->build_id = module != NULL ? module->build_id : NULL;
    common->function =
        dwfl_module_addrinfo(walk->module, walk->address, &offset, &symbol, NULL, NULL, NULL);
    /* Not the address itself, which may be the next function's after a call that does not
     * return. */
    common->offset = common->function != NULL ? offset + 1 : return_address - start;
    walk->symbols->lacked_memory |= *user != NULL;
}

size_t lg_symbols_frames(struct lg_symbols *symbols, uint64_t return_address, struct lg_frame *out,
                         size_t capacity)
{
    if (symbols == NULL || return_address == 0 || capacity == 0)
        return 0;
    size_t count = lg_frame_cache_find(&symbols->cache, return_address, out, capacity);
    if (count > 0)
        return count;
    struct walk walk = {.symbols = symbols, .out = out, .capacity = capacity};
    walk.address = return_address - 1;
    walk.module = dwfl_addrmodule(symbols->dwfl, walk.address);
    note_memory(symbols);
    if (walk.module == NULL)
        return 0;
    describe_module(&walk, return_address);
    add_described(&walk);
    if (walk.count == 0) {
        struct lg_module *module = lg_symbols_module(symbols, walk.module);
        if (walk.common.function == NULL && module != NULL)
            walk.common.door = lg_symbols_door(module, walk.address);
        add(&walk, walk.common);
    }
    if (!walk.full)
        lg_frame_cache_add(&symbols->cache, return_address, out, walk.count);
    return walk.count;
}
