/* Files of suppressions. */
#include "runner/budget.h"
#include "runner/suppressions.h"
#include "runner/text.h"
#include "scarce.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_MANY 100 /* allocations */

struct reading {
    struct folder folder;
    struct lg_suppressions list;
    char error[256];
    int status;
};

/* Reads SIZE bytes of DATA as supp.txt. end_reading follows. */
static void read_bytes(struct reading *reading, const char *data, size_t size)
{
    char path[PATH_MAX];
    memset(reading, 0, sizeof(*reading));
    CU_ASSERT_TRUE_FATAL(folder_make(&reading->folder));
    CU_ASSERT_TRUE(write_file(folder_file(&reading->folder, "supp.txt", path), data, size));
    reading->status =
        lg_suppressions_read(&reading->list, path, reading->error, sizeof(reading->error));
}

static void read_text(struct reading *reading, const char *text)
{
    read_bytes(reading, text, strlen(text));
    CU_ASSERT_EQUAL(reading->status, 0);
    CU_ASSERT_STRING_EQUAL(reading->error, "");
}

static void end_reading(struct reading *reading)
{
    lg_suppressions_free(&reading->list);
    folder_remove(&reading->folder);
}

/* Row NUMBER must have PATTERN and MAX, and come from LINE. */
static void check_row(const struct reading *reading, size_t number, const char *pattern,
                      int64_t max, const char *line)
{
    char source[PATH_MAX + 16];
    CU_ASSERT_FATAL(number < reading->list.count);
    const struct lg_suppression *row = &reading->list.rows[number];
    CU_ASSERT_STRING_EQUAL(row->pattern, pattern);
    CU_ASSERT_EQUAL(row->max, max);
    snprintf(source, sizeof(source), "%s/supp.txt:%s", reading->folder.path, line);
    CU_ASSERT_STRING_EQUAL(row->source, source);
    CU_ASSERT_FALSE(row->builtin);
    CU_ASSERT_EQUAL(row->matches, 0);
}

/* SIZE bytes of DATA must be refused with PLACE ("supp.txt:1") and COMPLAINT. */
static void check_refused_bytes(const char *data, size_t size, const char *complaint)
{
    struct reading reading;
    read_bytes(&reading, data, size);
    const char *said = reading.error + strlen(reading.folder.path) + 1;
    CU_ASSERT_EQUAL(reading.status, -EINVAL);
    CU_ASSERT_EQUAL(strncmp(reading.error, reading.folder.path, strlen(reading.folder.path)), 0);
    CU_ASSERT_STRING_EQUAL(said, complaint);
    CU_ASSERT_EQUAL(reading.list.count, 0);
    end_reading(&reading);
}

static void check_refused(const char *text, const char *complaint)
{
    check_refused_bytes(text, strlen(text), complaint);
}

static void test_patterns_are_read_between_comments_and_blanks(void)
{
    struct reading reading;
    read_text(&reading, "# known\n\nleak:cache_add\n \t\n  # more\n\tleak: shapes::Box::clone \t\n"
                        "leak:^operator new(unsigned long)$\n");
    CU_ASSERT_EQUAL(reading.list.count, 3);
    check_row(&reading, 0, "cache_add", LG_BUDGET_UNLIMITED, "3");
    check_row(&reading, 1, "shapes::Box::clone", LG_BUDGET_UNLIMITED, "6");
    check_row(&reading, 2, "^operator new(unsigned long)$", LG_BUDGET_UNLIMITED, "7");
    end_reading(&reading);
}

static void test_a_maximum_has_the_units_of_budgets(void)
{
    struct reading reading;
    read_text(&reading, "leak:a max=4096\nleak:b\tmax=4K\nleak:c  max=2MB\nleak:d max=0\n"
                        "leak:e max=unlimited\nleak:operator new max=1KiB\n");
    check_row(&reading, 0, "a", 4096, "1");
    check_row(&reading, 1, "b", 4096, "2");
    check_row(&reading, 2, "c", 2000000, "3");
    check_row(&reading, 3, "d", 0, "4");
    check_row(&reading, 4, "e", LG_BUDGET_UNLIMITED, "5");
    check_row(&reading, 5, "operator new", 1024, "6");
    end_reading(&reading);
}

static void test_max_is_part_of_a_pattern_that_it_is_not_apart_from(void)
{
    struct reading reading;
    read_text(&reading, "leak:max=4\nleak:amax=4\n");
    check_row(&reading, 0, "max=4", LG_BUDGET_UNLIMITED, "1");
    check_row(&reading, 1, "amax=4", LG_BUDGET_UNLIMITED, "2");
    end_reading(&reading);
}

static void test_lines_end_as_on_any_system(void)
{
    struct reading reading;
    read_text(&reading, "\xef\xbb\xbfleak:a\r\n\r\n# b\r\nleak:c max=1\r\nleak:d");
    CU_ASSERT_EQUAL(reading.list.count, 3);
    check_row(&reading, 0, "a", LG_BUDGET_UNLIMITED, "1");
    check_row(&reading, 1, "c", 1, "4");
    check_row(&reading, 2, "d", LG_BUDGET_UNLIMITED, "5");
    end_reading(&reading);
}

static void test_an_empty_file_suppresses_nothing(void)
{
    struct reading reading;
    read_text(&reading, "");
    CU_ASSERT_EQUAL(reading.list.count, 0);
    end_reading(&reading);
}

static void test_other_kinds_are_refused_with_the_one_there_is(void)
{
    check_refused("leak:a\n\nlek:b\n", "supp.txt:3: unknown kind 'lek' (leak:PATTERN)");
    check_refused("race:b", "supp.txt:1: unknown kind 'race' (leak:PATTERN)");
    check_refused("called_from_lib:x", "supp.txt:1: unknown kind 'called_from_lib' (leak:PATTERN)");
    check_refused("Leak:b", "supp.txt:1: unknown kind 'Leak' (leak:PATTERN)");
    check_refused(":b", "supp.txt:1: unknown kind '' (leak:PATTERN)");
}

static void test_lines_of_another_form_are_refused(void)
{
    check_refused("cache_add", "supp.txt:1: 'cache_add' is not of the form leak:PATTERN");
    check_refused("leak", "supp.txt:1: 'leak' is not of the form leak:PATTERN");
}

static void test_a_pattern_that_is_missing_is_refused(void)
{
    const char *complaint = "supp.txt:1: no pattern after 'leak:' (leak:PATTERN, leak:* for all)";
    check_refused("leak:", complaint);
    check_refused("leak: \t ", complaint);
    check_refused("leak: max=4", complaint);
}

static void test_a_maximum_that_is_none_is_refused(void)
{
    check_refused("leak:a max=", "supp.txt:1: max= is no limit (a whole number, or 'unlimited')");
    check_refused("leak:a max=-1",
                  "supp.txt:1: max=-1 is no limit (a whole number, or 'unlimited')");
    check_refused("#\nleak:a max=4Kb",
                  "supp.txt:2: unknown unit 'Kb' of max (K, M, G, KiB, MiB, GiB, kB, MB, GB)");
    check_refused("leak:a max=9223372036854775808",
                  "supp.txt:1: max=9223372036854775808 is too large");
}

static void test_nul_bytes_are_refused(void)
{
    static const char data[] = "leak:a\nleak:b\0c\n";
    check_refused_bytes(data, sizeof(data) - 1,
                        "supp.txt:2: a NUL byte (suppressions are text, lines leak:PATTERN)");
    check_refused_bytes("\0", 1,
                        "supp.txt:1: a NUL byte (suppressions are text, lines leak:PATTERN)");
}

static void test_complaints_show_clean_and_short_parts(void)
{
    char line[301];
    check_refused("l\x1b[31mek\xff:a", "supp.txt:1: unknown kind 'lek\\xff' (leak:PATTERN)");
    memset(line, 'x', 300);
    line[300] = '\0';
    check_refused(line,
                  "supp.txt:1: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' "
                  "is not of the form leak:PATTERN");
}

static void test_a_line_may_be_of_any_length(void)
{
    enum { LENGTH = 1 << 20 };
    struct reading reading;
    char *line = malloc(LENGTH + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    memset(line, 'x', LENGTH);
    memcpy(line, "leak:", strlen("leak:"));
    line[LENGTH] = '\0';
    read_text(&reading, line);
    CU_ASSERT_EQUAL(reading.list.count, 1);
    CU_ASSERT_EQUAL(strlen(reading.list.rows[0].pattern), LENGTH - strlen("leak:"));
    end_reading(&reading);
    free(line);
}

static void test_a_wrong_file_leaves_what_was_there(void)
{
    struct reading reading;
    char path[PATH_MAX];
    read_text(&reading, "leak:first\n");
    CU_ASSERT_TRUE(write_file(folder_file(&reading.folder, "supp.txt", path), "leak:b\nx", 8));
    CU_ASSERT_EQUAL(lg_suppressions_read(&reading.list, path, reading.error, sizeof(reading.error)),
                    -EINVAL);
    CU_ASSERT_EQUAL(reading.list.count, 1);
    check_row(&reading, 0, "first", LG_BUDGET_UNLIMITED, "1");
    end_reading(&reading);
}

static void test_files_are_appended_in_their_order(void)
{
    struct reading reading;
    char path[PATH_MAX];
    read_text(&reading, "leak:first\n");
    CU_ASSERT_EQUAL(lg_suppressions_add_builtin(&reading.list), 0);
    size_t count = reading.list.count;
    CU_ASSERT_TRUE(write_file(folder_file(&reading.folder, "supp.txt", path), "\nleak:last", 10));
    CU_ASSERT_EQUAL(lg_suppressions_read(&reading.list, path, reading.error, sizeof(reading.error)),
                    0);
    CU_ASSERT_EQUAL(reading.list.count, count + 1);
    check_row(&reading, 0, "first", LG_BUDGET_UNLIMITED, "1");
    check_row(&reading, count, "last", LG_BUDGET_UNLIMITED, "2");
    end_reading(&reading);
}

static void test_files_that_cannot_be_read_are_named(void)
{
    struct lg_suppressions list = {0};
    char error[128];
    CU_ASSERT_EQUAL(lg_suppressions_read(&list, "/no/such/file", error, sizeof(error)), -ENOENT);
    CU_ASSERT_STRING_EQUAL(error, "/no/such/file: No such file or directory");
    CU_ASSERT_EQUAL(lg_suppressions_read(&list, "/", error, sizeof(error)), -EISDIR);
    CU_ASSERT_STRING_EQUAL(error, "/: Is a directory");
    CU_ASSERT_EQUAL(list.count, 0);
    lg_suppressions_free(&list);
}

static void test_the_complaint_stays_within_its_room(void)
{
    struct lg_suppressions list = {0};
    char error[16];
    memset(error, 0x5a, sizeof(error));
    CU_ASSERT_EQUAL(lg_suppressions_read(&list, "/no/such", error, 8), -ENOENT);
    CU_ASSERT_STRING_EQUAL(error, "/no/suc");
    CU_ASSERT_EQUAL(error[8], 0x5a);
    CU_ASSERT_EQUAL(lg_suppressions_read(&list, "/no/such", error, 0), -ENOENT);
}

/* Any bytes at all are read, or refused at a line of the file. */
static void test_noise_is_refused_or_read(void)
{
    unsigned state = 1;
    for (unsigned round = 0; round < 300; round++) {
        static const char letters[] = "leak:#* \n\r\tmax=09K^$\xff\xef\xbb\xbf\x1b[";
        struct reading reading;
        char data[64] = "leak:";
        size_t start = round % 2 == 0 ? strlen(data) : 0;
        for (size_t i = start; i < sizeof(data); i++) {
            state = state * 1103515245 + 12345;
            data[i] = letters[(state >> 16) % sizeof(letters)];
        }
        read_bytes(&reading, data, sizeof(data));
        CU_ASSERT(reading.status == 0 || reading.status == -EINVAL);
        CU_ASSERT_EQUAL(reading.status == 0, reading.error[0] == '\0');
        CU_ASSERT(reading.status == 0 || strstr(reading.error, "supp.txt:") != NULL);
        CU_ASSERT(reading.status == 0 || reading.list.count == 0);
        end_reading(&reading);
    }
}

/* Reads PATH as the NUMBER-th allocation fails. Returns whether one did. */
static bool read_scarcely(const char *path, unsigned number)
{
    struct lg_suppressions list = {0};
    char error[128];
    scarce_memory(number);
    int status = lg_suppressions_read(&list, path, error, sizeof(error));
    if (status == 0)
        status = lg_suppressions_add_builtin(&list);
    bool ran_out = scarce_memory_ran_out();
    scarce_memory(0);
    CU_ASSERT_EQUAL(status, ran_out ? -ENOMEM : 0);
    CU_ASSERT(!ran_out || list.count == 0 || list.count == 20);
    lg_suppressions_free(&list);
    return ran_out;
}

static void test_without_memory_nothing_is_added(void)
{
    struct folder folder;
    struct lg_text text = {0};
    char path[PATH_MAX];
    unsigned number = 1;
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    for (unsigned i = 0; i < 20; i++)
        lg_text_add(&text, "leak:%u\n", i);
    CU_ASSERT_TRUE(write_file(folder_file(&folder, "supp.txt", path), text.data, text.length));
    while (number < TOO_MANY && read_scarcely(path, number))
        number++;
    CU_ASSERT(number > 20 && number < TOO_MANY);
    lg_text_free(&text);
    folder_remove(&folder);
}

int add_suppressions_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_patterns_are_read_between_comments_and_blanks),
        UNIT_TEST(test_a_maximum_has_the_units_of_budgets),
        UNIT_TEST(test_max_is_part_of_a_pattern_that_it_is_not_apart_from),
        UNIT_TEST(test_lines_end_as_on_any_system),
        UNIT_TEST(test_an_empty_file_suppresses_nothing),
        UNIT_TEST(test_other_kinds_are_refused_with_the_one_there_is),
        UNIT_TEST(test_lines_of_another_form_are_refused),
        UNIT_TEST(test_a_pattern_that_is_missing_is_refused),
        UNIT_TEST(test_a_maximum_that_is_none_is_refused),
        UNIT_TEST(test_nul_bytes_are_refused),
        UNIT_TEST(test_complaints_show_clean_and_short_parts),
        UNIT_TEST(test_a_line_may_be_of_any_length),
        UNIT_TEST(test_a_wrong_file_leaves_what_was_there),
        UNIT_TEST(test_files_are_appended_in_their_order),
        UNIT_TEST(test_files_that_cannot_be_read_are_named),
        UNIT_TEST(test_the_complaint_stays_within_its_room),
        UNIT_TEST(test_noise_is_refused_or_read),
        UNIT_TEST(test_without_memory_nothing_is_added),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("suppressions", tests);
}
