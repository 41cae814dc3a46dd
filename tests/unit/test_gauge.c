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

static void test_grown_are_the_gauges_above_zero(void)
{
    struct lg_gauges growth = {{0}};
    CU_ASSERT_EQUAL(lg_gauges_grown(&growth), 0);
    growth.values[LG_GAUGE_HEAP] = -4096;
    growth.values[LG_GAUGE_LIVE] = 1;
    growth.values[LG_GAUGE_CHILDREN] = INT64_MAX;
    CU_ASSERT_EQUAL(lg_gauges_grown(&growth),
                    LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_CHILDREN));
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

int add_gauge_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_every_gauge_is_found_by_its_name),
        UNIT_TEST(test_names_are_those_users_write),
        UNIT_TEST(test_memory_is_in_bytes_and_the_rest_is_counted),
        UNIT_TEST(test_find_refuses_parts_and_extensions_of_a_name),
        UNIT_TEST(test_find_reads_no_further_than_the_length),
        UNIT_TEST(test_grown_are_the_gauges_above_zero),
        UNIT_TEST(test_add_sums_gauge_by_gauge),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("gauge", tests);
}
