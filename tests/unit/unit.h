/* The unit tests: one function per suite registers it with CUnit.
 *
 * A test frees what it allocates, removes the files it makes and leaves no state
 * behind: each may run alone, in any order, and many times in one process. */
#ifndef LG_UNIT_UNIT_H
#define LG_UNIT_UNIT_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

/* A row of a suite's tests: the function's name is the test's. */
#define UNIT_TEST(function) ((CU_TestInfo){#function, function})

/* Registers TESTS, ended by CU_TEST_INFO_NULL, as the suite NAME. Returns 0 or CUnit's error. */
int unit_add_suite(const char *name, CU_TestInfo *tests);

int add_blindness_suite(void);
int add_budget_suite(void);
int add_budgets_suite(void);
int add_budgets_line_suite(void);
int add_budgets_update_suite(void);
int add_budgets_update_edges_suite(void);
int add_budgets_update_random_suite(void);
int add_need_suite(void);
int add_budgets_stale_suite(void);
int add_budgets_file_suite(void);
int add_console_suite(void);
int add_doctor_suite(void);
int add_elf_suite(void);
int add_facts_suite(void);
int add_gauge_suite(void);
int add_html_suite(void);
int add_html_charts_suite(void);
int add_inspect_suite(void);
int add_join_suite(void);
int add_junit_suite(void);
int add_junit_files_suite(void);
int add_leaks_suite(void);
int add_last_words_suite(void);
int add_leaks_hostile_suite(void);
int add_leaks_sums_suite(void);
int add_ledger_suite(void);
int add_ledger_hostile_suite(void);
int add_lines_suite(void);
int add_maps_suite(void);
int add_maps_classes_suite(void);
int add_maps_lines_suite(void);
int add_message_suite(void);
int add_message_budgets_suite(void);
int add_message_details_suite(void);
int add_message_leaks_suite(void);
int add_message_leaks_sums_suite(void);
int add_message_program_suite(void);
int add_no_memory_suite(void);
int add_options_suite(void);
int add_options_errors_suite(void);
int add_options_order_suite(void);
int add_outputs_suite(void);
int add_patch_suite(void);
int add_proc_suite(void);
int add_ratchet_suite(void);
int add_reports_leaks_suite(void);
int add_reports_suppressions_suite(void);
int add_results_suite(void);
int add_rules_suite(void);
int add_sample_suite(void);
int add_sample_growth_suite(void);
int add_segments_suite(void);
int add_slip_suite(void);
int add_source_suite(void);
int add_suppressions_suite(void);
int add_suppressions_match_suite(void);
int add_symbols_suite(void);
int add_symbols_frames_suite(void);
int add_symbols_hostile_suite(void);
int add_symbols_pool_suite(void);
int add_table_suite(void);
int add_text_suite(void);
int add_text_clean_suite(void);
int add_trace_blocks_suite(void);
int add_trace_ranges_suite(void);
int add_trace_ranges_random_suite(void);
int add_trace_sites_suite(void);
int add_trace_unloaded_suite(void);
int add_trial_suite(void);
int add_trial_insist_suite(void);
int add_trial_steps_suite(void);
int add_verdict_suite(void);
int add_verdict_suppress_suite(void);
int add_watch_suite(void);
int add_timeout_suite(void);
int add_oom_suite(void);

#endif
