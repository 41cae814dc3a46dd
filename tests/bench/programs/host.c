/* A CUnit program of so many tests that do so much work, in a process that holds so much:
 *   host [tests=N] [work=ROUNDS] [mappings=N] [resident_mib=N] [free_chunks=N] [bare=1]
 * With bare=1 the same process, with the same tests registered, forks for each of them a child
 * that does the work, and waits for it: what any runner with a process for each test has to do.
 * Exits 0; 1 if a test fails; 2 for a wrong argument, or where there is no memory. */

#include "load.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bench_load load;

static void test(void)
{
    bench_work(load.work);
    CU_ASSERT(1);
}

static int add_tests(void)
{
    CU_pSuite suite = NULL;

    for (size_t i = 0; i < load.tests; ++i) {
        char name[32];

        if (i % BENCH_SUITE_TESTS == 0) {
            snprintf(name, sizeof name, "suite_%05zu", i / BENCH_SUITE_TESTS);
            suite = CU_add_suite(name, NULL, NULL);
        }
        snprintf(name, sizeof name, "test_%06zu", i);
        if (suite == NULL || CU_add_test(suite, name, test) == NULL)
            return 1;
    }
    return 0;
}

static int run_bare(void)
{
    for (size_t i = 0; i < load.tests; ++i) {
        int status;
        pid_t child = fork();

        if (child == 0) {
            bench_work(load.work);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int failed;

    load = bench_load_read(argc, argv);
    if (CU_initialize_registry() != CUE_SUCCESS || add_tests() != 0)
        return 2;
    bench_load_take(&load);
    if (load.bare) {
        failed = run_bare();
    } else {
        CU_basic_run_tests();
        failed = CU_get_number_of_failure_records() != 0;
    }
    CU_cleanup_registry();
    return failed;
}
