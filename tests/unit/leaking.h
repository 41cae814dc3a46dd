/* A leak whose traced run never was: call sites written to a ledger by hand. */
#ifndef LG_UNIT_LEAKING_H
#define LG_UNIT_LEAKING_H

#include "synthetic.h"
#include "traced_run.h"

/* Modules that are no files: a frame there has its module and its offset, and no more. */
#define LEAKING_MAPS                                                                               \
    "100000-200000 r-xp 00000000 fe:00 7 /usr/lib/libgrow.so\n"                                    \
    "200000-300000 r-xp 00000000 fe:00 8 /no/such/folder/cache_tests\n"                            \
    "300000-400000 r-xp 00000000 fe:00 9 /no/such/folder/libpool.so\n"
#define IN_LIBRARY(offset) (UINT64_C(0x100000) + (offset)) /* of the system's */
#define IN_TESTS(offset) (UINT64_C(0x200000) + (offset))
#define IN_POOL(offset) (UINT64_C(0x300000) + (offset)) /* a library of the user's */

struct leaking {
    struct synthetic run;
    struct lg_symbols_pool symbols;
    struct lg_record *record; /* cache/evicts: leaks 64 B live a run over 10 runs */
    struct lg_trace *trace;   /* of 10 runs after 1; in the ledger */
    struct lg_site *sites;    /* room for as many as are ever kept */
};

/* leaking_end follows. */
void leaking_start(struct leaking *leaking, const char *maps);
void leaking_end(struct leaking *leaking);

/* The same of the maps of PROGRAM of traced/, with a site of 64 B in 1 block by the call that it
 * printed as LABEL. Paths are shown from traced/. traced_end follows too. */
void leaking_start_traced(struct leaking *leaking, struct traced *traced, const char *program,
                          const char *label);

/* Adds a site of SITE_KIND that took MORE_BYTES in MORE of equal size, by the call whose return
 * addresses are given, the innermost first. */
#define leaking_add(leaking, site_kind, more_bytes, more, ...)                                     \
    leaking_add_stack(                                                                             \
        leaking, &(struct lg_site){.kind = (site_kind), .bytes = (more_bytes), .count = (more)},   \
        (const uint64_t[]){__VA_ARGS__},                                                           \
        sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
struct lg_site *leaking_add_stack(struct leaking *leaking, const struct lg_site *site,
                                  const uint64_t *addresses, size_t depth);

/* GAUGE leaks too: GROWTH over 10 runs, in the traced run as well. */
void leaking_grow(struct leaking *leaking, enum lg_gauge gauge, int64_t growth);

/* The leaks of the gauges OVER, which the caller frees. SUPPRESSIONS may be NULL. They must be
 * readable. */
struct lg_leaks *leaking_read(struct leaking *leaking, lg_gauge_set over,
                              const struct lg_suppressions *suppressions);

/* What ROW says was called, of the modules above: "cache_tests+1010 libpool.so+20". OUT is large
 * enough for a few frames. Returns OUT. */
char *leaking_stack(const struct lg_leak *row, char out[256]);

#endif
