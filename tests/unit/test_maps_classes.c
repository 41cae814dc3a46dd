/* The segment class of each mapping. */
#include "support.h"
#include "unit.h"

#include <string.h>

#define ARENA_START UINT64_C(0x7f1350000000)

static enum lg_segment class_of_line(const char *line)
{
    struct parsed parsed;
    if (parse_maps(line, &parsed) != 0 || parsed.maps.count != 1)
        return LG_SEGMENT_COUNT;
    return (enum lg_segment)parsed.rows[0].segment;
}

static void test_names_in_brackets_have_their_class(void)
{
    CU_ASSERT_EQUAL(class_of_line(HEAP_LINE("1000-2000")), LG_SEGMENT_HEAP);
    CU_ASSERT_EQUAL(class_of_line(STACK_LINE("1000-2000")), LG_SEGMENT_STACK);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 rw-p 00000000 00:00 0 [stack:4711]\n"),
                    LG_SEGMENT_THREAD_STACK);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 r-xp 00000000 00:00 0 [vdso]\n"), LG_SEGMENT_SPECIAL);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 r--p 00000000 00:00 0 [vvar]\n"), LG_SEGMENT_SPECIAL);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 --xp 00000000 00:00 0 [vsyscall]\n"),
                    LG_SEGMENT_SPECIAL);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 r--p 00000000 00:00 0 [some new thing]\n"),
                    LG_SEGMENT_SPECIAL);
}

static void test_files_named_like_the_heap_are_files(void)
{
    CU_ASSERT_EQUAL(class_of_line("1000-2000 rw-p 00000000 fe:00 7 /data/[heap]\n"),
                    LG_SEGMENT_FILE);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 rw-p 00000000 fe:00 7 /[stack]\n"), LG_SEGMENT_FILE);
}

static void test_named_anonymous_memory_is_anonymous(void)
{
    CU_ASSERT_EQUAL(class_of_line("1000-2000 rw-p 00000000 00:00 0 [anon:heap]\n"),
                    LG_SEGMENT_ANON);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 rw-s 00000000 00:01 5 [anon_shmem:ring]\n"),
                    LG_SEGMENT_SHARED);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 ---p 00000000 00:00 0 [anon:later]\n"),
                    LG_SEGMENT_GUARD);
}

static void test_a_private_map_with_a_path_is_a_file_without_an_inode_too(void)
{
    CU_ASSERT_EQUAL(class_of_line("1000-2000 rw-p 00000000 00:00 0 /anon_hugepage (deleted)\n"),
                    LG_SEGMENT_FILE);
}

static void test_shared_maps_are_shared_whatever_is_behind(void)
{
    CU_ASSERT_EQUAL(class_of_line("1000-2000 rw-s 00000000 00:01 5 /memfd:pool (deleted)\n"),
                    LG_SEGMENT_SHARED);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 r--s 00000000 fe:00 7 /data/cache.bin\n"),
                    LG_SEGMENT_SHARED);
    CU_ASSERT_EQUAL(class_of_line("1000-2000 ---s 00000000 00:01 5 /dev/zero (deleted)\n"),
                    LG_SEGMENT_GUARD);
}

static void test_a_file_with_code_is_text_and_data_with_its_bss(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-2000 r--p 00000000 fe:00 7 /bin/a\n"
                               "2000-3000 r-xp 00001000 fe:00 7 /bin/a\n"
                               "3000-4000 ---p 00002000 fe:00 7 /bin/a\n"
                               "4000-5000 rw-p 00003000 fe:00 7 /bin/a\n" ANON_LINE("5000-9000")
                                   ANON_LINE("a000-b000"),
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x1000), LG_SEGMENT_TEXT);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x2000), LG_SEGMENT_TEXT);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x3000), LG_SEGMENT_GUARD);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x4000), LG_SEGMENT_DATA);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x5000), LG_SEGMENT_DATA);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0xa000), LG_SEGMENT_ANON);
}

static void test_only_the_first_anonymous_row_after_data_is_bss(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-2000 r-xp 00000000 fe:00 7 /bin/a\n"
                               "2000-3000 rw-p 00001000 fe:00 7 /bin/a\n"
                               "3000-4000 rw-p 00000000 00:00 0 \n"
                               "4000-5000 r--p 00000000 00:00 0 \n",
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x3000), LG_SEGMENT_DATA);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x4000), LG_SEGMENT_ANON);
}

static void test_files_without_code_are_files_beside_others_that_have_it(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-2000 r--p 00000000 fe:00 7 /data/font\n"
                               "2000-3000 rw-p 00000000 fe:00 7 /data/font\n"
                               "3000-4000 r-xp 00000000 fe:01 7 /bin/a\n"
                               "4000-5000 r--p 00000000 fe:01 8 /data/table\n",
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x1000), LG_SEGMENT_FILE);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x2000), LG_SEGMENT_FILE);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x3000), LG_SEGMENT_TEXT);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x4000), LG_SEGMENT_FILE);
}

static void test_memory_above_a_small_guard_is_a_thread_stack(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps(GUARD_LINE("1000-2000") ANON_LINE("2000-802000")
                                   GUARD_LINE("a00000-a10000") ANON_LINE("a10000-b00000"),
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x1000), LG_SEGMENT_GUARD);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x2000), LG_SEGMENT_THREAD_STACK);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0xa10000), LG_SEGMENT_THREAD_STACK);
}

static void test_memory_apart_from_or_above_a_large_guard_is_no_thread_stack(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(
        parse_maps(
            GUARD_LINE("1000-2000") ANON_LINE("3000-4000") GUARD_LINE("100000-201000")
                ANON_LINE("201000-202000") GUARD_LINE(
                    "300000-301000") "301000-302000 r--p 00000000 00:00 0 \n"
                                     "400000-401000 ---p 00000000 fe:00 7 /data/a\n" ANON_LINE(
                                         "401000-402000"),
            &parsed),
        0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x3000), LG_SEGMENT_ANON);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x201000), LG_SEGMENT_ANON);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x301000), LG_SEGMENT_ANON);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, 0x401000), LG_SEGMENT_ANON);
}

static void test_an_arena_has_its_reserve_above_it(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("7f1350000000-7f1350021000")
                                   GUARD_LINE("7f1350021000-7f1354000000"),
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, ARENA_START), LG_SEGMENT_ARENA);
    CU_ASSERT_EQUAL(parsed.rows[1].segment, LG_SEGMENT_GUARD);
    CU_ASSERT_EQUAL(parsed.rows[1].flags, LG_MAPPING_ARENA_RESERVE);
}

static void test_an_arena_whose_reserve_merged_with_a_guard_is_an_arena(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("7f1350000000-7f1350021000")
                                   GUARD_LINE("7f1350021000-7f1354001000")
                                       ANON_LINE("7f1354001000-7f1354801000"),
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, ARENA_START), LG_SEGMENT_ARENA);
    CU_ASSERT_EQUAL(parsed.rows[2].segment, LG_SEGMENT_ANON);
}

static void test_memory_at_an_arenas_address_without_its_reserve_is_anonymous(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("7f1350000000-7f1350021000")
                                   GUARD_LINE("7f1350021000-7f1353fff000"),
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(segment_at(&parsed.maps, ARENA_START), LG_SEGMENT_ANON);
    CU_ASSERT_EQUAL(parsed.rows[1].flags, 0);
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("7f1350001000-7f1350021000")
                                   GUARD_LINE("7f1350021000-7f1354001000"),
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(parsed.rows[0].segment, LG_SEGMENT_ANON);
}

/* Parses TEXT into the room of the parse before it, and gives the class of its only row. */
static enum lg_segment class_after(struct parsed *parsed, const char *text)
{
    CU_ASSERT_EQUAL(lg_maps_parse(text, strlen(text), &parsed->maps), 0);
    CU_ASSERT_EQUAL(parsed->maps.count, 1);
    return (enum lg_segment)parsed->rows[0].segment;
}

static void test_rows_of_the_parse_before_are_nobodys_neighbours(void)
{
    static const char arena[] = ANON_LINE("7f1350000000-7f1350021000");
    static const char header[] = "1000-2000 r--p 00000000 fe:00 7 /bin/a\n";
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("7f1350000000-7f1350021000")
                                   GUARD_LINE("7f1350021000-7f1354000000"),
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(class_after(&parsed, arena), LG_SEGMENT_ANON);
    CU_ASSERT_EQUAL(parse_maps("1000-2000 r--p 00000000 fe:00 7 /bin/a\n"
                               "2000-3000 r-xp 00001000 fe:00 7 /bin/a\n",
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(class_after(&parsed, header), LG_SEGMENT_FILE);
}

static void test_every_class_has_a_name(void)
{
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_TEXT), "text");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_DATA), "data");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_HEAP), "heap");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_ARENA), "arena");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_ANON), "anon");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_FILE), "file");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_SHARED), "shared");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_THREAD_STACK), "thread-stack");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_STACK), "stack");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_GUARD), "guard");
    CU_ASSERT_STRING_EQUAL(lg_segment_name(LG_SEGMENT_SPECIAL), "special");
}

int add_maps_classes_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_names_in_brackets_have_their_class),
        UNIT_TEST(test_files_named_like_the_heap_are_files),
        UNIT_TEST(test_named_anonymous_memory_is_anonymous),
        UNIT_TEST(test_a_private_map_with_a_path_is_a_file_without_an_inode_too),
        UNIT_TEST(test_shared_maps_are_shared_whatever_is_behind),
        UNIT_TEST(test_a_file_with_code_is_text_and_data_with_its_bss),
        UNIT_TEST(test_only_the_first_anonymous_row_after_data_is_bss),
        UNIT_TEST(test_files_without_code_are_files_beside_others_that_have_it),
        UNIT_TEST(test_memory_above_a_small_guard_is_a_thread_stack),
        UNIT_TEST(test_memory_apart_from_or_above_a_large_guard_is_no_thread_stack),
        UNIT_TEST(test_an_arena_has_its_reserve_above_it),
        UNIT_TEST(test_an_arena_whose_reserve_merged_with_a_guard_is_an_arena),
        UNIT_TEST(test_memory_at_an_arenas_address_without_its_reserve_is_anonymous),
        UNIT_TEST(test_rows_of_the_parse_before_are_nobodys_neighbours),
        UNIT_TEST(test_every_class_has_a_name),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("maps classes", tests);
}
