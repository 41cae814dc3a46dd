#include "runner/suppressions.h"

#include "runner/budget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char kept_values[] =
    "glibc keeps every value a variable ever had: another thread may hold what getenv returned";
static const char kept_array[] =
    "glibc's array of variables never shrinks; the variable's text is the caller's and is judged";
static const char kept_zones[] =
    "glibc keeps the abbreviations of every time zone there ever was: tzname may point to them";
/* gmtime and localtime jump to one function, and either may be taken for its door. */
static const char kept_by_convert[] =
    "glibc keeps the abbreviations of every time zone, and looks at TZ whenever it converts";

/* By the names that they have in libc's own debug information too. A stack of putenv goes
 * through setenv's function, so it comes first. */
static const struct {
    const char *function;
    const char *reason;
} builtins[] = {
    {"putenv", kept_array},         {"setenv", kept_values},
    {"__setenv", kept_values},      {"__add_to_environ", kept_values},
    {"tzset", kept_zones},          {"__tzset", kept_zones},
    {"tzset_internal", kept_zones}, {"__tz_convert", kept_by_convert},
    {"localtime", kept_by_convert}, {"localtime_r", kept_by_convert},
    {"gmtime", kept_by_convert},    {"gmtime_r", kept_by_convert},
};

void lg_suppressions_cut(struct lg_suppressions *list, size_t count)
{
    for (size_t i = count; i < list->count; i++) {
        if (list->rows[i].builtin)
            continue;
        free((char *)list->rows[i].pattern);
        free((char *)list->rows[i].source);
    }
    list->count = count;
}

void lg_suppressions_free(struct lg_suppressions *list)
{
    lg_suppressions_cut(list, 0);
    free(list->rows);
    *list = (struct lg_suppressions){0};
}

int lg_suppressions_add(struct lg_suppressions *list, const struct lg_suppression *suppression)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : 16;
        struct lg_suppression *rows = reallocarray(list->rows, capacity, sizeof(*rows));
        if (rows == NULL)
            return -ENOMEM;
        list->rows = rows;
        list->capacity = capacity;
    }
    list->rows[list->count++] = *suppression;
    return 0;
}

int lg_suppressions_add_builtin(struct lg_suppressions *list)
{
    size_t before = list->count;
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        struct lg_suppression row = {
            .pattern = builtins[i].function,
            .max = LG_BUDGET_UNLIMITED,
            .source = "built-in",
            .reason = builtins[i].reason,
            .builtin = true,
        };
        if (lg_suppressions_add(list, &row) != 0) {
            lg_suppressions_cut(list, before);
            return -ENOMEM;
        }
    }
    return 0;
}

/* The rest of a pattern from '$' on is nothing to LeakSanitizer, and nothing here. Unlike there,
 * "foo$" matches "foofoo", which ends in it. */
static bool matches(const char *pattern, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return false;
    bool anchored = pattern[0] == '^';
    bool after_star = false;
    pattern += anchored;
    while (pattern[0] != '\0') {
        size_t part = strcspn(pattern, "*$");
        size_t left = strlen(text);
        if (pattern[part] == '$')
            return part > 0 ? left >= part && (!anchored || left == part) &&
                                  memcmp(text + left - part, pattern, part) == 0
                            : after_star;
        const char *found = anchored ? strncmp(text, pattern, part) == 0 ? text : NULL
                                     : memmem(text, left, pattern, part);
        if (found == NULL)
            return false;
        text = found + part;
        pattern += part;
        after_star = pattern[0] == '*';
        pattern += after_star;
        anchored = false;
    }
    return true;
}

static bool matches_frame(const char *pattern, const struct lg_frame *frame)
{
    return matches(pattern, frame->function) || matches(pattern, frame->door) ||
           matches(pattern, frame->file) || matches(pattern, frame->module);
}

static bool is_in_libc(const struct lg_frame *frame)
{
    const char *slash = frame->module != NULL ? strrchr(frame->module, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : "";
    return strncmp(name, "libc.so.", strlen("libc.so.")) == 0 ||
           strncmp(name, "libc-2.", strlen("libc-2.")) == 0;
}

static bool is_named(const struct lg_frame *frame, const char *name)
{
    const char *known = frame->function != NULL ? frame->function : frame->door;
    return known != NULL && strcmp(known, name) == 0;
}

/* From the allocation up to the function, all must be libc. */
static bool is_kept_by_libc(const char *function, const struct lg_frame *frames, size_t count)
{
    for (size_t i = 0; i < count && is_in_libc(&frames[i]); i++) {
        if (is_named(&frames[i], function))
            return true;
    }
    return false;
}

static bool matches_call(const struct lg_suppression *row, const struct lg_frame *frames,
                         size_t count)
{
    if (row->builtin)
        return is_kept_by_libc(row->pattern, frames, count);
    for (size_t i = 0; i < count; i++) {
        if (matches_frame(row->pattern, &frames[i]))
            return true;
    }
    return false;
}

const struct lg_suppression *lg_suppressions_match(const struct lg_suppressions *list,
                                                   const struct lg_frame *frames, size_t count)
{
    for (size_t i = 0; i < list->count; i++) {
        if (matches_call(&list->rows[i], frames, count))
            return &list->rows[i];
    }
    return NULL;
}

void lg_suppressions_count(struct lg_suppressions *list, const struct lg_suppression *matched,
                           int64_t growth)
{
    struct lg_suppression *row = &list->rows[matched - list->rows];
    row->matches++;
    if (__builtin_add_overflow(row->growth, growth, &row->growth))
        row->growth = growth > 0 ? INT64_MAX : INT64_MIN;
}

void lg_suppressions_forget(struct lg_suppressions *list)
{
    for (size_t i = 0; i < list->count; i++) {
        list->rows[i].matches = 0;
        list->rows[i].growth = 0;
    }
}
