#include "runner/report/join.h"

#include "runner/report/join_parts.h"

#include <errno.h>
#include <libxml/hash.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const xmlChar *lg_join_xml(const char *text)
{
    return (const xmlChar *)text;
}

bool lg_join_is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrcmp(node->name, lg_join_xml(name)) == 0;
}

void lg_join_keep_quiet(void *context, const char *message, ...)
{
    (void)context;
    (void)message;
}

/* A suite of the document, with its cases by name. */
struct suite {
    xmlNodePtr node;
    xmlHashTablePtr cases; /* of "classname", "name": the node */
};

static bool is_skipped(xmlNodePtr testcase)
{
    for (xmlNodePtr child = testcase->children; child != NULL; child = child->next) {
        if (lg_join_is_element(child, "skipped"))
            return true;
    }
    return false;
}

struct lg_join *lg_join_new(void)
{
    struct lg_join *join = calloc(1, sizeof(*join));
    if (join == NULL)
        return NULL;
    join->document = xmlNewDoc(lg_join_xml("1.0"));
    join->root = xmlNewNode(NULL, lg_join_xml("testsuites"));
    join->suites = xmlHashCreate(16);
    if (join->document == NULL || join->root == NULL || join->suites == NULL) {
        xmlFreeNode(join->root);
        join->root = NULL;
        lg_join_free(join);
        return NULL;
    }
    xmlDocSetRootElement(join->document, join->root);
    return join;
}

static void free_suite(void *payload, const xmlChar *name)
{
    struct suite *suite = payload;
    (void)name;
    xmlHashFree(suite->cases, NULL);
    free(suite);
}

void lg_join_free(struct lg_join *join)
{
    if (join == NULL)
        return;
    xmlHashFree(join->suites, free_suite);
    xmlFreeDoc(join->document);
    lg_text_free(&join->left_out);
    free(join->out);
    free(join);
}

/* The case of SUITE with the names of TESTCASE, or NULL. */
static xmlNodePtr find_case(const struct suite *suite, xmlNodePtr testcase)
{
    xmlChar *class = xmlGetNoNsProp(testcase, lg_join_xml("classname"));
    xmlChar *name = xmlGetNoNsProp(testcase, lg_join_xml("name"));
    xmlNodePtr found = xmlHashLookup2(suite->cases, name, class);
    xmlFree(class);
    xmlFree(name);
    return found;
}

static void index_case(struct suite *suite, xmlNodePtr testcase)
{
    xmlChar *class = xmlGetNoNsProp(testcase, lg_join_xml("classname"));
    xmlChar *name = xmlGetNoNsProp(testcase, lg_join_xml("name"));
    xmlHashUpdateEntry2(suite->cases, name, class, testcase, NULL);
    xmlFree(class);
    xmlFree(name);
}

/* Whether a test was run in both. */
static bool collides(const struct suite *suite, xmlNodePtr other)
{
    for (xmlNodePtr child = other->children; child != NULL; child = child->next) {
        if (!lg_join_is_element(child, "testcase") || is_skipped(child))
            continue;
        xmlNodePtr there = find_case(suite, child);
        if (there != NULL && !is_skipped(there))
            return true;
    }
    return false;
}

static void join_cases(struct suite *suite, xmlNodePtr other)
{
    for (xmlNodePtr child = other->children; child != NULL;) {
        xmlNodePtr next = child->next;
        xmlNodePtr there = lg_join_is_element(child, "testcase") ? find_case(suite, child) : NULL;
        if (there == NULL && lg_join_is_element(child, "testcase")) {
            xmlUnlinkNode(child);
            xmlAddChild(suite->node, child);
            index_case(suite, child);
        } else if (there != NULL && is_skipped(there) && !is_skipped(child)) {
            xmlUnlinkNode(child);
            xmlReplaceNode(there, child);
            index_case(suite, child);
            xmlFreeNode(there);
        }
        child = next;
    }
}

/* Takes NODE, which is in no document any more, as a suite called NAME. */
static int add_suite(struct lg_join *join, xmlNodePtr node, const xmlChar *name)
{
    struct suite *suite = calloc(1, sizeof(*suite));
    xmlHashTablePtr cases = xmlHashCreate(64);
    if (suite == NULL || cases == NULL || xmlHashAddEntry(join->suites, name, suite) != 0) {
        xmlHashFree(cases, NULL);
        free(suite);
        xmlFreeNode(node);
        return -ENOMEM;
    }
    suite->cases = cases;
    suite->node = xmlAddChild(join->root, node);
    for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
        if (lg_join_is_element(child, "testcase"))
            index_case(suite, child);
    }
    return 0;
}

/* Joins NODE to one of the suites that are called NAME, or adds it under a name of its own. */
static int join_suite(struct lg_join *join, xmlNodePtr node, const xmlChar *name)
{
    struct suite *first = xmlHashLookup(join->suites, name);
    struct suite *suite = first;
    struct lg_text numbered = {0};
    unsigned number = 1;
    while (suite != NULL && collides(suite, node)) {
        numbered.length = 0;
        lg_text_add(&numbered, "%s [%u]", (const char *)name, ++number);
        suite = xmlHashLookup(join->suites, lg_join_xml(lg_text_string(&numbered)));
    }
    int status = numbered.failed ? -ENOMEM : 0;
    xmlUnlinkNode(node);
    if (status != 0) {
        xmlFreeNode(node);
    } else if (suite != NULL) {
        join_cases(suite, node);
        xmlFreeNode(node);
    } else if (number == 1) {
        status = add_suite(join, node, name);
    } else {
        xmlSetProp(node, lg_join_xml("name"), lg_join_xml(lg_text_string(&numbered)));
        status = add_suite(join, node, lg_join_xml(lg_text_string(&numbered)));
    }
    lg_text_free(&numbered);
    return status;
}

static int take_suite(struct lg_join *join, xmlNodePtr node)
{
    xmlChar *name = xmlGetNoNsProp(node, lg_join_xml("name"));
    int status = join_suite(join, node, name != NULL ? name : lg_join_xml("(unnamed)"));
    xmlFree(name);
    return status;
}

/* What is declared of namespaces goes with the document that it was read with: reports have none.
 */
static void strip_namespaces(xmlNodePtr node)
{
    for (xmlAttrPtr attribute = node->properties; attribute != NULL;) {
        xmlAttrPtr next = attribute->next;
        if (attribute->ns != NULL)
            xmlRemoveProp(attribute);
        attribute = next;
    }
    node->ns = NULL;
    xmlFreeNsList(node->nsDef);
    node->nsDef = NULL;
    for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            strip_namespaces(child);
    }
}

/* Suites of other tools may lie in each other: each is one of its own, the outer one last, if it
 * has tests itself. */
static int take_nested(struct lg_join *join, xmlNodePtr node)
{
    bool nested = false;
    bool own = false;
    int status = 0;
    for (xmlNodePtr child = node->children; child != NULL && status == 0;) {
        xmlNodePtr next = child->next;
        own |= lg_join_is_element(child, "testcase");
        if (lg_join_is_element(child, "testsuite")) {
            nested = true;
            status = take_nested(join, child);
        }
        child = next;
    }
    return status == 0 && (own || !nested) ? take_suite(join, node) : status;
}

/* Our own: other tools' may lack the totals, too. */
static bool is_strict(xmlNodePtr root)
{
    xmlNodePtr first = root->children;
    return xmlHasProp(root, lg_join_xml("tests")) == NULL && first != NULL &&
           first->type == XML_ELEMENT_NODE && xmlHasProp(first, lg_join_xml("package")) != NULL &&
           xmlHasProp(first, lg_join_xml("hostname")) != NULL;
}

int lg_join_take(struct lg_join *join, xmlDocPtr document)
{
    xmlNodePtr root = xmlDocGetRootElement(document);
    int status = 0;
    if (root == NULL)
        return -EINVAL;
    strip_namespaces(root);
    if (lg_join_is_element(root, "testsuite"))
        return take_nested(join, root);
    if (!lg_join_is_element(root, "testsuites"))
        return -EINVAL;
    join->strict |= is_strict(root);
    for (xmlNodePtr child = root->children; child != NULL && status == 0;) {
        xmlNodePtr next = child->next;
        if (lg_join_is_element(child, "testsuite"))
            status = take_nested(join, child);
        child = next;
    }
    return status;
}
