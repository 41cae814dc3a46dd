/* A suite as a user of libxml2 would have: its tests pass, and leak nothing. Exits 0, or 1 if
 * one fails. */

#include "xml.h"

#include <CUnit/Basic.h>
#include <libxml/xmlerror.h>

static void print_nothing(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"parse", NULL, NULL, NULL, NULL, parse_tests},
        {"tree", NULL, NULL, NULL, NULL, tree_tests},
        {"xpath", xpath_suite_init, xpath_suite_clean, NULL, NULL, xpath_tests},
        {"writer", NULL, NULL, NULL, NULL, writer_tests},
        {"reader", NULL, NULL, NULL, NULL, reader_tests},
        {"schema", schema_suite_init, schema_suite_clean, NULL, NULL, schema_tests},
        CU_SUITE_INFO_NULL,
    };
    unsigned int failures;

    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, print_nothing);
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 1;
    CU_basic_run_tests();
    failures = CU_get_number_of_failure_records();
    CU_cleanup_registry();
    xmlCleanupParser();
    return failures != 0;
}
