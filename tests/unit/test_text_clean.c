/* Any bytes at all, as text that XML, JSON and a terminal can carry. */
#include "runner/text.h"
#include "support.h"
#include "unit.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* From memory of exactly LENGTH bytes: reading one more is caught by a sanitizer. */
static bool becomes(const char *input, size_t length, const char *expected)
{
    struct lg_text text = {0};
    char *exact = malloc(length > 0 ? length : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
    memcpy(exact, input, length);
    lg_text_add_clean(&text, exact, length);
    bool same = text.length == strlen(expected) && strcmp(lg_text_string(&text), expected) == 0;
    free(exact);
    lg_text_free(&text);
    return same;
}

#define BECOMES(input, expected) becomes(input, sizeof(input) - 1, expected)
#define STAYS(input) BECOMES(input, input)

static void test_plain_text_stays(void)
{
    CU_ASSERT(STAYS(""));
    CU_ASSERT(STAYS("assertion failed: a < b && \"c\" > 'd'\n\tin cache.c"));
    CU_ASSERT(STAYS(" ~"));
}

static void test_utf8_of_each_length_stays(void)
{
    CU_ASSERT(STAYS("gr\xc3\xb6\xc3\x9f"
                    "e"));
    CU_ASSERT(STAYS("\xc2\xa0 \xdf\xbf"));
    CU_ASSERT(STAYS("\xe0\xa0\x80 \xe2\x82\xac \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbd"));
    CU_ASSERT(STAYS("\xf0\x90\x80\x80 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"));
}

static void test_controls_become_their_code(void)
{
    CU_ASSERT(BECOMES("\x01\x1f\x7f", "\\x01\\x1f\\x7f"));
    CU_ASSERT(BECOMES("a\rb\vc\fd\be\a", "a\\x0db\\x0bc\\x0cd\\x08e\\x07"));
    CU_ASSERT(BECOMES("\xc2\x80\xc2\x9b\xc2\x9f", "\\u0080\\u009b\\u009f"));
}

static void test_a_nul_within_the_length_becomes_its_code(void)
{
    CU_ASSERT(BECOMES("a\0b", "a\\x00b"));
    CU_ASSERT(BECOMES("\0", "\\x00"));
}

static void test_bytes_that_are_no_utf8_become_their_code(void)
{
    CU_ASSERT(BECOMES("\xff\xfe", "\\xff\\xfe"));
    CU_ASSERT(BECOMES("gr\xf6\xdf"
                      "e",
                      "gr\\xf6\\xdfe"));
    CU_ASSERT(BECOMES("\x80", "\\x80"));
    CU_ASSERT(BECOMES("\xbf\xc3\xb6", "\\xbf\xc3\xb6"));
    CU_ASSERT(BECOMES("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"));
}

static void test_overlong_forms_become_their_codes(void)
{
    CU_ASSERT(BECOMES("\xc0\x80", "\\xc0\\x80"));
    CU_ASSERT(BECOMES("\xc1\xbf", "\\xc1\\xbf"));
    CU_ASSERT(BECOMES("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"));
    CU_ASSERT(BECOMES("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"));
}

static void test_surrogates_and_what_is_above_unicode_become_their_codes(void)
{
    CU_ASSERT(BECOMES("\xed\xa0\x80", "\\xed\\xa0\\x80"));
    CU_ASSERT(BECOMES("\xed\xbf\xbf", "\\xed\\xbf\\xbf"));
    CU_ASSERT(BECOMES("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"));
    CU_ASSERT(BECOMES("\xf7\xbf\xbf\xbf", "\\xf7\\xbf\\xbf\\xbf"));
}

static void test_the_two_that_xml_cannot_carry_become_their_code(void)
{
    CU_ASSERT(BECOMES("\xef\xbf\xbe", "\\ufffe"));
    CU_ASSERT(BECOMES("\xef\xbf\xbf", "\\uffff"));
}

static void test_sequences_cut_at_the_end_become_their_codes(void)
{
    CU_ASSERT(BECOMES("\xc3", "\\xc3"));
    CU_ASSERT(BECOMES("\xe2\x82", "\\xe2\\x82"));
    CU_ASSERT(BECOMES("\xf0\x9f\x98", "\\xf0\\x9f\\x98"));
}

static void test_sequences_cut_by_text_leave_the_text(void)
{
    CU_ASSERT(BECOMES("\xc3q", "\\xc3q"));
    CU_ASSERT(BECOMES("\xe2\x82q", "\\xe2\\x82q"));
    CU_ASSERT(BECOMES("\xf0\x9f\x98\xc3\xb6", "\\xf0\\x9f\\x98\xc3\xb6"));
}

static void test_colours_and_movements_are_dropped(void)
{
    CU_ASSERT(BECOMES("\x1b[31mred\x1b[0m", "red"));
    CU_ASSERT(BECOMES("\x1b[1;38;5;208mbold\x1b[m", "bold"));
    CU_ASSERT(BECOMES("a\x1b[2K\x1b[?25lb", "ab"));
    CU_ASSERT(BECOMES("a\x1b[1@b", "ab"));
    CU_ASSERT(BECOMES("a\x1b[4~b", "ab"));
}

static void test_titles_and_links_are_dropped_with_their_text(void)
{
    CU_ASSERT(BECOMES("a\x1b]0;title\ab", "ab"));
    CU_ASSERT(BECOMES("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"));
    CU_ASSERT(BECOMES("\x1b]0;C:\\tests\aa", "a"));
    CU_ASSERT(BECOMES("\x1b]0;a\x1bz\ab", "b"));
}

static void test_two_byte_sequences_are_dropped(void)
{
    CU_ASSERT(BECOMES("a\x1b"
                      "7b\x1b"
                      "8c\x1bMd",
                      "abcd"));
    CU_ASSERT(BECOMES("a\x1b~b\x1b"
                      "0",
                      "ab"));
}

/* What `tput sgr0` writes: ESC ( B, then the reset. */
static void test_the_choice_of_a_character_set_is_dropped(void)
{
    CU_ASSERT(BECOMES("\x1b(Bred\x1b[m", "red"));
    CU_ASSERT(BECOMES("a\x1b)0b\x1b#8c", "abc"));
    CU_ASSERT(BECOMES("a\x1b%/Ib", "ab"));
}

static void test_sequences_that_never_end_take_nothing_before_them(void)
{
    CU_ASSERT(BECOMES("a\x1b[31", "a"));
    CU_ASSERT(BECOMES("a\x1b]0;title", "a"));
    CU_ASSERT(BECOMES("a\x1b]0;title\x1b", "a"));
    CU_ASSERT(BECOMES("a\x1b", "a\\x1b"));
    CU_ASSERT(BECOMES("a\x1b\n", "a\\x1b\n"));
    CU_ASSERT(BECOMES("a\x1b\xc3\xb6", "a\\x1b\xc3\xb6"));
}

static bool json_is(const char *input, const char *expected)
{
    struct lg_text text = {0};
    lg_text_add_json(&text, input);
    bool same = strcmp(lg_text_string(&text), expected) == 0;
    lg_text_free(&text);
    return same;
}

static void test_json_strings_are_quoted_and_escaped(void)
{
    CU_ASSERT(json_is("", "\"\""));
    CU_ASSERT(json_is("cache/grows", "\"cache/grows\""));
    CU_ASSERT(json_is("a \"b\" \\c", "\"a \\\"b\\\" \\\\c\""));
    CU_ASSERT(json_is("a\nb\tc", "\"a\\nb\\tc\""));
    CU_ASSERT(json_is("gr\xc3\xb6\xc3\x9f"
                      "e \xf0\x9f\x98\x80",
                      "\"gr\xc3\xb6\xc3\x9f"
                      "e \xf0\x9f\x98\x80\""));
}

static void test_json_strings_are_clean(void)
{
    CU_ASSERT(json_is("\x1b[31mred\x1b[0m", "\"red\""));
    CU_ASSERT(json_is("\x01\xff", "\"\\\\x01\\\\xff\""));
    CU_ASSERT(json_is("\r", "\"\\\\x0d\""));
}

static bool glob_is(const char *input, const char *expected)
{
    struct lg_text text = {0};
    lg_text_add_glob(&text, input);
    bool same = strcmp(lg_text_string(&text), expected) == 0;
    lg_text_free(&text);
    return same;
}

static void test_a_glob_of_plain_text_is_that_text(void)
{
    CU_ASSERT(glob_is("", ""));
    CU_ASSERT(glob_is("cache/grows \"twice\" #1", "cache/grows \"twice\" #1"));
    CU_ASSERT(glob_is("gr\xc3\xb6\xc3\x9f"
                      "e \xf0\x9f\x98\x80",
                      "gr\xc3\xb6\xc3\x9f"
                      "e \xf0\x9f\x98\x80"));
}

static void test_a_glob_takes_the_meaning_of_characters_away(void)
{
    CU_ASSERT(glob_is("a*b?[c]\\d", "a\\*b\\?\\[c\\]\\\\d"));
    CU_ASSERT(glob_is("\\*", "\\\\\\*"));
    CU_ASSERT(glob_is("{a,b}!^-", "{a,b}!^-"));
}

static void test_a_glob_has_a_question_mark_for_what_text_cannot_carry(void)
{
    CU_ASSERT(glob_is("a\nb\tc\rd", "a?b?c?d"));
    CU_ASSERT(glob_is("\x01\x1b[0m\x7f", "??\\[0m?"));
    CU_ASSERT(glob_is("a\xff\xc3", "a??"));
    CU_ASSERT(glob_is("\xc3(", "?("));
    CU_ASSERT(glob_is("\xc2\x80x", "??x"));
    CU_ASSERT(glob_is("\xef\xbf\xbe", "???"));
}

static char *glob_of(const char *input)
{
    struct lg_text text = {0};
    lg_text_add(&text, "%s", "");
    lg_text_add_glob(&text, input);
    CU_ASSERT_FALSE(text.failed);
    char *glob = strdup(lg_text_string(&text));
    lg_text_free(&text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(glob);
    return glob;
}

/* Whatever the bytes: clean text, that is matched by what it was made of, and by little else. */
static void test_a_glob_matches_what_it_was_made_of(void)
{
    static const char letters[] = "ab*?[]\\!-/\n\x1b\xc3\xb6\xff";
    uint64_t random = 81;
    for (int i = 0; i < 20000; i++) {
        char input[2][9] = {"", ""};
        bool odd[2] = {false, false};
        for (int side = 0; side < 2; side++) {
            size_t length = next_number(&random, 9);
            for (size_t at = 0; at < length; at++)
                input[side][at] = letters[next_number(&random, sizeof(letters) - 1)];
        }
        char *globs[2] = {glob_of(input[0]), glob_of(input[1])};
        for (int side = 0; side < 2; side++) {
            CU_ASSERT_EQUAL(fnmatch(globs[side], input[side], 0), 0);
            CU_ASSERT_TRUE(becomes(globs[side], strlen(globs[side]), globs[side]));
            for (const char *at = globs[side]; *at != '\0'; at++) {
                odd[side] |= *at == '?';
                at += at[0] == '\\';
            }
        }
        if (!odd[0])
            CU_ASSERT_EQUAL(fnmatch(globs[0], input[1], 0) == 0, strcmp(input[0], input[1]) == 0);
        if (strlen(input[0]) != strlen(input[1]))
            CU_ASSERT_NOT_EQUAL(fnmatch(globs[0], input[1], 0), 0);
        free(globs[0]);
        free(globs[1]);
    }
}

static void test_a_glob_follows_what_was_there(void)
{
    struct lg_text text = {0};
    lg_text_add_glob(&text, "a*");
    lg_text_add(&text, "/");
    lg_text_add_glob(&text, "b");
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "a\\*/b");
    lg_text_free(&text);
}

static void test_json_follows_what_was_there(void)
{
    struct lg_text text = {0};
    lg_text_add(&text, "{\"name\": ");
    lg_text_add_json(&text, "x");
    lg_text_add(&text, "}");
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "{\"name\": \"x\"}");
    lg_text_free(&text);
}

int add_text_clean_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_plain_text_stays),
        UNIT_TEST(test_utf8_of_each_length_stays),
        UNIT_TEST(test_controls_become_their_code),
        UNIT_TEST(test_a_nul_within_the_length_becomes_its_code),
        UNIT_TEST(test_bytes_that_are_no_utf8_become_their_code),
        UNIT_TEST(test_overlong_forms_become_their_codes),
        UNIT_TEST(test_surrogates_and_what_is_above_unicode_become_their_codes),
        UNIT_TEST(test_the_two_that_xml_cannot_carry_become_their_code),
        UNIT_TEST(test_sequences_cut_at_the_end_become_their_codes),
        UNIT_TEST(test_sequences_cut_by_text_leave_the_text),
        UNIT_TEST(test_colours_and_movements_are_dropped),
        UNIT_TEST(test_titles_and_links_are_dropped_with_their_text),
        UNIT_TEST(test_two_byte_sequences_are_dropped),
        UNIT_TEST(test_the_choice_of_a_character_set_is_dropped),
        UNIT_TEST(test_sequences_that_never_end_take_nothing_before_them),
        UNIT_TEST(test_json_strings_are_quoted_and_escaped),
        UNIT_TEST(test_json_strings_are_clean),
        UNIT_TEST(test_json_follows_what_was_there),
        UNIT_TEST(test_a_glob_of_plain_text_is_that_text),
        UNIT_TEST(test_a_glob_takes_the_meaning_of_characters_away),
        UNIT_TEST(test_a_glob_has_a_question_mark_for_what_text_cannot_carry),
        UNIT_TEST(test_a_glob_matches_what_it_was_made_of),
        UNIT_TEST(test_a_glob_follows_what_was_there),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("text clean", tests);
}
