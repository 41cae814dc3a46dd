/* The tests of host.c, as those of Criterion, each in a process of its own, one at a time. The
 * process of a test is not forked from this one, and has none of its memory: only the number of
 * tests and their work can be told. */

#include "load.h"

#include <criterion/criterion.h>
#include <criterion/options.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>

ParameterizedTestParameters(host, test)
{
    size_t tests = strtoul(getenv("BENCH_TESTS"), NULL, 10);
    size_t *work = cr_malloc(tests * sizeof *work);

    for (size_t i = 0; i < tests; ++i)
        work[i] = strtoul(getenv("BENCH_WORK"), NULL, 10);
    return cr_make_param_array(size_t, work, tests);
}

ParameterizedTest(size_t *work, host, test)
{
    bench_work(*work);
    cr_assert(1);
}

static void tell(const char *name, size_t number)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%zu", number);
    setenv(name, digits, 1);
}

int main(int argc, char **argv)
{
    struct bench_load load = bench_load_read(argc, argv);
    struct criterion_test_set *tests;
    int passed;

    tell("BENCH_TESTS", load.tests);
    tell("BENCH_WORK", load.work);
    tests = criterion_initialize();
    criterion_options.jobs = 1;
    passed = criterion_run_all_tests(tests);
    criterion_finalize(tests);
    return !passed;
}
