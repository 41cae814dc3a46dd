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
    sampler->base = carve(memory);
    sampler->latest = carve(memory + each);
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

int lg_sampler_take(struct lg_sampler *sampler, struct lg_sample *out)
{
    malloc_trim(0);
    struct mallinfo2 info = mallinfo2();
    int fd = lg_proc_maps();
    int error = fd >= 0 ? lg_maps_read_fd(fd, &sampler->latest) : fd;
    lg_proc_release(fd);
    if (error != 0)
        return error;
    lg_sample_count(out, &sampler->latest, sampler->excluded, sampler->excluded_count);
    bool own = sampler->live_bytes == NULL;
    out->live_bytes = own ? info.uordblks + info.hblkhd : sampler->live_bytes();
    out->arena_bytes = own ? info.arena : 0;
    out->program_break = (uint64_t)(uintptr_t)sbrk(0);
    struct lg_census census;
    error = lg_census_take(&census);
    out->fds = census.fds;
    out->threads = census.threads;
    out->children = census.children;
    return error;
}

void lg_sampler_rebase(struct lg_sampler *sampler)
{
    struct lg_maps base = sampler->base;
    sampler->base = sampler->latest;
    sampler->latest = base;
}
