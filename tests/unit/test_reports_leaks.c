/* The place of a leak, and suppressions, in the report and on the console. */
#include "junit_document.h"
#include "leaking.h"
#include "runner/budget.h"
#include "runner/report/console.h"
#include "support.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE "//testcase[@name='evicts']"
#define PROPERTY(name) "/properties/property[@name='" name "']/@value"
#define LINE "\nleaked       cache/evicts: leaked live +64 B/run (budget 0 B), over 10 runs\n"

/* A leak whose call is at inlines.c, of a test at test_cache.c. */
struct placed {
    struct leaking leaking;
    struct traced traced;
    struct lg_row *row;
    struct lg_frame *frame; /* the place of the leak */
};

static void start(struct placed *placed)
{
    leaking_start_traced(&placed->leaking, &placed->traced, "traced_plain", "alone");
    synthetic_read(&placed->leaking.run);
    placed->row = &placed->leaking.run.results.rows[0];
    placed->row->where = (struct lg_location){"test_evicts", LG_TRACED_SOURCES "/test_cache.c", 42};
    CU_ASSERT_FATAL(placed->row->leaks != NULL && placed->row->leaks->count == 1);
    placed->frame = &placed->row->leaks->rows[0].frames[0];
}

static void end(struct placed *placed)
{
    leaking_end(&placed->leaking);
    traced_end(&placed->traced);
}

static void check_console(const struct synthetic *run, bool color, bool quiet, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    lg_console_write(&run->results, stream, color, quiet);
    fclose(stream);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

/* What is said of the places must be EXPECTED, with the line of the call in it. */
static void check_places(const struct placed *placed, const char *expected)
{
    char whole[1024];
    char lines[512];
    snprintf(lines, sizeof(lines), expected, traced_line("inlines.c", "alone"));
    snprintf(whole, sizeof(whole), LINE "%s", lines);
    check_console(&placed->leaking.run, false, true, whole);
}

#define LEAK_PLACE                                                                                 \
    "             at inlines.c:%u in outer\n"                                                      \
    "                 record(\"alone\"); /* call: alone */\n"

static void test_the_console_has_the_line_that_leaked_and_the_test(void)
{
    struct placed placed;
    start(&placed);
    check_places(&placed, LEAK_PLACE "             test at test_cache.c:42 in test_evicts\n");
    end(&placed);
}

static void test_a_leak_in_the_test_itself_has_one_place(void)
{
    struct placed placed;
    start(&placed);
    placed.row->where = (struct lg_location){"outer", LG_TRACED_SOURCES "/inlines.c", 14};
    check_places(&placed, LEAK_PLACE);
    end(&placed);
}

static void test_a_function_of_the_tests_name_elsewhere_is_not_the_test(void)
{
    struct placed placed;
    start(&placed);
    placed.row->where.function = "outer";
    check_places(&placed, LEAK_PLACE "             test at test_cache.c:42 in outer\n");
    end(&placed);
}

static void test_functions_without_a_name_are_not_the_same(void)
{
    struct placed placed;
    start(&placed);
    placed.row->where.function = NULL;
    placed.frame->function = NULL;
    placed.row->where.file = LG_TRACED_SOURCES "/inlines.c";
    check_places(&placed, "             at inlines.c:%u in ?\n"
                          "                 record(\"alone\"); /* call: alone */\n"
                          "             test at inlines.c:42 in ?\n");
    end(&placed);
}

static void test_a_test_without_a_place_leaves_the_leaks(void)
{
    struct placed placed;
    start(&placed);
    placed.row->where = (struct lg_location){"test_evicts", NULL, 0};
    check_places(&placed, LEAK_PLACE);
    end(&placed);
}

static void test_a_leak_without_a_line_leaves_the_tests_place(void)
{
    struct placed placed;
    start(&placed);
    placed.frame->file = NULL;
    check_places(&placed, "             at test_cache.c:42 in test_evicts\n");
    end(&placed);
}

static void test_a_source_that_is_not_there_is_not_shown(void)
{
    struct placed placed;
    start(&placed);
    placed.frame->file = LG_TRACED_SOURCES "/gone.c";
    check_places(&placed, "             at gone.c:%u in outer\n"
                          "             test at test_cache.c:42 in test_evicts\n");
    end(&placed);
}

static void test_a_source_line_cannot_steer_the_terminal(void)
{
    static const char source[] = "\t put(\x1b]0;title\a\x1b[2J\xff);  \n";
    struct placed placed;
    struct folder folder;
    char path[PATH_MAX];
    start(&placed);
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE(write_file(folder_file(&folder, "a.c", path), source, strlen(source)));
    placed.frame->file = path;
    placed.frame->line = 1;
    placed.row->where.file = NULL;
    char expected[PATH_MAX + 256];
    snprintf(expected, sizeof(expected),
             LINE "             at %s:1 in outer\n                 put(\\xff);\n", path);
    check_console(&placed.leaking.run, false, true, expected);
    folder_remove(&folder);
    end(&placed);
}

static void test_the_line_that_leaked_stands_out_in_colour(void)
{
    struct placed placed;
    char expected[512];
    start(&placed);
    placed.row->where.file = NULL;
    snprintf(expected, sizeof(expected),
             "\n\x1b[31mleaked      \x1b[0m cache/evicts: leaked live +64 B/run (budget 0 B), "
             "over 10 runs\n"
             "             at inlines.c:%u in outer\n"
             "                 \x1b[1mrecord(\"alone\"); /* call: alone */\x1b[0m\n",
             traced_line("inlines.c", "alone"));
    check_console(&placed.leaking.run, true, true, expected);
    end(&placed);
}

static xmlDoc *report_of(const struct synthetic *run)
{
    xmlDoc *document = junit_round_trip(&run->results);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    return document;
}

static void test_the_report_has_the_leaks_place_and_the_tests(void)
{
    struct placed placed;
    char line[16];
    start(&placed);
    snprintf(line, sizeof(line), "%u", traced_line("inlines.c", "alone"));
    xmlDoc *document = report_of(&placed.leaking.run);
    CU_ASSERT(junit_is(document, CASE "/@file", "inlines.c"));
    CU_ASSERT(junit_is(document, CASE "/@line", line));
    CU_ASSERT(junit_is(document, CASE PROPERTY("test_file"), "test_cache.c"));
    CU_ASSERT(junit_is(document, CASE PROPERTY("test_line"), "42"));
    CU_ASSERT(junit_is(document, CASE PROPERTY("function"), "test_evicts"));
    CU_ASSERT(junit_is(document, "contains(" CASE "/failure, 'outer at inlines.c:')", "true"));
    xmlFreeDoc(document);
    end(&placed);
}

static void test_a_leak_without_a_line_is_where_the_test_is(void)
{
    struct placed placed;
    start(&placed);
    placed.frame->file = NULL;
    xmlDoc *document = report_of(&placed.leaking.run);
    CU_ASSERT(junit_is(document, CASE "/@file", "test_cache.c"));
    CU_ASSERT(junit_is(document, CASE "/@line", "42"));
    CU_ASSERT(junit_is(document, CASE PROPERTY("test_file"), "test_cache.c"));
    xmlFreeDoc(document);
    end(&placed);
}

static void test_a_test_without_a_place_has_no_properties_of_it(void)
{
    struct placed placed;
    start(&placed);
    placed.row->where = (struct lg_location){NULL, NULL, 0};
    xmlDoc *document = report_of(&placed.leaking.run);
    CU_ASSERT(junit_is(document, CASE "/@file", "inlines.c"));
    CU_ASSERT(junit_is(document, "count(//property[@name='test_file'])", "0"));
    CU_ASSERT(junit_is(document, "count(//property[@name='test_line'])", "0"));
    xmlFreeDoc(document);
    end(&placed);
}

int add_reports_leaks_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_the_console_has_the_line_that_leaked_and_the_test),
        UNIT_TEST(test_a_leak_in_the_test_itself_has_one_place),
        UNIT_TEST(test_a_function_of_the_tests_name_elsewhere_is_not_the_test),
        UNIT_TEST(test_functions_without_a_name_are_not_the_same),
        UNIT_TEST(test_a_test_without_a_place_leaves_the_leaks),
        UNIT_TEST(test_a_leak_without_a_line_leaves_the_tests_place),
        UNIT_TEST(test_a_source_that_is_not_there_is_not_shown),
        UNIT_TEST(test_a_source_line_cannot_steer_the_terminal),
        UNIT_TEST(test_the_line_that_leaked_stands_out_in_colour),
        UNIT_TEST(test_the_report_has_the_leaks_place_and_the_tests),
        UNIT_TEST(test_a_leak_without_a_line_is_where_the_test_is),
        UNIT_TEST(test_a_test_without_a_place_has_no_properties_of_it),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("reports: leaks", tests);
}
