#include "common/gauge.h"
#include "unit.h"

#include <string.h>

static void test_every_gauge_is_found_by_its_name(void)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const char *name = lg_gauge_name((enum lg_gauge)gauge);
        CU_ASSERT_EQUAL((int)lg_gauge_find(name, (int)strlen(name)), gauge);
    }
}

static void test_names_are_those_users_write(void)
{
    CU_ASSERT_STRING_EQUAL(lg_gauge_name(LG_GAUGE_HEAP), "heap");
    CU_ASSERT_STRING_EQUAL(lg_gauge_name(LG_GAUGE_MMAP), "mmap");
    CU_ASSERT_STRING_EQUAL(lg_gauge_name(LG_GAUGE_LIVE), "live");
    CU_ASSERT_STRING_EQUAL(lg_gauge_name(LG_GAUGE_FRAG), "frag");
    CU_ASSERT_STRING_EQUAL(lg_gauge_name(LG_GAUGE_FDS), "fds");
    CU_ASSERT_STRING_EQUAL(lg_gauge_name(LG_GAUGE_THREADS), "threads");
    CU_ASSERT_STRING_EQUAL(lg_gauge_name(LG_GAUGE_CHILDREN), "children");
}

static void test_memory_is_in_bytes_and_the_rest_is_counted(void)
{
    CU_ASSERT_TRUE(lg_gauge_in_bytes(LG_GAUGE_HEAP));
    CU_ASSERT_TRUE(lg_gauge_in_bytes(LG_GAUGE_MMAP));
    CU_ASSERT_TRUE(lg_gauge_in_bytes(LG_GAUGE_LIVE));
    CU_ASSERT_TRUE(lg_gauge_in_bytes(LG_GAUGE_FRAG));
    CU_ASSERT_FALSE(lg_gauge_in_bytes(LG_GAUGE_FDS));
    CU_ASSERT_FALSE(lg_gauge_in_bytes(LG_GAUGE_THREADS));
    CU_ASSERT_FALSE(lg_gauge_in_bytes(LG_GAUGE_CHILDREN));
}

static void test_find_refuses_parts_and_extensions_of_a_name(void)
{
    CU_ASSERT_EQUAL(lg_gauge_find("hea", 3), LG_GAUGE_COUNT);
    CU_ASSERT_EQUAL(lg_gauge_find("heaps", 5), LG_GAUGE_COUNT);
    CU_ASSERT_EQUAL(lg_gauge_find("Heap", 4), LG_GAUGE_COUNT);
    CU_ASSERT_EQUAL(lg_gauge_find(" heap", 5), LG_GAUGE_COUNT);
    CU_ASSERT_EQUAL(lg_gauge_find("", 0), LG_GAUGE_COUNT);
}

static void test_find_reads_no_further_than_the_length(void)
{
    const char letters[] = {'l', 'i', 'v', 'e'};
    CU_ASSERT_EQUAL(lg_gauge_find(letters, sizeof(letters)), LG_GAUGE_LIVE);
    CU_ASSERT_EQUAL(lg_gauge_find("fds=3", 3), LG_GAUGE_FDS);
}

static void test_grown_and_fallen_are_the_gauges_above_and_below_zero(void)
{
    struct lg_gauges growth = {{0}};
    CU_ASSERT_EQUAL(lg_gauges_grown(&growth), 0);
    growth.values[LG_GAUGE_HEAP] = -4096;
    growth.values[LG_GAUGE_LIVE] = 1;
    growth.values[LG_GAUGE_CHILDREN] = INT64_MAX;
    CU_ASSERT_EQUAL(lg_gauges_grown(&growth),
                    LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_CHILDREN));
    CU_ASSERT_EQUAL(lg_gauges_fallen(&growth), LG_GAUGE_BIT(LG_GAUGE_HEAP));
}

static void test_add_sums_gauge_by_gauge(void)
{
    struct lg_gauges sum = {{0}};
    struct lg_gauges term = {{0}};
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        sum.values[gauge] = 100;
        term.values[gauge] = gauge - 3;
    }
    lg_gauges_add(&sum, &term);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        CU_ASSERT_EQUAL(sum.values[gauge], 97 + gauge);
        CU_ASSERT_EQUAL(term.values[gauge], gauge - 3);
    }
}

static struct lg_gauges all_of(int64_t value)
{
    struct lg_gauges gauges;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        gauges.values[gauge] = value;
    return gauges;
}

static void test_a_sum_too_large_for_a_number_is_the_largest(void)
{
    struct lg_gauges sum = all_of(INT64_MAX - 1);
    struct lg_gauges term = all_of(2);
    lg_gauges_add(&sum, &term);
    CU_ASSERT_EQUAL(sum.values[LG_GAUGE_LIVE], INT64_MAX);
    sum = all_of(INT64_MIN + 1);
    term = all_of(-2);
    lg_gauges_add(&sum, &term);
    CU_ASSERT_EQUAL(sum.values[LG_GAUGE_LIVE], INT64_MIN);
}

#define ALL ((LG_GAUGE_BIT(LG_GAUGE_COUNT)) - 1)

/* What grew by GROWTH over RUNS runs, with LIMIT per run for all. */
static lg_gauge_set over(int64_t growth, uint32_t runs, int64_t limit)
{
    struct lg_gauges grown = all_of(growth);
    struct lg_gauges limits = all_of(limit);
    return lg_gauges_over(&grown, runs, ALL, &limits);
}

static void test_over_is_what_grew_by_more_than_its_limit_per_run(void)
{
    CU_ASSERT_EQUAL(over(640, 10, 64), 0);
    CU_ASSERT_EQUAL(over(641, 10, 64), ALL);
    CU_ASSERT_EQUAL(over(1, 64, 0), ALL);
    CU_ASSERT_EQUAL(over(0, 1, 0), 0);
    CU_ASSERT_EQUAL(over(-1, 1, 0), 0);
    CU_ASSERT_EQUAL(over(1, 0, 64), ALL);
}

static void test_only_gauges_that_grew_are_over(void)
{
    struct lg_gauges growth = all_of(100);
    struct lg_gauges limits = all_of(0);
    limits.values[LG_GAUGE_LIVE] = 100;
    lg_gauge_set grown = LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_FDS);
    CU_ASSERT_EQUAL(lg_gauges_over(&growth, 1, grown, &limits), LG_GAUGE_BIT(LG_GAUGE_FDS));
    CU_ASSERT_EQUAL(lg_gauges_over(&growth, 1, 0, &limits), 0);
}

static void test_nothing_is_over_no_limit(void)
{
    CU_ASSERT_EQUAL(over(INT64_MAX, 1, LG_GAUGE_UNLIMITED), 0);
    CU_ASSERT_EQUAL(over(INT64_MAX, 0, LG_GAUGE_UNLIMITED), 0);
    CU_ASSERT_EQUAL(over(INT64_MAX, UINT32_MAX, LG_GAUGE_UNLIMITED), 0);
}

static void test_a_limit_too_large_to_multiply_is_none(void)
{
    CU_ASSERT_EQUAL(over(INT64_MAX, 2, INT64_MAX / 2 + 1), 0);
    CU_ASSERT_EQUAL(over(INT64_MAX, UINT32_MAX, INT64_MAX - 1), 0);
    CU_ASSERT_EQUAL(over(INT64_MAX, 2, INT64_MAX / 2), ALL);
    CU_ASSERT_EQUAL(over(INT64_MAX, 1, INT64_MAX - 1), ALL);
}

int add_gauge_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_every_gauge_is_found_by_its_name),
        UNIT_TEST(test_names_are_those_users_write),
        UNIT_TEST(test_memory_is_in_bytes_and_the_rest_is_counted),
        UNIT_TEST(test_find_refuses_parts_and_extensions_of_a_name),
        UNIT_TEST(test_find_reads_no_further_than_the_length),
        UNIT_TEST(test_grown_and_fallen_are_the_gauges_above_and_below_zero),
        UNIT_TEST(test_over_is_what_grew_by_more_than_its_limit_per_run),
        UNIT_TEST(test_only_gauges_that_grew_are_over),
        UNIT_TEST(test_nothing_is_over_no_limit),
        UNIT_TEST(test_a_limit_too_large_to_multiply_is_none),
        UNIT_TEST(test_add_sums_gauge_by_gauge),
        UNIT_TEST(test_a_sum_too_large_for_a_number_is_the_largest),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("gauge", tests);
}
