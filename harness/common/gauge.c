#include "common/gauge.h"

#include <string.h>

static const struct {
    const char *name;
    bool in_bytes;
} gauges[LG_GAUGE_COUNT] = {
    [LG_GAUGE_HEAP] = {"heap", true},          [LG_GAUGE_MMAP] = {"mmap", true},
    [LG_GAUGE_LIVE] = {"live", true},          [LG_GAUGE_FRAG] = {"frag", true},
    [LG_GAUGE_FDS] = {"fds", false},           [LG_GAUGE_THREADS] = {"threads", false},
    [LG_GAUGE_CHILDREN] = {"children", false},
};

const char *lg_gauge_name(enum lg_gauge gauge)
{
    return gauges[gauge].name;
}

bool lg_gauge_in_bytes(enum lg_gauge gauge)
{
    return gauges[gauge].in_bytes;
}

enum lg_gauge lg_gauge_find(const char *name, int length)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const char *candidate = gauges[gauge].name;
        if (strlen(candidate) == (size_t)length && memcmp(candidate, name, (size_t)length) == 0)
            return (enum lg_gauge)gauge;
    }
    return LG_GAUGE_COUNT;
}

lg_gauge_set lg_gauges_fallen(const struct lg_gauges *growth)
{
    lg_gauge_set fallen = 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (growth->values[gauge] < 0)
            fallen |= LG_GAUGE_BIT(gauge);
    }
    return fallen;
}

lg_gauge_set lg_gauges_grown(const struct lg_gauges *growth)
{
    lg_gauge_set grown = 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (growth->values[gauge] > 0)
            grown |= LG_GAUGE_BIT(gauge);
    }
    return grown;
}

void lg_gauges_add(struct lg_gauges *sum, const struct lg_gauges *term)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        int64_t *value = &sum->values[gauge];
        if (__builtin_add_overflow(*value, term->values[gauge], value))
            *value = term->values[gauge] > 0 ? INT64_MAX : INT64_MIN;
    }
}

static bool is_over(int64_t growth, uint32_t runs, int64_t limit)
{
    int64_t allowed;
    if (limit == LG_GAUGE_UNLIMITED || __builtin_mul_overflow(limit, (int64_t)runs, &allowed))
        return false;
    return growth > allowed;
}

lg_gauge_set lg_gauges_over(const struct lg_gauges *growth, uint32_t runs, lg_gauge_set grown,
                            const struct lg_gauges *limits)
{
    lg_gauge_set over = 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((grown & LG_GAUGE_BIT(gauge)) != 0 &&
            is_over(growth->values[gauge], runs, limits->values[gauge]))
            over |= LG_GAUGE_BIT(gauge);
    }
    return over;
}
