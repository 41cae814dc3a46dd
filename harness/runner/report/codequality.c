/* GitLab's Code Quality: what a merge request shows on the lines of its diff. */
#include "runner/report/outputs.h"
#include "runner/report/worst.h"

#include <stdlib.h>
#include <string.h>

static int compare_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

/* By place and rule: tests that lead to one place are one entry. */
static int compare_places(const void *left, const void *right)
{
    const struct lg_doc_case *a = *(const struct lg_doc_case *const *)left;
    const struct lg_doc_case *b = *(const struct lg_doc_case *const *)right;
    int order = compare_text(a->file, b->file);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = strcmp(lg_doc_rule(a), lg_doc_rule(b));
    return order != 0 ? order : lg_doc_compare(left, right);
}

static bool same_place(const struct lg_doc_case *a, const struct lg_doc_case *b)
{
    return compare_text(a->file, b->file) == 0 && a->line == b->line &&
           strcmp(lg_doc_rule(a), lg_doc_rule(b)) == 0;
}

static const char *severity_of(enum lg_verdict_kind kind)
{
    switch (kind) {
    case LG_VERDICT_CRASHED:
    case LG_VERDICT_TIMED_OUT:
    case LG_VERDICT_EXITED_EARLY:
        return "critical";
    case LG_VERDICT_BROKEN:
        return "minor";
    default:
        return "major";
    }
}

static void add_description(struct lg_text *out, const struct lg_doc_case *test, size_t tests)
{
    struct lg_text text = {0};
    lg_text_add(&text, "%s/%s: %s", test->suite, test->name, test->message);
    if (tests > 1)
        lg_text_add(&text, " (and %zu more test%s)", tests - 1, tests == 2 ? "" : "s");
    lg_text_add_json(out, lg_text_string(&text));
    out->failed |= text.failed;
    lg_text_free(&text);
}

/* The line moves with what stands above it; the function does not. */
static void add_fingerprint(struct lg_text *out, const struct lg_doc *doc,
                            const struct lg_doc_case *test)
{
    const struct lg_doc_frame *frame = lg_doc_leak_frame(test);
    const struct lg_doc_program *program = lg_doc_program_of(doc, test);
    const char *parts[] = {program->name, test->suite, test->name, lg_doc_rule(test),
                           frame != NULL ? frame->function : ""};
    lg_text_add(out, "\"");
    lg_doc_add_fingerprint(out, parts, sizeof(parts) / sizeof(parts[0]));
    lg_text_add(out, "\"");
}

static void add_entry(struct lg_text *out, const struct lg_doc *doc, const struct lg_doc_case *test,
                      size_t tests)
{
    lg_text_add(out, "  {\"description\": ");
    add_description(out, test, tests);
    lg_text_add(out, ", \"check_name\": \"%s\", \"fingerprint\": ", lg_doc_rule(test));
    add_fingerprint(out, doc, test);
    lg_text_add(out,
                ", \"severity\": \"%s\", \"location\": {\"path\": ", severity_of(test->verdict));
    lg_text_add_json(out, test->file);
    lg_text_add(out, ", \"lines\": {\"begin\": %u}}}", test->line > 0 ? test->line : 1);
}

void lg_codequality_add(struct lg_text *out, const struct lg_doc *doc)
{
    size_t count;
    const struct lg_doc_case **worst = lg_doc_worst(doc, &count);
    const char *separator = "\n";
    out->failed |= worst == NULL;
    lg_text_add(out, "[");
    if (worst != NULL)
        qsort(worst, count, sizeof(*worst), compare_places);
    for (size_t i = 0; worst != NULL && i < count;) {
        size_t tests = 1;
        while (i + tests < count && same_place(worst[i], worst[i + tests]))
            tests++;
        if (worst[i]->file != NULL) {
            lg_text_add(out, "%s", separator);
            add_entry(out, doc, worst[i], tests);
            separator = ",\n";
        }
        i += tests;
    }
    lg_text_add(out, "\n]\n");
    free(worst);
}
