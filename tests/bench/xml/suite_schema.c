#include "xml.h"

#include <libxml/relaxng.h>
#include <libxml/valid.h>
#include <libxml/xmlschemas.h>
#include <string.h>

static const char schema_text[] =
    "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
    "<xs:simpleType name='genre'><xs:restriction base='xs:string'>"
    "<xs:enumeration value='novel'/><xs:enumeration value='poetry'/>"
    "<xs:enumeration value='drama'/><xs:enumeration value='essay'/>"
    "<xs:enumeration value='letters'/></xs:restriction></xs:simpleType>"
    "<xs:complexType name='price'><xs:simpleContent><xs:extension base='xs:decimal'>"
    "<xs:attribute name='currency' type='xs:NCName' use='required'/>"
    "</xs:extension></xs:simpleContent></xs:complexType>"
    "<xs:complexType name='book'><xs:sequence>"
    "<xs:element name='title' type='xs:string'/>"
    "<xs:element name='author'><xs:complexType><xs:sequence>"
    "<xs:element name='first' type='xs:string'/><xs:element name='last' type='xs:string'/>"
    "</xs:sequence></xs:complexType></xs:element>"
    "<xs:element name='price' type='price'/></xs:sequence>"
    "<xs:attribute name='id' type='xs:ID' use='required'/>"
    "<xs:attribute name='genre' type='genre' use='required'/>"
    "<xs:attribute name='year' type='xs:gYear' use='required'/></xs:complexType>"
    "<xs:element name='catalogue'><xs:complexType><xs:sequence>"
    "<xs:element name='book' type='book' minOccurs='0' maxOccurs='unbounded'/>"
    "</xs:sequence></xs:complexType></xs:element></xs:schema>";

static const char relaxng_text[] =
    "<element name='list' xmlns='http://relaxng.org/ns/structure/1.0'>"
    "<oneOrMore><element name='item'><text/></element></oneOrMore></element>";

static const char dtd_text[] = "<!DOCTYPE list [<!ELEMENT list (item+)><!ELEMENT item (#PCDATA)>"
                               "<!ATTLIST item id ID #REQUIRED>]>";

static xmlSchemaPtr schema;

static xmlSchemaPtr read_schema(const char *text)
{
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewMemParserCtxt(text, (int)strlen(text));
    xmlSchemaPtr result = xmlSchemaParse(parser);

    xmlSchemaFreeParserCtxt(parser);
    return result;
}

int schema_suite_init(void)
{
    schema = read_schema(schema_text);
    return schema == NULL;
}

int schema_suite_clean(void)
{
    xmlSchemaFree(schema);
    schema = NULL;
    return 0;
}

static int is_valid(xmlDocPtr doc)
{
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema);
    int result = xmlSchemaValidateDoc(context, doc);

    xmlSchemaFreeValidCtxt(context);
    return result == 0;
}

/* A book of that genre, year and price. */
static int is_valid_book(const char *genre, const char *year, const char *price)
{
    char text[512] = "<catalogue><book id='b1' genre='";
    xmlDocPtr doc;
    int result;

    strcat(strcat(strcat(text, genre), "' year='"), year);
    strcat(text, "'><title>T</title><author><first>A</first><last>B</last></author>"
                 "<price currency='EUR'>");
    strcat(strcat(text, price), "</price></book></catalogue>");
    doc = xmlReadDoc(BAD_CAST text, NULL, NULL, 0);
    result = doc != NULL && is_valid(doc);
    xmlFreeDoc(doc);
    return result;
}

static void test_schema_takes_good_book(void)
{
    CU_ASSERT(is_valid_book("novel", "1808", "7.50"));
}

static void test_schema_refuses_genre(void)
{
    CU_ASSERT_FALSE(is_valid_book("cooking", "1808", "7.50"));
}

static void test_schema_refuses_year(void)
{
    CU_ASSERT_FALSE(is_valid_book("novel", "long ago", "7.50"));
}

static void test_schema_refuses_price(void)
{
    CU_ASSERT_FALSE(is_valid_book("novel", "1808", "dear"));
}

static void check_valid(size_t books)
{
    xmlDocPtr doc = catalogue_read(books);

    CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
    CU_ASSERT(is_valid(doc));
    xmlFreeDoc(doc);
}

static void test_schema_takes_none(void)
{
    check_valid(0);
}

static void test_schema_takes_hundred(void)
{
    check_valid(100);
}

static void test_schema_refuses_empty_genre(void)
{
    xmlDocPtr doc = catalogue_read(2);
    xmlNodePtr second = xmlLastElementChild(xmlDocGetRootElement(doc));

    xmlSetProp(second, BAD_CAST "genre", BAD_CAST "");
    CU_ASSERT_FALSE(is_valid(doc));
    xmlFreeDoc(doc);
}

static void test_schema_refuses_missing_attribute(void)
{
    xmlDocPtr doc = catalogue_read(3);

    xmlUnsetProp(xmlFirstElementChild(xmlDocGetRootElement(doc)), BAD_CAST "id");
    CU_ASSERT_FALSE(is_valid(doc));
    xmlFreeDoc(doc);
}

static void test_schema_read_again(void)
{
    xmlSchemaPtr other = read_schema(schema_text);

    CU_ASSERT_PTR_NOT_NULL(other);
    xmlSchemaFree(other);
}

static void test_schema_refused(void)
{
    CU_ASSERT_PTR_NULL(read_schema("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
                                   "<xs:element name='a' type='nothing'/></xs:schema>"));
}

static int is_valid_list(const char *text)
{
    xmlRelaxNGParserCtxtPtr parser =
        xmlRelaxNGNewMemParserCtxt(relaxng_text, (int)sizeof relaxng_text - 1);
    xmlRelaxNGPtr grammar = xmlRelaxNGParse(parser);
    xmlRelaxNGValidCtxtPtr context = xmlRelaxNGNewValidCtxt(grammar);
    xmlDocPtr doc = xmlReadDoc(BAD_CAST text, NULL, NULL, 0);
    int result = xmlRelaxNGValidateDoc(context, doc);

    xmlFreeDoc(doc);
    xmlRelaxNGFreeValidCtxt(context);
    xmlRelaxNGFree(grammar);
    xmlRelaxNGFreeParserCtxt(parser);
    return result == 0;
}

static void test_relaxng_takes_list(void)
{
    CU_ASSERT(is_valid_list("<list><item>1</item><item>2</item></list>"));
}

static void test_relaxng_refuses_empty_list(void)
{
    CU_ASSERT_FALSE(is_valid_list("<list/>"));
}

static int is_valid_by_dtd(const char *body)
{
    char text[512];
    xmlDocPtr doc;
    xmlValidCtxtPtr context = xmlNewValidCtxt();
    int result;

    strcat(strcpy(text, dtd_text), body);
    doc = xmlReadDoc(BAD_CAST text, NULL, NULL, 0);
    result = xmlValidateDocument(context, doc);
    xmlFreeDoc(doc);
    xmlFreeValidCtxt(context);
    return result;
}

static void test_dtd_takes_list(void)
{
    CU_ASSERT(is_valid_by_dtd("<list><item id='a'>1</item></list>"));
}

static void test_dtd_refuses_missing_id(void)
{
    CU_ASSERT_FALSE(is_valid_by_dtd("<list><item>1</item></list>"));
}

static void test_dtd_refuses_same_id(void)
{
    CU_ASSERT_FALSE(is_valid_by_dtd("<list><item id='a'>1</item><item id='a'>2</item></list>"));
}

CU_TestInfo schema_tests[] = {
    {"schema_takes_good_book", test_schema_takes_good_book},
    {"schema_refuses_genre", test_schema_refuses_genre},
    {"schema_refuses_year", test_schema_refuses_year},
    {"schema_refuses_price", test_schema_refuses_price},
    {"schema_takes_none", test_schema_takes_none},
    {"schema_takes_hundred", test_schema_takes_hundred},
    {"schema_refuses_empty_genre", test_schema_refuses_empty_genre},
    {"schema_refuses_missing_attribute", test_schema_refuses_missing_attribute},
    {"schema_read_again", test_schema_read_again},
    {"schema_refused", test_schema_refused},
    {"relaxng_takes_list", test_relaxng_takes_list},
    {"relaxng_refuses_empty_list", test_relaxng_refuses_empty_list},
    {"dtd_takes_list", test_dtd_takes_list},
    {"dtd_refuses_missing_id", test_dtd_refuses_missing_id},
    {"dtd_refuses_same_id", test_dtd_refuses_same_id},
    CU_TEST_INFO_NULL,
};
