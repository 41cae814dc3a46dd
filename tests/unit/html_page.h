/* A page of the HTML report, read back with libxml2, and asked with XPath. */
#ifndef LG_UNIT_HTML_PAGE_H
#define LG_UNIT_HTML_PAGE_H

#include "runner/report/document.h"
#include "runner/text.h"

#include <libxml/tree.h>

/* In the XML of a test case. */
#define PROPERTY(name, value) "<property name=\"" name "\" value=\"" value "\"/>"
#define LEAKED PROPERTY("verdict", "leaked")
#define FAILURE "<failure message=\"leaked\" type=\"leak.live\">leaked\n\nat length</failure>"

struct html_page {
    struct lg_text text;
    xmlDocPtr tree; /* of the page, without its script */
};

/* Reads a program with CASES, which are XML. The caller frees DOC. */
void html_read(struct lg_doc *doc, const char *cases);

/* Makes the page of a program with CASES, which are XML. The caller ends it. */
void html_start(struct html_page *page, const char *cases);

void html_end(struct html_page *page);

/* Checks that the XPath EXPRESSION is EXPECTED, as a string. */
void html_check(const struct html_page *page, const char *expression, const char *expected);

#endif
