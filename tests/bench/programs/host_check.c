/* The tests of host.c, as those of Check, each in a process of its own. */

#include "load.h"

#include <check.h>
#include <stdlib.h>

static struct bench_load load;

START_TEST(test)
{
    bench_work(load.work);
    ck_assert(1);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("host");
    TCase *group = NULL;
    SRunner *runner;
    int failed;

    load = bench_load_read(argc, argv);
    for (size_t i = 0; i < load.tests; ++i) {
        if (i % BENCH_SUITE_TESTS == 0) {
            group = tcase_create("group");
            suite_add_tcase(suite, group);
        }
        tcase_add_test(group, test);
    }
    bench_load_take(&load);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
