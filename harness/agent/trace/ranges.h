/* The mappings of the traced run, by address: who asked for which. maps merges neighbours,
 * and a part of one may be given back: here each keeps its own size and site.
 *
 * Pure: the memory is the caller's, and nothing is allocated. */
#ifndef LG_AGENT_TRACE_RANGES_H
#define LG_AGENT_TRACE_RANGES_H

#include "agent/trace/sites.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_traced_range {
    uint64_t start; /* end exclusive */
    uint64_t end;
    uint32_t site; /* 0: it was there before, or is nobody's */
    bool reserved; /* PROT_NONE */
    bool marked;   /* it was there when lg_ranges_mark was called */
};

struct lg_ranges {
    struct lg_traced_range *rows; /* by address, none overlaps another */
    size_t count;
    size_t capacity;
    uint64_t lost; /* ranges that did not fit */
    struct lg_sites *sites;
};

/* ROWS is the caller's memory. What sites hold is accounted for in SITES. */
void lg_ranges_init(struct lg_ranges *ranges, struct lg_traced_range *rows, size_t capacity,
                    struct lg_sites *sites);

/* From here on, RANGE is what it says, whatever was there. */
void lg_ranges_set(struct lg_ranges *ranges, struct lg_traced_range range);

/* The same for what was mapped over whatever was there: memory of nobody stays that, since
 * nothing has grown there. */
void lg_ranges_replace(struct lg_ranges *ranges, struct lg_traced_range range);

/* What lies between START and END is gone. Returns how many bytes of it were known. */
uint64_t lg_ranges_clear(struct lg_ranges *ranges, uint64_t start, uint64_t end);

/* From here on, growth counts: what was reserved before is nobody's, and has grown when it
 * becomes memory now. */
void lg_ranges_mark(struct lg_ranges *ranges);

/* The reserved parts between START and END become memory: of SITE, or of whoever has reserved
 * them since the mark. */
void lg_ranges_commit(struct lg_ranges *ranges, uint64_t start, uint64_t end, uint32_t site);

/* The known parts between START and END become a reservation: of whoever has made them since the
 * mark, or of nobody. */
void lg_ranges_reserve(struct lg_ranges *ranges, uint64_t start, uint64_t end);

#endif
