/* Suppressions: growth that is known, by the frames of the calls that it came from. */
#ifndef LG_RUNNER_SUPPRESSIONS_H
#define LG_RUNNER_SUPPRESSIONS_H

#include "runner/symbols.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_suppression {
    const char *pattern; /* a function's whole name for a built-in one */
    int64_t max;         /* what it covers per run: bytes, or a count; LG_BUDGET_UNLIMITED */
    const char *source;  /* "supp.txt:7", or "built-in" */
    const char *reason;  /* of a built-in one; else NULL */
    bool builtin;
    uint64_t matches; /* see lg_suppressions_count */
    int64_t growth;   /* bytes, or a count */
};

/* Zero-initialize; _free when done. */
struct lg_suppressions {
    struct lg_suppression *rows;
    size_t count;
    size_t capacity;
};

void lg_suppressions_free(struct lg_suppressions *list);

/* Appends those of the file at PATH, in LeakSanitizer's format: lines "leak:PATTERN", blank ones,
 * and comments from '#' on. A line may end in " max=LIMIT", as budgets are written: what the
 * suppression covers per run, and more than that is a leak again.
 * Returns 0, -EINVAL if a line is wrong, or -errno; LIST is then unchanged. ERROR says what is
 * wrong and where in any case: "supp.txt:7: unknown kind 'lek' (leak:PATTERN)". */
int lg_suppressions_read(struct lg_suppressions *list, const char *path, char *error,
                         size_t error_size);

/* Appends those of what glibc never gives back by design. They cover what is allocated within
 * libc beneath the function that they name, and nothing else: not what the caller hands in, and
 * no other function of that name. Returns 0 or -ENOMEM; LIST is then unchanged. */
int lg_suppressions_add_builtin(struct lg_suppressions *list);

/* Appends a copy of SUPPRESSION, whose strings are from then on the list's unless it is a built-in
 * one. Returns 0 or -ENOMEM: they are then still the caller's. */
int lg_suppressions_add(struct lg_suppressions *list, const struct lg_suppression *suppression);

/* Drops all but the first COUNT, of which there are as many at least. */
void lg_suppressions_cut(struct lg_suppressions *list, size_t count);

/* Takes all counts back. */
void lg_suppressions_forget(struct lg_suppressions *list);

/* The first one that a call matches whose COUNT FRAMES are given, the innermost, which called
 * the allocator, first. A pattern is looked for in the function, the file and the module of every
 * frame: '*' stands for anything, '^' before it for the start and '$' after it for the end.
 * Returns NULL if there is none. It moves when LIST is added to. */
const struct lg_suppression *lg_suppressions_match(const struct lg_suppressions *list,
                                                   const struct lg_frame *frames, size_t count);

/* Counts that MATCHED, one of LIST's, covered GROWTH: which ones are of use, and of how much. */
void lg_suppressions_count(struct lg_suppressions *list, const struct lg_suppression *matched,
                           int64_t growth);

#endif
