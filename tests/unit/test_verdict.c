/* From a record to its verdict, and from all verdicts to the exit status. */
#include "runner/verdict.h"
#include "unit.h"

#include <string.h>

#define BIT(gauge) LG_GAUGE_BIT(LG_GAUGE_##gauge)
#define MEMORY (BIT(HEAP) | BIT(MMAP) | BIT(LIVE) | BIT(FRAG))

static struct lg_record passed_record(void)
{
    return (struct lg_record){.state = LG_RECORD_ENDED,
                              .kind = LG_RECORD_TEST,
                              .ending = LG_ENDING_FINISHED,
                              .measured = MEMORY,
                              .runs = 1};
}

/* Leaks 64 B live and 4096 B of mmap a run, over 10 runs. */
static struct lg_record leaking_record(void)
{
    struct lg_record record = passed_record();
    record.runs = 11;
    record.judged_runs = 10;
    record.leaking = BIT(LIVE) | BIT(MMAP);
    record.growth.values[LG_GAUGE_LIVE] = 640;
    record.growth.values[LG_GAUGE_MMAP] = 40960;
    return record;
}

static struct lg_verdict judge(const struct lg_record *record, const char *spec,
                               enum lg_program_end end)
{
    struct lg_budget budget;
    char error[128];
    lg_budget_init(&budget);
    if (spec != NULL)
        CU_ASSERT_EQUAL(lg_budget_parse(spec, &budget, error, sizeof(error)), 0);
    return lg_verdict_of(record, &budget, end);
}

static enum lg_verdict_kind kind_of(const struct lg_record *record, enum lg_program_end end)
{
    return judge(record, NULL, end).kind;
}

static void test_each_ending_has_its_verdict(void)
{
    static const enum lg_verdict_kind kinds[] = {
        [LG_ENDING_NONE] = LG_VERDICT_BROKEN,         [LG_ENDING_FINISHED] = LG_VERDICT_PASSED,
        [LG_ENDING_EXITED] = LG_VERDICT_EXITED_EARLY, [LG_ENDING_SIGNALED] = LG_VERDICT_CRASHED,
        [LG_ENDING_TIMED_OUT] = LG_VERDICT_TIMED_OUT, [LG_ENDING_NO_FORK] = LG_VERDICT_BROKEN,
        [LG_ENDING_NOT_SAMPLED] = LG_VERDICT_BROKEN,  [LG_ENDING_UNWATCHED] = LG_VERDICT_BROKEN,
        [LG_ENDING_OVERWRITTEN] = LG_VERDICT_BROKEN,
    };
    struct lg_record record = passed_record();
    for (uint32_t ending = LG_ENDING_NONE; ending <= LG_ENDING_OVERWRITTEN; ending++) {
        record.ending = ending;
        CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), kinds[ending]);
        CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_DIED), kinds[ending]);
    }
    record.ending = 4711;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_BROKEN);
}

static void test_a_failed_assertion_fails_what_finished_or_was_not_sampled(void)
{
    struct lg_record record = passed_record();
    record.asserts_failed = 1;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_FAILED);
    record.ending = LG_ENDING_NOT_SAMPLED;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_FAILED);
}

static void test_a_crash_is_told_before_failed_assertions(void)
{
    struct lg_record record = passed_record();
    record.asserts_failed = 1;
    record.ending = LG_ENDING_SIGNALED;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_CRASHED);
    record.ending = LG_ENDING_TIMED_OUT;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_TIMED_OUT);
    record.ending = LG_ENDING_EXITED;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_EXITED_EARLY);
}

static void test_each_state_short_of_the_end_has_its_verdict(void)
{
    static const struct {
        uint32_t state;
        enum lg_verdict_kind exited, died;
    } states[] = {
        {LG_RECORD_REGISTERED, LG_VERDICT_SKIPPED, LG_VERDICT_BROKEN},
        {LG_RECORD_INACTIVE, LG_VERDICT_SKIPPED, LG_VERDICT_SKIPPED},
        {LG_RECORD_FILTERED, LG_VERDICT_SKIPPED, LG_VERDICT_SKIPPED},
        {LG_RECORD_OTHER_SHARD, LG_VERDICT_SKIPPED, LG_VERDICT_SKIPPED},
        {LG_RECORD_RUNNING, LG_VERDICT_BROKEN, LG_VERDICT_BROKEN},
        {LG_RECORD_UNUSED, LG_VERDICT_BROKEN, LG_VERDICT_BROKEN},
        {4711, LG_VERDICT_BROKEN, LG_VERDICT_BROKEN},
    };
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        struct lg_record record = leaking_record();
        record.state = states[i].state;
        CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), states[i].exited);
        CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_DIED), states[i].died);
        CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_INTERRUPTED), states[i].died);
    }
}

static void test_a_suite_function_on_record_failed(void)
{
    struct lg_record record = passed_record();
    record.kind = LG_RECORD_SUITE_INIT;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_FAILED);
    record.kind = LG_RECORD_SUITE_CLEANUP;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_FAILED);
}

static void test_nothing_measured_is_broken_and_never_passed(void)
{
    struct lg_record record = passed_record();
    record.measured = 0;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_BROKEN);
    record.asserts_failed = 1;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_FAILED);
}

static void test_a_leak_beyond_the_budget_is_leaked(void)
{
    struct lg_record record = leaking_record();
    struct lg_verdict verdict = judge(&record, NULL, LG_PROGRAM_EXITED);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_LEAKED);
    CU_ASSERT_EQUAL(verdict.over, BIT(LIVE) | BIT(MMAP));
    CU_ASSERT_EQUAL(verdict.grown, BIT(LIVE) | BIT(MMAP));
    CU_ASSERT_EQUAL(verdict.runs, 10);
    CU_ASSERT_EQUAL(verdict.growth.values[LG_GAUGE_MMAP], 40960);
    CU_ASSERT_FALSE(verdict.single_run);
}

static void test_a_leak_within_the_budget_passes_and_is_told(void)
{
    struct lg_record record = leaking_record();
    struct lg_verdict verdict = judge(&record, "live=64,mmap=4K", LG_PROGRAM_EXITED);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_PASSED);
    CU_ASSERT_EQUAL(verdict.over, 0);
    CU_ASSERT_EQUAL(verdict.grown, BIT(LIVE) | BIT(MMAP));
}

static void test_each_gauge_has_its_own_budget(void)
{
    struct lg_record record = leaking_record();
    CU_ASSERT_EQUAL(judge(&record, "live=64", LG_PROGRAM_EXITED).over, BIT(MMAP));
    CU_ASSERT_EQUAL(judge(&record, "mmap=unlimited", LG_PROGRAM_EXITED).over, BIT(LIVE));
}

static void test_one_byte_more_than_the_budget_of_all_runs_is_over(void)
{
    struct lg_record record = leaking_record();
    record.growth.values[LG_GAUGE_LIVE] = 641;
    CU_ASSERT_EQUAL(judge(&record, "live=64,mmap=4K", LG_PROGRAM_EXITED).over, BIT(LIVE));
    CU_ASSERT_EQUAL(judge(&record, "live=65,mmap=4K", LG_PROGRAM_EXITED).over, 0);
}

static void test_a_budget_too_large_to_multiply_allows_all(void)
{
    struct lg_record record = leaking_record();
    record.growth.values[LG_GAUGE_LIVE] = INT64_MAX;
    struct lg_verdict verdict =
        judge(&record, "live=9223372036854775806,mmap=4K", LG_PROGRAM_EXITED);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_PASSED);
}

static void test_growth_that_stopped_is_no_leak(void)
{
    struct lg_record record = leaking_record();
    record.leaking = 0;
    struct lg_verdict verdict = judge(&record, NULL, LG_PROGRAM_EXITED);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_PASSED);
    CU_ASSERT_EQUAL(verdict.grown, 0);
}

static void test_first_run_growth_is_not_judged(void)
{
    struct lg_record record = passed_record();
    record.runs = 2;
    record.judged_runs = 1;
    record.first_growth.values[LG_GAUGE_LIVE] = 4112;
    CU_ASSERT_EQUAL(judge(&record, NULL, LG_PROGRAM_EXITED).kind, LG_VERDICT_PASSED);
}

static void test_gauges_that_are_not_measured_leak_nothing(void)
{
    struct lg_record record = leaking_record();
    record.measured = BIT(HEAP) | BIT(MMAP);
    struct lg_verdict verdict = judge(&record, "mmap=4K", LG_PROGRAM_EXITED);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_PASSED);
    CU_ASSERT_EQUAL(verdict.grown, BIT(MMAP));
}

static void test_a_test_that_is_not_repeatable_is_judged_on_its_first_run(void)
{
    for (uint32_t repeat = LG_REPEAT_ASSERT_FAILED; repeat <= LG_REPEAT_UNWANTED; repeat++) {
        struct lg_record record = leaking_record();
        record.repeat = repeat;
        record.first_growth.values[LG_GAUGE_LIVE] = 100;
        struct lg_verdict verdict = judge(&record, NULL, LG_PROGRAM_EXITED);
        CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_LEAKED);
        CU_ASSERT_EQUAL(verdict.over, BIT(LIVE));
        CU_ASSERT_EQUAL(verdict.runs, 1);
        CU_ASSERT_TRUE(verdict.single_run);
        CU_ASSERT_EQUAL(judge(&record, "live=100", LG_PROGRAM_EXITED).kind, LG_VERDICT_PASSED);
    }
}

static void test_a_plain_before_and_after_is_a_single_run(void)
{
    struct lg_record record = leaking_record();
    record.runs = 1;
    record.judged_runs = 1;
    CU_ASSERT_TRUE(judge(&record, NULL, LG_PROGRAM_EXITED).single_run);
    record.runs = 2;
    CU_ASSERT_FALSE(judge(&record, NULL, LG_PROGRAM_EXITED).single_run);
}

static void test_fragmentation_fails_only_a_budget_set_for_it(void)
{
    struct lg_record record = leaking_record();
    record.leaking = BIT(FRAG);
    record.growth.values[LG_GAUGE_FRAG] = 8192;
    CU_ASSERT_EQUAL(judge(&record, NULL, LG_PROGRAM_EXITED).kind, LG_VERDICT_PASSED);
    CU_ASSERT_EQUAL(judge(&record, "frag=0", LG_PROGRAM_EXITED).over, BIT(FRAG));
}

static void test_growth_per_run_is_rounded_up(void)
{
    struct lg_verdict verdict = {.runs = 3};
    verdict.growth.values[LG_GAUGE_LIVE] = 96;
    CU_ASSERT_EQUAL(lg_verdict_per_run(&verdict, LG_GAUGE_LIVE), 32);
    verdict.growth.values[LG_GAUGE_LIVE] = 97;
    CU_ASSERT_EQUAL(lg_verdict_per_run(&verdict, LG_GAUGE_LIVE), 33);
    verdict.growth.values[LG_GAUGE_LIVE] = 1;
    CU_ASSERT_EQUAL(lg_verdict_per_run(&verdict, LG_GAUGE_LIVE), 1);
    verdict.growth.values[LG_GAUGE_LIVE] = -5;
    CU_ASSERT_EQUAL(lg_verdict_per_run(&verdict, LG_GAUGE_LIVE), -1);
    verdict.runs = 0;
    CU_ASSERT_EQUAL(lg_verdict_per_run(&verdict, LG_GAUGE_LIVE), -5);
}

/* Its limits are not asked for, and what grew is not told. */
static void test_a_test_that_is_not_to_be_measured_passes_unjudged(void)
{
    struct lg_record record = leaking_record();
    record.wishes.flags = LG_WISH_UNMEASURED;
    struct lg_verdict verdict = judge(&record, NULL, LG_PROGRAM_EXITED);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_PASSED);
    CU_ASSERT_TRUE(verdict.unmeasured);
    CU_ASSERT_EQUAL(verdict.over | verdict.grown, 0);
    record.measured = 0;
    CU_ASSERT_EQUAL(kind_of(&record, LG_PROGRAM_EXITED), LG_VERDICT_PASSED);
    lg_verdict_expect_leak(&verdict);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_PASSED);
    record.asserts_failed = 1;
    verdict = judge(&record, NULL, LG_PROGRAM_EXITED);
    CU_ASSERT_EQUAL(verdict.kind, LG_VERDICT_FAILED);
    CU_ASSERT_FALSE(verdict.unmeasured);
    record = leaking_record();
    CU_ASSERT_FALSE(judge(&record, NULL, LG_PROGRAM_EXITED).unmeasured);
}

static void test_a_line_that_is_too_loose_fails_only_what_passed(void)
{
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++) {
        struct lg_verdict verdict = {.kind = (enum lg_verdict_kind)kind, .runs = 1};
        lg_verdict_ratchet(&verdict, 0);
        CU_ASSERT_EQUAL(verdict.kind, (enum lg_verdict_kind)kind);
        lg_verdict_ratchet(&verdict, BIT(LIVE) | BIT(HEAP));
        bool passed = kind == LG_VERDICT_PASSED;
        CU_ASSERT_EQUAL(verdict.kind, passed ? LG_VERDICT_FAILED : (enum lg_verdict_kind)kind);
        CU_ASSERT_EQUAL(verdict.better, passed ? BIT(LIVE) | BIT(HEAP) : 0);
    }
}

static int status_with(enum lg_verdict_kind a, enum lg_verdict_kind b)
{
    size_t counts[LG_VERDICT_COUNT] = {[LG_VERDICT_PASSED] = 7};
    counts[a]++;
    counts[b]++;
    return lg_verdict_exit_status(counts);
}

static void test_the_worst_verdict_decides_the_exit_status(void)
{
    static const int alone[LG_VERDICT_COUNT] = {
        [LG_VERDICT_PASSED] = 0,    [LG_VERDICT_FAILED] = 1,       [LG_VERDICT_CRASHED] = 1,
        [LG_VERDICT_TIMED_OUT] = 1, [LG_VERDICT_EXITED_EARLY] = 1, [LG_VERDICT_LEAKED] = 2,
        [LG_VERDICT_SKIPPED] = 0,   [LG_VERDICT_BROKEN] = 4,
    };
    for (int a = 0; a < LG_VERDICT_COUNT; a++) {
        for (int b = 0; b < LG_VERDICT_COUNT; b++) {
            int expected = alone[a] == 1 || alone[b] == 1 ? 1
                           : alone[a] > alone[b]          ? alone[a]
                                                          : alone[b];
            CU_ASSERT_EQUAL(status_with((enum lg_verdict_kind)a, (enum lg_verdict_kind)b),
                            expected);
        }
    }
    static const size_t none[LG_VERDICT_COUNT] = {0};
    CU_ASSERT_EQUAL(lg_verdict_exit_status(none), 0);
}

static void test_every_verdict_has_its_name(void)
{
    static const char *const names[LG_VERDICT_COUNT] = {
        "passed", "failed", "crashed", "timed out", "exited early", "leaked", "skipped", "broken"};
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++)
        CU_ASSERT_STRING_EQUAL(lg_verdict_name((enum lg_verdict_kind)kind), names[kind]);
}

int add_verdict_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_ending_has_its_verdict),
        UNIT_TEST(test_a_failed_assertion_fails_what_finished_or_was_not_sampled),
        UNIT_TEST(test_a_crash_is_told_before_failed_assertions),
        UNIT_TEST(test_each_state_short_of_the_end_has_its_verdict),
        UNIT_TEST(test_a_suite_function_on_record_failed),
        UNIT_TEST(test_nothing_measured_is_broken_and_never_passed),
        UNIT_TEST(test_a_leak_beyond_the_budget_is_leaked),
        UNIT_TEST(test_a_leak_within_the_budget_passes_and_is_told),
        UNIT_TEST(test_each_gauge_has_its_own_budget),
        UNIT_TEST(test_one_byte_more_than_the_budget_of_all_runs_is_over),
        UNIT_TEST(test_a_budget_too_large_to_multiply_allows_all),
        UNIT_TEST(test_growth_that_stopped_is_no_leak),
        UNIT_TEST(test_first_run_growth_is_not_judged),
        UNIT_TEST(test_gauges_that_are_not_measured_leak_nothing),
        UNIT_TEST(test_a_test_that_is_not_repeatable_is_judged_on_its_first_run),
        UNIT_TEST(test_a_plain_before_and_after_is_a_single_run),
        UNIT_TEST(test_fragmentation_fails_only_a_budget_set_for_it),
        UNIT_TEST(test_growth_per_run_is_rounded_up),
        UNIT_TEST(test_a_test_that_is_not_to_be_measured_passes_unjudged),
        UNIT_TEST(test_a_line_that_is_too_loose_fails_only_what_passed),
        UNIT_TEST(test_the_worst_verdict_decides_the_exit_status),
        UNIT_TEST(test_every_verdict_has_its_name),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("verdict", tests);
}
