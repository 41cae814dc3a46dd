#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static xmlDocPtr new_list(int items)
{
    xmlDocPtr doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNodePtr list = xmlNewNode(NULL, BAD_CAST "list");

    xmlDocSetRootElement(doc, list);
    for (int i = 0; i < items; ++i) {
        char text[16];

        snprintf(text, sizeof text, "%d", i);
        xmlNewTextChild(list, NULL, BAD_CAST "item", BAD_CAST text);
    }
    return doc;
}

static void check_items(xmlDocPtr doc, const char *expected)
{
    xmlChar *content = xmlNodeGetContent(xmlDocGetRootElement(doc));

    CU_ASSERT_STRING_EQUAL((const char *)content, expected);
    xmlFree(content);
}

static void test_new_document(void)
{
    xmlDocPtr doc = new_list(0);

    CU_ASSERT_STRING_EQUAL((const char *)doc->version, "1.0");
    CU_ASSERT_PTR_NULL(xmlDocGetRootElement(doc)->children);
    xmlFreeDoc(doc);
}

static void test_children_in_order(void)
{
    xmlDocPtr doc = new_list(10);

    check_items(doc, "0123456789");
    xmlFreeDoc(doc);
}

static void test_many_children(void)
{
    xmlDocPtr doc = new_list(3000);

    CU_ASSERT_EQUAL(xmlChildElementCount(xmlDocGetRootElement(doc)), 3000);
    xmlFreeDoc(doc);
}

static void test_remove_child(void)
{
    xmlDocPtr doc = new_list(5);
    xmlNodePtr second = xmlNextElementSibling(xmlFirstElementChild(xmlDocGetRootElement(doc)));

    xmlUnlinkNode(second);
    xmlFreeNode(second);
    check_items(doc, "0234");
    xmlFreeDoc(doc);
}

static void test_move_child_to_end(void)
{
    xmlDocPtr doc = new_list(4);
    xmlNodePtr list = xmlDocGetRootElement(doc);

    xmlNodePtr first = xmlFirstElementChild(list);

    xmlUnlinkNode(first);
    xmlAddChild(list, first);
    check_items(doc, "1230");
    xmlFreeDoc(doc);
}

static void test_replace_child(void)
{
    xmlDocPtr doc = new_list(3);
    xmlNodePtr other = xmlNewDocNode(doc, NULL, BAD_CAST "other", BAD_CAST "x");

    xmlFreeNode(xmlReplaceNode(xmlLastElementChild(xmlDocGetRootElement(doc)), other));
    check_items(doc, "01x");
    xmlFreeDoc(doc);
}

static void test_insert_before(void)
{
    xmlDocPtr doc = new_list(3);
    xmlNodePtr other = xmlNewDocNode(doc, NULL, BAD_CAST "other", BAD_CAST "x");

    xmlAddPrevSibling(xmlFirstElementChild(xmlDocGetRootElement(doc)), other);
    check_items(doc, "x012");
    xmlFreeDoc(doc);
}

static void test_attribute_set_and_changed(void)
{
    xmlDocPtr doc = new_list(0);
    xmlNodePtr list = xmlDocGetRootElement(doc);
    xmlChar *value;

    xmlSetProp(list, BAD_CAST "kind", BAD_CAST "first");
    xmlSetProp(list, BAD_CAST "kind", BAD_CAST "second");
    value = xmlGetProp(list, BAD_CAST "kind");
    CU_ASSERT_STRING_EQUAL((const char *)value, "second");
    xmlFree(value);
    xmlFreeDoc(doc);
}

static void test_attribute_removed(void)
{
    xmlDocPtr doc = new_list(0);
    xmlNodePtr list = xmlDocGetRootElement(doc);

    xmlSetProp(list, BAD_CAST "kind", BAD_CAST "first");
    CU_ASSERT_EQUAL(xmlUnsetProp(list, BAD_CAST "kind"), 0);
    CU_ASSERT_PTR_NULL(xmlHasProp(list, BAD_CAST "kind"));
    xmlFreeDoc(doc);
}

static void test_namespace_found(void)
{
    xmlDocPtr doc = new_list(1);
    xmlNodePtr list = xmlDocGetRootElement(doc);
    xmlNsPtr namespace = xmlNewNs(list, BAD_CAST "http://example.org/", BAD_CAST "e");

    xmlSetNs(xmlFirstElementChild(list), namespace);
    CU_ASSERT_PTR_EQUAL(xmlSearchNs(doc, xmlFirstElementChild(list), BAD_CAST "e"), namespace);
    xmlFreeDoc(doc);
}

static void test_copy_is_apart(void)
{
    xmlDocPtr doc = new_list(3);
    xmlDocPtr copy = xmlCopyDoc(doc, 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    xmlNodeSetContent(xmlFirstElementChild(xmlDocGetRootElement(copy)), BAD_CAST "x");
    check_items(doc, "012");
    check_items(copy, "x12");
    xmlFreeDoc(copy);
    xmlFreeDoc(doc);
}

static void test_copy_large(void)
{
    xmlDocPtr doc = catalogue_read(300);
    xmlDocPtr copy = xmlCopyDoc(doc, 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    xmlFreeDoc(doc);
    CU_ASSERT_EQUAL(xmlChildElementCount(xmlDocGetRootElement(copy)), 300);
    xmlFreeDoc(copy);
}

static void test_special_characters_escaped(void)
{
    xmlDocPtr doc = new_list(0);
    xmlChar *escaped = xmlEncodeSpecialChars(doc, BAD_CAST "a<b>&'\"");

    CU_ASSERT_STRING_EQUAL((const char *)escaped, "a&lt;b&gt;&amp;'&quot;");
    xmlFree(escaped);
    xmlFreeDoc(doc);
}

static void test_path_of_node(void)
{
    xmlDocPtr doc = new_list(3);
    xmlChar *path = xmlGetNodePath(xmlLastElementChild(xmlDocGetRootElement(doc)));

    CU_ASSERT_STRING_EQUAL((const char *)path, "/list/item[3]");
    xmlFree(path);
    xmlFreeDoc(doc);
}

static void test_string_buffer(void)
{
    xmlBufferPtr buffer = xmlBufferCreate();

    CU_ASSERT_PTR_NOT_NULL_FATAL(buffer);
    for (int i = 0; i < 2000; ++i)
        xmlBufferCat(buffer, BAD_CAST "0123456789");
    CU_ASSERT_EQUAL(xmlBufferLength(buffer), 20000);
    xmlBufferFree(buffer);
}

CU_TestInfo tree_tests[] = {
    {"new_document", test_new_document},
    {"children_in_order", test_children_in_order},
    {"many_children", test_many_children},
    {"remove_child", test_remove_child},
    {"move_child_to_end", test_move_child_to_end},
    {"replace_child", test_replace_child},
    {"insert_before", test_insert_before},
    {"attribute_set_and_changed", test_attribute_set_and_changed},
    {"attribute_removed", test_attribute_removed},
    {"namespace_found", test_namespace_found},
    {"copy_is_apart", test_copy_is_apart},
    {"copy_large", test_copy_large},
    {"special_characters_escaped", test_special_characters_escaped},
    {"path_of_node", test_path_of_node},
    {"string_buffer", test_string_buffer},
    CU_TEST_INFO_NULL,
};
