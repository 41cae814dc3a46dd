#include "documents.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *document_write(const char *text)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/leakgate-document-XXXXXX");
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

struct lg_join *document_join(const char *const *texts, size_t count)
{
    struct lg_join *join = lg_join_new();
    char error[256] = "";
    CU_ASSERT_PTR_NOT_NULL_FATAL(join);
    for (size_t i = 0; i < count; i++) {
        const char *path = document_write(texts[i]);
        CU_ASSERT_EQUAL(lg_join_add(join, path, error, sizeof(error)), 0);
        CU_ASSERT_STRING_EQUAL(error, "");
        unlink(path);
    }
    return join;
}

struct lg_doc document_read(const char *text)
{
    struct lg_doc doc;
    struct lg_join *join = document_join(&text, 1);
    CU_ASSERT_EQUAL(lg_doc_read(lg_join_document(join), &doc), 0);
    lg_join_free(join);
    return doc;
}

char *document_as(void (*add)(struct lg_text *out, const struct lg_doc *doc), const char *text)
{
    struct lg_doc doc = document_read(text);
    struct lg_text out = {0};
    add(&out, &doc);
    CU_ASSERT_FALSE(out.failed);
    lg_doc_free(&doc);
    char *made = strdup(lg_text_string(&out));
    lg_text_free(&out);
    return made;
}
