/* The watch over what runs: tests and suites that outlive their limits are ended. */
#ifndef LG_RUNNER_WATCH_H
#define LG_RUNNER_WATCH_H

#include "common/slip.h"

#include <stdbool.h>

struct lg_watch {
    struct lg_ledger *ledger;
    int ledger_fd;
    uint64_t suite_limit_ms; /* of a suite's own function; 0: none */
    struct lg_slip *slips[LG_LEDGER_MAX_HOSTS];
    struct {
        uint32_t child; /* the one that was asked to end: as its slot counts them */
        uint64_t asked_ns;
    } asked[LG_LEDGER_MAX_HOSTS][LG_LEDGER_MAX_SLOTS];
};

/* Ends what is over its limit. A test that can tell where it stands is asked to first, once, and
 * gets a moment for that. To be called again and again. */
void lg_watch_enforce(struct lg_watch *watch);

/* Kills the children of all tests that run. */
void lg_watch_kill(struct lg_watch *watch);

/* Takes over what the tests that still ran have left, once no host is there to do it. */
void lg_watch_keep(struct lg_watch *watch);

/* The record that HOST runs in SLOT, counted from 1; 0: none. */
uint32_t lg_watch_running(const struct lg_ledger *ledger, uint32_t host, uint32_t slot);

void lg_watch_close(struct lg_watch *watch);

#endif
