/* What the files of the document share. */
#ifndef LG_RUNNER_REPORT_DOCUMENT_PARTS_H
#define LG_RUNNER_REPORT_DOCUMENT_PARTS_H

#include "runner/report/document.h"

/* A copy of TEXT that lives as long as DOC; "" when there is no memory, which DOC notes. */
const char *lg_doc_keep(struct lg_doc *doc, const char *text);

/* COUNT zeroed elements of BYTES each that live as long as DOC; NULL when there is no memory. */
void *lg_doc_room(struct lg_doc *doc, size_t count, size_t bytes);

/* Takes the property NAME of OUT, as junit_details.h tells; what is not of that form is left
 * out. OUT->sites has room for each of them. */
void lg_doc_read_property(struct lg_doc *doc, struct lg_doc_case *out, const char *name,
                          const char *value);

#endif
