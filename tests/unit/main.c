/* Runs every suite. Exits 0 when all tests passed, else 1. */
#include "unit.h"

#include <CUnit/Basic.h>
#include <libxml/parser.h>
#include <stdio.h>

typedef int add_suite(void);

static add_suite *const suites[] = {
    add_gauge_suite,
    add_maps_suite,
    add_maps_lines_suite,
    add_maps_classes_suite,
    add_sample_suite,
    add_sample_growth_suite,
    add_ledger_suite,
    add_ledger_hostile_suite,
    add_slip_suite,
    add_watch_suite,
    add_timeout_suite,
    add_oom_suite,
    add_proc_suite,
    add_trial_suite,
    add_trial_steps_suite,
    add_trial_insist_suite,
    add_elf_suite,
    add_table_suite,
    add_trace_blocks_suite,
    add_trace_sites_suite,
    add_trace_unloaded_suite,
    add_trace_ranges_suite,
    add_trace_ranges_random_suite,
    add_budget_suite,
    add_rules_suite,
    add_budgets_suite,
    add_budgets_line_suite,
    add_budgets_update_suite,
    add_budgets_update_edges_suite,
    add_budgets_update_random_suite,
    add_need_suite,
    add_ratchet_suite,
    add_budgets_stale_suite,
    add_budgets_file_suite,
    add_lines_suite,
    add_text_suite,
    add_text_clean_suite,
    add_facts_suite,
    add_inspect_suite,
    add_options_suite,
    add_options_errors_suite,
    add_options_order_suite,
    add_verdict_suite,
    add_verdict_suppress_suite,
    add_source_suite,
    add_suppressions_suite,
    add_suppressions_match_suite,
    add_symbols_suite,
    add_symbols_frames_suite,
    add_symbols_hostile_suite,
    add_symbols_pool_suite,
    add_leaks_suite,
    add_leaks_sums_suite,
    add_last_words_suite,
    add_leaks_hostile_suite,
    add_message_suite,
    add_message_budgets_suite,
    add_message_details_suite,
    add_message_leaks_suite,
    add_message_leaks_sums_suite,
    add_message_program_suite,
    add_results_suite,
    add_join_suite,
    add_outputs_suite,
    add_patch_suite,
    add_junit_suite,
    add_junit_files_suite,
    add_console_suite,
    add_reports_leaks_suite,
    add_reports_suppressions_suite,
    add_html_suite,
    add_html_charts_suite,
    add_segments_suite,
    add_blindness_suite,
    add_doctor_suite,
    add_no_memory_suite,
};

/* One test asks for more memory than there is, and looks at what it gets. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

int unit_add_suite(const char *name, CU_TestInfo *tests)
{
    CU_SuiteInfo info[] = {{name, NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(info);
}

int main(void)
{
    int status = 1;
    xmlInitParser();
    if (CU_initialize_registry() != CUE_SUCCESS)
        goto out;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (suites[i]() != CUE_SUCCESS)
            goto out;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    if (CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_failures() == 0)
        status = 0;
out:
    if (CU_get_error() != CUE_SUCCESS)
        fprintf(stderr, "leakgate_unit: %s\n", CU_get_error_msg());
    CU_cleanup_registry();
    xmlCleanupParser();
    return status;
}
