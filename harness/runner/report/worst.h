/* What reports of a document have in common: the red tests, the worst first, and what names them
 * from run to run. */
#ifndef LG_RUNNER_REPORT_WORST_H
#define LG_RUNNER_REPORT_WORST_H

#include "runner/report/document.h"
#include "runner/text.h"

/* The red tests of DOC, the worst first, in an array that the caller frees. Stores how many
 * there are. NULL: no memory. */
const struct lg_doc_case **lg_doc_worst(const struct lg_doc *doc, size_t *count);

/* The program of TEST, which is one of DOC's. */
const struct lg_doc_program *lg_doc_program_of(const struct lg_doc *doc,
                                               const struct lg_doc_case *test);

/* What the test is red for: "leak.live", "test.crash"... Static storage. */
const char *lg_doc_rule(const struct lg_doc_case *test);

/* The first frame of a leaking site that is at the place that TEST names, or NULL. */
const struct lg_doc_frame *lg_doc_leak_frame(const struct lg_doc_case *test);

/* Adds 32 hexadecimal digits for the COUNT PARTS: the same for the same parts, in all runs. */
void lg_doc_add_fingerprint(struct lg_text *out, const char *const *parts, size_t count);

/* Adds "+112 B" or "+1": what GAUGE of TEST grew by per run. */
void lg_doc_add_growth(struct lg_text *out, const struct lg_doc_case *test, enum lg_gauge gauge);

/* Adds the most runs of TEST as a line of eight heights, each what it had grown by so far in the
 * gauge that counts most. Adds nothing where no runs are known. */
void lg_doc_add_sparkline(struct lg_text *out, const struct lg_doc_case *test);

/* The gauge of TEST that is over its budget, and of those the first; LG_GAUGE_COUNT: none. */
enum lg_gauge lg_doc_main_gauge(const struct lg_doc_case *test);

#endif
