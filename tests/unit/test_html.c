/* The report for people: what is on it, and that it is a page. */
#include "html_page.h"
#include "runner/report/document.h"
#include "runner/report/outputs.h"
#include "runner/report/page/page.h"
#include "scarce.h"
#include "unit.h"

#include <libxml/HTMLparser.h>
#include <libxml/xmlerror.h>
#include <string.h>

#define SIZE_LIMIT ((size_t)3 * 1000 * 1000)

static void test_names_are_text_whatever_they_hold(void)
{
    struct html_page page;
    html_start(
        &page,
        "<testcase classname=\"&lt;script&gt;\" name='&lt;/span&gt;&amp;amp;&quot;]]&gt;'>"
        "<properties>" LEAKED PROPERTY(
            "call_site",
            "block 1 1 0 1 over&#10;f&lt;&gt;&#9;&lt;a.c&#9;1&#9;") "</properties><failure "
                                                                    "type=\"leak.live\" "
                                                                    "message=\"&lt;b&gt;\">&lt;/"
                                                                    "pre&gt;'\n"
                                                                    "&amp;lt;</failure></testcase>"
                                                                    "<testcase classname=\"a\" "
                                                                    "name=\"&lt;img "
                                                                    "src='x'&gt;\"/>");
    html_check(&page, "//h3", "<script>/</span>&amp;\"]]>");
    html_check(&page, "//p[@class='message']", "<b>");
    html_check(&page, "//pre", "</pre>'\n&lt;");
    html_check(&page, "//div[@class='tree']//code", "f<>");
    html_check(&page, "//div[@class='tree']//span", "<a.c:1");
    html_check(&page, "//li[@class='passed']/span[1]", "a/<img src='x'>");
    html_check(&page, "count(//img)", "0");
    html_end(&page);
}

static void test_the_summary_counts(void)
{
    struct html_page page;
    html_start(
        &page,
        "<testcase name=\"a\" time=\"1.5\"/><testcase name=\"b\"/><testcase name=\"c\"><skipped/>"
        "</testcase><testcase name=\"d\"><properties>" LEAKED "</properties>" FAILURE
        "</testcase>");
    html_check(&page, "string(//title)", "leakgate: 1 of 4 tests red");
    html_check(&page, "string(//p[@class='total'])", "4 tests in 1.50 s");
    html_check(&page, "string(//button[@value='passed'])", "2 passed");
    html_check(&page, "string(//button[@value='leaked'])", "1 leaked");
    html_check(&page, "count(//p[@id='verdicts']/button)", "3");
    html_check(&page, "string(//details[@class='programs']//td[2])", "1");
    html_check(&page, "string(//ol[@id='tests']/li[1]/@class)", "leaked");
    html_check(&page, "count(//ol[@id='tests']/li/details)", "1");
    html_end(&page);
}

/* Of green tests nothing is shown; of leaks it is folded. */
static void test_what_red_tests_have_printed_is_shown(void)
{
    struct html_page page;
    html_start(&page, "<testcase name=\"a\"><system-out>green</system-out></testcase>"
                      "<testcase name=\"b\"><failure type=\"test.assertion\" message=\"m\">m"
                      "</failure><system-out>one &lt;b&gt;\ntwo</system-out><system-err>three"
                      "</system-err></testcase><testcase name=\"c\"><properties>" LEAKED
                      "</properties>" FAILURE "<system-out>four</system-out></testcase>");
    html_check(&page, "count(//pre[contains(., 'green')])", "0");
    html_check(&page, "string(//li[@class='failed']//details[@class='text'][1]/summary)",
               "What it printed");
    html_check(&page, "string(//li[@class='failed']//details[@class='text'][1]/pre)",
               "one <b>\ntwo");
    html_check(&page, "string(//li[@class='failed']//details[@class='text'][2]/pre)", "three");
    html_check(&page, "count(//li[@class='failed']//details[@class='text'][@open])", "2");
    html_check(&page, "count(//li[@class='leaked']//details[@class='text'][pre='four'])", "1");
    html_check(&page, "count(//li[@class='leaked']//details[@class='text'][pre='four'][@open])",
               "0");
    html_end(&page);
}

static void test_no_tests_are_a_page_too(void)
{
    struct html_page page;
    html_start(&page, "");
    html_check(&page, "count(//ol[@id='tests']/li)", "0");
    html_check(&page, "string(//title)", "leakgate: 0 of 0 tests red");
    html_end(&page);
}

static int unknown_tags;
static int errors;

/* libxml2 knows HTML 4: what is new in 5 is an unknown tag to it, and nothing else may be. */
static void count_error(void *context, const xmlError *error)
{
    (void)context;
    if (error->code == XML_HTML_UNKNOWN_TAG)
        unknown_tags++;
    else
        errors++;
}

static void test_the_page_is_html(void)
{
    struct html_page page;
    html_start(&page, "<testcase name=\"a\"><properties>" LEAKED PROPERTY("over", "live")
                          PROPERTY("growth_per_run.live_bytes", "1")
                              PROPERTY("growth_by_run",
                                       "1w live=1;1 live=1") "</properties>" FAILURE "</testcase>");
    unknown_tags = errors = 0;
    xmlSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)(void (*)(void))count_error);
    htmlDocPtr tree = htmlReadMemory(page.text.data, (int)page.text.length, NULL, NULL, 0);
    xmlSetStructuredErrorFunc(NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(tree);
    CU_ASSERT(unknown_tags > 0);
    CU_ASSERT_EQUAL(errors, 0);
    xmlFreeDoc(tree);
    html_end(&page);
}

static void test_the_page_needs_nothing_from_elsewhere(void)
{
    static const char *const references[] = {
        "http:", "https:", "src=", "href=", "url(", "@import", "fetch(", "//cdn"};
    struct html_page page;
    html_start(&page, "<testcase name=\"a\"/>");
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
        CU_ASSERT_PTR_NULL(strstr(page.text.data, references[i]));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(page.text.data, "content=\"default-src 'none'; style-src 'sha256-"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page.text.data, lg_page_js));
    CU_ASSERT_PTR_NULL(strstr(lg_page_js, "</script"));
    CU_ASSERT_EQUAL(strlen(lg_page_js_hash), strlen("sha256-") + 44);
    html_end(&page);
}

static void test_stacks_that_begin_alike_are_one_branch(void)
{
    struct html_page page;
    html_start(
        &page,
        "<testcase name=\"a\"><properties>" LEAKED PROPERTY(
            "call_site", "block 64 2 32 2 over&#10;malloc_it&#9;a.c&#9;1&#9;"
                         "&#10;test&#9;a.c&#9;9&#9;")
            PROPERTY("call_site", "descriptor 0 1 0 2 within&#10;open_it&#9;&#9;0&#9;"
                                  "/lib/libx.so&#10;test&#9;a.c&#9;9&#9;")
                PROPERTY("call_site",
                         "process 0 2 0 2 over&#10;test&#9;a.c&#9;10&#9;") "</properties>" FAILURE
                                                                           "</testcase>");
    html_check(&page, "count(//div[@class='tree']/ul/li)", "2");
    html_check(&page, "count(//code[.='test'])", "2");
    html_check(&page, "string(//div[@class='tree']//summary)", "+64 B in 3, by:");
    html_check(&page, "count(//div[@class='tree']//details/ul/li)", "2");
    html_check(&page, "string(//details/ul/li[1])", "malloc_it a.c:1+64 B in 2 blocks of 32 B");
    html_check(&page, "string(//details/ul/li[2])",
               "open_it in libx.so1 descriptor, within the "
               "budget");
    html_check(&page, "string(//div[@class='tree']/ul/li[2]/p[2])", "2 processes");
    html_end(&page);
}

/* COUNT tests, of which the first RED leak by 16 call sites. */
static void add_many(struct lg_text *cases, int count, int red)
{
    for (int i = 0; i < count; i++) {
        lg_text_add(cases,
                    "<testcase classname=\"a_suite_of_tests\" name=\"a_test_of_it_%d\" "
                    "time=\"0.0001\">",
                    i);
        if (i < red) {
            lg_text_add(cases, "<properties>" LEAKED);
            for (int site = 0; site < 16; site++)
                lg_text_add(cases,
                            PROPERTY("call_site", "block 64 2 32 2 over&#10;"
                                                  "function_%d&#9;source.c&#9;1&#9;"),
                            site);
            lg_text_add(cases, "</properties>" FAILURE);
        }
        lg_text_add(cases, "</testcase>");
    }
}

static void test_many_tests_are_a_page_of_some_size(void)
{
    struct html_page page;
    struct lg_text cases = {0};
    add_many(&cases, 5000, 2500);
    html_start(&page, lg_text_string(&cases));
    CU_ASSERT(page.text.length < SIZE_LIMIT);
    html_check(&page, "count(//ol[@id='tests']/li)", "5000");
    html_check(&page, "count(//ol[@id='tests']/li/details) > 500", "true");
    html_check(&page, "count(//p[@class='note'])", "1");
    html_end(&page);
    lg_text_free(&cases);
}

static void test_what_does_not_fit_into_memory_is_told(void)
{
    struct lg_doc doc;
    struct lg_text text = {0};
    unsigned number = 0;
    bool failed = true;
    html_read(&doc, "<testcase name=\"a\"><properties>" LEAKED PROPERTY(
                        "call_site", "block 64 2 32 2 over&#10;f&#9;a.c&#9;1&#9;")
                        PROPERTY("mappings_before", "1000-2000 heap")
                            PROPERTY("mappings_after", "1000-9000 heap") "</properties>" FAILURE
                                                                         "</testcase>");
    while (failed && ++number < 1000) {
        scarce_memory(number);
        lg_html_add(&text, &doc);
        failed = text.failed;
        CU_ASSERT_EQUAL(failed, scarce_memory_ran_out());
        scarce_memory(0);
        lg_text_free(&text);
    }
    CU_ASSERT(number > 10 && number < 1000);
    lg_doc_free(&doc);
}

int add_html_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_names_are_text_whatever_they_hold),
        UNIT_TEST(test_the_summary_counts),
        UNIT_TEST(test_what_red_tests_have_printed_is_shown),
        UNIT_TEST(test_no_tests_are_a_page_too),
        UNIT_TEST(test_the_page_is_html),
        UNIT_TEST(test_the_page_needs_nothing_from_elsewhere),
        UNIT_TEST(test_stacks_that_begin_alike_are_one_branch),
        UNIT_TEST(test_many_tests_are_a_page_of_some_size),
        UNIT_TEST(test_what_does_not_fit_into_memory_is_told),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("html", tests);
}
