#include "runner/symbols_private.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for a text of LENGTH bytes, that SYMBOLS frees; NULL: no memory. */
static char *new_string(struct lg_symbols *symbols, size_t length)
{
    struct lg_string *string = calloc(1, sizeof(*string) + length + 1);
    if (string == NULL)
        return NULL;
    string->next = symbols->strings;
    symbols->strings = string;
    return string->text;
}

/* The module's file has to be open: libdwfl has no build id before. */
static const char *read_build_id(struct lg_symbols *symbols, Dwfl_Module *module)
{
    const unsigned char *bytes;
    GElf_Addr address;
    if (dwfl_module_getelf(module, &address) == NULL)
        return NULL;
    int count = dwfl_module_build_id(module, &bytes, &address);
    char *hex = count > 0 ? new_string(symbols, (size_t)count * 2) : NULL;
    for (int i = 0; i < count && hex != NULL; i++)
        snprintf(hex + (size_t)i * 2, 3, "%02x", bytes[i]);
    return hex;
}

struct lg_module *lg_symbols_module(struct lg_symbols *symbols, Dwfl_Module *module)
{
    for (struct lg_module *known = symbols->modules; known != NULL; known = known->next) {
        if (known->dwfl == module)
            return known;
    }
    struct lg_module *added = calloc(1, sizeof(*added));
    if (added == NULL)
        return NULL;
    added->dwfl = module;
    added->build_id = read_build_id(symbols, module);
    added->next = symbols->modules;
    symbols->modules = added;
    return added;
}

/* From a function's code, or its definition apart, to where it was declared. */
static Dwarf_Die declaration_of(Dwarf_Die *function)
{
    static const unsigned links[] = {DW_AT_abstract_origin, DW_AT_specification};
    Dwarf_Die die = *function;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        Dwarf_Attribute attribute;
        Dwarf_Die next;
        if (dwarf_attr(&die, links[i], &attribute) != NULL &&
            dwarf_formref_die(&attribute, &next) != NULL)
            die = next;
    }
    return die;
}

static bool may_be_scoped(Dwarf_Die *function)
{
    Dwarf_Die unit;
    int language = dwarf_diecu(function, &unit, NULL, NULL) != NULL ? dwarf_srclang(&unit) : -1;
    return language != DW_LANG_C && language != DW_LANG_C89 && language != DW_LANG_C99 &&
           language != DW_LANG_C11;
}

static const char *scope_name(Dwarf_Die *scope)
{
    int tag = dwarf_tag(scope);
    if (tag != DW_TAG_namespace && tag != DW_TAG_class_type && tag != DW_TAG_structure_type &&
        tag != DW_TAG_union_type)
        return NULL;
    const char *name = dwarf_diename(scope);
    return name != NULL ? name : tag == DW_TAG_namespace ? "(anonymous namespace)" : "(unnamed)";
}

/* NAME after those of the SCOPES above the first, the outermost last; NULL: no memory. */
static const char *scoped_name(struct lg_symbols *symbols, const char *name, Dwarf_Die *scopes,
                               int count)
{
    size_t length = strlen(name);
    for (int i = 1; i < count; i++) {
        const char *scope = scope_name(&scopes[i]);
        length += scope != NULL ? strlen(scope) + strlen("::") : 0;
    }
    char *full = length > strlen(name) ? new_string(symbols, length) : NULL;
    char *end = full;
    for (int i = count - 1; i > 0 && end != NULL; i--) {
        const char *scope = scope_name(&scopes[i]);
        if (scope != NULL)
            end = stpcpy(stpcpy(end, scope), "::");
    }
    if (end != NULL)
        stpcpy(end, name);
    return full;
}

const char *lg_symbols_name(struct lg_symbols *symbols, Dwarf_Die *function)
{
    Dwarf_Attribute attribute;
    const char *name = dwarf_formstring(dwarf_attr_integrate(function, DW_AT_name, &attribute));
    Dwarf_Die declaration = declaration_of(function);
    if (name == NULL || !may_be_scoped(&declaration))
        return name;
    Dwarf_Die *scopes = NULL;
    int count = dwarf_getscopes_die(&declaration, &scopes);
    const char *full = count > 1 ? scoped_name(symbols, name, scopes, count) : NULL;
    free(scopes);
    return full != NULL ? full : name;
}
