#include "runner/symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lg_symbols {
    Dwfl *dwfl;
    Dwarf_Die *unit; /* the newest one found: the next address is often in it */
    Dwarf_Addr unit_bias;
};

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
};

struct lg_symbols *lg_symbols_new(const char *maps)
{
    if (maps[0] == '\0')
        return NULL;
    struct lg_symbols *symbols = calloc(1, sizeof(*symbols));
    FILE *stream = fmemopen((void *)maps, strlen(maps), "r");
    if (symbols == NULL || stream == NULL)
        goto fail;
    symbols->dwfl = dwfl_begin(&callbacks);
    if (symbols->dwfl == NULL)
        goto fail;
    dwfl_report_begin(symbols->dwfl);
    int error = dwfl_linux_proc_maps_report(symbols->dwfl, stream);
    if (dwfl_report_end(symbols->dwfl, NULL, NULL) != 0 || error != 0)
        goto fail;
    fclose(stream);
    return symbols;
fail:
    if (stream != NULL)
        fclose(stream);
    lg_symbols_free(symbols);
    return NULL;
}

void lg_symbols_free(struct lg_symbols *symbols)
{
    if (symbols == NULL)
        return;
    if (symbols->dwfl != NULL)
        dwfl_end(symbols->dwfl);
    free(symbols);
}

/* clang's DWARF 5 has the unit's own file at 0, which dwarf_decl_file takes for none. */
static const char *declaring_file(Dwarf_Die *function)
{
    Dwarf_Attribute attribute;
    Dwarf_Word index;
    Dwarf_Die unit;
    Dwarf_Files *files;
    size_t count;
    const char *file = dwarf_decl_file(function);
    if (file != NULL ||
        dwarf_formudata(dwarf_attr_integrate(function, DW_AT_decl_file, &attribute), &index) != 0 ||
        dwarf_diecu(function, &unit, NULL, NULL) == NULL ||
        dwarf_getsrcfiles(&unit, &files, &count) != 0 || index >= count)
        return file;
    return dwarf_filesrc(files, index, NULL, NULL);
}

/* A function defined apart from its declaration has its name there. */
static void describe(Dwarf_Die *function, struct lg_location *location)
{
    Dwarf_Attribute attribute;
    const char *name = dwarf_formstring(dwarf_attr_integrate(function, DW_AT_name, &attribute));
    const char *file = declaring_file(function);
    int line = 0;
    if (name != NULL)
        location->function = name;
    if (file == NULL || dwarf_decl_line(function, &line) != 0 || line <= 0)
        return;
    location->file = file;
    location->line = (unsigned)line;
}

static bool unit_has(Dwarf_Die *unit, Dwarf_Addr bias, uint64_t address)
{
    return unit != NULL && dwarf_haspc(unit, address - bias) > 0;
}

/* The compilation unit of ADDRESS. gcc writes an index of them, clang does not: then
 * each is asked. */
static Dwarf_Die *find_unit(struct lg_symbols *symbols, Dwfl_Module *module, uint64_t address)
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

/* The scopes around ADDRESS, the innermost first, by where their code is: what
 * dwarf_getscopes gives follows an inlined function to where it was written. The caller
 * frees them. Returns how many, or below 1. */
static int physical_scopes(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **scopes)
{
    Dwarf_Die *written = NULL;
    int count = dwarf_getscopes(unit, address, &written);
    if (count > 0)
        count = dwarf_getscopes_die(&written[0], scopes);
    free(written);
    return count;
}

struct lg_location lg_symbols_function(struct lg_symbols *symbols, uint64_t address)
{
    struct lg_location location = {0};
    Dwfl_Module *module =
        symbols != NULL && address != 0 ? dwfl_addrmodule(symbols->dwfl, address) : NULL;
    if (module == NULL)
        return location;
    location.function = dwfl_module_addrname(module, address);
    Dwarf_Die *unit = find_unit(symbols, module, address);
    if (unit == NULL)
        return location;
    Dwarf_Die *scopes = NULL;
    int count = physical_scopes(unit, address - symbols->unit_bias, &scopes);
    for (int i = 0; i < count; i++) {
        if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram) {
            describe(&scopes[i], &location);
            break;
        }
    }
    free(scopes);
    return location;
}
