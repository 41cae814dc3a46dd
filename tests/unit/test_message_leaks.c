/* The call sites of a leak, word by word: what each took, and where. */
#include "leaking.h"
#include "runner/message.h"
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "\ncall sites, of 10 traced runs after 1 to warm up:\n"
#define FRAME "      ?+0x10 in cache_tests\n"

/* What is said of the only row, which the caller frees. */
static struct lg_text leaks_text(struct leaking *leaking)
{
    struct lg_text text = {0};
    synthetic_read(&leaking->run);
    lg_message_add_leaks(&leaking->run.results, &leaking->run.results.rows[0], &text);
    CU_ASSERT_FALSE(text.failed);
    return text;
}

/* What is said from the head to the first gauge's line must be EXPECTED. */
static void check_sites(struct leaking *leaking, const char *expected)
{
    struct lg_text text = leaks_text(leaking);
    const char *whole = lg_text_string(&text);
    const char *end = strstr(whole, ": call sites explain");
    CU_ASSERT_EQUAL_FATAL(strncmp(whole, HEAD, strlen(HEAD)), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    while (end[-1] != '\n')
        end--;
    text.data[end - whole] = '\0';
    CU_ASSERT_STRING_EQUAL(whole + strlen(HEAD), expected);
    lg_text_free(&text);
    leaking_end(leaking);
}

/* A leak of GAUGE, by one site. */
static void check_kind(uint32_t kind, enum lg_gauge gauge, int64_t bytes, int64_t count,
                       const char *expected)
{
    struct leaking leaking;
    char lines[512];
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_grow(&leaking, gauge, 10);
    leaking_add(&leaking, kind, bytes, count, IN_TESTS(0x10));
    snprintf(lines, sizeof(lines), "  %s\n" FRAME, expected);
    check_sites(&leaking, lines);
}

static void test_each_kind_of_site_is_told(void)
{
    check_kind(LG_SITE_BLOCK, LG_GAUGE_LIVE, 640, 10, "+640 B in 10 blocks of 64 B");
    check_kind(LG_SITE_LARGE_BLOCK, LG_GAUGE_MMAP, 409600, 2,
               "+409600 B (400 KiB) in 2 blocks with mappings of their own of 204800 B");
    check_kind(LG_SITE_MAPPING, LG_GAUGE_MMAP, 8192, 2, "+8192 B in 2 mappings of 4096 B");
    check_kind(LG_SITE_BREAK, LG_GAUGE_HEAP, 8192, 2, "+8192 B in 2 moves of the break of 4096 B");
    check_kind(LG_SITE_THREAD, LG_GAUGE_THREADS, 8192, 2, "+2 threads with 8192 B of stack");
    check_kind(LG_SITE_FD, LG_GAUGE_FDS, 0, 10, "+10 descriptors");
    check_kind(LG_SITE_CHILD, LG_GAUGE_CHILDREN, 0, 3, "+3 processes");
}

static void test_one_is_told_as_one(void)
{
    check_kind(LG_SITE_BLOCK, LG_GAUGE_LIVE, 64, 1, "+64 B in 1 block");
    check_kind(LG_SITE_LARGE_BLOCK, LG_GAUGE_MMAP, 204800, 1,
               "+204800 B (200 KiB) in 1 block with a mapping of its own");
    check_kind(LG_SITE_MAPPING, LG_GAUGE_MMAP, 4096, 1, "+4096 B in 1 mapping");
    check_kind(LG_SITE_BREAK, LG_GAUGE_HEAP, 4096, 1, "+4096 B in 1 move of the break");
    check_kind(LG_SITE_THREAD, LG_GAUGE_THREADS, 4096, 1, "+1 thread with 4096 B of stack");
    check_kind(LG_SITE_FD, LG_GAUGE_FDS, 0, 1, "+1 descriptor");
    check_kind(LG_SITE_CHILD, LG_GAUGE_CHILDREN, 0, 1, "+1 process");
}

static void test_blocks_of_no_one_size_have_none(void)
{
    check_kind(LG_SITE_BLOCK, LG_GAUGE_LIVE, 641, 10, "+641 B in 10 blocks");
}

/* As by realloc. */
static void test_growth_without_a_new_block_is_told(void)
{
    check_kind(LG_SITE_BLOCK, LG_GAUGE_LIVE, 640, 0, "+640 B by growth of a block");
    check_kind(LG_SITE_BLOCK, LG_GAUGE_LIVE, 640, -2, "+640 B by growth of a block");
    check_kind(LG_SITE_MAPPING, LG_GAUGE_MMAP, 4096, 0, "+4096 B by growth of a mapping");
}

static void add_examples(struct lg_site *site, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < LG_LEDGER_MAX_EXAMPLES; i++) {
        site->examples[i].start = 0x7f0000000000 + 0x10000 * i;
        site->examples[i].bytes = 4096;
    }
    site->examples_kept = count;
}

#define EXAMPLES                                                                                   \
    ": 4096 B at 7f0000000000, 4096 B at 7f0000010000, 4096 B at 7f0000020000, 4096 B at "         \
    "7f0000030000"

static void check_examples(int64_t count, uint32_t kept, const char *expected)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_grow(&leaking, LG_GAUGE_MMAP, 40960);
    add_examples(leaking_add(&leaking, LG_SITE_MAPPING, 4096 * count + 1, count, IN_TESTS(0x10)),
                 kept);
    struct lg_text text = leaks_text(&leaking);
    const char *mappings = strstr(lg_text_string(&text), " mapping");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mappings);
    const char *examples = mappings + strcspn(mappings, ":\n");
    CU_ASSERT_EQUAL(strncmp(examples, expected, strlen(expected)), 0);
    lg_text_free(&text);
    leaking_end(&leaking);
}

static void test_mappings_have_examples(void)
{
    check_examples(1, 0, "\n");
    check_examples(1, 1, ": 4096 B at 7f0000000000\n");
    check_examples(2, 2, ": 4096 B at 7f0000000000, 4096 B at 7f0000010000\n");
    check_examples(4, 4, EXAMPLES "\n");
    check_examples(5, 4, EXAMPLES ", ...\n");
    check_examples(5, UINT32_MAX, EXAMPLES ", ...\n");
}

static void test_what_warm_up_took_is_told(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 640, 10, IN_TESTS(0x10))->warm_up_count = 2;
    check_sites(&leaking, "  +640 B in 10 blocks of 64 B, and 2 from warm-up\n" FRAME);
}

static void test_a_call_on_no_stack_is_told(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 64, 1, 0x10);
    check_sites(&leaking, "  +64 B in 1 block\n      a call that is on no stack\n");
}

static void test_without_code_of_the_users_all_frames_are_shown(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 64, 1, IN_LIBRARY(0x10), IN_LIBRARY(0x20));
    check_sites(&leaking, "  +64 B in 1 block\n"
                          "      ?+0x10 in libgrow.so\n"
                          "      ?+0x20 in libgrow.so\n");
}

static void test_frames_inside_a_library_are_cut(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 64, 1, IN_LIBRARY(0x10), IN_LIBRARY(0x20), IN_POOL(0x30),
                IN_LIBRARY(0x40), IN_TESTS(0x10));
    check_sites(&leaking, "  +64 B in 1 block\n"
                          "      ?+0x30 in libpool.so\n"
                          "      ?+0x40 in libgrow.so\n" FRAME);
}

static void test_deep_stacks_are_cut(void)
{
    struct leaking leaking;
    char expected[1024] = "  +64 B in 1 block\n";
    uint64_t stack[15];
    leaking_start(&leaking, LEAKING_MAPS);
    for (size_t i = 0; i < 15; i++) {
        stack[i] = IN_TESTS(0x100 + i);
        if (i < 12)
            snprintf(expected + strlen(expected), 64, "      ?+0x%zx in cache_tests\n", 0x100 + i);
    }
    strcat(expected, "      ... and 3 more\n");
    struct lg_site site = {.kind = LG_SITE_BLOCK, .bytes = 64, .count = 1};
    leaking_add_stack(&leaking, &site, stack, 15);
    check_sites(&leaking, expected);
}

static void test_modules_are_told_as_text(void)
{
    struct leaking leaking;
    leaking_start(&leaking, "200000-300000 r-xp 00000000 fe:00 8 /no/such/a\x1b[2J\xff\n");
    leaking_add(&leaking, LG_SITE_BLOCK, 64, 1, IN_TESTS(0x10));
    check_sites(&leaking, "  +64 B in 1 block\n      ?+0x10 in a\\xff\n");
}

static void test_inlined_frames_are_told_with_their_lines(void)
{
    struct leaking leaking;
    struct traced traced;
    char expected[512];
    leaking_start_traced(&leaking, &traced, "traced_plain", "innermost");
    snprintf(expected, sizeof(expected),
             "  +64 B in 1 block\n"
             "      innermost at inlines.c:%u (inlined)\n"
             "      middle at inlines.c:%u (inlined)\n"
             "      outer at inlines.c:%u\n",
             traced_line("inlines.c", "innermost"), traced_line("inlines.c", "middle"),
             traced_line("inlines.c", "outer"));
    check_sites(&leaking, expected);
    traced_end(&traced);
}

static void test_without_debug_information_module_and_build_id_are_told(void)
{
    struct leaking leaking;
    struct traced traced;
    char expected[512];
    if (strstr(LG_TRACED, "traced_remote") == NULL)
        return;
    leaking_start_traced(&leaking, &traced, "traced_remote", "alone");
    uint64_t address;
    traced_addresses(&traced, "alone", 0, &address, 1);
    snprintf(expected, sizeof(expected),
             "  +64 B in 1 block\n      ?+0x%" PRIx64 " in traced_remote (build id 1ea4c0de)\n",
             address - (uint64_t)strtoull(traced.maps, NULL, 16));
    check_sites(&leaking, expected);
    traced_end(&traced);
}

static void test_a_symbol_is_told_with_the_offset_in_it(void)
{
    struct lg_results results = {0};
    struct lg_text text = {0};
    struct lg_frame frame = {
        .function = "grow\x1b[1m", .module = "/usr/lib/libgrow.so", .offset = 0x21};
    lg_message_add_frame(&text, &results, &frame);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "grow+0x21 in libgrow.so");
    lg_text_free(&text);
}

/* The offset of a function that is not known is the module's: it is none in the door. */
static void test_a_door_is_told_apart_from_the_offset(void)
{
    struct lg_results results = {0};
    struct lg_text text = {0};
    struct lg_frame frame = {.door = "setenv", .module = "/lib/libc.so.6", .offset = 0x3e821};
    lg_message_add_frame(&text, &results, &frame);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "within setenv, +0x3e821 in libc.so.6");
    lg_text_free(&text);
}

static void test_a_frame_of_which_nothing_is_known_is_told(void)
{
    struct lg_results results = {0};
    struct lg_text text = {0};
    struct lg_frame frame = {.offset = 0x10};
    lg_message_add_frame(&text, &results, &frame);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "? where one module was loaded after another");
    lg_text_free(&text);
}

int add_message_leaks_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_kind_of_site_is_told),
        UNIT_TEST(test_one_is_told_as_one),
        UNIT_TEST(test_blocks_of_no_one_size_have_none),
        UNIT_TEST(test_growth_without_a_new_block_is_told),
        UNIT_TEST(test_mappings_have_examples),
        UNIT_TEST(test_what_warm_up_took_is_told),
        UNIT_TEST(test_a_call_on_no_stack_is_told),
        UNIT_TEST(test_without_code_of_the_users_all_frames_are_shown),
        UNIT_TEST(test_frames_inside_a_library_are_cut),
        UNIT_TEST(test_deep_stacks_are_cut),
        UNIT_TEST(test_modules_are_told_as_text),
        UNIT_TEST(test_inlined_frames_are_told_with_their_lines),
        UNIT_TEST(test_without_debug_information_module_and_build_id_are_told),
        UNIT_TEST(test_a_symbol_is_told_with_the_offset_in_it),
        UNIT_TEST(test_a_door_is_told_apart_from_the_offset),
        UNIT_TEST(test_a_frame_of_which_nothing_is_known_is_told),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("message: leaks", tests);
}
