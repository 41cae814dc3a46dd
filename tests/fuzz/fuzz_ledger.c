/* The ledger of a hostile host, and the slip of a hostile test. The input is a list of what is
 * written over one that is right: a place (two bytes of area and length, two of offset), then
 * bytes. Its first byte and its size choose what is made of that. Each part of the ledger is memory
 * of its own, so that a look beyond it is seen. */
#include "fuzz.h"

#include "common/slip.h"
#include "runner/report/console.h"
#include "runner/report/document.h"
#include "runner/report/join.h"
#include "runner/report/junit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The linker puts these in place of what reads the machine: that takes longer than all else. */
void __wrap_lg_facts_read(const char *proc_root, const char *cgroup_root, struct lg_facts *out);
int __wrap_lg_source_root(const char *given, const char *folder, char out[PATH_MAX]);

void __wrap_lg_facts_read(const char *proc_root, const char *cgroup_root, struct lg_facts *out)
{
    (void)proc_root;
    (void)cgroup_root;
    out->count = 0;
}

int __wrap_lg_source_root(const char *given, const char *folder, char out[PATH_MAX])
{
    (void)given;
    (void)folder;
    strcpy(out, "/no/such/root");
    return 0;
}

#define RECORDS 8
#define ATTIC_BYTES 81920 /* a crash's stack and all else */
#define SLIP_USED 8192    /* of it, so much is there to be written over */
#define ALL_GAUGES (LG_GAUGE_BIT(LG_GAUGE_COUNT) - 1)

/* So much of an area may be written over, and is put back. */
struct area {
    char *bytes;
    char *kept;
    size_t size;
};

enum { HEADER, ROWS, ATTIC, SLIP, AREAS };

struct stage {
    struct lg_ledger ledger;
    struct lg_slip *slip;
    struct area areas[AREAS];
    struct lg_options options;
    struct lg_budgets budgets;
    struct lg_suppressions suppressions;
    char *words[3];
};

static void *room(size_t size)
{
    void *bytes = calloc(1, size);
    FUZZ_HOLDS(bytes != NULL);
    return bytes;
}

static void set_area(struct area *area, void *bytes, size_t size)
{
    *area = (struct area){bytes, room(size), size};
    memcpy(area->kept, bytes, size);
}

static void *add(struct lg_ledger *ledger, size_t bytes, lg_attic *offset)
{
    void *added = lg_ledger_allocate(ledger, bytes, offset);
    FUZZ_HOLDS(added != NULL);
    return added;
}

static const char maps_text[] =
    "55d0c7a40000-55d0c7a42000 r-xp 00001000 fe:01 1201 /no/such/program\n"
    "7f0000000000-7f0000020000 r-xp 00000000 fe:01 1202 /no/such/libc.so.6\n";

static struct lg_record *add_record(struct lg_ledger *ledger, const char *name)
{
    struct lg_record *record = lg_ledger_add_record(ledger);
    FUZZ_HOLDS(record != NULL);
    *record = (struct lg_record){.state = LG_RECORD_ENDED,
                                 .pass = 1,
                                 .suite = lg_ledger_add_text(ledger, "suite"),
                                 .name = lg_ledger_add_text(ledger, name),
                                 .function_address = 0x55d0c7a40100,
                                 .ending = LG_ENDING_FINISHED,
                                 .measured = ALL_GAUGES,
                                 .runs = 11,
                                 .asserts = 1};
    return record;
}

static void add_failure(struct lg_ledger *ledger, struct lg_record *record)
{
    lg_attic offset;
    struct lg_failure *failure = add(ledger, sizeof(*failure), &offset);
    *failure = (struct lg_failure){.previous = record->failures,
                                   .line = 7,
                                   .file = lg_ledger_add_text(ledger, "test.c"),
                                   .condition = lg_ledger_add_text(ledger, "a == b")};
    record->failures = offset;
    record->failures_kept++;
    record->asserts_failed++;
}

static void add_crash(struct lg_ledger *ledger, struct lg_record *record)
{
    struct lg_crash *crash = add(ledger, sizeof(*crash), &record->crash);
    record->ending = LG_ENDING_SIGNALED;
    record->wait_status = 11;
    crash->signal = 11;
    crash->code = 1;
    crash->pc = 0x55d0c7a40123;
    crash->register_count = 17;
    crash->registers[7] = 0x7ffc00000000;
    crash->stack_start = 0x7ffc00000000;
    crash->stack_bytes = 256;
    add(ledger, LG_LEDGER_CRASH_STACK_BYTES, &crash->stack);
    crash->maps = lg_ledger_add_text(ledger, maps_text);
}

static void add_trace(struct lg_ledger *ledger, struct lg_record *record)
{
    struct lg_trace *trace = add(ledger, sizeof(*trace), &record->trace);
    struct lg_site *sites = add(ledger, 2 * sizeof(*sites), &trace->sites);
    record->tracing = LG_TRACING_DONE;
    trace->runs = 10;
    trace->maps = lg_ledger_add_text(ledger, maps_text);
    trace->sites_found = trace->sites_kept = 2;
    trace->growth.values[LG_GAUGE_LIVE] = trace->grown_bytes[LG_SITE_BLOCK] = 640;
    trace->reused_kept = 1;
    for (uint32_t i = 0; i < 2; i++) {
        sites[i] = (struct lg_site){.kind = i, .depth = 2, .bytes = 320, .count = 10};
        sites[i].examples_kept = i;
        uint64_t *frames = add(ledger, 2 * sizeof(*frames), &sites[i].frames);
        frames[0] = 0x7f0000000200 + i;
        frames[1] = 0x55d0c7a40140;
    }
}

static void add_leak(struct lg_ledger *ledger, struct lg_record *record)
{
    struct lg_step *steps = add(ledger, LG_LEDGER_MAX_STEPS * sizeof(*steps), &record->steps);
    struct lg_evidence *evidence = add(ledger, sizeof(*evidence), &record->evidence);
    struct lg_strip *strips = add(ledger, 2 * sizeof(*strips), &evidence->strips);
    record->judged_runs = 10;
    record->leaking = LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_FDS);
    record->growth.values[LG_GAUGE_LIVE] = 640;
    record->growth.values[LG_GAUGE_FDS] = 10;
    record->steps_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        steps[i].runs = 1 + 9 * i;
        steps[i].warm_up = i == 0;
        steps[i].growth.values[LG_GAUGE_LIVE] = 64 + 512 * i;
        strips[i].count = 1;
        strips[i].stretches[0] = (struct lg_stretch){0x1000, 0x2000, LG_SEGMENT_HEAP};
    }
    evidence->grown_count = evidence->grown_kept = 1;
    evidence->grown[0].mapping =
        (struct lg_grown_mapping){{0x1000, 0x3000}, 0x1000, LG_SEGMENT_HEAP, 3, 0};
    evidence->grown[0].name = lg_ledger_add_text(ledger, "[heap]");
    evidence->left_kept = 1;
    evidence->left[0] = lg_ledger_add_text(ledger, "/tmp/file");
    add_trace(ledger, record);
}

static void add_host(struct lg_ledger *ledger)
{
    struct lg_host *host = &ledger->header->hosts[ledger->header->hosts_used++];
    *host = (struct lg_host){.state = LG_HOST_IDLE,
                             .pid = 42,
                             .program = lg_ledger_add_text(ledger, "/no/such/program"),
                             .maps = lg_ledger_add_text(ledger, maps_text),
                             .measured = ALL_GAUGES};
}

/* What a test has left, as its host finds it: all of it in the slip. */
static void make_slip(struct stage *stage, const struct lg_record *record)
{
    stage->slip = mmap(NULL, LG_SLIP_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    FUZZ_HOLDS(stage->slip != MAP_FAILED);
    lg_slip_begin(stage->slip, record);
    struct lg_ledger own = lg_slip_ledger(stage->slip, &stage->ledger);
    add_failure(&own, &stage->slip->record);
    stage->slip->record.asserts_failed = 0; /* it leaks as well, and is judged for that */
    add_leak(&own, &stage->slip->record);
    FUZZ_HOLDS(lg_slip_is_whole(stage->slip));
}

static void make_ledger(struct stage *stage)
{
    static struct lg_ledger_header *header;
    header = room(sizeof(*header));
    header->attic_used = 8;
    stage->ledger = (struct lg_ledger){.header = header,
                                       .records = room(RECORDS * sizeof(struct lg_record)),
                                       .attic = room(ATTIC_BYTES),
                                       .attic_used = &header->attic_used,
                                       .attic_lost_bytes = &header->attic_lost_bytes,
                                       .max_records = RECORDS,
                                       .attic_bytes = ATTIC_BYTES};
    add_host(&stage->ledger);
    struct lg_record *slipped = add_record(&stage->ledger, "slipped");
    make_slip(stage, slipped);
    add_leak(&stage->ledger, add_record(&stage->ledger, "leaks"));
    struct lg_record *fails = add_record(&stage->ledger, "fails");
    add_failure(&stage->ledger, fails);
    add_failure(&stage->ledger, fails);
    add_crash(&stage->ledger, add_record(&stage->ledger, "dies"));
    add_record(&stage->ledger, "passes")->wishes.reason = slipped->name;
}

static void make_files(struct stage *stage)
{
    static const char budgets[] = "suite/leaks live=64 first:live=32\nsuite/s* fds=4 live=1\n"
                                  "suite/passes heap=1 expect-leak\nsuite/none mmap=1\n";
    char error[256];
    struct lg_suppression known = {.pattern = "libc", .max = 64, .source = "supp.txt:1"};
    FUZZ_HOLDS(lg_budgets_read_text(&stage->budgets, "budgets.txt", budgets, strlen(budgets), 1,
                                    error, sizeof(error)) == 0);
    FUZZ_HOLDS(lg_suppressions_add_builtin(&stage->suppressions) == 0);
    FUZZ_HOLDS(lg_suppressions_add(&stage->suppressions, &known) == 0);
}

static void make_stage(struct stage *stage)
{
    static char words[] = "run\0/no/such/program";
    make_ledger(stage);
    set_area(&stage->areas[HEADER], stage->ledger.header, sizeof(struct lg_ledger_header));
    set_area(&stage->areas[ROWS], stage->ledger.records, RECORDS * sizeof(struct lg_record));
    set_area(&stage->areas[ATTIC], stage->ledger.attic, ATTIC_BYTES);
    set_area(&stage->areas[SLIP], stage->slip, SLIP_USED);
    stage->words[0] = words;
    stage->words[1] = words + strlen(words) + 1;
    stage->options = (struct lg_options){.words = stage->words,
                                         .program = stage->words + 1,
                                         .rigor = LG_RIGOR_STANDARD,
                                         .trace = true};
    lg_budget_init(&stage->options.budget);
    make_files(stage);
}

/* With the budgets and suppressions of files, or without. */
static void set_files(struct stage *stage, bool with)
{
    stage->options.budgets = with ? &stage->budgets : NULL;
    stage->options.suppressions = with ? &stage->suppressions : NULL;
    stage->options.ratchet = with;
    lg_suppressions_forget(&stage->suppressions);
}

/* Of the header most is slots of jobs that there are not, of the attic the stack of a crash. */
static void write_over(struct stage *stage, const uint8_t *data, size_t size)
{
    while (size >= 4) {
        struct area *area = &stage->areas[data[0] % AREAS];
        size_t length = data[1] % 16 + 1;
        size_t at = ((size_t)data[2] << 8 | data[3]) * 4 % area->size;
        data += 4;
        size -= 4;
        if (length > size)
            length = size;
        if (length > area->size - at)
            length = area->size - at;
        memcpy(area->bytes + at, data, length);
        data += length;
        size -= length;
    }
}

static void put_back(struct stage *stage)
{
    for (size_t i = 0; i < AREAS; i++)
        memcpy(stage->areas[i].bytes, stage->areas[i].kept, stage->areas[i].size);
}

static void check_rows(const struct lg_results *results)
{
    size_t counted = 0;
    size_t rows = 0;
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++)
        counted += results->counts[kind];
    FUZZ_HOLDS(counted == results->count);
    for (size_t p = 0; p < results->program_count; p++) {
        FUZZ_HOLDS(results->programs[p].first == rows);
        rows += results->programs[p].count;
    }
    FUZZ_HOLDS(rows == results->count);
    for (size_t i = 0; i < results->count; i++) {
        const struct lg_row *row = &results->rows[i];
        FUZZ_HOLDS(row->suite[0] != '\0' && row->name[0] != '\0' && row->message != NULL);
        FUZZ_HOLDS(strchr(row->name, '\n') == NULL && strchr(row->message, '\n') == NULL);
        fuzz_check_clean(row->name, strlen(row->name));
        fuzz_check_clean(row->message, strlen(row->message));
    }
}

static void check_console(const struct lg_results *results)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    FUZZ_HOLDS(stream != NULL);
    lg_console_write(results, stream, false, false);
    lg_console_list(results, stream, results->options->ratchet);
    FUZZ_HOLDS(fclose(stream) == 0 && length > 0);
    fuzz_check_clean(text, length);
    free(text);
}

static int write_junit(const struct lg_results *results)
{
    int fd = fuzz_file_fd(&(struct fuzz_part){"", 0});
    FUZZ_HOLDS(lg_junit_write_fd(results, fd) == 0);
    return fd;
}

/* What is written is read back, test by test. */
static void check_junit(const struct lg_results *results)
{
    struct lg_join *join = lg_join_new();
    struct lg_doc doc;
    char error[256] = "";
    int fd = write_junit(results);
    FUZZ_HOLDS(lg_join_add_fd(join, fd, "x.xml", error, sizeof(error)) == 0);
    FUZZ_HOLDS(lg_doc_read(lg_join_document(join), &doc) == 0);
    FUZZ_HOLDS(doc.cases == results->count && doc.count == results->program_count);
    for (int kind = 0; kind < LG_VERDICT_COUNT; kind++)
        FUZZ_HOLDS(doc.verdicts[kind] == results->counts[kind]);
    for (size_t p = 0; p < doc.count; p++) {
        FUZZ_HOLDS(doc.programs[p].count == results->programs[p].count);
        for (size_t i = 0; i < doc.programs[p].count; i++) {
            const struct lg_row *row = &results->rows[results->programs[p].first + i];
            const struct lg_doc_case *test = &doc.programs[p].cases[i];
            FUZZ_HOLDS(strcmp(test->suite, row->suite) == 0 && strcmp(test->name, row->name) == 0);
            FUZZ_HOLDS(test->verdict == row->verdict.kind);
        }
    }
    lg_doc_free(&doc);
    lg_join_free(join);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stage stage;
    struct lg_results results;
    struct lg_outcome outcome = {.elapsed_ns = 1};
    if (stage.ledger.header == NULL)
        make_stage(&stage);
    set_files(&stage, size > 0 && data[0] / AREAS % 2 == 1);
    write_over(&stage, data, size);
    /* As the host does for a test that is over. */
    if (lg_slip_is_whole(stage.slip))
        lg_slip_keep(stage.slip, &stage.ledger, &stage.ledger.records[0]);
    FUZZ_HOLDS(lg_results_read(&stage.ledger, &stage.options, &outcome, &results) == 0);
    check_rows(&results);
    if (size % 16 == 1)
        check_junit(&results);
    else if (size % 4 == 1)
        write_junit(&results);
    else
        check_console(&results);
    lg_results_free(&results);
    put_back(&stage);
    return 0;
}
