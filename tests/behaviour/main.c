#include "command.h"

#include <CUnit/Basic.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>

int main(void)
{
    xmlInitParser();
    if (CU_initialize_registry() != CUE_SUCCESS || add_verdicts_suite() != 0 ||
        add_cunit_suite() != 0 || add_report_suite() != 0 || add_cli_suite() != 0 ||
        add_agent_suite() != 0 || add_trace_suite() != 0 || add_budgets_suite() != 0 ||
        add_budgets_update_suite() != 0 || add_in_source_suite() != 0 || add_capture_suite() != 0 ||
        add_crash_suite() != 0 || add_order_suite() != 0 || add_jobs_suite() != 0)
        return 2;
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    xmlCleanupParser();
    return failed > 0;
}
