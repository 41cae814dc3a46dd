/* `leakgate maps`: a process by segment class, as a table and as JSON. */
#include "runner/segments.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct output {
    int error;
    char *text;
    size_t size;
};

static struct output write_segments(const char *proc_root, bool json)
{
    struct output output = {0};
    FILE *stream = open_memstream(&output.text, &output.size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    output.error = lg_segments_write(proc_root, stream, json);
    fclose(stream);
    return output;
}

static void check_golden(bool json, const char *golden)
{
    struct output output = write_segments(LG_UNIT_DATA_DIR "/process", json);
    char *expected = read_file(golden, NULL);
    CU_ASSERT_EQUAL(output.error, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    CU_ASSERT_STRING_EQUAL(output.text, expected);
    free(expected);
    free(output.text);
}

static void test_the_table_has_each_mapping_its_class_and_the_totals(void)
{
    check_golden(false, LG_UNIT_DATA_DIR "/process/segments.txt");
}

static void test_the_json_has_the_same_in_bytes(void)
{
    check_golden(true, LG_UNIT_DATA_DIR "/process/segments.json");
}

static void check_error(const char *proc_root, int error)
{
    struct output output = write_segments(proc_root, false);
    CU_ASSERT_EQUAL(output.error, error);
    CU_ASSERT_EQUAL(output.size, 0);
    free(output.text);
    output = write_segments(proc_root, true);
    CU_ASSERT_EQUAL(output.error, error);
    CU_ASSERT_EQUAL(output.size, 0);
    free(output.text);
}

static void test_what_cannot_be_read_writes_nothing(void)
{
    check_error(LG_UNIT_DATA_DIR "/no_such_process", -ENOENT);
    check_error(LG_UNIT_DATA_DIR "/cut_process", -EINVAL);
    check_error(LG_UNIT_DATA_DIR "/maps_is_a_folder", -EISDIR);
}

static void test_a_process_without_mappings_has_totals_of_zero(void)
{
    struct output output = write_segments(LG_UNIT_DATA_DIR "/kernel_process", false);
    CU_ASSERT_EQUAL(output.error, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(output.text, "total                       0            0\n"));
    free(output.text);
    output = write_segments(LG_UNIT_DATA_DIR "/kernel_process", true);
    CU_ASSERT_EQUAL(output.error, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(output.text, "\"total_bytes\": 0}\n"));
    free(output.text);
}

static void test_this_process_can_be_written(void)
{
    char self[PATH_MAX + 1] = "";
    ssize_t length = readlink("/proc/self/exe", self, PATH_MAX);
    CU_ASSERT_FATAL(length > 0);
    self[length] = '\n';
    struct output output = write_segments("/proc/self", false);
    CU_ASSERT_EQUAL(output.error, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(output.text, self));
    CU_ASSERT_PTR_NOT_NULL(strstr(output.text, " [stack]\n"));
    free(output.text);
}

/* ROWS mappings, each with a name of its own of 1,000 bytes. */
static bool write_maps(const char *path, unsigned rows)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    for (unsigned i = 0; i < rows; i++)
        fprintf(file, "%x000-%x000 r--p 00000000 fe:00 %u /%0999u\n", i + 1, i + 2, i + 1, i);
    return fclose(file) == 0;
}

static void test_names_beyond_the_first_room_are_read_all_the_same(void)
{
    struct folder folder;
    char path[PATH_MAX];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE(write_maps(folder_file(&folder, "maps", path), 5000));
    struct output output = write_segments(folder.path, false);
    CU_ASSERT_EQUAL(output.error, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(output.text, "total                   20000         5000\n"));
    free(output.text);
    folder_remove(&folder);
}

static void test_a_stream_that_takes_nothing_is_an_error(void)
{
    FILE *full = fopen("/dev/full", "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(full);
    setvbuf(full, NULL, _IONBF, 0);
    CU_ASSERT_EQUAL(lg_segments_write(LG_UNIT_DATA_DIR "/process", full, false), -EIO);
    fclose(full);
}

int add_segments_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_the_table_has_each_mapping_its_class_and_the_totals),
        UNIT_TEST(test_the_json_has_the_same_in_bytes),
        UNIT_TEST(test_what_cannot_be_read_writes_nothing),
        UNIT_TEST(test_a_process_without_mappings_has_totals_of_zero),
        UNIT_TEST(test_this_process_can_be_written),
        UNIT_TEST(test_names_beyond_the_first_room_are_read_all_the_same),
        UNIT_TEST(test_a_stream_that_takes_nothing_is_an_error),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("segments", tests);
}
