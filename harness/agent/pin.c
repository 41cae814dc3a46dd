#include "agent/pin.h"

#include "common/ledger.h"
#include "common/pins.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static size_t live_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* A freed chunk that the tcache keeps still counts as live. */
static int tcache_is_off(void)
{
    void *volatile first = malloc(40); /* brings allocations of malloc's own with it */
    free(first);
    size_t before = live_bytes();
    void *volatile chunk = malloc(80);
    free(chunk);
    return live_bytes() == before;
}

uint32_t lg_pin_allocator(const char *tunables)
{
    static const struct {
        int parameter;
        int value;
        enum lg_pin pin;
    } settings[] = {
        {M_MMAP_THRESHOLD, LG_PIN_MMAP_THRESHOLD_BYTES, LG_PIN_MMAP_THRESHOLD},
        {M_MMAP_MAX, LG_PIN_MMAP_MAX_COUNT, LG_PIN_MMAP_MAX},
        {M_TRIM_THRESHOLD, LG_PIN_TRIM_THRESHOLD_BYTES, LG_PIN_TRIM_THRESHOLD},
        {M_TOP_PAD, LG_PIN_TOP_PAD_BYTES, LG_PIN_TOP_PAD},
        {M_ARENA_MAX, LG_PIN_ARENA_MAX_COUNT, LG_PIN_ARENA_MAX},
    };
    uint32_t pins = 0;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (mallopt(settings[i].parameter, settings[i].value) == 1)
            pins |= 1U << settings[i].pin;
    }
    if (tcache_is_off())
        pins |= 1U << LG_PIN_TCACHE;
    if (tunables != NULL && strstr(tunables, "glibc.pthread.stack_cache_size=0") != NULL)
        pins |= 1U << LG_PIN_STACK_CACHE;
    return pins;
}
