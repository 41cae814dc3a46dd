/* leakgate_behaviour [SUITE...]: all suites, or those that are named. Exits 0, 1 where a test has
 * failed, 2 where there is no such suite. */
#include "command.h"

#include <CUnit/Basic.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*add)(void);
} suites[] = {
    {"verdicts", add_verdicts_suite},   {"cunit", add_cunit_suite},
    {"report", add_report_suite},       {"cli", add_cli_suite},
    {"agent", add_agent_suite},         {"trace", add_trace_suite},
    {"budgets", add_budgets_suite},     {"budgets_update", add_budgets_update_suite},
    {"in_source", add_in_source_suite}, {"capture", add_capture_suite},
    {"crash", add_crash_suite},         {"order", add_order_suite},
    {"jobs", add_jobs_suite},           {"rest", add_rest_suite},
};

#define SUITES (sizeof(suites) / sizeof(*suites))

static bool add_suites(int count, char **names)
{
    int known = 0;
    for (size_t i = 0; i < SUITES; i++) {
        bool wanted = count == 0;
        for (int j = 0; j < count; j++)
            wanted |= strcmp(suites[i].name, names[j]) == 0;
        known += wanted;
        if (wanted && suites[i].add() != 0)
            return false;
    }
    if (count > 0 && known != count)
        fprintf(stderr, "leakgate_behaviour: there is no such suite\n");
    return count == 0 || known == count;
}

int main(int argc, char **argv)
{
    xmlInitParser();
    if (CU_initialize_registry() != CUE_SUCCESS || !add_suites(argc - 1, argv + 1))
        return 2;
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    xmlCleanupParser();
    return failed > 0;
}
