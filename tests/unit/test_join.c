/* JUnit files as one: suites that are parts of one, and those that are not; and what a test says of
 * itself, read back. */
#include "documents.h"
#include "scarce.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUITE(name, cases) "<testsuite name=\"" name "\" timestamp=\"T\">" cases "</testsuite>"
#define SUITES(suites) "<testsuites tests=\"0\">" suites "</testsuites>"
#define PASSED(name) "<testcase classname=\"s\" name=\"" name "\" time=\"0.5\"/>"
#define SKIPPED(name) "<testcase classname=\"s\" name=\"" name "\" time=\"0\"><skipped/></testcase>"
#define FAILED(name)                                                                               \
    "<testcase classname=\"s\" name=\"" name                                                       \
    "\" time=\"1\"><failure message=\"m\" type=\"leak.live\">m</failure></testcase>"

static double value_of(struct lg_join *join, const char *xpath)
{
    xmlXPathContextPtr context = xmlXPathNewContext(lg_join_document(join));
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)xpath, context);
    double value = xmlXPathCastToNumber(found);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return value;
}

static void test_files_of_different_programs_are_put_together(void)
{
    const char *texts[] = {SUITES(SUITE("one", PASSED("a") FAILED("b"))),
                           SUITE("two", SKIPPED("c"))};
    struct lg_join *join = document_join(texts, 2);
    CU_ASSERT_EQUAL(value_of(join, "count(/testsuites/testsuite)"), 2);
    CU_ASSERT_EQUAL(value_of(join, "number(/testsuites/@tests)"), 3);
    CU_ASSERT_EQUAL(value_of(join, "number(/testsuites/@failures)"), 1);
    CU_ASSERT_EQUAL(value_of(join, "number(/testsuites/@skipped)"), 1);
    CU_ASSERT_EQUAL(value_of(join, "number(/testsuites/@time)"), 1.5);
    CU_ASSERT_EQUAL(value_of(join, "number(//testsuite[@name='one']/@tests)"), 2);
    lg_join_free(join);
}

/* What shards and single tests are. */
static void test_parts_of_a_suite_become_one(void)
{
    const char *texts[] = {SUITES(SUITE("p", PASSED("a") SKIPPED("b") SKIPPED("off"))),
                           SUITES(SUITE("p", SKIPPED("a") FAILED("b") SKIPPED("off"))),
                           SUITES(SUITE("p", PASSED("c")))};
    struct lg_join *join = document_join(texts, 3);
    CU_ASSERT_EQUAL(value_of(join, "count(//testsuite)"), 1);
    CU_ASSERT_EQUAL(value_of(join, "count(//testcase)"), 4);
    CU_ASSERT_EQUAL(value_of(join, "count(//skipped)"), 1);
    CU_ASSERT_EQUAL(value_of(join, "count(//testcase[@name='b']/failure)"), 1);
    CU_ASSERT_EQUAL(value_of(join, "count(//testcase[@name='b'])"), 1);
    lg_join_free(join);
}

/* The same program, run twice: neither result takes the other's place. */
static void test_no_result_replaces_another(void)
{
    const char *texts[] = {SUITES(SUITE("p", PASSED("a") PASSED("b"))),
                           SUITES(SUITE("p", FAILED("a") PASSED("c"))),
                           SUITES(SUITE("p", FAILED("a")))};
    struct lg_join *join = document_join(texts, 3);
    CU_ASSERT_EQUAL(value_of(join, "count(//testsuite)"), 3);
    CU_ASSERT_EQUAL(value_of(join, "count(//testsuite[@name='p [2]']/testcase)"), 2);
    CU_ASSERT_EQUAL(value_of(join, "count(//testsuite[@name='p [3]']/testcase)"), 1);
    CU_ASSERT_EQUAL(value_of(join, "count(//failure)"), 2);
    lg_join_free(join);
}

/* Other tools' reports: suites in suites, and namespaces that go with their file. */
static void test_reports_of_other_tools_are_joined(void)
{
    const char *texts[] = {
        "<testsuites xmlns:x=\"urn:x\" x:y=\"z\">" SUITE("outer",
                                                         SUITE("in", FAILED("a"))) "</testsuites>",
        "<t:testsuites xmlns:t=\"urn:t\"><t:testsuite name=\"in\"><t:testcase name=\"b\" "
        "classname=\"s\"/></t:testsuite></t:testsuites>"};
    struct lg_join *join = document_join(texts, 2);
    xmlChar *text;
    int length;
    CU_ASSERT_EQUAL(value_of(join, "count(/testsuites/testsuite)"), 1);
    CU_ASSERT_EQUAL(value_of(join, "count(/testsuites/testsuite[@name='in']/testcase)"), 2);
    CU_ASSERT_EQUAL(value_of(join, "number(/testsuites/@failures)"), 1);
    xmlDocDumpMemory(lg_join_document(join), &text, &length);
    CU_ASSERT_PTR_NULL(strstr((const char *)text, "urn:"));
    xmlFree(text);
    lg_join_free(join);
}

static void check_refused(const char *text, const char *complaint)
{
    struct lg_join *join = lg_join_new();
    char error[512] = "";
    const char *path = document_write(text);
    CU_ASSERT_EQUAL(lg_join_add(join, path, error, sizeof(error)), -EINVAL);
    CU_ASSERT_EQUAL(strncmp(error, path, strlen(path)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, complaint));
    CU_ASSERT_PTR_NULL(strchr(error, '\n'));
    unlink(path);
    lg_join_free(join);
}

static void test_what_is_no_junit_is_named(void)
{
    check_refused("", ":1: it is no XML: Document is empty");
    check_refused("<testsuites>\n<testsuite>\n", ":3: it is no XML: Premature end");
    check_refused("<!DOCTYPE t [<!ENTITY i \"x\">]><testsuites>&i;</testsuites>",
                  ": it has a DOCTYPE");
    check_refused("<html/>", ": it is no JUnit XML: its root is no testsuites");
    check_refused("\xff\xfe", ":1: it is no XML: ");
}

static void test_a_folder_is_read_in_order_of_names(void)
{
    char folder[] = "/tmp/leakgate-join-XXXXXX";
    char path[128];
    char error[512] = "";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    static const char *const names[] = {"b.xml", "a.xml", "c.txt"};
    struct lg_join *join = lg_join_new();
    CU_ASSERT_EQUAL(lg_join_add(join, folder, error, sizeof(error)), -ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "there is no .xml file in it"));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        fprintf(file, "<testsuite name=\"%s\"/>", names[i]);
        fclose(file);
    }
    CU_ASSERT_EQUAL(lg_join_add(join, folder, error, sizeof(error)), 0);
    CU_ASSERT_EQUAL(value_of(join, "count(//testsuite)"), 2);
    CU_ASSERT_EQUAL(value_of(join, "count(//testsuite[1][@name='a.xml'])"), 1);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    CU_ASSERT_EQUAL(lg_join_add(join, "/no/such/file.xml", error, sizeof(error)), -ENOENT);
    CU_ASSERT_STRING_EQUAL(error, "/no/such/file.xml: No such file or directory");
    rmdir(folder);
    lg_join_free(join);
}

#define PROPERTY(name, value) "<property name=\"" name "\" value=\"" value "\"/>"

static void test_what_a_test_says_of_itself_is_read_back(void)
{
    struct lg_doc doc = document_read(SUITE(
        "p",
        "<testcase classname=\"s\" name=\"t\" time=\"0.25\" file=\"a.c\" "
        "line=\"7\"><properties>" PROPERTY("verdict", "leaked") PROPERTY("test_file", "t.c")
            PROPERTY("test_line", "9") PROPERTY("growth_per_run.live_bytes",
                                                "112") PROPERTY("budget.live_bytes", "unlimited")
                PROPERTY("growth_per_run.heap_bytes", "not measured") PROPERTY("over", "live fds")
                    PROPERTY("growth_by_run", "1w live=112 heap=-4096;4 live=448;8") PROPERTY(
                        "call_site", "block 3584 32 112 32 over&#10;f&#9;a.c&#9;7&#9;/m"
                                     "&#10;g&#9;&#9;0&#9;")
                        PROPERTY(
                            "mappings_before",
                            "1000-2000 text;3000-4000 heap") "</properties><failure message=\"m\" "
                                                             "type=\"leak.live\">text</failure></"
                                                             "testcase>"));
    CU_ASSERT_EQUAL_FATAL(doc.cases, 1);
    const struct lg_doc_case *test = &doc.programs[0].cases[0];
    CU_ASSERT_EQUAL(test->verdict, LG_VERDICT_LEAKED);
    CU_ASSERT_STRING_EQUAL(test->test_file, "t.c");
    CU_ASSERT_EQUAL(test->growth.values[LG_GAUGE_LIVE], 112);
    CU_ASSERT_EQUAL(test->budget.values[LG_GAUGE_LIVE], LG_GAUGE_UNLIMITED);
    CU_ASSERT_EQUAL(test->unmeasured, LG_GAUGE_BIT(LG_GAUGE_HEAP));
    CU_ASSERT_EQUAL(test->over, LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_FDS));
    CU_ASSERT_EQUAL_FATAL(test->step_count, 3);
    CU_ASSERT_TRUE(test->steps[0].warm_up && !test->steps[1].warm_up);
    CU_ASSERT_EQUAL(test->steps[0].growth.values[LG_GAUGE_HEAP], -4096);
    CU_ASSERT_EQUAL(test->steps[1].growth.values[LG_GAUGE_LIVE], 448);
    CU_ASSERT_EQUAL(test->steps[2].runs, 8);
    CU_ASSERT_EQUAL_FATAL(test->site_count, 1);
    CU_ASSERT_EQUAL(test->sites[0].bytes, 3584);
    CU_ASSERT_TRUE(test->sites[0].over);
    CU_ASSERT_EQUAL_FATAL(test->sites[0].frame_count, 2);
    CU_ASSERT_STRING_EQUAL(test->sites[0].frames[0].file, "a.c");
    CU_ASSERT_PTR_NULL(test->sites[0].frames[1].file);
    CU_ASSERT_STRING_EQUAL(test->sites[0].frames[1].module, "");
    CU_ASSERT_EQUAL_FATAL(test->before.count, 2);
    CU_ASSERT_STRING_EQUAL(test->before.rows[1].segment, "heap");
    lg_doc_free(&doc);
}

/* Anybody may have written the file. */
static void test_properties_of_any_form_are_survived(void)
{
    static const char *const names[] = {
        "growth_by_run", "call_site", "mappings_before", "over", "growth_per_run.live_bytes",
        "budget.x",      "runs",      "verdict"};
    static const char letters[] = "0123456789w;= -over\tlive&#10;block";
    uint64_t random = 3;
    for (int i = 0; i < 2000; i++) {
        char value[64];
        char text[512];
        size_t length = next_number(&random, sizeof(value) - 1);
        for (size_t at = 0; at < length; at++)
            value[at] = letters[next_number(&random, sizeof(letters) - 2)];
        value[length] = '\0';
        for (char *at = value; (at = strchr(at, '&')) != NULL;)
            *at = '0';
        snprintf(text, sizeof(text),
                 SUITE("p", "<testcase classname=\"s\" name=\"t\"><properties>"
                            "<property name=\"%s\" value=\"%s\"/></properties></testcase>"),
                 names[next_number(&random, sizeof(names) / sizeof(names[0]))], value);
        struct lg_doc doc = document_read(text);
        CU_ASSERT_EQUAL(doc.cases, 1);
        lg_doc_free(&doc);
    }
}

/* The last of it is written when all seems done. */
static void test_a_full_disk_is_an_error_and_leaves_the_file_before(void)
{
    const char *texts[] = {SUITE("one", PASSED("a") PASSED("b") PASSED("c"))};
    struct folder folder;
    char path[PATH_MAX];
    struct lg_join *join = document_join(texts, 1);
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    folder_file(&folder, "all.xml", path);
    CU_ASSERT_TRUE(write_file(path, "before", 6));
    for (unsigned room = 1; room < 300; room += 40) {
        scarce_room(room);
        int error = lg_join_write(join, path);
        scarce_room(0);
        CU_ASSERT_EQUAL(error, -EFBIG);
    }
    CU_ASSERT_EQUAL(folder_entries(folder.path), 1);
    char *text = read_file(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "before");
    free(text);
    CU_ASSERT_EQUAL(lg_join_write(join, path), 0);
    text = read_file(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "</testsuites>\n"));
    free(text);
    folder_remove(&folder);
    lg_join_free(join);
}

int add_join_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_files_of_different_programs_are_put_together),
        UNIT_TEST(test_parts_of_a_suite_become_one),
        UNIT_TEST(test_no_result_replaces_another),
        UNIT_TEST(test_reports_of_other_tools_are_joined),
        UNIT_TEST(test_what_is_no_junit_is_named),
        UNIT_TEST(test_a_full_disk_is_an_error_and_leaves_the_file_before),
        UNIT_TEST(test_a_folder_is_read_in_order_of_names),
        UNIT_TEST(test_what_a_test_says_of_itself_is_read_back),
        UNIT_TEST(test_properties_of_any_form_are_survived),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("join", tests);
}
