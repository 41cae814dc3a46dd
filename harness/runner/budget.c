#include "runner/budget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void lg_budget_init(struct lg_budget *budget)
{
    memset(budget, 0, sizeof(*budget));
    budget->limits.values[LG_GAUGE_FRAG] = LG_BUDGET_UNLIMITED;
}

struct complaint {
    char *text;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static int complain(struct complaint *complaint,
                                                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint->text, complaint->size, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* The factor of the unit of LENGTH bytes, or 0 for none that is known. */
static int64_t unit_factor(const char *unit, size_t length)
{
    static const struct {
        const char *name;
        int64_t factor;
    } units[] = {
        {"", 1},          {"B", 1},           {"K", 1 << 10},   {"KiB", 1 << 10}, {"M", 1 << 20},
        {"MiB", 1 << 20}, {"G", 1 << 30},     {"GiB", 1 << 30}, {"kB", 1000},     {"KB", 1000},
        {"MB", 1000000},  {"GB", 1000000000}, {"k", 1 << 10},
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].name) == length && memcmp(units[i].name, unit, length) == 0)
            return units[i].factor;
    }
    return 0;
}

static int parse_limit(const struct lg_limit_text *written, int64_t *limit,
                       struct complaint *complaint)
{
    const char *text = written->text;
    size_t length = written->length;
    if (length == strlen("unlimited") && memcmp(text, "unlimited", length) == 0) {
        *limit = LG_BUDGET_UNLIMITED;
        return 0;
    }
    int64_t value = 0;
    size_t at = 0;
    bool overflow = false;
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
        overflow |= __builtin_mul_overflow(value, 10, &value);
        overflow |= __builtin_add_overflow(value, text[at] - '0', &value);
    }
    if (at == 0)
        return complain(complaint, "%s=%.*s is no limit (a whole number, or 'unlimited')",
                        written->name, (int)length, text);
    int64_t factor = unit_factor(text + at, length - at);
    if (factor == 0 || (at < length && !written->in_bytes))
        return complain(complaint, "unknown unit '%.*s' of %s (%s)", (int)(length - at), text + at,
                        written->name,
                        written->in_bytes ? "K, M, G, KiB, MiB, GiB, kB, MB, GB"
                                          : "it counts: no unit");
    overflow |= __builtin_mul_overflow(value, factor, &value);
    if (overflow)
        return complain(complaint, "%s=%.*s is too large", written->name, (int)length, text);
    *limit = value;
    return 0;
}

int lg_budget_parse_limit(const struct lg_limit_text *written, int64_t *limit, char *error,
                          size_t error_size)
{
    struct complaint complaint = {error, error_size};
    return parse_limit(written, limit, &complaint);
}

static int parse_item(const char *item, size_t length, struct lg_gauges *limits,
                      struct complaint *complaint)
{
    const char *equals = memchr(item, '=', length);
    if (equals == NULL)
        return complain(complaint, "'%.*s' is not of the form GAUGE=LIMIT", (int)length, item);
    int name = (int)(equals - item);
    enum lg_gauge gauge = lg_gauge_find(item, name);
    if (gauge == LG_GAUGE_COUNT)
        return complain(complaint,
                        "unknown gauge '%.*s' (heap, mmap, live, frag, fds, threads, children)",
                        name, item);
    struct lg_limit_text written = {
        .name = lg_gauge_name(gauge),
        .text = equals + 1,
        .length = length - (size_t)name - 1,
        .in_bytes = lg_gauge_in_bytes(gauge),
    };
    return parse_limit(&written, &limits->values[gauge], complaint);
}

int lg_budget_parse(const char *spec, struct lg_budget *budget, char *error, size_t error_size)
{
    struct complaint complaint = {error, error_size};
    struct lg_gauges limits = budget->limits;
    const char *item = spec;
    for (;;) {
        size_t length = strcspn(item, ",");
        int status = parse_item(item, length, &limits, &complaint);
        if (status != 0)
            return status;
        if (item[length] == '\0')
            break;
        item += length + 1;
    }
    budget->limits = limits;
    return 0;
}

char *lg_budget_format(const struct lg_budget *budget, char *out, size_t size)
{
    size_t at = 0;
    if (size > 0)
        out[0] = '\0';
    for (int gauge = 0; gauge < LG_GAUGE_COUNT && at < size; gauge++) {
        int64_t limit = budget->limits.values[gauge];
        if (limit == LG_BUDGET_UNLIMITED)
            continue;
        at += (size_t)snprintf(out + at, size - at, "%s%s=%" PRId64, at > 0 ? "," : "",
                               lg_gauge_name((enum lg_gauge)gauge), limit);
    }
    return out;
}
