#include "runner/results.h"

#include "runner/message.h"
#include "runner/results_names.h"
#include "runner/source.h"
#include "runner/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* The name a report can carry: on one line, and never empty. */
static char *clean_name(const char *raw)
{
    struct lg_text text = {0};
    lg_text_add_clean(&text, raw, strlen(raw));
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\n' || text.data[i] == '\t')
            text.data[i] = ' ';
    }
    const char *string = lg_text_string(&text);
    if (string[strspn(string, " ")] == '\0') {
        text.length = 0;
        lg_text_add(&text, "%s", "(unnamed)");
    }
    if (text.failed) {
        lg_text_free(&text);
        return NULL;
    }
    return text.data;
}

static enum lg_program_end how_it_ended(const struct lg_outcome *outcome)
{
    if (outcome->interrupted != 0)
        return LG_PROGRAM_INTERRUPTED;
    return WIFEXITED(outcome->wait_status) ? LG_PROGRAM_EXITED : LG_PROGRAM_DIED;
}

/* A program that left in the middle of a run left tests behind that it meant to run. */
static enum lg_program_end how_host_ended(const struct lg_host *host,
                                          const struct lg_outcome *outcome)
{
    enum lg_program_end end = how_it_ended(outcome);
    if (end == LG_PROGRAM_EXITED && host->state == LG_HOST_RUNNING && !outcome->exec_error)
        return LG_PROGRAM_DIED;
    return end;
}

static void count_suppressions(struct lg_suppressions *list, const struct lg_leaks *leaks)
{
    for (size_t i = 0; i < leaks->count; i++) {
        if (leaks->rows[i].suppressed)
            lg_suppressions_count(list, leaks->rows[i].by,
                                  lg_leaks_per_run(leaks, &leaks->rows[i].site));
    }
}

/* Which calls a leak comes from; those that are suppressed are none. */
static int read_leaks(struct lg_results *results, const struct lg_record *record,
                      struct lg_verdict *verdict, const struct lg_budget *budget,
                      struct lg_leaks **leaks)
{
    const struct lg_options *options = results->options;
    struct lg_leaks_how how = {options->suppressions, &results->symbols, options->debuginfod};
    int error = lg_leaks_read(results->ledger, record, verdict->over, &how, leaks);
    if (error != 0 || *leaks == NULL || options->suppressions == NULL)
        return error;
    struct lg_suppressed traced = {.grown = (*leaks)->trace.growth,
                                   .suppressed = lg_leaks_suppressed(*leaks),
                                   .runs = (*leaks)->trace.runs};
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        traced.others.values[gauge] = lg_leaks_explained(*leaks, (enum lg_gauge)gauge).explained -
                                      traced.suppressed.values[gauge];
    lg_verdict_suppress(verdict, &traced, budget);
    lg_leaks_set_over(*leaks, verdict->over);
    count_suppressions(options->suppressions, *leaks);
    return 0;
}

static const struct lg_budget_choice no_choice;

static bool is_same(const struct lg_budget_choice *a, const struct lg_budget_choice *b)
{
    return a->own == b->own && a->expects_leak == b->expects_leak &&
           memcmp(a->by, b->by, sizeof(a->by)) == 0 &&
           memcmp(&a->budget.limits, &b->budget.limits, sizeof(a->budget.limits)) == 0;
}

/* CHOICE, kept once for all rows in a row that have it. Returns NULL without memory. */
static const struct lg_budget_choice *keep_choice(struct lg_results *results,
                                                  const struct lg_budget_choice *choice)
{
    if (results->choices != NULL && is_same(&results->choices->choice, choice))
        return &results->choices->choice;
    struct lg_choices *kept = malloc(sizeof(*kept));
    if (kept == NULL)
        return NULL;
    *kept = (struct lg_choices){results->choices, *choice};
    results->choices = kept;
    return &kept->choice;
}

static bool add_row(struct lg_results *results, const struct lg_record *record, const char *suite,
                    const char *name, struct lg_verdict verdict)
{
    struct lg_row *row = &results->rows[results->count];
    *row = (struct lg_row){.record = record, .verdict = verdict, .choice = &no_choice};
    row->suite = clean_name(suite);
    row->name = clean_name(name);
    results->count++;
    results->counts[verdict.kind]++;
    return row->suite != NULL && row->name != NULL;
}

struct judged {
    struct lg_verdict verdict;
    struct lg_budget_choice choice;
    struct lg_leaks *leaks;
};

/* Returns false when there is no memory. */
static bool judge(struct lg_results *results, const struct lg_program *program,
                  const struct lg_record *record, enum lg_program_end end, struct judged *out)
{
    const struct lg_options *options = results->options;
    struct lg_text test = {0};
    *out = (struct judged){.leaks = NULL};
    lg_text_add(&test, "%s/%s", lg_ledger_text(results->ledger, record->suite),
                lg_ledger_text(results->ledger, record->name));
    struct lg_budget_asked asked = {.program = program->name,
                                    .test = lg_text_string(&test),
                                    .own = &record->wishes,
                                    .fallback = &options->budget};
    lg_budgets_choose(options->budgets, &asked, &out->choice);
    bool failed = test.failed;
    lg_text_free(&test);
    const struct lg_budget *budget = &out->choice.budget;
    out->verdict = lg_verdict_of(record, budget, end);
    if (!failed && out->verdict.kind == LG_VERDICT_LEAKED &&
        read_leaks(results, record, &out->verdict, budget, &out->leaks) != 0) {
        lg_leaks_free(out->leaks);
        failed = true;
    }
    if (out->choice.expects_leak != NULL)
        lg_verdict_expect_leak(&out->verdict);
    return !failed;
}

static bool add_records(struct lg_results *results, const struct lg_program *program,
                        uint32_t host_index)
{
    const struct lg_ledger *ledger = results->ledger;
    const struct lg_host *host = &ledger->header->hosts[host_index];
    enum lg_program_end end = how_host_ended(host, &results->outcome);
    for (uint32_t i = 0; i < lg_ledger_records(ledger); i++) {
        const struct lg_record *record = &ledger->records[i];
        if (record->host != host_index || record->state == LG_RECORD_UNUSED)
            continue;
        struct judged judged;
        if (!judge(results, program, record, end, &judged) ||
            !add_row(results, record, lg_ledger_text(ledger, record->suite),
                     lg_ledger_text(ledger, record->name), judged.verdict))
            return false;
        struct lg_row *row = &results->rows[results->count - 1];
        row->leaks = judged.leaks;
        const struct lg_budget_choice *choice = keep_choice(results, &judged.choice);
        if (choice == NULL)
            return false;
        row->choice = choice;
        if (record->state != LG_RECORD_FILTERED && record->state != LG_RECORD_OTHER_SHARD)
            results->selected++;
    }
    return true;
}

/* What no test's row tells: the program itself, and how it ended. */
static bool add_program_row(struct lg_results *results, const struct lg_program *program)
{
    struct lg_verdict verdict = {.runs = 1};
    struct lg_text message = {0};
    if (!lg_message_of_program(results, program->host, &verdict.kind, &message))
        return true;
    bool added = add_row(results, NULL, "leakgate", "(program)", verdict) && !message.failed;
    results->rows[results->count - 1].message = message.data;
    return added;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static bool name_program(struct lg_results *results, struct lg_program *program, const char *path)
{
    program->name = clean_name(base_name(path));
    unsigned number = 1;
    for (size_t i = 0; program->name != NULL && i + 1 < results->program_count; i++) {
        if (strcmp(results->programs[i].name, program->name) != 0)
            continue;
        struct lg_text text = {0};
        lg_text_add(&text, "%s [%u]", base_name(path), ++number);
        free(program->name);
        program->name = text.failed ? NULL : clean_name(text.data);
        lg_text_free(&text);
        i = (size_t)-1;
    }
    return program->name != NULL;
}

static bool add_program(struct lg_results *results, const struct lg_host *host, uint32_t index)
{
    struct lg_program *program = &results->programs[results->program_count++];
    *program = (struct lg_program){.host = host, .first = results->count};
    const char *path = host != NULL ? lg_ledger_text(results->ledger, host->program) : "";
    if (!name_program(results, program, path[0] != '\0' ? path : results->options->program[0]))
        return false;
    if (host != NULL) {
        program->symbols =
            lg_symbols_pool_get(&results->symbols, lg_ledger_text(results->ledger, host->maps),
                                results->options->debuginfod);
        if (!add_records(results, program, index))
            return false;
    }
    if (!add_program_row(results, program))
        return false;
    program->count = results->count - program->first;
    return true;
}

static bool has_stack(const struct lg_row *row)
{
    return row->verdict.kind == LG_VERDICT_CRASHED || row->verdict.kind == LG_VERDICT_TIMED_OUT;
}

static bool finish_rows(struct lg_results *results)
{
    for (size_t p = 0; p < results->program_count; p++) {
        const struct lg_program *program = &results->programs[p];
        struct lg_row *rows = results->rows + program->first;
        if (!lg_results_make_unique(rows, program->count))
            return false;
        for (size_t i = 0; i < program->count; i++) {
            if (rows[i].record == NULL)
                continue;
            if (has_stack(&rows[i]) &&
                lg_stack_read(results->ledger, rows[i].record, &results->symbols,
                              results->options->debuginfod, &rows[i].stack) != 0)
                return false;
            rows[i].where = lg_symbols_function(program->symbols, rows[i].record->function_address);
            rows[i].message = lg_message_of(results, &rows[i]);
            if (rows[i].message == NULL)
                return false;
        }
    }
    return true;
}

int lg_results_read(const struct lg_ledger *ledger, const struct lg_options *options,
                    const struct lg_outcome *outcome, struct lg_results *out)
{
    uint32_t hosts = lg_ledger_hosts(ledger);
    *out = (struct lg_results){.ledger = ledger, .options = options, .outcome = *outcome};
    lg_facts_read("/proc", "/sys/fs/cgroup", &out->facts);
    if (lg_source_root(options->source_root, ".", out->source_root) != 0)
        out->source_root[0] = '\0'; /* paths stay as they are */
    out->rows = calloc(lg_ledger_records(ledger) + hosts + 1, sizeof(*out->rows));
    out->programs = calloc(hosts + 1, sizeof(*out->programs));
    if (out->rows == NULL || out->programs == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < hosts; i++) {
        if (!add_program(out, &ledger->header->hosts[i], i))
            return -ENOMEM;
    }
    if (hosts == 0 && !add_program(out, NULL, 0))
        return -ENOMEM;
    return lg_results_find_stale(out) && lg_results_ratchet(out) && finish_rows(out) ? 0 : -ENOMEM;
}

const struct lg_frame *lg_results_place(const struct lg_row *row)
{
    const struct lg_frame *place =
        row->leaks != NULL ? lg_leaks_place(row->leaks) : lg_stack_place(row->stack);
    return place != NULL && place->file != NULL ? place : NULL;
}

uint64_t lg_results_add_output(const struct lg_results *results, const struct lg_row *row,
                               int stream, struct lg_text *text)
{
    if (row->record == NULL)
        return 0;
    return lg_capture_add(results->capture, results->ledger, row->record, stream, text);
}

void lg_results_free(struct lg_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        free(results->rows[i].suite);
        free(results->rows[i].name);
        free(results->rows[i].message);
        lg_leaks_free(results->rows[i].leaks);
        lg_stack_free(results->rows[i].stack);
    }
    for (size_t i = 0; i < results->program_count; i++) {
        free(results->programs[i].name);
    }
    lg_symbols_pool_free(&results->symbols);
    while (results->choices != NULL) {
        struct lg_choices *next = results->choices->next;
        free(results->choices);
        results->choices = next;
    }
    free(results->rows);
    free(results->programs);
    free(results->stale);
}
