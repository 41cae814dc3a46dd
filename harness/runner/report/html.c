/* A report for people: one page that needs nothing but itself, and no script to be read. */
#include "runner/report/html_parts.h"
#include "runner/report/outputs.h"
#include "runner/report/page/page.h"

#include <leakgate/leakgate.h>
#include <stdlib.h>

/* Beyond that a page is no longer opened on a phone: the worst have details, the rest have rows. */
#define DETAILS_BYTES ((size_t)1800 * 1024)

/* The worst first, then what grew within its budget, then all others. */
static int compare(const void *left, const void *right)
{
    const struct lg_doc_case *a = *(const struct lg_doc_case *const *)left;
    const struct lg_doc_case *b = *(const struct lg_doc_case *const *)right;
    bool a_tells = lg_html_has_details(a);
    bool b_tells = lg_html_has_details(b);
    int64_t a_grows = a->growth.values[LG_GAUGE_LIVE];
    int64_t b_grows = b->growth.values[LG_GAUGE_LIVE];
    if (lg_doc_is_red(a) || lg_doc_is_red(b))
        return lg_doc_compare(left, right);
    if (a_tells != b_tells)
        return a_tells ? -1 : 1;
    if (a_grows != b_grows)
        return a_grows > b_grows ? -1 : 1;
    return lg_doc_compare(left, right);
}

static const struct lg_doc_case **sorted(const struct lg_doc *doc)
{
    const struct lg_doc_case **all = calloc(doc->cases + 1, sizeof(*all));
    size_t count = 0;
    for (size_t p = 0; all != NULL && p < doc->count; p++) {
        for (size_t i = 0; i < doc->programs[p].count; i++)
            all[count++] = &doc->programs[p].cases[i];
    }
    if (all != NULL)
        qsort(all, count, sizeof(*all), compare);
    return all;
}

static size_t count_red(const struct lg_doc *doc)
{
    return doc->cases - doc->verdicts[LG_VERDICT_PASSED] - doc->verdicts[LG_VERDICT_SKIPPED];
}

static void add_head(struct lg_text *out, const struct lg_doc *doc)
{
    lg_text_add(out,
                "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                "<meta name=\"generator\" content=\"leakgate " LEAKGATE_VERSION "\"/>\n",
                lg_page_css_hash, lg_page_js_hash);
    lg_text_add(out, "<title>leakgate: %zu of %zu tests red</title>\n<style>%s</style></head>\n",
                count_red(doc), doc->cases, lg_page_css);
}

/* Counts that the script makes a filter of: without it, they are counts. */
static void add_counts(struct lg_text *out, const struct lg_doc *doc)
{
    static const enum lg_verdict_kind order[LG_VERDICT_COUNT] = {
        LG_VERDICT_CRASHED, LG_VERDICT_TIMED_OUT, LG_VERDICT_EXITED_EARLY, LG_VERDICT_BROKEN,
        LG_VERDICT_FAILED,  LG_VERDICT_LEAKED,    LG_VERDICT_PASSED,       LG_VERDICT_SKIPPED,
    };
    lg_text_add(out, "<p class=\"counts\" id=\"verdicts\">");
    for (int i = 0; i < LG_VERDICT_COUNT; i++) {
        if (doc->verdicts[order[i]] == 0)
            continue;
        lg_text_add(out, "<button type=\"button\" disabled=\"disabled\" value=\"");
        lg_html_verdict_class(out, order[i]);
        lg_text_add(out, "\" class=\"");
        lg_html_verdict_class(out, order[i]);
        lg_text_add(out, "\"><b>%zu</b> %s</button>\n", doc->verdicts[order[i]],
                    lg_verdict_name(order[i]));
    }
    lg_text_add(out, "</p>\n");
}

static void add_program(struct lg_text *out, const struct lg_doc_program *program)
{
    size_t red = 0;
    double seconds = 0;
    for (size_t i = 0; i < program->count; i++) {
        red += lg_doc_is_red(&program->cases[i]);
        seconds += program->cases[i].seconds;
    }
    lg_text_add(out, "<tr><th scope=\"row\">");
    lg_html_escape(out, program->name);
    lg_text_add(out, "</th><td>%zu</td><td%s>%zu</td><td>", program->count,
                red > 0 ? " class=\"red\"" : "", red);
    lg_html_seconds(out, seconds);
    lg_text_add(out, "</td><td>");
    lg_html_escape(out, program->timestamp);
    lg_text_add(out, "</td></tr>\n");
}

static void add_programs(struct lg_text *out, const struct lg_doc *doc)
{
    lg_text_add(out,
                "<details class=\"programs\"%s><summary>%zu program%s</summary>\n<table><thead>"
                "<tr><th scope=\"col\">program</th><th scope=\"col\">tests</th>"
                "<th scope=\"col\">red</th><th scope=\"col\">time</th>"
                "<th scope=\"col\">started</th></tr></thead><tbody>\n",
                doc->count <= 4 ? " open=\"open\"" : "", doc->count, doc->count == 1 ? "" : "s");
    for (size_t p = 0; p < doc->count; p++)
        add_program(out, &doc->programs[p]);
    lg_text_add(out, "</tbody></table></details>\n");
}

static void add_controls(struct lg_text *out)
{
    lg_text_add(out,
                "<form id=\"controls\" hidden=\"hidden\"><label>Filter <input id=\"filter\" "
                "type=\"search\" autocomplete=\"off\" spellcheck=\"false\"/></label>\n"
                "<label>Sort <select id=\"sort\"><option value=\"verdict\">verdict, the worst "
                "first</option><option value=\"name\">name</option><option value=\"growth\">growth"
                "</option><option value=\"time\">time</option></select></label>\n"
                "<button type=\"button\" id=\"open\" aria-pressed=\"false\">Open all</button>\n"
                "<output id=\"shown\" aria-live=\"polite\"></output></form>\n");
}

static void add_tests(struct lg_text *out, const struct lg_doc *doc)
{
    const struct lg_doc_case **all = sorted(doc);
    size_t details = 0;
    size_t left_out = 0;
    lg_text_add(out, "<ol id=\"tests\">\n");
    out->failed |= all == NULL;
    for (size_t i = 0; all != NULL && i < doc->cases && !out->failed; i++) {
        size_t before = out->length;
        bool tells = lg_html_has_details(all[i]);
        bool whole = tells && details < DETAILS_BYTES;
        lg_html_case(out, doc, all[i], whole);
        details += whole ? out->length - before : 0;
        left_out += tells && !whole;
    }
    lg_text_add(out, "</ol>\n");
    if (left_out > 0)
        lg_text_add(out,
                    "<p class=\"note\">The details of %zu tests that are less bad are left out "
                    "here: they are in the XML.</p>\n",
                    left_out);
    free(all);
}

void lg_html_add(struct lg_text *out, const struct lg_doc *doc)
{
    add_head(out, doc);
    lg_text_add(out, "<body><header><h1>leakgate</h1><p class=\"total\">%zu test%s in ", doc->cases,
                doc->cases == 1 ? "" : "s");
    lg_html_seconds(out, doc->seconds);
    lg_text_add(out, "</p>\n");
    add_counts(out, doc);
    add_programs(out, doc);
    lg_text_add(out, "</header>\n<main><h2>Tests</h2>\n");
    add_controls(out);
    add_tests(out, doc);
    lg_text_add(out, "</main>\n<script>%s</script></body></html>\n", lg_page_js);
}
