/* How many runs a trial asks for, what it adds up, and what it does when time is short. */
#include "trial_play.h"
#include "unit.h"

/* Tells the trial of a leak in each of its steps, of so many runs, ended by 0. */
static void check_steps(enum lg_rigor rigor, uint32_t warm_ups, const uint32_t steps[])
{
    struct lg_gauges growth = {{0}};
    struct lg_trial trial;
    leak_block(1, &growth);
    lg_trial_begin(&trial, rigor, MEMORY);
    for (uint32_t i = 0; steps[i] > 0; i++) {
        CU_ASSERT_EQUAL(lg_trial_next(&trial), steps[i]);
        CU_ASSERT_EQUAL(lg_trial_warming_up(&trial), i < warm_ups);
        growth.values[LG_GAUGE_LIVE] = 32 * steps[i];
        lg_trial_add(&trial, steps[i], &growth, false);
    }
    CU_ASSERT_EQUAL(lg_trial_next(&trial), 0);
}

static void test_each_batch_is_as_long_as_all_runs_before_it(void)
{
    check_steps(LG_RIGOR_ONCE, 0, (uint32_t[]){1, 0});
    check_steps(LG_RIGOR_QUICK, 1, (uint32_t[]){1, 1, 0});
    check_steps(LG_RIGOR_STANDARD, 1, (uint32_t[]){1, 1, 1, 1, 4, 8, 16, 32, 0});
    check_steps(LG_RIGOR_THOROUGH, 2, (uint32_t[]){1, 1, 1, 1, 1, 4, 9, 18, 36, 0});
}

static void grow_ever_slower(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += 65536 / run;
}

static void test_growth_that_never_settles_ends_after_the_most_runs(void)
{
    CU_ASSERT_EQUAL(play(LG_RIGOR_STANDARD, grow_ever_slower, UINT32_MAX).runs, LG_TRIAL_MAX_RUNS);
    CU_ASSERT(play(LG_RIGOR_THOROUGH, grow_ever_slower, UINT32_MAX).runs <= LG_TRIAL_MAX_RUNS);
}

static void test_growth_is_what_the_judged_runs_grew_by(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, leak_block, UINT32_MAX);
    CU_ASSERT_EQUAL(trial.judged_runs, LG_TRIAL_ENOUGH_RUNS - 1);
    CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_LIVE], 32 * (LG_TRIAL_ENOUGH_RUNS - 1));
    trial = play(LG_RIGOR_THOROUGH, leak_block, UINT32_MAX);
    CU_ASSERT_EQUAL(trial.judged_runs, 70);
    trial = play(LG_RIGOR_ONCE, leak_block, UINT32_MAX);
    CU_ASSERT_EQUAL(trial.judged_runs, 1);
    CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_LIVE], 32);
}

static void test_out_of_time_ends_the_confirmation(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, leak_block, 6);
    CU_ASSERT_EQUAL(trial.runs, 6);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
    trial = play(LG_RIGOR_STANDARD, fill_cache_of_8, 12);
    CU_ASSERT_EQUAL(trial.runs, 12);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), 0);
}

static void test_out_of_time_spares_no_measured_run(void)
{
    struct lg_trial trial = play(LG_RIGOR_STANDARD, leak_block, 1);
    CU_ASSERT_EQUAL(trial.runs, 4);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
    trial = play(LG_RIGOR_THOROUGH, leak_block, 1);
    CU_ASSERT_EQUAL(trial.runs, 5);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
}

static void fill_cache_of_3(uint32_t run, struct lg_gauges *growth)
{
    if (run <= 3)
        growth->values[LG_GAUGE_LIVE] += 96;
}

/* It grew in the first of three measured runs, and then no more. */
static void test_out_of_time_accuses_no_cache_that_is_full(void)
{
    struct lg_trial trial = play(LG_RIGOR_THOROUGH, fill_cache_of_3, 1);
    CU_ASSERT_EQUAL(trial.runs, 5);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), 0);
}

static void test_only_measured_gauges_make_a_suspect(void)
{
    struct lg_gauges growth = {{0}};
    struct lg_trial trial;
    leak_block(1, &growth);
    lg_trial_begin(&trial, LG_RIGOR_ONCE, BIT(HEAP) | BIT(MMAP));
    lg_trial_add(&trial, 1, &growth, false);
    CU_ASSERT_EQUAL(lg_trial_next(&trial), 0);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), 0);
}

/* A mapping and a block, before what is there comes to rest. */
static void test_after_a_restart_nothing_of_before_counts(void)
{
    static const enum lg_rigor rigors[] = {LG_RIGOR_QUICK, LG_RIGOR_STANDARD, LG_RIGOR_THOROUGH};
    for (size_t i = 0; i < sizeof(rigors) / sizeof(rigors[0]); i++) {
        struct lg_trial whole = play(rigors[i], leak_block, UINT32_MAX);
        struct lg_gauges restless = {{0}};
        struct lg_trial trial;
        lg_trial_begin(&trial, rigors[i], MEMORY);
        trial.judged &= ~BIT(HEAP);
        while (lg_trial_warming_up(&trial))
            lg_trial_add(&trial, 1, &restless, false);
        trial.over = false; /* a run without growth may have ended it */
        uint32_t made = trial.runs;
        restless.values[LG_GAUGE_MMAP] = 4096;
        restless.values[LG_GAUGE_LIVE] = -5000;
        lg_trial_add(&trial, 1, &restless, false);
        lg_trial_restart(&trial);
        CU_ASSERT_FALSE(lg_trial_warming_up(&trial));
        CU_ASSERT_EQUAL(trial.judged & BIT(HEAP), 0);
        play_on(&trial, leak_block, &made, UINT32_MAX);
        CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
        CU_ASSERT_EQUAL(trial.judged_runs, whole.judged_runs);
        CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_LIVE], 32 * (int64_t)whole.judged_runs);
        CU_ASSERT_EQUAL(trial.growth.values[LG_GAUGE_MMAP], 0);
    }
}

static void test_a_restart_goes_on_insisting(void)
{
    struct lg_gauges growth = {{0}};
    struct lg_trial trial;
    lg_trial_begin(&trial, LG_RIGOR_STANDARD, MEMORY);
    lg_trial_insist(&trial);
    for (uint32_t i = 0; i < 3; i++)
        lg_trial_add(&trial, 1, &growth, false);
    lg_trial_restart(&trial);
    uint32_t made = trial.runs;
    play_on(&trial, leak_block, &made, UINT32_MAX);
    CU_ASSERT_EQUAL(trial.judged_runs, LG_TRIAL_INSIST_RUNS);
    CU_ASSERT_EQUAL(lg_trial_leaking(&trial), BIT(LIVE));
}

int add_trial_steps_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_batch_is_as_long_as_all_runs_before_it),
        UNIT_TEST(test_growth_that_never_settles_ends_after_the_most_runs),
        UNIT_TEST(test_growth_is_what_the_judged_runs_grew_by),
        UNIT_TEST(test_out_of_time_ends_the_confirmation),
        UNIT_TEST(test_out_of_time_spares_no_measured_run),
        UNIT_TEST(test_out_of_time_accuses_no_cache_that_is_full),
        UNIT_TEST(test_only_measured_gauges_make_a_suspect),
        UNIT_TEST(test_after_a_restart_nothing_of_before_counts),
        UNIT_TEST(test_a_restart_goes_on_insisting),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trial steps", tests);
}
