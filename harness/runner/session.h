/* One run of a program under the agent, from the orders to what the ledger holds. */
#ifndef LG_RUNNER_SESSION_H
#define LG_RUNNER_SESSION_H

#include "runner/launch.h"
#include "runner/options.h"

struct lg_session {
    struct lg_ledger ledger;
    int ledger_fd;
    struct lg_capture capture;
    struct lg_outcome outcome;
};

/* Runs the program of OPTIONS. Returns 0, or -errno with one line that names the place and the way
 * out in ERROR. The caller closes SESSION where it returns 0. */
int lg_session_run(const struct lg_options *options, struct lg_session *session, char *error,
                   size_t error_size);

/* This process becomes ARGV, which starts the program of OPTIONS sooner or later: nobody watches
 * over it then. Returns only if that failed: -errno, and ERROR as above. */
int lg_session_become(const struct lg_options *options, char *const argv[], char *error,
                      size_t error_size);

void lg_session_close(struct lg_session *session);

#endif
