#include "runner/outfile.h"
#include "runner/report/join.h"
#include "runner/report/join_parts.h"
#include "runner/text.h"

#include <errno.h>
#include <inttypes.h>
#include <libxml/xmlsave.h>
#include <stdio.h>
#include <stdlib.h>

struct totals {
    uint64_t tests;
    uint64_t failures;
    uint64_t errors;
    uint64_t skipped;
    double seconds;
};

static void count_case(xmlNodePtr testcase, struct totals *totals)
{
    xmlChar *time = xmlGetNoNsProp(testcase, lg_join_xml("time"));
    totals->tests++;
    totals->seconds += time != NULL ? strtod((const char *)time, NULL) : 0;
    xmlFree(time);
    for (xmlNodePtr child = testcase->children; child != NULL; child = child->next) {
        uint64_t *counted = lg_join_is_element(child, "failure")   ? &totals->failures
                            : lg_join_is_element(child, "error")   ? &totals->errors
                            : lg_join_is_element(child, "skipped") ? &totals->skipped
                                                                   : NULL;
        if (counted != NULL) {
            (*counted)++;
            return;
        }
    }
}

static struct totals count_suite(xmlNodePtr suite)
{
    struct totals totals = {0};
    for (xmlNodePtr child = suite->children; child != NULL; child = child->next) {
        if (lg_join_is_element(child, "testcase"))
            count_case(child, &totals);
    }
    return totals;
}

static void set_number(xmlNodePtr node, const char *name, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    xmlSetProp(node, lg_join_xml(name), lg_join_xml(text));
}

static void set_totals(xmlNodePtr node, const struct totals *totals, bool strict)
{
    char text[32];
    set_number(node, "tests", totals->tests);
    set_number(node, "failures", totals->failures);
    set_number(node, "errors", totals->errors);
    set_number(node, "skipped", totals->skipped);
    snprintf(text, sizeof(text), strict ? "%.3f" : "%.6f", totals->seconds);
    xmlSetProp(node, lg_join_xml("time"), lg_join_xml(text));
}

xmlDocPtr lg_join_document(struct lg_join *join)
{
    struct totals all = {0};
    uint64_t number = 0;
    for (xmlNodePtr suite = join->root->children; suite != NULL; suite = suite->next) {
        struct totals totals = count_suite(suite);
        set_totals(suite, &totals, join->strict);
        if (xmlHasProp(suite, lg_join_xml("id")) != NULL)
            set_number(suite, "id", number++);
        all.tests += totals.tests;
        all.failures += totals.failures;
        all.errors += totals.errors;
        all.skipped += totals.skipped;
        all.seconds += totals.seconds;
    }
    if (!join->strict) {
        xmlSetProp(join->root, lg_join_xml("name"), lg_join_xml("leakgate"));
        set_totals(join->root, &all, false);
    }
    return join->document;
}

/* libxml2 takes no notice of what goes wrong with the last of it. */
struct saving {
    int fd;
    int error;
};

static int save_part(void *context, const char *data, int length)
{
    struct saving *saving = context;
    /* What is written is not kept: no more than the part itself. */
    struct lg_text part = {.data = (char *)data, .length = (size_t)length};
    if (saving->error == 0)
        saving->error = lg_outfile_write_text(saving->fd, &part);
    return saving->error == 0 ? length : -1;
}

static int save(int fd, const void *context)
{
    struct saving saving = {.fd = fd};
    xmlDocPtr document = *(const xmlDocPtr *)context;
    xmlSetGenericErrorFunc(NULL, lg_join_keep_quiet);
    xmlSaveCtxtPtr to = xmlSaveToIO(save_part, NULL, &saving, "UTF-8", XML_SAVE_FORMAT);
    long saved = to != NULL ? xmlSaveDoc(to, document) : -1;
    int closed = to != NULL ? xmlSaveClose(to) : -1;
    xmlSetGenericErrorFunc(NULL, NULL);
    if (to == NULL)
        return -ENOMEM;
    if (saving.error != 0)
        return saving.error;
    return saved < 0 || closed < 0 ? -EIO : 0;
}

int lg_join_write(struct lg_join *join, const char *path)
{
    xmlDocPtr document = lg_join_document(join);
    return lg_outfile_write(path, save, &document);
}
