/* What GitHub Actions shows: annotations on the lines, and a summary of the step. */
#include "runner/report/outputs.h"
#include "runner/report/worst.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* GitHub shows ten of a kind a step. */
#define ANNOTATIONS 10

#define SITES 3
#define FRAMES 12

/* What is left of the summary's room when it stops, for the line that says so. */
#define RESERVE_BYTES ((size_t)1024)

/* Escapes TEXT as workflow commands have it; in a property, ':' and ',' end something. */
static void add_escaped(struct lg_text *out, const char *text, bool property)
{
    for (; *text != '\0'; text++) {
        bool special = *text == '%' || *text == '\r' || *text == '\n' ||
                       (property && (*text == ':' || *text == ','));
        lg_text_add(out, special ? "%%%02X" : "%c", (unsigned char)*text);
    }
}

static void add_annotation(struct lg_text *out, const struct lg_doc_case *test)
{
    const char *separator = " ";
    lg_text_add(out, "::error");
    if (test->file != NULL) {
        lg_text_add(out, " file=");
        add_escaped(out, test->file, true);
        lg_text_add(out, ",line=%u", test->line);
        separator = ",";
    }
    lg_text_add(out, "%stitle=", separator);
    add_escaped(out, test->suite, true);
    lg_text_add(out, "/");
    add_escaped(out, test->name, true);
    lg_text_add(out, " %s::", lg_verdict_name(test->verdict));
    add_escaped(out, test->message, false);
    lg_text_add(out, "\n");
}

void lg_github_add_annotations(struct lg_text *out, const struct lg_doc *doc)
{
    size_t count;
    const struct lg_doc_case **worst = lg_doc_worst(doc, &count);
    out->failed |= worst == NULL;
    for (size_t i = 0; worst != NULL && i < count && i < ANNOTATIONS; i++)
        add_annotation(out, worst[i]);
    if (count > ANNOTATIONS)
        lg_text_add(out, "::notice title=leakgate::%zu more red tests are in the step summary\n",
                    count - ANNOTATIONS);
    free(worst);
}

/* Markdown. */

static bool is_word(char character)
{
    return isalnum((unsigned char)character) != 0;
}

/* TEXT as itself, in a cell of a table or in HTML. Within a word, '_' is nothing special. */
static void add_plain(struct lg_text *out, const char *text)
{
    static const char special[] = "&<>|`*_[]\\~#";
    for (const char *at = text; *at != '\0'; at++) {
        bool within = *at == '_' && at > text && is_word(at[-1]) && is_word(at[1]);
        if (*at == '\n' || *at == '\r')
            lg_text_add(out, " ");
        else if (strchr(special, *at) != NULL && !within)
            lg_text_add(out, "&#%d;", *at);
        else
            lg_text_add(out, "%c", *at);
    }
}

static void add_limit(struct lg_text *out, enum lg_gauge gauge, int64_t limit)
{
    if (limit == LG_GAUGE_UNLIMITED)
        lg_text_add(out, "none");
    else if (lg_gauge_in_bytes(gauge))
        lg_text_add_size(out, (uint64_t)limit);
    else
        lg_text_add(out, "%lld", (long long)limit);
}

static void add_growth_cells(struct lg_text *out, const struct lg_doc_case *test)
{
    const char *separator = "";
    lg_text_add(out, " | ");
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        if ((test->over & LG_GAUGE_BIT(g)) == 0)
            continue;
        lg_text_add(out, "%s%s ", separator, lg_gauge_name((enum lg_gauge)g));
        lg_doc_add_growth(out, test, (enum lg_gauge)g);
        if ((test->limited & LG_GAUGE_BIT(g)) != 0 && test->budget.values[g] != 0) {
            lg_text_add(out, " of ");
            add_limit(out, (enum lg_gauge)g, test->budget.values[g]);
        }
        separator = "<br>";
    }
    lg_text_add(out, " | ");
    lg_doc_add_sparkline(out, test);
}

static void add_row(struct lg_text *out, const struct lg_doc_case *test)
{
    lg_text_add(out, "| ");
    add_plain(out, test->suite);
    lg_text_add(out, "/");
    add_plain(out, test->name);
    lg_text_add(out, " | %s", lg_verdict_name(test->verdict));
    add_growth_cells(out, test);
    lg_text_add(out, " | ");
    if (test->file != NULL) {
        add_plain(out, test->file);
        lg_text_add(out, ":%u", test->line);
    }
    lg_text_add(out, " |\n");
}

static void add_frames(struct lg_text *out, const struct lg_doc_site *site)
{
    lg_text_add(out, "%lld B in %lld (", (long long)site->bytes, (long long)site->count);
    add_plain(out, site->kind);
    lg_text_add(out, "), over %u run%s\n", site->runs, site->runs == 1 ? "" : "s");
    for (size_t f = 0; f < site->frame_count && f < FRAMES; f++) {
        const struct lg_doc_frame *frame = &site->frames[f];
        lg_text_add(out, "    ");
        add_plain(out, frame->function);
        lg_text_add(out, " at ");
        add_plain(out, frame->file != NULL ? frame->file : frame->module);
        if (frame->file != NULL)
            lg_text_add(out, ":%u", frame->line);
        lg_text_add(out, "\n");
    }
}

static void add_details(struct lg_text *out, const struct lg_doc_case *test)
{
    lg_text_add(out, "<details><summary>");
    add_plain(out, test->suite);
    lg_text_add(out, "/");
    add_plain(out, test->name);
    lg_text_add(out, "</summary>\n\n<pre>\n");
    add_plain(out, test->message);
    lg_text_add(out, "\n");
    for (size_t i = 0; i < test->site_count && i < SITES; i++)
        add_frames(out, &test->sites[i]);
    lg_text_add(out, "</pre>\n\n</details>\n\n");
}

static void add_heading(struct lg_text *out, const struct lg_doc *doc)
{
    const char *separator = "";
    lg_text_add(out, "## leakgate: ");
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++) {
        if (doc->verdicts[kind] == 0)
            continue;
        lg_text_add(out, "%s%zu %s", separator, doc->verdicts[kind],
                    lg_verdict_name((enum lg_verdict_kind)kind));
        separator = ", ";
    }
    lg_text_add(out, "%s\n\n", doc->cases == 0 ? "no tests" : "");
}

/* Adds one part for each test, while they fit. Returns how many did. */
static size_t add_each(struct lg_text *out, const struct lg_doc_case **worst, size_t count,
                       size_t limit, void (*add)(struct lg_text *out, const struct lg_doc_case *))
{
    size_t added = 0;
    for (; added < count && !out->failed; added++) {
        size_t before = out->length;
        add(out, worst[added]);
        if (out->length <= limit)
            continue;
        out->length = before;
        out->data[before] = '\0';
        break;
    }
    return added;
}

void lg_github_add_summary(struct lg_text *out, const struct lg_doc *doc, size_t limit)
{
    size_t count;
    const struct lg_doc_case **worst = lg_doc_worst(doc, &count);
    out->failed |= worst == NULL;
    if (worst == NULL || limit < 2 * RESERVE_BYTES) {
        free(worst);
        return;
    }
    add_heading(out, doc);
    if (count > 0) {
        lg_text_add(out, "| test | | per run | growth | at |\n|---|---|---|---|---|\n");
        size_t shown = add_each(out, worst, count, limit - RESERVE_BYTES, add_row);
        if (shown < count)
            lg_text_add(out, "\n... and %zu more red tests, in the report\n", count - shown);
        lg_text_add(out, "\n");
        add_each(out, worst, shown, limit - RESERVE_BYTES, add_details);
    }
    free(worst);
}
