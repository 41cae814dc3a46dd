/* What is said of all call sites of a leak: how many, what they explain, what is suppressed. */
#include "leaking.h"
#include "runner/budget.h"
#include "runner/message.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define HEAD "\ncall sites, of 10 traced runs after 1 to warm up:\n"
#define SITE "  +640 B in 10 blocks of 64 B\n      ?+0x10 in cache_tests\n"
#define LIVE "  live: call sites explain 640 of 640 B\n"

static void start(struct leaking *leaking)
{
    leaking_start(leaking, LEAKING_MAPS);
    leaking_add(leaking, LG_SITE_BLOCK, 640, 10, IN_TESTS(0x10));
}

static void check(struct leaking *leaking, const char *expected)
{
    struct lg_text text = {0};
    synthetic_read(&leaking->run);
    lg_message_add_leaks(&leaking->run.results, &leaking->run.results.rows[0], &text);
    CU_ASSERT_FALSE(text.failed);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), expected);
    lg_text_free(&text);
    leaking_end(leaking);
}

static void test_a_leak_is_told_from_head_to_end(void)
{
    struct leaking leaking;
    start(&leaking);
    check(&leaking, HEAD SITE LIVE);
}

static void test_one_traced_run_is_told_as_one(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking.trace->runs = 1;
    leaking.trace->warm_ups = 0;
    check(&leaking, "\ncall sites, of 1 traced run after 0 to warm up:\n" SITE LIVE);
}

static void test_what_is_lost_after_one_run_is_told_as_that(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking.trace->only_lost = 1;
    check(&leaking, "\ncall sites, of what nothing points to after a single run:\n" SITE LIVE);
}

static void check_untraced(uint32_t tracing, const char *expected)
{
    struct leaking leaking;
    start(&leaking);
    leaking.record->tracing = tracing;
    leaking.record->trace = 0;
    check(&leaking, expected);
}

static void test_why_a_leak_was_not_traced_is_told(void)
{
    check_untraced(LG_TRACING_NONE, "");
    check_untraced(LG_TRACING_NO_MEMORY, "\ncall sites are not known: there was no memory for the "
                                         "tables of a traced run\n");
    check_untraced(LG_TRACING_FAILED, "\ncall sites are not known: the test failed, or ended, when "
                                      "it was run once more to be traced\n");
    check_untraced(LG_TRACING_DONE,
                   "\ncall sites are not known: there was no room left for them\n");
    check_untraced(4711, "");
}

static void add_sites(struct leaking *leaking, unsigned count)
{
    leaking_start(leaking, LEAKING_MAPS);
    for (uint64_t i = 0; i < count; i++)
        leaking_add(leaking, LG_SITE_BLOCK, 64, 1, IN_TESTS(0x10 + i));
}

/* Of COUNT sites, and MORE that were not kept, 8 and TAIL must be told. */
static void check_many(unsigned count, unsigned more, const char *tail)
{
    struct leaking leaking;
    char expected[2048] = HEAD;
    add_sites(&leaking, count);
    leaking.trace->sites_found += more;
    for (unsigned i = 0; i < count && i < 8; i++)
        snprintf(expected + strlen(expected), 128,
                 "  +64 B in 1 block\n      ?+0x%x in cache_tests\n", 0x10 + i);
    int64_t explained = 64 * (int64_t)count;
    snprintf(expected + strlen(expected), 256, "%s  live: call sites explain %d of 640 B", tail,
             (int)(explained < 640 ? explained : 640));
    if (explained < 640)
        snprintf(expected + strlen(expected), 256, "; %d B are of no call that was seen",
                 (int)(640 - explained));
    strcat(expected, "\n");
    check(&leaking, expected);
}

static void test_eight_sites_are_shown_and_the_rest_counted(void)
{
    check_many(8, 0, "");
    check_many(9, 0, "  ... and 1 call site more\n");
    check_many(10, 0, "  ... and 2 call sites more\n");
    check_many(10, 1, "  ... and 2 call sites more\n  ... and 1 smaller one\n");
    check_many(10, 7, "  ... and 2 call sites more\n  ... and 7 smaller ones\n");
    check_many(1, 7, "  ... and 7 smaller ones\n");
}

/* Those that are parts of others are told: they are none of those that were not kept. */
static void test_joined_sites_are_not_smaller_ones(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking_add(&leaking, LG_SITE_BLOCK, 20, 1, IN_LIBRARY(0x10), IN_LIBRARY(0x40), IN_TESTS(0x20));
    leaking_add(&leaking, LG_SITE_BLOCK, 10, 1, IN_LIBRARY(0x20), IN_LIBRARY(0x40), IN_TESTS(0x20));
    leaking.trace->growth.values[LG_GAUGE_LIVE] = 670;
    check(&leaking, HEAD SITE "  +30 B in 2 blocks\n      ?+0x20 in cache_tests\n"
                              "  live: call sites explain 670 of 670 B\n");
}

static void test_sites_of_gauges_within_their_budget_are_not_shown(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking_add(&leaking, LG_SITE_FD, 0, 10, IN_TESTS(0x20));
    leaking_add(&leaking, LG_SITE_MAPPING, 40960, 10, IN_TESTS(0x30));
    check(&leaking, HEAD SITE LIVE);
}

/* Of GROWN, what the sites took and what was given back: the line of GAUGE must be EXPECTED. */
static void check_explained(enum lg_gauge gauge, int64_t grown, int64_t taken, int64_t released,
                            const char *expected)
{
    static const uint32_t kinds[LG_GAUGE_COUNT] = {
        [LG_GAUGE_HEAP] = LG_SITE_BLOCK,     [LG_GAUGE_MMAP] = LG_SITE_MAPPING,
        [LG_GAUGE_LIVE] = LG_SITE_BLOCK,     [LG_GAUGE_FDS] = LG_SITE_FD,
        [LG_GAUGE_THREADS] = LG_SITE_THREAD, [LG_GAUGE_CHILDREN] = LG_SITE_CHILD,
    };
    struct leaking leaking;
    char line[256];
    leaking_start(&leaking, LEAKING_MAPS);
    leaking.record->leaking = 0;
    leaking_grow(&leaking, gauge, 640);
    leaking.trace->growth.values[gauge] = grown;
    leaking.trace->grown_bytes[kinds[gauge]] = lg_gauge_in_bytes(gauge) ? taken : 0;
    leaking.trace->grown_count[kinds[gauge]] = lg_gauge_in_bytes(gauge) ? 0 : taken;
    leaking.trace->released_bytes[kinds[gauge]] = lg_gauge_in_bytes(gauge) ? released : 0;
    leaking.trace->released_count[kinds[gauge]] = lg_gauge_in_bytes(gauge) ? 0 : released;
    snprintf(line, sizeof(line), HEAD "  %s: call sites explain %s\n", lg_gauge_name(gauge),
             expected);
    check(&leaking, line);
}

static void test_what_the_sites_explain_is_told(void)
{
    check_explained(LG_GAUGE_LIVE, 640, 640, 0, "640 of 640 B");
    check_explained(LG_GAUGE_MMAP, 8192, 4096, 0,
                    "4096 of 8192 B; 4096 B are of no call that was seen");
    check_explained(LG_GAUGE_HEAP, 800, 640, 0, "640 of 800 B; 160 B are malloc's own overhead");
    check_explained(LG_GAUGE_FDS, 3, 1, 0, "1 of 3; 2 are of no call that was seen");
    check_explained(LG_GAUGE_THREADS, 3, 3, 0, "3 of 3");
    check_explained(LG_GAUGE_CHILDREN, 3, 0, 0, "0 of 3; 3 are of no call that was seen");
}

/* Where what was given back does not make up for what the sites took beyond the growth. */
static void test_what_was_given_back_is_told(void)
{
    check_explained(LG_GAUGE_LIVE, 600, 600, 40,
                    "600 of 600 B; 40 B that were there before were given back");
    check_explained(LG_GAUGE_FDS, 3, 4, 2, "3 of 3; 2 that were there before were given back");
    check_explained(LG_GAUGE_LIVE, 600, 640, 40, "600 of 600 B");
    check_explained(LG_GAUGE_LIVE, 600, 640, 0, "600 of 600 B");
}

static void test_one_that_is_not_explained_is_told_as_one(void)
{
    check_explained(LG_GAUGE_FDS, 3, 2, 0, "2 of 3; 1 is of no call that was seen");
    check_explained(LG_GAUGE_FDS, 3, 3, 1, "3 of 3; 1 that was there before was given back");
}

/* Fragmentation is of no call. */
static void test_fragmentation_is_not_explained(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking_grow(&leaking, LG_GAUGE_FRAG, 8192);
    leaking.run.options.budget.limits.values[LG_GAUGE_FRAG] = 0;
    check(&leaking, HEAD SITE LIVE);
}

static void test_what_did_not_fit_is_told(void)
{
    struct leaking leaking;
    start(&leaking);
    leaking.trace->blocks_lost = 2;
    leaking.trace->stacks_lost = 3;
    leaking.trace->ranges_lost = 4;
    check(&leaking, HEAD SITE LIVE "  2 blocks are beyond what can be traced\n"
                                   "  3 calls came from more places than can be kept\n"
                                   "  4 mappings are beyond what can be traced\n");
    start(&leaking);
    leaking.trace->blocks_lost = 1;
    leaking.trace->stacks_lost = 1;
    leaking.trace->ranges_lost = 1;
    check(&leaking, HEAD SITE LIVE "  1 block is beyond what can be traced\n"
                                   "  1 call came from more places than can be kept\n"
                                   "  1 mapping is beyond what can be traced\n");
}

/* What libgrow and libpool take is known, up to so much per run; and 64 B in cache_tests is not. */
struct known {
    struct leaking leaking;
    struct lg_suppression rows[2];
    struct lg_suppressions list;
};

static void start_known(struct known *known, int64_t grow_max, int64_t pool_max)
{
    start(&known->leaking);
    known->rows[0] =
        (struct lg_suppression){.pattern = "libgrow", .max = grow_max, .source = "supp.txt:1"};
    known->rows[1] = (struct lg_suppression){
        .pattern = "libpool", .max = pool_max, .source = "supp\x1b[1m.txt:2"};
    known->list = (struct lg_suppressions){.rows = known->rows, .count = 2, .capacity = 2};
    known->leaking.run.options.suppressions = &known->list;
    leaking_add(&known->leaking, LG_SITE_BLOCK, 25, 1, IN_LIBRARY(0x10), IN_TESTS(0x20));
    leaking_add(&known->leaking, LG_SITE_BLOCK, 20, 1, IN_LIBRARY(0x10), IN_TESTS(0x30));
    leaking_add(&known->leaking, LG_SITE_BLOCK, 10, 1, IN_POOL(0x10), IN_TESTS(0x40));
    known->leaking.record->growth.values[LG_GAUGE_LIVE] = 695;
    known->leaking.trace->growth.values[LG_GAUGE_LIVE] = 695;
}

static void test_what_is_suppressed_is_a_line_for_each_suppression(void)
{
    struct known known;
    start_known(&known, LG_BUDGET_UNLIMITED, LG_BUDGET_UNLIMITED);
    check(&known.leaking,
          HEAD SITE "  live: call sites explain 695 of 695 B\n"
                    "  suppressed: 5 B/run from 2 call sites, by leak:libgrow (supp.txt:1)\n"
                    "  suppressed: 1 B/run from 1 call site, by leak:libpool (supp.txt:2)\n");
}

static void test_what_is_over_its_maximum_is_shown_with_it(void)
{
    struct known known;
    start_known(&known, 5, 0);
    check(&known.leaking,
          HEAD SITE "  +10 B in 1 block\n"
                    "      ?+0x10 in libpool.so\n"
                    "      ?+0x40 in cache_tests\n"
                    "      over the maximum of leak:libpool (supp.txt:2)\n"
                    "  live: call sites explain 695 of 695 B\n"
                    "  suppressed: 5 B/run from 2 call sites, by leak:libgrow (supp.txt:1)\n");
}

/* Once what is known is taken off, live is within its budget: a leak of descriptors remains. */
static void test_sites_of_a_gauge_that_suppressions_cover_are_not_shown(void)
{
    struct known known;
    start_known(&known, LG_BUDGET_UNLIMITED, LG_BUDGET_UNLIMITED);
    known.leaking.run.options.budget.limits.values[LG_GAUGE_LIVE] = 64;
    leaking_grow(&known.leaking, LG_GAUGE_FDS, 10);
    leaking_add(&known.leaking, LG_SITE_FD, 0, 10, IN_TESTS(0x10));
    check(&known.leaking,
          HEAD "  +10 descriptors\n      ?+0x10 in cache_tests\n"
               "  fds: call sites explain 10 of 10\n"
               "  suppressed: 5 B/run from 2 call sites, by leak:libgrow (supp.txt:1)\n"
               "  suppressed: 1 B/run from 1 call site, by leak:libpool (supp.txt:2)\n");
}

static void test_a_built_in_suppression_has_its_reason(void)
{
    struct lg_text text = {0};
    struct lg_suppression row = {
        .pattern = "setenv", .source = "built-in", .reason = "kept", .builtin = true};
    lg_message_add_suppression(&text, &row);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "setenv (built-in: kept)");
    lg_text_free(&text);
    CU_ASSERT_FALSE(lg_message_add_suppressed(&text, NULL));
    CU_ASSERT_EQUAL(text.length, 0);
}

int add_message_leaks_sums_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_leak_is_told_from_head_to_end),
        UNIT_TEST(test_one_traced_run_is_told_as_one),
        UNIT_TEST(test_what_is_lost_after_one_run_is_told_as_that),
        UNIT_TEST(test_why_a_leak_was_not_traced_is_told),
        UNIT_TEST(test_eight_sites_are_shown_and_the_rest_counted),
        UNIT_TEST(test_joined_sites_are_not_smaller_ones),
        UNIT_TEST(test_sites_of_gauges_within_their_budget_are_not_shown),
        UNIT_TEST(test_what_the_sites_explain_is_told),
        UNIT_TEST(test_what_was_given_back_is_told),
        UNIT_TEST(test_one_that_is_not_explained_is_told_as_one),
        UNIT_TEST(test_fragmentation_is_not_explained),
        UNIT_TEST(test_what_did_not_fit_is_told),
        UNIT_TEST(test_what_is_suppressed_is_a_line_for_each_suppression),
        UNIT_TEST(test_what_is_over_its_maximum_is_shown_with_it),
        UNIT_TEST(test_sites_of_a_gauge_that_suppressions_cover_are_not_shown),
        UNIT_TEST(test_a_built_in_suppression_has_its_reason),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("message: leaks, sums", tests);
}
