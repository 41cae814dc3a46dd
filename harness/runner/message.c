#include "runner/message.h"

#include "runner/message_parts.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Readers of XML refuse a longer message, and nobody reads it. */
#define LONGEST_TEXT_BYTES 4096

void lg_message_add_text(struct lg_text *text, const struct lg_ledger *ledger, lg_attic offset)
{
    const char *raw = lg_ledger_text(ledger, offset);
    size_t length = strlen(raw);
    size_t shown = length < LONGEST_TEXT_BYTES ? length : LONGEST_TEXT_BYTES;
    lg_text_add_clean(text, raw, shown);
    if (shown < length)
        lg_text_add(text, "... (%zu bytes more)", length - shown);
}

void lg_message_add_signal(struct lg_text *text, int signal)
{
    const char *name = sigabbrev_np(signal);
    const char *description = sigdescr_np(signal);
    if (name != NULL)
        lg_text_add(text, "SIG%s (%s)", name, description != NULL ? description : "signal");
    else
        lg_text_add(text, "signal %d", signal);
}

void lg_message_add_oom(struct lg_text *text, uint32_t oom)
{
    if (oom == LG_OOM_NONE)
        return;
    lg_text_add(text, ": by the OOM killer");
    if (oom != LG_OOM_CGROUP)
        lg_text_add(text, ", most likely: it has killed a process of this machine");
}

static const char *phase_name(uint32_t phase)
{
    switch (phase) {
    case LG_PHASE_SETUP:
        return "SetUp";
    case LG_PHASE_TEARDOWN:
        return "TearDown";
    case LG_PHASE_SAMPLE:
        return "the measurement";
    default:
        return "the test";
    }
}

/* "heap +4096 B/run (budget 0 B), live +4112 B/run (budget 0 B)" */
static void add_over(struct lg_text *text, const struct lg_results *results,
                     const struct lg_row *row)
{
    const struct lg_verdict *verdict = &row->verdict;
    const char *separator = "";
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        enum lg_gauge gauge = (enum lg_gauge)g;
        if ((verdict->over & LG_GAUGE_BIT(g)) == 0)
            continue;
        lg_text_add(text, "%s%s ", separator, lg_gauge_name(gauge));
        lg_text_add_growth(text, gauge, lg_verdict_per_run(verdict, gauge));
        lg_text_add(text, "/run (budget ");
        lg_message_add_limit(text, gauge, row->choice->budget.limits.values[gauge]);
        if (row->choice->by[gauge] != NULL) {
            lg_text_add(text, " by ");
            lg_message_add_line(text, results, row->choice->by[gauge]);
        } else if ((row->choice->own & LG_GAUGE_BIT(g)) != 0) {
            lg_text_add(text, " of its own");
        }
        lg_text_add(text, ")");
        separator = ", ";
    }
}

static const char *repeat_reason(const struct lg_record *record)
{
    switch (record->repeat) {
    case LG_REPEAT_ASSERT_FAILED:
        return "an assertion failed when it was run again";
    case LG_REPEAT_CRASHED:
        if (record->oom != LG_OOM_NONE)
            return "it was killed by the OOM killer when it was run again";
        return "it crashed when it was run again";
    case LG_REPEAT_EXITED:
        return "it ended the program when it was run again";
    case LG_REPEAT_TIMED_OUT:
        return "it did not end when it was run again";
    case LG_REPEAT_READS_ON:
        return "it read on in a file that was open before it";
    case LG_REPEAT_UNWANTED:
        return "it says so";
    default:
        return NULL;
    }
}

static void add_leak(struct lg_text *text, const struct lg_results *results,
                     const struct lg_row *row)
{
    lg_text_add(text, "leaked ");
    add_over(text, results, row);
    const char *reason = repeat_reason(row->record);
    if (reason != NULL)
        lg_text_add(text, ", judged on a single run: not repeatable, %s", reason);
    else if (row->verdict.single_run)
        lg_text_add(text, ", judged on a single run");
    else
        lg_text_add(text, ", over %" PRIu32 " run%s", row->verdict.runs,
                    row->verdict.runs == 1 ? "" : "s");
}

/* The first one, in order of time: it is the last of the chain. */
static const struct lg_failure *first_failure(const struct lg_results *results,
                                              const struct lg_record *record)
{
    const struct lg_failure *first = lg_message_newest_failure(results, record);
    struct lg_ledger part = lg_ledger_part(results->ledger, record);
    for (uint32_t i = 0; first != NULL && i < LG_LEDGER_MAX_FAILURES; i++) {
        const struct lg_failure *previous =
            lg_ledger_at(&part, first->previous, sizeof(struct lg_failure));
        if (previous == NULL)
            break;
        first = previous;
    }
    return first;
}

static void add_assertion(struct lg_text *text, const struct lg_results *results,
                          const struct lg_row *row)
{
    const struct lg_failure *first = first_failure(results, row->record);
    lg_text_add(text, "assertion failed");
    if (first != NULL) {
        struct lg_ledger part = lg_ledger_part(results->ledger, row->record);
        lg_text_add(text, ": ");
        lg_message_add_failure(text, &part, first);
    }
    if (row->record->asserts_failed > 1)
        lg_text_add(text, " (and %" PRIu32 " more)", row->record->asserts_failed - 1);
}

static void add_failed(struct lg_text *text, const struct lg_results *results,
                       const struct lg_row *row)
{
    const struct lg_record *record = row->record;
    if (row->verdict.leak_missing) {
        lg_message_add_missing_leak(text, results, row);
    } else if (row->verdict.better != 0) {
        lg_message_add_better(text, results, row);
    } else if (record->kind == LG_RECORD_SUITE_INIT) {
        lg_text_add(text,
                    "suite initialization failed (it returned %" PRId32 "): its tests were not run",
                    record->wait_status);
    } else if (record->kind == LG_RECORD_SUITE_CLEANUP) {
        lg_text_add(text, "suite cleanup failed (it returned %" PRId32 ")", record->wait_status);
    } else {
        add_assertion(text, results, row);
    }
}

static void add_skipped(struct lg_text *text, const struct lg_row *row)
{
    switch (row->record->state) {
    case LG_RECORD_INACTIVE:
        lg_text_add(text, "inactive in CUnit");
        break;
    case LG_RECORD_FILTERED:
        lg_text_add(text, "not selected by the filter");
        break;
    case LG_RECORD_OTHER_SHARD:
        lg_text_add(text, "in another shard");
        break;
    default:
        lg_text_add(text, "the program did not run it");
    }
}

static const struct lg_host *host_of(const struct lg_results *results,
                                     const struct lg_record *record)
{
    if (record->host >= lg_ledger_hosts(results->ledger))
        return NULL;
    return &results->ledger->header->hosts[record->host];
}

void lg_message_add_allocator(struct lg_text *text, const struct lg_results *results,
                              const struct lg_host *host)
{
    lg_text_add(text, ": its malloc is that of ");
    lg_message_add_text(text, results->ledger, host->allocator_name);
    if (host->allocator == LG_ALLOCATOR_VALGRIND)
        lg_text_add(text, "; run it without valgrind");
}

static void add_broken_test(struct lg_text *text, const struct lg_results *results,
                            const struct lg_record *record)
{
    if (results->outcome.interrupted != 0 && record->state != LG_RECORD_ENDED) {
        lg_text_add(text, "not run: interrupted by ");
        lg_message_add_signal(text, results->outcome.interrupted);
    } else if (record->state == LG_RECORD_RUNNING) {
        lg_text_add(text, "the program ended while this test ran");
    } else if (record->state != LG_RECORD_ENDED) {
        lg_text_add(text, "not run: the program ended before it");
    } else if (record->ending == LG_ENDING_NO_FORK) {
        lg_text_add(text, "no process could be made for the test: %s", strerror(record->error));
    } else if (record->ending == LG_ENDING_NOT_SAMPLED) {
        lg_text_add(text, "its mappings could not be read: %s", strerror(record->error));
    } else if (record->ending == LG_ENDING_UNWATCHED) {
        lg_text_add(text, "the program's process that ran this test was killed");
        lg_message_add_oom(text, record->oom);
    } else if (record->ending == LG_ENDING_OVERWRITTEN) {
        lg_text_add(text, "the test has written over leakgate's memory, and with it over its own "
                          "result: it writes where it may not");
    } else {
        const struct lg_host *host = host_of(results, record);
        lg_text_add(text, "blind: no gauge of memory can be trusted in this process");
        if (host != NULL && host->allocator != LG_ALLOCATOR_GLIBC)
            lg_message_add_allocator(text, results, host);
    }
}

/* Why a test may fail that passes without leakgate. */
static void add_lack_of_threads(struct lg_text *text, const struct lg_row *row)
{
    uint32_t threads = row->record->lacks_threads;
    if (threads > 0 && row->record->state == LG_RECORD_ENDED)
        lg_text_add(text,
                    "; the program runs %" PRIu32 " thread%s more, which a forked test does not "
                    "have: start what it needs in its suite's initialization",
                    threads, threads == 1 ? "" : "s");
}

/* Signals that are about an address of memory. */
static bool is_of_address(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS;
}

/* Adds the fact NAME, behind WHAT, if it is known and is no "unlimited". */
static bool add_fact(struct lg_text *text, const struct lg_results *results, const char *name,
                     const char *what)
{
    for (size_t i = 0; i < results->facts.count; i++) {
        const struct lg_fact *fact = &results->facts.rows[i];
        char *end;
        if (strcmp(fact->name, name) != 0)
            continue;
        uint64_t bytes = strtoull(fact->value, &end, 10);
        if (end == fact->value || *end != '\0')
            return false;
        lg_text_add(text, "%s", what);
        lg_text_add_size(text, bytes);
        return true;
    }
    return false;
}

/* What there was, and what the test has had of it. */
static void add_memory(struct lg_text *text, const struct lg_results *results,
                       const struct lg_record *record)
{
    if (record->peak_rss_bytes != 0) {
        lg_text_add(text, "; the test has had up to ");
        lg_text_add_size(text, record->peak_rss_bytes);
    }
    bool limited =
        add_fact(text, results, "cgroup_memory_limit_bytes", "; the limit of its cgroup is ");
    add_fact(text, results, "MemTotal_bytes",
             limited ? ", the machine has " : "; the machine has ");
}

static void add_crash(struct lg_text *text, const struct lg_results *results,
                      const struct lg_row *row)
{
    const struct lg_record *record = row->record;
    int signal = WTERMSIG(record->wait_status);
    bool is_out_of_memory = signal == SIGKILL && record->oom != LG_OOM_NONE;
    lg_text_add(text, "crashed: ");
    lg_message_add_signal(text, signal);
    if (is_out_of_memory)
        lg_message_add_oom(text, record->oom);
    if (row->stack != NULL && row->stack->faulted && is_of_address(row->stack->signal))
        lg_text_add(text, " at address 0x%" PRIx64, row->stack->address);
    lg_text_add(text, "%s in %s", is_out_of_memory ? "," : "", phase_name(record->phase));
    if (is_out_of_memory)
        add_memory(text, results, record);
}

static void add_message(struct lg_text *text, const struct lg_results *results,
                        const struct lg_row *row)
{
    const struct lg_record *record = row->record;
    switch (row->verdict.kind) {
    case LG_VERDICT_FAILED:
        add_failed(text, results, row);
        add_lack_of_threads(text, row);
        break;
    case LG_VERDICT_CRASHED:
        add_crash(text, results, row);
        break;
    case LG_VERDICT_TIMED_OUT:
        lg_text_add(text, "timed out after %g s in %s", (double)record->run_limit_ms / 1000,
                    phase_name(record->phase));
        add_lack_of_threads(text, row);
        break;
    case LG_VERDICT_EXITED_EARLY:
        lg_text_add(text, "exited early: %s ended the process with status %d",
                    phase_name(record->phase), WEXITSTATUS(record->wait_status));
        break;
    case LG_VERDICT_LEAKED:
        add_leak(text, results, row);
        break;
    case LG_VERDICT_SKIPPED:
        add_skipped(text, row);
        break;
    case LG_VERDICT_BROKEN:
        add_broken_test(text, results, record);
        break;
    default:
        break;
    }
}

void lg_message_put_on_one_line(struct lg_text *text)
{
    for (size_t i = 0; i < text->length; i++) {
        if (text->data[i] == '\n')
            text->data[i] = ' ';
    }
}

char *lg_message_of(const struct lg_results *results, const struct lg_row *row)
{
    struct lg_text text = {0};
    lg_text_add(&text, "%s", "");
    add_message(&text, results, row);
    if (text.failed) {
        lg_text_free(&text);
        return NULL;
    }
    lg_message_put_on_one_line(&text);
    return text.data;
}

const char *lg_message_type(const struct lg_row *row)
{
    static const char *const leaks[LG_GAUGE_COUNT] = {
        "leak.heap", "leak.mmap",    "leak.live",     "leak.frag",
        "leak.fds",  "leak.threads", "leak.children",
    };
    static const char *const types[LG_VERDICT_COUNT] = {
        [LG_VERDICT_FAILED] = "test.assertion",  [LG_VERDICT_CRASHED] = "test.crash",
        [LG_VERDICT_TIMED_OUT] = "test.timeout", [LG_VERDICT_EXITED_EARLY] = "test.exit",
        [LG_VERDICT_BROKEN] = "leakgate.broken",
    };
    if (row->verdict.kind == LG_VERDICT_LEAKED) {
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            if ((row->verdict.over & LG_GAUGE_BIT(gauge)) != 0)
                return leaks[gauge];
        }
    }
    const char *type = types[row->verdict.kind];
    return type != NULL ? type : "";
}
