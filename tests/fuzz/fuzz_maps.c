/* /proc/PID/maps: two of them, before and after, with "====" between them. */
#include "fuzz.h"

#include "common/maps.h"
#include "common/sample.h"
#include "runner/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Few enough that inputs outgrow them. */
#define ROWS 48
#define NAMES 1024
#define KEPT 8

struct space {
    struct lg_mapping rows[ROWS];
    char names[NAMES];
    struct lg_maps maps;
};

static int parse(struct space *space, const struct fuzz_part *text)
{
    space->maps = (struct lg_maps){
        .rows = space->rows, .capacity = ROWS, .names = space->names, .names_capacity = NAMES};
    int status = lg_maps_parse(text->text, text->length, &space->maps);
    FUZZ_HOLDS(status == 0 || status == -EINVAL || status == -ENOBUFS);
    FUZZ_HOLDS(space->maps.count <= ROWS && space->maps.names_size <= NAMES);
    return status;
}

/* What was read, as the kernel writes it. */
static void print(struct lg_text *out, const struct lg_maps *maps)
{
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        char mode[5];
        lg_text_add(out, "%08" PRIx64 "-%08" PRIx64 " %s %08" PRIx64 " %02x:%02x %" PRIu64 " %s\n",
                    row->start, row->end, lg_mapping_mode(row->flags, mode), row->offset,
                    row->device >> 20, row->device & 0xfffff, row->inode,
                    lg_mapping_name(maps, row));
    }
}

static void check_read_again(const struct lg_maps *maps)
{
    static struct space again;
    struct lg_text text = {0};
    print(&text, maps);
    struct fuzz_part part = {lg_text_string(&text), text.length};
    FUZZ_HOLDS(parse(&again, &part) == 0 && again.maps.count == maps->count);
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *was = &maps->rows[i];
        const struct lg_mapping *is = &again.rows[i];
        FUZZ_HOLDS(is->start == was->start && is->end == was->end && is->offset == was->offset);
        FUZZ_HOLDS(is->inode == was->inode && is->device == was->device);
        FUZZ_HOLDS(is->flags == was->flags && is->segment == was->segment);
        FUZZ_HOLDS(strcmp(lg_mapping_name(&again.maps, is), lg_mapping_name(maps, was)) == 0);
    }
    lg_text_free(&text);
}

static void check_rows(const struct lg_maps *maps)
{
    for (size_t i = 0; i < maps->count; i++) {
        const struct lg_mapping *row = &maps->rows[i];
        FUZZ_HOLDS(row->start <= row->end && row->segment < LG_SEGMENT_COUNT);
        FUZZ_HOLDS(lg_segment_name((enum lg_segment)row->segment) != NULL);
        FUZZ_HOLDS(row->name < maps->names_size);
        FUZZ_HOLDS((row->flags & LG_MAPPING_ARENA_RESERVE) == 0 ||
                   row->segment == LG_SEGMENT_GUARD);
    }
}

/* Nothing is lost between the classes, nor counted twice. */
static void check_sums(const struct lg_maps *maps)
{
    struct lg_sample sample = {0};
    struct lg_sample without = {0};
    uint64_t all = 0;
    uint64_t counted = 0;
    lg_sample_count(&sample, maps, NULL, 0);
    for (size_t i = 0; i < maps->count; i++)
        all += maps->rows[i].end - maps->rows[i].start;
    for (int segment = 0; segment < LG_SEGMENT_COUNT; segment++)
        counted += sample.segment_bytes[segment];
    FUZZ_HOLDS(counted == all && sample.mappings == maps->count);
    if (maps->count == 0)
        return;
    /* The first mapping is leakgate's own. */
    struct lg_range own = {maps->rows[0].start, maps->rows[0].end};
    lg_sample_count(&without, maps, &own, 1);
    counted = 0;
    for (int segment = 0; segment < LG_SEGMENT_COUNT; segment++)
        counted += sample.segment_bytes[segment] - without.segment_bytes[segment];
    FUZZ_HOLDS(counted >= own.end - own.start);
}

static void check_grown(const struct lg_maps *before, const struct lg_maps *after)
{
    struct lg_grown_mapping grown[KEPT];
    size_t count = lg_maps_grown(before, after, grown, KEPT);
    FUZZ_HOLDS(count <= after->count);
    for (size_t i = 0; i < count && i < KEPT; i++) {
        uint64_t bytes = grown[i].range.end - grown[i].range.start;
        FUZZ_HOLDS(grown[i].grown_bytes > 0 && grown[i].grown_bytes <= bytes);
        FUZZ_HOLDS(grown[i].name < after->names_size);
    }
    FUZZ_HOLDS(lg_maps_grown(before, after, NULL, 0) == count);
    FUZZ_HOLDS(lg_maps_grown(after, after, grown, KEPT) == 0);
}

/* What is not measured has not grown, and what grew by nothing has not either. */
static void check_growth(const struct lg_maps *before, const struct lg_maps *after)
{
    struct lg_sample samples[2];
    memset(samples, 0, sizeof(samples));
    struct lg_gauges growth;
    lg_sample_count(&samples[0], before, NULL, 0);
    lg_sample_count(&samples[1], after, NULL, 0);
    lg_sample_growth(&samples[0], &samples[1], 0, &growth);
    FUZZ_HOLDS(lg_gauges_grown(&growth) == 0);
    for (lg_gauge_set measured = 0; measured < LG_GAUGE_BIT(LG_GAUGE_COUNT); measured += 5) {
        lg_sample_growth(&samples[0], &samples[1], measured, &growth);
        FUZZ_HOLDS((lg_gauges_grown(&growth) & ~measured) == 0);
        lg_sample_growth(&samples[0], &samples[0], measured, &growth);
        FUZZ_HOLDS(lg_gauges_grown(&growth) == 0);
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        lg_sample_gauge(&samples[1], (enum lg_gauge)gauge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct space before;
    static struct space after;
    struct fuzz_part input = {(const char *)data, size};
    struct fuzz_part first = fuzz_cut(&input, "====\n");
    if (parse(&before, &first) != 0)
        return 0;
    check_rows(&before.maps);
    check_read_again(&before.maps);
    check_sums(&before.maps);
    if (parse(&after, &input) != 0)
        return 0;
    check_rows(&after.maps);
    check_grown(&before.maps, &after.maps);
    check_growth(&before.maps, &after.maps);
    return 0;
}
