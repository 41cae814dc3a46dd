#include "html_page.h"

#include "runner/report/outputs.h"
#include "unit.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <string.h>

void html_read(struct lg_doc *doc, const char *cases)
{
    struct lg_text xml = {0};
    lg_text_add(&xml, "<testsuites><testsuite name=\"program\">%s", cases);
    lg_text_add(&xml, "</testsuite></testsuites>");
    xmlDocPtr source = xmlReadMemory(xml.data, (int)xml.length, NULL, NULL, XML_PARSE_HUGE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    CU_ASSERT_EQUAL_FATAL(lg_doc_read(source, doc), 0);
    xmlFreeDoc(source);
    lg_text_free(&xml);
}

static void make(struct html_page *page, const char *cases)
{
    struct lg_doc doc;
    *page = (struct html_page){.tree = NULL};
    html_read(&doc, cases);
    lg_html_add(&page->text, &doc);
    CU_ASSERT_FALSE_FATAL(page->text.failed);
    lg_doc_free(&doc);
}

void html_start(struct html_page *page, const char *cases)
{
    struct lg_text xml = {0};
    make(page, cases);
    /* The script is the only part of the page that is HTML and no XML. */
    const char *script = strstr(page->text.data, "<script>");
    const char *end = strstr(page->text.data, "</script>");
    CU_ASSERT_FATAL(script != NULL && end != NULL && end > script);
    lg_text_add_bytes(&xml, page->text.data, (size_t)(script - page->text.data));
    lg_text_add(&xml, "%s", end + strlen("</script>"));
    page->tree = xmlReadMemory(xml.data, (int)xml.length, NULL, NULL, XML_PARSE_HUGE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(page->tree);
    lg_text_free(&xml);
}

void html_end(struct html_page *page)
{
    xmlFreeDoc(page->tree);
    lg_text_free(&page->text);
}

void html_check(const struct html_page *page, const char *expression, const char *expected)
{
    xmlXPathContext *context = xmlXPathNewContext(page->tree);
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)expression, context);
    xmlChar *text = xmlXPathCastToString(found);
    if (strcmp((const char *)text, expected) != 0)
        printf("\n    %s is \"%s\"", expression, (const char *)text);
    CU_ASSERT_STRING_EQUAL((const char *)text, expected);
    xmlFree(text);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
}
