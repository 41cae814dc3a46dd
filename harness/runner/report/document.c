#include "runner/report/document.h"

#include "runner/report/document_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static size_t count_elements(const xmlNode *parent, const char *name)
{
    size_t count = 0;
    for (const xmlNode *child = parent->children; child != NULL; child = child->next)
        count += is_element(child, name);
    return count;
}

/* The attribute NAME, or FALLBACK where there is none. */
static const char *attribute(struct lg_doc *doc, xmlNodePtr node, const char *name,
                             const char *fallback)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    if (value == NULL)
        return fallback;
    const char *kept = lg_doc_keep(doc, (const char *)value);
    xmlFree(value);
    return kept;
}

static unsigned number_attribute(xmlNodePtr node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    unsigned number = value != NULL ? (unsigned)strtoul((const char *)value, NULL, 10) : 0;
    xmlFree(value);
    return number;
}

static enum lg_verdict_kind verdict_named(const char *name, enum lg_verdict_kind fallback)
{
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++) {
        if (strcmp(lg_verdict_name((enum lg_verdict_kind)kind), name) == 0)
            return (enum lg_verdict_kind)kind;
    }
    return fallback;
}

/* Reports of other tools say no more than that; of ours, the type tells what it was. */
static enum lg_verdict_kind verdict_of(const char *element, const char *type)
{
    static const struct {
        const char *type;
        enum lg_verdict_kind kind;
    } types[] = {{"test.crash", LG_VERDICT_CRASHED},
                 {"test.timeout", LG_VERDICT_TIMED_OUT},
                 {"test.exit", LG_VERDICT_EXITED_EARLY},
                 {"leakgate.broken", LG_VERDICT_BROKEN}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].type, type) == 0)
            return types[i].kind;
    }
    if (strncmp(type, "leak.", strlen("leak.")) == 0)
        return LG_VERDICT_LEAKED;
    return strcmp(element, "failure") == 0 ? LG_VERDICT_FAILED : LG_VERDICT_CRASHED;
}

static const char *content(struct lg_doc *doc, xmlNodePtr node)
{
    xmlChar *text = xmlNodeGetContent(node);
    const char *kept = text != NULL ? lg_doc_keep(doc, (const char *)text) : "";
    xmlFree(text);
    return kept;
}

static void read_outcome(struct lg_doc *doc, xmlNodePtr node, struct lg_doc_case *out)
{
    if (is_element(node, "skipped")) {
        out->verdict = LG_VERDICT_SKIPPED;
        out->message = attribute(doc, node, "message", "");
        return;
    }
    if (!is_element(node, "failure") && !is_element(node, "error"))
        return;
    out->verdict = verdict_of((const char *)node->name, attribute(doc, node, "type", ""));
    out->message = attribute(doc, node, "message", "");
    out->text = content(doc, node);
}

static void read_output(struct lg_doc *doc, xmlNodePtr node, struct lg_doc_case *out)
{
    static const char *const names[] = {"system-out", "system-err"};
    for (int stream = 0; stream < 2; stream++) {
        if (is_element(node, names[stream]))
            out->output[stream] = content(doc, node);
    }
}

static void read_properties(struct lg_doc *doc, xmlNodePtr properties, struct lg_doc_case *out)
{
    size_t count = count_elements(properties, "property");
    struct lg_doc_site *sites = lg_doc_room(doc, out->site_count + count, sizeof(*sites));
    /* A test may have more than one list of them. */
    if (sites != NULL && out->site_count > 0)
        memcpy(sites, out->sites, out->site_count * sizeof(*sites));
    if (sites == NULL)
        return;
    out->sites = sites;
    for (xmlNodePtr child = properties->children; child != NULL; child = child->next) {
        if (!is_element(child, "property"))
            continue;
        const char *name = attribute(doc, child, "name", "");
        const char *value = attribute(doc, child, "value", "");
        if (strcmp(name, "verdict") == 0)
            out->verdict = verdict_named(value, out->verdict);
        else
            lg_doc_read_property(doc, out, name, value);
    }
}

static void read_case(struct lg_doc *doc, xmlNodePtr node, struct lg_doc_case *out)
{
    *out = (struct lg_doc_case){
        .verdict = LG_VERDICT_PASSED, .message = "", .text = "", .output = {"", ""}};
    out->suite = attribute(doc, node, "classname", "");
    out->name = attribute(doc, node, "name", "(unnamed)");
    out->file = attribute(doc, node, "file", NULL);
    out->line = number_attribute(node, "line");
    out->seconds = strtod(attribute(doc, node, "time", "0"), NULL);
    for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
        if (is_element(child, "properties"))
            read_properties(doc, child, out);
    }
    for (xmlNodePtr child = node->children; child != NULL; child = child->next)
        read_outcome(doc, child, out);
    for (xmlNodePtr child = node->children; child != NULL && lg_doc_is_red(out);
         child = child->next)
        read_output(doc, child, out);
    doc->cases++;
    doc->verdicts[out->verdict]++;
    doc->seconds += out->seconds;
}

static void read_program(struct lg_doc *doc, xmlNodePtr node, struct lg_doc_program *out)
{
    out->name = attribute(doc, node, "name", "(unnamed)");
    out->timestamp = attribute(doc, node, "timestamp", "");
    out->cases = lg_doc_room(doc, count_elements(node, "testcase"), sizeof(*out->cases));
    if (out->cases == NULL)
        return;
    for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
        if (is_element(child, "testcase"))
            read_case(doc, child, &out->cases[out->count++]);
    }
}

int lg_doc_read(xmlDocPtr source, struct lg_doc *out)
{
    xmlNodePtr root = xmlDocGetRootElement(source);
    *out = (struct lg_doc){0};
    if (root == NULL)
        return 0;
    out->programs = lg_doc_room(out, count_elements(root, "testsuite"), sizeof(*out->programs));
    if (out->programs == NULL)
        return -ENOMEM;
    for (xmlNodePtr child = root->children; child != NULL; child = child->next) {
        if (is_element(child, "testsuite"))
            read_program(out, child, &out->programs[out->count++]);
    }
    return out->failed ? -ENOMEM : 0;
}

bool lg_doc_is_red(const struct lg_doc_case *test)
{
    return test->verdict != LG_VERDICT_PASSED && test->verdict != LG_VERDICT_SKIPPED;
}

int64_t lg_doc_growth_bytes(const struct lg_doc_case *test)
{
    int64_t bytes = 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        int64_t growth = test->growth.values[gauge];
        /* What lives in the heap grows it, too: the larger counts, not both. */
        if ((test->over & LG_GAUGE_BIT(gauge)) == 0 || !lg_gauge_in_bytes((enum lg_gauge)gauge))
            continue;
        bytes = growth > bytes ? growth : bytes;
    }
    return bytes;
}

static int64_t growth_count(const struct lg_doc_case *test)
{
    int64_t count = 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((test->over & LG_GAUGE_BIT(gauge)) != 0 && !lg_gauge_in_bytes((enum lg_gauge)gauge) &&
            test->growth.values[gauge] > count)
            count = test->growth.values[gauge];
    }
    return count;
}

static int rank(enum lg_verdict_kind kind)
{
    static const int ranks[LG_VERDICT_COUNT] = {
        [LG_VERDICT_CRASHED] = 0, [LG_VERDICT_TIMED_OUT] = 1, [LG_VERDICT_EXITED_EARLY] = 2,
        [LG_VERDICT_BROKEN] = 3,  [LG_VERDICT_FAILED] = 4,    [LG_VERDICT_LEAKED] = 5,
        [LG_VERDICT_PASSED] = 6,  [LG_VERDICT_SKIPPED] = 7,
    };
    return ranks[kind];
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int lg_doc_compare(const void *left, const void *right)
{
    const struct lg_doc_case *a = *(const struct lg_doc_case *const *)left;
    const struct lg_doc_case *b = *(const struct lg_doc_case *const *)right;
    int order = rank(a->verdict) - rank(b->verdict);
    if (order == 0)
        order = compare_numbers(lg_doc_growth_bytes(b), lg_doc_growth_bytes(a));
    if (order == 0)
        order = compare_numbers(growth_count(b), growth_count(a));
    if (order == 0)
        order = strcmp(a->suite, b->suite);
    return order != 0 ? order : strcmp(a->name, b->name);
}
