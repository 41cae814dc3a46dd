/* This program's own functions, looked up in its own debug information. */
#include "runner/symbols.h"
#include "support.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* It returns the line that its own name is on. */
__attribute__((noinline)) static int landmark(void)
{
    return __LINE__ - 2;
}

static int (*volatile const landmark_pointer)(void) = landmark;

static uint64_t landmark_address(void)
{
    return (uint64_t)(uintptr_t)landmark_pointer;
}

static struct lg_symbols *own_symbols(void)
{
    char *maps = read_file("/proc/self/maps", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
    struct lg_symbols *symbols = lg_symbols_new(maps, false);
    free(maps);
    return symbols;
}

static void check_unknown(struct lg_location location)
{
    CU_ASSERT_PTR_NULL(location.function);
    CU_ASSERT_PTR_NULL(location.file);
    CU_ASSERT_EQUAL(location.line, 0);
}

/* The last part of PATH; "(none)" for NULL. */
static const char *file_name(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return path == NULL ? "(none)" : slash != NULL ? slash + 1 : path;
}

static void test_a_function_is_found_where_it_is_defined(void)
{
    struct lg_symbols *symbols = own_symbols();
    CU_ASSERT_PTR_NOT_NULL(symbols);
    struct lg_location location = lg_symbols_function(symbols, landmark_address());
    CU_ASSERT_STRING_EQUAL(file_name(location.function), "landmark");
    CU_ASSERT_STRING_EQUAL(file_name(location.file), "test_symbols.c");
    CU_ASSERT_EQUAL((int)location.line, landmark());
    lg_symbols_free(symbols);
}

static void test_an_address_within_a_function_is_its_functions(void)
{
    struct lg_symbols *symbols = own_symbols();
    CU_ASSERT_PTR_NOT_NULL_FATAL(symbols);
    struct lg_location first = lg_symbols_function(symbols, landmark_address());
    struct lg_location second = lg_symbols_function(symbols, landmark_address() + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first.function);
    CU_ASSERT_PTR_NOT_NULL_FATAL(second.function);
    CU_ASSERT_STRING_EQUAL(second.function, first.function);
    CU_ASSERT_EQUAL(second.line, first.line);
    lg_symbols_free(symbols);
}

static void test_addresses_outside_of_any_module_are_unknown(void)
{
    struct lg_symbols *symbols = own_symbols();
    uint64_t local = (uint64_t)(uintptr_t)&symbols;
    CU_ASSERT_PTR_NOT_NULL_FATAL(symbols);
    check_unknown(lg_symbols_function(symbols, 0));
    check_unknown(lg_symbols_function(symbols, 1));
    check_unknown(lg_symbols_function(symbols, local));
    check_unknown(lg_symbols_function(symbols, UINT64_MAX));
    lg_symbols_free(symbols);
}

static void test_data_is_no_function_with_a_place(void)
{
    struct lg_symbols *symbols = own_symbols();
    CU_ASSERT_PTR_NOT_NULL_FATAL(symbols);
    struct lg_location location =
        lg_symbols_function(symbols, (uint64_t)(uintptr_t)&landmark_pointer);
    CU_ASSERT_PTR_NULL(location.file);
    CU_ASSERT_EQUAL(location.line, 0);
    lg_symbols_free(symbols);
}

static void test_without_symbols_all_is_unknown(void)
{
    check_unknown(lg_symbols_function(NULL, landmark_address()));
    lg_symbols_free(NULL);
}

static void test_no_maps_are_no_symbols(void)
{
    CU_ASSERT_PTR_NULL(lg_symbols_new("", false));
}

static void test_text_that_is_no_maps_is_no_symbols(void)
{
    struct lg_symbols *symbols = lg_symbols_new("this is\nno maps\n", false);
    check_unknown(lg_symbols_function(symbols, landmark_address()));
    CU_ASSERT_PTR_NULL(symbols);
    lg_symbols_free(symbols);
}

static void test_maps_of_files_that_are_gone_know_nothing(void)
{
    struct lg_symbols *symbols =
        lg_symbols_new("400000-401000 r--p 00000000 fe:00 7 /no/such/folder/tests\n"
                       "401000-402000 r-xp 00001000 fe:00 7 /no/such/folder/tests\n",
                       false);
    struct lg_location location = lg_symbols_function(symbols, 0x401010);
    CU_ASSERT_PTR_NULL(location.file);
    CU_ASSERT_EQUAL(location.line, 0);
    lg_symbols_free(symbols);
}

int add_symbols_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_function_is_found_where_it_is_defined),
        UNIT_TEST(test_an_address_within_a_function_is_its_functions),
        UNIT_TEST(test_addresses_outside_of_any_module_are_unknown),
        UNIT_TEST(test_data_is_no_function_with_a_place),
        UNIT_TEST(test_without_symbols_all_is_unknown),
        UNIT_TEST(test_no_maps_are_no_symbols),
        UNIT_TEST(test_text_that_is_no_maps_is_no_symbols),
        UNIT_TEST(test_maps_of_files_that_are_gone_know_nothing),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("symbols", tests);
}
