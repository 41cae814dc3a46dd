/* Text that people write, read line by line. */
#include "runner/lines.h"
#include "runner/text.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MARK "\xef\xbb\xbf"

/* What was read: "1<first>2<second>". */
struct reading {
    struct lg_lines lines;
    struct lg_text got;
    unsigned last; /* line to be read; 0: all */
    char error[128];
    int status;
};

static int keep(void *context, const struct lg_lines *lines, char *line)
{
    struct reading *reading = context;
    lg_text_add(&reading->got, "%u<%s>", lines->line, line);
    return lines->line == reading->last ? lg_lines_complain(lines, "no '%s'", line) : 0;
}

/* From memory of exactly LENGTH bytes: reading one more is caught by a sanitizer. */
static void start(struct reading *reading, const char *text, size_t length, unsigned last)
{
    *reading = (struct reading){.lines = {.path = "x.txt", .wanted = "lines"}, .last = last};
    strcpy(reading->error, "what was said before");
    reading->lines.error = reading->error;
    reading->lines.error_size = sizeof(reading->error);
    char *exact = malloc(length > 0 ? length : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
    memcpy(exact, text, length);
    reading->status = lg_lines_read_text(&reading->lines, exact, length, keep, reading);
    CU_ASSERT_EQUAL(memcmp(exact, text, length), 0);
    free(exact);
}

static void check(const char *text, size_t length, const char *got)
{
    struct reading reading;
    start(&reading, text, length, 0);
    CU_ASSERT_EQUAL(reading.status, 0);
    CU_ASSERT_STRING_EQUAL(reading.error, "");
    CU_ASSERT_STRING_EQUAL(lg_text_string(&reading.got), got);
    lg_text_free(&reading.got);
}

#define GIVES(text, got) check(text, sizeof(text) - 1, got)

static void test_text_is_told_line_by_line(void)
{
    GIVES("", "");
    GIVES("a", "1<a>");
    GIVES("a\n", "1<a>");
    GIVES("a\n\nb", "1<a>2<>3<b>");
    GIVES("\n\n", "1<>2<>");
    GIVES(" \ta b \r\n\v\f# c\r\n", "1<a b>2<# c>");
    GIVES(MARK "a\n" MARK "b\n", "1<a>2<" MARK "b>");
    GIVES(MARK, "1<>");
    GIVES("\xff\xfe\n\x1b", "1<\xff\xfe>2<\x1b>");
}

static void test_text_ends_with_its_length(void)
{
    check("a\nbc\n", 3, "1<a>2<b>");
    check("a\nbc\n", 2, "1<a>");
    check("abc", 0, "");
    check("a\0", 1, "1<a>");
}

static void check_complaint(const char *text, size_t length, unsigned last, const char *got,
                            const char *complaint)
{
    struct reading reading;
    start(&reading, text, length, last);
    CU_ASSERT_EQUAL(reading.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(reading.error, complaint);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&reading.got), got);
    lg_text_free(&reading.got);
}

static void test_a_nul_byte_is_complained_about_wherever_it_is(void)
{
    check_complaint("\0", 1, 0, "", "x.txt:1: a NUL byte (lines)");
    check_complaint("a\0b\nc", 5, 0, "", "x.txt:1: a NUL byte (lines)");
    check_complaint("a\nb\n\0", 5, 0, "1<a>2<b>", "x.txt:3: a NUL byte (lines)");
    check_complaint("a\nb\0", 4, 0, "1<a>", "x.txt:2: a NUL byte (lines)");
    check_complaint("a\n\0\nb", 5, 0, "1<a>", "x.txt:2: a NUL byte (lines)");
}

static void test_a_complaint_ends_the_reading(void)
{
    check_complaint("a\nb\nc\n", 6, 2, "1<a>2<b>", "x.txt:2: no 'b'");
    check_complaint("a\x1b\n\0", 4, 1, "1<a\x1b>", "x.txt:1: no 'a\\x1b'");
}

static void test_a_line_may_be_of_any_length(void)
{
    enum { LENGTH = 300000 };
    struct reading reading;
    char *text = malloc(LENGTH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'x', LENGTH);
    text[LENGTH - 2] = '\n';
    start(&reading, text, LENGTH, 0);
    CU_ASSERT_EQUAL(reading.status, 0);
    CU_ASSERT_EQUAL(reading.got.length, LENGTH - 2 + 3 + 4);
    CU_ASSERT_STRING_EQUAL(reading.got.data + reading.got.length - 6, "x>2<x>");
    lg_text_free(&reading.got);
    free(text);
}

static const char *complain(struct lg_lines *lines, const char *text, char *error, size_t size)
{
    *lines = (struct lg_lines){.path = "x.txt", .line = 7, .error = error, .error_size = size};
    CU_ASSERT_EQUAL(lg_lines_complain(lines, "no '%s'", text), -EINVAL);
    return error;
}

/* An escape in the line may stand for any byte. */
static void test_a_complaint_is_one_line_of_clean_text(void)
{
    struct lg_lines lines;
    char error[64];
    CU_ASSERT_STRING_EQUAL(complain(&lines, "a\nb", error, sizeof(error)), "x.txt:7: no 'a\\x0ab'");
    CU_ASSERT_STRING_EQUAL(complain(&lines, "\n\x1b\xff\n", error, sizeof(error)),
                           "x.txt:7: no '\\x0a\\x1b\\xff\\x0a'");
}

static void test_a_complaint_is_cut_between_characters(void)
{
    struct lg_lines lines;
    char error[64];
    CU_ASSERT_STRING_EQUAL(complain(&lines, "\xc3\xa4\xc3\xa4", error, 18),
                           "x.txt:7: no '\xc3\xa4\xc3\xa4");
    CU_ASSERT_STRING_EQUAL(complain(&lines, "\xc3\xa4\xc3\xa4", error, 17),
                           "x.txt:7: no '\xc3\xa4");
    CU_ASSERT_STRING_EQUAL(complain(&lines, "\xc3\xa4\xc3\xa4", error, 1), "");
    CU_ASSERT_EQUAL(lg_lines_complain(&(struct lg_lines){.path = "x.txt"}, "no"), -EINVAL);
}

int add_lines_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_text_is_told_line_by_line),
        UNIT_TEST(test_text_ends_with_its_length),
        UNIT_TEST(test_a_nul_byte_is_complained_about_wherever_it_is),
        UNIT_TEST(test_a_complaint_ends_the_reading),
        UNIT_TEST(test_a_line_may_be_of_any_length),
        UNIT_TEST(test_a_complaint_is_one_line_of_clean_text),
        UNIT_TEST(test_a_complaint_is_cut_between_characters),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("lines", tests);
}
