#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *catalogue_text(size_t books)
{
    static const char *const genres[] = {"novel", "poetry", "drama", "essay", "letters"};
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    if (stream == NULL)
        return NULL;
    fputs("<?xml version='1.0' encoding='UTF-8'?>\n<catalogue>\n", stream);
    for (size_t i = 0; i < books; ++i)
        fprintf(stream,
                "  <book id='b%zu' genre='%s' year='%zu'>\n"
                "    <title>Title &amp; number %zu</title>\n"
                "    <author><first>Anna</first><last>Author %zu</last></author>\n"
                "    <price currency='EUR'>%zu.%02zu</price>\n"
                "  </book>\n",
                i, genres[i % 5], 1800 + i % 200, i, i % 17, 5 + i % 40, i % 100);
    fputs("</catalogue>\n", stream);
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

xmlDocPtr catalogue_read(size_t books)
{
    char *text = catalogue_text(books);
    xmlDocPtr doc = NULL;

    if (text != NULL)
        doc = xmlReadMemory(text, (int)strlen(text), "catalogue.xml", NULL, 0);
    free(text);
    return doc;
}
