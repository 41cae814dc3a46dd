/* From a ledger to the rows of a report: their order, their names, their counts. */
#include "support.h"
#include "synthetic.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_at(const struct synthetic *run, size_t row)
{
    return row < run->results.count ? run->results.rows[row].name : "(no such row)";
}

static void test_each_record_is_a_row_in_the_order_of_the_ledger(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "/home/user/project/build/cache_tests");
    synthetic_add_test(&run, "lookup", "hits");
    synthetic_add_leak(&run, "lookup", "evicts");
    synthetic_add_test(&run, "insert", "grows");
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.count, 3);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 0), "hits");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 1), "evicts");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 2), "grows");
    CU_ASSERT_STRING_EQUAL(run.results.rows[2].suite, "insert");
    CU_ASSERT_PTR_EQUAL(run.results.rows[0].record, &run.ledger.records[0]);
    CU_ASSERT_EQUAL(run.results.program_count, 1);
    CU_ASSERT_STRING_EQUAL(run.results.programs[0].name, "cache_tests");
    synthetic_fini(&run);
}

static void test_verdicts_are_judged_counted_and_told(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_leak(&run, "cache", "evicts");
    synthetic_add_failure(&run, synthetic_add_test(&run, "cache", "grows"), "cache.c", 7, "a");
    synthetic_add_test(&run, "cache", "idle")->state = LG_RECORD_INACTIVE;
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_PASSED], 1);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_LEAKED], 1);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_FAILED], 1);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_SKIPPED], 1);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_BROKEN], 0);
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/hits"), "");
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/evicts"),
                           "leaked live +64 B/run (budget 0 B), over 10 runs");
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/grows"),
                           "assertion failed: cache.c:7: a");
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/idle"), "inactive in CUnit");
    synthetic_fini(&run);
}

static void test_the_budget_of_the_options_holds(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    run.options.budget.limits.values[LG_GAUGE_LIVE] = 64;
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_leak(&run, "cache", "evicts");
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_PASSED], 1);
    CU_ASSERT_EQUAL(run.results.rows[0].verdict.grown, BIT(LIVE));
    synthetic_fini(&run);
}

static void test_equal_names_are_numbered_in_order(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_test(&run, "cache", "evicts");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_test(&run, "pool", "hits");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_read(&run);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 0), "hits");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 2), "hits [2]");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 3), "hits");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 4), "hits [3]");
    synthetic_fini(&run);
}

static void test_a_number_never_makes_a_name_that_is_there_already(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    static const char *const names[] = {"a", "a [2]", "a", "a [2]", "a", "a [4]"};
    for (size_t i = 0; i < 6; i++)
        synthetic_add_test(&run, "cache", names[i]);
    synthetic_read(&run);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 0), "a");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 1), "a [2]");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 5), "a [4]");
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_STRING_NOT_EQUAL(name_at(&run, i), name_at(&run, j));
    }
    synthetic_fini(&run);
}

static void test_names_that_are_equal_once_clean_are_numbered(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "cache", "a b");
    synthetic_add_test(&run, "cache", "a\nb");
    synthetic_add_test(&run, "cache", "\x1b[1ma\tb");
    synthetic_read(&run);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 0), "a b");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 1), "a b [2]");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 2), "a b [3]");
    synthetic_fini(&run);
}

static void test_names_are_clean_and_never_empty(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "",
                       "gr\xf6\xdf"
                       "e \x01");
    synthetic_add_test(&run, " \n\t", "\x1b[31m");
    synthetic_add_test(&run, NULL, NULL);
    synthetic_read(&run);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 0), "gr\\xf6\\xdfe \\x01");
    CU_ASSERT_STRING_EQUAL(run.results.rows[0].suite, "(unnamed)");
    CU_ASSERT_STRING_EQUAL(run.results.rows[1].suite, "(unnamed)");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 1), "(unnamed)");
    CU_ASSERT_STRING_EQUAL(name_at(&run, 2), "(unnamed) [2]");
    synthetic_fini(&run);
}

static void test_each_program_has_its_own_rows_and_name(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "/a/tests");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_host(&run, "/b/tests");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_test(&run, "cache", "evicts");
    synthetic_add_host(&run, "/b/tests [2]");
    synthetic_read(&run);
    CU_ASSERT_EQUAL_FATAL(run.results.program_count, 3);
    CU_ASSERT_STRING_EQUAL(run.results.programs[0].name, "tests");
    CU_ASSERT_STRING_EQUAL(run.results.programs[1].name, "tests [2]");
    CU_ASSERT_STRING_NOT_EQUAL(run.results.programs[2].name, "tests [2]");
    CU_ASSERT_EQUAL(run.results.programs[1].first, 1);
    CU_ASSERT_EQUAL(run.results.programs[1].count, 2);
    CU_ASSERT_EQUAL(run.results.programs[2].count, 0);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 1), "hits");
    synthetic_fini(&run);
}

static void test_a_host_without_a_path_has_the_programs_name(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, NULL);
    synthetic_read(&run);
    CU_ASSERT_STRING_EQUAL(run.results.programs[0].name, "cache_tests");
    synthetic_fini(&run);
}

static void test_without_a_host_there_is_a_row_about_the_program(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_read(&run);
    CU_ASSERT_EQUAL_FATAL(run.results.count, 1);
    CU_ASSERT_EQUAL(run.results.program_count, 1);
    CU_ASSERT_PTR_NULL(run.results.programs[0].host);
    CU_ASSERT_PTR_NULL(run.results.rows[0].record);
    CU_ASSERT_EQUAL(run.results.rows[0].verdict.kind, LG_VERDICT_BROKEN);
    CU_ASSERT_STRING_EQUAL(run.results.rows[0].suite, "leakgate");
    CU_ASSERT_STRING_EQUAL(run.results.rows[0].name, "(program)");
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_BROKEN], 1);
    synthetic_fini(&run);
}

static void test_selected_are_the_tests_of_this_filter_and_shard(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_test(&run, "cache", "idle")->state = LG_RECORD_INACTIVE;
    synthetic_add_test(&run, "cache", "other")->state = LG_RECORD_FILTERED;
    synthetic_add_test(&run, "cache", "later")->state = LG_RECORD_OTHER_SHARD;
    synthetic_add_test(&run, "cache", "unused")->state = LG_RECORD_UNUSED;
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.count, 4);
    CU_ASSERT_EQUAL(run.results.selected, 2);
    synthetic_fini(&run);
}

static void test_tests_not_reached_are_broken_when_the_run_was_cut(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    struct lg_host *host = synthetic_add_host(&run, "cache_tests");
    host->state = LG_HOST_RUNNING;
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_test(&run, "cache", "later")->state = LG_RECORD_REGISTERED;
    synthetic_read(&run);
    CU_ASSERT_EQUAL(synthetic_row(&run, "cache/later")->verdict.kind, LG_VERDICT_BROKEN);
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/later"),
                           "not run: the program ended before it");
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_EXITED_EARLY], 1);
    synthetic_fini(&run);
}

static void test_tests_the_program_left_out_are_skipped(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "cache", "later")->state = LG_RECORD_REGISTERED;
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.counts[LG_VERDICT_SKIPPED], 1);
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/later"), "the program did not run it");
    synthetic_fini(&run);
}

static void test_offsets_out_of_the_attic_are_unnamed_rows(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests")->maps = UINT32_MAX;
    struct lg_record *record = synthetic_add_leak(&run, "cache", "hits");
    record->suite = UINT32_MAX;
    record->name = LG_LEDGER_ATTIC_BYTES;
    record->failures = 12345;
    record->steps = 3;
    record->steps_count = UINT32_MAX;
    record->evidence = LG_LEDGER_ATTIC_BYTES - 8;
    record->function_address = UINT64_MAX;
    synthetic_read(&run);
    CU_ASSERT_EQUAL_FATAL(run.results.count, 1);
    CU_ASSERT_STRING_EQUAL(run.results.rows[0].suite, "(unnamed)");
    CU_ASSERT_EQUAL(run.results.rows[0].verdict.kind, LG_VERDICT_LEAKED);
    CU_ASSERT_PTR_NULL(run.results.rows[0].where.file);
    synthetic_fini(&run);
}

static void test_more_hosts_and_records_than_there_are_do_no_harm(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "cache", "hits");
    run.ledger.header->records_used += 100;
    run.ledger.header->hosts_used = UINT32_MAX;
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.count, 2); /* and a row that says so */
    CU_ASSERT_EQUAL(run.results.program_count, LG_LEDGER_MAX_HOSTS);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 0), "hits");
    synthetic_fini(&run);
}

static void test_a_test_is_where_its_function_is_defined(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    struct lg_host *host = synthetic_add_host(&run, "leakgate_unit");
    char *maps = read_file("/proc/self/maps", NULL);
    host->maps = lg_ledger_add_text(&run.ledger, maps);
    free(maps);
    synthetic_add_test(&run, "results", "here")->function_address =
        (uint64_t)(uintptr_t)&test_a_test_is_where_its_function_is_defined;
    synthetic_read(&run);
    const struct lg_location *where = &run.results.rows[0].where;
    CU_ASSERT(where->function != NULL && strcmp(where->function, __func__) == 0);
    CU_ASSERT(where->file != NULL && strstr(where->file, "test_results.c") != NULL);
    CU_ASSERT(where->line > 0);
    synthetic_fini(&run);
}

static void test_a_report_of_many_equal_names_is_unique(void)
{
    struct synthetic run;
    unsigned char seen[1001] = {0};
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    for (int i = 0; i < 1000; i++)
        synthetic_add_test(&run, "cache", "hits");
    synthetic_read(&run);
    CU_ASSERT_STRING_EQUAL(name_at(&run, 0), "hits");
    seen[1] = 1;
    for (size_t i = 1; i < run.results.count; i++) {
        unsigned number = 0;
        CU_ASSERT_EQUAL(sscanf(name_at(&run, i), "hits [%u]", &number), 1);
        CU_ASSERT_FATAL(number >= 2 && number <= 1000);
        seen[number]++;
    }
    CU_ASSERT_PTR_NULL(memchr(seen + 1, 0, 1000));
    synthetic_fini(&run);
}

int add_results_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_record_is_a_row_in_the_order_of_the_ledger),
        UNIT_TEST(test_verdicts_are_judged_counted_and_told),
        UNIT_TEST(test_the_budget_of_the_options_holds),
        UNIT_TEST(test_equal_names_are_numbered_in_order),
        UNIT_TEST(test_a_number_never_makes_a_name_that_is_there_already),
        UNIT_TEST(test_names_that_are_equal_once_clean_are_numbered),
        UNIT_TEST(test_names_are_clean_and_never_empty),
        UNIT_TEST(test_each_program_has_its_own_rows_and_name),
        UNIT_TEST(test_a_host_without_a_path_has_the_programs_name),
        UNIT_TEST(test_without_a_host_there_is_a_row_about_the_program),
        UNIT_TEST(test_selected_are_the_tests_of_this_filter_and_shard),
        UNIT_TEST(test_tests_not_reached_are_broken_when_the_run_was_cut),
        UNIT_TEST(test_tests_the_program_left_out_are_skipped),
        UNIT_TEST(test_offsets_out_of_the_attic_are_unnamed_rows),
        UNIT_TEST(test_more_hosts_and_records_than_there_are_do_no_harm),
        UNIT_TEST(test_a_test_is_where_its_function_is_defined),
        UNIT_TEST(test_a_report_of_many_equal_names_is_unique),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("results", tests);
}
