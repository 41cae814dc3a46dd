#include "support.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int parse_maps(const char *text, struct parsed *parsed)
{
    parsed->maps = (struct lg_maps){
        .rows = parsed->rows,
        .capacity = sizeof(parsed->rows) / sizeof(parsed->rows[0]),
        .names = parsed->names,
        .names_capacity = sizeof(parsed->names),
    };
    return lg_maps_parse(text, strlen(text), &parsed->maps);
}

enum lg_segment segment_at(const struct lg_maps *maps, uint64_t start)
{
    for (size_t i = 0; i < maps->count; i++) {
        if (maps->rows[i].start == start)
            return (enum lg_segment)maps->rows[i].segment;
    }
    return LG_SEGMENT_COUNT;
}

bool folder_make(struct folder *folder)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    int length = snprintf(folder->path, sizeof(folder->path), "%s/leakgate-unit.XXXXXX", parent);
    return length < (int)sizeof(folder->path) && mkdtemp(folder->path) != NULL;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void folder_remove(const struct folder *folder)
{
    nftw(folder->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

char *folder_file(const struct folder *folder, const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", folder->path, name);
    return out;
}

int folder_entries(const char *path)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return -1;
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *data = NULL;
    size_t length = 0;
    FILE *copy = open_memstream(&data, &length);
    char chunk[4096];
    size_t got;
    while (copy != NULL && (got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        fwrite(chunk, 1, got, copy);
    fclose(file);
    if (copy == NULL)
        return NULL;
    fclose(copy);
    if (size != NULL)
        *size = length;
    return data;
}

bool write_file(const char *path, const char *data, size_t size)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    bool written = fwrite(data, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

/* Marsaglia's xorshift: the low bits are the weaker ones. */
uint32_t next_number(uint64_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32) % below;
}
