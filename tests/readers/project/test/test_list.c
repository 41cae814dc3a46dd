#include "list.h"

#include <CUnit/Basic.h>

static void test_length(void)
{
    const int items[] = {1, 2, 0};
    CU_ASSERT_EQUAL(list_length(items), 2);
}

static void test_empty(void)
{
    const int items[] = {0};
    CU_ASSERT_EQUAL(list_length(items), 0);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("list", NULL, NULL);
    CU_add_test(suite, "length", test_length);
    CU_add_test(suite, "empty", test_empty);
    CU_basic_run_tests();
    CU_cleanup_registry();
    return 0;
}
