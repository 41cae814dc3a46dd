/* What remains of a leak once what is suppressed is taken off. */
#include "runner/verdict.h"
#include "unit.h"

#define BIT(gauge) LG_GAUGE_BIT(LG_GAUGE_##gauge)

/* A leak in the gauges OVER, with what grew and what of it is suppressed over traced RUNS. */
struct leak {
    struct lg_verdict verdict;
    struct lg_suppressed traced;
    struct lg_budget budget;
};

static void start(struct leak *leak, lg_gauge_set over)
{
    *leak = (struct leak){.verdict = {.kind = LG_VERDICT_LEAKED, .over = over, .grown = over},
                          .traced = {.runs = 10}};
    leak->verdict.runs = 10;
    lg_budget_init(&leak->budget);
}

static void add(struct leak *leak, enum lg_gauge gauge, int64_t grown, int64_t suppressed)
{
    leak->traced.grown.values[gauge] = grown;
    leak->traced.suppressed.values[gauge] = suppressed;
    leak->verdict.growth.values[gauge] = grown;
}

static void suppress(struct leak *leak)
{
    lg_verdict_suppress(&leak->verdict, &leak->traced, &leak->budget);
}

/* Whether a leak of GAUGE alone has passed, with LIMIT per run. */
static bool passes(enum lg_gauge gauge, int64_t grown, int64_t suppressed, int64_t limit)
{
    struct leak leak;
    start(&leak, LG_GAUGE_BIT(gauge));
    add(&leak, gauge, grown, suppressed);
    leak.budget.limits.values[gauge] = limit;
    suppress(&leak);
    bool passed = leak.verdict.kind == LG_VERDICT_PASSED;
    CU_ASSERT_EQUAL(leak.verdict.suppressed, passed ? LG_GAUGE_BIT(gauge) : 0);
    CU_ASSERT_EQUAL(leak.verdict.over, passed ? 0 : LG_GAUGE_BIT(gauge));
    CU_ASSERT_EQUAL(leak.verdict.grown, LG_GAUGE_BIT(gauge));
    CU_ASSERT_EQUAL(leak.verdict.growth.values[gauge], grown);
    return passed;
}

static void test_a_leak_that_is_suppressed_whole_passes(void)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        CU_ASSERT_TRUE(passes((enum lg_gauge)gauge, 640, 640, 0));
}

static void test_a_leak_of_which_nothing_is_suppressed_stays(void)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        CU_ASSERT_FALSE(passes((enum lg_gauge)gauge, 640, 0, 0));
        CU_ASSERT_FALSE(passes((enum lg_gauge)gauge, 640, 0, 63));
    }
}

static void test_what_remains_is_held_to_the_budget(void)
{
    CU_ASSERT_TRUE(passes(LG_GAUGE_LIVE, 640, 480, 16));
    CU_ASSERT_FALSE(passes(LG_GAUGE_LIVE, 641, 480, 16));
    CU_ASSERT_FALSE(passes(LG_GAUGE_LIVE, 640, 480, 15));
    CU_ASSERT_TRUE(passes(LG_GAUGE_FDS, 30, 20, 1));
    CU_ASSERT_FALSE(passes(LG_GAUGE_FDS, 31, 20, 1));
}

static void test_a_byte_in_all_runs_remains(void)
{
    CU_ASSERT_FALSE(passes(LG_GAUGE_LIVE, 641, 640, 0));
    CU_ASSERT_FALSE(passes(LG_GAUGE_FDS, 2, 1, 0));
}

/* Of the heap, less than a page per run is what malloc needs for the blocks in it. */
static void test_the_heap_may_grow_by_less_than_a_page_more(void)
{
    CU_ASSERT_TRUE(passes(LG_GAUGE_HEAP, 640 + 40950, 640, 0));
    CU_ASSERT_FALSE(passes(LG_GAUGE_HEAP, 640 + 40960, 640, 0));
    CU_ASSERT_TRUE(passes(LG_GAUGE_HEAP, 640 + 40960 + 40950, 640, 4096));
    CU_ASSERT_FALSE(passes(LG_GAUGE_MMAP, 640 + 40950, 640, 0));
    CU_ASSERT_FALSE(passes(LG_GAUGE_HEAP, 640, 0, 0));
}

static void test_each_gauge_is_taken_on_its_own(void)
{
    struct leak leak;
    start(&leak, BIT(LIVE) | BIT(FDS) | BIT(MMAP));
    add(&leak, LG_GAUGE_LIVE, 640, 640);
    add(&leak, LG_GAUGE_FDS, 10, 5);
    add(&leak, LG_GAUGE_MMAP, 40960, 0);
    suppress(&leak);
    CU_ASSERT_EQUAL(leak.verdict.kind, LG_VERDICT_LEAKED);
    CU_ASSERT_EQUAL(leak.verdict.over, BIT(FDS) | BIT(MMAP));
    CU_ASSERT_EQUAL(leak.verdict.suppressed, BIT(LIVE));
    CU_ASSERT_EQUAL(leak.verdict.grown, BIT(LIVE) | BIT(FDS) | BIT(MMAP));
}

/* It would not be over its budget without suppressions. */
static void test_a_gauge_within_its_budget_is_not_suppressed(void)
{
    struct leak leak;
    start(&leak, BIT(LIVE));
    add(&leak, LG_GAUGE_LIVE, 640, 640);
    add(&leak, LG_GAUGE_FDS, 10, 10);
    suppress(&leak);
    CU_ASSERT_EQUAL(leak.verdict.kind, LG_VERDICT_PASSED);
    CU_ASSERT_EQUAL(leak.verdict.suppressed, BIT(LIVE));
}

/* As many runs are traced as there is time for: what counts is what each of them took. */
static void test_the_runs_are_those_that_were_traced(void)
{
    struct leak leak;
    for (int64_t limit = 3; limit <= 4; limit++) {
        start(&leak, BIT(LIVE));
        add(&leak, LG_GAUGE_LIVE, 80, 64);
        leak.verdict.growth.values[LG_GAUGE_LIVE] = 200;
        leak.budget.limits.values[LG_GAUGE_LIVE] = limit;
        leak.traced.runs = 4;
        suppress(&leak);
        CU_ASSERT_EQUAL(leak.verdict.kind, limit == 4 ? LG_VERDICT_PASSED : LG_VERDICT_LEAKED);
    }
}

static void test_without_traced_runs_nothing_is_suppressed(void)
{
    struct leak leak;
    start(&leak, BIT(LIVE));
    add(&leak, LG_GAUGE_LIVE, 640, 640);
    leak.traced.runs = 0;
    suppress(&leak);
    CU_ASSERT_EQUAL(leak.verdict.kind, LG_VERDICT_LEAKED);
    CU_ASSERT_EQUAL(leak.verdict.over, BIT(LIVE));
    CU_ASSERT_EQUAL(leak.verdict.suppressed, 0);
}

static void test_no_other_verdict_changes(void)
{
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++) {
        struct leak leak;
        if (kind == LG_VERDICT_LEAKED)
            continue;
        start(&leak, BIT(LIVE));
        add(&leak, LG_GAUGE_LIVE, 640, 640);
        leak.verdict.kind = (enum lg_verdict_kind)kind;
        suppress(&leak);
        CU_ASSERT_EQUAL((int)leak.verdict.kind, kind);
        CU_ASSERT_EQUAL(leak.verdict.over, BIT(LIVE));
        CU_ASSERT_EQUAL(leak.verdict.suppressed, 0);
    }
}

/* A block of nearly a page beside what is known is no overhead. */
static void test_other_call_sites_are_no_overhead_of_the_heap(void)
{
    struct leak leak;
    start(&leak, BIT(HEAP));
    add(&leak, LG_GAUGE_HEAP, 41600, 640);
    leak.traced.others.values[LG_GAUGE_HEAP] = 40560;
    suppress(&leak);
    CU_ASSERT_EQUAL(leak.verdict.kind, LG_VERDICT_LEAKED);
    start(&leak, BIT(HEAP));
    add(&leak, LG_GAUGE_HEAP, 41000, 640);
    suppress(&leak);
    CU_ASSERT_EQUAL(leak.verdict.kind, LG_VERDICT_PASSED);
}

int add_verdict_suppress_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_leak_that_is_suppressed_whole_passes),
        UNIT_TEST(test_a_leak_of_which_nothing_is_suppressed_stays),
        UNIT_TEST(test_what_remains_is_held_to_the_budget),
        UNIT_TEST(test_a_byte_in_all_runs_remains),
        UNIT_TEST(test_the_heap_may_grow_by_less_than_a_page_more),
        UNIT_TEST(test_each_gauge_is_taken_on_its_own),
        UNIT_TEST(test_a_gauge_within_its_budget_is_not_suppressed),
        UNIT_TEST(test_the_runs_are_those_that_were_traced),
        UNIT_TEST(test_without_traced_runs_nothing_is_suppressed),
        UNIT_TEST(test_no_other_verdict_changes),
        UNIT_TEST(test_other_call_sites_are_no_overhead_of_the_heap),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("verdict: suppress", tests);
}
