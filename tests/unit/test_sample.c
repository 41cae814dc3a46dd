/* A sample's totals, its gauges, and the mappings that grew. */
#include "common/sample.h"
#include "support.h"
#include "unit.h"

#include <string.h>

#define MIB UINT64_C(1048576)

static struct lg_sample sample_of(const char *text)
{
    struct parsed parsed;
    struct lg_sample sample = {0};
    CU_ASSERT_EQUAL(parse_maps(text, &parsed), 0);
    lg_sample_count(&sample, &parsed.maps, NULL, 0);
    return sample;
}

static void test_count_adds_up_each_class(void)
{
    struct lg_sample sample = sample_of(HEAP_LINE("1000-3000") ANON_LINE("10000-11000") ANON_LINE(
        "20000-24000") GUARD_LINE("30000-31000") STACK_LINE("40000-42000"));
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_HEAP], 0x2000);
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_ANON], 0x5000);
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_GUARD], 0x1000);
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_STACK], 0x2000);
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_FILE], 0);
    CU_ASSERT_EQUAL(sample.mappings, 5);
}

static void test_count_forgets_what_was_counted_before(void)
{
    struct parsed parsed;
    struct lg_sample sample;
    memset(&sample, 0x5a, sizeof(sample));
    sample.live_bytes = 7;
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("1000-2000"), &parsed), 0);
    lg_sample_count(&sample, &parsed.maps, NULL, 0);
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_ANON], 0x1000);
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_HEAP], 0);
    CU_ASSERT_EQUAL(sample.arena_reserve_bytes, 0);
    CU_ASSERT_EQUAL(sample.live_bytes, 7);
}

static uint64_t anon_without(struct lg_range range)
{
    struct parsed parsed;
    struct lg_sample sample = {0};
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("10000-20000"), &parsed), 0);
    lg_sample_count(&sample, &parsed.maps, &range, 1);
    return sample.segment_bytes[LG_SEGMENT_ANON];
}

static void test_excluded_ranges_are_not_counted(void)
{
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x10000, 0x20000}), 0);
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x8000, 0x14000}), 0xc000);
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x1c000, 0x28000}), 0xc000);
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x14000, 0x18000}), 0xc000);
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x0, UINT64_MAX}), 0);
}

static void test_excluded_ranges_beside_a_mapping_take_nothing(void)
{
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x0, 0x10000}), 0x10000);
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x20000, 0x30000}), 0x10000);
    CU_ASSERT_EQUAL(anon_without((struct lg_range){0x18000, 0x18000}), 0x10000);
}

static void test_each_excluded_range_counts(void)
{
    struct parsed parsed;
    struct lg_sample sample = {0};
    const struct lg_range excluded[] = {{0x1000, 0x2000}, {0x11000, 0x13000}};
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("1000-4000") ANON_LINE("10000-20000"), &parsed), 0);
    lg_sample_count(&sample, &parsed.maps, excluded, 2);
    CU_ASSERT_EQUAL(sample.segment_bytes[LG_SEGMENT_ANON], 0x2000 + 0xe000);
}

static void test_an_arenas_reserve_ends_where_the_arena_does(void)
{
    struct lg_sample alone =
        sample_of(ANON_LINE("7f1350000000-7f1350021000") GUARD_LINE("7f1350021000-7f1354000000"));
    CU_ASSERT_EQUAL(alone.arena_reserve_bytes, 64 * MIB - 0x21000);
    struct lg_sample merged =
        sample_of(ANON_LINE("7f1350000000-7f1350021000") GUARD_LINE("7f1350021000-7f1354001000"));
    CU_ASSERT_EQUAL(merged.arena_reserve_bytes, 64 * MIB - 0x21000);
    CU_ASSERT_EQUAL(merged.segment_bytes[LG_SEGMENT_GUARD], 64 * MIB - 0x21000 + 0x1000);
}

static void test_heap_gauge_is_the_heap_and_the_arenas(void)
{
    struct lg_sample sample = sample_of(HEAP_LINE("1000-3000") ANON_LINE(
        "7f1350000000-7f1350021000") GUARD_LINE("7f1350021000-7f1354000000"));
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_HEAP), 0x2000 + 0x21000);
}

static void test_mmap_gauge_leaves_out_stack_special_heap_and_arena_reserve(void)
{
    struct lg_sample sample = sample_of(
        HEAP_LINE("1000-3000") ANON_LINE("10000-11000") GUARD_LINE("20000-30000")
            ANON_LINE("7f1350000000-7f1350021000") GUARD_LINE("7f1350021000-7f1354000000")
                STACK_LINE("7ffd0f638000-7ffd0f659000") "ffffffffff600000-ffffffffff601000 --xp "
                                                        "00000000 00:00 0 [vsyscall]\n");
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_MMAP), 0x1000 + 0x10000);
}

static void test_live_and_frag_gauges_are_mallocs(void)
{
    struct lg_sample sample = {.live_bytes = 3000, .arena_bytes = 10000};
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_LIVE), 3000);
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_FRAG), 7000);
    sample.live_bytes = 20000; /* large blocks are mapped: live, and in no arena */
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_FRAG), 0);
}

static void test_the_other_gauges_are_counts(void)
{
    struct lg_sample sample = {.fds = 4, .threads = 2, .children = 1};
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_FDS), 4);
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_THREADS), 2);
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_CHILDREN), 1);
    CU_ASSERT_EQUAL(lg_sample_gauge(&sample, LG_GAUGE_COUNT), 0);
}

struct grown {
    size_t count;
    struct lg_grown_mapping rows[8];
};

static struct grown grown_between(const char *before_text, const char *after_text)
{
    struct parsed before;
    struct parsed after;
    struct grown grown = {0};
    CU_ASSERT_EQUAL(parse_maps(before_text, &before), 0);
    CU_ASSERT_EQUAL(parse_maps(after_text, &after), 0);
    grown.count = lg_maps_grown(&before.maps, &after.maps, grown.rows, 8);
    return grown;
}

static void test_a_new_mapping_grew_by_all_of_it(void)
{
    struct grown grown =
        grown_between(ANON_LINE("1000-2000"),
                      ANON_LINE("1000-2000") "8000-b000 rw-s 00000000 00:01 5 /memfd:pool\n");
    CU_ASSERT_EQUAL(grown.count, 1);
    CU_ASSERT_EQUAL(grown.rows[0].range.start, 0x8000);
    CU_ASSERT_EQUAL(grown.rows[0].range.end, 0xb000);
    CU_ASSERT_EQUAL(grown.rows[0].grown_bytes, 0x3000);
    CU_ASSERT_EQUAL(grown.rows[0].segment, LG_SEGMENT_SHARED);
    CU_ASSERT_EQUAL(grown.rows[0].flags, LG_MAPPING_READ | LG_MAPPING_WRITE | LG_MAPPING_SHARED);
    CU_ASSERT_NOT_EQUAL(grown.rows[0].name, 0);
}

static void test_merged_neighbours_grew_by_the_new_part(void)
{
    struct grown grown = grown_between(ANON_LINE("100000-110000"), ANON_LINE("e0000-118000"));
    CU_ASSERT_EQUAL(grown.count, 1);
    CU_ASSERT_EQUAL(grown.rows[0].range.start, 0xe0000);
    CU_ASSERT_EQUAL(grown.rows[0].grown_bytes, 0x28000);
    grown =
        grown_between(ANON_LINE("10000-20000") ANON_LINE("30000-40000"), ANON_LINE("10000-40000"));
    CU_ASSERT_EQUAL(grown.count, 1);
    CU_ASSERT_EQUAL(grown.rows[0].grown_bytes, 0x10000);
}

static void test_split_shrunk_and_unmapped_ranges_did_not_grow(void)
{
    CU_ASSERT_EQUAL(grown_between(ANON_LINE("10000-20000"),
                                  ANON_LINE("10000-14000") GUARD_LINE("14000-15000")
                                      ANON_LINE("15000-20000"))
                        .count,
                    0);
    CU_ASSERT_EQUAL(grown_between(ANON_LINE("10000-20000"), ANON_LINE("12000-18000")).count, 0);
    CU_ASSERT_EQUAL(
        grown_between(ANON_LINE("10000-20000") HEAP_LINE("30000-40000"), HEAP_LINE("30000-40000"))
            .count,
        0);
    CU_ASSERT_EQUAL(grown_between(GUARD_LINE("10000-20000"), ANON_LINE("10000-20000")).count, 0);
}

static void test_the_main_stack_and_special_mappings_never_count_as_grown(void)
{
    struct grown grown = grown_between(
        STACK_LINE("7ffd0f658000-7ffd0f659000"),
        STACK_LINE("7ffd0f638000-7ffd0f659000") "7ffd0f700000-7ffd0f702000 r-xp 00000000 00:00 0 "
                                                "[vdso]\n");
    CU_ASSERT_EQUAL(grown.count, 0);
}

static void test_grown_mappings_beyond_the_room_are_counted_not_stored(void)
{
    struct parsed before;
    struct parsed after;
    struct lg_grown_mapping rows[3] = {{.grown_bytes = 0}};
    CU_ASSERT_EQUAL(parse_maps("", &before), 0);
    CU_ASSERT_EQUAL(parse_maps(ANON_LINE("1000-2000") ANON_LINE("3000-4000") ANON_LINE("5000-6000")
                                   ANON_LINE("7000-8000"),
                               &after),
                    0);
    CU_ASSERT_EQUAL(lg_maps_grown(&before.maps, &after.maps, rows, 2), 4);
    CU_ASSERT_EQUAL(rows[0].range.start, 0x1000);
    CU_ASSERT_EQUAL(rows[1].range.start, 0x3000);
    CU_ASSERT_EQUAL(rows[2].grown_bytes, 0);
    CU_ASSERT_EQUAL(lg_maps_grown(&before.maps, &after.maps, NULL, 0), 4);
}

int add_sample_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_count_adds_up_each_class),
        UNIT_TEST(test_count_forgets_what_was_counted_before),
        UNIT_TEST(test_excluded_ranges_are_not_counted),
        UNIT_TEST(test_excluded_ranges_beside_a_mapping_take_nothing),
        UNIT_TEST(test_each_excluded_range_counts),
        UNIT_TEST(test_an_arenas_reserve_ends_where_the_arena_does),
        UNIT_TEST(test_heap_gauge_is_the_heap_and_the_arenas),
        UNIT_TEST(test_mmap_gauge_leaves_out_stack_special_heap_and_arena_reserve),
        UNIT_TEST(test_live_and_frag_gauges_are_mallocs),
        UNIT_TEST(test_the_other_gauges_are_counts),
        UNIT_TEST(test_a_new_mapping_grew_by_all_of_it),
        UNIT_TEST(test_merged_neighbours_grew_by_the_new_part),
        UNIT_TEST(test_split_shrunk_and_unmapped_ranges_did_not_grow),
        UNIT_TEST(test_the_main_stack_and_special_mappings_never_count_as_grown),
        UNIT_TEST(test_grown_mappings_beyond_the_room_are_counted_not_stored),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("sample", tests);
}
