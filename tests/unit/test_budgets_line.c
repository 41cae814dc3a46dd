/* A line of a budget file as text: its parts, and names that come back as they were. */
#include "budget_play.h"
#include "runner/budgets_line.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MARK "\xef\xbb\xbf"

static void check_parts(const char *line, const char *name, const char *fields, const char *comment)
{
    struct lg_budget_parts parts;
    CU_ASSERT_EQUAL_FATAL(lg_budget_line_split(line, &parts), 0);
    CU_ASSERT_EQUAL(parts.name_length, strlen(name));
    CU_ASSERT_EQUAL(strncmp(parts.name, name, parts.name_length), 0);
    CU_ASSERT_EQUAL(parts.fields_length, strlen(fields));
    CU_ASSERT_EQUAL(strncmp(parts.fields, fields, parts.fields_length), 0);
    CU_ASSERT_STRING_EQUAL(parts.comment, comment);
}

static void test_a_line_has_a_name_fields_and_a_comment(void)
{
    check_parts("a/b live=1", "a/b", "live=1", "");
    check_parts("  a/b\tlive=1  heap=2 \t# why # not", "a/b", "live=1  heap=2", "# why # not");
    check_parts("a/b live=1#why", "a/b", "live=1", "#why");
    check_parts("a/b live=1 \r", "a/b", "live=1", "");
    check_parts("a/b", "a/b", "", "");
    check_parts("a/b # live=1", "a/b", "", "# live=1");
    check_parts("a/b#1 live=1", "a/b#1", "live=1", "");
}

static void test_quotes_hold_blanks_and_hashes_together(void)
{
    check_parts("\"a b/#c\" live=1 # x", "\"a b/#c\"", "live=1", "# x");
    check_parts("\"a \\\" b/c\" live=1", "\"a \\\" b/c\"", "live=1", "");
    check_parts("\"a/\\\\\" live=1", "\"a/\\\\\"", "live=1", "");
    check_parts("\"a/b\"live=1", "\"a/b\"", "live=1", "");
    check_parts("\"\" x", "\"\"", "x", "");
}

static void test_quotes_that_do_not_end_are_refused(void)
{
    static const char *const lines[] = {"\"", "\"a/b live=1", "\"a/b\\\"", "\"a/b\\",
                                        "\"a/b\\\\\\\""};
    struct lg_budget_parts parts;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        CU_ASSERT_EQUAL(lg_budget_line_split(lines[i], &parts), -EINVAL);
}

static void check_name(const char *line, const char *name, bool is_glob)
{
    struct lg_budget_parts parts;
    bool found = !is_glob;
    CU_ASSERT_EQUAL_FATAL(lg_budget_line_split(line, &parts), 0);
    char *read = lg_budget_line_name(&parts, &found);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    CU_ASSERT_STRING_EQUAL(read, name);
    CU_ASSERT_EQUAL(found, is_glob);
    free(read);
}

static void test_quotes_and_escapes_are_no_part_of_a_name(void)
{
    check_name("a/b live=1", "a/b", false);
    check_name("\"a b/c\" live=1", "a b/c", false);
    check_name("\"a\\\"/\\\\\\\\b\" live=1", "a\"/\\b", false);
    check_name("a/\\*\\?\\[\\]\\\\ live=1", "a/*?[]\\", false);
    check_name("\"a/\\*b\" live=1", "a/*b", false);
    check_name("\"a/\\x0a\\x7fb\\xC3\" live=1",
               "a/\n\x7f"
               "b\xc3",
               false);
}

/* Names of before there were escapes. */
static void test_a_backslash_before_a_letter_is_itself(void)
{
    check_name("a\\b/c live=1", "a\\b/c", false);
    check_name("\"a\\b/c\" live=1", "a\\b/c", false);
    check_name("a/b\\ live=1", "a/b\\", false);
    check_name("a/\\x0a live=1", "a/\\x0a", false);
    check_name("\"a/\\x0\" live=1", "a/\\x0", false);
    check_name("\"a/\\xzz\" live=1", "a/\\xzz", false);
    check_name("\"a/\\x00\" live=1", "a/\\x00", false);
}

static void test_a_glob_keeps_its_escapes(void)
{
    check_name("a/* live=1", "a/*", true);
    check_name("a/b? live=1", "a/b?", true);
    check_name("a/[bc] live=1", "a/[bc]", true);
    check_name("a/\\** live=1", "a/\\**", true);
    check_name("a/b] live=1", "a/b]", false);
    check_name("\"a b/\\\\** c\" live=1", "a b/\\** c", true);
}

static void check_written(const char *program, const char *test, const char *written)
{
    struct lg_text text = {0};
    lg_budget_line_add_name(&text, program, test);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), written);
    lg_text_free(&text);
}

static void test_a_name_is_written_as_plainly_as_it_can_be(void)
{
    check_written("net_tests", "tcp/open", "net_tests:tcp/open");
    check_written("net_tests", "\xc3\xa4/\xff", "net_tests:\xc3\xa4/\xff");
    check_written("tests [2]", "a/b", "\"tests \\[2\\]:a/b\"");
    check_written("tests", "a/b*", "tests:a/b\\*");
    check_written("tests", "a/\\", "tests:a/\\\\");
    check_written("tests", "a b/\\", "\"tests:a b/\\\\\\\\\"");
    check_written("tests", "a/#1", "\"tests:a/#1\"");
    check_written("tests", "a/\"b\"", "\"tests:a/\\\"b\\\"\"");
    check_written("tests", "a/\n\x7f", "\"tests:a/\\x0a\\x7f\"");
}

#define NAMES 4000
#define NAME_BYTES 14

/* Up to NAME_BYTES bytes, none of them NUL; half of them of those that mean something. */
static void random_bytes(uint64_t *random, char *out)
{
    static const char letters[] = "\"\\#*?[]:/ \t\n\r\v\f\x01\x1f\x7f\x80\xef\xbb\xbfx0aZ=,'";
    size_t length = next_number(random, NAME_BYTES);
    for (size_t i = 0; i < length; i++) {
        if (next_number(random, 2) == 0)
            out[i] = letters[next_number(random, sizeof(letters) - 1)];
        else
            out[i] = (char)(1 + next_number(random, 255));
    }
    out[length] = '\0';
}

struct names {
    char program[NAMES][NAME_BYTES];
    char test[NAMES][2 * NAME_BYTES];
    char full[NAMES][3 * NAME_BYTES];
};

/* Whether an earlier one is written as the newest of COUNT is: there can be but one line. */
static bool is_there(const struct names *names, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        if (strcmp(names->full[i], names->full[count - 1]) == 0)
            return true;
    }
    return false;
}

static void make_names(struct names *names, uint64_t seed)
{
    uint64_t random = seed;
    for (size_t i = 0; i < NAMES;) {
        char name[NAME_BYTES];
        random_bytes(&random, names->program[i]);
        random_bytes(&random, names->test[i]);
        random_bytes(&random, name);
        strcat(strcat(names->test[i], "/"), name);
        strcat(strcat(strcpy(names->full[i], names->program[i]), ":"), names->test[i]);
        i += !is_there(names, i + 1);
    }
}

/* What LINE says is of PROGRAM and TEST, and of no other. */
static void check_row(const struct lg_budget_line *line, const char *program, const char *test)
{
    struct lg_text full = {0};
    lg_text_add(&full, "%s:%s", program, test);
    CU_ASSERT_FALSE(line->is_glob);
    CU_ASSERT_STRING_EQUAL(line->name, lg_text_string(&full));
    CU_ASSERT_TRUE(lg_rule_matches(line->name, line->is_glob, program, test));
    CU_ASSERT_EQUAL(line->named, BIT(LIVE));
    CU_ASSERT_FALSE(line->expired || line->expects_leak);
    lg_text_free(&full);
}

static void test_any_name_comes_back_as_it_was_written(void)
{
    struct names *names = calloc(1, sizeof(*names));
    struct lg_text text = {0};
    struct lg_budgets budgets;
    char error[512];
    CU_ASSERT_PTR_NOT_NULL_FATAL(names);
    make_names(names, 21);
    for (size_t i = 0; i < NAMES; i++) {
        lg_budget_line_add_name(&text, names->program[i], names->test[i]);
        lg_text_add(&text, "  live=64\n");
    }
    CU_ASSERT_EQUAL(budget_play_read(&budgets, text.data, text.length, error), 0);
    CU_ASSERT_STRING_EQUAL(error, "");
    CU_ASSERT_EQUAL(budgets.count, NAMES);
    for (size_t i = 0; i < budgets.count; i++) {
        CU_ASSERT_EQUAL(budgets.rows[i].line, i + 1);
        check_row(&budgets.rows[i], names->program[i], names->test[i]);
    }
    lg_budgets_free(&budgets);
    lg_text_free(&text);
    free(names);
}

/* An editor's mark begins a file, and may begin a name too. */
static void test_a_name_that_begins_with_a_byte_order_mark_comes_back(void)
{
    static const char *const programs[] = {MARK "tests", MARK, MARK MARK "x", MARK "a b"};
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        for (int behind = 0; behind < 2; behind++) {
            struct lg_text text = {0};
            struct lg_budgets budgets;
            char error[512];
            lg_text_add(&text, "%s", behind ? "other/test live=1\n" : "");
            lg_budget_line_add_name(&text, programs[i], "a/b");
            lg_text_add(&text, " live=64\n");
            CU_ASSERT_EQUAL(budget_play_read(&budgets, text.data, text.length, error), 0);
            CU_ASSERT_EQUAL_FATAL(budgets.count, (size_t)behind + 1);
            check_row(&budgets.rows[behind], programs[i], "a/b");
            lg_budgets_free(&budgets);
            lg_text_free(&text);
        }
    }
}

int add_budgets_line_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_line_has_a_name_fields_and_a_comment),
        UNIT_TEST(test_quotes_hold_blanks_and_hashes_together),
        UNIT_TEST(test_quotes_that_do_not_end_are_refused),
        UNIT_TEST(test_quotes_and_escapes_are_no_part_of_a_name),
        UNIT_TEST(test_a_backslash_before_a_letter_is_itself),
        UNIT_TEST(test_a_glob_keeps_its_escapes),
        UNIT_TEST(test_a_name_is_written_as_plainly_as_it_can_be),
        UNIT_TEST(test_any_name_comes_back_as_it_was_written),
        UNIT_TEST(test_a_name_that_begins_with_a_byte_order_mark_comes_back),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets line", tests);
}
