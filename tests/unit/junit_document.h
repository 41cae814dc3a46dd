/* A report read back with libxml2, and asked with XPath. */
#ifndef LG_UNIT_JUNIT_DOCUMENT_H
#define LG_UNIT_JUNIT_DOCUMENT_H

#include "runner/results.h"

#include <libxml/tree.h>
#include <stdbool.h>

/* The document at PATH, or NULL if it is not well-formed. The caller frees it with xmlFreeDoc. */
xmlDoc *junit_read(const char *path);

/* RESULTS written to a file, read back, and the file removed. NULL if any of it fails. */
xmlDoc *junit_round_trip(const struct lg_results *results);

/* Whether the expression, as a string, is EXPECTED; says what it is where it is not. */
bool junit_is(xmlDoc *document, const char *expression, const char *expected);

#endif
