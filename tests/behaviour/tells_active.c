/* Uses the public header, in a clean test, without linking anything for it. */
#include <CUnit/Basic.h>
#include <leakgate/leakgate.h>
#include <stdio.h>

static void test_tells(void)
{
    printf("active: %d\n", leakgate_active());
    CU_PASS("told");
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("header", NULL, NULL);
    CU_add_test(suite, "tells", test_tells);
    CU_basic_run_tests();
    CU_cleanup_registry();
    return 0;
}
