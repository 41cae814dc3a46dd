#include "xml.h"

#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

static xmlDocPtr books;

int xpath_suite_init(void)
{
    books = catalogue_read(200);
    return books == NULL;
}

int xpath_suite_clean(void)
{
    xmlFreeDoc(books);
    books = NULL;
    return 0;
}

static void check_number(const char *expression, double expected)
{
    xmlXPathContextPtr context = xmlXPathNewContext(books);
    xmlXPathObjectPtr result;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    result = xmlXPathEvalExpression(BAD_CAST expression, context);
    CU_ASSERT_PTR_NOT_NULL_FATAL(result);
    CU_ASSERT_EQUAL(result->type, XPATH_NUMBER);
    CU_ASSERT_DOUBLE_EQUAL(result->floatval, expected, 0.001);
    xmlXPathFreeObject(result);
    xmlXPathFreeContext(context);
}

static void check_string(const char *expression, const char *expected)
{
    xmlXPathContextPtr context = xmlXPathNewContext(books);
    xmlXPathObjectPtr result;
    xmlChar *text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    result = xmlXPathEvalExpression(BAD_CAST expression, context);
    CU_ASSERT_PTR_NOT_NULL_FATAL(result);
    text = xmlXPathCastToString(result);
    CU_ASSERT_STRING_EQUAL((const char *)text, expected);
    xmlFree(text);
    xmlXPathFreeObject(result);
    xmlXPathFreeContext(context);
}

static void test_counts_children(void)
{
    check_number("count(/catalogue/book)", 200);
}

static void test_counts_descendants(void)
{
    check_number("count(//*)", 1 + 200 * 6);
}

static void test_counts_by_attribute(void)
{
    check_number("count(//book[@genre='poetry'])", 40);
}

static void test_counts_by_number(void)
{
    check_number("count(//book[@year > 1899])", 100);
}

static void test_sums(void)
{
    check_number("sum(//book/@year)", 200 * 1800 + 199 * 100);
}

static void test_position(void)
{
    check_string("string(/catalogue/book[3]/title)", "Title & number 2");
}

static void test_last(void)
{
    check_string("string(//book[last()]/@id)", "b199");
}

static void test_text_of_author(void)
{
    check_string("concat(//book[1]/author/first, ' ', //book[1]/author/last)", "Anna Author 0");
}

static void test_string_functions(void)
{
    check_string("translate(substring-after('key=value', '='), 'aeu', 'AEU')", "vAlUE");
}

static void test_normalizes_space(void)
{
    check_string("normalize-space('  a   b ')", "a b");
}

static void test_arithmetic(void)
{
    check_number("(7 mod 4) * 10 + floor(2.7) - round(0.6)", 31);
}

static void test_union_of_sets(void)
{
    check_number("count(//title | //price)", 400);
}

static void test_axes(void)
{
    check_number("count(//book[@id='b5']/following-sibling::book)", 194);
}

static void test_ancestors(void)
{
    check_number("count(//book[10]/author/last/ancestor::*)", 3);
}

static void test_contains(void)
{
    check_number("count(//title[contains(., 'number 19')])", 11);
}

static void test_refuses_bad_expression(void)
{
    xmlXPathContextPtr context = xmlXPathNewContext(books);

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_PTR_NULL(xmlXPathEvalExpression(BAD_CAST "//book[", context));
    xmlXPathFreeContext(context);
}

static void test_variable(void)
{
    xmlXPathContextPtr context = xmlXPathNewContext(books);
    xmlXPathObjectPtr result;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    xmlXPathRegisterVariable(context, BAD_CAST "wanted", xmlXPathNewCString("b7"));
    result = xmlXPathEvalExpression(BAD_CAST "//book[@id=$wanted]", context);
    CU_ASSERT_PTR_NOT_NULL_FATAL(result);
    CU_ASSERT_EQUAL(result->nodesetval->nodeNr, 1);
    xmlXPathFreeObject(result);
    xmlXPathFreeContext(context);
}

static void twice(xmlXPathParserContextPtr context, int arguments)
{
    if (arguments == 1)
        xmlXPathReturnNumber(context, 2 * xmlXPathPopNumber(context));
}

static void test_function(void)
{
    xmlXPathContextPtr context = xmlXPathNewContext(books);
    xmlXPathObjectPtr result;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    xmlXPathRegisterFunc(context, BAD_CAST "twice", twice);
    result = xmlXPathEvalExpression(BAD_CAST "twice(count(//book))", context);
    CU_ASSERT_PTR_NOT_NULL_FATAL(result);
    CU_ASSERT_DOUBLE_EQUAL(result->floatval, 400.0, 0.0);
    xmlXPathFreeObject(result);
    xmlXPathFreeContext(context);
}

static void test_compiled_once(void)
{
    xmlXPathCompExprPtr compiled = xmlXPathCompile(BAD_CAST "number(price)");
    xmlXPathContextPtr context = xmlXPathNewContext(books);
    xmlNodePtr book = xmlFirstElementChild(xmlDocGetRootElement(books));
    double sum = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(compiled);
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    for (; book != NULL; book = xmlNextElementSibling(book)) {
        xmlXPathObjectPtr price;

        context->node = book;
        price = xmlXPathCompiledEval(compiled, context);
        CU_ASSERT_PTR_NOT_NULL_FATAL(price);
        sum += price->floatval;
        xmlXPathFreeObject(price);
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, 4999.0, 0.01);
    xmlXPathFreeContext(context);
    xmlXPathFreeCompExpr(compiled);
}

CU_TestInfo xpath_tests[] = {
    {"counts_children", test_counts_children},
    {"counts_descendants", test_counts_descendants},
    {"counts_by_attribute", test_counts_by_attribute},
    {"counts_by_number", test_counts_by_number},
    {"sums", test_sums},
    {"position", test_position},
    {"last", test_last},
    {"text_of_author", test_text_of_author},
    {"string_functions", test_string_functions},
    {"normalizes_space", test_normalizes_space},
    {"arithmetic", test_arithmetic},
    {"union_of_sets", test_union_of_sets},
    {"axes", test_axes},
    {"ancestors", test_ancestors},
    {"contains", test_contains},
    {"refuses_bad_expression", test_refuses_bad_expression},
    {"variable", test_variable},
    {"function", test_function},
    {"compiled_once", test_compiled_once},
    CU_TEST_INFO_NULL,
};
