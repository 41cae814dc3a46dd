#include "synthetic.h"

#include "unit.h"

#include <string.h>
#include <unistd.h>

bool synthetic_init(struct synthetic *run)
{
    memset(run, 0, sizeof(*run));
    if (lg_ledger_create(1, &run->ledger, &run->fd) != 0)
        return false;
    static char program[] = "/no/such/folder/cache_tests";
    static char command[] = "run";
    run->words[0] = command;
    run->words[1] = program;
    run->options.words = run->words;
    run->options.program = run->words + 1;
    run->options.rigor = LG_RIGOR_STANDARD;
    run->options.timeout_ms = 60000;
    run->options.jobs = 1;
    run->options.repeat = 1;
    lg_budget_init(&run->options.budget);
    return true;
}

void synthetic_fini(struct synthetic *run)
{
    lg_results_free(&run->results);
    lg_ledger_close(&run->ledger);
    close(run->fd);
}

struct lg_host *synthetic_add_host(struct synthetic *run, const char *program)
{
    struct lg_ledger_header *header = run->ledger.header;
    struct lg_host *host = &header->hosts[header->hosts_used++];
    host->state = LG_HOST_IDLE;
    host->measured = (1U << LG_GAUGE_COUNT) - 1;
    host->program = lg_ledger_add_text(&run->ledger, program);
    return host;
}

struct lg_record *synthetic_add_test(struct synthetic *run, const char *suite, const char *name)
{
    struct lg_record *record = lg_ledger_add_record(&run->ledger);
    CU_ASSERT_PTR_NOT_NULL_FATAL(record);
    record->state = LG_RECORD_ENDED;
    record->kind = LG_RECORD_TEST;
    record->host = run->ledger.header->hosts_used - 1;
    record->pass = 1;
    record->suite = lg_ledger_add_text(&run->ledger, suite);
    record->name = lg_ledger_add_text(&run->ledger, name);
    record->ending = LG_ENDING_FINISHED;
    record->measured = MEMORY;
    record->runs = 1;
    return record;
}

struct lg_record *synthetic_add_leak(struct synthetic *run, const char *suite, const char *name)
{
    struct lg_record *record = synthetic_add_test(run, suite, name);
    record->runs = 11;
    record->judged_runs = 10;
    record->leaking = BIT(LIVE);
    record->growth.values[LG_GAUGE_LIVE] = 640;
    return record;
}

void synthetic_add_failure(struct synthetic *run, struct lg_record *record, const char *file,
                           uint32_t line, const char *condition)
{
    lg_attic offset;
    struct lg_failure *failure = lg_ledger_allocate(&run->ledger, sizeof(*failure), &offset);
    CU_ASSERT_PTR_NOT_NULL_FATAL(failure);
    failure->previous = record->failures;
    failure->line = line;
    failure->file = lg_ledger_add_text(&run->ledger, file);
    failure->condition = lg_ledger_add_text(&run->ledger, condition);
    record->failures = offset;
    record->failures_kept++;
    record->asserts++;
    record->asserts_failed++;
}

struct lg_evidence *synthetic_add_evidence(struct synthetic *run, struct lg_record *record)
{
    struct lg_evidence *evidence =
        lg_ledger_allocate(&run->ledger, sizeof(*evidence), &record->evidence);
    CU_ASSERT_PTR_NOT_NULL_FATAL(evidence);
    return evidence;
}

void synthetic_read(struct synthetic *run)
{
    CU_ASSERT_EQUAL_FATAL(
        lg_results_read(&run->ledger, &run->options, &run->outcome, &run->results), 0);
}

const struct lg_row *synthetic_row(const struct synthetic *run, const char *path)
{
    for (size_t i = 0; i < run->results.count; i++) {
        const struct lg_row *row = &run->results.rows[i];
        size_t suite = strlen(row->suite);
        if (strncmp(path, row->suite, suite) == 0 && path[suite] == '/' &&
            strcmp(path + suite + 1, row->name) == 0)
            return row;
    }
    return NULL;
}

const char *synthetic_message(const struct synthetic *run, const char *path)
{
    const struct lg_row *row = synthetic_row(run, path);
    return row != NULL ? row->message : "(no such row)";
}
