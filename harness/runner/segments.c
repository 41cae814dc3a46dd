#include "runner/segments.h"

#include "common/maps.h"
#include "runner/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's default of vm.max_map_count; doubled until all rows fit. */
#define FIRST_CAPACITY 65536
#define NAME_BYTES_PER_ROW 64

static void free_maps(struct lg_maps *maps)
{
    free(maps->rows);
    free(maps->names);
    memset(maps, 0, sizeof(*maps));
}

static int read_all(const char *proc_root, struct lg_maps *maps)
{
    for (size_t capacity = FIRST_CAPACITY;; capacity *= 2) {
        maps->capacity = capacity;
        maps->names_capacity = capacity * NAME_BYTES_PER_ROW;
        maps->rows = malloc(capacity * sizeof(*maps->rows));
        maps->names = malloc(maps->names_capacity);
        int error = -ENOMEM;
        if (maps->rows != NULL && maps->names != NULL)
            error = lg_maps_read(proc_root, maps);
        if (error != -ENOBUFS)
            return error;
        free_maps(maps);
    }
}

struct totals {
    uint64_t bytes[LG_SEGMENT_COUNT];
    size_t mappings[LG_SEGMENT_COUNT];
    uint64_t all_bytes;
};

static struct totals add_up(const struct lg_maps *maps)
{
    struct totals totals = {0};
    for (size_t i = 0; i < maps->count; i++) {
        uint64_t bytes = maps->rows[i].end - maps->rows[i].start;
        totals.bytes[maps->rows[i].segment] += bytes;
        totals.mappings[maps->rows[i].segment]++;
        totals.all_bytes += bytes;
    }
    return totals;
}

static void add_table(struct lg_text *text, const struct lg_maps *maps)
{
    lg_text_add(text, "%-16s %12s %-5s %-12s %s\n", "address", "KiB", "mode", "class", "mapping");
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        const char *name = lg_mapping_name(maps, row);
        char flags[5];
        lg_mapping_mode(row->flags, flags);
        lg_text_add(text, "%016" PRIx64 " %12" PRIu64 " %-5s %-12s ", row->start,
                    (row->end - row->start) / 1024, flags,
                    lg_segment_name((enum lg_segment)row->segment));
        lg_text_add_clean(text, name, strlen(name));
        lg_text_add(text, "\n");
    }
    struct totals totals = add_up(maps);
    lg_text_add(text, "\n%-16s %12s %12s\n", "class", "KiB", "mappings");
    for (int segment = 0; segment < LG_SEGMENT_COUNT; segment++) {
        if (totals.mappings[segment] > 0)
            lg_text_add(text, "%-16s %12" PRIu64 " %12zu\n",
                        lg_segment_name((enum lg_segment)segment), totals.bytes[segment] / 1024,
                        totals.mappings[segment]);
    }
    lg_text_add(text, "%-16s %12" PRIu64 " %12zu\n", "total", totals.all_bytes / 1024, maps->count);
}

static void add_json(struct lg_text *text, const struct lg_maps *maps)
{
    lg_text_add(text, "{\"mappings\": [");
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        char flags[5];
        lg_mapping_mode(row->flags, flags);
        lg_text_add(text,
                    "%s\n  {\"start\": \"0x%" PRIx64 "\", \"end\": \"0x%" PRIx64
                    "\", \"bytes\": %" PRIu64 ", \"mode\": \"%s\", \"class\": \"%s\", \"name\": ",
                    i > 0 ? "," : "", row->start, row->end, row->end - row->start, flags,
                    lg_segment_name((enum lg_segment)row->segment));
        lg_text_add_json(text, lg_mapping_name(maps, row));
        lg_text_add(text, "}");
    }
    struct totals totals = add_up(maps);
    lg_text_add(text, "\n], \"totals\": {");
    for (int segment = 0; segment < LG_SEGMENT_COUNT; segment++)
        lg_text_add(text, "%s\n  \"%s\": {\"bytes\": %" PRIu64 ", \"mappings\": %zu}",
                    segment > 0 ? "," : "", lg_segment_name((enum lg_segment)segment),
                    totals.bytes[segment], totals.mappings[segment]);
    lg_text_add(text, "\n}, \"total_bytes\": %" PRIu64 "}\n", totals.all_bytes);
}

int lg_segments_write(const char *proc_root, FILE *stream, bool json)
{
    struct lg_maps maps = {0};
    int error = read_all(proc_root, &maps);
    struct lg_text text = {0};
    if (error == 0) {
        if (json)
            add_json(&text, &maps);
        else
            add_table(&text, &maps);
        if (text.failed)
            error = -ENOMEM;
    }
    if (error == 0 && fputs(lg_text_string(&text), stream) < 0)
        error = -EIO;
    lg_text_free(&text);
    free_maps(&maps);
    return error;
}
