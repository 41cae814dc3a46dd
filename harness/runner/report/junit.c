#include "runner/report/junit.h"

#include "common/pins.h"
#include "runner/message.h"
#include "runner/outfile.h"
#include "runner/report/junit_details.h"
#include "runner/report/junit_xml.h"
#include "runner/text.h"

#include <errno.h>
#include <inttypes.h>
#include <leakgate/leakgate.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A reader of 64,000 characters at most cuts off none of it. */
#define LONGEST_TEXT_BYTES 60000

/* Beyond that, green tests have the beginning only of what they print: readers have limits. */
#define GREEN_OUTPUT_BYTES 8000000

/* What a suite element and the root element count. */
struct totals {
    size_t tests;
    size_t failures;
    size_t errors;
    size_t skipped;
    uint64_t elapsed_ns;
};

/* What another shard or another filter runs is in that report, if that is wanted. */
static bool is_in_report(const struct junit *junit, const struct lg_row *row)
{
    return !junit->results->options->omit_unselected || row->record == NULL ||
           (row->record->state != LG_RECORD_FILTERED &&
            row->record->state != LG_RECORD_OTHER_SHARD);
}

static struct totals count_rows(const struct junit *junit, const struct lg_row *rows, size_t count)
{
    struct totals totals = {0};
    for (size_t i = 0; i < count; i++) {
        if (!is_in_report(junit, &rows[i]))
            continue;
        totals.tests++;
        switch (rows[i].verdict.kind) {
        case LG_VERDICT_PASSED:
            break;
        case LG_VERDICT_FAILED:
        case LG_VERDICT_LEAKED:
            totals.failures++;
            break;
        case LG_VERDICT_SKIPPED:
            totals.skipped++;
            break;
        default:
            totals.errors++;
        }
        if (rows[i].record != NULL)
            totals.elapsed_ns += rows[i].record->elapsed_ns;
    }
    return totals;
}

/* One of the two schemas takes no more than milliseconds. */
static void time_attribute(struct junit *junit, uint64_t elapsed_ns)
{
    lg_junit_attribute_format(junit, "time", lg_junit_strict(junit) ? "%.3f" : "%.6f",
                              (double)elapsed_ns / 1e9);
}

static void totals_attributes(struct junit *junit, struct totals totals)
{
    lg_junit_attribute_format(junit, "tests", "%zu", totals.tests);
    lg_junit_attribute_format(junit, "failures", "%zu", totals.failures);
    lg_junit_attribute_format(junit, "errors", "%zu", totals.errors);
    lg_junit_attribute_format(junit, "skipped", "%zu", totals.skipped);
    time_attribute(junit, totals.elapsed_ns);
}

/* Readers that take the text drop the attribute: the message is in both. */
static void problem(struct junit *junit, const char *element, const struct lg_row *row)
{
    struct lg_text text = {0};
    lg_text_add(&text, "%s\n", row->message);
    lg_message_add_details(junit->results, row, &text);
    lg_text_cut(&text, LONGEST_TEXT_BYTES);
    lg_junit_start(junit, element);
    lg_junit_attribute(junit, "message", row->message);
    lg_junit_attribute(junit, "type", lg_message_type(row));
    lg_junit_check(junit,
                   xmlTextWriterWriteString(junit->writer, lg_junit_text(lg_text_string(&text))));
    lg_junit_end(junit);
    junit->failed |= text.failed;
    lg_text_free(&text);
}

static void verdict_element(struct junit *junit, const struct lg_row *row)
{
    switch (row->verdict.kind) {
    case LG_VERDICT_PASSED:
        break;
    case LG_VERDICT_FAILED:
    case LG_VERDICT_LEAKED:
        problem(junit, "failure", row);
        break;
    case LG_VERDICT_SKIPPED:
        lg_junit_start(junit, "skipped");
        lg_junit_attribute(junit, "message", row->message);
        lg_junit_end(junit);
        break;
    default:
        problem(junit, "error", row);
    }
}

/* Where it leaks or has crashed, if that is known: else where the test is. */
static void place_attributes(struct junit *junit, const struct lg_row *row)
{
    const struct lg_frame *place = lg_results_place(row);
    const char *file = place != NULL ? place->file : row->where.file;
    if (file == NULL)
        return;
    lg_junit_path_attribute(junit, "file", file);
    lg_junit_attribute_format(junit, "line", "%u", place != NULL ? place->line : row->where.line);
}

/* What it printed, if anything. */
static void output_elements(struct junit *junit, const struct lg_row *row)
{
    static const char *const names[] = {"system-out", "system-err"};
    for (int stream = 0; stream < 2; stream++) {
        struct lg_text text = {0};
        if (lg_results_add_output(junit->results, row, stream, &text) > 0) {
            if (row->verdict.kind == LG_VERDICT_PASSED) {
                size_t room = junit->output_bytes < GREEN_OUTPUT_BYTES ? text.length : 1024;
                lg_text_cut(&text, room);
                junit->output_bytes += text.length;
            }
            lg_junit_start(junit, names[stream]);
            lg_junit_check(junit, xmlTextWriterWriteString(junit->writer,
                                                           lg_junit_text(lg_text_string(&text))));
            lg_junit_end(junit);
        }
        junit->failed |= text.failed;
        lg_text_free(&text);
    }
}

static void test_case(struct junit *junit, const struct lg_row *row)
{
    lg_junit_start(junit, "testcase");
    lg_junit_attribute(junit, "classname", row->suite);
    lg_junit_attribute(junit, "name", row->name);
    lg_junit_attribute_format(junit, "time", "%.6f",
                              row->record != NULL ? (double)row->record->elapsed_ns / 1e9 : 0.0);
    if (!lg_junit_strict(junit)) {
        place_attributes(junit, row);
        lg_junit_case_properties(junit, row);
    }
    verdict_element(junit, row);
    if (!lg_junit_strict(junit))
        output_elements(junit, row);
    lg_junit_end(junit);
}

static void pin_properties(struct junit *junit, const struct lg_host *host)
{
    static const struct {
        const char *name;
        int value;
    } pins[LG_PIN_COUNT] = {
        [LG_PIN_MMAP_THRESHOLD] = {"pin.M_MMAP_THRESHOLD_bytes", LG_PIN_MMAP_THRESHOLD_BYTES},
        [LG_PIN_MMAP_MAX] = {"pin.M_MMAP_MAX_count", LG_PIN_MMAP_MAX_COUNT},
        [LG_PIN_TRIM_THRESHOLD] = {"pin.M_TRIM_THRESHOLD_bytes", LG_PIN_TRIM_THRESHOLD_BYTES},
        [LG_PIN_TOP_PAD] = {"pin.M_TOP_PAD_bytes", LG_PIN_TOP_PAD_BYTES},
        [LG_PIN_ARENA_MAX] = {"pin.M_ARENA_MAX_count", LG_PIN_ARENA_MAX_COUNT},
        [LG_PIN_TCACHE] = {"pin.glibc.malloc.tcache_count", 0},
        [LG_PIN_STACK_CACHE] = {"pin.glibc.pthread.stack_cache_size_bytes", 0},
    };
    for (int pin = 0; pin < LG_PIN_COUNT; pin++) {
        if (host != NULL && (host->pins & (1U << pin)) != 0)
            lg_junit_number_property(junit, pins[pin].name, pins[pin].value);
        else
            lg_junit_property(junit, pins[pin].name, "not in force");
    }
}

static void host_properties(struct junit *junit, const struct lg_program *program)
{
    const struct lg_results *results = junit->results;
    struct lg_text missing = {0};
    if (program->host == NULL)
        return;
    lg_junit_property(junit, "allocator",
                      lg_ledger_text(results->ledger, program->host->allocator_name));
    lg_message_of_blindness(results, program->host, &missing);
    lg_junit_property(junit, "not_measured", missing.length > 0 ? missing.data : "nothing");
    junit->failed |= missing.failed;
    lg_text_free(&missing);
}

static void lines_property(struct junit *junit, const char *name, struct lg_text *lines)
{
    if (lines->length > 0)
        lg_junit_property(junit, name, lg_text_string(lines));
    junit->failed |= lines->failed;
    lg_text_free(lines);
}

/* Lines of the budget file that count no more, are for no test, or have been raised. */
static void budget_properties(struct junit *junit)
{
    const struct lg_budgets *budgets = junit->results->options->budgets;
    const bool *stale = junit->results->stale;
    struct lg_text expired = {0};
    struct lg_text unused = {0};
    struct lg_text raised = {0};
    for (size_t i = 0; budgets != NULL && i < budgets->count; i++) {
        const struct lg_budget_line *line = &budgets->rows[i];
        struct lg_text drift = {0};
        struct lg_text *to = line->expired                        ? &expired
                             : stale != NULL && stale[i]          ? &unused
                             : lg_message_add_drift(&drift, line) ? &raised
                                                                  : NULL;
        if (to != NULL)
            lg_text_add(to, "%s%s:%u%s%s", to->length > 0 ? ", " : "", budgets->path, line->line,
                        drift.length > 0 ? " " : "", lg_text_string(&drift));
        lg_text_free(&drift);
    }
    lines_property(junit, "expired_budgets", &expired);
    lines_property(junit, "stale_budgets", &unused);
    lines_property(junit, "raised_budgets", &raised);
}

static void unused_suppressions(struct junit *junit)
{
    const struct lg_suppressions *list = junit->results->options->suppressions;
    struct lg_text text = {0};
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (list->rows[i].builtin || list->rows[i].matches > 0)
            continue;
        lg_text_add(&text, "%s", text.length > 0 ? ", " : "");
        lg_message_add_suppression(&text, &list->rows[i]);
    }
    if (text.length > 0)
        lg_junit_property(junit, "unused_suppressions", lg_text_string(&text));
    junit->failed |= text.failed;
    lg_text_free(&text);
}

/* How its tests were run, and what it takes to run them so again. */
static void order_properties(struct junit *junit)
{
    const struct lg_options *options = junit->results->options;
    char seed[32];
    lg_junit_number_property(junit, "jobs", options->jobs);
    lg_junit_number_property(junit, "repeat", options->repeat);
    if (!options->shuffle)
        return;
    snprintf(seed, sizeof(seed), "%" PRIu64, options->seed);
    lg_junit_property(junit, "shuffle", seed);
}

static void suite_properties(struct junit *junit, const struct lg_program *program)
{
    const struct lg_results *results = junit->results;
    char budget[256];
    lg_junit_start(junit, "properties");
    lg_junit_property(junit, "leakgate.version", LEAKGATE_VERSION);
    lg_junit_property(junit, "rigor", lg_rigor_name(results->options->rigor));
    lg_junit_property(junit, "isolation", lg_isolation_name(results->options->isolation));
    order_properties(junit);
    lg_junit_property(junit, "budget",
                      lg_budget_format(&results->options->budget, budget, sizeof(budget)));
    lg_junit_number_property(junit, "timeout_ms", (int64_t)results->options->timeout_ms);
    unused_suppressions(junit);
    budget_properties(junit);
    host_properties(junit, program);
    pin_properties(junit, program->host);
    for (size_t i = 0; i < results->facts.count; i++) {
        char name[64];
        snprintf(name, sizeof(name), "host.%s", results->facts.rows[i].name);
        lg_junit_property(junit, name, results->facts.rows[i].value);
    }
    lg_junit_end(junit);
}

static void test_suite(struct junit *junit, const struct lg_program *program, const char *timestamp)
{
    const struct lg_row *rows = junit->results->rows + program->first;
    lg_junit_start(junit, "testsuite");
    lg_junit_attribute(junit, "name", program->name);
    totals_attributes(junit, count_rows(junit, rows, program->count));
    lg_junit_attribute(junit, "timestamp", timestamp);
    if (lg_junit_strict(junit)) {
        lg_junit_attribute(junit, "hostname", "localhost");
        lg_junit_attribute(junit, "package", "leakgate");
        lg_junit_attribute_format(junit, "id", "%zu", (size_t)(program - junit->results->programs));
    }
    suite_properties(junit, program);
    for (size_t i = 0; i < program->count; i++) {
        if (is_in_report(junit, &rows[i]))
            test_case(junit, &rows[i]);
    }
    if (lg_junit_strict(junit)) {
        lg_junit_start(junit, "system-out");
        lg_junit_end(junit);
        lg_junit_start(junit, "system-err");
        lg_junit_end(junit);
    }
    lg_junit_end(junit);
}

static int write_document(struct junit *junit)
{
    char timestamp[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL)
        strftime(timestamp, sizeof(timestamp), "%Y-%m-%dT%H:%M:%S", &utc);
    lg_junit_check(junit, xmlTextWriterSetIndent(junit->writer, 1));
    lg_junit_check(junit, xmlTextWriterStartDocument(junit->writer, NULL, "UTF-8", NULL));
    lg_junit_start(junit, "testsuites");
    if (!lg_junit_strict(junit)) {
        lg_junit_attribute(junit, "name", "leakgate");
        totals_attributes(junit, count_rows(junit, junit->results->rows, junit->results->count));
    }
    for (size_t i = 0; i < junit->results->program_count; i++)
        test_suite(junit, &junit->results->programs[i], timestamp);
    lg_junit_end(junit);
    lg_junit_check(junit, xmlTextWriterEndDocument(junit->writer));
    lg_junit_check(junit, xmlTextWriterFlush(junit->writer));
    return junit->failed ? -ENOMEM : 0; /* but for writing, which the sink tells of */
}

/* The caller reports what went wrong. */
static void keep_quiet(void *context, const char *message, ...)
{
    (void)context;
    (void)message;
}

static int write_with(struct junit *junit, int fd)
{
    struct junit_sink sink;
    junit->writer = lg_junit_open(&sink, fd);
    if (junit->writer == NULL)
        return -ENOMEM;
    int error = write_document(junit);
    xmlFreeTextWriter(junit->writer);
    return sink.error != 0 ? sink.error : error;
}

struct target {
    const struct lg_results *results;
    bool rich;
};

static int write_to(int fd, const void *context)
{
    const struct target *target = context;
    struct junit junit = {.results = target->results, .rich = target->rich};
    xmlSetGenericErrorFunc(NULL, keep_quiet);
    xmlResetLastError();
    int error = write_with(&junit, fd);
    xmlSetGenericErrorFunc(NULL, NULL);
    /* Some of the writer's functions leave out what they have no memory for, and go on. */
    const xmlError *last = xmlGetLastError();
    if (error == 0 && last != NULL && last->code == XML_ERR_NO_MEMORY)
        error = -ENOMEM;
    xmlResetLastError();
    return error;
}

int lg_junit_write_fd(const struct lg_results *results, int fd)
{
    struct target target = {results, true};
    return write_to(fd, &target);
}

int lg_junit_write(const struct lg_results *results, const char *path)
{
    struct target target = {results, false};
    return lg_outfile_write(path, write_to, &target);
}
