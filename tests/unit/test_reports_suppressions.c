/* Suppressions in the report and on the console: what they covered, and which are of no use. */
#include "junit_document.h"
#include "leaking.h"
#include "runner/budget.h"
#include "runner/report/console.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE "//testcase[@name='evicts']"
#define PROPERTY(name) "/properties/property[@name='" name "']/@value"

/* A leak from libgrow and libpool, and suppressions of both, of nothing, and a built-in one. */
struct suppressed {
    struct leaking leaking;
    struct lg_suppression rows[5];
    struct lg_suppressions list;
};

static void start(struct suppressed *suppressed)
{
    static const struct lg_suppression rows[5] = {
        {.pattern = "libgrow", .max = LG_BUDGET_UNLIMITED, .source = "supp.txt:1"},
        {.pattern = "libpool", .max = LG_BUDGET_UNLIMITED, .source = "supp.txt:2"},
        {.pattern = "nothing*", .max = LG_BUDGET_UNLIMITED, .source = "supp.txt:3"},
        {.pattern = "odd\x1b[2J\xff", .max = LG_BUDGET_UNLIMITED, .source = "supp.txt:4"},
        {.pattern = "setenv",
         .max = LG_BUDGET_UNLIMITED,
         .source = "built-in",
         .reason = "kept",
         .builtin = true},
    };
    leaking_start(&suppressed->leaking, LEAKING_MAPS);
    memcpy(suppressed->rows, rows, sizeof(rows));
    suppressed->list = (struct lg_suppressions){suppressed->rows, 5, 5};
    suppressed->leaking.run.options.suppressions = &suppressed->list;
    leaking_add(&suppressed->leaking, LG_SITE_BLOCK, 320, 10, IN_LIBRARY(0x10), IN_TESTS(0x10));
    leaking_add(&suppressed->leaking, LG_SITE_BLOCK, 160, 10, IN_LIBRARY(0x10), IN_TESTS(0x20));
    leaking_add(&suppressed->leaking, LG_SITE_BLOCK, 160, 10, IN_POOL(0x10), IN_TESTS(0x30));
}

/* Its place would be of no leak. */
static void test_a_test_that_passes_by_suppressions_has_no_leaks_place(void)
{
    struct suppressed suppressed;
    start(&suppressed);
    synthetic_read(&suppressed.leaking.run);
    const struct lg_row *row = &suppressed.leaking.run.results.rows[0];
    CU_ASSERT_EQUAL(row->verdict.kind, LG_VERDICT_PASSED);
    CU_ASSERT_EQUAL(row->verdict.suppressed, BIT(LIVE));
    CU_ASSERT_STRING_EQUAL(row->message, "");
    CU_ASSERT_PTR_NULL(lg_leaks_place(row->leaks));
    CU_ASSERT_EQUAL(suppressed.leaking.run.results.counts[LG_VERDICT_PASSED], 1);
    CU_ASSERT_EQUAL(suppressed.rows[0].matches, 2);
    CU_ASSERT_EQUAL(suppressed.rows[0].growth, 48);
    CU_ASSERT_EQUAL(suppressed.rows[1].matches, 1);
    leaking_end(&suppressed.leaking);
}

static void check_console(const struct suppressed *suppressed, bool quiet, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    lg_console_write(&suppressed->leaking.run.results, stream, false, quiet);
    fclose(stream);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

#define UNUSED                                                                                     \
    "unused suppression: leak:nothing* (supp.txt:3)\n"                                             \
    "unused suppression: leak:odd\\xff (supp.txt:4)\n"

static void test_the_console_tells_which_suppressions_were_of_use(void)
{
    struct suppressed suppressed;
    start(&suppressed);
    synthetic_read(&suppressed.leaking.run);
    suppressed.leaking.run.results.outcome.elapsed_ns = 1230000000;
    check_console(&suppressed, false,
                  "\nsuppressed: 2 call sites by leak:libgrow (supp.txt:1)\n"
                  "suppressed: 1 call site by leak:libpool (supp.txt:2)\n" UNUSED
                  "leakgate: 1 test: 1 passed; 1.23 s\n");
    leaking_end(&suppressed.leaking);
}

static void test_quiet_tells_which_suppressions_were_of_no_use(void)
{
    struct suppressed suppressed;
    start(&suppressed);
    synthetic_read(&suppressed.leaking.run);
    check_console(&suppressed, true, UNUSED);
    leaking_end(&suppressed.leaking);
}

/* One that its maximum stops has covered nothing. */
static void test_an_exceeded_suppression_was_of_no_use(void)
{
    struct suppressed suppressed;
    start(&suppressed);
    suppressed.rows[1].max = 1;
    synthetic_read(&suppressed.leaking.run);
    CU_ASSERT_EQUAL(suppressed.leaking.run.results.rows[0].verdict.kind, LG_VERDICT_LEAKED);
    CU_ASSERT_EQUAL(suppressed.rows[0].matches, 2);
    CU_ASSERT_EQUAL(suppressed.rows[1].matches, 0);
    leaking_end(&suppressed.leaking);
}

static xmlDoc *report_of(const struct suppressed *suppressed)
{
    xmlDoc *document = junit_round_trip(&suppressed->leaking.run.results);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    return document;
}

static void test_the_report_tells_what_is_suppressed(void)
{
    struct suppressed suppressed;
    start(&suppressed);
    synthetic_add_test(&suppressed.leaking.run, "cache", "hits");
    synthetic_read(&suppressed.leaking.run);
    xmlDoc *document = report_of(&suppressed);
    CU_ASSERT(junit_is(document, CASE PROPERTY("verdict"), "passed"));
    CU_ASSERT(junit_is(document, CASE PROPERTY("suppressed"),
                       "48 B/run from 2 call sites, by leak:libgrow (supp.txt:1)\n"
                       "16 B/run from 1 call site, by leak:libpool (supp.txt:2)"));
    CU_ASSERT(junit_is(document, "count(//property[@name='suppressed'])", "1"));
    CU_ASSERT(junit_is(document, "count(//failure)", "0"));
    xmlFreeDoc(document);
    leaking_end(&suppressed.leaking);
}

static void test_the_report_tells_which_suppressions_were_of_no_use(void)
{
    struct suppressed suppressed;
    start(&suppressed);
    synthetic_read(&suppressed.leaking.run);
    xmlDoc *document = report_of(&suppressed);
    CU_ASSERT(junit_is(document, "//testsuite" PROPERTY("unused_suppressions"),
                       "leak:nothing* (supp.txt:3), leak:odd\\xff (supp.txt:4)"));
    xmlFreeDoc(document);
    leaking_end(&suppressed.leaking);
}

static void test_without_unused_suppressions_there_is_no_property(void)
{
    struct suppressed suppressed;
    start(&suppressed);
    suppressed.list.rows[2] = suppressed.list.rows[4];
    suppressed.list.count = 3;
    synthetic_read(&suppressed.leaking.run);
    xmlDoc *document = report_of(&suppressed);
    CU_ASSERT(junit_is(document, "count(//property[@name='unused_suppressions'])", "0"));
    xmlFreeDoc(document);
    leaking_end(&suppressed.leaking);
}

int add_reports_suppressions_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_test_that_passes_by_suppressions_has_no_leaks_place),
        UNIT_TEST(test_the_console_tells_which_suppressions_were_of_use),
        UNIT_TEST(test_quiet_tells_which_suppressions_were_of_no_use),
        UNIT_TEST(test_an_exceeded_suppression_was_of_no_use),
        UNIT_TEST(test_the_report_tells_what_is_suppressed),
        UNIT_TEST(test_the_report_tells_which_suppressions_were_of_no_use),
        UNIT_TEST(test_without_unused_suppressions_there_is_no_property),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("reports: suppressions", tests);
}
