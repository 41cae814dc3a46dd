/* What call sites add to the gauges, and what of that is suppressed. */
#include "leaking.h"
#include "runner/budget.h"
#include "unit.h"

#include <string.h>

#define BYTES 'b'
#define COUNT 'c'

static const char adds[LG_SITE_KIND_COUNT][LG_GAUGE_COUNT] = {
    [LG_SITE_BLOCK] = {[LG_GAUGE_LIVE] = BYTES, [LG_GAUGE_HEAP] = BYTES},
    [LG_SITE_LARGE_BLOCK] = {[LG_GAUGE_LIVE] = BYTES, [LG_GAUGE_MMAP] = BYTES},
    [LG_SITE_MAPPING] = {[LG_GAUGE_MMAP] = BYTES},
    [LG_SITE_BREAK] = {[LG_GAUGE_HEAP] = BYTES},
    [LG_SITE_THREAD] = {[LG_GAUGE_MMAP] = BYTES, [LG_GAUGE_THREADS] = COUNT},
    [LG_SITE_FD] = {[LG_GAUGE_FDS] = COUNT},
    [LG_SITE_CHILD] = {[LG_GAUGE_CHILDREN] = COUNT},
};

static int64_t added(uint32_t kind, int gauge, int64_t bytes, int64_t count)
{
    return adds[kind][gauge] == BYTES ? bytes : adds[kind][gauge] == COUNT ? count : 0;
}

static void test_each_kind_adds_to_its_gauges(void)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        struct lg_site site = {.bytes = 4096, .count = 3};
        for (site.kind = 0; site.kind < LG_SITE_KIND_COUNT; site.kind++)
            CU_ASSERT_EQUAL(lg_leaks_gauge_of(&site, (enum lg_gauge)gauge),
                            added(site.kind, gauge, 4096, 3));
        CU_ASSERT_EQUAL(lg_leaks_gauge_of(&site, (enum lg_gauge)gauge), 0);
        site.kind = UINT32_MAX;
        CU_ASSERT_EQUAL(lg_leaks_gauge_of(&site, (enum lg_gauge)gauge), 0);
    }
}

/* A different power of two of each kind: a sum tells which kinds are in it. */
static void test_all_kinds_together_explain_a_gauge(void)
{
    struct lg_leaks leaks = {{0}, NULL, 0, 0};
    for (uint32_t kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
        leaks.trace.grown_bytes[kind] = INT64_C(1) << kind;
        leaks.trace.grown_count[kind] = INT64_C(1) << (kind + 10);
        leaks.trace.released_bytes[kind] = INT64_C(1) << (kind + 20);
        leaks.trace.released_count[kind] = INT64_C(1) << (kind + 30);
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        leaks.trace.growth.values[gauge] = 1000 + gauge;
        struct lg_explained sum = lg_leaks_explained(&leaks, (enum lg_gauge)gauge);
        int64_t explained = 0;
        int64_t released = 0;
        for (uint32_t kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
            explained += added(kind, gauge, INT64_C(1) << kind, INT64_C(1) << (kind + 10));
            released += added(kind, gauge, INT64_C(1) << (kind + 20), INT64_C(1) << (kind + 30));
        }
        CU_ASSERT_EQUAL(sum.grown, 1000 + gauge);
        CU_ASSERT_EQUAL(sum.explained, explained);
        CU_ASSERT_EQUAL(sum.released, released);
    }
}

static void test_what_a_site_takes_per_run_is_rounded_up(void)
{
    struct lg_leaks leaks = {{.runs = 10}, NULL, 0, 0};
    CU_ASSERT_EQUAL(lg_leaks_per_run(&leaks, &(struct lg_site){.bytes = 640, .count = 7}), 64);
    CU_ASSERT_EQUAL(lg_leaks_per_run(&leaks, &(struct lg_site){.bytes = 641, .count = 7}), 65);
    CU_ASSERT_EQUAL(lg_leaks_per_run(&leaks, &(struct lg_site){.bytes = 1}), 1);
    CU_ASSERT_EQUAL(lg_leaks_per_run(&leaks, &(struct lg_site){.count = 20}), 2);
    CU_ASSERT_EQUAL(lg_leaks_per_run(&leaks, &(struct lg_site){.count = 21}), 3);
    CU_ASSERT_EQUAL(lg_leaks_per_run(&leaks, &(struct lg_site){.count = 0}), 0);
    leaks.trace.runs = 0;
    CU_ASSERT_EQUAL(lg_leaks_per_run(&leaks, &(struct lg_site){.bytes = 640}), 640);
}

/* "libgrow" and "libpool", each covering so much per run. */
struct known {
    struct lg_suppression rows[2];
    struct lg_suppressions list;
};

static void know(struct known *known, int64_t grow_max, int64_t pool_max)
{
    *known = (struct known){{{.pattern = "libgrow", .max = grow_max, .source = "supp.txt:1"},
                             {.pattern = "libpool", .max = pool_max, .source = "supp.txt:2"}},
                            {0}};
    known->list = (struct lg_suppressions){.rows = known->rows, .count = 2, .capacity = 2};
}

/* 64 B a run from each library, 16 B from neither. */
static void start_known(struct leaking *leaking)
{
    leaking_start(leaking, LEAKING_MAPS);
    leaking_add(leaking, LG_SITE_BLOCK, 640, 10, IN_LIBRARY(0x10), IN_TESTS(0x10));
    leaking_add(leaking, LG_SITE_BLOCK, 630, 10, IN_POOL(0x10), IN_TESTS(0x20));
    leaking_add(leaking, LG_SITE_BLOCK, 160, 10, IN_TESTS(0x30));
}

static void test_sites_that_match_are_suppressed(void)
{
    struct leaking leaking;
    struct known known;
    start_known(&leaking);
    know(&known, LG_BUDGET_UNLIMITED, LG_BUDGET_UNLIMITED);
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), &known.list);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 3);
    CU_ASSERT_PTR_EQUAL(leaks->rows[0].by, &known.rows[0]);
    CU_ASSERT_PTR_EQUAL(leaks->rows[1].by, &known.rows[1]);
    CU_ASSERT_PTR_NULL(leaks->rows[2].by);
    CU_ASSERT_TRUE(leaks->rows[0].suppressed && leaks->rows[1].suppressed);
    CU_ASSERT_FALSE(leaks->rows[2].suppressed);
    struct lg_gauges sum = lg_leaks_suppressed(leaks);
    CU_ASSERT_EQUAL(sum.values[LG_GAUGE_LIVE], 1270);
    CU_ASSERT_EQUAL(sum.values[LG_GAUGE_HEAP], 1270);
    CU_ASSERT_EQUAL(sum.values[LG_GAUGE_MMAP], 0);
    CU_ASSERT_PTR_EQUAL(lg_leaks_place(leaks), &leaks->rows[2].frames[0]);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_a_maximum_that_is_exceeded_covers_nothing(void)
{
    struct leaking leaking;
    struct known known;
    start_known(&leaking);
    know(&known, 63, 63);
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), &known.list);
    CU_ASSERT_PTR_EQUAL(leaks->rows[0].by, &known.rows[0]);
    CU_ASSERT_FALSE(leaks->rows[0].suppressed);
    CU_ASSERT_TRUE(leaks->rows[1].suppressed);
    CU_ASSERT_EQUAL(lg_leaks_suppressed(leaks).values[LG_GAUGE_LIVE], 630);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_a_maximum_is_for_all_sites_of_a_test(void)
{
    struct leaking leaking;
    struct known known;
    start_known(&leaking);
    leaking_add(&leaking, LG_SITE_BLOCK, 10, 1, IN_LIBRARY(0x10), IN_TESTS(0x70));
    for (int64_t max = 64; max <= 65; max++) {
        know(&known, max, 0);
        struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), &known.list);
        CU_ASSERT_EQUAL_FATAL(leaks->count, 4);
        CU_ASSERT_EQUAL(lg_leaks_suppressed(leaks).values[LG_GAUGE_LIVE], max == 65 ? 650 : 0);
        lg_leaks_free(leaks);
    }
    leaking_end(&leaking);
}

static void test_a_maximum_of_what_counts_is_a_count(void)
{
    struct leaking leaking;
    struct known known;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_FD, 0, 30, IN_LIBRARY(0x10));
    for (int64_t max = 2; max <= 3; max++) {
        know(&known, max, 0);
        struct lg_leaks *leaks = leaking_read(&leaking, BIT(FDS), &known.list);
        CU_ASSERT_EQUAL(lg_leaks_suppressed(leaks).values[LG_GAUGE_FDS], max == 3 ? 30 : 0);
        lg_leaks_free(leaks);
    }
    leaking_end(&leaking);
}

/* A byte beside them does not make descriptors fit. */
static void test_bytes_and_counts_are_held_to_a_maximum_apart(void)
{
    struct leaking leaking;
    struct known known;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_FD, 0, 30, IN_LIBRARY(0x10));
    leaking_add(&leaking, LG_SITE_BLOCK, 10, 10, IN_LIBRARY(0x20));
    for (int64_t max = 2; max <= 3; max++) {
        know(&known, max, 0);
        struct lg_leaks *leaks = leaking_read(&leaking, BIT(FDS) | BIT(LIVE), &known.list);
        CU_ASSERT_EQUAL(lg_leaks_suppressed(leaks).values[LG_GAUGE_FDS], max == 3 ? 30 : 0);
        CU_ASSERT_EQUAL(lg_leaks_suppressed(leaks).values[LG_GAUGE_LIVE], max == 3 ? 10 : 0);
        lg_leaks_free(leaks);
    }
    leaking_end(&leaking);
}

/* The frames that they differ in decide which of them is known. */
static void test_a_known_site_is_not_joined_with_one_that_is_not(void)
{
    struct leaking leaking;
    struct known known;
    leaking_start(&leaking, LEAKING_MAPS "400000-500000 r-xp 00000000 fe:00 10 /lib/libz.so\n");
    know(&known, LG_BUDGET_UNLIMITED, LG_BUDGET_UNLIMITED);
    leaking_add(&leaking, LG_SITE_BLOCK, 100, 1, IN_LIBRARY(0x10), 0x400040, IN_TESTS(0x10));
    leaking_add(&leaking, LG_SITE_BLOCK, 50, 1, 0x400010, 0x400040, IN_TESTS(0x10));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), &known.list);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 2);
    CU_ASSERT_EQUAL(lg_leaks_suppressed(leaks).values[LG_GAUGE_LIVE], 100);
    lg_leaks_free(leaks);
    leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL(leaks->count, 1);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

int add_leaks_sums_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_kind_adds_to_its_gauges),
        UNIT_TEST(test_all_kinds_together_explain_a_gauge),
        UNIT_TEST(test_what_a_site_takes_per_run_is_rounded_up),
        UNIT_TEST(test_sites_that_match_are_suppressed),
        UNIT_TEST(test_a_maximum_that_is_exceeded_covers_nothing),
        UNIT_TEST(test_a_maximum_is_for_all_sites_of_a_test),
        UNIT_TEST(test_a_maximum_of_what_counts_is_a_count),
        UNIT_TEST(test_bytes_and_counts_are_held_to_a_maximum_apart),
        UNIT_TEST(test_a_known_site_is_not_joined_with_one_that_is_not),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("leaks: sums", tests);
}
