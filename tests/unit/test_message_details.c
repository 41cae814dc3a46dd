/* What a failure's text says below its line. */
#include "runner/message.h"
#include "support.h"
#include "synthetic.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct lg_record *start(struct synthetic *run)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    synthetic_add_host(run, "cache_tests");
    return synthetic_add_test(run, "cache", "hits");
}

static struct lg_record *start_leak(struct synthetic *run)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    synthetic_add_host(run, "cache_tests");
    return synthetic_add_leak(run, "cache", "hits");
}

/* The details of the only row, which the caller frees. */
static struct lg_text details(struct synthetic *run)
{
    struct lg_text text = {0};
    synthetic_read(run);
    lg_message_add_details(&run->results, &run->results.rows[0], &text);
    CU_ASSERT_FALSE(text.failed);
    return text;
}

static void check(struct synthetic *run, const char *expected)
{
    struct lg_text text = details(run);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), expected);
    lg_text_free(&text);
    synthetic_fini(run);
}

static void test_a_test_that_passed_has_no_details(void)
{
    struct synthetic run;
    start(&run);
    check(&run, "");
}

static void test_failed_assertions_are_in_the_order_of_time(void)
{
    struct synthetic run;
    struct lg_record *record = start(&run);
    synthetic_add_failure(&run, record, "a.c", 1, "first");
    synthetic_add_failure(&run, record, "b.c", 2, "second\x1b[0m");
    synthetic_add_failure(&run, record, "c.c", 3, "third");
    check(&run, "a.c:1: first\nb.c:2: second\nc.c:3: third\n");
}

static void test_fifty_failures_are_shown_and_the_rest_counted(void)
{
    struct synthetic run;
    struct lg_record *record = start(&run);
    for (uint32_t line = 1; line <= 60; line++)
        synthetic_add_failure(&run, record, "a.c", line, "x");
    record->asserts_failed = 1000;
    struct lg_text text = details(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "a.c:1: x\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "a.c:50: x\n... and 950 more\n"));
    CU_ASSERT_PTR_NULL(strstr(lg_text_string(&text), "a.c:51:"));
    lg_text_free(&text);
    synthetic_fini(&run);
}

static void test_failures_that_were_not_kept_are_counted(void)
{
    struct synthetic run;
    start(&run)->asserts_failed = 3;
    check(&run, "... and 3 more\n");
}

static void test_a_chain_of_failures_without_end_is_cut(void)
{
    struct synthetic run;
    struct lg_record *record = start(&run);
    synthetic_add_failure(&run, record, "a.c", 1, "x");
    struct lg_failure *failure = (struct lg_failure *)(void *)(run.ledger.attic + record->failures);
    failure->previous = record->failures;
    record->asserts_failed = 60;
    struct lg_text text = details(&run);
    CU_ASSERT_EQUAL(text.length, 50 * strlen("a.c:1: x\n") + strlen("... and 10 more\n"));
    lg_text_free(&text);
    synthetic_fini(&run);
}

static void test_gauges_are_told_before_and_after(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_evidence *evidence = synthetic_add_evidence(&run, record);
    run.options.budget.limits.values[LG_GAUGE_MMAP] = LG_BUDGET_UNLIMITED;
    evidence->before.segment_bytes[LG_SEGMENT_HEAP] = 135168;
    evidence->after.segment_bytes[LG_SEGMENT_HEAP] = 135168;
    evidence->before.segment_bytes[LG_SEGMENT_ANON] = 8192;
    evidence->after.segment_bytes[LG_SEGMENT_ANON] = 12288;
    evidence->before.live_bytes = 1000;
    evidence->after.live_bytes = 1640;
    record->growth.values[LG_GAUGE_MMAP] = 4096;
    check(&run,
          "\n"
          "gauge            before          after         growth      per run       budget\n"
          "heap             135168         135168             +0           +0            0\n"
          "mmap               8192          12288          +4096         +410         none\n"
          "live               1000           1640           +640          +64            0  over\n"
          "bytes, over 10 runs\n");
}

static void test_fragmentation_is_told_where_there_is_some(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_evidence *evidence = synthetic_add_evidence(&run, record);
    evidence->after.arena_bytes = 8192;
    record->measured = BIT(FRAG) | BIT(LIVE);
    record->growth.values[LG_GAUGE_FRAG] = 8192;
    check(&run,
          "\n"
          "gauge            before          after         growth      per run       budget\n"
          "live                  0              0           +640          +64            0  over\n"
          "frag                  0           8192          +8192         +820         none\n"
          "bytes, over 10 runs\n");
}

/* The evidence of a test judged on its first run is that run's: its growth and no other. */
static void test_one_run_is_told_as_one(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    synthetic_add_evidence(&run, record);
    record->measured = BIT(LIVE);
    record->repeat = LG_REPEAT_CRASHED;
    record->first_growth.values[LG_GAUGE_LIVE] = 32;
    check(&run,
          "\n"
          "gauge            before          after         growth      per run       budget\n"
          "live                  0              0            +32          +32            0  over\n"
          "bytes, over 1 run\n");
}

static struct lg_step *add_steps(struct synthetic *run, struct lg_record *record, uint32_t count)
{
    struct lg_step *steps =
        lg_ledger_allocate(&run->ledger, count * sizeof(*steps), &record->steps);
    CU_ASSERT_PTR_NOT_NULL_FATAL(steps);
    record->steps_count = count;
    return steps;
}

static void test_growth_is_told_run_by_run(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_step *steps = add_steps(&run, record, 4);
    steps[0] = (struct lg_step){.runs = 1, .warm_up = 1};
    steps[0].growth.values[LG_GAUGE_LIVE] = 4112;
    steps[0].growth.values[LG_GAUGE_HEAP] = 8192;
    steps[1] = (struct lg_step){.runs = 1};
    steps[2] = (struct lg_step){.runs = 4};
    steps[2].growth.values[LG_GAUGE_LIVE] = 256;
    steps[3] = (struct lg_step){.runs = 8};
    steps[3].growth.values[LG_GAUGE_FDS] = -2;
    check(&run, "\ngrowth by run:\n"
                "  run 1 (warm-up): heap +8192 B, live +4112 B\n"
                "  run 2: none\n"
                "  runs 3-6: live +256 B\n"
                "  runs 7-14: fds -2\n"
                "  live per run: +0 B to +64 B in 3 measurements\n");
}

static void test_more_steps_than_are_kept_are_not_read(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_step *steps = add_steps(&run, record, LG_LEDGER_MAX_STEPS);
    for (int i = 0; i < LG_LEDGER_MAX_STEPS; i++)
        steps[i].runs = 1;
    record->steps_count = UINT32_MAX;
    struct lg_text text = details(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "  run 24: none\n"));
    CU_ASSERT_PTR_NULL(strstr(lg_text_string(&text), "run 25"));
    lg_text_free(&text);
    synthetic_fini(&run);
}

static void test_mappings_that_grew_are_told(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_evidence *evidence = synthetic_add_evidence(&run, record);
    record->measured = BIT(LIVE);
    evidence->grown_count = 5;
    evidence->grown_kept = 2;
    evidence->grown[0].mapping = (struct lg_grown_mapping){
        {0x7f93c68c0000, 0x7f93c69c0000}, 0x100000, LG_SEGMENT_ANON, LG_MAPPING_READ, 0};
    evidence->grown[1].mapping =
        (struct lg_grown_mapping){{0x1000, 0x2000},
                                  4096,
                                  LG_SEGMENT_SHARED,
                                  LG_MAPPING_WRITE | LG_MAPPING_EXEC | LG_MAPPING_SHARED,
                                  1};
    evidence->grown[1].name = lg_ledger_add_text(&run.ledger, "/memfd:a\x1b[1m");
    check(&run,
          "\n"
          "gauge            before          after         growth      per run       budget\n"
          "live                  0              0           +640          +64            0  over\n"
          "bytes, over 10 runs\n"
          "\n"
          "mappings that grew:\n"
          "  7f93c68c0000-7f93c69c0000 r--p anon         +1048576 B (1 MiB)\n"
          "  000000001000-000000002000 -wxs shared       +4096 B  /memfd:a\n"
          "  ... and 3 more\n");
}

static void test_mappings_that_are_all_shown_have_no_rest(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_evidence *evidence = synthetic_add_evidence(&run, record);
    evidence->grown_count = evidence->grown_kept = 1;
    struct lg_text text = details(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "mappings that grew:\n"));
    CU_ASSERT_PTR_NULL(strstr(lg_text_string(&text), "more\n"));
    lg_text_free(&text);
    synthetic_fini(&run);
}

static void test_what_was_left_behind_is_told(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_evidence *evidence = synthetic_add_evidence(&run, record);
    evidence->left_kept = 2;
    evidence->left[0] = lg_ledger_add_text(&run.ledger, "fd 5: /tmp/x\x1b[1m\xff");
    evidence->left[1] = lg_ledger_add_text(&run.ledger, "thread 71 'worker', sleeping");
    struct lg_text text = details(&run);
    const char *left = strstr(lg_text_string(&text), "\nleft behind:\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(left);
    CU_ASSERT_STRING_EQUAL(left, "\nleft behind:\n"
                                 "  fd 5: /tmp/x\\xff\n"
                                 "  thread 71 'worker', sleeping\n");
    lg_text_free(&text);
    synthetic_fini(&run);
}

static void test_more_left_behind_than_is_kept_is_told(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_evidence *evidence = synthetic_add_evidence(&run, record);
    evidence->left_kept = UINT32_MAX;
    for (int i = 0; i < LG_LEDGER_MAX_LEFT; i++)
        evidence->left[i] = lg_ledger_add_text(&run.ledger, "fd 5: /tmp/x");
    struct lg_text text = details(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "  fd 5: /tmp/x\n  ... and maybe more\n"));
    lg_text_free(&text);
    synthetic_fini(&run);
}

static void test_evidence_that_lies_is_read_within_its_bounds(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    struct lg_evidence *evidence = synthetic_add_evidence(&run, record);
    memset(evidence, 0xff, sizeof(*evidence));
    evidence->grown[0].mapping.segment = LG_SEGMENT_COUNT;
    struct lg_text text = details(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "mappings that grew:\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), " special "));
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "  ... and 4294967279 more\n"));
    lg_text_free(&text);
    synthetic_fini(&run);
}

static void test_a_leak_within_its_budget_has_no_details(void)
{
    struct synthetic run;
    struct lg_record *record = start_leak(&run);
    synthetic_add_evidence(&run, record);
    run.options.budget.limits.values[LG_GAUGE_LIVE] = 64;
    check(&run, "");
}

static struct lg_row row_of(enum lg_verdict_kind kind, lg_gauge_set over)
{
    return (struct lg_row){.verdict = {.kind = kind, .over = over}};
}

static void check_type(enum lg_verdict_kind kind, lg_gauge_set over, const char *type)
{
    struct lg_row row = row_of(kind, over);
    CU_ASSERT_STRING_EQUAL(lg_message_type(&row), type);
}

static void test_types_are_dotted_and_name_the_first_gauge(void)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        char type[32];
        snprintf(type, sizeof(type), "leak.%s", lg_gauge_name((enum lg_gauge)gauge));
        check_type(LG_VERDICT_LEAKED, LG_GAUGE_BIT(gauge), type);
    }
    check_type(LG_VERDICT_LEAKED, BIT(LIVE) | BIT(HEAP), "leak.heap");
    check_type(LG_VERDICT_LEAKED, BIT(CHILDREN) | BIT(FDS), "leak.fds");
    check_type(LG_VERDICT_FAILED, 0, "test.assertion");
    check_type(LG_VERDICT_CRASHED, 0, "test.crash");
    check_type(LG_VERDICT_TIMED_OUT, 0, "test.timeout");
    check_type(LG_VERDICT_EXITED_EARLY, 0, "test.exit");
    check_type(LG_VERDICT_BROKEN, 0, "leakgate.broken");
    check_type(LG_VERDICT_PASSED, 0, "");
    check_type(LG_VERDICT_SKIPPED, 0, "");
}

int add_message_details_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_test_that_passed_has_no_details),
        UNIT_TEST(test_failed_assertions_are_in_the_order_of_time),
        UNIT_TEST(test_fifty_failures_are_shown_and_the_rest_counted),
        UNIT_TEST(test_failures_that_were_not_kept_are_counted),
        UNIT_TEST(test_a_chain_of_failures_without_end_is_cut),
        UNIT_TEST(test_gauges_are_told_before_and_after),
        UNIT_TEST(test_fragmentation_is_told_where_there_is_some),
        UNIT_TEST(test_one_run_is_told_as_one),
        UNIT_TEST(test_growth_is_told_run_by_run),
        UNIT_TEST(test_more_steps_than_are_kept_are_not_read),
        UNIT_TEST(test_mappings_that_grew_are_told),
        UNIT_TEST(test_mappings_that_are_all_shown_have_no_rest),
        UNIT_TEST(test_what_was_left_behind_is_told),
        UNIT_TEST(test_more_left_behind_than_is_kept_is_told),
        UNIT_TEST(test_evidence_that_lies_is_read_within_its_bounds),
        UNIT_TEST(test_a_leak_within_its_budget_has_no_details),
        UNIT_TEST(test_types_are_dotted_and_name_the_first_gauge),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("message details", tests);
}
