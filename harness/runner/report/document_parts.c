#include "runner/report/document_parts.h"

#include "runner/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL_BYTES ((size_t)1 << 18)

/* What is kept lies in blocks, one after the other. */
struct lg_doc_pool {
    struct lg_doc_pool *next;
    size_t used;
    size_t bytes;
    _Alignas(16) char data[];
};

static void *take(struct lg_doc *doc, size_t bytes)
{
    struct lg_doc_pool *pool = doc->pool;
    size_t rounded = (bytes + 15) / 16 * 16;
    if (pool == NULL || pool->bytes - pool->used < rounded) {
        size_t size = rounded > POOL_BYTES ? rounded : POOL_BYTES;
        pool = calloc(1, sizeof(*pool) + size);
        if (pool == NULL) {
            doc->failed = true;
            return NULL;
        }
        pool->bytes = size;
        pool->next = doc->pool;
        doc->pool = pool;
    }
    void *taken = pool->data + pool->used;
    pool->used += rounded;
    return taken;
}

const char *lg_doc_keep(struct lg_doc *doc, const char *text)
{
    struct lg_text clean = {0};
    /* XML can carry some controls, and other tools' reports may. */
    lg_text_add_clean(&clean, text, strlen(text));
    doc->failed |= clean.failed;
    char *kept = take(doc, clean.length + 1);
    if (kept != NULL)
        memcpy(kept, lg_text_string(&clean), clean.length + 1);
    lg_text_free(&clean);
    return kept != NULL ? kept : "";
}

void *lg_doc_room(struct lg_doc *doc, size_t count, size_t bytes)
{
    return take(doc, (count + 1) * bytes);
}

void lg_doc_free(struct lg_doc *doc)
{
    while (doc->pool != NULL) {
        struct lg_doc_pool *next = doc->pool->next;
        free(doc->pool);
        doc->pool = next;
    }
    *doc = (struct lg_doc){0};
}

/* "growth_per_run.live_bytes", after PREFIX: the gauge, or LG_GAUGE_COUNT. */
static enum lg_gauge gauge_after(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    if (strncmp(name, prefix, length) != 0)
        return LG_GAUGE_COUNT;
    return lg_gauge_find(name + length, (int)strcspn(name + length, "_"));
}

static bool read_gauge(struct lg_doc_case *out, const char *name, const char *value)
{
    enum lg_gauge growth = gauge_after(name, "growth_per_run.");
    enum lg_gauge first = gauge_after(name, "first_run_growth.");
    enum lg_gauge budget = gauge_after(name, "budget.");
    int64_t number = strtoll(value, NULL, 10);
    if (growth != LG_GAUGE_COUNT && strcmp(value, "not measured") == 0) {
        out->unmeasured |= LG_GAUGE_BIT(growth);
    } else if (growth != LG_GAUGE_COUNT) {
        out->growth.values[growth] = number;
    } else if (first != LG_GAUGE_COUNT) {
        out->first_growth.values[first] = number;
    } else if (budget != LG_GAUGE_COUNT) {
        out->limited |= LG_GAUGE_BIT(budget);
        out->budget.values[budget] = strcmp(value, "unlimited") == 0 ? LG_GAUGE_UNLIMITED : number;
    }
    return growth != LG_GAUGE_COUNT || first != LG_GAUGE_COUNT || budget != LG_GAUGE_COUNT;
}

static void read_over(struct lg_doc_case *out, const char *value)
{
    while (*value != '\0') {
        size_t length = strcspn(value, " ");
        enum lg_gauge gauge = lg_gauge_find(value, (int)length);
        if (gauge != LG_GAUGE_COUNT)
            out->over |= LG_GAUGE_BIT(gauge);
        value += length + strspn(value + length, " ");
    }
}

static size_t count_of(const char *text, char separator)
{
    size_t count = 1;
    for (; *text != '\0'; text++)
        count += *text == separator;
    return count;
}

/* "4w live=448 heap=4096" */
static void read_step(const char *text, size_t length, struct lg_doc_step *out)
{
    char *at;
    const char *end = text + length;
    out->runs = (uint32_t)strtoul(text, &at, 10);
    out->warm_up = *at == 'w';
    for (const char *next = memchr(text, ' ', length); next != NULL && next < end;
         next = memchr(next, ' ', (size_t)(end - next))) {
        const char *name = ++next;
        next += strcspn(next, "= ;");
        enum lg_gauge gauge = lg_gauge_find(name, (int)(next - name));
        if (gauge != LG_GAUGE_COUNT && *next == '=')
            out->growth.values[gauge] = strtoll(next + 1, NULL, 10);
    }
}

static void read_steps(struct lg_doc *doc, struct lg_doc_case *out, const char *value)
{
    out->steps = lg_doc_room(doc, count_of(value, ';'), sizeof(*out->steps));
    out->step_count = 0;
    for (const char *step = value; out->steps != NULL && *step != '\0';) {
        size_t length = strcspn(step, ";");
        struct lg_doc_step *at = &out->steps[out->step_count];
        read_step(step, length, at);
        out->step_count += at->runs > 0;
        step += length + (step[length] == ';');
    }
}

/* "cache_put\tsrc/cache.c\t42\t/lib/libcache.so", cut where the tabs are. */
static void read_frame(char *line, struct lg_doc_frame *out)
{
    char *rest = line;
    const char *fields[4] = {"", "", "", ""};
    for (size_t i = 0; i < 4 && rest != NULL; i++)
        fields[i] = strsep(&rest, "\t");
    out->function = fields[0];
    out->file = fields[1][0] != '\0' ? fields[1] : NULL;
    out->line = (unsigned)strtoul(fields[2], NULL, 10);
    out->module = fields[3];
}

static void read_site(struct lg_doc *doc, struct lg_doc_case *out, const char *value)
{
    size_t lines = count_of(value, '\n');
    char *rest = lg_doc_room(doc, strlen(value), 1);
    struct lg_doc_site *site = &out->sites[out->site_count];
    char kind[32];
    char over[8];
    if (rest == NULL ||
        sscanf(value, "%31s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu32 " %7s", kind,
               &site->bytes, &site->count, &site->each_bytes, &site->runs, over) != 6)
        return;
    memcpy(rest, value, strlen(value) + 1);
    site->kind = lg_doc_keep(doc, kind);
    site->over = strcmp(over, "over") == 0;
    site->frames = lg_doc_room(doc, lines, sizeof(*site->frames));
    strsep(&rest, "\n");
    while (site->frames != NULL && rest != NULL)
        read_frame(strsep(&rest, "\n"), &site->frames[site->frame_count++]);
    out->site_count++;
}

static void read_strip(struct lg_doc *doc, struct lg_doc_strip *out, const char *value)
{
    out->rows = lg_doc_room(doc, count_of(value, ';'), sizeof(*out->rows));
    out->count = 0;
    for (const char *row = value; out->rows != NULL && *row != '\0';) {
        struct lg_doc_stretch *at = &out->rows[out->count];
        char segment[24];
        if (sscanf(row, "%" SCNx64 "-%" SCNx64 " %23[^;]", &at->start, &at->end, segment) == 3 &&
            at->start < at->end) {
            at->segment = lg_doc_keep(doc, segment);
            out->count++;
        }
        row += strcspn(row, ";");
        row += *row == ';';
    }
}

void lg_doc_read_property(struct lg_doc *doc, struct lg_doc_case *out, const char *name,
                          const char *value)
{
    if (read_gauge(out, name, value))
        return;
    if (strcmp(name, "runs") == 0)
        out->runs = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(name, "peak_rss_bytes") == 0)
        out->peak_rss_bytes = strtoll(value, NULL, 10);
    else if (strcmp(name, "function") == 0)
        out->function = value;
    else if (strcmp(name, "test_file") == 0)
        out->test_file = value;
    else if (strcmp(name, "test_line") == 0)
        out->test_line = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "over") == 0)
        read_over(out, value);
    else if (strcmp(name, "growth_by_run") == 0)
        read_steps(doc, out, value);
    else if (strcmp(name, "call_site") == 0 && out->sites != NULL)
        read_site(doc, out, value);
    else if (strcmp(name, "mappings_before") == 0)
        read_strip(doc, &out->before, value);
    else if (strcmp(name, "mappings_after") == 0)
        read_strip(doc, &out->after, value);
}
