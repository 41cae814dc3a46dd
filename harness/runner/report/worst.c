#include "runner/report/worst.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 16

const struct lg_doc_case **lg_doc_worst(const struct lg_doc *doc, size_t *count)
{
    const struct lg_doc_case **worst = calloc(doc->cases + 1, sizeof(*worst));
    *count = 0;
    for (size_t p = 0; worst != NULL && p < doc->count; p++) {
        for (size_t i = 0; i < doc->programs[p].count; i++) {
            if (lg_doc_is_red(&doc->programs[p].cases[i]))
                worst[(*count)++] = &doc->programs[p].cases[i];
        }
    }
    if (worst != NULL)
        qsort(worst, *count, sizeof(*worst), lg_doc_compare);
    return worst;
}

const struct lg_doc_program *lg_doc_program_of(const struct lg_doc *doc,
                                               const struct lg_doc_case *test)
{
    for (size_t p = 0; p < doc->count; p++) {
        const struct lg_doc_program *program = &doc->programs[p];
        if (test >= program->cases && test < program->cases + program->count)
            return program;
    }
    return doc->programs;
}

enum lg_gauge lg_doc_main_gauge(const struct lg_doc_case *test)
{
    /* What is exact to the byte says more than what grows by the page. */
    static const enum lg_gauge order[] = {LG_GAUGE_LIVE, LG_GAUGE_MMAP,    LG_GAUGE_HEAP,
                                          LG_GAUGE_FDS,  LG_GAUGE_THREADS, LG_GAUGE_CHILDREN,
                                          LG_GAUGE_FRAG};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if ((test->over & LG_GAUGE_BIT(order[i])) != 0)
            return order[i];
    }
    return LG_GAUGE_COUNT;
}

const char *lg_doc_rule(const struct lg_doc_case *test)
{
    static const char *const leaks[LG_GAUGE_COUNT] = {
        "leak.heap", "leak.mmap",    "leak.live",     "leak.frag",
        "leak.fds",  "leak.threads", "leak.children",
    };
    static const char *const rules[LG_VERDICT_COUNT] = {
        [LG_VERDICT_PASSED] = "passed",          [LG_VERDICT_FAILED] = "test.assertion",
        [LG_VERDICT_CRASHED] = "test.crash",     [LG_VERDICT_TIMED_OUT] = "test.timeout",
        [LG_VERDICT_EXITED_EARLY] = "test.exit", [LG_VERDICT_LEAKED] = "leak",
        [LG_VERDICT_SKIPPED] = "skipped",        [LG_VERDICT_BROKEN] = "leakgate.broken",
    };
    enum lg_gauge gauge = lg_doc_main_gauge(test);
    if (test->verdict == LG_VERDICT_LEAKED && gauge != LG_GAUGE_COUNT)
        return leaks[gauge];
    return rules[test->verdict];
}

const struct lg_doc_frame *lg_doc_leak_frame(const struct lg_doc_case *test)
{
    for (size_t i = 0; test->file != NULL && i < test->site_count; i++) {
        for (size_t f = 0; f < test->sites[i].frame_count; f++) {
            const struct lg_doc_frame *frame = &test->sites[i].frames[f];
            if (frame->file != NULL && frame->line == test->line &&
                strcmp(frame->file, test->file) == 0)
                return frame;
        }
    }
    return NULL;
}

/* FNV-1a, from two different beginnings: names, not secrets. */
void lg_doc_add_fingerprint(struct lg_text *out, const char *const *parts, size_t count)
{
    uint64_t hashes[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(parts[i]) + 1;
        for (size_t at = 0; at < length; at++) {
            for (size_t h = 0; h < 2; h++)
                hashes[h] = (hashes[h] ^ (unsigned char)parts[i][at]) * UINT64_C(0x100000001b3);
        }
    }
    lg_text_add(out, "%016" PRIx64 "%016" PRIx64, hashes[0], hashes[1]);
}

void lg_doc_add_growth(struct lg_text *out, const struct lg_doc_case *test, enum lg_gauge gauge)
{
    lg_text_add_growth(out, gauge, test->growth.values[gauge]);
}

/* What GAUGE had grown by after the run NUMBER, from 1: within a batch, evenly. */
static double grown_after(const struct lg_doc_case *test, enum lg_gauge gauge, uint64_t number)
{
    double grown = 0;
    uint64_t runs = 0;
    for (size_t i = 0; i < test->step_count && runs < number; i++) {
        const struct lg_doc_step *step = &test->steps[i];
        uint64_t of_this = number - runs < step->runs ? number - runs : step->runs;
        grown += (double)step->growth.values[gauge] * (double)of_this / step->runs;
        runs += step->runs;
    }
    return grown;
}

void lg_doc_add_sparkline(struct lg_text *out, const struct lg_doc_case *test)
{
    static const char *const heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum lg_gauge gauge = lg_doc_main_gauge(test);
    uint64_t runs = 0;
    for (size_t i = 0; i < test->step_count; i++)
        runs += test->steps[i].runs;
    if (gauge == LG_GAUGE_COUNT || runs == 0)
        return;
    uint64_t columns = runs < COLUMNS ? runs : COLUMNS;
    double most = 0;
    for (uint64_t column = 1; column <= columns; column++) {
        double grown = grown_after(test, gauge, runs * column / columns);
        most = grown > most ? grown : most;
    }
    for (uint64_t column = 1; column <= columns; column++) {
        double grown = grown_after(test, gauge, runs * column / columns);
        double height = most > 0 && grown > 0 ? grown / most * 7.0 : 0;
        lg_text_add(out, "%s", heights[(size_t)height]);
    }
}
