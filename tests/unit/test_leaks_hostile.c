/* Traces that lie, and memory that runs out while one is read. */
#include "leaking.h"
#include "runner/message.h"
#include "scarce.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define TOO_MANY 1000 /* allocations */

static void start(struct leaking *leaking)
{
    leaking_start(leaking, LEAKING_MAPS);
    leaking_add(leaking, LG_SITE_BLOCK, 640, 10, IN_LIBRARY(0x10), IN_TESTS(0x10));
    leaking_add(leaking, LG_SITE_BLOCK, 320, 10, IN_TESTS(0x20));
}

/* The trace is read, and told, whatever stands in it; so many rows. */
static void check_rows(struct leaking *leaking, size_t rows)
{
    struct lg_leaks *leaks = leaking_read(leaking, UINT32_MAX, NULL);
    CU_ASSERT_EQUAL(leaks->count, rows);
    lg_leaks_suppressed(leaks);
    lg_leaks_place(leaks);
    lg_leaks_free(leaks);
    struct lg_text text = {0};
    synthetic_read(&leaking->run);
    lg_message_add_leaks(&leaking->run.results, &leaking->run.results.rows[0], &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "call sites explain"));
    CU_ASSERT_FALSE(text.failed);
    lg_text_free(&text);
    leaking_end(leaking);
}

static void test_sites_of_no_kind_are_not_read(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking.sites[1].kind = LG_SITE_KIND_COUNT;
    check_rows(&leaking, 1);
    start(&leaking);
    leaking.sites[0].kind = UINT32_MAX;
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT(leaks->count <= 1);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_a_trace_outside_of_the_attic_is_none(void)
{
    struct leaking leaking;
    struct lg_leaks_how how = {NULL, &leaking.symbols, false};
    static const lg_attic offsets[] = {
        0, 4, UINT32_MAX, UINT32_MAX - 7, LG_LEDGER_ATTIC_BYTES, LG_LEDGER_ATTIC_BYTES - 8};
    start(&leaking);
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct lg_leaks *leaks = NULL;
        leaking.record->trace = offsets[i];
        CU_ASSERT_EQUAL(lg_leaks_read(&leaking.run.ledger, leaking.record, BIT(LIVE), &how, &leaks),
                        0);
        CU_ASSERT_PTR_NULL(leaks);
    }
    leaking_end(&leaking);
}

static void test_sites_outside_of_the_attic_are_none(void)
{
    static const lg_attic offsets[] = {0, 4, UINT32_MAX, UINT32_MAX - 7, LG_LEDGER_ATTIC_BYTES - 8};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct leaking leaking;
        start(&leaking);
        leaking.trace->sites = offsets[i];
        check_rows(&leaking, 0);
    }
}

static void test_frames_outside_of_the_attic_are_none(void)
{
    static const lg_attic offsets[] = {0, 4, UINT32_MAX, UINT32_MAX - 7, LG_LEDGER_ATTIC_BYTES - 8};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct leaking leaking;
        start(&leaking);
        leaking.sites[0].frames = offsets[i];
        struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
        CU_ASSERT_EQUAL_FATAL(leaks->count, 2);
        CU_ASSERT_EQUAL(leaks->rows[0].frame_count, 0);
        CU_ASSERT_EQUAL(leaks->rows[1].frame_count, 1);
        lg_leaks_free(leaks);
        check_rows(&leaking, 2);
    }
}

/* What lies behind the kept ones is zeroed: blocks of nothing, which grew nothing. */
static void test_no_more_sites_are_read_than_are_ever_kept(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking.trace->sites_kept = UINT32_MAX;
    leaking.trace->sites_found = UINT32_MAX;
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT(leaks->count + leaks->joined <= LG_LEDGER_MAX_SITES);
    CU_ASSERT_EQUAL(leaks->rows[0].site.bytes, 640);
    CU_ASSERT_EQUAL(leaks->rows[1].site.bytes, 320);
    lg_leaks_free(leaks);
    leaking_end(&leaking);
}

static void test_stacks_without_end_are_cut(void)
{
    struct leaking leaking;
    start(&leaking);
    uint64_t deep[512];
    for (size_t i = 0; i < 512; i++)
        deep[i] = IN_TESTS(0x100 + i);
    struct lg_site site = {.kind = LG_SITE_BLOCK, .bytes = 1000, .count = 1};
    leaking_add_stack(&leaking, &site, deep, 512)->depth = UINT32_MAX;
    struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
    CU_ASSERT_EQUAL_FATAL(leaks->count, 3);
    CU_ASSERT(leaks->rows[0].frame_count >= 32 && leaks->rows[0].frame_count < 512);
    CU_ASSERT_EQUAL(leaks->rows[0].frames[0].offset, 0x100);
    lg_leaks_free(leaks);
    check_rows(&leaking, 3);
}

static void test_maps_that_are_none_give_sites_without_frames(void)
{
    static const lg_attic offsets[] = {0, UINT32_MAX, LG_LEDGER_ATTIC_BYTES - 1};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct leaking leaking;
        start(&leaking);
        leaking.trace->maps = offsets[i];
        struct lg_leaks *leaks = leaking_read(&leaking, BIT(LIVE), NULL);
        CU_ASSERT(leaks->count > 0 && leaks->rows[0].frame_count == 0);
        CU_ASSERT_EQUAL(leaks->rows[0].user, 0);
        CU_ASSERT_PTR_NULL(lg_leaks_place(leaks));
        lg_leaks_free(leaks);
        leaking_end(&leaking);
    }
}

static void fill_trace(struct lg_trace *trace, int64_t value)
{
    for (int kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
        trace->grown_bytes[kind] = value;
        trace->grown_count[kind] = value;
        trace->released_bytes[kind] = value < 0 ? INT64_MAX : INT64_MIN;
        trace->released_count[kind] = value < 0 ? INT64_MAX : INT64_MIN;
    }
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        trace->growth.values[gauge] = value;
}

/* Two that are joined and suppressed together: whatever is added up. */
static void test_numbers_of_any_size_add_up_to_something(void)
{
    static const int64_t values[] = {INT64_MAX, INT64_MIN, -1, 0};
    struct lg_suppression row = {.pattern = "libgrow", .max = INT64_MAX, .source = "supp.txt:1"};
    struct lg_suppressions list = {.rows = &row, .count = 1, .capacity = 1};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct leaking leaking;
        start(&leaking);
        for (uint32_t kind = 0; kind < LG_SITE_KIND_COUNT; kind++) {
            leaking.trace->grown_bytes[kind] = 0;
            leaking.trace->grown_count[kind] = 0;
            for (uint64_t site = 0; site < 3; site++) {
                struct lg_site hostile = {.kind = kind,
                                          .warm_up_bytes = values[i],
                                          .warm_up_count = values[i],
                                          .examples_kept = UINT32_MAX};
                const uint64_t stack[] = {IN_LIBRARY(site), IN_LIBRARY(0x40), IN_TESTS(0x10)};
                struct lg_site *kept = leaking_add_stack(&leaking, &hostile, stack, 3);
                kept->bytes = values[i];
                kept->count = values[i];
            }
        }
        fill_trace(leaking.trace, values[i]);
        leaking.run.options.suppressions = &list;
        struct lg_leaks *leaks = leaking_read(&leaking, UINT32_MAX, &list);
        lg_leaks_suppressed(leaks);
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
            CU_ASSERT_EQUAL(lg_leaks_explained(leaks, (enum lg_gauge)gauge).grown > 0,
                            values[i] > 0);
        lg_leaks_free(leaks);
        leaking.record->leaking = leaking.record->measured = UINT32_MAX;
        synthetic_read(&leaking.run);
        struct lg_text text = {0};
        lg_message_add_leaks(&leaking.run.results, &leaking.run.results.rows[0], &text);
        CU_ASSERT_FALSE(text.failed);
        CU_ASSERT_PTR_NULL(strstr(lg_text_string(&text), "+-"));
        lg_text_free(&text);
        leaking_end(&leaking);
    }
}

/* A site that did not grow is none: it is not said to have taken 2^64 bytes. */
static void test_bytes_below_zero_are_not_told_as_many(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking_grow(&leaking, LG_GAUGE_THREADS, 10);
    leaking_add(&leaking, LG_SITE_THREAD, 0, 10, IN_TESTS(0x30))->bytes = -4096;
    struct lg_text text = {0};
    synthetic_read(&leaking.run);
    lg_message_add_leaks(&leaking.run.results, &leaking.run.results.rows[0], &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(lg_text_string(&text), "+10 threads with 0 B of stack\n"));
    lg_text_free(&text);
    leaking_end(&leaking);
}

/* Reads it as the NUMBER-th allocation fails. Returns whether one did. */
static bool read_leaks(const struct leaking *leaking, unsigned number)
{
    struct lg_symbols_pool symbols = {0};
    struct lg_leaks_how how = {NULL, &symbols, false};
    struct lg_leaks *leaks = NULL;
    scarce_memory(number);
    int error = lg_leaks_read(&leaking->run.ledger, leaking->record, BIT(LIVE), &how, &leaks);
    bool ran_out = scarce_memory_ran_out();
    scarce_memory(0);
    CU_ASSERT(error == 0 || (ran_out && error == -ENOMEM));
    int64_t bytes = 0;
    for (size_t i = 0; error == 0 && i < leaks->count; i++)
        bytes += leaks->rows[i].site.bytes;
    CU_ASSERT(error != 0 || bytes == 960);
    CU_ASSERT(ran_out || leaks->count == 2);
    lg_leaks_free(leaks);
    lg_symbols_pool_free(&symbols);
    return ran_out;
}

static void test_without_memory_it_is_an_error_or_all_sites(void)
{
    struct leaking leaking;
    unsigned number = 1;
    start(&leaking);
    while (number < TOO_MANY && read_leaks(&leaking, number))
        number++;
    CU_ASSERT(number > 4 && number < TOO_MANY);
    lg_leaks_free(NULL);
    leaking_end(&leaking);
}

int add_leaks_hostile_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_sites_of_no_kind_are_not_read),
        UNIT_TEST(test_a_trace_outside_of_the_attic_is_none),
        UNIT_TEST(test_sites_outside_of_the_attic_are_none),
        UNIT_TEST(test_frames_outside_of_the_attic_are_none),
        UNIT_TEST(test_no_more_sites_are_read_than_are_ever_kept),
        UNIT_TEST(test_stacks_without_end_are_cut),
        UNIT_TEST(test_maps_that_are_none_give_sites_without_frames),
        UNIT_TEST(test_numbers_of_any_size_add_up_to_something),
        UNIT_TEST(test_bytes_below_zero_are_not_told_as_many),
        UNIT_TEST(test_without_memory_it_is_an_error_or_all_sites),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("leaks: hostile", tests);
}
