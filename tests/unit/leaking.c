#include "leaking.h"

#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void leaking_start(struct leaking *leaking, const char *maps)
{
    memset(leaking, 0, sizeof(*leaking));
    CU_ASSERT_TRUE_FATAL(synthetic_init(&leaking->run));
    struct lg_ledger *ledger = &leaking->run.ledger;
    synthetic_add_host(&leaking->run, "cache_tests");
    leaking->record = synthetic_add_leak(&leaking->run, "cache", "evicts");
    leaking->trace = lg_ledger_allocate(ledger, sizeof(*leaking->trace), &leaking->record->trace);
    CU_ASSERT_PTR_NOT_NULL_FATAL(leaking->trace);
    leaking->sites = lg_ledger_allocate(ledger, LG_LEDGER_MAX_SITES * sizeof(*leaking->sites),
                                        &leaking->trace->sites);
    CU_ASSERT_PTR_NOT_NULL_FATAL(leaking->sites);
    leaking->record->tracing = LG_TRACING_DONE;
    leaking->trace->runs = 10;
    leaking->trace->warm_ups = 1;
    leaking->trace->growth.values[LG_GAUGE_LIVE] = 640;
    leaking->trace->maps = lg_ledger_add_text(ledger, maps);
}

void leaking_start_traced(struct leaking *leaking, struct traced *traced, const char *program,
                          const char *label)
{
    uint64_t address;
    CU_ASSERT_TRUE_FATAL(traced_start(traced, program, false));
    CU_ASSERT_EQUAL_FATAL(traced_addresses(traced, label, 0, &address, 1), 1);
    leaking_start(leaking, traced->maps);
    leaking->run.options.source_root = LG_TRACED_SOURCES;
    leaking_add(leaking, LG_SITE_BLOCK, 64, 1, address);
}

void leaking_end(struct leaking *leaking)
{
    lg_symbols_pool_free(&leaking->symbols);
    synthetic_fini(&leaking->run);
}

struct lg_site *leaking_add_stack(struct leaking *leaking, const struct lg_site *site,
                                  const uint64_t *addresses, size_t depth)
{
    struct lg_trace *trace = leaking->trace;
    struct lg_site *row = &leaking->sites[trace->sites_kept++];
    CU_ASSERT_FATAL(trace->sites_kept <= LG_LEDGER_MAX_SITES);
    trace->sites_found++;
    *row = *site;
    row->depth = (uint32_t)depth;
    if (row->count > 0 && row->bytes % row->count == 0)
        row->each_bytes = row->bytes / row->count;
    uint64_t *frames =
        lg_ledger_allocate(&leaking->run.ledger, depth * sizeof(*frames) + 8, &row->frames);
    CU_ASSERT_PTR_NOT_NULL_FATAL(frames);
    memcpy(frames, addresses, depth * sizeof(*frames));
    trace->grown_bytes[row->kind] += row->bytes;
    trace->grown_count[row->kind] += row->count;
    return row;
}

void leaking_grow(struct leaking *leaking, enum lg_gauge gauge, int64_t growth)
{
    leaking->record->measured |= LG_GAUGE_BIT(gauge);
    leaking->record->leaking |= LG_GAUGE_BIT(gauge);
    leaking->record->growth.values[gauge] = growth;
    leaking->trace->growth.values[gauge] = growth;
}

struct lg_leaks *leaking_read(struct leaking *leaking, lg_gauge_set over,
                              const struct lg_suppressions *suppressions)
{
    struct lg_leaks_how how = {suppressions, &leaking->symbols, false};
    struct lg_leaks *leaks = NULL;
    CU_ASSERT_EQUAL_FATAL(lg_leaks_read(&leaking->run.ledger, leaking->record, over, &how, &leaks),
                          0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(leaks);
    return leaks;
}

char *leaking_stack(const struct lg_leak *row, char out[256])
{
    int length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < row->frame_count && length < 200; i++) {
        const char *module = strrchr(row->frames[i].module, '/') + 1;
        length += snprintf(out + length, 256 - (size_t)length, "%s%s+%" PRIx64, i > 0 ? " " : "",
                           module, row->frames[i].offset);
    }
    return out;
}
