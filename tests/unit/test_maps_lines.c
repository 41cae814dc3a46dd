/* One line of maps: its columns, and what is refused. */
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_every_column_is_read(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(
        parse_maps("7f93c68d3000-7f93c68f9000 r-xs 0017c000 fe:1b 18446744073709551615    /a b\n",
                   &parsed),
        0);
    CU_ASSERT_EQUAL_FATAL(parsed.maps.count, 1);
    const struct lg_mapping *row = &parsed.rows[0];
    CU_ASSERT_EQUAL(row->start, UINT64_C(0x7f93c68d3000));
    CU_ASSERT_EQUAL(row->end, UINT64_C(0x7f93c68f9000));
    CU_ASSERT_EQUAL(row->flags, LG_MAPPING_READ | LG_MAPPING_EXEC | LG_MAPPING_SHARED);
    CU_ASSERT_EQUAL(row->offset, UINT64_C(0x17c000));
    CU_ASSERT_EQUAL(row->device, 0xfeU << 20 | 0x1bU);
    CU_ASSERT_EQUAL(row->inode, UINT64_MAX);
    CU_ASSERT_STRING_EQUAL(lg_mapping_name(&parsed.maps, row), "/a b");
}

static void test_the_highest_addresses_fit(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(
        parse_maps("ffffffffff600000-ffffffffffffffff --xp ffffffffffffffff 00:00 0\n", &parsed),
        0);
    CU_ASSERT_EQUAL(parsed.rows[0].start, UINT64_C(0xffffffffff600000));
    CU_ASSERT_EQUAL(parsed.rows[0].end, UINT64_MAX);
    CU_ASSERT_EQUAL(parsed.rows[0].offset, UINT64_MAX);
}

static void check_flags(const char *letters, int expected)
{
    struct parsed parsed;
    char line[64];
    snprintf(line, sizeof(line), "1000-2000 %s 00000000 00:00 0 \n", letters);
    CU_ASSERT_EQUAL(parse_maps(line, &parsed), 0);
    CU_ASSERT_EQUAL(parsed.rows[0].flags, expected);
}

static void test_each_letter_of_the_mode_is_its_flag(void)
{
    check_flags("---p", 0);
    check_flags("r--p", LG_MAPPING_READ);
    check_flags("-w-p", LG_MAPPING_WRITE);
    check_flags("--xp", LG_MAPPING_EXEC);
    check_flags("---s", LG_MAPPING_SHARED);
    check_flags("rwxs", LG_MAPPING_READ | LG_MAPPING_WRITE | LG_MAPPING_EXEC | LG_MAPPING_SHARED);
}

static void test_no_text_is_no_mapping(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("", &parsed), 0);
    CU_ASSERT_EQUAL(parsed.maps.count, 0);
}

static void test_parsing_again_starts_anew(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps(HEAP_LINE("1000-2000") ANON_LINE("3000-4000"), &parsed), 0);
    static const char shorter[] = ANON_LINE("5000-6000");
    CU_ASSERT_EQUAL(lg_maps_parse(shorter, strlen(shorter), &parsed.maps), 0);
    CU_ASSERT_EQUAL(parsed.maps.count, 1);
    CU_ASSERT_EQUAL(parsed.rows[0].start, 0x5000);
    CU_ASSERT_STRING_EQUAL(lg_mapping_name(&parsed.maps, &parsed.rows[0]), "");
}

static void test_neighbours_of_one_name_share_it(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-2000 r--p 00000000 fe:00 7 /lib/a\n"
                               "2000-3000 r-xp 00001000 fe:00 7 /lib/a\n"
                               "3000-4000 r--p 00000000 fe:00 8 /lib/ab\n"
                               "4000-5000 r--p 00000000 fe:00 9 /lib/a\n",
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(parsed.rows[0].name, parsed.rows[1].name);
    CU_ASSERT_STRING_EQUAL(lg_mapping_name(&parsed.maps, &parsed.rows[1]), "/lib/a");
    CU_ASSERT_STRING_EQUAL(lg_mapping_name(&parsed.maps, &parsed.rows[2]), "/lib/ab");
    CU_ASSERT_STRING_EQUAL(lg_mapping_name(&parsed.maps, &parsed.rows[3]), "/lib/a");
}

static void test_lines_cut_anywhere_before_the_name_are_refused(void)
{
    static const char line[] = "1000-2000 rw-p 00000000 00:00 0\n";
    for (size_t length = 0; length + 2 < sizeof(line); length++) {
        struct parsed parsed;
        char cut[sizeof(line) + 1];
        memcpy(cut, line, length);
        cut[length] = '\n';
        cut[length + 1] = '\0';
        CU_ASSERT_EQUAL(parse_maps(cut, &parsed), -EINVAL);
    }
}

static void test_a_last_line_without_its_newline_is_refused(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-2000 rw-p 00000000 00:00 0", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("1000-2000") "3", &parsed), -EINVAL);
}

static void test_wrong_separators_are_refused(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000 2000 rw-p 00000000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("1000-2000\trw-p 00000000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("1000-2000  rw-p 00000000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("1000-2000 rw-p 00000000 00.00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps(" 1000-2000 rw-p 00000000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("Size: 4 kB\n", &parsed), -EINVAL);
}

static void test_wrong_digits_are_refused(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-20g0 rw-p 00000000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("0x1000-2000 rw-p 00000000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("-1000-2000 rw-p 00000000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("1000-2000 rw-p 0000`000 00:00 0\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("1000-2000 rw-p 00000000 00:00 a\n", &parsed), -EINVAL);
}

static void test_wrong_letters_of_the_mode_are_refused(void)
{
    static const char *const modes[] = {"xr-p", "rw-", "rw-x", "rwxS", "RW-p", "r w-p", "rw-pp"};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct parsed parsed;
        char line[64];
        snprintf(line, sizeof(line), "1000-2000 %s 00000000 00:00 0\n", modes[i]);
        CU_ASSERT_EQUAL(parse_maps(line, &parsed), -EINVAL);
    }
}

static void test_a_range_that_ends_before_it_starts_is_refused(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("2000-1000"), &parsed), -EINVAL);
}

static void test_a_range_that_overlaps_one_above_it_is_refused(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-3000 rw-p 00000000 00:00 0\n"
                               "2000-4000 rw-p 00000000 00:00 0\n",
                               &parsed),
                    -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("3000-4000 rw-p 00000000 00:00 0\n"
                               "1000-2000 rw-p 00000000 00:00 0\n",
                               &parsed),
                    -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("1000-3000 rw-p 00000000 00:00 0\n"
                               "3000-4000 rw-p 00000000 00:00 0\n",
                               &parsed),
                    0);
    CU_ASSERT_EQUAL(parsed.maps.count, 2);
}

static void test_what_follows_the_inode_is_set_apart_from_it(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(parse_maps("1000-2000 rw-p 00000000 00:00 12ab /file\n", &parsed), -EINVAL);
    CU_ASSERT_EQUAL(parse_maps("1000-2000 rw-p 00000000 00:00 12/file\n", &parsed), -EINVAL);
}

static void test_numbers_beyond_64_bits_are_refused(void)
{
    struct parsed parsed;
    CU_ASSERT_EQUAL(
        parse_maps("10000000000001000-10000000000002000 rw-p 00000000 00:00 0\n", &parsed),
        -EINVAL);
    CU_ASSERT_EQUAL(
        parse_maps("1000-2000 rw-p 00000000 00:00 18446744073709551616 /file\n", &parsed), -EINVAL);
}

/* The name before ends where the room ends: what lies beyond must not be taken for it. */
static void test_a_name_with_a_nul_in_it_stays_within_the_room(void)
{
    static const char text[] = "1000-2000 r--p 00000000 fe:00 7 a\n"
                               "2000-3000 r--p 00000000 fe:00 7 a\0bbbbbbbbbbbbbbbb\n";
    struct parsed parsed;
    parse_maps("", &parsed);
    memset(parsed.names, 0, sizeof(parsed.names));
    parsed.maps.names_capacity = 3;
    int error = lg_maps_parse(text, sizeof(text) - 1, &parsed.maps);
    CU_ASSERT(error == -EINVAL || error == -ENOBUFS);
}

static bool write_long_line(const char *path, size_t name_bytes)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    fputs("1000-2000 r--p 00000000 fe:00 7 ", file);
    for (size_t i = 0; i < name_bytes; i++)
        fputc('n', file);
    fputc('\n', file);
    return fclose(file) == 0;
}

static void test_the_longest_name_is_read_and_an_endless_line_is_refused(void)
{
    struct folder folder;
    char path[PATH_MAX];
    struct parsed parsed;
    parse_maps("", &parsed);
    parsed.maps.names_capacity = 1 << 17;
    parsed.maps.names = malloc(parsed.maps.names_capacity);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed.maps.names);
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE(write_long_line(folder_file(&folder, "maps", path), 4 * 4096));
    CU_ASSERT_EQUAL(lg_maps_read(folder.path, &parsed.maps), 0);
    CU_ASSERT_EQUAL(parsed.maps.count, 1);
    CU_ASSERT_EQUAL(strlen(lg_mapping_name(&parsed.maps, &parsed.rows[0])), 4 * 4096);
    CU_ASSERT_TRUE(write_long_line(path, 1 << 16));
    CU_ASSERT_EQUAL(lg_maps_read(folder.path, &parsed.maps), -EINVAL);
    free(parsed.maps.names);
    folder_remove(&folder);
}

int add_maps_lines_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_every_column_is_read),
        UNIT_TEST(test_the_highest_addresses_fit),
        UNIT_TEST(test_each_letter_of_the_mode_is_its_flag),
        UNIT_TEST(test_no_text_is_no_mapping),
        UNIT_TEST(test_parsing_again_starts_anew),
        UNIT_TEST(test_neighbours_of_one_name_share_it),
        UNIT_TEST(test_lines_cut_anywhere_before_the_name_are_refused),
        UNIT_TEST(test_a_last_line_without_its_newline_is_refused),
        UNIT_TEST(test_wrong_separators_are_refused),
        UNIT_TEST(test_wrong_digits_are_refused),
        UNIT_TEST(test_wrong_letters_of_the_mode_are_refused),
        UNIT_TEST(test_a_range_that_ends_before_it_starts_is_refused),
        UNIT_TEST(test_a_range_that_overlaps_one_above_it_is_refused),
        UNIT_TEST(test_what_follows_the_inode_is_set_apart_from_it),
        UNIT_TEST(test_numbers_beyond_64_bits_are_refused),
        UNIT_TEST(test_a_name_with_a_nul_in_it_stays_within_the_room),
        UNIT_TEST(test_the_longest_name_is_read_and_an_endless_line_is_refused),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("maps lines", tests);
}
