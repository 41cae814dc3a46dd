#include "runner/symbols_private.h"

#include <dwarf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char lg_symbols_no_memory[] = "no memory";

/* libdebuginfod looks at the variable at each question, and libdwfl cannot be told not to ask. */
static int find_local_debuginfo(Dwfl_Module *module, void **user, const char *name,
                                Dwarf_Addr start, const char *file, const char *link,
                                GElf_Word checksum, char **found)
{
    static const char variable[] = "DEBUGINFOD_URLS";
    const char *urls = getenv(variable);
    char *kept = urls != NULL ? strdup(urls) : NULL;
    if (urls != NULL && (kept == NULL || unsetenv(variable) != 0)) {
        free(kept);
        *user = (void *)lg_symbols_no_memory;
        return -1;
    }
    int fd = dwfl_standard_find_debuginfo(module, user, name, start, file, link, checksum, found);
    if (kept != NULL)
        setenv(variable, kept, 1);
    free(kept);
    return fd;
}

/* Without memory for the name, libdwfl returns ENOMEM as if that were a descriptor: it would read
 * and close what is open there. What lacked memory is noted in what a module has for its USER. */
static int find_elf(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start,
                    char **file, Elf **elf)
{
    int fd = dwfl_linux_proc_find_elf(module, user, name, start, file, elf);
    if (fd < 0 || *file != NULL)
        return fd;
    *user = (void *)lg_symbols_no_memory;
    return -1;
}

static const Dwfl_Callbacks local_callbacks = {
    .find_elf = find_elf,
    .find_debuginfo = find_local_debuginfo,
};

static const Dwfl_Callbacks asking_callbacks = {
    .find_elf = find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
};

struct lg_symbols *lg_symbols_new(const char *maps, bool debuginfod)
{
    if (maps[0] == '\0')
        return NULL;
    struct lg_symbols *symbols = calloc(1, sizeof(*symbols));
    FILE *stream = fmemopen((void *)maps, strlen(maps), "r");
    if (symbols == NULL || stream == NULL)
        goto fail;
    symbols->dwfl = dwfl_begin(debuginfod ? &asking_callbacks : &local_callbacks);
    if (symbols->dwfl == NULL)
        goto fail;
    dwfl_report_begin(symbols->dwfl);
    errno = 0;
    int error = dwfl_linux_proc_maps_report(symbols->dwfl, stream);
    symbols->lacked_memory = errno == ENOMEM; /* for a line, where it stops */
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

static bool tells_of_memory(const char *message)
{
    return message != NULL && strstr(message, "memory") != NULL;
}

/* Each library has its own numbers, told by no header, and goes on with what it has. */
bool lg_symbols_lacked_memory(const struct lg_symbols *symbols)
{
    bool lacked = errno == ENOMEM || (symbols != NULL && symbols->lacked_memory);
    lacked |= tells_of_memory(dwfl_errmsg(dwfl_errno()));
    lacked |= tells_of_memory(dwarf_errmsg(dwarf_errno()));
    lacked |= tells_of_memory(elf_errmsg(elf_errno()));
    return lacked;
}

void lg_symbols_free(struct lg_symbols *symbols)
{
    if (symbols == NULL)
        return;
    if (symbols->dwfl != NULL)
        dwfl_end(symbols->dwfl);
    while (symbols->modules != NULL) {
        struct lg_module *module = symbols->modules;
        symbols->modules = module->next;
        free(module->doors);
        free(module);
    }
    while (symbols->strings != NULL) {
        struct lg_string *string = symbols->strings;
        symbols->strings = string->next;
        free(string);
    }
    lg_frame_cache_fini(&symbols->cache);
    lg_symbols_index_free(symbols);
    free(symbols);
}

const char *lg_symbols_unit_file(Dwarf_Die *die, size_t index)
{
    Dwarf_Die unit;
    Dwarf_Files *files;
    size_t count;
    if (dwarf_diecu(die, &unit, NULL, NULL) == NULL ||
        dwarf_getsrcfiles(&unit, &files, &count) != 0 || index >= count)
        return NULL;
    const char *file = dwarf_filesrc(files, index, NULL, NULL);
    /* What libdw has at 0 where the version of DWARF has nothing there. */
    return file != NULL && strcmp(file, "???") != 0 ? file : NULL;
}

/* clang's DWARF 5 has the unit's own file at 0, which dwarf_decl_file takes for none. */
static const char *declaring_file(Dwarf_Die *function)
{
    Dwarf_Attribute attribute;
    Dwarf_Word index;
    const char *file = dwarf_decl_file(function);
    if (file != NULL ||
        dwarf_formudata(dwarf_attr_integrate(function, DW_AT_decl_file, &attribute), &index) != 0)
        return file;
    return lg_symbols_unit_file(function, index);
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

static void describe_function(struct lg_symbols *symbols, Dwarf_Die *unit, Dwarf_Addr address,
                              struct lg_location *location)
{
    struct lg_scopes scopes;
    lg_symbols_scopes(symbols, unit, address, &scopes);
    for (size_t i = scopes.count; i > 0; i--) {
        if (dwarf_tag(&scopes.rows[i - 1]) == DW_TAG_subprogram) {
            describe(&scopes.rows[i - 1], location);
            break;
        }
    }
    free(scopes.rows);
}

struct lg_location lg_symbols_function(struct lg_symbols *symbols, uint64_t address)
{
    struct lg_location location = {0};
    Dwfl_Module *module =
        symbols != NULL && address != 0 ? dwfl_addrmodule(symbols->dwfl, address) : NULL;
    if (module == NULL)
        return location;
    Dwarf_Die *unit = lg_symbols_unit(symbols, module, address);
    if (unit != NULL)
        describe_function(symbols, unit, address - symbols->unit_bias, &location);
    /* It looks through all symbols of the module: only where nothing else knows. */
    if (location.function == NULL)
        location.function = dwfl_module_addrname(module, address);
    return location;
}
