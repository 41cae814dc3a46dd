/* The growth between two samples: each growth beside what only looks like one. */
#include "common/sample.h"
#include "support.h"
#include "unit.h"

#include <string.h>

#define BIT(gauge) LG_GAUGE_BIT(LG_GAUGE_##gauge)
#define MEMORY (BIT(HEAP) | BIT(MMAP) | BIT(LIVE) | BIT(FRAG))

static struct lg_gauges growth_of(const struct lg_sample *before, const struct lg_sample *after,
                                  lg_gauge_set measured)
{
    struct lg_gauges growth;
    memset(&growth, 0x5a, sizeof(growth));
    lg_sample_growth(before, after, measured, &growth);
    return growth;
}

static struct lg_gauges growth_of_maps(const char *before_text, const char *after_text)
{
    struct parsed parsed;
    struct lg_sample before = {0};
    struct lg_sample after = {0};
    CU_ASSERT_EQUAL(parse_maps(before_text, &parsed), 0);
    lg_sample_count(&before, &parsed.maps, NULL, 0);
    CU_ASSERT_EQUAL(parse_maps(after_text, &parsed), 0);
    lg_sample_count(&after, &parsed.maps, NULL, 0);
    return growth_of(&before, &after, MEMORY);
}

static int64_t mmap_growth(const char *before, const char *after)
{
    return growth_of_maps(before, after).values[LG_GAUGE_MMAP];
}

/* What malloc and the break moved by, from one and the same beginning. */
static struct lg_gauges growth_of_malloc(int64_t program_break, int64_t arena, int64_t live)
{
    struct lg_sample before = {
        .program_break = 0x555e6105f000, .arena_bytes = 921600, .live_bytes = 700000};
    struct lg_sample after = before;
    after.program_break += (uint64_t)program_break;
    after.arena_bytes += (uint64_t)arena;
    after.live_bytes += (uint64_t)live;
    return growth_of(&before, &after, MEMORY);
}

static void check_malloc(struct lg_gauges growth, int64_t heap, int64_t live, int64_t frag)
{
    CU_ASSERT_EQUAL(growth.values[LG_GAUGE_HEAP], heap);
    CU_ASSERT_EQUAL(growth.values[LG_GAUGE_LIVE], live);
    CU_ASSERT_EQUAL(growth.values[LG_GAUGE_FRAG], frag);
    CU_ASSERT_EQUAL(growth.values[LG_GAUGE_MMAP], 0);
}

static void test_equal_samples_grew_by_nothing(void)
{
    check_malloc(growth_of_malloc(0, 0, 0), 0, 0, 0);
    CU_ASSERT_EQUAL(mmap_growth(ANON_LINE("1000-2000"), ANON_LINE("1000-2000")), 0);
}

static void test_a_leak_within_a_page_is_live_alone(void)
{
    check_malloc(growth_of_malloc(0, 0, 32), 0, 32, 0);
}

static void test_a_leak_that_moves_the_break_is_heap_and_live(void)
{
    check_malloc(growth_of_malloc(8192, 8192, 8016), 8192, 8016, 0);
}

static void test_a_heap_that_grows_with_live_flat_is_frag(void)
{
    check_malloc(growth_of_malloc(8192, 8192, 0), 0, 0, 8192);
    check_malloc(growth_of_malloc(8192, 8192, -64), 0, -64, 8192);
}

static void test_a_break_that_someone_else_moved_is_heap_to_the_byte(void)
{
    check_malloc(growth_of_malloc(4096, 0, 0), 4096, 0, 0);
    check_malloc(growth_of_malloc(100, 0, 0), 100, 0, 0);
}

static void test_fragmentation_and_a_moved_break_are_told_apart(void)
{
    check_malloc(growth_of_malloc(12288, 8192, 0), 4096, 0, 8192);
}

static void test_a_heap_that_shrinks_is_no_fragmentation(void)
{
    check_malloc(growth_of_malloc(-8192, -8192, 0), -8192, 0, 0);
    check_malloc(growth_of_malloc(-8192, -8192, -9000), -8192, -9000, 0);
}

static void test_without_live_the_heap_grows_by_its_pages(void)
{
    struct parsed parsed;
    struct lg_sample before = {.program_break = 0x2010, .arena_bytes = 4096};
    struct lg_sample after = {.program_break = 0x2020, .arena_bytes = 8192, .live_bytes = 99};
    CU_ASSERT_EQUAL(parse_maps(HEAP_LINE("1000-2000"), &parsed), 0);
    lg_sample_count(&before, &parsed.maps, NULL, 0);
    CU_ASSERT_EQUAL(parse_maps(HEAP_LINE("1000-4000"), &parsed), 0);
    lg_sample_count(&after, &parsed.maps, NULL, 0);
    check_malloc(growth_of(&before, &after, BIT(HEAP) | BIT(MMAP)), 0x2000, 0, 0);
}

static void test_gauges_that_are_not_measured_are_zero(void)
{
    struct lg_sample before = {0};
    struct lg_sample after = {.program_break = 8192, .arena_bytes = 4096, .live_bytes = 64};
    after.segment_bytes[LG_SEGMENT_ANON] = 65536;
    after.fds = after.threads = after.children = 1;
    struct lg_gauges none = growth_of(&before, &after, 0);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        CU_ASSERT_EQUAL(none.values[gauge], 0);
    struct lg_gauges some = growth_of(&before, &after, BIT(LIVE) | BIT(THREADS));
    CU_ASSERT_EQUAL(some.values[LG_GAUGE_LIVE], 64);
    CU_ASSERT_EQUAL(some.values[LG_GAUGE_HEAP], 0);
    CU_ASSERT_EQUAL(some.values[LG_GAUGE_MMAP], 0);
    CU_ASSERT_EQUAL(some.values[LG_GAUGE_THREADS], 1);
    CU_ASSERT_EQUAL(some.values[LG_GAUGE_FDS], 0);
    CU_ASSERT_EQUAL(some.values[LG_GAUGE_CHILDREN], 0);
}

static void test_counts_grow_and_shrink_by_one_each(void)
{
    const lg_gauge_set counts = BIT(FDS) | BIT(THREADS) | BIT(CHILDREN);
    struct lg_sample before = {.fds = 3, .threads = 2, .children = 1};
    struct lg_sample after = {.fds = 5, .threads = 1, .children = 1};
    struct lg_gauges growth = growth_of(&before, &after, counts);
    CU_ASSERT_EQUAL(growth.values[LG_GAUGE_FDS], 2);
    CU_ASSERT_EQUAL(growth.values[LG_GAUGE_THREADS], -1);
    CU_ASSERT_EQUAL(growth.values[LG_GAUGE_CHILDREN], 0);
    CU_ASSERT_EQUAL(lg_gauges_grown(&growth), BIT(FDS));
}

static void test_every_kind_of_mapping_is_mmap(void)
{
    CU_ASSERT_EQUAL(mmap_growth("", ANON_LINE("1000-3000")), 0x2000);
    CU_ASSERT_EQUAL(mmap_growth("", "1000-2000 r--p 00000000 fe:00 7 /data/font\n"), 0x1000);
    CU_ASSERT_EQUAL(mmap_growth("", "1000-2000 rw-s 00000000 00:01 5 /memfd:a (deleted)\n"),
                    0x1000);
    CU_ASSERT_EQUAL(mmap_growth("", "1000-2000 r-xp 00000000 fe:00 7 /lib/a.so\n"
                                    "2000-3000 rw-p 00000000 fe:00 7 /lib/a.so\n"),
                    0x2000);
    CU_ASSERT_EQUAL(mmap_growth("", GUARD_LINE("1000-2000") ANON_LINE("2000-802000")), 0x801000);
    CU_ASSERT_EQUAL(mmap_growth(ANON_LINE("1000-3000"), ANON_LINE("1000-2000")), -0x1000);
}

static void test_growth_ignores_the_main_stack_and_special_mappings(void)
{
    struct lg_gauges growth = growth_of_maps(
        STACK_LINE("7ffd0f658000-7ffd0f659000"),
        STACK_LINE("7ffd0f638000-7ffd0f659000") "7ffd0f700000-7ffd0f702000 r-xp 00000000 00:00 0 "
                                                "[vdso]\n");
    check_malloc(growth, 0, 0, 0);
}

static void test_growth_ignores_guard_page_splits(void)
{
    CU_ASSERT_EQUAL(mmap_growth(ANON_LINE("10000-20000"),
                                ANON_LINE("10000-14000") GUARD_LINE("14000-15000")
                                    ANON_LINE("15000-20000")),
                    0);
}

static void test_merged_neighbours_grow_by_what_was_added(void)
{
    CU_ASSERT_EQUAL(mmap_growth(ANON_LINE("10000-20000"), ANON_LINE("10000-40000")), 0x20000);
    CU_ASSERT_EQUAL(
        mmap_growth(ANON_LINE("10000-20000") ANON_LINE("20000-40000"), ANON_LINE("10000-40000")),
        0);
}

static void test_a_reservation_is_growth_when_it_is_made(void)
{
    CU_ASSERT_EQUAL(mmap_growth("", GUARD_LINE("100000-200000")), 0x100000);
    CU_ASSERT_EQUAL(mmap_growth("", ANON_LINE("100000-110000") GUARD_LINE("110000-200000")),
                    0x100000);
}

/* A bump allocator that leaks within its reservation leaks all the same. */
static void test_a_reservation_turned_into_memory_is_growth(void)
{
    CU_ASSERT_EQUAL(mmap_growth(GUARD_LINE("100000-200000"), ANON_LINE("100000-200000")), 0x100000);
    CU_ASSERT_EQUAL(mmap_growth(GUARD_LINE("100000-200000"),
                                ANON_LINE("100000-101000") GUARD_LINE("101000-200000")),
                    0x1000);
}

static void test_memory_given_back_to_the_reservation_is_no_growth(void)
{
    CU_ASSERT_EQUAL(mmap_growth(ANON_LINE("100000-200000"), GUARD_LINE("100000-200000")), 0);
    CU_ASSERT_EQUAL(mmap_growth(ANON_LINE("100000-101000") GUARD_LINE("101000-200000"),
                                GUARD_LINE("100000-200000")),
                    0);
}

static void test_a_new_arena_is_heap_and_its_reserve_nothing(void)
{
    struct lg_gauges growth = growth_of_maps("", ANON_LINE("7f1350000000-7f1350021000")
                                                     GUARD_LINE("7f1350021000-7f1354000000"));
    check_malloc(growth, 0x21000, 0, 0);
}

static void test_an_arena_grows_from_its_reserve_as_heap_alone(void)
{
    struct lg_gauges growth = growth_of_maps(
        ANON_LINE("7f1350000000-7f1350021000") GUARD_LINE("7f1350021000-7f1354000000"),
        ANON_LINE("7f1350000000-7f1350030000") GUARD_LINE("7f1350030000-7f1354000000"));
    check_malloc(growth, 0xf000, 0, 0);
}

static void test_a_guard_merged_with_an_arenas_reserve_is_still_mmap(void)
{
    CU_ASSERT_EQUAL(
        mmap_growth(ANON_LINE("7f1350000000-7f1350021000") GUARD_LINE("7f1350021000-7f1354000000"),
                    ANON_LINE("7f1350000000-7f1350021000") GUARD_LINE("7f1350021000-7f1354001000")),
        0x1000);
}

int add_sample_growth_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_equal_samples_grew_by_nothing),
        UNIT_TEST(test_a_leak_within_a_page_is_live_alone),
        UNIT_TEST(test_a_leak_that_moves_the_break_is_heap_and_live),
        UNIT_TEST(test_a_heap_that_grows_with_live_flat_is_frag),
        UNIT_TEST(test_a_break_that_someone_else_moved_is_heap_to_the_byte),
        UNIT_TEST(test_fragmentation_and_a_moved_break_are_told_apart),
        UNIT_TEST(test_a_heap_that_shrinks_is_no_fragmentation),
        UNIT_TEST(test_without_live_the_heap_grows_by_its_pages),
        UNIT_TEST(test_gauges_that_are_not_measured_are_zero),
        UNIT_TEST(test_counts_grow_and_shrink_by_one_each),
        UNIT_TEST(test_every_kind_of_mapping_is_mmap),
        UNIT_TEST(test_growth_ignores_the_main_stack_and_special_mappings),
        UNIT_TEST(test_growth_ignores_guard_page_splits),
        UNIT_TEST(test_merged_neighbours_grow_by_what_was_added),
        UNIT_TEST(test_a_reservation_is_growth_when_it_is_made),
        UNIT_TEST(test_a_reservation_turned_into_memory_is_growth),
        UNIT_TEST(test_memory_given_back_to_the_reservation_is_no_growth),
        UNIT_TEST(test_a_new_arena_is_heap_and_its_reserve_nothing),
        UNIT_TEST(test_an_arena_grows_from_its_reserve_as_heap_alone),
        UNIT_TEST(test_a_guard_merged_with_an_arenas_reserve_is_still_mmap),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("sample growth", tests);
}
