#include "junit_document.h"

#include "runner/report/junit.h"
#include "support.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <string.h>

xmlDoc *junit_read(const char *path)
{
    return xmlReadFile(path, NULL, XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET);
}

xmlDoc *junit_round_trip(const struct lg_results *results)
{
    struct folder folder;
    char path[PATH_MAX];
    xmlDoc *document = NULL;
    if (!folder_make(&folder))
        return NULL;
    if (lg_junit_write(results, folder_file(&folder, "report.xml", path)) == 0)
        document = junit_read(path);
    folder_remove(&folder);
    return document;
}

bool junit_is(xmlDoc *document, const char *expression, const char *expected)
{
    xmlXPathContext *context = xmlXPathNewContext(document);
    if (context == NULL)
        return false;
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)expression, context);
    xmlChar *text = found != NULL ? xmlXPathCastToString(found) : NULL;
    bool same = text != NULL && strcmp((const char *)text, expected) == 0;
    if (!same)
        printf("\n    %s is \"%s\"", expression, text != NULL ? (const char *)text : "(an error)");
    xmlFree(text);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return same;
}
