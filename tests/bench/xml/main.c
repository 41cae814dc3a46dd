/* A suite as a user of libxml2 would have: its tests pass, and leak nothing:
 *   xml [bare=1]
 * With bare=1 each test runs in a fork of its own, and nothing more: what any runner with a
 * process for each test has to do. Exits 0, or 1 if a test fails. */

#include "xml.h"

#include <CUnit/Basic.h>
#include <libxml/xmlerror.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TESTS 128

static struct {
    CU_pTest test;
    CU_TestFunc function;
} forked[MAX_TESTS];
static size_t forked_count;

static void print_nothing(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static void run_in_a_fork(void)
{
    CU_pTest test = CU_get_current_test();
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        for (size_t i = 0; i < forked_count; ++i)
            if (forked[i].test == test)
                forked[i].function();
        _exit(CU_get_number_of_failures() != 0);
    }
    CU_ASSERT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static int fork_for_each(void)
{
    for (CU_pSuite suite = CU_get_registry()->pSuite; suite != NULL; suite = suite->pNext) {
        for (CU_pTest test = suite->pTest; test != NULL; test = test->pNext) {
            if (forked_count == MAX_TESTS)
                return -1;
            forked[forked_count].test = test;
            forked[forked_count++].function = test->pTestFunc;
            test->pTestFunc = run_in_a_fork;
        }
    }
    return 0;
}

int main(int argc, char **argv)
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
    if (argc > 1 && strcmp(argv[1], "bare=1") == 0 && fork_for_each() != 0)
        return 1;
    CU_basic_run_tests();
    failures = CU_get_number_of_failure_records();
    CU_cleanup_registry();
    xmlCleanupParser();
    return failures != 0;
}
