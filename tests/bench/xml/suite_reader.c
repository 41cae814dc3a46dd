#include "xml.h"

#include <libxml/pattern.h>
#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>

static xmlTextReaderPtr read_text(const char *text)
{
    return xmlReaderForMemory(text, (int)strlen(text), "test.xml", NULL,
                              XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

/* How many elements of that name are read; the reader is freed. -1 if it is not well-formed. */
static int count_elements(xmlTextReaderPtr reader, const char *name)
{
    int count = 0;
    int more;

    while ((more = xmlTextReaderRead(reader)) == 1)
        if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT &&
            strcmp((const char *)xmlTextReaderConstName(reader), name) == 0)
            ++count;
    xmlFreeTextReader(reader);
    return more == 0 ? count : -1;
}

static void test_counts_elements(void)
{
    CU_ASSERT_EQUAL(count_elements(read_text("<a><b/><b/><c/></a>"), "b"), 2);
}

static void test_tells_broken_text(void)
{
    CU_ASSERT_EQUAL(count_elements(read_text("<a><b></a>"), "b"), -1);
}

static void check_catalogue(size_t books)
{
    char *text = catalogue_text(books);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(count_elements(read_text(text), "title"), (int)books);
    free(text);
}

static void test_reads_hundred(void)
{
    check_catalogue(100);
}

static void test_reads_thousand(void)
{
    check_catalogue(1000);
}

static void test_attributes(void)
{
    xmlTextReaderPtr reader = read_text("<a b='1' c='2'/>");
    xmlChar *value;

    CU_ASSERT_EQUAL_FATAL(xmlTextReaderRead(reader), 1);
    CU_ASSERT_EQUAL(xmlTextReaderAttributeCount(reader), 2);
    value = xmlTextReaderGetAttribute(reader, BAD_CAST "c");
    CU_ASSERT_STRING_EQUAL((const char *)value, "2");
    xmlFree(value);
    xmlFreeTextReader(reader);
}

static void test_walks_attributes(void)
{
    xmlTextReaderPtr reader = read_text("<a b='1' c='2' d='3'/>");
    int sum = 0;

    CU_ASSERT_EQUAL_FATAL(xmlTextReaderRead(reader), 1);
    while (xmlTextReaderMoveToNextAttribute(reader) == 1)
        sum += atoi((const char *)xmlTextReaderConstValue(reader));
    CU_ASSERT_EQUAL(sum, 6);
    xmlFreeTextReader(reader);
}

static void test_depth(void)
{
    xmlTextReaderPtr reader = read_text("<a><b><c><d/></c></b></a>");
    int deepest = 0;

    while (xmlTextReaderRead(reader) == 1)
        if (xmlTextReaderDepth(reader) > deepest)
            deepest = xmlTextReaderDepth(reader);
    CU_ASSERT_EQUAL(deepest, 3);
    xmlFreeTextReader(reader);
}

static void test_inner_text(void)
{
    xmlTextReaderPtr reader = read_text("<a><b>x</b>y</a>");
    xmlChar *inner;

    CU_ASSERT_EQUAL_FATAL(xmlTextReaderRead(reader), 1);
    inner = xmlTextReaderReadInnerXml(reader);
    CU_ASSERT_STRING_EQUAL((const char *)inner, "<b>x</b>y");
    xmlFree(inner);
    xmlFreeTextReader(reader);
}

static void test_skips_subtree(void)
{
    xmlTextReaderPtr reader = read_text("<a><b><c/></b><d/></a>");

    CU_ASSERT_EQUAL_FATAL(xmlTextReaderRead(reader), 1);
    CU_ASSERT_EQUAL_FATAL(xmlTextReaderRead(reader), 1);
    CU_ASSERT_EQUAL_FATAL(xmlTextReaderNext(reader), 1);
    CU_ASSERT_STRING_EQUAL((const char *)xmlTextReaderConstName(reader), "d");
    xmlFreeTextReader(reader);
}

static void test_expands_subtree(void)
{
    xmlTextReaderPtr reader = read_text("<a><b>1</b><b>2</b></a>");
    xmlNodePtr node;

    CU_ASSERT_EQUAL_FATAL(xmlTextReaderRead(reader), 1);
    node = xmlTextReaderExpand(reader);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    CU_ASSERT_EQUAL(xmlChildElementCount(node), 2);
    xmlFreeTextReader(reader);
}

static void test_pattern_matches(void)
{
    xmlPatternPtr pattern = xmlPatterncompile(BAD_CAST "book/author", NULL, 0, NULL);
    xmlDocPtr doc = catalogue_read(20);
    int matches = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
    for (xmlNodePtr book = xmlFirstElementChild(xmlDocGetRootElement(doc)); book != NULL;
         book = xmlNextElementSibling(book))
        for (xmlNodePtr node = book->children; node != NULL; node = node->next)
            matches += xmlPatternMatch(pattern, node) == 1;
    CU_ASSERT_EQUAL(matches, 20);
    xmlFreePattern(pattern);
    xmlFreeDoc(doc);
}

CU_TestInfo reader_tests[] = {
    {"counts_elements", test_counts_elements},
    {"tells_broken_text", test_tells_broken_text},
    {"reads_hundred", test_reads_hundred},
    {"reads_thousand", test_reads_thousand},
    {"attributes", test_attributes},
    {"walks_attributes", test_walks_attributes},
    {"depth", test_depth},
    {"inner_text", test_inner_text},
    {"skips_subtree", test_skips_subtree},
    {"expands_subtree", test_expands_subtree},
    {"pattern_matches", test_pattern_matches},
    CU_TEST_INFO_NULL,
};
