#include "agent/selfcheck.h"

#include "agent/census.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLANTED_BLOCK_BYTES ((size_t)1000)
#define PLANTED_HEAP_BYTES ((size_t)100000) /* below what malloc maps */
#define PLANTED_MAPPING_BYTES ((size_t)65536)

static const int64_t least_growth[LG_GAUGE_COUNT] = {
    [LG_GAUGE_HEAP] = PLANTED_HEAP_BYTES / 2, /* the top may have had some of it */
    [LG_GAUGE_MMAP] = PLANTED_MAPPING_BYTES,
    [LG_GAUGE_LIVE] = PLANTED_HEAP_BYTES + PLANTED_BLOCK_BYTES,
    [LG_GAUGE_FDS] = 1,
};

struct planted {
    void *volatile block;
    void *volatile heap;
    void *mapping;
    int fd;
};

static struct planted plant(void)
{
    struct planted planted;
    planted.block = malloc(PLANTED_BLOCK_BYTES);
    planted.heap = malloc(PLANTED_HEAP_BYTES);
    planted.mapping = mmap(NULL, PLANTED_MAPPING_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    planted.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return planted;
}

static void take_back(struct planted *planted)
{
    free(planted->block);
    free(planted->heap);
    if (planted->mapping != MAP_FAILED)
        munmap(planted->mapping, PLANTED_MAPPING_BYTES);
    if (planted->fd >= 0)
        close(planted->fd);
}

/* What another allocator does is not seen by glibc's figures, and a sanitizer maps memory
 * for its own ends: there, only its own count of live bytes is good. */
static lg_gauge_set not_to_be_asked(const struct lg_allocator *allocator)
{
    const lg_gauge_set heap = LG_GAUGE_BIT(LG_GAUGE_HEAP) | LG_GAUGE_BIT(LG_GAUGE_FRAG);
    switch (allocator->kind) {
    case LG_ALLOCATOR_GLIBC:
        return 0;
    case LG_ALLOCATOR_SANITIZER:
        return heap | LG_GAUGE_BIT(LG_GAUGE_MMAP);
    case LG_ALLOCATOR_VALGRIND:
        return heap | LG_GAUGE_BIT(LG_GAUGE_MMAP) | LG_GAUGE_BIT(LG_GAUGE_LIVE);
    default:
        return heap | LG_GAUGE_BIT(LG_GAUGE_LIVE);
    }
}

lg_gauge_set lg_selfcheck(struct lg_sampler *sampler, const struct lg_allocator *allocator)
{
    const lg_gauge_set all = (1U << LG_GAUGE_COUNT) - 1;
    lg_gauge_set trusted = lg_census_measurable();
    struct lg_sample before;
    struct lg_sample with;
    struct lg_sample after;
    void *volatile first = malloc(PLANTED_BLOCK_BYTES); /* malloc sets itself up */
    free(first);
    if (lg_sampler_take(sampler, &before) != 0)
        return 0;
    struct planted planted = plant();
    int error = lg_sampler_take(sampler, &with);
    take_back(&planted);
    if (error != 0 || lg_sampler_take(sampler, &after) != 0)
        return 0;
    struct lg_gauges grown;
    struct lg_gauges left;
    lg_sample_growth(&before, &with, all, &grown);
    lg_sample_growth(&before, &after, all, &left);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (least_growth[gauge] == 0)
            continue;
        if (grown.values[gauge] >= least_growth[gauge] && left.values[gauge] <= 0)
            trusted |= LG_GAUGE_BIT(gauge);
        else
            trusted &= ~LG_GAUGE_BIT(gauge);
    }
    if ((trusted & LG_GAUGE_BIT(LG_GAUGE_HEAP)) != 0 &&
        (trusted & LG_GAUGE_BIT(LG_GAUGE_LIVE)) != 0)
        trusted |= LG_GAUGE_BIT(LG_GAUGE_FRAG);
    return trusted & ~not_to_be_asked(allocator);
}
