/* Which processes share their symbols. */
#include "runner/symbols_pool.h"
#include "scarce.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MAPS_OF(module) "100000-200000 r-xp 00000000 fe:00 7 /no/such/folder/" module "\n"
#define MORE "300000-400000 r-xp 00000000 fe:00 8 /no/such/folder/more\n"
#define TOO_MANY 200 /* allocations */

static void test_equal_maps_share_symbols_wherever_the_text_is(void)
{
    struct lg_symbols_pool pool = {0};
    static const char text[] = MAPS_OF("tests");
    char *copy = strdup(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    struct lg_symbols *symbols = lg_symbols_pool_get(&pool, text, false);
    CU_ASSERT_PTR_NOT_NULL(symbols);
    CU_ASSERT_PTR_EQUAL(lg_symbols_pool_get(&pool, copy, false), symbols);
    CU_ASSERT_PTR_EQUAL(lg_symbols_pool_get(&pool, text, false), symbols);
    CU_ASSERT_EQUAL(pool.count, 1);
    lg_symbols_pool_free(&pool);
    free(copy);
}

static void test_other_maps_have_symbols_of_their_own(void)
{
    struct lg_symbols_pool pool = {0};
    struct lg_symbols *one = lg_symbols_pool_get(&pool, MAPS_OF("one"), false);
    struct lg_symbols *two = lg_symbols_pool_get(&pool, MAPS_OF("two"), false);
    struct lg_symbols *both = lg_symbols_pool_get(&pool, MAPS_OF("one") MORE, false);
    CU_ASSERT(one != NULL && two != NULL && both != NULL);
    CU_ASSERT(one != two && one != both && two != both);
    CU_ASSERT_PTR_EQUAL(lg_symbols_pool_get(&pool, MAPS_OF("one"), false), one);
    CU_ASSERT_PTR_EQUAL(lg_symbols_pool_get(&pool, MAPS_OF("two"), false), two);
    struct lg_frame frame = {0};
    CU_ASSERT_EQUAL_FATAL(lg_symbols_frames(two, 0x100010, &frame, 1), 1);
    CU_ASSERT_STRING_EQUAL(frame.module, "/no/such/folder/two");
    lg_symbols_pool_free(&pool);
}

static void test_maps_of_nothing_have_no_symbols(void)
{
    struct lg_symbols_pool pool = {0};
    CU_ASSERT_PTR_NULL(lg_symbols_new("", false));
    CU_ASSERT_PTR_NULL(lg_symbols_pool_get(&pool, "", false));
    CU_ASSERT_EQUAL(pool.count, 0);
    lg_symbols_pool_free(&pool);
}

static void test_a_pool_that_was_freed_is_empty_and_of_use(void)
{
    struct lg_symbols_pool pool = {0};
    lg_symbols_pool_free(&pool);
    CU_ASSERT_PTR_NOT_NULL(lg_symbols_pool_get(&pool, MAPS_OF("tests"), false));
    lg_symbols_pool_free(&pool);
    CU_ASSERT(pool.rows == NULL && pool.count == 0);
    CU_ASSERT_PTR_NOT_NULL(lg_symbols_pool_get(&pool, MAPS_OF("tests"), false));
    lg_symbols_pool_free(&pool);
    lg_symbols_pool_free(&pool);
}

static void test_without_memory_there_are_no_symbols_or_all(void)
{
    bool ran_out = true;
    unsigned number = 1;
    for (; ran_out && number < TOO_MANY; number++) {
        struct lg_symbols_pool pool = {0};
        scarce_memory(number);
        struct lg_symbols *symbols = lg_symbols_pool_get(&pool, MAPS_OF("tests"), false);
        ran_out = scarce_memory_ran_out();
        scarce_memory(0);
        CU_ASSERT_EQUAL(pool.count, symbols != NULL ? 1 : 0);
        CU_ASSERT_PTR_NOT_NULL(lg_symbols_pool_get(&pool, MAPS_OF("tests"), false));
        CU_ASSERT_EQUAL(pool.count, 1);
        lg_symbols_pool_free(&pool);
    }
    CU_ASSERT(number > 2 && number < TOO_MANY);
}

int add_symbols_pool_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_equal_maps_share_symbols_wherever_the_text_is),
        UNIT_TEST(test_other_maps_have_symbols_of_their_own),
        UNIT_TEST(test_maps_of_nothing_have_no_symbols),
        UNIT_TEST(test_a_pool_that_was_freed_is_empty_and_of_use),
        UNIT_TEST(test_without_memory_there_are_no_symbols_or_all),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("symbols pool", tests);
}
