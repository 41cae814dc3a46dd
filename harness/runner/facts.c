#include "runner/facts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct lg_facts *facts, const char *name, const char *value)
{
    if (facts->count >= LG_FACTS_MAX)
        return;
    struct lg_fact *fact = &facts->rows[facts->count++];
    snprintf(fact->name, sizeof(fact->name), "%.*s", (int)sizeof(fact->name) - 1, name);
    snprintf(fact->value, sizeof(fact->value), "%s", value);
}

static FILE *open_under(const char *root, const char *path)
{
    char full[PATH_MAX];
    if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
        return NULL;
    return fopen(full, "re");
}

/* The first word of the file, e.g. "67584". */
static int read_word(const char *root, const char *path, char *out, size_t size)
{
    FILE *file = open_under(root, path);
    if (file == NULL)
        return -1;
    char format[16];
    snprintf(format, sizeof(format), "%%%zus", size - 1);
    int found = fscanf(file, format, out);
    fclose(file);
    return found == 1 ? 0 : -1;
}

static void read_meminfo(const char *proc_root, struct lg_facts *facts)
{
    static const char *const wanted[] = {"MemTotal", "MemFree", "MemAvailable",
                                         "Buffers",  "Cached",  "Shmem"};
    FILE *file = open_under(proc_root, "/meminfo");
    char line[256];
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char key[64];
        uint64_t kib;
        if (sscanf(line, "%63[^:]: %" SCNu64 " kB", key, &kib) != 2)
            continue;
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
            if (strcmp(key, wanted[i]) != 0)
                continue;
            char name[sizeof(key) + 8];
            char value[32];
            snprintf(name, sizeof(name), "%s_bytes", key);
            snprintf(value, sizeof(value), "%" PRIu64, kib * 1024);
            add(facts, name, value);
        }
    }
    if (file != NULL)
        fclose(file);
}

/* The group's path in the hierarchy of LINE of /proc/self/cgroup, if it is the one of
 * memory: "0::/path" in version 2, "4:memory:/path" in version 1. */
static const char *memory_group(char *line, int *version)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return NULL;
    *path++ = '\0';
    controllers++;
    if (controllers[0] == '\0') {
        *version = 2;
        return path;
    }
    for (char *name = strtok(controllers, ","); name != NULL; name = strtok(NULL, ",")) {
        if (strcmp(name, "memory") == 0) {
            *version = 1;
            return path;
        }
    }
    return NULL;
}

/* The nearest limit counts: a group without one of its own has its parent's. */
static int read_group_limit(const char *cgroup_root, const char *group, int version, char *out,
                            size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s", group);
    for (;;) {
        char file[PATH_MAX + 64];
        snprintf(file, sizeof(file),
                 version == 2 ? "%s/memory.max" : "/memory%s/memory.limit_in_bytes",
                 strcmp(path, "/") == 0 ? "" : path);
        if (read_word(cgroup_root, file, out, size) == 0 && strcmp(out, "max") != 0 &&
            strtoull(out, NULL, 10) < (UINT64_C(1) << 62))
            return 0;
        char *slash = strrchr(path, '/');
        if (slash == NULL || path[0] == '\0')
            return -1;
        *slash = '\0';
    }
}

static void read_cgroup(const char *proc_root, const char *cgroup_root, struct lg_facts *facts)
{
    FILE *file = open_under(proc_root, "/self/cgroup");
    char line[PATH_MAX];
    char limit[32];
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
        int version = 0;
        const char *group = memory_group(line, &version);
        found = group != NULL &&
                read_group_limit(cgroup_root, group, version, limit, sizeof(limit)) == 0;
    }
    if (file == NULL)
        return;
    fclose(file);
    add(facts, "cgroup_memory_limit_bytes", found ? limit : "unlimited");
}

void lg_facts_read(const char *proc_root, const char *cgroup_root, struct lg_facts *out)
{
    out->count = 0;
    read_meminfo(proc_root, out);
    char word[32];
    if (read_word(proc_root, "/sys/vm/min_free_kbytes", word, sizeof(word)) == 0)
        add(out, "min_free_kbytes", word);
    read_cgroup(proc_root, cgroup_root, out);
}
