/* A trial is told of growth run by run: each kind of growth, under each rigor. */
#include "agent/trial.h"
#include "unit.h"

#include <string.h>

#define BIT(gauge) LG_GAUGE_BIT(LG_GAUGE_##gauge)
#define MEMORY (BIT(HEAP) | BIT(MMAP) | BIT(LIVE) | BIT(FRAG))

/* Adds to GROWTH what the RUN-th run, from 1, grows by. */
typedef void run_growth(uint32_t run, struct lg_gauges *growth);

static void grow_by_nothing(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    (void)growth;
}

static void leak_block(uint32_t run, struct lg_gauges *growth)
{
    (void)run;
    growth->values[LG_GAUGE_LIVE] += 32;
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

static void fill_cache_of_8(uint32_t run, struct lg_gauges *growth)
{
    if (run <= 8)
        growth->values[LG_GAUGE_LIVE] += 96;
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

/* Plays the trial to its end; it is out of time after LAST_RUN runs. */
static struct lg_trial play(enum lg_rigor rigor, run_growth *grow, uint32_t last_run)
{
    struct lg_trial trial;
    uint32_t made = 0;
    memset(&trial, 0x5a, sizeof(trial));
    lg_trial_begin(&trial, rigor, MEMORY);
    for (uint32_t runs; (runs = lg_trial_next(&trial)) > 0;) {
        struct lg_gauges growth = {{0}};
        uint32_t left = last_run > made ? last_run - made : 1;
        runs = runs < left ? runs : left;
        for (uint32_t i = 0; i < runs; i++)
            grow(++made, &growth);
        lg_trial_add(&trial, runs, &growth, made >= last_run);
        CU_ASSERT_FATAL(made < 1000);
    }
    CU_ASSERT_EQUAL(trial.runs, made);
    return trial;
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

static void grow_ever_slower(uint32_t run, struct lg_gauges *growth)
{
    growth->values[LG_GAUGE_LIVE] += 65536 / run;
}

static void test_growth_that_never_settles_ends_after_the_most_runs(void)
{
    CU_ASSERT_EQUAL(play(LG_RIGOR_STANDARD, grow_ever_slower, UINT32_MAX).runs, LG_TRIAL_MAX_RUNS);
    CU_ASSERT(play(LG_RIGOR_THOROUGH, grow_ever_slower, UINT32_MAX).runs <= LG_TRIAL_MAX_RUNS);
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

int add_trial_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_clean_test_runs_once_and_five_times_if_thorough),
        UNIT_TEST(test_a_steady_leak_is_found_by_every_rigor),
        UNIT_TEST(test_a_cache_of_8_slots_is_clean_once_it_is_full),
        UNIT_TEST(test_a_cache_of_40_slots_is_clean_once_it_is_full),
        UNIT_TEST(test_a_leak_beside_a_cache_that_fills_is_found),
        UNIT_TEST(test_growth_that_never_settles_ends_after_the_most_runs),
        UNIT_TEST(test_a_leak_on_every_third_run_is_found_by_thorough),
        UNIT_TEST(test_a_vector_that_doubles_is_found_by_thorough),
        UNIT_TEST(test_a_leak_that_changes_its_gauge_is_found),
        UNIT_TEST(test_less_than_a_page_a_run_is_live_and_not_heap),
        UNIT_TEST(test_a_moved_break_is_heap_however_little),
        UNIT_TEST(test_a_gauge_that_came_back_does_not_leak),
        UNIT_TEST(test_fragmentation_makes_no_suspect),
        UNIT_TEST(test_a_plain_before_and_after_tells_fragmentation),
        UNIT_TEST(test_growth_is_what_the_judged_runs_grew_by),
        UNIT_TEST(test_each_batch_is_as_long_as_all_runs_before_it),
        UNIT_TEST(test_out_of_time_ends_the_confirmation),
        UNIT_TEST(test_out_of_time_spares_no_measured_run),
        UNIT_TEST(test_out_of_time_accuses_no_cache_that_is_full),
        UNIT_TEST(test_only_measured_gauges_make_a_suspect),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trial", tests);
}
