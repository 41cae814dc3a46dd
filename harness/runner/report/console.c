#include "runner/report/console.h"

#include "runner/message.h"
#include "runner/message_parts.h"
#include "runner/source.h"
#include "runner/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_LINES 20

#define RED "\x1b[31m"
#define YELLOW "\x1b[33m"
#define GREEN "\x1b[32m"
#define BOLD "\x1b[1m"
#define RESET "\x1b[0m"

bool lg_console_color(enum lg_color option, FILE *stream)
{
    if (option != LG_COLOR_AUTO)
        return option == LG_COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR");
    return (no_color == NULL || no_color[0] == '\0') && isatty(fileno(stream)) != 0;
}

static const char *paint(bool color, const char *code)
{
    return color ? code : "";
}

static const char *color_of(enum lg_verdict_kind kind)
{
    switch (kind) {
    case LG_VERDICT_PASSED:
        return GREEN;
    case LG_VERDICT_SKIPPED:
        return "";
    case LG_VERDICT_BROKEN:
        return YELLOW;
    default:
        return RED;
    }
}

/* Lines of the budget file that count no more, that are for no test, or that have been raised:
 * whoever reads a red test wonders why, and whoever reads a green one should. */
static void write_budgets(const struct lg_results *results, FILE *stream)
{
    const struct lg_budgets *budgets = results->options->budgets;
    for (size_t i = 0; budgets != NULL && i < budgets->count; i++) {
        const struct lg_budget_line *line = &budgets->rows[i];
        struct lg_text name = {0};
        struct lg_text drift = {0};
        lg_text_add_clean(&name, line->name, strlen(line->name));
        lg_message_put_on_one_line(&name);
        if (line->expired)
            fprintf(stream, "expired: %s:%u: %s\n", budgets->path, line->line,
                    lg_text_string(&name));
        else if (results->stale != NULL && results->stale[i])
            fprintf(stream, "stale: %s:%u: there is no test %s\n", budgets->path, line->line,
                    lg_text_string(&name));
        else if (lg_message_add_drift(&drift, line))
            fprintf(stream, "raised: %s:%u: %s: %s\n", budgets->path, line->line,
                    lg_text_string(&name), lg_text_string(&drift));
        lg_text_free(&name);
        lg_text_free(&drift);
    }
}

/* Tests that asked not to be measured: not passed over in silence. */
static void write_unmeasured(const struct lg_results *results, FILE *stream)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct lg_row *row = &results->rows[i];
        struct lg_text reason = {0};
        if (!row->verdict.unmeasured)
            continue;
        struct lg_ledger part = lg_ledger_part(results->ledger, row->record);
        lg_message_add_text(&reason, &part, row->record->wishes.reason);
        lg_message_put_on_one_line(&reason);
        fprintf(stream, "not measured: %s/%s%s%s\n", row->suite, row->name,
                reason.length > 0 ? ": " : "", lg_text_string(&reason));
        lg_text_free(&reason);
    }
}

static bool is_shown(const struct lg_row *row)
{
    return row->verdict.kind != LG_VERDICT_PASSED && row->verdict.kind != LG_VERDICT_SKIPPED;
}

/* "             at cache.c:42 in cache_put" */
static void write_place(const struct lg_results *results, const char *what, const char *file,
                        unsigned line, const char *function, FILE *stream)
{
    struct lg_text place = {0};
    lg_message_add_path(&place, results, file);
    lg_text_add(&place, ":%u in ", line);
    lg_text_add_clean(&place, function, strlen(function));
    fprintf(stream, "             %s %s\n", what, lg_text_string(&place));
    lg_text_free(&place);
}

static void write_source_line(const struct lg_frame *frame, FILE *stream, bool color)
{
    char line[256];
    if (lg_source_line(frame->file, frame->line, line, sizeof(line)) != 0)
        return;
    struct lg_text text = {0};
    lg_text_add_clean(&text, line, strlen(line));
    fprintf(stream, "                 %s%s%s\n", paint(color, BOLD), lg_text_string(&text),
            paint(color, RESET));
    lg_text_free(&text);
}

static const char *known(const char *function)
{
    return function != NULL ? function : "?";
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* By the last part of the path: debug information has folders in more than one form. */
static bool is_in(const struct lg_frame *leak, const struct lg_location *test)
{
    return leak->function != NULL && test->function != NULL &&
           strcmp(leak->function, test->function) == 0 &&
           strcmp(base_name(leak->file), base_name(test->file)) == 0;
}

/* Where it leaks, and the test that leads there. */
static void write_places(const struct lg_results *results, const struct lg_row *row, FILE *stream,
                         bool color)
{
    const struct lg_frame *leak = lg_results_place(row);
    const struct lg_location *test = &row->where;
    bool placed = leak != NULL;
    if (placed) {
        write_place(results, "at", leak->file, leak->line, known(leak->function), stream);
        write_source_line(leak, stream, color);
    }
    if (test->file == NULL || (placed && is_in(leak, test)))
        return;
    write_place(results, placed ? "test at" : "at", test->file, test->line, known(test->function),
                stream);
}

/* The last lines of what a red test has printed: all of it is in the report. */
static void write_output(const struct lg_results *results, const struct lg_row *row, int which,
                         FILE *stream)
{
    static const char *const names[] = {"stdout", "stderr"};
    struct lg_text text = {0};
    if (lg_results_add_output(results, row, which, &text) > 0 && text.length > 0) {
        const char *start = lg_text_string(&text);
        const char *end = start + text.length - (start[text.length - 1] == '\n');
        const char *from = end;
        unsigned lines = 0;
        while (from > start && lines < SHOWN_LINES)
            lines += *--from == '\n';
        from += lines == SHOWN_LINES;
        fprintf(stream, "             %s%s:\n", from > start ? "the end of its " : "",
                names[which]);
        for (const char *line = from; line < end;) {
            const char *stop = memchr(line, '\n', (size_t)(end - line));
            stop = stop != NULL ? stop : end;
            fprintf(stream, "               | %.*s\n", (int)(stop - line), line);
            line = stop + 1;
        }
    }
    lg_text_free(&text);
}

static void write_row(const struct lg_results *results, const struct lg_row *row, FILE *stream,
                      bool color)
{
    char name[16];
    snprintf(name, sizeof(name), "%s", lg_verdict_name(row->verdict.kind));
    fprintf(stream, "%s%-12s%s %s/%s: %s\n", paint(color, color_of(row->verdict.kind)), name,
            paint(color, RESET), row->suite, row->name, row->message);
    write_places(results, row, stream, color);
    write_output(results, row, 0, stream);
    write_output(results, row, 1, stream);
}

/* Which ones were of use, and which were not. */
static void write_suppressions(const struct lg_results *results, FILE *stream, bool quiet)
{
    const struct lg_suppressions *list = results->options->suppressions;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct lg_suppression *row = &list->rows[i];
        struct lg_text text = {0};
        lg_message_add_suppression(&text, row);
        if (row->matches > 0 && !quiet)
            fprintf(stream, "suppressed: %" PRIu64 " call site%s by %s\n", row->matches,
                    row->matches == 1 ? "" : "s", lg_text_string(&text));
        else if (row->matches == 0 && !row->builtin)
            fprintf(stream, "unused suppression: %s\n", lg_text_string(&text));
        lg_text_free(&text);
    }
}

/* Whoever wants to see the same again needs it. */
static void write_seed(const struct lg_options *options, FILE *stream)
{
    if (options->shuffle)
        fprintf(stream, "leakgate: shuffled with seed %" PRIu64 "\n", options->seed);
}

static void write_counts(const struct lg_results *results, FILE *stream, bool color)
{
    const char *separator = "";
    for (int k = 0; k < LG_VERDICT_COUNT; k++) {
        enum lg_verdict_kind kind = (enum lg_verdict_kind)k;
        if (results->counts[k] == 0)
            continue;
        fprintf(stream, "%s%s%zu %s%s", separator, paint(color, color_of(kind)), results->counts[k],
                lg_verdict_name(kind), paint(color, RESET));
        separator = ", ";
    }
}

static void write_summary(const struct lg_results *results, FILE *stream, bool color)
{
    fprintf(stream, "leakgate: %zu test%s: ", results->count, results->count == 1 ? "" : "s");
    write_counts(results, stream, color);
    fprintf(stream, "%s; %.2f s\n", results->count == 0 ? "no tests" : "",
            (double)results->outcome.elapsed_ns / 1e9);
}

/* Not even --quiet passes it over in silence. */
static void write_blindness(const struct lg_results *results, const struct lg_program *program,
                            FILE *stream, bool color)
{
    struct lg_text text = {0};
    if (program->host != NULL && lg_message_of_blindness(results, program->host, &text))
        fprintf(stream, "%snot measured%s in %s: %s\n", paint(color, YELLOW), paint(color, RESET),
                program->name, lg_text_string(&text));
    lg_text_free(&text);
}

/* Whoever has asked for several at a time wants to know why there were none. */
static void write_one_by_one(const struct lg_results *results, const struct lg_program *program,
                             FILE *stream)
{
    if (program->host == NULL || program->host->one_by_one == 0)
        return;
    const char *reason = lg_ledger_text(results->ledger, program->host->one_by_one);
    struct lg_text text = {0};
    lg_text_add_clean(&text, reason, strlen(reason));
    fprintf(stream, "tests of %s ran one by one: %s\n", program->name, lg_text_string(&text));
    lg_text_free(&text);
}

void lg_console_write(const struct lg_results *results, FILE *stream, bool color, bool quiet)
{
    bool any = false;
    for (size_t i = 0; i < results->count; i++) {
        if (!is_shown(&results->rows[i]))
            continue;
        /* CUnit's own summary ends without a newline. */
        fputs(any ? "" : "\n", stream);
        write_row(results, &results->rows[i], stream, color);
        any = true;
    }
    if (!quiet && !any)
        fputs("\n", stream);
    for (size_t i = 0; i < results->program_count; i++)
        write_blindness(results, &results->programs[i], stream, color);
    for (size_t i = 0; !quiet && i < results->program_count; i++)
        write_one_by_one(results, &results->programs[i], stream);
    write_suppressions(results, stream, quiet);
    write_unmeasured(results, stream);
    write_budgets(results, stream);
    if (!quiet || any)
        write_seed(results->options, stream);
    if (!quiet)
        write_summary(results, stream, color);
}

static void list_plain(const struct lg_row *row, struct lg_text *text)
{
    lg_text_add(text, "%s/%s", row->suite, row->name);
    if (row->where.file != NULL) {
        lg_text_add(text, "  ");
        lg_text_add_clean(text, row->where.file, strlen(row->where.file));
        lg_text_add(text, ":%u", row->where.line);
    }
    lg_text_add(text, "\n");
}

/* What --filter takes for this test alone. */
static void list_filter(const struct lg_results *results, const struct lg_row *row,
                        struct lg_text *text)
{
    struct lg_text glob = {0};
    lg_text_add_glob(&glob, lg_ledger_text(results->ledger, row->record->suite));
    lg_text_add(&glob, "/");
    lg_text_add_glob(&glob, lg_ledger_text(results->ledger, row->record->name));
    lg_text_add_json(text, lg_text_string(&glob));
    text->failed |= glob.failed;
    lg_text_free(&glob);
}

static void list_json(const struct lg_results *results, const struct lg_program *program,
                      const struct lg_row *row, bool first, struct lg_text *text)
{
    lg_text_add(text, "%s\n  {\"program\": ", first ? "" : ",");
    lg_text_add_json(text, program->name);
    lg_text_add(text, ", \"suite\": ");
    lg_text_add_json(text, row->suite);
    lg_text_add(text, ", \"name\": ");
    lg_text_add_json(text, row->name);
    lg_text_add(text, ", \"filter\": ");
    list_filter(results, row, text);
    lg_text_add(text, ", \"active\": %s",
                row->record->state == LG_RECORD_INACTIVE ? "false" : "true");
    if (row->where.file != NULL) {
        lg_text_add(text, ", \"file\": ");
        lg_text_add_json(text, row->where.file);
        lg_text_add(text, ", \"line\": %u", row->where.line);
    }
    lg_text_add(text, "}");
}

static bool is_listed(const struct lg_row *row)
{
    return row->record != NULL && row->record->kind == LG_RECORD_TEST &&
           (row->record->state == LG_RECORD_REGISTERED || row->record->state == LG_RECORD_INACTIVE);
}

void lg_console_list(const struct lg_results *results, FILE *stream, bool json)
{
    struct lg_text text = {0};
    bool first = true;
    lg_text_add(&text, "%s", json ? "[" : "");
    for (size_t p = 0; p < results->program_count; p++) {
        const struct lg_program *program = &results->programs[p];
        for (size_t i = program->first; i < program->first + program->count; i++) {
            const struct lg_row *row = &results->rows[i];
            if (!is_listed(row))
                continue;
            if (json)
                list_json(results, program, row, first, &text);
            else
                list_plain(row, &text);
            first = false;
        }
    }
    lg_text_add(&text, "%s", json ? "\n]\n" : "");
    fputs(lg_text_string(&text), stream);
    lg_text_free(&text);
}
