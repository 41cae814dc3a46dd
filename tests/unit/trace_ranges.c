#include "trace_ranges.h"

#include "unit.h"

#include <sys/mman.h>

void traced_ranges_start(struct traced_ranges *traced, size_t capacity)
{
    void *memory = mmap(NULL, lg_sites_memory_bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(memory != MAP_FAILED);
    lg_sites_init(&traced->sites, memory);
    for (uint64_t i = 1; i <= TRACED_SITES; i++)
        CU_ASSERT_EQUAL(lg_sites_find(&traced->sites, LG_SITE_MAPPING, &i, 1), i);
    lg_ranges_init(&traced->ranges, traced->rows, capacity, &traced->sites);
}

void traced_ranges_end(struct traced_ranges *traced)
{
    munmap(traced->sites.rows, lg_sites_memory_bytes());
}

bool traced_ranges_are_sound(const struct traced_ranges *traced)
{
    int64_t bytes[TRACED_SITES + 1] = {0};
    int64_t count[TRACED_SITES + 1] = {0};
    bool sound = traced->ranges.count <= traced->ranges.capacity;
    for (size_t i = 0; i < traced->ranges.count; i++) {
        const struct lg_traced_range *row = &traced->rows[i];
        sound &= row->start < row->end && row->site <= TRACED_SITES;
        sound &= i == 0 || row[-1].end <= row->start;
        bytes[row->site <= TRACED_SITES ? row->site : 0] += (int64_t)(row->end - row->start);
        count[row->site <= TRACED_SITES ? row->site : 0]++;
    }
    for (uint32_t site = 1; site <= TRACED_SITES; site++)
        sound &= traced->sites.rows[site].bytes == bytes[site] &&
                 traced->sites.rows[site].count == count[site];
    return sound;
}
