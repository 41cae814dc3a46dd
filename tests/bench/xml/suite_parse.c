#include "xml.h"

#include <libxml/SAX2.h>
#include <stdlib.h>
#include <string.h>

#define QUIET (XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET)

static xmlDocPtr read_text(const char *text, int options)
{
    return xmlReadMemory(text, (int)strlen(text), "test.xml", NULL, options | QUIET);
}

static void check_root(const char *text, const char *name)
{
    xmlDocPtr doc = read_text(text, 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
    CU_ASSERT_STRING_EQUAL((const char *)xmlDocGetRootElement(doc)->name, name);
    xmlFreeDoc(doc);
}

static void check_refused(const char *text)
{
    xmlDocPtr doc = read_text(text, 0);

    CU_ASSERT_PTR_NULL(doc);
    xmlFreeDoc(doc);
}

static void check_content(const char *text, int options, const char *content)
{
    xmlDocPtr doc = read_text(text, options);
    xmlChar *found;

    CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
    found = xmlNodeGetContent(xmlDocGetRootElement(doc));
    CU_ASSERT_STRING_EQUAL((const char *)found, content);
    xmlFree(found);
    xmlFreeDoc(doc);
}

static void test_empty_element(void)
{
    check_root("<a/>", "a");
}

static void test_declaration_and_comment(void)
{
    check_root("<?xml version='1.0'?><!-- about --><b></b>", "b");
}

static void test_processing_instruction(void)
{
    check_root("<?style href='a.css'?><c/>", "c");
}

static void test_refuses_open_element(void)
{
    check_refused("<a><b></a>");
}

static void test_refuses_two_roots(void)
{
    check_refused("<a/><b/>");
}

static void test_refuses_text_alone(void)
{
    check_refused("no markup");
}

static void test_refuses_nothing(void)
{
    check_refused("");
}

static void test_refuses_attribute_twice(void)
{
    check_refused("<a b='1' b='2'/>");
}

static void test_refuses_unknown_entity(void)
{
    check_refused("<a>&nothing;</a>");
}

static void test_predefined_entities(void)
{
    check_content("<a>&lt;&amp;&gt;&quot;&apos;</a>", 0, "<&>\"'");
}

static void test_character_references(void)
{
    check_content("<a>&#65;&#x42;&#xe4;</a>", 0, "AB\xc3\xa4");
}

static void test_internal_entity(void)
{
    check_content("<!DOCTYPE a [<!ENTITY who 'world'>]><a>hello &who;</a>", XML_PARSE_NOENT,
                  "hello world");
}

static void test_cdata(void)
{
    check_content("<a><![CDATA[<not> & markup]]></a>", 0, "<not> & markup");
}

static void test_latin1(void)
{
    check_content("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4\xf6\xfc</a>", 0,
                  "\xc3\xa4\xc3\xb6\xc3\xbc");
}

static void test_blanks_dropped(void)
{
    check_content("<a>\n  <b/>\n  <c/>\n</a>", XML_PARSE_NOBLANKS, "");
}

static void test_recovers(void)
{
    check_content("<a><b>kept</a>", XML_PARSE_RECOVER, "kept");
}

static void test_error_has_line(void)
{
    xmlParserCtxtPtr context = xmlNewParserCtxt();
    const char *text = "<a>\n\n<b>\n</a>";
    xmlErrorPtr error;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_PTR_NULL(
        xmlCtxtReadMemory(context, text, (int)strlen(text), "test.xml", NULL, QUIET));
    error = xmlCtxtGetLastError(context);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_EQUAL(error->line, 4);
    xmlFreeParserCtxt(context);
}

static void test_push_by_pieces(void)
{
    char *text = catalogue_text(40);
    size_t length = text != NULL ? strlen(text) : 0;
    xmlParserCtxtPtr context = xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, "pushed.xml");

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    for (size_t at = 0; at < length; at += 100)
        xmlParseChunk(context, text + at, (int)(length - at < 100 ? length - at : 100), 0);
    xmlParseChunk(context, NULL, 0, 1);
    CU_ASSERT(context->wellFormed);
    CU_ASSERT_EQUAL(xmlChildElementCount(xmlDocGetRootElement(context->myDoc)), 40);
    xmlFreeDoc(context->myDoc);
    xmlFreeParserCtxt(context);
    free(text);
}

static void count_element(void *context, const xmlChar *name, const xmlChar **attributes)
{
    (void)name;
    (void)attributes;
    ++*(int *)context;
}

static void test_sax_counts(void)
{
    char *text = catalogue_text(100);
    xmlSAXHandler handler;
    int elements = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(&handler, 0, sizeof handler);
    handler.startElement = count_element;
    CU_ASSERT_EQUAL(xmlSAXUserParseMemory(&handler, &elements, text, (int)strlen(text)), 0);
    CU_ASSERT_EQUAL(elements, 1 + 100 * 6);
    free(text);
}

static void check_size(size_t books)
{
    xmlDocPtr doc = catalogue_read(books);

    CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
    CU_ASSERT_EQUAL(xmlChildElementCount(xmlDocGetRootElement(doc)), books);
    xmlFreeDoc(doc);
}

static void test_ten_books(void)
{
    check_size(10);
}

static void test_thousand_books(void)
{
    check_size(1000);
}

static void test_deep_nesting(void)
{
    char text[200 * 7 + 1];
    xmlDocPtr doc;
    int depth = 0;

    for (int i = 0; i < 200; ++i)
        memcpy(text + 3 * i, "<a>", 3);
    for (int i = 0; i < 200; ++i)
        memcpy(text + 600 + 4 * i, "</a>", 4);
    text[1400] = '\0';
    doc = read_text(text, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
    for (xmlNodePtr node = xmlDocGetRootElement(doc); node != NULL; node = node->children)
        ++depth;
    CU_ASSERT_EQUAL(depth, 200);
    xmlFreeDoc(doc);
}

CU_TestInfo parse_tests[] = {
    {"empty_element", test_empty_element},
    {"declaration_and_comment", test_declaration_and_comment},
    {"processing_instruction", test_processing_instruction},
    {"refuses_open_element", test_refuses_open_element},
    {"refuses_two_roots", test_refuses_two_roots},
    {"refuses_text_alone", test_refuses_text_alone},
    {"refuses_nothing", test_refuses_nothing},
    {"refuses_attribute_twice", test_refuses_attribute_twice},
    {"refuses_unknown_entity", test_refuses_unknown_entity},
    {"predefined_entities", test_predefined_entities},
    {"character_references", test_character_references},
    {"internal_entity", test_internal_entity},
    {"cdata", test_cdata},
    {"latin1", test_latin1},
    {"blanks_dropped", test_blanks_dropped},
    {"recovers", test_recovers},
    {"error_has_line", test_error_has_line},
    {"push_by_pieces", test_push_by_pieces},
    {"sax_counts", test_sax_counts},
    {"ten_books", test_ten_books},
    {"thousand_books", test_thousand_books},
    {"deep_nesting", test_deep_nesting},
    CU_TEST_INFO_NULL,
};
