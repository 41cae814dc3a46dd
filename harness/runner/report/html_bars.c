/* What each gauge grew by per run, against its budget. */
#include "runner/report/html_parts.h"
#include "runner/report/worst.h"

#define WIDTH 120.0
#define HEIGHT 12.0

/* Thinner than that, nothing is seen. */
#define LEAST 2.0

static bool is_limited(const struct lg_doc_case *test, int gauge)
{
    return (test->limited & LG_GAUGE_BIT(gauge)) != 0 &&
           test->budget.values[gauge] != LG_GAUGE_UNLIMITED;
}

static void add_part(struct lg_text *out, const char *name, double from, double to)
{
    if (to > from)
        lg_text_add(out, "<rect class=\"%s\" x=\"%.1f\" y=\"2\" width=\"%.1f\" height=\"%.0f\"/>",
                    name, from, to - from, HEIGHT - 4);
}

/* What is beyond its budget by less than can be judged is not over it. */
static const char *bar_kind(const struct lg_doc_case *test, int gauge)
{
    if ((test->over & LG_GAUGE_BIT(gauge)) != 0)
        return "over";
    return is_limited(test, gauge) && test->growth.values[gauge] <= test->budget.values[gauge]
               ? "within"
               : "free";
}

static void add_bar(struct lg_text *out, const struct lg_doc_case *test, int gauge)
{
    const char *kind = bar_kind(test, gauge);
    bool over = kind[0] == 'o';
    double growth = (double)test->growth.values[gauge];
    double limit = is_limited(test, gauge) ? (double)test->budget.values[gauge] : 0;
    double most = growth > limit ? growth : limit;
    double end = growth / most * WIDTH;
    double mark = limit / most * WIDTH;
    end = end < LEAST ? LEAST : end;
    if (over && end - mark < LEAST)
        mark = end - LEAST;
    lg_text_add(out, "<svg class=\"bar\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">",
                WIDTH, HEIGHT,
                over             ? "over the budget"
                : kind[0] == 'w' ? "within the budget"
                                 : "not judged");
    add_part(out, "track", 0, WIDTH);
    add_part(out, over ? "within" : kind, 0, over ? mark : end);
    if (over)
        add_part(out, "over", mark, end);
    if (is_limited(test, gauge))
        lg_text_add(out, "<path class=\"mark\" d=\"M%.1f 0v%.0f\"/>", mark < 1 ? 1 : mark, HEIGHT);
    lg_text_add(out, "</svg>");
}

static void add_limit(struct lg_text *out, const struct lg_doc_case *test, int gauge)
{
    int64_t limit = test->budget.values[gauge];
    if ((test->limited & LG_GAUGE_BIT(gauge)) == 0)
        return;
    if (limit == LG_GAUGE_UNLIMITED)
        lg_text_add(out, "unlimited");
    else
        lg_text_add(out, "%lld%s", (long long)limit,
                    lg_gauge_in_bytes((enum lg_gauge)gauge) ? " B" : "");
}

static void add_row(struct lg_text *out, const struct lg_doc_case *test, int gauge)
{
    bool over = (test->over & LG_GAUGE_BIT(gauge)) != 0;
    lg_text_add(out, "<tr%s><th scope=\"row\">%s%s</th><td>", over ? " class=\"over\"" : "",
                lg_gauge_name((enum lg_gauge)gauge), over ? " <em>over</em>" : "");
    lg_doc_add_growth(out, test, (enum lg_gauge)gauge);
    lg_text_add(out, "</td><td>");
    add_limit(out, test, gauge);
    lg_text_add(out, "</td><td>");
    if (test->growth.values[gauge] > 0)
        add_bar(out, test, gauge);
    lg_text_add(out, "</td><td>");
    if (test->first_growth.values[gauge] != 0)
        lg_html_short(out, (enum lg_gauge)gauge, test->first_growth.values[gauge]);
    lg_text_add(out, "</td></tr>\n");
}

void lg_html_bars(struct lg_text *out, const struct lg_doc_case *test)
{
    bool any = false;
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        if (test->growth.values[g] == 0 && test->first_growth.values[g] == 0)
            continue;
        if (!any)
            lg_text_add(out, "<table class=\"gauges\"><caption>Growth per run and budget</caption>"
                             "<thead><tr><th scope=\"col\">gauge</th><th scope=\"col\">per run</th>"
                             "<th scope=\"col\">budget</th><th scope=\"col\">of budget</th>"
                             "<th scope=\"col\">first run</th></tr></thead><tbody>\n");
        any = true;
        add_row(out, test, g);
    }
    if (any)
        lg_text_add(out, "</tbody></table>\n");
}
