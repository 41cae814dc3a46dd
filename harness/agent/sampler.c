#include "agent/sampler.h"

#include "agent/census.h"
#include "agent/proc.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Twice the kernel's default of vm.max_map_count. */
#define MAX_MAPPINGS ((size_t)131072)
#define PAGE_BYTES 4096
#define NAMES_BYTES ((size_t)16 << 20)

static struct lg_maps carve(char *memory)
{
    struct lg_maps maps = {0};
    maps.rows = (struct lg_mapping *)(void *)memory;
    maps.capacity = MAX_MAPPINGS;
    maps.names = memory + MAX_MAPPINGS * sizeof(struct lg_mapping);
    maps.names_capacity = NAMES_BYTES;
    return maps;
}

int lg_sampler_init(struct lg_sampler *sampler)
{
    size_t each = MAX_MAPPINGS * sizeof(struct lg_mapping) + NAMES_BYTES;
    char *memory = mmap(NULL, 2 * each, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    memset(sampler, 0, sizeof(*sampler));
    sampler->rows[0] = carve(memory);
    sampler->rows[1] = carve(memory + each);
    sampler->memory.start = (uint64_t)(uintptr_t)memory;
    sampler->memory.end = sampler->memory.start + 2 * each;
    lg_sampler_exclude(sampler, sampler->memory);
    return 0;
}

void lg_sampler_exclude(struct lg_sampler *sampler, struct lg_range range)
{
    if (sampler->excluded_count < LG_SAMPLER_EXCLUDED)
        sampler->excluded[sampler->excluded_count++] = range;
}

bool lg_sampler_owns(const struct lg_sampler *sampler, const struct lg_mapping *row)
{
    for (size_t i = 0; i < sampler->excluded_count; i++) {
        if (row->start < sampler->excluded[i].end && sampler->excluded[i].start < row->end)
            return true;
    }
    return false;
}

void lg_sampler_hide(struct lg_sampler *sampler, uint64_t hidden_bytes)
{
    sampler->known.size.all_pages -= hidden_bytes / PAGE_BYTES;
    sampler->has_read = false;
}

void lg_sampler_include(struct lg_sampler *sampler, size_t count)
{
    struct lg_maps *maps = &sampler->rows[sampler->latest];
    size_t kept = 0;
    for (size_t i = 0; i < maps->count; i++) {
        if (!lg_sampler_owns(sampler, &maps->rows[i]))
            maps->rows[kept++] = maps->rows[i];
    }
    maps->count = kept;
    sampler->base = sampler->latest;
    sampler->excluded_count -= count;
}

/* Only a heap that has grown has anything to be trimmed. Who looks at its blocks wants it in any
 * case: what is free, but still held ready, passes for one that is in use. */
static struct mallinfo2 trim(struct lg_sampler *sampler)
{
    struct mallinfo2 info = mallinfo2();
    bool may_skip = sampler->known.is_known && !sampler->exact && !sampler->always_trims;
    if (may_skip && info.arena == sampler->trimmed_arena_bytes)
        return info;
    malloc_trim(0);
    info = mallinfo2();
    sampler->trimmed_arena_bytes = info.arena;
    return info;
}

static bool is_known(const struct lg_sampler *sampler, const struct lg_proc_size *size,
                     uint64_t program_break)
{
    const struct lg_sampler_known *known = &sampler->known;
    return known->is_known && !sampler->exact && known->sample.program_break == program_break &&
           known->size.all_pages == size->all_pages && known->size.data_pages == size->data_pages;
}

/* Into the rows that are not those of the base. */
static int read_mappings(struct lg_sampler *sampler)
{
    unsigned latest = 1 - sampler->base;
    int error = lg_proc_read_maps(&sampler->rows[latest]);
    if (error != 0)
        return error;
    sampler->latest = latest;
    sampler->has_read = true;
    lg_sample_count(&sampler->known.sample, &sampler->rows[latest], sampler->excluded,
                    sampler->excluded_count);
    return 0;
}

int lg_sampler_take(struct lg_sampler *sampler, struct lg_sample *out)
{
    struct mallinfo2 info = trim(sampler);
    struct lg_proc_size size;
    struct lg_census census;
    uint64_t program_break = (uint64_t)(uintptr_t)sbrk(0);
    bool has_size = lg_proc_size(&size) == 0;
    if (!has_size || !is_known(sampler, &size, program_break)) {
        sampler->known.is_known = false;
        int error = read_mappings(sampler);
        if (error != 0)
            return error;
        sampler->known.is_known = has_size;
        sampler->known.size = size;
        sampler->known.sample.program_break = program_break;
    }
    *out = sampler->known.sample;
    bool own = sampler->live_bytes == NULL;
    out->live_bytes = own ? info.uordblks + info.hblkhd : sampler->live_bytes();
    out->arena_bytes = own ? info.arena : 0;
    int error = lg_census_take(&census);
    out->fds = census.fds;
    out->threads = census.threads;
    out->children = census.children;
    return error;
}

void lg_sampler_rebase(struct lg_sampler *sampler)
{
    sampler->base = sampler->latest;
}

const struct lg_maps *lg_sampler_base(const struct lg_sampler *sampler)
{
    return &sampler->rows[sampler->base];
}

const struct lg_maps *lg_sampler_latest(const struct lg_sampler *sampler)
{
    return &sampler->rows[sampler->latest];
}
