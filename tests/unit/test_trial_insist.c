/* A trial that goes on to its 64 runs whatever the first ones say. */
#include "trial_play.h"
#include "unit.h"

static void grow_by_nothing(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    (void)growth;
}

static void leak_every_second(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += run % 2 == 0 ? 48 : 0;
}

static void leak_every_tenth(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += run % 10 == 0 ? 48 : 0;
}

static void leak_every_tenth_mapping(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_MMAP] += run % 10 == 0 ? 65536 : 0;
}

static void fill_cache_of_20(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += run <= 20 ? 96 : 0;
}

static void fill_cache_of_34(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += run <= 34 ? 96 : 0;
}

static void fill_cache_of_35(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += run <= 35 ? 96 : 0;
}

/* The trial of a test that is insisted on, once it is over; out of time after LAST_RUN runs. */
static struct lg_trial insist(enum lg_rigor rigor, run_growth *grow, uint32_t last_run)
{
    struct lg_trial trial;
    struct lg_gauges growth = {{0}};
    uint32_t made = 1;
    lg_trial_begin(&trial, rigor, MEMORY);
    grow(1, &growth);
    lg_trial_add(&trial, 1, &growth, false);
    lg_trial_insist(&trial);
    play_on(&trial, grow, &made, last_run);
    return trial;
}

static void check(run_growth *grow, uint32_t last_run, uint32_t runs, lg_gauge_set leaking)
{
    for (int rigor = LG_RIGOR_STANDARD; rigor <= LG_RIGOR_THOROUGH; rigor++) {
        struct lg_trial trial = insist((enum lg_rigor)rigor, grow, last_run);
        CU_ASSERT_EQUAL(trial.runs, runs);
        CU_ASSERT_EQUAL(trial.judged_runs, runs - 2);
        CU_ASSERT_EQUAL(lg_trial_leaking(&trial), leaking);
    }
}

#define ALL_RUNS (2 + LG_TRIAL_INSIST_RUNS)

/* Whether or not the first run has grown. */
static void check_steps(int64_t first)
{
    struct lg_gauges growth = {{0}};
    struct lg_trial trial;
    lg_trial_begin(&trial, LG_RIGOR_STANDARD, MEMORY);
    growth.values[LG_GAUGE_LIVE] = first;
    lg_trial_add(&trial, 1, &growth, false);
    lg_trial_insist(&trial);
    CU_ASSERT_EQUAL(lg_trial_next(&trial), 1);
    CU_ASSERT_TRUE(lg_trial_warming_up(&trial));
    lg_trial_add(&trial, 1, &growth, false);
    growth.values[LG_GAUGE_LIVE] = 8;
    for (int batch = 0; batch < 8; batch++) {
        CU_ASSERT_FALSE(lg_trial_warming_up(&trial));
        CU_ASSERT_EQUAL(lg_trial_next(&trial), 8);
        lg_trial_add(&trial, 8, &growth, false);
    }
    CU_ASSERT_EQUAL(lg_trial_next(&trial), 0);
    CU_ASSERT_EQUAL(trial.runs, ALL_RUNS);
    CU_ASSERT_EQUAL(trial.judged_runs, LG_TRIAL_INSIST_RUNS);
    CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_LIVE], 64);
}

static void test_two_runs_warm_up_and_eight_batches_are_judged(void)
{
    check_steps(0);
    check_steps(4096);
}

static void test_a_clean_test_is_run_as_often_and_is_clean(void)
{
    check(grow_by_nothing, UINT32_MAX, ALL_RUNS, 0);
}

static void test_a_steady_leak_is_found(void)
{
    check(leak_block, UINT32_MAX, ALL_RUNS, BIT(LIVE));
    struct lg_trial trial = insist(LG_RIGOR_STANDARD, leak_block, UINT32_MAX);
    CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_LIVE], 32 * LG_TRIAL_INSIST_RUNS);
}

static void test_a_leak_of_some_runs_only_is_found(void)
{
    check(leak_every_second, UINT32_MAX, ALL_RUNS, BIT(LIVE));
    check(leak_every_tenth, UINT32_MAX, ALL_RUNS, BIT(LIVE));
    check(leak_every_tenth_mapping, UINT32_MAX, ALL_RUNS, BIT(MMAP));
    struct lg_trial trial = insist(LG_RIGOR_STANDARD, leak_every_tenth, UINT32_MAX);
    CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_LIVE], 6 * 48);
}

/* The second half begins with the 35th run. */
static void test_a_cache_that_is_full_by_the_second_half_is_clean(void)
{
    check(fill_cache_of_8, UINT32_MAX, ALL_RUNS, 0);
    check(fill_cache_of_20, UINT32_MAX, ALL_RUNS, 0);
    check(fill_cache_of_34, UINT32_MAX, ALL_RUNS, 0);
    check(fill_cache_of_35, UINT32_MAX, ALL_RUNS, BIT(LIVE));
}

static void leak_beside_a_cache_of_20(uint32_t run, struct lg_gauges *growth)
{
    fill_cache_of_20(run, growth);
    leak_every_tenth_mapping(run, growth);
}

static void test_a_leak_beside_a_cache_is_found_in_its_gauge(void)
{
    check(leak_beside_a_cache_of_20, UINT32_MAX, ALL_RUNS, BIT(MMAP));
}

static void release_and_take_less_back(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_MMAP] += run == 5 ? -8192 : run == 50 ? 4096 : 0;
    growth->values[LG_GAUGE_LIVE] += run == 50 ? 4096 : run == 60 ? -4096 : 0;
}

static void test_what_has_not_grown_in_total_is_no_leak(void)
{
    check(release_and_take_less_back, UINT32_MAX, ALL_RUNS, 0);
}

static void leak_parts_of_pages(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += 400;
    growth->values[LG_GAUGE_HEAP] += run % 4 == 0 ? 4096 : 0;
}

static void test_less_than_a_page_a_run_is_live_and_not_heap(void)
{
    check(leak_parts_of_pages, UINT32_MAX, ALL_RUNS, BIT(LIVE));
}

/* Before the second half, the newest batch is all that tells whether it goes on. */
static void test_out_of_time_early_the_newest_batch_decides(void)
{
    check(leak_block, 12, 12, BIT(LIVE));
    check(fill_cache_of_8, 12, 12, 0);
    check(fill_cache_of_8, 10, 10, BIT(LIVE));
    check(leak_every_second, 12, 12, BIT(LIVE));
    check(leak_every_tenth, 20, 20, BIT(LIVE));
    check(leak_every_tenth, 28, 28, 0);
    check(fill_cache_of_20, 34, 34, 0);
    check(fill_cache_of_34, 34, 34, BIT(LIVE));
}

static void test_out_of_time_at_once_leaves_one_run_to_judge(void)
{
    check(leak_block, 1, 3, BIT(LIVE));
    check(leak_block, 2, 3, BIT(LIVE));
    check(leak_block, 3, 3, BIT(LIVE));
    check(grow_by_nothing, 1, 3, 0);
    check(leak_every_second, 1, 3, 0);
}

/* What has grown in the second half has, whatever the newest batch says. */
static void test_out_of_time_late_the_second_half_decides(void)
{
    check(leak_every_tenth, 45, 45, BIT(LIVE));
    check(leak_every_tenth, 37, 37, 0);
    check(leak_every_tenth, 40, 40, BIT(LIVE));
    check(fill_cache_of_34, 35, 35, 0);
    check(fill_cache_of_35, 60, 60, BIT(LIVE));
    check(fill_cache_of_20, 60, 60, 0);
    check(leak_block, 65, 65, BIT(LIVE));
}

int add_trial_insist_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_two_runs_warm_up_and_eight_batches_are_judged),
        UNIT_TEST(test_a_clean_test_is_run_as_often_and_is_clean),
        UNIT_TEST(test_a_steady_leak_is_found),
        UNIT_TEST(test_a_leak_of_some_runs_only_is_found),
        UNIT_TEST(test_a_cache_that_is_full_by_the_second_half_is_clean),
        UNIT_TEST(test_a_leak_beside_a_cache_is_found_in_its_gauge),
        UNIT_TEST(test_what_has_not_grown_in_total_is_no_leak),
        UNIT_TEST(test_less_than_a_page_a_run_is_live_and_not_heap),
        UNIT_TEST(test_out_of_time_early_the_newest_batch_decides),
        UNIT_TEST(test_out_of_time_at_once_leaves_one_run_to_judge),
        UNIT_TEST(test_out_of_time_late_the_second_half_decides),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trial insist", tests);
}
