/* The parser against dumps of real processes, whose totals were counted without it. */
#include "common/maps.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAPS_DIR LG_FIXTURES_DIR "/maps/"

/* From fixtures/maps/README.md. Thread stacks are -1 where the dump has small guards below
 * memory that was no stack: what the class promises is the guard, not the thread. */
static const struct dump {
    const char *file;
    size_t rows;
    uint64_t total, heap, stack;
    int64_t thread_stacks;
    uint64_t arenas, no_access;
} dumps[] = {
    {"pie.txt", 30, 6254592, 921600, 1032192, 0, 0, 0},
    {"non_pie.txt", 30, 4653056, 135168, 217088, 0, 0, 0},
    {"threads.txt", 33, 37298176, 270336, 135168, 33554432, 0, 16384},
    {"arenas.txt", 41, 305733632, 270336, 135168, 33554432, 540672, 267911168},
    {"deleted_file.txt", 33, 5570560, 528384, 417792, 0, 0, 4096},
    {"anon_names.txt", 44, 20443136, 135168, 135168, -1, 0, 6877184},
    {"odd_names.txt", 41, 3944448, 331776, 163840, 0, 0, 8192},
    {"many.txt", 10045, 47185920, 2691072, 135168, -1, 0, 13680640},
};

#define DUMP_COUNT (sizeof(dumps) / sizeof(dumps[0]))
#define ROOM_ROWS 10045
#define ROOM_NAMES 4096

static bool room_init(struct lg_maps *maps, size_t rows, size_t names)
{
    *maps = (struct lg_maps){.capacity = rows, .names_capacity = names};
    maps->rows = malloc(rows * sizeof(*maps->rows));
    maps->names = malloc(names);
    return maps->rows != NULL && maps->names != NULL;
}

static void room_fini(struct lg_maps *maps)
{
    free(maps->rows);
    free(maps->names);
}

static uint64_t class_bytes(const struct lg_maps *maps, enum lg_segment segment)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < maps->count; i++) {
        if (maps->rows[i].segment == segment || segment == LG_SEGMENT_COUNT)
            bytes += maps->rows[i].end - maps->rows[i].start;
    }
    return bytes;
}

static char *read_dump(const char *file, size_t *size)
{
    char path[PATH_MAX] = MAPS_DIR;
    strcat(path, file);
    return read_file(path, size);
}

/* Parses the dump into MAPS, with room for exactly what it has. Returns lg_maps_parse's answer. */
static int parse_dump(const char *file, struct lg_maps *maps)
{
    size_t size;
    char *text = read_dump(file, &size);
    int error = -ENOENT;
    if (text != NULL && room_init(maps, ROOM_ROWS, ROOM_NAMES))
        error = lg_maps_parse(text, size, maps);
    free(text);
    return error;
}

static void check_dump(const struct dump *dump)
{
    struct lg_maps maps = {0};
    CU_ASSERT_EQUAL(parse_dump(dump->file, &maps), 0);
    CU_ASSERT_EQUAL(maps.count, dump->rows);
    CU_ASSERT_EQUAL(class_bytes(&maps, LG_SEGMENT_COUNT), dump->total);
    CU_ASSERT_EQUAL(class_bytes(&maps, LG_SEGMENT_HEAP), dump->heap);
    CU_ASSERT_EQUAL(class_bytes(&maps, LG_SEGMENT_STACK), dump->stack);
    CU_ASSERT_EQUAL(class_bytes(&maps, LG_SEGMENT_ARENA), dump->arenas);
    CU_ASSERT_EQUAL(class_bytes(&maps, LG_SEGMENT_GUARD), dump->no_access);
    if (dump->thread_stacks >= 0)
        CU_ASSERT_EQUAL(class_bytes(&maps, LG_SEGMENT_THREAD_STACK), (uint64_t)dump->thread_stacks);
    room_fini(&maps);
}

static void test_totals_of_every_dump_are_those_counted_apart(void)
{
    for (size_t i = 0; i < DUMP_COUNT; i++)
        check_dump(&dumps[i]);
}

/* A folder whose "maps" is the dump: what lg_maps_read reads. */
static bool link_dump(const struct folder *folder, const char *file)
{
    char target[PATH_MAX] = MAPS_DIR;
    char link[PATH_MAX];
    return symlink(strcat(target, file), folder_file(folder, "maps", link)) == 0;
}

static void check_read_equals_parse(const char *file)
{
    struct folder folder;
    struct lg_maps parsed = {0};
    struct lg_maps read = {0};
    CU_ASSERT_TRUE_FATAL(folder_make(&folder) && link_dump(&folder, file));
    CU_ASSERT_EQUAL(parse_dump(file, &parsed), 0);
    CU_ASSERT_TRUE_FATAL(room_init(&read, ROOM_ROWS, ROOM_NAMES));
    CU_ASSERT_EQUAL(lg_maps_read(folder.path, &read), 0);
    CU_ASSERT_EQUAL_FATAL(read.count, parsed.count);
    for (size_t i = 0; i < parsed.count; i++) {
        const struct lg_mapping *a = &read.rows[i];
        const struct lg_mapping *b = &parsed.rows[i];
        CU_ASSERT(a->start == b->start && a->end == b->end && a->offset == b->offset &&
                  a->inode == b->inode && a->device == b->device && a->flags == b->flags &&
                  a->segment == b->segment);
        CU_ASSERT_STRING_EQUAL(lg_mapping_name(&read, a), lg_mapping_name(&parsed, b));
    }
    room_fini(&read);
    room_fini(&parsed);
    folder_remove(&folder);
}

static void test_reading_gives_what_parsing_gives(void)
{
    check_read_equals_parse("arenas.txt");
    check_read_equals_parse("odd_names.txt");
}

static void test_rows_across_reads_are_put_together(void)
{
    check_read_equals_parse("many.txt");
}

static void test_exact_room_is_enough_and_one_less_is_not(void)
{
    size_t size;
    char *text = read_dump("pie.txt", &size);
    struct lg_maps maps = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_TRUE_FATAL(room_init(&maps, 30, ROOM_NAMES));
    CU_ASSERT_EQUAL(lg_maps_parse(text, size, &maps), 0);
    size_t names = maps.names_size;
    room_fini(&maps);
    CU_ASSERT_TRUE_FATAL(room_init(&maps, 30, names));
    CU_ASSERT_EQUAL(lg_maps_parse(text, size, &maps), 0);
    maps.capacity = 29;
    CU_ASSERT_EQUAL(lg_maps_parse(text, size, &maps), -ENOBUFS);
    maps.capacity = 30;
    maps.names_capacity = names - 1;
    CU_ASSERT_EQUAL(lg_maps_parse(text, size, &maps), -ENOBUFS);
    maps.names_capacity = 0;
    CU_ASSERT_EQUAL(lg_maps_parse(text, size, &maps), -ENOBUFS);
    room_fini(&maps);
    free(text);
}

static void test_odd_names_are_kept_byte_for_byte(void)
{
    struct lg_maps maps = {0};
    CU_ASSERT_EQUAL(parse_dump("odd_names.txt", &maps), 0);
    static const char *const names[] = {
        "/home/user/project/data/  leading and trailing ",
        "/home/user/project/data/line one\\012line two.dat",
        "/home/user/project/data/tab\there.dat",
        ("/home/user/project/data/latin1 gr\xf6\xdf"
         "e.dat"),
        "/home/user/project/data/7f0000000000-7f0000001000 rw-p 00000000 00:00 0",
        "/home/user/project/data/gone (deleted) (deleted)",
    };
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        int found = 0;
        for (size_t i = 0; i < maps.count; i++)
            found += strcmp(lg_mapping_name(&maps, &maps.rows[i]), names[n]) == 0;
        CU_ASSERT_EQUAL(found, 1);
    }
    room_fini(&maps);
}

static void test_this_process_can_be_read(void)
{
    struct lg_maps maps = {0};
    CU_ASSERT_TRUE_FATAL(room_init(&maps, 65536, 1 << 20));
    CU_ASSERT_EQUAL(lg_maps_read("/proc/self", &maps), 0);
    uint64_t local = (uint64_t)(uintptr_t)&maps;
    bool found = false;
    for (size_t i = 0; i < maps.count; i++) {
        const struct lg_mapping *row = &maps.rows[i];
        found |= row->start <= local && local < row->end && (row->flags & LG_MAPPING_WRITE) != 0;
        CU_ASSERT(i == 0 || row[-1].end <= row->start);
    }
    CU_ASSERT_TRUE(found);
    room_fini(&maps);
}

static void test_read_says_what_failed(void)
{
    struct parsed parsed;
    char *longest = malloc(5001);
    CU_ASSERT_PTR_NOT_NULL_FATAL(longest);
    parse_maps("", &parsed);
    CU_ASSERT_EQUAL(lg_maps_read(LG_UNIT_DATA_DIR "/no_such_process", &parsed.maps), -ENOENT);
    CU_ASSERT_EQUAL(lg_maps_read(LG_UNIT_DATA_DIR "/maps_is_a_folder", &parsed.maps), -EISDIR);
    CU_ASSERT_EQUAL(lg_maps_read(LG_UNIT_DATA_DIR "/cut_process", &parsed.maps), -EINVAL);
    memset(longest, '/', 5000);
    longest[5000] = '\0';
    CU_ASSERT_EQUAL(lg_maps_read(longest, &parsed.maps), -ENAMETOOLONG);
    free(longest);
}

static void test_room_too_small_is_told_when_reading(void)
{
    struct parsed parsed;
    parse_maps("", &parsed);
    CU_ASSERT_EQUAL(lg_maps_read(LG_UNIT_DATA_DIR "/process", &parsed.maps), 0);
    parsed.maps.capacity = parsed.maps.count - 1;
    CU_ASSERT_EQUAL(lg_maps_read(LG_UNIT_DATA_DIR "/process", &parsed.maps), -ENOBUFS);
}

int add_maps_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_totals_of_every_dump_are_those_counted_apart),
        UNIT_TEST(test_reading_gives_what_parsing_gives),
        UNIT_TEST(test_rows_across_reads_are_put_together),
        UNIT_TEST(test_exact_room_is_enough_and_one_less_is_not),
        UNIT_TEST(test_odd_names_are_kept_byte_for_byte),
        UNIT_TEST(test_this_process_can_be_read),
        UNIT_TEST(test_read_says_what_failed),
        UNIT_TEST(test_room_too_small_is_told_when_reading),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("maps", tests);
}
