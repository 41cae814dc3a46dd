/* A test: its row, and what there is to tell of it. */
#include "runner/report/html_parts.h"
#include "runner/report/worst.h"

#include <string.h>

/* An assertion may print anything. */
#define TEXT_BYTES ((size_t)8 * 1024)

static lg_gauge_set grown_of(const struct lg_doc_case *test)
{
    return test->over != 0 ? test->over : lg_gauges_grown(&test->growth);
}

bool lg_html_has_details(const struct lg_doc_case *test)
{
    return lg_doc_is_red(test) || lg_gauges_grown(&test->growth) != 0 ||
           lg_gauges_grown(&test->first_growth) != 0;
}

static void add_name(struct lg_text *out, const struct lg_doc *doc, const struct lg_doc_case *test)
{
    if (doc->count > 1) {
        lg_text_add(out, "<small>");
        lg_html_escape(out, lg_doc_program_of(doc, test)->name);
        lg_text_add(out, "</small> ");
    }
    lg_html_escape(out, test->suite);
    lg_text_add(out, "/");
    lg_html_escape(out, test->name);
}

static void add_growth(struct lg_text *out, const struct lg_doc_case *test)
{
    lg_gauge_set grown = grown_of(test);
    const char *separator = "";
    lg_text_add(out, "<span>");
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        if ((grown & LG_GAUGE_BIT(g)) == 0)
            continue;
        lg_text_add(out, "%s%s ", separator, lg_gauge_name((enum lg_gauge)g));
        lg_doc_add_growth(out, test, (enum lg_gauge)g);
        separator = ", ";
    }
    lg_text_add(out, "</span>");
}

static void add_where(struct lg_text *out, const struct lg_doc_case *test)
{
    if (!lg_doc_is_red(test) || test->file == NULL)
        return;
    lg_text_add(out, "<small class=\"at\">");
    lg_html_place(out, test->file, test->line);
    lg_text_add(out, "</small>");
}

/* Verdict, name, growth and time, in the order of the columns. */
static void add_row(struct lg_text *out, const struct lg_doc *doc, const struct lg_doc_case *test,
                    const char *element)
{
    lg_text_add(out, "<b>%s</b><%s>", lg_verdict_name(test->verdict), element);
    add_name(out, doc, test);
    add_where(out, test);
    lg_text_add(out, "</%s>", element);
    add_growth(out, test);
    lg_text_add(out, "<span>");
    lg_html_seconds(out, test->seconds);
    lg_text_add(out, "</span>");
}

static void add_fact(struct lg_text *out, const char *what, const char *file, unsigned line)
{
    if (file == NULL)
        return;
    lg_text_add(out, "<div><dt>%s</dt> <dd>", what);
    lg_html_place(out, file, line);
    lg_text_add(out, "</dd></div>");
}

static void add_unmeasured(struct lg_text *out, const struct lg_doc_case *test)
{
    if (test->unmeasured == 0)
        return;
    lg_text_add(out, "<div><dt>not measured</dt> <dd>");
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        if ((test->unmeasured & LG_GAUGE_BIT(g)) != 0)
            lg_text_add(out, "%s ", lg_gauge_name((enum lg_gauge)g));
    }
    lg_text_add(out, "</dd></div>");
}

static void add_facts(struct lg_text *out, const struct lg_doc *doc, const struct lg_doc_case *test)
{
    lg_text_add(out, "<dl>");
    if (lg_doc_is_red(test))
        add_fact(out, "at", test->file, test->line);
    add_fact(out, "test", test->test_file, test->test_line);
    lg_text_add(out, "<div><dt>program</dt> <dd>");
    lg_html_escape(out, lg_doc_program_of(doc, test)->name);
    lg_text_add(out, "</dd></div>");
    if (test->runs > 0)
        lg_text_add(out, "<div><dt>runs</dt> <dd>%u</dd></div>", test->runs);
    if (test->peak_rss_bytes > 0) {
        lg_text_add(out, "<div><dt>peak</dt> <dd>");
        lg_html_short(out, LG_GAUGE_HEAP, test->peak_rss_bytes);
        lg_text_add(out, "</dd></div>");
    }
    add_unmeasured(out, test);
    lg_text_add(out, "</dl>\n");
}

/* Whether the text is the message, and nothing but space after it. */
static bool is_message(const struct lg_doc_case *test)
{
    size_t length = strlen(test->message);
    return strncmp(test->text, test->message, length) == 0 &&
           test->text[length + strspn(test->text + length, " \t\n")] == '\0';
}

static void add_block(struct lg_text *out, const char *title, bool open, const char *content)
{
    struct lg_text text = {0};
    lg_text_add(&text, "%s", content);
    lg_text_cut(&text, TEXT_BYTES);
    lg_text_add(out, "<details class=\"text\"%s><summary>%s</summary><pre tabindex=\"0\">",
                open ? " open=\"open\"" : "", title);
    lg_html_escape(out, lg_text_string(&text));
    lg_text_add(out, "</pre></details>\n");
    out->failed |= text.failed;
    lg_text_free(&text);
}

static void add_text(struct lg_text *out, const struct lg_doc_case *test)
{
    bool leaked = test->verdict == LG_VERDICT_LEAKED;
    if (!is_message(test))
        add_block(out, leaked ? "The same as text" : "What was said", !leaked, test->text);
}

/* Of most leaks, what was printed says nothing. */
static void add_output(struct lg_text *out, const struct lg_doc_case *test)
{
    static const char *const titles[] = {"What it printed", "What it printed to stderr"};
    for (int stream = 0; stream < 2; stream++) {
        if (test->output[stream][0] != '\0')
            add_block(out, titles[stream], test->verdict != LG_VERDICT_LEAKED,
                      test->output[stream]);
    }
}

static void add_details(struct lg_text *out, const struct lg_doc *doc,
                        const struct lg_doc_case *test)
{
    lg_text_add(out, "<div class=\"body\">");
    if (test->message[0] != '\0') {
        lg_text_add(out, "<p class=\"message\">");
        lg_html_escape(out, test->message);
        lg_text_add(out, "</p>\n");
    }
    add_facts(out, doc, test);
    lg_html_tree(out, test);
    lg_html_bars(out, test);
    lg_html_stairs(out, test);
    lg_html_strips(out, test);
    add_text(out, test);
    add_output(out, test);
    lg_text_add(out, "</div>");
}

/* What the script sorts by: bytes, and what is counted. */
static void add_keys(struct lg_text *out, const struct lg_doc_case *test)
{
    lg_gauge_set grown = grown_of(test);
    int64_t most[2] = {0, 0};
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        int64_t *key = &most[lg_gauge_in_bytes((enum lg_gauge)g) ? 0 : 1];
        if ((grown & LG_GAUGE_BIT(g)) != 0 && test->growth.values[g] > *key)
            *key = test->growth.values[g];
    }
    if (most[0] > 0 || most[1] > 0)
        lg_text_add(out, " data-growth=\"%lld %lld\"", (long long)most[0], (long long)most[1]);
}

void lg_html_case(struct lg_text *out, const struct lg_doc *doc, const struct lg_doc_case *test,
                  bool whole)
{
    lg_text_add(out, "<li class=\"");
    lg_html_verdict_class(out, test->verdict);
    lg_text_add(out, "\"");
    add_keys(out, test);
    lg_text_add(out, ">");
    if (whole) {
        lg_text_add(out, "<details><summary>");
        add_row(out, doc, test, "h3");
        lg_text_add(out, "</summary>");
        add_details(out, doc, test);
        lg_text_add(out, "</details>");
    } else {
        add_row(out, doc, test, "span");
    }
    lg_text_add(out, "</li>\n");
}
