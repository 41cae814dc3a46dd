/* Reports beside JUnit XML, each made of the document that was read back from it. */
#ifndef LG_RUNNER_REPORT_OUTPUTS_H
#define LG_RUNNER_REPORT_OUTPUTS_H

#include "runner/report/document.h"
#include "runner/text.h"

#include <stdio.h>

/* When to speak to GitHub: auto is where the environment tells that it listens. */
enum lg_github { LG_GITHUB_AUTO, LG_GITHUB_ALWAYS, LG_GITHUB_NEVER };

/* Paths, or NULL for what is not asked for. */
struct lg_outputs {
    const char *html;
    const char *sarif;
    const char *codequality;
    const char *metrics;
    enum lg_github github;
};

/* Sets the output NAME ("html", "github"...) from VALUE, a path or a word. Returns 0, or -EINVAL
 * with what is wrong in WHY. */
int lg_outputs_set(struct lg_outputs *outputs, const char *name, const char *value, char *why,
                   size_t size);

/* Whether anything is asked for that is made of the document. */
bool lg_outputs_any(const struct lg_outputs *outputs);

/* Whether OUTPUTS speak to GitHub. */
bool lg_outputs_github(const struct lg_outputs *outputs);

/* Makes sure that each file can be written. Returns 0, or -errno with one line that names the
 * option, the file and the way out in ERROR. */
int lg_outputs_prepare(const struct lg_outputs *outputs, char *error, size_t error_size);

/* Writes each file, and to STREAM what GitHub reads there. Returns 0 or -errno as above. */
int lg_outputs_write(const struct lg_outputs *outputs, const struct lg_doc *doc, FILE *stream,
                     char *error, size_t error_size);

/* Each adds a whole file to OUT, which tells whether there was memory. */

void lg_sarif_add(struct lg_text *out, const struct lg_doc *doc);

/* GitLab's Code Quality: one entry for each place, whatever tests lead to it. */
void lg_codequality_add(struct lg_text *out, const struct lg_doc *doc);

/* OpenMetrics: growth and peak by suite. */
void lg_metrics_add(struct lg_text *out, const struct lg_doc *doc);

/* One self-contained page. */
void lg_html_add(struct lg_text *out, const struct lg_doc *doc);

/* "::error file=...": the most important ten, and how many more there are. */
void lg_github_add_annotations(struct lg_text *out, const struct lg_doc *doc);

/* Markdown of at most LIMIT bytes, the worst first. */
void lg_github_add_summary(struct lg_text *out, const struct lg_doc *doc, size_t limit);

#endif
