/* What the tests share: maps as text, temporary folders, files as strings. */
#ifndef LG_UNIT_SUPPORT_H
#define LG_UNIT_SUPPORT_H

#include "common/maps.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Lines of maps; RANGE is "1000-2000". */
#define ANON_LINE(range) range " rw-p 00000000 00:00 0 \n"
#define GUARD_LINE(range) range " ---p 00000000 00:00 0 \n"
#define HEAP_LINE(range) range " rw-p 00000000 00:00 0                          [heap]\n"
#define STACK_LINE(range) range " rw-p 00000000 00:00 0                          [stack]\n"

/* Mappings with room of their own: for texts of a few lines. Don't copy one. */
struct parsed {
    struct lg_maps maps;
    struct lg_mapping rows[64];
    char names[4096];
};

/* Parses TEXT into PARSED. Returns what lg_maps_parse does. */
int parse_maps(const char *text, struct parsed *parsed);

/* The class of the only row at START; LG_SEGMENT_COUNT if there is none. */
enum lg_segment segment_at(const struct lg_maps *maps, uint64_t start);

/* An empty folder. Removed with all that is in it by folder_remove. */
struct folder {
    char path[PATH_MAX / 2];
};

bool folder_make(struct folder *folder);
void folder_remove(const struct folder *folder);

/* The path of NAME in FOLDER, in OUT. Returns OUT. */
char *folder_file(const struct folder *folder, const char *name, char out[PATH_MAX]);

/* How many entries FOLDER has; -1 if it cannot be read. */
int folder_entries(const char *path);

/* The file at PATH as a string, its size in SIZE if that is not NULL. The caller frees it.
 * NULL if it cannot be read. */
char *read_file(const char *path, size_t *size);

bool write_file(const char *path, const char *data, size_t size);

/* A number below BELOW, of a sequence that is the same for the same STATE, which is not 0. */
uint32_t next_number(uint64_t *state, uint32_t below);

#endif
