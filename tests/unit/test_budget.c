#include "runner/budget.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define LIMIT(budget, gauge) ((budget).limits.values[LG_GAUGE_##gauge])

/* Parses SPEC, which must be right, into a fresh budget. */
static struct lg_budget budget_of(const char *spec)
{
    struct lg_budget budget;
    char error[256] = "";
    lg_budget_init(&budget);
    CU_ASSERT_EQUAL(lg_budget_parse(spec, &budget, error, sizeof(error)), 0);
    CU_ASSERT_STRING_EQUAL(error, "");
    return budget;
}

/* SPEC must be refused with exactly COMPLAINT, the budget left as it was. */
static void check_refused(const char *spec, const char *complaint)
{
    struct lg_budget budget;
    char error[256] = "";
    memset(&budget, 0x5a, sizeof(budget));
    const struct lg_budget before = budget;
    CU_ASSERT_EQUAL(lg_budget_parse(spec, &budget, error, sizeof(error)), -EINVAL);
    CU_ASSERT_STRING_EQUAL(error, complaint);
    CU_ASSERT_EQUAL(memcmp(&budget, &before, sizeof(budget)), 0);
}

static void test_by_default_nothing_may_grow_but_fragmentation(void)
{
    struct lg_budget budget;
    lg_budget_init(&budget);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        CU_ASSERT_EQUAL(budget.limits.values[gauge],
                        gauge == LG_GAUGE_FRAG ? LG_BUDGET_UNLIMITED : 0);
}

static void test_gauges_that_are_not_named_keep_their_limit(void)
{
    struct lg_budget budget = budget_of("live=64");
    CU_ASSERT_EQUAL(LIMIT(budget, LIVE), 64);
    CU_ASSERT_EQUAL(LIMIT(budget, HEAP), 0);
    CU_ASSERT_EQUAL(LIMIT(budget, FRAG), LG_BUDGET_UNLIMITED);
    char error[64];
    CU_ASSERT_EQUAL(lg_budget_parse("fds=2", &budget, error, sizeof(error)), 0);
    CU_ASSERT_EQUAL(LIMIT(budget, LIVE), 64);
    CU_ASSERT_EQUAL(LIMIT(budget, FDS), 2);
}

static void test_every_gauge_can_be_limited(void)
{
    struct lg_budget budget = budget_of("heap=1,mmap=2,live=3,frag=4,fds=5,threads=6,children=7");
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        CU_ASSERT_EQUAL(budget.limits.values[gauge], gauge + 1);
}

static void test_units_of_bytes_are_powers_of_1024_and_of_1000(void)
{
    static const struct {
        const char *spec;
        int64_t bytes;
    } units[] = {
        {"heap=3", 3},           {"heap=3B", 3},
        {"heap=3K", 3072},       {"heap=3KiB", 3072},
        {"heap=3M", 3145728},    {"heap=3MiB", 3145728},
        {"heap=3G", 3221225472}, {"heap=3GiB", 3221225472},
        {"heap=3kB", 3000},      {"heap=3KB", 3000},
        {"heap=3MB", 3000000},   {"heap=3GB", 3000000000},
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct lg_budget budget = budget_of(units[i].spec);
        CU_ASSERT_EQUAL(LIMIT(budget, HEAP), units[i].bytes);
    }
}

static void test_unlimited_lifts_a_limit(void)
{
    CU_ASSERT_EQUAL(LIMIT(budget_of("heap=4K,heap=unlimited"), HEAP), LG_BUDGET_UNLIMITED);
    CU_ASSERT_EQUAL(LIMIT(budget_of("fds=unlimited"), FDS), LG_BUDGET_UNLIMITED);
}

static void test_the_last_of_two_limits_holds(void)
{
    CU_ASSERT_EQUAL(LIMIT(budget_of("heap=4K,heap=1"), HEAP), 1);
}

static void test_leading_zeroes_are_decimal(void)
{
    CU_ASSERT_EQUAL(LIMIT(budget_of("heap=010"), HEAP), 10);
}

static void test_unknown_gauges_are_named_with_those_there_are(void)
{
    check_refused("heep=1",
                  "unknown gauge 'heep' (heap, mmap, live, frag, fds, threads, children)");
    check_refused("heap=1, live=2",
                  "unknown gauge ' live' (heap, mmap, live, frag, fds, threads, children)");
    check_refused("=1", "unknown gauge '' (heap, mmap, live, frag, fds, threads, children)");
}

static void test_items_without_a_limit_are_refused(void)
{
    check_refused("", "'' is not of the form GAUGE=LIMIT");
    check_refused("heap", "'heap' is not of the form GAUGE=LIMIT");
    check_refused("heap=1,", "'' is not of the form GAUGE=LIMIT");
    check_refused(",heap=1", "'' is not of the form GAUGE=LIMIT");
    check_refused("heap=1,,live=2", "'' is not of the form GAUGE=LIMIT");
    check_refused("heap:1", "'heap:1' is not of the form GAUGE=LIMIT");
}

static void test_limits_that_are_no_number_are_refused(void)
{
    check_refused("heap=", "heap= is no limit (a whole number, or 'unlimited')");
    check_refused("heap=-1", "heap=-1 is no limit (a whole number, or 'unlimited')");
    check_refused("heap=+1", "heap=+1 is no limit (a whole number, or 'unlimited')");
    check_refused("live=K", "live=K is no limit (a whole number, or 'unlimited')");
    check_refused("fds=Unlimited", "fds=Unlimited is no limit (a whole number, or 'unlimited')");
    check_refused("heap== 1", "heap== 1 is no limit (a whole number, or 'unlimited')");
}

static void test_unknown_units_are_named_with_those_there_are(void)
{
    check_refused("heap=4Kib", "unknown unit 'Kib' of heap (K, M, G, KiB, MiB, GiB, kB, MB, GB)");
    check_refused("mmap=1.5K", "unknown unit '.5K' of mmap (K, M, G, KiB, MiB, GiB, kB, MB, GB)");
    check_refused("live=4 K", "unknown unit ' K' of live (K, M, G, KiB, MiB, GiB, kB, MB, GB)");
    check_refused("live=0x10", "unknown unit 'x10' of live (K, M, G, KiB, MiB, GiB, kB, MB, GB)");
}

static void test_counts_have_no_unit(void)
{
    check_refused("fds=2K", "unknown unit 'K' of fds (it counts: no unit)");
    check_refused("threads=2B", "unknown unit 'B' of threads (it counts: no unit)");
    check_refused("children=1x", "unknown unit 'x' of children (it counts: no unit)");
}

static void test_limits_beyond_63_bits_are_refused(void)
{
    CU_ASSERT_EQUAL(LIMIT(budget_of("heap=9223372036854775806"), HEAP), INT64_MAX - 1);
    CU_ASSERT_EQUAL(LIMIT(budget_of("heap=8589934591G"), HEAP), INT64_C(8589934591) << 30);
    check_refused("heap=9223372036854775808", "heap=9223372036854775808 is too large");
    check_refused("heap=99999999999999999999999", "heap=99999999999999999999999 is too large");
    check_refused("heap=8589934592G", "heap=8589934592G is too large");
    check_refused("fds=18446744073709551617", "fds=18446744073709551617 is too large");
}

static void test_a_wrong_item_undoes_the_right_ones_before_it(void)
{
    struct lg_budget budget = budget_of("heap=7");
    char error[64];
    CU_ASSERT_EQUAL(lg_budget_parse("heap=8,live=9,mmap=x", &budget, error, sizeof(error)),
                    -EINVAL);
    CU_ASSERT_EQUAL(LIMIT(budget, HEAP), 7);
    CU_ASSERT_EQUAL(LIMIT(budget, LIVE), 0);
}

static void test_the_complaint_stays_within_its_room(void)
{
    struct lg_budget budget = budget_of("heap=0");
    char error[16];
    memset(error, 0x5a, sizeof(error));
    CU_ASSERT_EQUAL(lg_budget_parse("heep=1", &budget, error, 8), -EINVAL);
    CU_ASSERT_STRING_EQUAL(error, "unknown");
    CU_ASSERT_EQUAL(error[8], 0x5a);
}

static void test_format_names_every_limited_gauge(void)
{
    char text[256];
    struct lg_budget budget = budget_of("heap=4K,mmap=unlimited,children=2");
    CU_ASSERT_STRING_EQUAL(lg_budget_format(&budget, text, sizeof(text)),
                           "heap=4096,live=0,fds=0,threads=0,children=2");
    budget = budget_of("heap=unlimited,mmap=unlimited,live=unlimited,fds=unlimited,"
                       "threads=unlimited,children=unlimited");
    CU_ASSERT_STRING_EQUAL(lg_budget_format(&budget, text, sizeof(text)), "");
}

static void test_format_can_be_parsed_again(void)
{
    char text[256];
    struct lg_budget budget = budget_of("heap=9223372036854775806,frag=3M,fds=1");
    struct lg_budget again = budget_of(lg_budget_format(&budget, text, sizeof(text)));
    CU_ASSERT_EQUAL(memcmp(&again, &budget, sizeof(budget)), 0);
}

static void test_format_stays_within_its_room(void)
{
    char text[16];
    struct lg_budget budget = budget_of("heap=0");
    memset(text, 0x5a, sizeof(text));
    CU_ASSERT_PTR_EQUAL(lg_budget_format(&budget, text, 0), text);
    CU_ASSERT_EQUAL(text[0], 0x5a);
    CU_ASSERT_STRING_EQUAL(lg_budget_format(&budget, text, 10), "heap=0,mm");
    CU_ASSERT_EQUAL(text[10], 0x5a);
}

int add_budget_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_by_default_nothing_may_grow_but_fragmentation),
        UNIT_TEST(test_gauges_that_are_not_named_keep_their_limit),
        UNIT_TEST(test_every_gauge_can_be_limited),
        UNIT_TEST(test_units_of_bytes_are_powers_of_1024_and_of_1000),
        UNIT_TEST(test_unlimited_lifts_a_limit),
        UNIT_TEST(test_the_last_of_two_limits_holds),
        UNIT_TEST(test_leading_zeroes_are_decimal),
        UNIT_TEST(test_unknown_gauges_are_named_with_those_there_are),
        UNIT_TEST(test_items_without_a_limit_are_refused),
        UNIT_TEST(test_limits_that_are_no_number_are_refused),
        UNIT_TEST(test_unknown_units_are_named_with_those_there_are),
        UNIT_TEST(test_counts_have_no_unit),
        UNIT_TEST(test_limits_beyond_63_bits_are_refused),
        UNIT_TEST(test_a_wrong_item_undoes_the_right_ones_before_it),
        UNIT_TEST(test_the_complaint_stays_within_its_room),
        UNIT_TEST(test_format_names_every_limited_gauge),
        UNIT_TEST(test_format_can_be_parsed_again),
        UNIT_TEST(test_format_stays_within_its_room),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budget", tests);
}
