/* What a test needs: its growth as a limit that holds the next time too. */
#include "runner/need.h"
#include "support.h"
#include "synthetic.h"
#include "unit.h"

#include <string.h>

struct measured {
    struct synthetic run;
    struct lg_record *record;
    struct lg_verdict verdict;
    struct lg_need need;
    bool known;
};

/* A test that passed, or leaks 64 B live a run over 10 runs. */
static void start(struct measured *test, bool leaks)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(&test->run));
    synthetic_add_host(&test->run, "p");
    test->record =
        leaks ? synthetic_add_leak(&test->run, "a", "b") : synthetic_add_test(&test->run, "a", "b");
}

static void judge(struct measured *test)
{
    struct lg_budget budget;
    lg_budget_init(&budget);
    test->verdict = lg_verdict_of(test->record, &budget, LG_PROGRAM_EXITED);
}

static void read_need(struct measured *test)
{
    memset(&test->need, 0x5a, sizeof(test->need));
    test->known = lg_need_of(&test->run.ledger, test->record, &test->verdict, &test->need);
}

/* GROWTH over RUNS runs in a row, again and again. */
static void add_steps(struct measured *test, enum lg_gauge gauge, uint32_t runs,
                      const int64_t *growth, uint32_t count)
{
    struct lg_step *steps = lg_ledger_allocate(
        &test->run.ledger, LG_LEDGER_MAX_STEPS * sizeof(*steps), &test->record->steps);
    CU_ASSERT_PTR_NOT_NULL_FATAL(steps);
    for (uint32_t i = 0; i < count; i++) {
        steps[i].runs = runs;
        steps[i].growth.values[gauge] = growth[i];
    }
    test->record->steps_count = count;
}

static void check_needs_nothing(const struct lg_need *need)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        CU_ASSERT_EQUAL(need->limits.values[gauge], 0);
        CU_ASSERT_EQUAL(need->noise.values[gauge], 0);
    }
}

static void test_a_test_without_a_leak_needs_nothing(void)
{
    struct measured test;
    start(&test, false);
    judge(&test);
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    CU_ASSERT_EQUAL(test.need.known, MEMORY);
    check_needs_nothing(&test.need);
    synthetic_fini(&test.run);
}

static void test_a_leak_needs_what_it_takes_per_run_rounded_up(void)
{
    struct measured test;
    start(&test, true);
    test.record->growth.values[LG_GAUGE_LIVE] = 641;
    judge(&test);
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_LIVE], 65);
    CU_ASSERT_EQUAL(test.need.noise.values[LG_GAUGE_LIVE], 0);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_HEAP], 0);
    synthetic_fini(&test.run);
}

/* malloc asks for pages, and not in step with the runs. */
static void test_the_heap_is_needed_by_the_page(void)
{
    struct measured test;
    start(&test, true);
    test.record->leaking |= BIT(HEAP);
    test.record->growth.values[LG_GAUGE_HEAP] = 10 * 4097;
    judge(&test);
    read_need(&test);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_HEAP], 8192);
    CU_ASSERT_EQUAL(test.need.noise.values[LG_GAUGE_HEAP], 4096);
    test.record->growth.values[LG_GAUGE_HEAP] = 1;
    judge(&test);
    read_need(&test);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_HEAP], 4096);
    synthetic_fini(&test.run);
}

static struct lg_step *steps_of(struct measured *test)
{
    return (struct lg_step *)(void *)(test->run.ledger.attic + test->record->steps);
}

static void check_live(struct measured *test, int64_t limit, int64_t noise)
{
    judge(test);
    read_need(test);
    CU_ASSERT_EQUAL(test->need.limits.values[LG_GAUGE_LIVE], limit);
    CU_ASSERT_EQUAL(test->need.noise.values[LG_GAUGE_LIVE], noise);
}

/* 64, 128, 96, 64 and 128 B a run, over 4 runs each: 64 B a run is their deviation for a single
 * run, and half of that the one of the difference of two means over 8 runs. */
static void test_runs_that_differ_need_a_margin(void)
{
    static const int64_t growth[] = {256, 512, 384, 256, 512};
    struct measured test;
    start(&test, true);
    add_steps(&test, LG_GAUGE_LIVE, 4, growth, 5);
    test.record->judged_runs = 8;
    test.record->growth.values[LG_GAUGE_LIVE] = 8 * 96;
    check_live(&test, 96 + 8 * 32, 4 * 8 * 32);
    test.record->growth.values[LG_GAUGE_LIVE] = 8 * 96 + 1;
    check_live(&test, 96 + 8 * 32 + 1, 4 * 8 * 32);
    test.record->judged_runs = 32;
    test.record->growth.values[LG_GAUGE_LIVE] = 32 * 96;
    check_live(&test, 96 + 8 * 16, 4 * 8 * 16);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_MMAP], 0);
    CU_ASSERT_EQUAL(test.need.noise.values[LG_GAUGE_MMAP], 0);
    synthetic_fini(&test.run);
}

static void test_runs_that_agree_need_no_margin(void)
{
    static const int64_t growth[] = {256, 256, 256, 256};
    struct measured test;
    start(&test, true);
    add_steps(&test, LG_GAUGE_LIVE, 4, growth, 4);
    check_live(&test, 64, 0);
    steps_of(&test)[1].runs = 8;
    steps_of(&test)[1].growth.values[LG_GAUGE_LIVE] = 512;
    check_live(&test, 64, 0);
    synthetic_fini(&test.run);
}

/* Two steps of 0 and 64 B a run, of 1 and 3 runs: 48 B a run, and 48^2 + 3 * 16^2 is 3072. */
static void test_a_step_weighs_as_much_as_it_has_runs(void)
{
    static const int64_t growth[] = {0, 192};
    struct measured test;
    start(&test, true);
    add_steps(&test, LG_GAUGE_LIVE, 3, growth, 2);
    steps_of(&test)[0].runs = 1;
    test.record->judged_runs = 2;
    test.record->growth.values[LG_GAUGE_LIVE] = 96;
    check_live(&test, 48 + 444, 1774); /* 8 * 55.43, and four times that */
    steps_of(&test)[0].runs = 3;
    check_live(&test, 48 + 628, 2509); /* 8 * 78.38: both are 32 B from the mean */
    synthetic_fini(&test.run);
}

static void test_only_measured_steps_have_a_say(void)
{
    static const int64_t growth[] = {9999, 256, 256, 77};
    struct measured test;
    start(&test, true);
    add_steps(&test, LG_GAUGE_LIVE, 4, growth, 4);
    steps_of(&test)[0].warm_up = 1;
    steps_of(&test)[3].runs = 0;
    check_live(&test, 64, 0);
    steps_of(&test)[1].warm_up = 1;
    steps_of(&test)[2].growth.values[LG_GAUGE_LIVE] = 1000;
    check_live(&test, 64, 0); /* one is apart from nothing */
    steps_of(&test)[0].warm_up = 0;
    judge(&test);
    read_need(&test);
    CU_ASSERT(test.need.limits.values[LG_GAUGE_LIVE] > 64);
    synthetic_fini(&test.run);
}

/* It is rounded up by pages as it is. */
static void test_the_heap_has_no_margin(void)
{
    static const int64_t growth[] = {0, 16384, 0, 32768};
    static const enum lg_gauge gauges[] = {LG_GAUGE_HEAP, LG_GAUGE_FRAG};
    for (int i = 0; i < 2; i++) {
        struct measured test;
        start(&test, true);
        test.record->leaking |= LG_GAUGE_BIT(gauges[i]);
        test.record->growth.values[gauges[i]] = 10 * 4096;
        add_steps(&test, gauges[i], 4, growth, 4);
        judge(&test);
        read_need(&test);
        CU_ASSERT_EQUAL(test.need.limits.values[gauges[i]], 4096);
        CU_ASSERT_EQUAL(test.need.noise.values[gauges[i]], 4096);
        synthetic_fini(&test.run);
    }
}

/* A test that leaks 64 B or nothing, run by run: 8 batches of 8. */
static void measure_by_chance(struct measured *test, uint64_t *random)
{
    int64_t growth[8] = {0};
    start(test, true);
    test->record->growth.values[LG_GAUGE_LIVE] = 0;
    for (int run = 0; run < 64; run++)
        growth[run / 8] += next_number(random, 2) == 0 ? 64 : 0;
    for (int i = 0; i < 8; i++)
        test->record->growth.values[LG_GAUGE_LIVE] += growth[i];
    test->record->judged_runs = 64;
    add_steps(test, LG_GAUGE_LIVE, 8, growth, 8);
    judge(test);
    read_need(test);
}

/* Else a line would fail its test the next time, or --ratchet would, or it would hold for any. */
static void test_a_leak_by_chance_is_within_its_limit_the_next_time(void)
{
    uint64_t random = 51;
    for (int round = 0; round < 1000; round++) {
        struct measured first;
        struct measured second;
        measure_by_chance(&first, &random);
        measure_by_chance(&second, &random);
        int64_t limit = first.need.limits.values[LG_GAUGE_LIVE];
        CU_ASSERT(lg_verdict_per_run(&second.verdict, LG_GAUGE_LIVE) <= limit);
        CU_ASSERT_FALSE(lg_need_is_less(&second.need, LG_GAUGE_LIVE, limit));
        CU_ASSERT_TRUE(lg_need_is_less(&second.need, LG_GAUGE_LIVE, 1024));
        CU_ASSERT(limit < 192);
        synthetic_fini(&first.run);
        synthetic_fini(&second.run);
    }
}

static void test_a_test_that_is_not_repeatable_needs_its_first_growth(void)
{
    static const int64_t growth[] = {4096, 0};
    struct measured test;
    start(&test, true);
    test.record->repeat = LG_REPEAT_CRASHED;
    test.record->first_growth.values[LG_GAUGE_LIVE] = 100;
    add_steps(&test, LG_GAUGE_LIVE, 1, growth, 2);
    judge(&test);
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_LIVE], 100);
    CU_ASSERT_EQUAL(test.need.noise.values[LG_GAUGE_LIVE], 0);
    synthetic_fini(&test.run);
}

/* The line has to hold for the rest. */
static void test_what_is_suppressed_is_no_need(void)
{
    struct measured test;
    start(&test, true);
    judge(&test);
    test.verdict.kind = LG_VERDICT_PASSED;
    test.verdict.over = 0;
    test.verdict.suppressed = BIT(LIVE);
    test.verdict.covered.values[LG_GAUGE_LIVE] = 40;
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    CU_ASSERT_EQUAL(test.need.known, MEMORY);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_LIVE], 24);
    CU_ASSERT_TRUE(lg_need_is_less(&test.need, LG_GAUGE_LIVE, 64));
    CU_ASSERT_FALSE(lg_need_is_less(&test.need, LG_GAUGE_LIVE, 24));
    test.verdict.covered.values[LG_GAUGE_LIVE] = 64;
    read_need(&test);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_LIVE], 0);
    test.verdict.covered.values[LG_GAUGE_LIVE] = 65;
    read_need(&test);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_LIVE], 0);
    CU_ASSERT_EQUAL(test.need.noise.values[LG_GAUGE_LIVE], 0);
    synthetic_fini(&test.run);
}

/* The heap that is left is still that of pages; and what lies apart is not less for it. */
static void test_what_is_suppressed_leaves_pages_and_margins(void)
{
    static const int64_t growth[] = {256, 512, 384, 256, 512};
    struct measured test;
    start(&test, true);
    test.record->leaking |= BIT(HEAP);
    test.record->growth.values[LG_GAUGE_HEAP] = 8 * 8193;
    test.record->growth.values[LG_GAUGE_LIVE] = 8 * 96;
    test.record->judged_runs = 8;
    add_steps(&test, LG_GAUGE_LIVE, 4, growth, 5);
    judge(&test);
    test.verdict.covered.values[LG_GAUGE_LIVE] = 90;
    test.verdict.covered.values[LG_GAUGE_HEAP] = 4096;
    read_need(&test);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_LIVE], 6 + 256);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_HEAP], 8192);
    test.verdict.covered.values[LG_GAUGE_HEAP] = 4097;
    read_need(&test);
    CU_ASSERT_EQUAL(test.need.limits.values[LG_GAUGE_HEAP], 4096);
    synthetic_fini(&test.run);
}

static void test_nothing_is_said_of_a_gauge_that_was_not_measured(void)
{
    struct measured test;
    start(&test, true);
    test.record->measured = BIT(HEAP) | BIT(FDS);
    judge(&test);
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    CU_ASSERT_EQUAL(test.need.known, BIT(HEAP) | BIT(FDS));
    check_needs_nothing(&test.need);
    synthetic_fini(&test.run);
}

static void test_nothing_is_known_of_a_test_that_has_not_come_so_far(void)
{
    static const enum lg_verdict_kind kinds[] = {LG_VERDICT_FAILED,    LG_VERDICT_CRASHED,
                                                 LG_VERDICT_TIMED_OUT, LG_VERDICT_EXITED_EARLY,
                                                 LG_VERDICT_SKIPPED,   LG_VERDICT_BROKEN};
    struct measured test;
    start(&test, true);
    judge(&test);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        test.verdict.kind = kinds[i];
        read_need(&test);
        CU_ASSERT_FALSE(test.known);
        CU_ASSERT_EQUAL(test.need.known, 0);
        check_needs_nothing(&test.need);
    }
    test.verdict.kind = LG_VERDICT_PASSED;
    test.record->wishes.flags = LG_WISH_UNMEASURED;
    read_need(&test);
    CU_ASSERT_FALSE(test.known);
    test.record->wishes.flags = LG_WISH_SINGLE_RUN | LG_WISH_MARKS;
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    test.record->kind = LG_RECORD_SUITE_INIT;
    read_need(&test);
    CU_ASSERT_FALSE(test.known);
    test.record = NULL;
    read_need(&test);
    CU_ASSERT_FALSE(test.known);
    synthetic_fini(&test.run);
}

/* Its growth was judged: it fails for its line alone. */
static void test_a_test_that_fails_for_its_line_is_known(void)
{
    struct measured test;
    start(&test, false);
    judge(&test);
    lg_verdict_expect_leak(&test.verdict);
    CU_ASSERT_EQUAL(test.verdict.kind, LG_VERDICT_FAILED);
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    judge(&test);
    lg_verdict_ratchet(&test.verdict, BIT(LIVE));
    CU_ASSERT_EQUAL(test.verdict.kind, LG_VERDICT_FAILED);
    read_need(&test);
    CU_ASSERT_TRUE(test.known);
    synthetic_fini(&test.run);
}

/* The ledger is a guest's to write. */
static void test_numbers_out_of_all_proportion_are_no_limit(void)
{
    static const int64_t growth[] = {INT64_MIN, INT64_MAX, 0};
    static const enum lg_gauge gauges[] = {LG_GAUGE_LIVE, LG_GAUGE_HEAP};
    for (int i = 0; i < 2; i++) {
        struct measured test;
        start(&test, true);
        test.record->leaking = LG_GAUGE_BIT(gauges[i]);
        test.record->growth.values[gauges[i]] = INT64_MAX;
        add_steps(&test, gauges[i], 1, growth, 3);
        test.record->steps_count = UINT32_MAX;
        judge(&test);
        read_need(&test);
        CU_ASSERT_EQUAL(test.need.limits.values[gauges[i]], LG_BUDGET_UNLIMITED);
        CU_ASSERT_EQUAL(test.need.noise.values[gauges[i]],
                        gauges[i] == LG_GAUGE_HEAP ? 4096 : LG_BUDGET_UNLIMITED);
        CU_ASSERT_FALSE(lg_need_is_less(&test.need, gauges[i], LG_BUDGET_UNLIMITED));
        test.record->growth.values[gauges[i]] = INT64_MIN;
        test.record->steps = 0;
        judge(&test);
        read_need(&test);
        CU_ASSERT_EQUAL(test.need.limits.values[gauges[i]], 0);
        CU_ASSERT_TRUE(lg_need_is_less(&test.need, gauges[i], INT64_MAX - 1));
        synthetic_fini(&test.run);
    }
}

static void test_less_is_more_than_the_noise_below_the_limit(void)
{
    struct lg_need need = {.known = BIT(LIVE)};
    need.limits.values[LG_GAUGE_LIVE] = 64;
    need.noise.values[LG_GAUGE_LIVE] = 8;
    CU_ASSERT_FALSE(lg_need_is_less(&need, LG_GAUGE_LIVE, 0));
    CU_ASSERT_FALSE(lg_need_is_less(&need, LG_GAUGE_LIVE, 63));
    CU_ASSERT_FALSE(lg_need_is_less(&need, LG_GAUGE_LIVE, 72));
    CU_ASSERT_TRUE(lg_need_is_less(&need, LG_GAUGE_LIVE, 73));
    CU_ASSERT_TRUE(lg_need_is_less(&need, LG_GAUGE_LIVE, LG_BUDGET_UNLIMITED));
    CU_ASSERT_FALSE(lg_need_is_less(&need, LG_GAUGE_HEAP, 4096));
    need.limits.values[LG_GAUGE_LIVE] = 0;
    need.noise.values[LG_GAUGE_LIVE] = 0;
    CU_ASSERT_FALSE(lg_need_is_less(&need, LG_GAUGE_LIVE, 0));
    CU_ASSERT_TRUE(lg_need_is_less(&need, LG_GAUGE_LIVE, 1));
}

int add_need_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_test_without_a_leak_needs_nothing),
        UNIT_TEST(test_a_leak_needs_what_it_takes_per_run_rounded_up),
        UNIT_TEST(test_the_heap_is_needed_by_the_page),
        UNIT_TEST(test_runs_that_differ_need_a_margin),
        UNIT_TEST(test_runs_that_agree_need_no_margin),
        UNIT_TEST(test_a_step_weighs_as_much_as_it_has_runs),
        UNIT_TEST(test_only_measured_steps_have_a_say),
        UNIT_TEST(test_the_heap_has_no_margin),
        UNIT_TEST(test_a_leak_by_chance_is_within_its_limit_the_next_time),
        UNIT_TEST(test_a_test_that_is_not_repeatable_needs_its_first_growth),
        UNIT_TEST(test_what_is_suppressed_is_no_need),
        UNIT_TEST(test_what_is_suppressed_leaves_pages_and_margins),
        UNIT_TEST(test_nothing_is_said_of_a_gauge_that_was_not_measured),
        UNIT_TEST(test_nothing_is_known_of_a_test_that_has_not_come_so_far),
        UNIT_TEST(test_a_test_that_fails_for_its_line_is_known),
        UNIT_TEST(test_numbers_out_of_all_proportion_are_no_limit),
        UNIT_TEST(test_less_is_more_than_the_noise_below_the_limit),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("need", tests);
}
