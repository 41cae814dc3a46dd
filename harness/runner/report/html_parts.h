/* What the files of the HTML report share. Each function adds well-formed XML that is HTML, too. */
#ifndef LG_RUNNER_REPORT_HTML_PARTS_H
#define LG_RUNNER_REPORT_HTML_PARTS_H

#include "runner/report/document.h"
#include "runner/text.h"

/* TEXT as itself, in an element or in a quoted attribute. */
void lg_html_escape(struct lg_text *out, const char *text);

/* "102 KiB" or "3": VALUE in GAUGE's unit, short. */
void lg_html_short(struct lg_text *out, enum lg_gauge gauge, int64_t value);

/* "1.20 s" or "35 ms" */
void lg_html_seconds(struct lg_text *out, double seconds);

/* "src/cache.c:42" */
void lg_html_place(struct lg_text *out, const char *file, unsigned line);

/* "leaked" as a name of a class: one word. */
void lg_html_verdict_class(struct lg_text *out, enum lg_verdict_kind kind);

/* Whether there is anything to tell of the test but that it passed or was skipped. */
bool lg_html_has_details(const struct lg_doc_case *test);

/* The test's row, in a list; with its details if WHOLE, and else without. */
void lg_html_case(struct lg_text *out, const struct lg_doc *doc, const struct lg_doc_case *test,
                  bool whole);

/* A staircase for each gauge that changed: what it had grown by, run by run. */
void lg_html_stairs(struct lg_text *out, const struct lg_doc_case *test);

/* A table of the gauges that grew, with a bar of each against its budget. */
void lg_html_bars(struct lg_text *out, const struct lg_doc_case *test);

/* The address space before and after. */
void lg_html_strips(struct lg_text *out, const struct lg_doc_case *test);

/* The call sites as a tree, from the test inwards. */
void lg_html_tree(struct lg_text *out, const struct lg_doc_case *test);

#endif
