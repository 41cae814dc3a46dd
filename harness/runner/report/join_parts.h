/* What the files of joining share: join.c joins suites, join_read.c finds and reads reports,
 * join_write.c adds up and writes. */
#ifndef LG_RUNNER_REPORT_JOIN_PARTS_H
#define LG_RUNNER_REPORT_JOIN_PARTS_H

#include "runner/report/join.h"
#include "runner/text.h"

#include <libxml/hash.h>
#include <libxml/tree.h>
#include <stdbool.h>

struct lg_join {
    xmlDocPtr document;
    xmlNodePtr root;
    xmlHashTablePtr suites;  /* by name: struct suite */
    char *out;               /* a path that is no input, or NULL */
    struct lg_text left_out; /* what was wrong with files of folders that were left out */
    bool strict;             /* a file was of the strict profile: what is joined has to be, too */
};

/* Takes the suites out of DOCUMENT. Returns 0, -EINVAL where it has none, or -ENOMEM. */
int lg_join_take(struct lg_join *join, xmlDocPtr document);

const xmlChar *lg_join_xml(const char *text);

bool lg_join_is_element(const xmlNode *node, const char *name);

/* For xmlSetGenericErrorFunc: what is wrong is told by the status. */
void lg_join_keep_quiet(void *context, const char *message, ...);

#endif
