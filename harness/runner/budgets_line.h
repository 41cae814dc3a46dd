/* A line of a budget file as text: its parts, and the names in it. */
#ifndef LG_RUNNER_BUDGETS_LINE_H
#define LG_RUNNER_BUDGETS_LINE_H

#include "runner/text.h"

#include <stdbool.h>
#include <stddef.h>

/* The parts of LINE, which stay the caller's: what lies between them is blank. */
struct lg_budget_parts {
    const char *name; /* with its quotes */
    size_t name_length;
    const char *fields; /* limits and words */
    size_t fields_length;
    const char *comment; /* from '#' on, or the end of the line */
};

/* Finds the parts of LINE, which is neither empty nor a comment. Returns 0, or -EINVAL if the
 * quotes of its name do not end. */
int lg_budget_line_split(const char *line, struct lg_budget_parts *out);

/* The name that PARTS write: without quotes, and, unless it is a glob, without escapes. Stores
 * whether it is one. The caller frees it; NULL: no memory. */
char *lg_budget_line_name(const struct lg_budget_parts *parts, bool *is_glob);

/* Adds PROGRAM:TEST as it is written to mean that one test, in quotes where it needs them. */
void lg_budget_line_add_name(struct lg_text *text, const char *program, const char *test);

#endif
