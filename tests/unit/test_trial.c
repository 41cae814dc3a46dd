/* A trial is told of growth run by run: each kind of growth, under each rigor. */
#include "trial_play.h"
#include "unit.h"

static void grow_by_nothing(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    (void)growth;
}

static void leak_pages(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    growth->values[LG_GAUGE_HEAP] += 8192;
    growth->values[LG_GAUGE_LIVE] += 8016;
}

static void leak_mapping(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    growth->values[LG_GAUGE_MMAP] += 65536;
}

static void fill_cache_of_40(uint32_t run, struct lg_gauges *growth)
{
    if (run <= 40)
        growth->values[LG_GAUGE_LIVE] += 96;
}

static void leak_on_every_third(uint32_t run, struct lg_gauges *growth)
{
    if (run % 3 == 0)
        growth->values[LG_GAUGE_LIVE] += 48;
}

/* One element a run, in room that doubles: it grows at runs 1, 2, 3, 5, 9, 17, 33, 65. */
static void double_vector(uint32_t run, struct lg_gauges *growth)
{
    uint32_t full = run - 1;
    if ((full & (full - 1)) == 0)
        growth->values[LG_GAUGE_LIVE] += full == 0 ? 8 : 8 * (int64_t)full;
}

static void leak_in_changing_gauges(uint32_t run, struct lg_gauges *growth)
{
    growth->values[run % 2 == 0 ? LG_GAUGE_MMAP : LG_GAUGE_LIVE] += 4096;
}

static void grow_a_page_now_and_then(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += 400;
    if (run % 4 == 0)
        growth->values[LG_GAUGE_HEAP] += 4096;
}

static void fragment(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    growth->values[LG_GAUGE_FRAG] += 4096;
}

static void leak_and_give_mapping_back(uint32_t run, struct lg_gauges *growth)
{
    leak_block(run, growth);
    growth->values[LG_GAUGE_MMAP] += run == 2 ? 4096 : run == 3 ? -4096 : 0;
}

/* RUNS and LEAKING of the four rigors, from once to thorough. */
static void check(run_growth *grow, const uint32_t runs[4], const lg_gauge_set leaking[4])
{
    for (int rigor = LG_RIGOR_ONCE; rigor <= LG_RIGOR_THOROUGH; rigor++) {
        struct lg_trial trial = play((enum lg_rigor)rigor, grow, UINT32_MAX);
        CU_ASSERT_EQUAL(trial.runs, runs[rigor]);
        CU_ASSERT_EQUAL(lg_trial_leaking(&trial), leaking[rigor]);
    }
}

static void test_a_clean_test_runs_once_and_five_times_if_thorough(void)
{
    check(grow_by_nothing, (uint32_t[]){1, 1, 1, 5}, (lg_gauge_set[]){0, 0, 0, 0});
}

static void test_a_steady_leak_is_found_by_every_rigor(void)
{
    const uint32_t runs[] = {1, 2, 64, 72};
    check(leak_block, runs, (lg_gauge_set[]){BIT(LIVE), BIT(LIVE), BIT(LIVE), BIT(LIVE)});
    check(leak_mapping, runs, (lg_gauge_set[]){BIT(MMAP), BIT(MMAP), BIT(MMAP), BIT(MMAP)});
    const lg_gauge_set both = BIT(HEAP) | BIT(LIVE);
    check(leak_pages, runs, (lg_gauge_set[]){both, both, both, both});
}

/* Once and quick stop before it is full, and say so by their names. */
static void test_a_cache_of_8_slots_is_clean_once_it_is_full(void)
{
    check(fill_cache_of_8, (uint32_t[]){1, 2, 16, 18},
          (lg_gauge_set[]){BIT(LIVE), BIT(LIVE), 0, 0});
}

/* It is full before the 64 runs are over: growth that stops is no leak. */
static void test_a_cache_of_40_slots_is_clean_once_it_is_full(void)
{
    struct lg_trial standard = play(LG_RIGOR_STANDARD, fill_cache_of_40, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&standard), 0);
    struct lg_trial thorough = play(LG_RIGOR_THOROUGH, fill_cache_of_40, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&thorough), 0);
}

static void leak_beside_a_cache_of_20(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += 96;
    if (run <= 20)
        growth->values[LG_GAUGE_LIVE] += 1024;
}

/* Growth slows down once the cache is full, and goes on: on every run to the last. */
static void test_a_leak_beside_a_cache_that_fills_is_found(void)
{
    struct lg_trial standard = play(LG_RIGOR_STANDARD, leak_beside_a_cache_of_20, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&standard), BIT(LIVE));
    struct lg_trial thorough = play(LG_RIGOR_THOROUGH, leak_beside_a_cache_of_20, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&thorough), BIT(LIVE));
}

static void test_a_leak_on_every_third_run_is_found_by_thorough(void)
{
    struct lg_trial standard = play(LG_RIGOR_STANDARD, leak_on_every_third, UINT32_MAX);
    CU_ASSERT_EQUAL(standard.runs, 1);
    CU_ASSERT_EQUAL(lg_trial_leaking(&standard), 0);
    struct lg_trial thorough = play(LG_RIGOR_THOROUGH, leak_on_every_third, UINT32_MAX);
    CU_ASSERT_EQUAL(thorough.runs, 72);
    CU_ASSERT_EQUAL(lg_trial_leaking(&thorough), BIT(LIVE));
}

static void test_a_vector_that_doubles_is_found_by_thorough(void)
{
    struct lg_trial standard = play(LG_RIGOR_STANDARD, double_vector, UINT32_MAX);
    CU_ASSERT_EQUAL(standard.runs, 4);
    CU_ASSERT_EQUAL(lg_trial_leaking(&standard), 0);
    struct lg_trial thorough = play(LG_RIGOR_THOROUGH, double_vector, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&thorough), BIT(LIVE));
}

static void test_a_leak_that_changes_its_gauge_is_found(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, leak_in_changing_gauges, UINT32_MAX);
    CU_ASSERT_EQUAL(trial.runs, LG_TRIAL_ENOUGH_RUNS);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE) | BIT(MMAP));
}

static void test_less_than_a_page_a_run_is_live_and_not_heap(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, grow_a_page_now_and_then, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
    CU_ASSERT(trial.growth.values[LG_GAUGE_HEAP] > 0);
}

static void grow_heap_by_less_than_a_page(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    growth->values[LG_GAUGE_HEAP] += 128;
}

static void test_a_moved_break_is_heap_however_little(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, grow_heap_by_less_than_a_page, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(HEAP));
}

static void test_a_gauge_that_came_back_does_not_leak(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, leak_and_give_mapping_back, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
    CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_MMAP], 0);
}

static void leak_and_map_once_late(uint32_t run, struct lg_gauges *growth)
{
    leak_block(run, growth);
    growth->values[LG_GAUGE_MMAP] += run == 60 ? 65536 : 0;
}

static void leak_and_map_at_the_fourth(uint32_t run, struct lg_gauges *growth)
{
    leak_block(run, growth);
    growth->values[LG_GAUGE_MMAP] += run == 4 ? 65536 : 0;
}

static void test_a_gauge_that_grew_once_does_not_leak(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, leak_and_map_once_late, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
    trial = play(LG_RIGOR_STANDARD, leak_and_map_at_the_fourth, 4);
    CU_ASSERT_EQUAL(trial.runs, 4);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
}

static void test_fragmentation_makes_no_suspect(void)
{
    for (int rigor = LG_RIGOR_QUICK; rigor <= LG_RIGOR_STANDARD; rigor++) {
        struct lg_trial trial = play((enum lg_rigor)rigor, fragment, UINT32_MAX);
        CU_ASSERT_EQUAL(trial.runs, 1);
        CU_ASSERT_EQUAL(lg_trial_leaking(&trial), 0);
    }
    CU_ASSERT_EQUAL(play(LG_RIGOR_THOROUGH, fragment, UINT32_MAX).runs, 5);
}

static void test_a_plain_before_and_after_tells_fragmentation(void)
{
    struct lg_trial trial = play(LG_RIGOR_ONCE, fragment, UINT32_MAX);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(FRAG));
    CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_FRAG], 4096);
}

int add_trial_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_clean_test_runs_once_and_five_times_if_thorough),
        UNIT_TEST(test_a_steady_leak_is_found_by_every_rigor),
        UNIT_TEST(test_a_cache_of_8_slots_is_clean_once_it_is_full),
        UNIT_TEST(test_a_cache_of_40_slots_is_clean_once_it_is_full),
        UNIT_TEST(test_a_leak_beside_a_cache_that_fills_is_found),
        UNIT_TEST(test_a_leak_on_every_third_run_is_found_by_thorough),
        UNIT_TEST(test_a_vector_that_doubles_is_found_by_thorough),
        UNIT_TEST(test_a_leak_that_changes_its_gauge_is_found),
        UNIT_TEST(test_less_than_a_page_a_run_is_live_and_not_heap),
        UNIT_TEST(test_a_moved_break_is_heap_however_little),
        UNIT_TEST(test_a_gauge_that_came_back_does_not_leak),
        UNIT_TEST(test_a_gauge_that_grew_once_does_not_leak),
        UNIT_TEST(test_fragmentation_makes_no_suspect),
        UNIT_TEST(test_a_plain_before_and_after_tells_fragmentation),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trial", tests);
}
