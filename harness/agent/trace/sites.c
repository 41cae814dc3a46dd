#include "agent/trace/sites.h"

#include <stdbool.h>
#include <string.h>

#define ROWS_BYTES (LG_SITES_MAX * sizeof(struct lg_traced_site))
#define FRAMES_BYTES (LG_SITES_MAX_FRAMES * sizeof(uint64_t))
#define CHAINS_BYTES (LG_SITES_MAX * sizeof(uint32_t))

size_t lg_sites_memory_bytes(void)
{
    return ROWS_BYTES + FRAMES_BYTES + CHAINS_BYTES;
}

void lg_sites_init(struct lg_sites *sites, void *memory)
{
    char *at = memory;
    memset(sites, 0, sizeof(*sites));
    sites->rows = (struct lg_traced_site *)(void *)at;
    sites->frames = (uint64_t *)(void *)(at + ROWS_BYTES);
    sites->chains = (uint32_t *)(void *)(at + ROWS_BYTES + FRAMES_BYTES);
    sites->count = 1;
}

static uint32_t hash(enum lg_site_kind kind, const uint64_t *frames, size_t depth)
{
    uint64_t sum = kind + 1;
    for (size_t i = 0; i < depth; i++)
        sum = (sum ^ frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(sum >> 32) & (LG_SITES_MAX - 1);
}

static uint32_t known(const struct lg_sites *sites, enum lg_site_kind kind, const uint64_t *frames,
                      size_t depth)
{
    for (uint32_t at = sites->chains[hash(kind, frames, depth)]; at != 0;
         at = sites->rows[at].next) {
        const struct lg_traced_site *row = &sites->rows[at];
        if (row->kind == kind && row->depth == depth &&
            memcmp(sites->frames + row->first_frame, frames, depth * sizeof(*frames)) == 0)
            return at;
    }
    return 0;
}

/* A parser that calls itself comes by as many ways as there are documents: what is left of the
 * room is for places, and not for ways to them. */
static bool is_scarce(const struct lg_sites *sites)
{
    return sites->count >= LG_SITES_MAX / 8 * 7 ||
           sites->frames_count >= LG_SITES_MAX_FRAMES / 8 * 7;
}

uint32_t lg_sites_find(struct lg_sites *sites, enum lg_site_kind kind, const uint64_t *frames,
                       size_t depth)
{
    uint32_t site = known(sites, kind, frames, depth);
    if (site == 0 && depth > LG_SITES_SCARCE_DEPTH && is_scarce(sites)) {
        depth = LG_SITES_SCARCE_DEPTH;
        site = known(sites, kind, frames, depth);
    }
    if (site != 0)
        return site;
    if (sites->count == LG_SITES_MAX || LG_SITES_MAX_FRAMES - sites->frames_count < depth) {
        sites->lost++;
        return 0;
    }
    uint32_t *chain = &sites->chains[hash(kind, frames, depth)];
    site = sites->count++;
    sites->rows[site] = (struct lg_traced_site){
        .kind = kind, .depth = (uint32_t)depth, .first_frame = sites->frames_count, .next = *chain};
    memcpy(sites->frames + sites->frames_count, frames, depth * sizeof(*frames));
    sites->frames_count += depth;
    *chain = site;
    return site;
}

void lg_sites_add(struct lg_sites *sites, uint32_t site, int64_t bytes, int64_t count)
{
    if (site == 0)
        return;
    struct lg_traced_site *row = &sites->rows[site];
    if (count == 1) {
        row->each_bytes = row->taken == 0 || row->each_bytes == bytes ? bytes : 0;
        row->taken++;
    }
    row->bytes += bytes;
    row->count += count;
}

void lg_sites_mark(struct lg_sites *sites)
{
    for (uint32_t i = 1; i < sites->count; i++) {
        sites->rows[i].marked_bytes = sites->rows[i].bytes;
        sites->rows[i].marked_count = sites->rows[i].count;
    }
}
