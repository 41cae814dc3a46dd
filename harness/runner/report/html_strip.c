/* The address space before and after, on one scale: stretches in order, as wide as the logarithm
 * of their bytes, and what lies between them not at all. */
#include "runner/report/html_parts.h"

#include "common/ledger.h"
#include "common/maps.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 640.0
#define HEIGHT 26.0
#define BEFORE_TOP 18.0
#define AFTER_TOP 50.0
#define BOTTOM 100.0

#define PAGE 4096.0
#define NEAR_GAP 1.0 /* next to the width of a page, which is 1 as well */
#define FAR_GAP 4.0
#define FAR_BYTES ((uint64_t)1 << 30)

#define NOTHING LG_SEGMENT_COUNT
#define LISTED 6

/* From one address where anything begins or ends to the next. */
struct part {
    uint64_t start;
    uint64_t end;
    enum lg_segment before;
    enum lg_segment after;
    double x;
    double width;
};

struct strips {
    struct part *parts;
    size_t count;
};

static const char letters[NOTHING + 1] = "TDHRAFSPKGV";

static enum lg_segment segment_named(const char *name)
{
    for (int s = 0; s < NOTHING; s++) {
        if (strcmp(lg_segment_name((enum lg_segment)s), name) == 0)
            return (enum lg_segment)s;
    }
    return LG_SEGMENT_SPECIAL;
}

static enum lg_segment segment_at(const struct lg_doc_strip *strip, uint64_t address)
{
    for (size_t i = 0; i < strip->count; i++) {
        if (address >= strip->rows[i].start && address < strip->rows[i].end)
            return segment_named(strip->rows[i].segment);
    }
    return NOTHING;
}

static int compare_addresses(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;
    return (*a > *b) - (*a < *b);
}

static size_t add_addresses(uint64_t *addresses, const struct lg_doc_strip *strip)
{
    for (size_t i = 0; i < strip->count; i++) {
        addresses[2 * i] = strip->rows[i].start;
        addresses[2 * i + 1] = strip->rows[i].end;
    }
    return 2 * strip->count;
}

static bool is_gap(const struct part *part)
{
    return part->before == NOTHING && part->after == NOTHING;
}

/* What was reserved only is not in use: taking it counts as growth. */
static bool is_grown(const struct part *part)
{
    return (part->before == NOTHING || part->before == LG_SEGMENT_GUARD) &&
           part->after != NOTHING && part->after != LG_SEGMENT_GUARD;
}

static double weight(const struct part *part)
{
    double bytes = (double)(part->end - part->start);
    if (is_gap(part))
        return part->end - part->start < FAR_BYTES ? NEAR_GAP : FAR_GAP;
    return 1 + log2(bytes < PAGE ? 1 : bytes / PAGE);
}

/* The agent keeps so many stretches, the lowest: what lies above is known on one side only. */
static bool is_cut_off(const struct lg_doc_strip *strip)
{
    return strip->count >= LG_LEDGER_MAX_STRETCHES;
}

static uint64_t known_end(const struct lg_doc_case *test)
{
    const struct lg_doc_strip *both[] = {&test->before, &test->after};
    uint64_t end = UINT64_MAX;
    for (int i = 0; i < 2; i++) {
        if (is_cut_off(both[i]) && both[i]->rows[both[i]->count - 1].end < end)
            end = both[i]->rows[both[i]->count - 1].end;
    }
    return end;
}

/* Two parts alike that touch are one: the end of something else lay between them. */
static void add_part(struct strips *strips, const struct part *part)
{
    struct part *last = strips->count > 0 ? &strips->parts[strips->count - 1] : NULL;
    if (last != NULL && last->end == part->start && last->before == part->before &&
        last->after == part->after)
        last->end = part->end;
    else
        strips->parts[strips->count++] = *part;
}

static void cut(struct strips *strips, const struct lg_doc_case *test, const uint64_t *addresses,
                size_t count)
{
    uint64_t end = known_end(test);
    for (size_t i = 0; i + 1 < count && addresses[i] < end; i++) {
        struct part part = {.start = addresses[i], .end = addresses[i + 1]};
        if (part.start == part.end)
            continue;
        part.before = segment_at(&test->before, part.start);
        part.after = segment_at(&test->after, part.start);
        add_part(strips, &part);
    }
}

static void lay_out(struct strips *strips)
{
    double total = 0;
    double x = 0;
    for (size_t i = 0; i < strips->count; i++)
        total += weight(&strips->parts[i]);
    for (size_t i = 0; i < strips->count; i++) {
        struct part *part = &strips->parts[i];
        part->x = x;
        part->width = weight(part) / total * WIDTH;
        x += part->width;
    }
}

static bool build(struct strips *strips, const struct lg_doc_case *test)
{
    size_t most = 2 * (test->before.count + test->after.count);
    uint64_t *addresses = calloc(most + 1, sizeof(*addresses));
    *strips = (struct strips){.parts = calloc(most + 1, sizeof(*strips->parts))};
    bool ok = addresses != NULL && strips->parts != NULL;
    if (ok) {
        size_t count = add_addresses(addresses, &test->before);
        count += add_addresses(addresses + count, &test->after);
        qsort(addresses, count, sizeof(*addresses), compare_addresses);
        cut(strips, test, addresses, count);
        lay_out(strips);
    }
    free(addresses);
    return ok;
}

static enum lg_segment segment_of(const struct part *part, bool after)
{
    return after ? part->after : part->before;
}

/* One path for all of a class: it is short. */
static void add_class(struct lg_text *out, const struct strips *strips, int segment, bool after)
{
    bool any = false;
    for (size_t i = 0; i < strips->count; i++) {
        const struct part *part = &strips->parts[i];
        if (segment_of(part, after) != (enum lg_segment)segment)
            continue;
        if (!any)
            lg_text_add(out, "<path class=\"s-%s\" d=\"",
                        lg_segment_name((enum lg_segment)segment));
        any = true;
        lg_text_add(out, "M%.1f %.0fh%.1fv%.0fh-%.1fz", part->x, after ? AFTER_TOP : BEFORE_TOP,
                    part->width, HEIGHT, part->width);
    }
    if (any)
        lg_text_add(out, "\"/>");
}

/* What is wide enough has its class's letter: colours are not for everybody. */
static void add_letters(struct lg_text *out, const struct strips *strips, bool after)
{
    struct lg_text places = {0};
    struct lg_text text = {0};
    for (size_t i = 0; i < strips->count; i++) {
        const struct part *part = &strips->parts[i];
        if (segment_of(part, after) == NOTHING || part->width < 9)
            continue;
        lg_text_add(&places, "%.1f ", part->x + part->width / 2);
        lg_text_add(&text, "%c", letters[segment_of(part, after)]);
    }
    if (text.length > 0)
        lg_text_add(out, "<text class=\"letters\" y=\"%.0f\" x=\"%s\">%s</text>",
                    (after ? AFTER_TOP : BEFORE_TOP) + 17, lg_text_string(&places),
                    lg_text_string(&text));
    out->failed |= places.failed || text.failed;
    lg_text_free(&places);
    lg_text_free(&text);
}

static void add_gaps(struct lg_text *out, const struct strips *strips)
{
    lg_text_add(out, "<path class=\"gap\" d=\"");
    for (size_t i = 0; i < strips->count; i++) {
        const struct part *part = &strips->parts[i];
        if (is_gap(part) && part->end - part->start >= FAR_BYTES)
            lg_text_add(out, "M%.1f %.0fv%.0f", part->x + part->width / 2, BEFORE_TOP - 3,
                        AFTER_TOP + HEIGHT + 3 - (BEFORE_TOP - 3));
    }
    lg_text_add(out, "\"/>");
}

static void add_grown(struct lg_text *out, const struct strips *strips)
{
    lg_text_add(out, "<path class=\"grown\" d=\"");
    for (size_t i = 0; i < strips->count; i++) {
        const struct part *part = &strips->parts[i];
        if (is_grown(part))
            lg_text_add(out, "M%.1f %.0fh%.1fv6h-%.1fz", part->x, AFTER_TOP + HEIGHT + 3,
                        part->width, part->width);
    }
    lg_text_add(out, "\"/>");
}

static void add_drawing(struct lg_text *out, const struct strips *strips)
{
    lg_text_add(out,
                "<svg class=\"strip\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"the "
                "address space before and after, by address; the table tells the same\">",
                WIDTH, BOTTOM);
    lg_text_add(out, "<text x=\"0\" y=\"13\">before</text><text x=\"0\" y=\"%.0f\">after</text>",
                BOTTOM - 3);
    add_gaps(out, strips);
    for (int after = 0; after < 2; after++) {
        for (int s = 0; s < NOTHING; s++)
            add_class(out, strips, s, after != 0);
        add_letters(out, strips, after != 0);
    }
    add_grown(out, strips);
    lg_text_add(out, "</svg>\n");
}

static void add_class_row(struct lg_text *out, const struct strips *strips, int segment)
{
    uint64_t bytes[2] = {0, 0};
    const char *name = lg_segment_name((enum lg_segment)segment);
    for (size_t i = 0; i < strips->count; i++) {
        for (int after = 0; after < 2; after++) {
            if (segment_of(&strips->parts[i], after != 0) == (enum lg_segment)segment)
                bytes[after] += strips->parts[i].end - strips->parts[i].start;
        }
    }
    if (bytes[0] == 0 && bytes[1] == 0)
        return;
    lg_text_add(out, "<tr%s><th scope=\"row\"><i class=\"s-%s\">%c</i> %s</th><td>",
                bytes[1] > bytes[0] && segment != LG_SEGMENT_GUARD ? " class=\"over\"" : "", name,
                letters[segment], name);
    lg_html_short(out, LG_GAUGE_MMAP, (int64_t)bytes[0]);
    lg_text_add(out, "</td><td>");
    lg_html_short(out, LG_GAUGE_MMAP, (int64_t)bytes[1]);
    lg_text_add(out, "</td><td>");
    if (bytes[1] != bytes[0])
        lg_text_add_growth(out, LG_GAUGE_MMAP, (int64_t)(bytes[1] - bytes[0]));
    lg_text_add(out, "</td></tr>");
}

static void add_table(struct lg_text *out, const struct strips *strips)
{
    lg_text_add(out, "<table class=\"segments\"><thead><tr><th scope=\"col\">class</th>"
                     "<th scope=\"col\">before</th><th scope=\"col\">after</th>"
                     "<th scope=\"col\">growth</th></tr></thead><tbody>");
    for (int s = 0; s < NOTHING; s++)
        add_class_row(out, strips, s);
    lg_text_add(out, "</tbody></table>\n");
}

static void add_list(struct lg_text *out, const struct strips *strips)
{
    size_t found = 0;
    for (size_t i = 0; i < strips->count; i++) {
        const struct part *part = &strips->parts[i];
        if (!is_grown(part) || found++ >= LISTED)
            continue;
        lg_text_add(out, "%s<code>%" PRIx64 "-%" PRIx64 "</code> %s ",
                    found == 1 ? "<p class=\"new\">New: " : ", ", part->start, part->end,
                    lg_segment_name(part->after));
        lg_html_short(out, LG_GAUGE_MMAP, (int64_t)(part->end - part->start));
    }
    if (found > LISTED)
        lg_text_add(out, ", and %zu more", found - LISTED);
    if (found > 0)
        lg_text_add(out, "</p>\n");
}

void lg_html_strips(struct lg_text *out, const struct lg_doc_case *test)
{
    struct strips strips;
    if (test->before.count == 0 || test->after.count == 0)
        return;
    if (build(&strips, test)) {
        lg_text_add(out, "<h4>Address space <small>widths by the logarithm of the bytes; gaps are "
                         "left out</small></h4>\n");
        add_drawing(out, &strips);
        add_list(out, &strips);
        if (known_end(test) != UINT64_MAX)
            lg_text_add(out,
                        "<p class=\"note\">There are more mappings above these: only the lowest "
                        "%d are known.</p>\n",
                        LG_LEDGER_MAX_STRETCHES);
        add_table(out, &strips);
    } else {
        out->failed = true;
    }
    free(strips.parts);
}
