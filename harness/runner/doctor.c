#include "runner/doctor.h"

#include "runner/message.h"
#include "runner/text.h"

#include <gnu/libc-version.h>
#include <string.h>
#include <sys/utsname.h>

#define GREEN "\x1b[32m"
#define RED "\x1b[31m"
#define RESET "\x1b[0m"

static const struct lg_row *find_row(const struct lg_results *results, const char *name)
{
    for (size_t i = 0; i < results->count; i++) {
        if (results->rows[i].record != NULL && strcmp(results->rows[i].name, name) == 0)
            return &results->rows[i];
    }
    return NULL;
}

/* What the gauge said of its leak. */
static bool describe(const struct lg_row *row, enum lg_gauge gauge, struct lg_text *text)
{
    if (row == NULL) {
        lg_text_add(text, "not tried: the agent did not get that far");
        return false;
    }
    if ((row->record->measured & LG_GAUGE_BIT(gauge)) == 0) {
        lg_text_add(text, "not measured");
        return false;
    }
    if ((row->verdict.grown & LG_GAUGE_BIT(gauge)) == 0) {
        lg_text_add(text, "not seen: %s", row->message);
        return false;
    }
    lg_text_add(text, "seen: ");
    lg_text_add_growth(text, gauge, lg_verdict_per_run(&row->verdict, gauge));
    lg_text_add(text, " a run");
    return true;
}

static void write_line(FILE *stream, bool color, const char *name, const char *planted, bool good,
                       const char *said)
{
    fprintf(stream, "%-10s %-28s %s%s%s\n", name, planted, color ? (good ? GREEN : RED) : "", said,
            color ? RESET : "");
}

static bool write_gauges(const struct lg_results *results, FILE *stream, bool color)
{
    static const struct {
        enum lg_gauge gauge;
        const char *planted;
    } gauges[] = {
        {LG_GAUGE_LIVE, "malloc of 100 bytes"}, {LG_GAUGE_HEAP, "malloc of 100000 bytes"},
        {LG_GAUGE_MMAP, "mmap of 64 KiB"},      {LG_GAUGE_FDS, "an open descriptor"},
        {LG_GAUGE_THREADS, "a thread"},         {LG_GAUGE_CHILDREN, "a process"},
    };
    bool all = true;
    fprintf(stream, "%-10s %-28s %s\n", "gauge", "planted", "result");
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        struct lg_text said = {0};
        const char *name = lg_gauge_name(gauges[i].gauge);
        bool seen = describe(find_row(results, name), gauges[i].gauge, &said);
        write_line(stream, color, name, gauges[i].planted, seen, lg_text_string(&said));
        lg_text_free(&said);
        all &= seen;
    }
    const struct lg_row *clean = find_row(results, "clean");
    bool quiet = clean != NULL && clean->verdict.kind == LG_VERDICT_PASSED;
    write_line(stream, color, "(none)", "malloc and free", quiet,
               clean == NULL ? "not tried"
               : quiet       ? "nothing seen"
                             : clean->message);
    return all && quiet;
}

static void write_foundations(const struct lg_results *results, FILE *stream)
{
    const struct lg_host *host = results->programs[0].host;
    struct utsname system;
    if (uname(&system) == 0)
        fprintf(stream, "\n%-28s %s %s, %s\n", "kernel", system.sysname, system.release,
                system.machine);
    fprintf(stream, "%-28s %s\n", "glibc", gnu_get_libc_version());
    if (host != NULL) {
        fprintf(stream, "%-28s %s\n", "malloc",
                lg_ledger_text(results->ledger, host->allocator_name));
        fprintf(stream, "%-28s %s\n", "allocator settings pinned",
                host->pins == (1U << LG_PIN_COUNT) - 1 ? "all" : "not all");
    }
    for (size_t i = 0; i < results->facts.count; i++)
        fprintf(stream, "%-28s %s\n", results->facts.rows[i].name, results->facts.rows[i].value);
}

bool lg_doctor_write(const struct lg_results *results, FILE *stream, bool color)
{
    bool good = write_gauges(results, stream, color);
    write_foundations(results, stream);
    return good;
}
