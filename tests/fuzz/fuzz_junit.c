/* JUnit XML of anybody's, as `leakgate merge` and `leakgate report` read it: one file, or several
 * with "====" between them. Its size chooses which report is made of it. */
#include "fuzz.h"

#include "runner/report/join.h"
#include "runner/report/outputs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME "x.xml"

/* What comes behind the JSON value at TEXT; NULL: there is none. */
static const char *skip_json(const char *text, int depth);

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

static const char *skip_json_string(const char *text)
{
    for (text++; *text != '"'; text++) {
        if (*text == '\\' && strchr("\"\\/bfnrt", *++text) == NULL)
            return NULL;
        if ((unsigned char)*text < ' ')
            return NULL;
    }
    return text + 1;
}

static const char *skip_json_row(const char *text, bool named, int depth)
{
    char end = named ? '}' : ']';
    text = skip_space(text + 1);
    for (bool first = true; *text != end; first = false) {
        if (!first && *text != ',')
            return NULL;
        text = skip_space(text + !first);
        if (named) {
            text = *text == '"' ? skip_json_string(text) : NULL;
            text = text != NULL ? skip_space(text) : "";
            if (*text != ':')
                return NULL;
            text = skip_space(text + 1);
        }
        text = skip_json(text, depth + 1);
        if (text == NULL)
            return NULL;
        text = skip_space(text);
    }
    return text + 1;
}

static const char *skip_json(const char *text, int depth)
{
    if (*text == '"')
        return skip_json_string(text);
    if ((*text == '{' || *text == '[') && depth < 32)
        return skip_json_row(text, *text == '{', depth);
    size_t digits = strspn(text, "0123456789");
    return digits > 0 ? text + digits : NULL;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    while ((text = strstr(text, word)) != NULL) {
        text += strlen(word);
        count++;
    }
    return count;
}

typedef void add_report(struct lg_text *out, const struct lg_doc *doc);

static void start(struct lg_text *out, add_report *add, const struct lg_doc *doc)
{
    *out = (struct lg_text){0};
    add(out, doc);
    FUZZ_HOLDS(!out->failed);
    fuzz_check_clean(lg_text_string(out), out->length);
}

static void check_json(add_report *add, const struct lg_doc *doc)
{
    struct lg_text out;
    start(&out, add, doc);
    const char *end = skip_json(skip_space(lg_text_string(&out)), 0);
    FUZZ_HOLDS(end != NULL && *skip_space(end) == '\0');
    lg_text_free(&out);
}

/* Whatever is in the document, it opens no element that runs or loads something. */
static void check_html(const struct lg_doc *doc)
{
    static const char *const words[] = {"<script", "<style", "<img", "<iframe", "<link", "<base"};
    static const struct lg_doc none;
    static size_t usual[sizeof(words) / sizeof(words[0])];
    struct lg_text out;
    if (usual[0] == 0) {
        start(&out, lg_html_add, &none);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            usual[i] = count_of(lg_text_string(&out), words[i]);
        lg_text_free(&out);
    }
    start(&out, lg_html_add, doc);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        FUZZ_HOLDS(count_of(lg_text_string(&out), words[i]) == usual[i]);
    lg_text_free(&out);
}

static void check_each_line(add_report *add, const struct lg_doc *doc, const char *const *starts)
{
    struct lg_text out;
    start(&out, add, doc);
    for (const char *line = lg_text_string(&out); *line != '\0'; line++) {
        bool known = false;
        for (size_t i = 0; starts[i] != NULL; i++)
            known |= strncmp(line, starts[i], strlen(starts[i])) == 0;
        FUZZ_HOLDS(known);
        line += strcspn(line, "\n");
        FUZZ_HOLDS(*line == '\n');
    }
    lg_text_free(&out);
}

/* Markdown, in which only our own elements are opened. */
static void check_summary(const struct lg_doc *doc)
{
    static const char *const known[] = {"details>", "/details>", "summary>", "/summary>",
                                        "pre>",     "/pre>",     "br>"};
    enum { LIMIT = 4096 };
    struct lg_text out = {0};
    lg_github_add_summary(&out, doc, LIMIT);
    FUZZ_HOLDS(!out.failed && out.length <= LIMIT);
    fuzz_check_clean(lg_text_string(&out), out.length);
    for (const char *at = lg_text_string(&out); (at = strchr(at, '<')) != NULL;) {
        bool ours = false;
        at++;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            ours |= strncmp(at, known[i], strlen(known[i])) == 0;
        FUZZ_HOLDS(ours);
    }
    lg_text_free(&out);
}

static void check_report(const struct lg_doc *doc, size_t which)
{
    static const char *const commands[] = {"::error ", "::notice title=leakgate::", NULL};
    static const char *const metrics[] = {"# ", "leakgate_growth_", "leakgate_peak_rss_bytes{",
                                          "leakgate_red_tests{", NULL};
    switch (which % 6) {
    case 0:
        check_json(lg_sarif_add, doc);
        break;
    case 1:
        check_json(lg_codequality_add, doc);
        break;
    case 2:
        check_html(doc);
        break;
    case 3:
        check_each_line(lg_github_add_annotations, doc, commands);
        break;
    case 4:
        check_each_line(lg_metrics_add, doc, metrics);
        break;
    default:
        check_summary(doc);
        break;
    }
}

static void check_doc(xmlDocPtr document, size_t which)
{
    struct lg_doc doc;
    size_t cases = 0;
    size_t verdicts = 0;
    FUZZ_HOLDS(lg_doc_read(document, &doc) == 0);
    for (size_t p = 0; p < doc.count; p++) {
        cases += doc.programs[p].count;
        for (size_t i = 0; i < doc.programs[p].count; i++) {
            const struct lg_doc_case *test = &doc.programs[p].cases[i];
            FUZZ_HOLDS(test->verdict < LG_VERDICT_COUNT && lg_doc_compare(&test, &test) == 0);
            FUZZ_HOLDS(lg_doc_growth_bytes(test) >= 0);
        }
    }
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++)
        verdicts += doc.verdicts[kind];
    FUZZ_HOLDS(cases == doc.cases && verdicts == doc.cases);
    check_report(&doc, which);
    lg_doc_free(&doc);
}

static void check_same_case(const struct lg_doc_case *a, const struct lg_doc_case *b)
{
    FUZZ_HOLDS(strcmp(a->suite, b->suite) == 0 && strcmp(a->name, b->name) == 0);
    FUZZ_HOLDS(strcmp(a->message, b->message) == 0 && a->verdict == b->verdict);
    FUZZ_HOLDS(a->line == b->line && a->over == b->over && a->limited == b->limited);
    FUZZ_HOLDS(memcmp(&a->growth, &b->growth, sizeof(a->growth)) == 0);
    FUZZ_HOLDS(a->step_count == b->step_count && a->site_count == b->site_count);
    FUZZ_HOLDS(a->before.count == b->before.count && a->after.count == b->after.count);
}

static void check_same(struct lg_join *join, struct lg_join *other)
{
    struct lg_doc docs[2];
    FUZZ_HOLDS(lg_doc_read(lg_join_document(join), &docs[0]) == 0);
    FUZZ_HOLDS(lg_doc_read(lg_join_document(other), &docs[1]) == 0);
    FUZZ_HOLDS(docs[0].count == docs[1].count);
    for (size_t p = 0; p < docs[0].count; p++) {
        const struct lg_doc_program *a = &docs[0].programs[p];
        const struct lg_doc_program *b = &docs[1].programs[p];
        FUZZ_HOLDS(strcmp(a->name, b->name) == 0 && a->count == b->count);
        for (size_t i = 0; i < a->count; i++)
            check_same_case(&a->cases[i], &b->cases[i]);
    }
    lg_doc_free(&docs[0]);
    lg_doc_free(&docs[1]);
}

/* What was joined is read back as it was. */
static void check_again(struct lg_join *join)
{
    char error[256] = "";
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpMemoryEnc(lg_join_document(join), &text, &length, "UTF-8");
    FUZZ_HOLDS(text != NULL);
    struct fuzz_part file = {(const char *)text, (size_t)length};
    struct lg_join *again = lg_join_new();
    FUZZ_HOLDS(lg_join_add_fd(again, fuzz_file_fd(&file), NAME, error, sizeof(error)) == 0);
    check_same(join, again);
    lg_join_free(again);
    xmlFree(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_part input = {(const char *)data, size};
    struct lg_join *join = lg_join_new();
    size_t files = 0;
    FUZZ_HOLDS(join != NULL);
    while (input.length > 0) {
        struct fuzz_part file = fuzz_cut(&input, "====\n");
        char error[256] = "";
        int status = lg_join_add_fd(join, fuzz_file_fd(&file), NAME, error, sizeof(error));
        FUZZ_HOLDS(status == 0 || status == -EINVAL);
        FUZZ_HOLDS((status == 0) == (error[0] == '\0'));
        files += status == 0;
        if (status == 0)
            continue;
        fuzz_check_clean(error, strlen(error));
        FUZZ_HOLDS(strncmp(error, NAME ":", strlen(NAME ":")) == 0 && strchr(error, '\n') == NULL);
    }
    check_doc(lg_join_document(join), size);
    /* One that is strict and one that is not are a third. */
    if (files == 1)
        check_again(join);
    lg_join_free(join);
    return 0;
}
