/* The growing string, and numbers as people read them. */
#include "runner/text.h"
#include "unit.h"

#include <string.h>
#include <wchar.h>

static void test_an_empty_text_is_the_empty_string(void)
{
    struct lg_text text = {0};
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "");
    lg_text_add(&text, "%s", "");
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "");
    CU_ASSERT_EQUAL(text.length, 0);
    lg_text_free(&text);
}

static void test_what_is_added_follows_what_was_there(void)
{
    struct lg_text text = {0};
    lg_text_add(&text, "%s +%d", "heap", 4096);
    lg_text_add_bytes(&text, " B/run, and more", 6);
    lg_text_add(&text, "%c", '!');
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "heap +4096 B/run!");
    CU_ASSERT_EQUAL(text.length, strlen("heap +4096 B/run!"));
    CU_ASSERT_FALSE(text.failed);
    lg_text_free(&text);
}

static void test_bytes_may_hold_a_nul(void)
{
    struct lg_text text = {0};
    lg_text_add_bytes(&text, "a\0b", 3);
    lg_text_add(&text, "c");
    CU_ASSERT_EQUAL(text.length, 4);
    CU_ASSERT_EQUAL(memcmp(text.data, "a\0bc", 5), 0);
    lg_text_free(&text);
}

static void test_a_text_grows_without_bound(void)
{
    struct lg_text text = {0};
    for (int i = 0; i < 10000; i++)
        lg_text_add(&text, "%04d\n", i);
    CU_ASSERT_EQUAL(text.length, 50000);
    CU_ASSERT_EQUAL(strlen(lg_text_string(&text)), 50000);
    CU_ASSERT_EQUAL(strcmp(lg_text_string(&text) + 49990, "9998\n9999\n"), 0);
    lg_text_free(&text);
}

static void test_one_addition_may_be_longer_than_all_before(void)
{
    struct lg_text text = {0};
    lg_text_add(&text, "a");
    lg_text_add(&text, "%*s", 100000, "b");
    CU_ASSERT_EQUAL(text.length, 100001);
    CU_ASSERT_EQUAL(text.data[100000], 'b');
    CU_ASSERT_EQUAL(text.data[100001], '\0');
    lg_text_free(&text);
}

static void test_freed_texts_are_empty_and_can_be_used_again(void)
{
    struct lg_text text = {0};
    lg_text_add(&text, "first");
    lg_text_free(&text);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "");
    lg_text_add(&text, "second");
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "second");
    lg_text_free(&text);
    lg_text_free(&text);
    CU_ASSERT_PTR_NULL(text.data);
}

static void test_without_memory_the_text_stays_and_says_so(void)
{
    struct lg_text text = {0};
    lg_text_add(&text, "kept");
    lg_text_add_bytes(&text, "", (size_t)1 << 61);
    CU_ASSERT_TRUE(text.failed);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "kept");
    lg_text_free(&text);
}

static bool cut_is(const char *input, size_t bytes, const char *expected)
{
    struct lg_text text = {0};
    lg_text_add(&text, "%s", input);
    lg_text_cut(&text, bytes);
    bool same = strcmp(lg_text_string(&text), expected) == 0 && text.length == strlen(expected);
    lg_text_free(&text);
    return same;
}

static void test_a_text_is_cut_and_says_so(void)
{
    CU_ASSERT(cut_is("abcdef", 4, "abcd\n... (2 bytes more)\n"));
    CU_ASSERT(cut_is("abcdef", 5, "abcde\n... (1 bytes more)\n"));
    CU_ASSERT(cut_is("abcdef", 0, "\n... (6 bytes more)\n"));
}

static void test_a_text_that_is_short_enough_stays(void)
{
    CU_ASSERT(cut_is("abcdef", 6, "abcdef"));
    CU_ASSERT(cut_is("abcdef", 7, "abcdef"));
    CU_ASSERT(cut_is("abcdef", SIZE_MAX, "abcdef"));
    CU_ASSERT(cut_is("", 0, ""));
    CU_ASSERT(cut_is("", 10, ""));
}

/* Half a character would be no text. */
static void test_a_text_is_cut_between_characters(void)
{
    CU_ASSERT(cut_is("a\xc3\xb6z", 1, "a\n... (3 bytes more)\n"));
    CU_ASSERT(cut_is("a\xc3\xb6z", 2, "a\n... (3 bytes more)\n"));
    CU_ASSERT(cut_is("a\xc3\xb6z", 3, "a\xc3\xb6\n... (1 bytes more)\n"));
    CU_ASSERT(cut_is("\xf0\x9f\x98\x80", 3, "\n... (4 bytes more)\n"));
    CU_ASSERT(cut_is("\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80"));
    CU_ASSERT(cut_is("\x80\x80\x80", 2, "\n... (3 bytes more)\n"));
}

/* A wide character that is none. */
static void test_what_printf_cannot_format_adds_nothing(void)
{
    struct lg_text text = {0};
    lg_text_add(&text, "kept");
    lg_text_add(&text, "dropped %lc", (wint_t)0x7fffffff);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "kept");
    lg_text_free(&text);
}

static bool growth_is(enum lg_gauge gauge, int64_t value, const char *expected)
{
    struct lg_text text = {0};
    lg_text_add_growth(&text, gauge, value);
    bool same = strcmp(lg_text_string(&text), expected) == 0;
    lg_text_free(&text);
    return same;
}

static void test_growth_has_its_sign_and_its_unit(void)
{
    CU_ASSERT(growth_is(LG_GAUGE_HEAP, 4112, "+4112 B"));
    CU_ASSERT(growth_is(LG_GAUGE_FDS, 2, "+2"));
    CU_ASSERT(growth_is(LG_GAUGE_LIVE, 0, "+0 B"));
    CU_ASSERT(growth_is(LG_GAUGE_MMAP, -65536, "-65536 B"));
    CU_ASSERT(growth_is(LG_GAUGE_THREADS, -1, "-1"));
    CU_ASSERT(growth_is(LG_GAUGE_FRAG, INT64_MIN, "-9223372036854775808 B"));
    CU_ASSERT(growth_is(LG_GAUGE_CHILDREN, INT64_MAX, "+9223372036854775807"));
}

static bool size_is(uint64_t bytes, const char *expected)
{
    struct lg_text text = {0};
    lg_text_add_size(&text, bytes);
    bool same = strcmp(lg_text_string(&text), expected) == 0;
    lg_text_free(&text);
    return same;
}

static void test_sizes_are_exact_and_short_where_they_are_long(void)
{
    CU_ASSERT(size_is(0, "0 B"));
    CU_ASSERT(size_is(4096, "4096 B"));
    CU_ASSERT(size_is(10239, "10239 B"));
    CU_ASSERT(size_is(10240, "10240 B (10 KiB)"));
    CU_ASSERT(size_is(65536, "65536 B (64 KiB)"));
    CU_ASSERT(size_is(1048576, "1048576 B (1 MiB)"));
    CU_ASSERT(size_is(1572864, "1572864 B (1.5 MiB)"));
    CU_ASSERT(size_is(UINT64_C(3) << 30, "3221225472 B (3 GiB)"));
    CU_ASSERT(size_is(UINT64_C(5) << 40, "5497558138880 B (5 TiB)"));
    CU_ASSERT(size_is(UINT64_C(1) << 50, "1125899906842624 B (1 PiB)"));
    CU_ASSERT(size_is(UINT64_MAX, "18446744073709551615 B (16 EiB)"));
}

int add_text_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_an_empty_text_is_the_empty_string),
        UNIT_TEST(test_what_is_added_follows_what_was_there),
        UNIT_TEST(test_bytes_may_hold_a_nul),
        UNIT_TEST(test_a_text_grows_without_bound),
        UNIT_TEST(test_one_addition_may_be_longer_than_all_before),
        UNIT_TEST(test_freed_texts_are_empty_and_can_be_used_again),
        UNIT_TEST(test_without_memory_the_text_stays_and_says_so),
        UNIT_TEST(test_a_text_is_cut_and_says_so),
        UNIT_TEST(test_a_text_that_is_short_enough_stays),
        UNIT_TEST(test_a_text_is_cut_between_characters),
        UNIT_TEST(test_what_printf_cannot_format_adds_nothing),
        UNIT_TEST(test_growth_has_its_sign_and_its_unit),
        UNIT_TEST(test_sizes_are_exact_and_short_where_they_are_long),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("text", tests);
}
