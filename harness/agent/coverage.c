#include "agent/coverage.h"

#include "agent/elf.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>

/* The program and its own libraries. */
#define MODULES 256

enum { DUMP, EXIT, PROFILE, RESET, RESET_PROFILE, NAMES };

static const char *const names[NAMES] = {
    [DUMP] = "__gcov_dump",
    [EXIT] = "__gcov_exit", /* all that gcc links where nobody asks for more */
    [PROFILE] = "__llvm_profile_write_file",
    [RESET] = "__gcov_reset",
    [RESET_PROFILE] = "__llvm_profile_reset_counters",
};

/* Each module has counters and functions of its own, which no other sees. */
struct counted {
    void (*write)(void);
    int (*write_profile)(void);
    void (*reset)(void);
};

static struct counted modules[MODULES];
static unsigned count;

static void keep(void *function, void *address)
{
    memcpy(function, &address, sizeof(address));
}

/* What the system brings counts nothing, and would take time to look at. */
static bool is_of_system(const char *path)
{
    static const char *const folders[] = {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"};
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    }
    return strchr(path, '/') == NULL; /* the vdso */
}

static int visit(struct dl_phdr_info *info, size_t size, void *context)
{
    bool *is_program = context;
    const char *path = *is_program ? "/proc/self/exe" : info->dlpi_name;
    void *found[NAMES];
    (void)size;
    if (count == MODULES || (!*is_program && is_of_system(path)))
        return 0;
    *is_program = false;
    if (lg_elf_find_functions(path, info->dlpi_addr, names, NAMES, found) == 0)
        return 0;
    struct counted *module = &modules[count++];
    keep(&module->write, found[DUMP] != NULL ? found[DUMP] : found[EXIT]);
    keep(&module->write_profile, found[PROFILE]);
    keep(&module->reset, found[RESET] != NULL ? found[RESET] : found[RESET_PROFILE]);
    return 0;
}

void lg_coverage_find(void)
{
    bool is_program = true; /* it comes first */
    count = 0;
    dl_iterate_phdr(visit, &is_program);
}

void lg_coverage_begin(void)
{
    for (unsigned i = 0; i < count; i++) {
        if (modules[i].reset != NULL)
            modules[i].reset();
    }
}

void lg_coverage_write(void)
{
    for (unsigned i = 0; i < count; i++) {
        if (modules[i].write != NULL)
            modules[i].write();
        if (modules[i].write_profile != NULL)
            modules[i].write_profile();
    }
    count = 0;
}
