/* What a gauge had grown by, run by run. Of a batch only the end is known: where it grew by as
 * much a run as single runs do, it is drawn as they are, and else as a slope. */
#include "runner/report/html_parts.h"

#include <math.h>

#define WIDTH 300.0
#define HEIGHT 132.0
#define LEFT 8.0
#define TOP 18.0
#define BOTTOM 112.0

/* More stairs than that are a slope to the eye. */
#define STAIRS 64

struct chart {
    const struct lg_doc_case *test;
    enum lg_gauge gauge;
    double runs;
    double warm_up;    /* runs of it */
    double warm_grown; /* what was grown by when it ended: budgets count from there */
    double last;
    double least; /* of what is drawn */
    double most;
    bool limited;
    double allowed; /* in the runs after the warm-up */
};

static double x_of(const struct chart *chart, double runs)
{
    return LEFT + runs / chart->runs * (WIDTH - 2 * LEFT);
}

static double y_of(const struct chart *chart, double grown)
{
    return BOTTOM - (grown - chart->least) / (chart->most - chart->least) * (BOTTOM - TOP);
}

static void measure_steps(struct chart *chart)
{
    bool warm = true;
    for (size_t i = 0; i < chart->test->step_count; i++) {
        const struct lg_doc_step *step = &chart->test->steps[i];
        warm = warm && step->warm_up;
        chart->runs += step->runs;
        chart->last += (double)step->growth.values[chart->gauge];
        if (warm) {
            chart->warm_up = chart->runs;
            chart->warm_grown = chart->last;
        }
        chart->most = chart->last > chart->most ? chart->last : chart->most;
        chart->least = chart->last < chart->least ? chart->last : chart->least;
    }
}

/* A budget that nothing comes near would press the stairs flat: it leaves at the top. */
static void measure_budget(struct chart *chart)
{
    int64_t budget = chart->test->budget.values[chart->gauge];
    chart->limited = (chart->test->limited & LG_GAUGE_BIT(chart->gauge)) != 0 &&
                     budget != LG_GAUGE_UNLIMITED && chart->runs > chart->warm_up;
    if (chart->limited) {
        chart->allowed = (double)budget * (chart->runs - chart->warm_up);
        double end = chart->warm_grown + chart->allowed;
        double room = chart->most * 1.6;
        end = end < room ? end : room;
        chart->most = end > chart->most ? end : chart->most;
    }
    if (chart->most <= chart->least)
        chart->most = chart->least + 1;
}

static bool is_like_single_runs(const struct chart *chart, const struct lg_doc_step *step)
{
    int64_t growth = step->growth.values[chart->gauge];
    for (size_t i = 0; growth != 0 && i < chart->test->step_count; i++) {
        const struct lg_doc_step *other = &chart->test->steps[i];
        if (other->runs == 1 && growth % step->runs == 0 &&
            other->growth.values[chart->gauge] == growth / step->runs)
            return true;
    }
    return false;
}

/* A step up to its end, which the caller adds. */
static void add_step(struct lg_text *out, const struct chart *chart, const struct lg_doc_step *step)
{
    double growth = (double)step->growth.values[chart->gauge];
    if (step->runs == 1)
        lg_text_add(out, "h%.2f", x_of(chart, 1) - x_of(chart, 0));
    if (step->runs == 1 || step->runs > STAIRS || !is_like_single_runs(chart, step))
        return;
    double wide = x_of(chart, 1) - x_of(chart, 0);
    double high = y_of(chart, growth / step->runs) - y_of(chart, 0);
    for (uint32_t run = 0; run < step->runs; run++)
        lg_text_add(out, "h%.2fv%.2f", wide, high);
}

static void add_line(struct lg_text *out, const struct chart *chart)
{
    double runs = 0;
    double grown = 0;
    lg_text_add(out, "<path class=\"line\" d=\"M%.1f %.1f", x_of(chart, 0), y_of(chart, 0));
    for (size_t i = 0; i < chart->test->step_count; i++) {
        const struct lg_doc_step *step = &chart->test->steps[i];
        runs += step->runs;
        grown += (double)step->growth.values[chart->gauge];
        add_step(out, chart, step);
        lg_text_add(out, "L%.1f %.1f", x_of(chart, runs), y_of(chart, grown));
    }
    lg_text_add(out, "\"/>");
}

/* Where something was measured: lines without a length, which round caps make dots. */
static void add_dots(struct lg_text *out, const struct chart *chart)
{
    double runs = 0;
    double grown = 0;
    lg_text_add(out, "<path class=\"dots\" d=\"");
    for (size_t i = 0; i < chart->test->step_count; i++) {
        runs += chart->test->steps[i].runs;
        grown += (double)chart->test->steps[i].growth.values[chart->gauge];
        lg_text_add(out, "M%.1f %.1fh0", x_of(chart, runs), y_of(chart, grown));
    }
    lg_text_add(out, "\"/>");
}

static void add_budget(struct lg_text *out, const struct chart *chart)
{
    double part = 1;
    if (!chart->limited)
        return;
    if (chart->warm_grown + chart->allowed > chart->most)
        part = (chart->most - chart->warm_grown) / chart->allowed;
    double runs = chart->warm_up + part * (chart->runs - chart->warm_up);
    lg_text_add(out, "<path class=\"budget\" d=\"M%.1f %.1fL%.1f %.1f\"/>",
                x_of(chart, chart->warm_up), y_of(chart, chart->warm_grown), x_of(chart, runs),
                y_of(chart, chart->warm_grown + part * chart->allowed));
}

static int64_t last_of(const struct chart *chart)
{
    return fabs(chart->last) < 9e18 ? (int64_t)chart->last : 0;
}

static void add_axes(struct lg_text *out, const struct chart *chart)
{
    if (chart->warm_up > 0)
        lg_text_add(out,
                    "<rect class=\"warm\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\"/>",
                    LEFT, TOP, x_of(chart, chart->warm_up) - LEFT, BOTTOM - TOP);
    lg_text_add(out, "<path class=\"axis\" d=\"M%.0f %.1fH%.0f\"/>", LEFT, y_of(chart, 0),
                WIDTH - LEFT);
    lg_text_add(out,
                "<text x=\"%.0f\" y=\"%.0f\">0</text><text class=\"end\" x=\"%.0f\" "
                "y=\"%.0f\">%.0f run%s</text>",
                LEFT, HEIGHT - 7, WIDTH - LEFT, HEIGHT - 7, chart->runs,
                chart->runs > 1 ? "s" : "");
    lg_text_add(out, "<text class=\"end\" x=\"%.0f\" y=\"12\">", WIDTH - LEFT);
    lg_html_short(out, chart->gauge, last_of(chart));
    lg_text_add(out, "</text>");
}

static void add_chart(struct lg_text *out, const struct chart *chart)
{
    const char *name = lg_gauge_name(chart->gauge);
    bool over = (chart->test->over & LG_GAUGE_BIT(chart->gauge)) != 0;
    lg_text_add(out,
                "<svg class=\"stairs%s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s ",
                over ? " over" : "", WIDTH, HEIGHT, name);
    lg_text_add_growth(out, chart->gauge, last_of(chart));
    lg_text_add(out, " after %.0f runs, %.0f of them warm-up\">", chart->runs, chart->warm_up);
    add_axes(out, chart);
    add_budget(out, chart);
    add_line(out, chart);
    add_dots(out, chart);
    lg_text_add(out, "<text class=\"name\" x=\"%.0f\" y=\"12\">%s</text></svg>\n", LEFT, name);
}

static bool changes(const struct lg_doc_case *test, int gauge)
{
    for (size_t i = 0; i < test->step_count; i++) {
        if (test->steps[i].growth.values[gauge] != 0)
            return true;
    }
    return false;
}

void lg_html_stairs(struct lg_text *out, const struct lg_doc_case *test)
{
    bool any = false;
    bool limited = false;
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        struct chart chart = {.test = test, .gauge = (enum lg_gauge)g};
        if (!changes(test, g))
            continue;
        if (!any)
            lg_text_add(out, "<h4>Growth by run</h4>\n<div class=\"charts\">");
        any = true;
        measure_steps(&chart);
        measure_budget(&chart);
        limited = limited || chart.limited;
        add_chart(out, &chart);
    }
    if (any)
        lg_text_add(out,
                    "</div>\n<p class=\"key\"><i class=\"warm\"></i> warm-up %s<i "
                    "class=\"dot\"></i> measured; a slope is a batch of runs</p>\n",
                    limited ? "<i class=\"budget\"></i> budget " : "");
}
