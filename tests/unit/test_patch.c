#include "unit.h"

#include "agent/patch.h"

#include <CUnit/CUnit.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __x86_64__

/* The variable lies 256 bytes behind the instruction that loads it. */
#define LOAD 0x48, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00
#define MARK 0xf3, 0x0f, 0x1e, 0xfa
#define FRAME 0x55, 0x48, 0x89, 0xe5
#define NO_VARIABLE 0

struct code {
    unsigned char bytes[32];
    ptrdiff_t variable; /* from the first byte on */
};

static void check(const struct code *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned char *bytes = codes[i].bytes;
        const void *expected = codes[i].variable == NO_VARIABLE ? NULL : bytes + codes[i].variable;
        CU_ASSERT_PTR_EQUAL(lg_patch_variable(bytes), expected);
    }
}

static void test_the_variable_is_found_in_what_compilers_make(void)
{
    static const struct code codes[] = {
        {{LOAD, 0xc3}, 7 + 256},
        {{MARK, LOAD, 0xc3}, 11 + 256},
        {{FRAME, LOAD, 0x5d, 0xc3}, 11 + 256},
        {{MARK, FRAME, LOAD, 0x5d, 0xc3}, 15 + 256},
        {{0x48, 0x8b, 0x05, 0xf0, 0xff, 0xff, 0xff, 0xc3}, 7 - 16},
    };
    check(codes, sizeof(codes) / sizeof(codes[0]));
}

static void test_code_that_does_more_has_none(void)
{
    static const struct code codes[] = {
        {{0xc3}, NO_VARIABLE},
        {{0x8b, 0x05, 0x00, 0x01, 0x00, 0x00, 0xc3}, NO_VARIABLE}, /* 4 bytes */
        {{LOAD, 0x48, 0x8b, 0x00, 0xc3}, NO_VARIABLE},             /* what it points to */
        {{LOAD, 0x5d, 0xc3}, NO_VARIABLE},                         /* no frame */
        {{FRAME, LOAD, 0xc3}, NO_VARIABLE},                        /* left with it */
        {{0xff, 0x25, 0x00, 0x00, 0x00, 0x00, 0x48, 0x8b, 0x05}, NO_VARIABLE}, /* a jump of ours */
    };
    check(codes, sizeof(codes) / sizeof(codes[0]));
}

#endif

static void *variable = &variable;

static void *read_variable(void)
{
    return variable;
}

/* However this is compiled: right, or not at all. */
static void test_a_function_of_this_program_reads_no_other(void)
{
    void *(*function)(void) = read_variable;
    void *found = lg_patch_variable(*(void **)&function);
    CU_ASSERT(found == NULL || found == &variable);
    CU_ASSERT_PTR_EQUAL(function(), &variable);
}

int add_patch_suite(void)
{
    CU_TestInfo tests[] = {
#ifdef __x86_64__
        UNIT_TEST(test_the_variable_is_found_in_what_compilers_make),
        UNIT_TEST(test_code_that_does_more_has_none),
#endif
        UNIT_TEST(test_a_function_of_this_program_reads_no_other),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("patch", tests);
}
