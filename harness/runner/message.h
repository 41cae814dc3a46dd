/* What a verdict says, in one line, and what a failure's text says below it. */
#ifndef LG_RUNNER_MESSAGE_H
#define LG_RUNNER_MESSAGE_H

#include "runner/results.h"
#include "runner/text.h"

/* The line for ROW, which has a record; "" if it passed. Clean text; the caller frees it.
 * NULL: no memory. */
char *lg_message_of(const struct lg_results *results, const struct lg_row *row);

/* Whether something must be said of the program of HOST (NULL: no agent was there) beyond
 * its tests. Stores the verdict in KIND, and adds the line to TEXT if that is not NULL. */
bool lg_message_of_program(const struct lg_results *results, const struct lg_host *host,
                           enum lg_verdict_kind *kind, struct lg_text *text);

/* Adds which gauges were not measured in the program of HOST, and why. Returns false, and
 * adds nothing, if all were. */
bool lg_message_of_blindness(const struct lg_results *results, const struct lg_host *host,
                             struct lg_text *text);

/* Adds the call sites of a leak, or why they are not known. */
void lg_message_add_leaks(const struct lg_results *results, const struct lg_row *row,
                          struct lg_text *text);

/* Adds "leak:cache_* (supp.txt:7)", or that of a built-in one. */
void lg_message_add_suppression(struct lg_text *text, const struct lg_suppression *suppression);

/* Adds what of a test's growth is suppressed, by which, one a line. Returns false, and adds
 * nothing, if nothing is. LEAKS may be NULL. */
bool lg_message_add_suppressed(struct lg_text *text, const struct lg_leaks *leaks);

/* Adds "cache_put at src/cache.c:42", or what there is in its place. */
void lg_message_add_frame(struct lg_text *text, const struct lg_results *results,
                          const struct lg_frame *frame);

/* Adds the path of a source file, as reports show it. */
void lg_message_add_path(struct lg_text *text, const struct lg_results *results, const char *path);

/* Adds how far LINE of a budget file has been raised since it was first written. Returns false,
 * and adds nothing, if it has not. */
bool lg_message_add_drift(struct lg_text *text, const struct lg_budget_line *line);

/* Adds what there is to say below the line: failed assertions, the gauges before and
 * after, the growth of each run, the mappings that grew. */
void lg_message_add_details(const struct lg_results *results, const struct lg_row *row,
                            struct lg_text *text);

/* Adds the text at OFFSET of the ledger, cleaned. */
void lg_message_add_text(struct lg_text *text, const struct lg_ledger *ledger, lg_attic offset);

/* The newest failed assertion of RECORD, linked to those before it, or NULL. */
const struct lg_failure *lg_message_newest_failure(const struct lg_results *results,
                                                   const struct lg_record *record);

/* Adds "file:line: condition". */
void lg_message_add_failure(struct lg_text *text, const struct lg_ledger *ledger,
                            const struct lg_failure *failure);

/* The type of a failure or error, e.g. "leak.heap". Static storage. */
const char *lg_message_type(const struct lg_row *row);

#endif
