/* Reports that are made of a document: what they say, in which order, and how much of it. */
#include "documents.h"
#include "runner/report/outputs.h"
#include "runner/report/worst.h"
#include "scarce.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAK(name, bytes, file, line)                                                              \
    "<testcase classname=\"s\" name=\"" name "\" file=\"" file "\" line=\"" line                   \
    "\"><properties><property name=\"verdict\" value=\"leaked\"/><property name=\"over\" "         \
    "value=\"live\"/><property name=\"growth_per_run.live_bytes\" value=\"" bytes                  \
    "\"/><property name=\"growth_by_run\" value=\"1w live=" bytes ";3 live=" bytes                 \
    "\"/></properties><failure message=\"leaked " bytes "\" type=\"leak.live\">leaked " bytes      \
    "</failure></testcase>"
#define CRASH                                                                                      \
    "<testcase classname=\"s\" name=\"dies\"><error message=\"crashed\" type=\"test.crash\">c"     \
    "</error></testcase>"
#define SITE(kind)                                                                                 \
    "<properties><property name=\"call_site\" value=\"" kind " 64 2 32 1 over&#10;f\"/>"           \
    "</properties>"
#define PROGRAM(cases) "<testsuite name=\"p\">" cases "</testsuite>"

static const char two_leaks[] = PROGRAM(LEAK("small", "32", "a.c", "7") LEAK(
    "large", "4096", "b.c", "9") CRASH "<testcase classname=\"s\" name=\"fine\"/>");

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        count++;
    }
    return count;
}

static void test_annotations_name_the_worst_first(void)
{
    char *text = document_as(lg_github_add_annotations, two_leaks);
    CU_ASSERT_STRING_EQUAL(text, "::error title=s/dies crashed::crashed\n"
                                 "::error file=b.c,line=9,title=s/large leaked::leaked 4096\n"
                                 "::error file=a.c,line=7,title=s/small leaked::leaked 32\n");
    free(text);
}

static void test_what_is_special_in_a_command_is_escaped(void)
{
    char *text =
        document_as(lg_github_add_annotations, PROGRAM(LEAK("a:b,c%d&#10;e", "32", "x,y.c", "7")));
    CU_ASSERT_STRING_EQUAL(text, "::error file=x%2Cy.c,line=7,title=s/a%3Ab%2Cc%25d%0Ae leaked::"
                                 "leaked 32\n");
    free(text);
}

/* XML can carry the controls of Latin 1, by which some terminals are steered. */
static void test_controls_in_a_document_are_shown_as_escapes(void)
{
    char *text = document_as(lg_github_add_annotations,
                             PROGRAM(LEAK("a&#x9b;31mb&#13;c&#x7f;", "32", "&#x85;.c", "7")));
    CU_ASSERT_STRING_EQUAL(text, "::error file=\\u0085.c,line=7,title=s/a\\u009b31mb\\x0dc\\x7f "
                                 "leaked::leaked 32\n");
    free(text);
}

/* A report of COUNT leaks. The caller frees it. */
static char *many_leaks(size_t count)
{
    struct lg_text text = {0};
    lg_text_add(&text, "<testsuite name=\"p\">");
    for (size_t i = 0; i < count; i++)
        lg_text_add(&text,
                    "<testcase classname=\"s\" name=\"t%zu\" file=\"a.c\" line=\"7\"><properties>"
                    "<property name=\"over\" value=\"live\"/><property "
                    "name=\"growth_per_run.live_bytes\" value=\"%zu\"/></properties>"
                    "<failure message=\"m\" type=\"leak.live\">m</failure></testcase>",
                    i, i + 1);
    lg_text_add(&text, "</testsuite>");
    CU_ASSERT_FALSE_FATAL(text.failed);
    return text.data;
}

static void test_ten_are_annotated_and_the_others_counted(void)
{
    char *leaks = many_leaks(25);
    char *text = document_as(lg_github_add_annotations, leaks);
    CU_ASSERT_EQUAL(count_of(text, "::error "), 10);
    CU_ASSERT_EQUAL(strncmp(text, "::error file=a.c,line=7,title=s/t24 ", 36), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "::notice title=leakgate::15 more red tests"));
    free(text);
    free(leaks);
}

static void test_the_summary_stays_within_its_limit(void)
{
    char *leaks = many_leaks(5000);
    struct lg_doc doc = document_read(leaks);
    for (size_t limit = 0; limit <= 100000; limit += 25000) {
        struct lg_text text = {0};
        lg_github_add_summary(&text, &doc, limit);
        CU_ASSERT_FALSE(text.failed);
        CU_ASSERT(text.length <= limit);
        if (limit > 0) {
            CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "## leakgate: 5000 leaked\n"));
            CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "| s/t4999 | leaked | live +5000 B |"));
            CU_ASSERT_PTR_NOT_NULL(strstr(text.data, " more red tests, in the report\n"));
        }
        lg_text_free(&text);
    }
    lg_doc_free(&doc);
    free(leaks);
}

static void test_a_summary_is_text_whatever_the_names_are(void)
{
    struct lg_doc doc =
        document_read(PROGRAM(LEAK("a|b &lt;img&gt; `c` *d* _e_ f_g", "32", "a.c", "7")));
    struct lg_text text = {0};
    lg_github_add_summary(&text, &doc, 100000);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text.data, "| s/a&#124;b &#60;img&#62; &#96;c&#96; &#42;d&#42; &#95;e&#95; f_g |"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "▄▅▆█"));
    lg_text_free(&text);
    lg_doc_free(&doc);
}

static void test_a_call_site_of_an_unknown_kind_is_text_in_a_summary(void)
{
    struct lg_doc doc = document_read(
        PROGRAM("<testcase classname=\"s\" name=\"n\"><properties><property name=\"call_site\" "
                "value=\"&lt;/pre&gt;&lt;img&gt; 64 2 32 1 over&#10;f\"/></properties><failure/>"
                "</testcase>"));
    struct lg_text text = {0};
    lg_github_add_summary(&text, &doc, 100000);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text.data, "64 B in 2 (&#60;/pre&#62;&#60;img&#62;), over 1 run"));
    lg_text_free(&text);
    lg_doc_free(&doc);
}

static void test_call_sites_of_all_lists_of_properties_count(void)
{
    struct lg_doc doc = document_read(
        PROGRAM("<testcase name=\"n\">" SITE("block") SITE("mapping") "<failure/></testcase>"));
    CU_ASSERT_EQUAL_FATAL(doc.programs[0].cases[0].site_count, 2);
    CU_ASSERT_STRING_EQUAL(doc.programs[0].cases[0].sites[0].kind, "block");
    CU_ASSERT_STRING_EQUAL(doc.programs[0].cases[0].sites[1].kind, "mapping");
    lg_doc_free(&doc);
}

/* A report may say anything. */
static void test_metrics_of_growth_without_bounds_stay_numbers(void)
{
    char *text =
        document_as(lg_metrics_add, PROGRAM(LEAK("one", "9223372036854775807", "a.c", "7")
                                                LEAK("two", "9223372036854775807", "a.c", "7")));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "{program=\"p\",suite=\"s\",gauge=\"live\"} 9223372036854775807\n"));
    free(text);
}

/* The same line, from two tests: one entry; the same fingerprint wherever the line has moved. */
static void test_code_quality_has_an_entry_for_each_place(void)
{
    char *text = document_as(lg_codequality_add,
                             PROGRAM(LEAK("one", "32", "a.c", "7") LEAK("two", "64", "a.c", "7")
                                         LEAK("three", "32", "a.c", "8") CRASH));
    char *moved = document_as(lg_codequality_add, PROGRAM(LEAK("three", "48", "a.c", "80")));
    CU_ASSERT_EQUAL(count_of(text, "\"check_name\": \"leak.live\""), 2);
    CU_ASSERT_EQUAL(count_of(text, "\"description\""), 2); /* a crash has no place here */
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"s/two: leaked 64 (and 1 more test)\""));
    const char *print = strstr(moved, "\"fingerprint\": ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(print);
    char *same = strndup(print, strlen("\"fingerprint\": ") + 34);
    CU_ASSERT_EQUAL(count_of(text, same), 1);
    free(same);
    free(text);
    free(moved);
    text = document_as(lg_codequality_add, PROGRAM(""));
    CU_ASSERT_STRING_EQUAL(text, "[\n]\n");
    free(text);
}

static void test_metrics_add_the_tests_of_a_suite_up(void)
{
    char *text = document_as(lg_metrics_add, two_leaks);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\nleakgate_growth_bytes{program=\"p\",suite=\"s\",gauge=\"live\"} 4128\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nleakgate_red_tests{program=\"p\",suite=\"s\"} 3\n"));
    CU_ASSERT_STRING_EQUAL(text + strlen(text) - 6, "# EOF\n");
    free(text);
}

static void test_sarif_has_a_result_for_each_red_test(void)
{
    char *text = document_as(lg_sarif_add, two_leaks);
    CU_ASSERT_EQUAL(count_of(text, "\"ruleId\": "), 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"ruleId\": \"leak.live\", \"ruleIndex\": 2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"uri\": \"b.c\", \"uriBaseId\": \"SRCROOT\"}, "
                                        "\"region\": {\"startLine\": 9}"));
    CU_ASSERT_EQUAL(count_of(text, "\"leakgate/v1\": \""), 3);
    free(text);
}

static void test_outputs_are_set_by_name(void)
{
    struct lg_outputs outputs = {0};
    char why[128] = "";
    CU_ASSERT_EQUAL(lg_outputs_set(&outputs, "sarif", "x.sarif", why, sizeof(why)), 0);
    CU_ASSERT_STRING_EQUAL(outputs.sarif, "x.sarif");
    CU_ASSERT_EQUAL(lg_outputs_set(&outputs, "github", "never", why, sizeof(why)), 0);
    CU_ASSERT_TRUE(lg_outputs_any(&outputs) && !lg_outputs_github(&outputs));
    CU_ASSERT_NOT_EQUAL(lg_outputs_set(&outputs, "github", "maybe", why, sizeof(why)), 0);
    CU_ASSERT_STRING_EQUAL(why, "'maybe' is none of auto, always, never");
    CU_ASSERT_NOT_EQUAL(lg_outputs_set(&outputs, "html", "", why, sizeof(why)), 0);
    CU_ASSERT_STRING_EQUAL(why, "it needs the path of a file");
}

static void test_what_cannot_be_written_is_named(void)
{
    struct lg_outputs outputs = {.metrics = "/dev/null/x", .github = LG_GITHUB_NEVER};
    struct lg_doc doc = {0};
    char error[512] = "";
    CU_ASSERT_NOT_EQUAL(lg_outputs_prepare(&outputs, error, sizeof(error)), 0);
    CU_ASSERT_STRING_EQUAL(error, "--metrics: /dev/null/x cannot be written: Not a directory; name "
                                  "a file in a folder that can be");
    CU_ASSERT_NOT_EQUAL(lg_outputs_write(&outputs, &doc, stdout, error, sizeof(error)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--metrics: /dev/null/x could not be written: "));
}

/* GitHub shows what there is of it. */
static void test_a_summary_that_does_not_fit_is_not_cut_short(void)
{
    struct folder folder;
    char path[PATH_MAX];
    char error[PATH_MAX];
    struct lg_doc doc = document_read(two_leaks);
    struct lg_outputs outputs = {.github = LG_GITHUB_ALWAYS};
    FILE *stream = tmpfile();
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    folder_file(&folder, "summary.md", path);
    CU_ASSERT_TRUE(write_file(path, "before", 6));
    setenv("GITHUB_STEP_SUMMARY", path, 1);
    scarce_room(64);
    int status = lg_outputs_write(&outputs, &doc, stream, error, sizeof(error));
    scarce_room(0);
    unsetenv("GITHUB_STEP_SUMMARY");
    CU_ASSERT_EQUAL(status, -EFBIG);
    char *text = read_file(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "before");
    free(text);
    fclose(stream);
    lg_doc_free(&doc);
    folder_remove(&folder);
}

int add_outputs_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_annotations_name_the_worst_first),
        UNIT_TEST(test_what_is_special_in_a_command_is_escaped),
        UNIT_TEST(test_controls_in_a_document_are_shown_as_escapes),
        UNIT_TEST(test_ten_are_annotated_and_the_others_counted),
        UNIT_TEST(test_the_summary_stays_within_its_limit),
        UNIT_TEST(test_a_summary_is_text_whatever_the_names_are),
        UNIT_TEST(test_a_call_site_of_an_unknown_kind_is_text_in_a_summary),
        UNIT_TEST(test_call_sites_of_all_lists_of_properties_count),
        UNIT_TEST(test_metrics_of_growth_without_bounds_stay_numbers),
        UNIT_TEST(test_code_quality_has_an_entry_for_each_place),
        UNIT_TEST(test_metrics_add_the_tests_of_a_suite_up),
        UNIT_TEST(test_sarif_has_a_result_for_each_red_test),
        UNIT_TEST(test_outputs_are_set_by_name),
        UNIT_TEST(test_what_cannot_be_written_is_named),
        UNIT_TEST(test_a_summary_that_does_not_fit_is_not_cut_short),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("outputs", tests);
}
