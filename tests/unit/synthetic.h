/* A run that never was: a ledger filled by hand, and what is read from it. */
#ifndef LG_UNIT_SYNTHETIC_H
#define LG_UNIT_SYNTHETIC_H

#include "runner/results.h"

#include <stdbool.h>

#define BIT(gauge) LG_GAUGE_BIT(LG_GAUGE_##gauge)
#define MEMORY (BIT(HEAP) | BIT(MMAP) | BIT(LIVE) | BIT(FRAG))

/* wait_status of a program that exited or died. */
#define EXITED_WITH(status) ((status) << 8)
#define DIED_OF(signal) (signal)

struct synthetic {
    struct lg_ledger ledger;
    int fd;
    struct lg_options options;
    struct lg_outcome outcome;
    struct lg_results results;
    char *words[3]; /* "run", and the program */
};

/* A run of cache_tests, which is no file, that exited with 0, without a host. False, with all
 * undone, if it can't be made. */
bool synthetic_init(struct synthetic *run);
void synthetic_fini(struct synthetic *run);

/* A host that ran its tests to the end. */
struct lg_host *synthetic_add_host(struct synthetic *run, const char *program);

/* A record of the newest host: a test that passed. */
struct lg_record *synthetic_add_test(struct synthetic *run, const char *suite, const char *name);

/* The same of a test that leaks 64 B live a run over 10 runs. */
struct lg_record *synthetic_add_leak(struct synthetic *run, const char *suite, const char *name);

void synthetic_add_failure(struct synthetic *run, struct lg_record *record, const char *file,
                           uint32_t line, const char *condition);

/* Evidence for RECORD, zeroed. */
struct lg_evidence *synthetic_add_evidence(struct synthetic *run, struct lg_record *record);

/* Reads the results; they must be readable. */
void synthetic_read(struct synthetic *run);

/* The row of SUITE/NAME; its message. NULL if there is none. */
const struct lg_row *synthetic_row(const struct synthetic *run, const char *path);
const char *synthetic_message(const struct synthetic *run, const char *path);

#endif
