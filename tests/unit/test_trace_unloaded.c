/* Modules that are gone by the end of a traced run. */
#include "agent/trace/unloaded.h"
#include "unit.h"

#include <string.h>

#define PROGRAM "400000-500000 r-xp 00000000 fe:00 7 /bin/tests\n"
#define FIRST "700000-800000 r-xp 00000000 fe:00 8 /lib/first.so\n"
#define SECOND "780000-880000 r-xp 00000000 fe:00 9 /lib/second.so\n"
#define APART "900000-a00000 r-xp 00000000 fe:00 10 /lib/apart.so\n"

static char memory[LG_UNLOADED_BYTES];

static void begin(const char *text)
{
    memset(memory, 0, sizeof(memory));
    lg_unloaded_begin(text, memory);
}

/* What NOW becomes, with room for it all. */
static bool appended_is(const char *now, const char *expected)
{
    char text[1024];
    strcpy(text, now); /* NOLINT: texts of this file */
    lg_unloaded_append(text, sizeof(text));
    return strcmp(text, expected) == 0;
}

static size_t reused(const char *now, struct lg_range *out)
{
    return lg_unloaded_reused(now, out, 4);
}

static void test_an_unloaded_module_is_still_known(void)
{
    struct lg_range ranges[4];
    begin(PROGRAM);
    lg_unloaded_add(PROGRAM FIRST);
    lg_unloaded_add(PROGRAM FIRST);
    CU_ASSERT(appended_is(PROGRAM, PROGRAM FIRST));
    CU_ASSERT_EQUAL(reused(PROGRAM, ranges), 0);
}

static void test_a_module_of_the_beginning_is_still_known(void)
{
    begin(PROGRAM FIRST);
    CU_ASSERT(appended_is(PROGRAM, PROGRAM FIRST));
}

static void test_what_is_loaded_again_is_there_once(void)
{
    struct lg_range ranges[4];
    begin(PROGRAM);
    lg_unloaded_add(PROGRAM FIRST);
    CU_ASSERT(appended_is(PROGRAM FIRST, PROGRAM FIRST));
    CU_ASSERT_EQUAL(reused(PROGRAM FIRST, ranges), 0);
}

/* Its addresses would be taken for those of what is there now. */
static void test_a_module_in_the_place_of_another_is_told(void)
{
    struct lg_range ranges[4];
    begin(PROGRAM);
    lg_unloaded_add(PROGRAM FIRST APART);
    CU_ASSERT(appended_is(PROGRAM SECOND, PROGRAM SECOND APART));
    CU_ASSERT_EQUAL_FATAL(reused(PROGRAM SECOND, ranges), 1);
    CU_ASSERT(ranges[0].start == 0x700000 && ranges[0].end == 0x800000);
}

static void test_two_that_are_gone_may_have_had_one_place(void)
{
    struct lg_range ranges[4];
    begin(PROGRAM);
    lg_unloaded_add(PROGRAM FIRST);
    lg_unloaded_add(PROGRAM SECOND);
    CU_ASSERT(appended_is(PROGRAM, PROGRAM));
    CU_ASSERT_EQUAL(reused(PROGRAM, ranges), 2);
    begin(PROGRAM FIRST);
    lg_unloaded_add(PROGRAM SECOND);
    CU_ASSERT(appended_is(PROGRAM, PROGRAM));
    CU_ASSERT_EQUAL(reused(PROGRAM, ranges), 2);
}

static void test_ranges_that_do_not_fit_are_part_of_the_last(void)
{
    struct lg_range range;
    begin(PROGRAM);
    lg_unloaded_add(PROGRAM FIRST);
    lg_unloaded_add(PROGRAM SECOND);
    CU_ASSERT_EQUAL_FATAL(lg_unloaded_reused(PROGRAM, &range, 1), 1);
    CU_ASSERT(range.start == 0x700000 && range.end == 0x880000);
}

static void test_no_more_is_appended_than_there_is_room(void)
{
    char text[sizeof(PROGRAM) + 8];
    begin(PROGRAM);
    lg_unloaded_add(PROGRAM FIRST);
    strcpy(text, PROGRAM); /* NOLINT: it is as long */
    lg_unloaded_append(text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, PROGRAM);
}

int add_trace_unloaded_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_an_unloaded_module_is_still_known),
        UNIT_TEST(test_a_module_of_the_beginning_is_still_known),
        UNIT_TEST(test_what_is_loaded_again_is_there_once),
        UNIT_TEST(test_a_module_in_the_place_of_another_is_told),
        UNIT_TEST(test_two_that_are_gone_may_have_had_one_place),
        UNIT_TEST(test_ranges_that_do_not_fit_are_part_of_the_last),
        UNIT_TEST(test_no_more_is_appended_than_there_is_room),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trace: unloaded modules", tests);
}
