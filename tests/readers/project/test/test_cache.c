#include "cache.h"

#include <CUnit/Basic.h>

static void test_put_and_drop(void)
{
    cache_drop(cache_put(10));
}

static void test_put_only(void)
{
    CU_ASSERT_PTR_NOT_NULL(cache_put(100));
}

static void test_put_twice(void)
{
    char *entry = cache_put(1000);
    CU_ASSERT_PTR_NOT_NULL(cache_put(1000));
    cache_drop(entry);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("cache", NULL, NULL);
    CU_add_test(suite, "put_and_drop", test_put_and_drop);
    CU_add_test(suite, "put_only", test_put_only);
    CU_add_test(suite, "put_twice: 100%, <all> of it", test_put_twice);
    CU_basic_run_tests();
    CU_cleanup_registry();
    return 0;
}
