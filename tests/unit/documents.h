/* Reports as text, joined and read back. */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include "runner/report/document.h"
#include "runner/report/join.h"
#include "runner/text.h"

/* A file of TEXT in a folder of its own; its path, in static storage until the next call. */
const char *document_write(const char *text);

/* Joins the COUNT TEXTS, each a file. The caller frees it. */
struct lg_join *document_join(const char *const *texts, size_t count);

/* Reads TEXT, a whole file. The caller frees it with lg_doc_free. */
struct lg_doc document_read(const char *text);

/* What ADD makes of TEXT. The caller frees it. */
char *document_as(void (*add)(struct lg_text *out, const struct lg_doc *doc), const char *text);

#endif
