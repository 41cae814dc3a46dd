/* What a test program calls things, and the files that it is made of: the input is a name, and
 * behind "====" another one; or a module, if it begins as ELF does. */
#include "fuzz.h"

#include "agent/elf.h"
#include "common/rules.h"
#include "runner/inspect.h"
#include "runner/source.h"
#include "runner/text.h"

#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "/no/such/root"

/* Text that is clean stays as it is. */
static void check_clean(const struct fuzz_part *name)
{
    struct lg_text once = {0};
    struct lg_text twice = {0};
    lg_text_add_clean(&once, name->text, name->length);
    fuzz_check_clean(lg_text_string(&once), once.length);
    lg_text_add_clean(&twice, lg_text_string(&once), once.length);
    FUZZ_HOLDS(strcmp(lg_text_string(&once), lg_text_string(&twice)) == 0);
    size_t cut = name->length / 2;
    bool is_cut = once.length > cut;
    lg_text_cut(&once, cut);
    fuzz_check_clean(lg_text_string(&once), once.length);
    if (is_cut)
        FUZZ_HOLDS(strcmp(once.data + once.length - strlen(" bytes more)\n"), " bytes more)\n") ==
                   0);
    else
        FUZZ_HOLDS(strcmp(lg_text_string(&once), lg_text_string(&twice)) == 0);
    lg_text_free(&once);
    lg_text_free(&twice);
}

/* A JSON string, which stands for the clean text. */
static void check_json(const char *name)
{
    struct lg_text json = {0};
    struct lg_text clean = {0};
    lg_text_add_json(&json, name);
    lg_text_add_clean(&clean, name, strlen(name));
    FUZZ_HOLDS(json.length >= 2 && json.data[0] == '"' && json.data[json.length - 1] == '"');
    const char *at = json.data + 1;
    for (size_t i = 0; i < clean.length; i++, at++) {
        char byte = *at;
        FUZZ_HOLDS(byte != '"' && (unsigned char)byte >= ' ');
        if (byte == '\\') {
            byte = *++at;
            FUZZ_HOLDS(strchr("\"\\nt", byte) != NULL);
            byte = byte == 'n' ? '\n' : byte == 't' ? '\t' : byte;
        }
        FUZZ_HOLDS(byte == clean.data[i]);
    }
    FUZZ_HOLDS(at == json.data + json.length - 1);
    lg_text_free(&json);
    lg_text_free(&clean);
}

/* A glob made of a name matches it. Another name matches it only where the two differ in what
 * clean text can't carry. */
static void check_glob(const char *name, const char *other)
{
    struct lg_text glob = {0};
    lg_text_add_glob(&glob, name);
    const char *pattern = lg_text_string(&glob);
    FUZZ_HOLDS(fnmatch(pattern, name, 0) == 0);
    if (strchr(pattern, '?') == NULL)
        FUZZ_HOLDS((fnmatch(pattern, other, 0) == 0) == (strcmp(name, other) == 0));
    lg_text_free(&glob);
}

/* One test is named by its own name, with and without its program, and by no other. */
static void check_rules(const char *name, const char *other)
{
    struct lg_text full = {0};
    lg_text_add(&full, "%s:%s", other, name);
    FUZZ_HOLDS(lg_rule_matches(name, false, other, name));
    FUZZ_HOLDS(lg_rule_matches(full.data, false, other, name));
    if (strchr(name, ':') == NULL)
        FUZZ_HOLDS(lg_rule_matches(name, false, "program", other) == (strcmp(name, other) == 0));
    FUZZ_HOLDS(!lg_rule_goes_before(name, true, other, true) ||
               !lg_rule_goes_before(other, true, name, true));
    FUZZ_HOLDS(lg_rule_goes_before(name, false, other, true));
    lg_text_free(&full);
}

/* Whether a part of PATH is "..". */
static bool climbs(const char *path)
{
    for (; path != NULL; path = strchr(path, '/')) {
        path += *path == '/';
        if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0'))
            return true;
    }
    return false;
}

static void check_path(const char *name)
{
    struct lg_text below = {0};
    char out[64];
    const char *relative = lg_source_relative(name, ROOT, out, sizeof(out));
    FUZZ_HOLDS(relative == name || relative == out);
    if (relative == out)
        FUZZ_HOLDS(out[0] != '/' && out[0] != '\0' && strlen(out) < sizeof(out) && !climbs(out));
    lg_text_add(&below, ROOT "/./x/..//%s", name);
    relative = lg_source_relative(below.data, ROOT, out, sizeof(out));
    if (!climbs(name) && strlen(name) < sizeof(out) && name[strspn(name, "/.")] != '\0')
        FUZZ_HOLDS(relative == out);
    /* What is in a system's folder is there by any way that leads there. */
    bool is_system = lg_source_is_system(name);
    below.length = 0;
    lg_text_add(&below, "/x/..%s", name);
    if (name[0] == '/' && strlen(name) < PATH_MAX - 8)
        FUZZ_HOLDS(lg_source_is_system(below.data) == is_system);
    lg_text_free(&below);
}

/* A line of a source file, as a terminal is shown it. */
static void check_line(const struct fuzz_part *file)
{
    const char *path = fuzz_file(file);
    size_t lines = fuzz_count_lines(file);
    unsigned line = file->length > 0 ? (unsigned char)file->text[0] % 4 : 0;
    char out[24] = "untouched";
    int status = lg_source_line(path, line, out, sizeof(out));
    FUZZ_HOLDS(status == (line >= 1 && line <= lines ? 0 : -ENOENT));
    FUZZ_HOLDS(memchr(out, '\0', sizeof(out)) != NULL && strchr(out, '\n') == NULL);
    FUZZ_HOLDS(status == 0 || strcmp(out, "untouched") == 0);
}

/* Symbols are found in the module, and not beyond it. */
static void check_module(const struct fuzz_part *module)
{
    static const char *const names[] = {"CU_run_all_tests", "f", "main"};
    const char *path = fuzz_file(module);
    void *addresses[3] = {&addresses, &addresses, &addresses};
    size_t expected = 0;
    size_t found = lg_elf_find_functions(path, 0, names, 3, addresses);
    for (size_t i = 0; i < 3; i++) {
        FUZZ_HOLDS(addresses[i] != (void *)&addresses);
        if (memmem(module->text, module->length, names[i], strlen(names[i]) + 1) == NULL)
            FUZZ_HOLDS(addresses[i] == NULL);
        expected += addresses[i] != NULL;
    }
    FUZZ_HOLDS(found >= expected);
    const char *reason = lg_inspect_program(path);
    FUZZ_HOLDS(reason == NULL || reason[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_part input = {(const char *)data, size};
    if (size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0) {
        check_module(&input);
        return 0;
    }
    check_line(&input);
    struct fuzz_part first = fuzz_cut(&input, "====");
    check_clean(&first);
    char *name = fuzz_string(&first);
    char *other = fuzz_string(&input);
    check_json(name);
    check_glob(name, other);
    check_rules(name, other);
    check_path(name);
    free(name);
    free(other);
    return 0;
}
