#include "xml.h"

#include <libxml/xmlsave.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void write_fn(xmlTextWriterPtr writer);

static void check_written(write_fn *write, const char *expected)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr writer = xmlNewTextWriterMemory(buffer, 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    write(writer);
    CU_ASSERT(xmlTextWriterEndDocument(writer) >= 0);
    xmlFreeTextWriter(writer);
    CU_ASSERT_STRING_EQUAL((const char *)xmlBufferContent(buffer), expected);
    xmlBufferFree(buffer);
}

static void write_element(xmlTextWriterPtr writer)
{
    xmlTextWriterWriteElement(writer, BAD_CAST "a", BAD_CAST "text");
}

static void test_element(void)
{
    check_written(write_element, "<a>text</a>\n");
}

static void write_escaped(xmlTextWriterPtr writer)
{
    xmlTextWriterStartElement(writer, BAD_CAST "a");
    xmlTextWriterWriteAttribute(writer, BAD_CAST "b", BAD_CAST "1 < 2");
    xmlTextWriterWriteString(writer, BAD_CAST "x & y");
}

static void test_escaped(void)
{
    check_written(write_escaped, "<a b=\"1 &lt; 2\">x &amp; y</a>\n");
}

static void write_nested(xmlTextWriterPtr writer)
{
    xmlTextWriterStartElement(writer, BAD_CAST "a");
    xmlTextWriterStartElement(writer, BAD_CAST "b");
    xmlTextWriterStartElement(writer, BAD_CAST "c");
    xmlTextWriterEndElement(writer);
    xmlTextWriterEndElement(writer);
}

static void test_nested(void)
{
    check_written(write_nested, "<a><b><c/></b></a>\n");
}

static void write_indented(xmlTextWriterPtr writer)
{
    xmlTextWriterSetIndent(writer, 1);
    xmlTextWriterSetIndentString(writer, BAD_CAST "  ");
    write_nested(writer);
}

static void test_indented(void)
{
    check_written(write_indented, "<a>\n  <b>\n    <c/>\n  </b>\n</a>\n");
}

static void write_comment(xmlTextWriterPtr writer)
{
    xmlTextWriterStartElement(writer, BAD_CAST "a");
    xmlTextWriterWriteComment(writer, BAD_CAST "about");
    xmlTextWriterWriteCDATA(writer, BAD_CAST "<raw>");
}

static void test_comment_and_cdata(void)
{
    check_written(write_comment, "<a><!--about--><![CDATA[<raw>]]></a>\n");
}

static void write_namespace(xmlTextWriterPtr writer)
{
    xmlTextWriterStartElementNS(writer, BAD_CAST "e", BAD_CAST "a", BAD_CAST "http://e.org/");
}

static void test_namespace(void)
{
    check_written(write_namespace, "<e:a xmlns:e=\"http://e.org/\"/>\n");
}

static void write_formatted(xmlTextWriterPtr writer)
{
    xmlTextWriterStartElement(writer, BAD_CAST "a");
    xmlTextWriterWriteFormatAttribute(writer, BAD_CAST "n", "%05d", 42);
    xmlTextWriterWriteFormatString(writer, "%s-%x", "hex", 255);
}

static void test_formatted(void)
{
    check_written(write_formatted, "<a n=\"00042\">hex-ff</a>\n");
}

static void write_declaration(xmlTextWriterPtr writer)
{
    xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL);
    xmlTextWriterWriteElement(writer, BAD_CAST "a", BAD_CAST "\xc3\xa4");
}

static void test_declaration(void)
{
    check_written(write_declaration, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                     "<a>\xc3\xa4</a>\n");
}

static void test_thousand_rows(void)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr writer = xmlNewTextWriterMemory(buffer, 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    xmlTextWriterStartElement(writer, BAD_CAST "rows");
    for (int i = 0; i < 1000; ++i)
        xmlTextWriterWriteFormatElement(writer, BAD_CAST "row", "%d", i);
    xmlTextWriterEndDocument(writer);
    xmlFreeTextWriter(writer);
    CU_ASSERT_EQUAL(xmlBufferLength(buffer), 13 + 1 + 1000 * 11 + 2890);
    xmlBufferFree(buffer);
}

static void test_dump_and_read_again(void)
{
    xmlDocPtr doc = catalogue_read(100);
    xmlDocPtr again;
    xmlChar *text = NULL;
    int length = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
    xmlDocDumpFormatMemory(doc, &text, &length, 1);
    xmlFreeDoc(doc);
    again = xmlReadMemory((const char *)text, length, "again.xml", NULL, 0);
    xmlFree(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT_EQUAL(xmlChildElementCount(xmlDocGetRootElement(again)), 100);
    xmlFreeDoc(again);
}

static void test_dump_in_latin1(void)
{
    xmlDocPtr doc = xmlReadDoc(BAD_CAST "<a>\xc3\xa4</a>", NULL, NULL, 0);
    xmlChar *text = NULL;
    int length = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
    xmlDocDumpMemoryEnc(doc, &text, &length, "ISO-8859-1");
    CU_ASSERT_PTR_NOT_NULL(strstr((const char *)text, "<a>\xe4</a>"));
    xmlFree(text);
    xmlFreeDoc(doc);
}

static void test_save_without_declaration(void)
{
    xmlDocPtr doc = xmlReadDoc(BAD_CAST "<a><b/></a>", NULL, NULL, 0);
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlSaveCtxtPtr context = xmlSaveToBuffer(buffer, NULL, XML_SAVE_NO_DECL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    xmlSaveDoc(context, doc);
    xmlSaveClose(context);
    CU_ASSERT_STRING_EQUAL((const char *)xmlBufferContent(buffer), "<a><b/></a>\n");
    xmlBufferFree(buffer);
    xmlFreeDoc(doc);
}

static void test_save_to_file(void)
{
    char path[] = "/tmp/bench_xml_XXXXXX";
    int file = mkstemp(path);
    xmlDocPtr doc = catalogue_read(50);
    xmlDocPtr again;

    CU_ASSERT_FATAL(file >= 0);
    close(file);
    CU_ASSERT(xmlSaveFile(path, doc) > 0);
    again = xmlReadFile(path, NULL, 0);
    unlink(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT_EQUAL(xmlChildElementCount(xmlDocGetRootElement(again)), 50);
    xmlFreeDoc(again);
    xmlFreeDoc(doc);
}

CU_TestInfo writer_tests[] = {
    {"element", test_element},
    {"escaped", test_escaped},
    {"nested", test_nested},
    {"indented", test_indented},
    {"comment_and_cdata", test_comment_and_cdata},
    {"namespace", test_namespace},
    {"formatted", test_formatted},
    {"declaration", test_declaration},
    {"thousand_rows", test_thousand_rows},
    {"dump_and_read_again", test_dump_and_read_again},
    {"dump_in_latin1", test_dump_in_latin1},
    {"save_without_declaration", test_save_without_declaration},
    {"save_to_file", test_save_to_file},
    CU_TEST_INFO_NULL,
};
