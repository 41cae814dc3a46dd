/* Call sites as the ledger has them: read, ordered, joined, and what they explain. */
#include "leaking.h"
#include "support.h"
#include "unit.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool stack_is(const struct lg_leaks *leaks, size_t number, const char *expected)
{
    char stack[256] = "(no such row)";
    if (number < leaks->count)
        leaking_stack(&leaks->rows[number], stack);
    return strcmp(stack, expected) == 0;
}

static void test_what_was_not_traced_has_no_leaks(void)
{
    struct leaking leaking;
    struct lg_leaks_how how = {NULL, &leaking.symbols, false};
    struct lg_leaks *leaks = NULL;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 640, 10, IN_TESTS(0x10));
    for (uint32_t tracing = LG_TRACING_NONE; tracing <= LG_TRACING_FAILED; tracing++) {
        leaking.record->tracing = tracing;
        CU_ASSERT_EQUAL(lg_leaks_read(&leaking.run.ledger, leaking.record, BIT(LIVE), &how, &leaks),
                        0);
        CU_ASSERT_EQUAL(leaks != NULL, tracing == LG_TRACING_DONE);
        lg_leaks_free(leaks);
    }
    leaking_end(&leaking);
}

static void test_a_trace_without_sites_has_its_totals(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking.trace->blocks_lost = 7;
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL(leaks->count, 0);
    CU_ASSERT_EQUAL(leaks->trace.runs, 10);
    CU_ASSERT_EQUAL(leaks->trace.blocks_lost, 7);
    CU_ASSERT_PTR_NULL(lg_leaks_place(leaks));
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_a_site_is_read_as_it_is_with_its_frames(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    struct lg_site *site =
        leaking_add(&leaking, LG_SITE_BLOCK, 640, 10, IN_LIBRARY(0x10), IN_TESTS(0x20));
    site->warm_up_count = 3;
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    *site = (struct lg_site){0}; /* a host may go on writing */
    CU_ASSERT_EQUAL_FATAL(leaks->count, 1);
    const struct lg_leak *row = &leaks->rows[0];
    CU_ASSERT(row->site.bytes == 640 && row->site.count == 10 && row->site.warm_up_count == 3);
    CU_ASSERT(stack_is(leaks, 0, "libgrow.so+10 cache_tests+20"));
    CU_ASSERT_EQUAL(row->user, 1);
    CU_ASSERT_TRUE(row->relevant);
    CU_ASSERT_PTR_NULL(row->by);
    CU_ASSERT_FALSE(row->suppressed);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_without_code_of_the_users_there_is_no_place(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 640, 10, IN_LIBRARY(0x10), IN_LIBRARY(0x20));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 1);
    CU_ASSERT_EQUAL(leaks->rows[0].user, leaks->rows[0].frame_count);
    CU_ASSERT_EQUAL(leaks->rows[0].frame_count, 2);
    CU_ASSERT_PTR_NULL(lg_leaks_place(leaks));
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

/* By the gauges that a site of each kind adds to. */
static void test_sites_matter_where_their_gauge_is_over(void)
{
    static const lg_gauge_set gauges[LG_SITE_KIND_COUNT] = {
        [LG_SITE_BLOCK] = BIT(LIVE) | BIT(HEAP),
        [LG_SITE_LARGE_BLOCK] = BIT(LIVE) | BIT(MMAP),
        [LG_SITE_MAPPING] = BIT(MMAP),
        [LG_SITE_BREAK] = BIT(HEAP),
        [LG_SITE_THREAD] = BIT(MMAP) | BIT(THREADS),
        [LG_SITE_FD] = BIT(FDS),
        [LG_SITE_CHILD] = BIT(CHILDREN),
    };
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    for (uint32_t kind = 0; kind < LG_SITE_KIND_COUNT; kind++)
        leaking_add(&leaking, kind, 4096, 1, IN_TESTS(0x10 * kind));
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        struct lg_leaks *leaks = leaking_read(&leaking, LG_GAUGE_BIT(gauge), NULL);
        CU_ASSERT_EQUAL_FATAL(leaks->count, LG_SITE_KIND_COUNT);
        for (size_t i = 0; i < leaks->count; i++)
            CU_ASSERT_EQUAL(leaks->rows[i].relevant,
                            (gauges[leaks->rows[i].site.kind] & LG_GAUGE_BIT(gauge)) != 0);
        lg_leaks_free(leaks);
    }
    leaking_end(&leaking);
}

static void test_what_matters_comes_first_then_owners_and_parts_last(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_MAPPING, 1 << 20, 1, IN_TESTS(0x10)); /* mmap is not over */
    leaking_add(&leaking, LG_SITE_BLOCK, 9000, 1, IN_TESTS(0x20))->is_part = 1;
    leaking_add(&leaking, LG_SITE_BLOCK, 100, 1, IN_TESTS(0x30));
    leaking_add(&leaking, LG_SITE_LARGE_BLOCK, 500, 1, IN_TESTS(0x40));
    leaking_add(&leaking, LG_SITE_FD, 0, 2, IN_TESTS(0x50));
    leaking_add(&leaking, LG_SITE_CHILD, 0, 3, IN_TESTS(0x60));
    leaking_add(&leaking, LG_SITE_THREAD, 8192, 1, IN_TESTS(0x70));
    struct lg_leaks *leaks =
        leaking_read(&leaking, BIT(LIVE) | BIT(FDS) | BIT(THREADS) | BIT(CHILDREN), NULL);
    CU_ASSERT_EQUAL(leaks->count, 7);
    CU_ASSERT(stack_is(leaks, 0, "cache_tests+70"));
    CU_ASSERT(stack_is(leaks, 1, "cache_tests+60"));
    CU_ASSERT(stack_is(leaks, 2, "cache_tests+50"));
    CU_ASSERT(stack_is(leaks, 3, "cache_tests+40"));
    CU_ASSERT(stack_is(leaks, 4, "cache_tests+30"));
    CU_ASSERT(stack_is(leaks, 5, "cache_tests+20"));
    CU_ASSERT(stack_is(leaks, 6, "cache_tests+10"));
    CU_ASSERT_FALSE(leaks->rows[6].relevant);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

/* Sites of the same size, the first with COUNT and ADDRESS: it must come first, in whatever
 * order the ledger has them. */
static void check_tie(int64_t count, uint64_t first, uint64_t second)
{
    for (int turned = 0; turned <= 1; turned++) {
        struct leaking leaking;
        leaking_start(&leaking, LEAKING_MAPS);
        if (turned == 1)
            leaking_add(&leaking, LG_SITE_BLOCK, 64, 1, second, IN_TESTS(0));
        leaking_add(&leaking, LG_SITE_BLOCK, 64, count, first, IN_TESTS(0));
        if (turned == 0)
            leaking_add(&leaking, LG_SITE_BLOCK, 64, 1, second, IN_TESTS(0));
        struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
        CU_ASSERT_EQUAL_FATAL(leaks->count, 2);
        CU_ASSERT_EQUAL(leaks->rows[0].site.count, count);
        CU_ASSERT_EQUAL(leaks->rows[0].frames[0].offset, first & 0xfffff);
        CU_ASSERT_EQUAL(leaks->rows[0].frames[0].module[1], first < IN_TESTS(0) ? 'u' : 'n');
        lg_leaks_free(leaks);
        leaking_end(&leaking);
    }
}

static void test_ties_are_in_the_order_of_their_places(void)
{
    check_tie(2, IN_TESTS(0x30), IN_TESTS(0x20));
    check_tie(1, IN_TESTS(0x20), IN_TESTS(0x30));
    check_tie(1, IN_LIBRARY(0x20), IN_LIBRARY(0x30));
}

static void test_the_same_offset_in_two_modules_has_an_order(void)
{
    check_tie(1, IN_TESTS(0x20), IN_LIBRARY(0x20));
}

static void test_what_differs_inside_a_library_is_one_site(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 100, 2, IN_LIBRARY(0x10), IN_LIBRARY(0x40), IN_TESTS(0x10),
                IN_TESTS(0x20))
        ->warm_up_count = 1;
    leaking_add(&leaking, LG_SITE_BLOCK, 50, 1, IN_LIBRARY(0x20), IN_LIBRARY(0x40), IN_TESTS(0x10),
                IN_TESTS(0x20))
        ->warm_up_count = 4;
    leaking_add(&leaking, LG_SITE_BLOCK, 7, 1, IN_LIBRARY(0x10), IN_LIBRARY(0x30), IN_LIBRARY(0x40),
                IN_TESTS(0x10), IN_TESTS(0x20));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 1);
    CU_ASSERT_EQUAL(leaks->joined, 2);
    CU_ASSERT_EQUAL(leaks->rows[0].site.bytes, 157);
    CU_ASSERT_EQUAL(leaks->rows[0].site.count, 4);
    CU_ASSERT_EQUAL(leaks->rows[0].site.warm_up_count, 5);
    CU_ASSERT(stack_is(leaks, 0, "libgrow.so+10 libgrow.so+40 cache_tests+10 cache_tests+20"));
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

/* The modules above, and those of this program. The caller frees it. */
static char *own_maps(void)
{
    char *text = NULL;
    size_t size = 0;
    char *own = read_file("/proc/self/maps", NULL);
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_FATAL(own != NULL && stream != NULL);
    fprintf(stream, "%s%s", LEAKING_MAPS, own);
    fclose(stream);
    free(own);
    return text;
}

/* libc's own, whatever stands in for it in this program. */
static uint64_t in_libc(const char *function, uint64_t offset)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    CU_ASSERT_PTR_NOT_NULL_FATAL(libc);
    uint64_t address = (uint64_t)(uintptr_t)dlsym(libc, function);
    CU_ASSERT_FATAL(address != 0);
    dlclose(libc);
    return address + offset;
}

static void test_places_in_the_function_that_was_called_are_one_site(void)
{
    struct leaking leaking;
    char *maps = own_maps();
    leaking_start(&leaking, maps);
    leaking_add(&leaking, LG_SITE_BLOCK, 100, 1, in_libc("regcomp", 16), IN_TESTS(0x10));
    leaking_add(&leaking, LG_SITE_BLOCK, 50, 1, in_libc("regcomp", 128), IN_TESTS(0x10));
    leaking_add(&leaking, LG_SITE_BLOCK, 20, 1, in_libc("regexec", 16), IN_TESTS(0x10));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 2);
    CU_ASSERT_EQUAL(leaks->rows[0].site.bytes, 150);
    CU_ASSERT_EQUAL(leaks->rows[1].site.bytes, 20);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
    free(maps);
}

static void test_what_differs_in_more_than_libraries_stays_apart(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 100, 1, IN_LIBRARY(0x10), IN_TESTS(0x10), IN_TESTS(0x20));
    leaking_add(&leaking, LG_SITE_BLOCK, 90, 1, IN_LIBRARY(0x10), IN_TESTS(0x18), IN_TESTS(0x20));
    leaking_add(&leaking, LG_SITE_BLOCK, 80, 1, IN_LIBRARY(0x10), IN_TESTS(0x10), IN_TESTS(0x28));
    leaking_add(&leaking, LG_SITE_BLOCK, 70, 1, IN_LIBRARY(0x10), IN_TESTS(0x10));
    leaking_add(&leaking, LG_SITE_BLOCK, 60, 1, IN_TESTS(0x10), IN_TESTS(0x20));
    leaking_add(&leaking, LG_SITE_BLOCK, 50, 1, IN_POOL(0x10), IN_TESTS(0x10), IN_TESTS(0x20));
    leaking_add(&leaking, LG_SITE_LARGE_BLOCK, 40, 1, IN_LIBRARY(0x10), IN_TESTS(0x10),
                IN_TESTS(0x20));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL(leaks->count, 7);
    CU_ASSERT_EQUAL(leaks->joined, 0);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

/* A whole and its parts, from one call of the user's: it is that call to look at. */
static void test_parts_joined_with_their_whole_are_no_part(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 4096, 1, IN_LIBRARY(0x10), IN_LIBRARY(0x40),
                IN_TESTS(0x10))
        ->is_part = 1;
    leaking_add(&leaking, LG_SITE_BLOCK, 472, 1, IN_LIBRARY(0x20), IN_LIBRARY(0x40),
                IN_TESTS(0x10));
    leaking_add(&leaking, LG_SITE_BLOCK, 600, 1, IN_TESTS(0x90));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 2);
    CU_ASSERT_EQUAL(leaks->rows[0].site.is_part, 0);
    CU_ASSERT_EQUAL(leaks->rows[0].site.bytes, 4568);
    CU_ASSERT_EQUAL(leaks->rows[1].site.bytes, 600);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

/* Together they outweigh what each of them alone does not. */
static void test_the_order_is_that_of_the_sums(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 100, 1, IN_TESTS(0x90));
    for (uint64_t i = 0; i < 4; i++)
        leaking_add(&leaking, LG_SITE_BLOCK, 30, 1, IN_LIBRARY(i), IN_LIBRARY(0x40),
                    IN_TESTS(0x10));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 2);
    CU_ASSERT_EQUAL(leaks->rows[0].site.bytes, 120);
    CU_ASSERT_PTR_EQUAL(lg_leaks_place(leaks), &leaks->rows[0].frames[2]);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_the_place_is_of_what_matters_most(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    CU_ASSERT_PTR_NULL(lg_leaks_place(NULL));
    leaking_add(&leaking, LG_SITE_MAPPING, 1 << 20, 1, IN_TESTS(0x10)); /* mmap is not over */
    leaking_add(&leaking, LG_SITE_BLOCK, 900, 1, IN_LIBRARY(0x20));     /* no user's code */
    leaking_add(&leaking, LG_SITE_BLOCK, 800, 1, IN_LIBRARY(0x20), IN_POOL(0x30), IN_TESTS(0x40));
    leaking_add(&leaking, LG_SITE_BLOCK, 700, 1, IN_TESTS(0x50));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    const struct lg_frame *place = lg_leaks_place(leaks);
    CU_ASSERT_PTR_NOT_NULL_FATAL(place);
    CU_ASSERT_STRING_EQUAL(place->module, "/no/such/folder/libpool.so");
    CU_ASSERT_EQUAL(place->offset, 0x30);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_other_gauges_may_come_to_matter(void)
{
    struct leaking leaking;
    leaking_start(&leaking, LEAKING_MAPS);
    leaking_add(&leaking, LG_SITE_BLOCK, 640, 1, IN_TESTS(0x10));
    leaking_add(&leaking, LG_SITE_MAPPING, 64, 1, IN_TESTS(0x20));
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT(stack_is(leaks, 0, "cache_tests+10"));
    lg_leaks_set_over(leaks, BIT(MMAP));
    CU_ASSERT(stack_is(leaks, 0, "cache_tests+20"));
    CU_ASSERT_TRUE(leaks->rows[0].relevant);
    CU_ASSERT_FALSE(leaks->rows[1].relevant);
    lg_leaks_set_over(leaks, 0);
    CU_ASSERT_PTR_NULL(lg_leaks_place(leaks));
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

int add_leaks_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_what_was_not_traced_has_no_leaks),
        UNIT_TEST(test_a_trace_without_sites_has_its_totals),
        UNIT_TEST(test_a_site_is_read_as_it_is_with_its_frames),
        UNIT_TEST(test_without_code_of_the_users_there_is_no_place),
        UNIT_TEST(test_sites_matter_where_their_gauge_is_over),
        UNIT_TEST(test_what_matters_comes_first_then_owners_and_parts_last),
        UNIT_TEST(test_ties_are_in_the_order_of_their_places),
        UNIT_TEST(test_the_same_offset_in_two_modules_has_an_order),
        UNIT_TEST(test_what_differs_inside_a_library_is_one_site),
        UNIT_TEST(test_places_in_the_function_that_was_called_are_one_site),
        UNIT_TEST(test_what_differs_in_more_than_libraries_stays_apart),
        UNIT_TEST(test_parts_joined_with_their_whole_are_no_part),
        UNIT_TEST(test_the_order_is_that_of_the_sums),
        UNIT_TEST(test_the_place_is_of_what_matters_most),
        UNIT_TEST(test_other_gauges_may_come_to_matter),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("leaks", tests);
}
