#include "runner/report/explain.h"

#include "runner/message.h"
#include "runner/message_parts.h"
#include "runner/need.h"

#include <string.h>

static void add_source(struct lg_text *text, const struct lg_results *results,
                       const struct lg_budget_choice *choice, int gauge)
{
    const struct lg_budget_line *line = choice->by[gauge];
    if (line != NULL) {
        lg_message_add_line(text, results, line);
        lg_text_add(text, " ");
        lg_text_add_clean(text, line->name, strlen(line->name));
    } else if (choice->expects_leak != NULL) {
        lg_text_add(text, "a leak is expected");
    } else if ((choice->own & LG_GAUGE_BIT(gauge)) != 0) {
        lg_text_add(text, "the test itself");
    } else {
        lg_text_add(text, "--budget or its default");
    }
}

static void write_gauge(const struct lg_results *results, const struct lg_row *row,
                        const struct lg_need *need, int index, FILE *stream)
{
    enum lg_gauge gauge = (enum lg_gauge)index;
    struct lg_text limit = {0};
    struct lg_text needs = {0};
    struct lg_text source = {0};
    lg_message_add_limit(&limit, gauge, row->choice->budget.limits.values[index]);
    if ((need->known & LG_GAUGE_BIT(index)) != 0)
        lg_message_add_limit(&needs, gauge, need->limits.values[index]);
    else
        lg_text_add(&needs, "unknown");
    add_source(&source, results, row->choice, index);
    lg_message_put_on_one_line(&source);
    fprintf(stream, "%-9s %12s %12s  %s\n", lg_gauge_name(gauge), lg_text_string(&limit),
            lg_text_string(&needs), lg_text_string(&source));
    lg_text_free(&limit);
    lg_text_free(&needs);
    lg_text_free(&source);
}

static const char *program_of(const struct lg_results *results, const struct lg_row *row)
{
    size_t at = (size_t)(row - results->rows);
    for (size_t p = 0; p < results->program_count; p++) {
        const struct lg_program *program = &results->programs[p];
        if (at >= program->first && at - program->first < program->count)
            return program->name;
    }
    return "";
}

/* Lines that would be for it, if their day were not over. */
static void write_expired(const struct lg_results *results, const struct lg_row *row, FILE *stream)
{
    const struct lg_budgets *budgets = results->options->budgets;
    struct lg_text test = {0};
    lg_text_add(&test, "%s/%s", lg_ledger_text(results->ledger, row->record->suite),
                lg_ledger_text(results->ledger, row->record->name));
    for (size_t i = 0; budgets != NULL && i < budgets->count; i++) {
        const struct lg_budget_line *line = &budgets->rows[i];
        struct lg_text place = {0};
        if (!line->expired || !lg_rule_matches(line->name, line->is_glob, program_of(results, row),
                                               lg_text_string(&test)))
            continue;
        lg_message_add_line(&place, results, line);
        lg_text_add(&place, " ");
        lg_text_add_clean(&place, line->name, strlen(line->name));
        lg_message_put_on_one_line(&place);
        fprintf(stream, "expired: %s\n", lg_text_string(&place));
        lg_text_free(&place);
    }
    lg_text_free(&test);
}

static void write_row(const struct lg_results *results, const struct lg_row *row, FILE *stream)
{
    struct lg_need need;
    lg_need_of(results->ledger, row->record, &row->verdict, &need);
    fprintf(stream, "%s/%s: %s%s%s\n%-9s %12s %12s  by\n", row->suite, row->name,
            lg_verdict_name(row->verdict.kind), row->message[0] != '\0' ? ": " : "", row->message,
            "gauge", "limit", "needs");
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        write_gauge(results, row, &need, gauge, stream);
    write_expired(results, row, stream);
    if (row->verdict.unmeasured)
        fprintf(stream, "it asks not to be measured\n");
    if (row->choice->expects_leak != NULL) {
        struct lg_text line = {0};
        lg_message_add_line(&line, results, row->choice->expects_leak);
        fprintf(stream, "a leak is expected by %s\n", lg_text_string(&line));
        lg_text_free(&line);
    }
}

size_t lg_explain_write(const struct lg_results *results, FILE *stream)
{
    size_t explained = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct lg_row *row = &results->rows[i];
        if (row->record == NULL || row->record->kind != LG_RECORD_TEST ||
            row->record->state == LG_RECORD_FILTERED)
            continue;
        write_row(results, row, stream);
        explained++;
    }
    return explained;
}
