#include "shapes.h"

#include <CUnit/Basic.h>
#include <stdlib.h>

static void test_square(void)
{
    CU_ASSERT_EQUAL(area(0, 2), 4);
}

static void test_circle(void)
{
    CU_ASSERT_EQUAL(area(1, 2), 12);
}

/* It leaks, and is run again and again, and traced. */
static void test_unknown(void)
{
    static void *volatile kept;
    kept = malloc(100);
    CU_ASSERT_EQUAL(area(7, 2), 0);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("shapes", NULL, NULL);
    CU_add_test(suite, "square", test_square);
    CU_add_test(suite, "circle", test_circle);
    CU_add_test(suite, "unknown", test_unknown);
    CU_basic_run_tests();
    CU_cleanup_registry();
    return 0;
}
