/* OpenMetrics: GitLab shows in a merge request what of it has changed. */
#include "runner/report/outputs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The tests of a suite, added up. */
struct suite {
    const char *program;
    const char *name;
    struct lg_gauges growth; /* per run of each test */
    int64_t peak_rss_bytes;
    size_t tests;
    size_t red;
};

static int compare_suites(const void *left, const void *right)
{
    const struct suite *a = left;
    const struct suite *b = right;
    int order = strcmp(a->program, b->program);
    return order != 0 ? order : strcmp(a->name, b->name);
}

static struct suite suite_of(const struct lg_doc_program *program, const struct lg_doc_case *test)
{
    struct suite suite = {.program = program->name,
                          .name = test->suite,
                          .peak_rss_bytes = test->peak_rss_bytes,
                          .tests = 1,
                          .red = lg_doc_is_red(test)};
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (test->growth.values[gauge] > 0)
            suite.growth.values[gauge] = test->growth.values[gauge];
    }
    return suite;
}

static void add_to(struct suite *sum, const struct suite *term)
{
    lg_gauges_add(&sum->growth, &term->growth);
    if (term->peak_rss_bytes > sum->peak_rss_bytes)
        sum->peak_rss_bytes = term->peak_rss_bytes;
    sum->tests += term->tests;
    sum->red += term->red;
}

/* The suites of DOC, in order of names. The caller frees them. */
static struct suite *list_suites(const struct lg_doc *doc, size_t *count)
{
    struct suite *suites = calloc(doc->cases + 1, sizeof(*suites));
    size_t tests = 0;
    *count = 0;
    for (size_t p = 0; suites != NULL && p < doc->count; p++) {
        for (size_t i = 0; i < doc->programs[p].count; i++) {
            const struct lg_doc_case *test = &doc->programs[p].cases[i];
            if (test->verdict != LG_VERDICT_SKIPPED)
                suites[tests++] = suite_of(&doc->programs[p], test);
        }
    }
    if (suites != NULL)
        qsort(suites, tests, sizeof(*suites), compare_suites);
    for (size_t i = 0; i < tests; i++) {
        if (*count > 0 && compare_suites(&suites[*count - 1], &suites[i]) == 0)
            add_to(&suites[*count - 1], &suites[i]);
        else
            suites[(*count)++] = suites[i];
    }
    return suites;
}

static void add_label(struct lg_text *out, const char *name, const char *value)
{
    lg_text_add(out, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            lg_text_add(out, "\\n");
        else
            lg_text_add(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    }
    lg_text_add(out, "\"");
}

static void add_labels(struct lg_text *out, const struct suite *suite)
{
    lg_text_add(out, "{");
    add_label(out, "program", suite->program);
    lg_text_add(out, ",");
    add_label(out, "suite", suite->name);
}

static void add_growth(struct lg_text *out, const struct suite *suites, size_t count, bool bytes)
{
    const char *unit = bytes ? "bytes" : "count";
    lg_text_add(out, "# TYPE leakgate_growth_%s gauge\n", unit);
    if (bytes)
        lg_text_add(out, "# UNIT leakgate_growth_bytes bytes\n");
    lg_text_add(out, "# HELP leakgate_growth_%s What the tests of a suite grow by, each per run.\n",
                unit);
    for (size_t i = 0; i < count; i++) {
        for (int g = 0; g < LG_GAUGE_COUNT; g++) {
            enum lg_gauge gauge = (enum lg_gauge)g;
            if (lg_gauge_in_bytes(gauge) != bytes)
                continue;
            lg_text_add(out, "leakgate_growth_%s", unit);
            add_labels(out, &suites[i]);
            lg_text_add(out, ",gauge=\"%s\"} %" PRId64 "\n", lg_gauge_name(gauge),
                        suites[i].growth.values[g]);
        }
    }
}

void lg_metrics_add(struct lg_text *out, const struct lg_doc *doc)
{
    size_t count;
    struct suite *suites = list_suites(doc, &count);
    if (suites == NULL) {
        out->failed = true;
        return;
    }
    add_growth(out, suites, count, true);
    add_growth(out, suites, count, false);
    lg_text_add(out, "# TYPE leakgate_peak_rss_bytes gauge\n"
                     "# UNIT leakgate_peak_rss_bytes bytes\n"
                     "# HELP leakgate_peak_rss_bytes The most memory that a test of a suite had "
                     "resident.\n");
    for (size_t i = 0; i < count; i++) {
        lg_text_add(out, "leakgate_peak_rss_bytes");
        add_labels(out, &suites[i]);
        lg_text_add(out, "} %" PRId64 "\n", suites[i].peak_rss_bytes);
    }
    lg_text_add(out, "# TYPE leakgate_red_tests gauge\n"
                     "# HELP leakgate_red_tests Tests of a suite that leak or fail.\n");
    for (size_t i = 0; i < count; i++) {
        lg_text_add(out, "leakgate_red_tests");
        add_labels(out, &suites[i]);
        lg_text_add(out, "} %zu\n", suites[i].red);
    }
    lg_text_add(out, "# EOF\n");
    free(suites);
}
