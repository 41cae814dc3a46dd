/* Starts the test program under the agent and watches over it until it ends. */
#ifndef LG_RUNNER_LAUNCH_H
#define LG_RUNNER_LAUNCH_H

#include "common/ledger.h"
#include "runner/capture.h"

#include <stdbool.h>
#include <sys/types.h>

struct lg_launch {
    char *const *program;     /* PROGRAM [ARG...], NULL-terminated */
    const char *agent;        /* the path of the agent */
    struct lg_ledger *ledger; /* its orders are written already */
    int ledger_fd;
    struct lg_capture
        *capture;            /* of what tests print; nothing of it is open: it goes where it went */
    uint64_t suite_limit_ms; /* of a suite's own function; 0: none */
    bool show_progress;      /* a progress line, if this is a terminal */
    bool drop_output;        /* what the program writes to stdout is not wanted */
};

struct lg_outcome {
    int exec_error;  /* errno if the program could not be started, else 0 */
    int wait_status; /* of the program */
    int interrupted; /* the signal that ended the run, else 0 */
    enum lg_oom oom; /* whether the OOM killer has killed the program */
    uint64_t elapsed_ns;
};

/* Puts the agent and the ledger, which RUNNER holds, into the environment of this process: what it
 * executes then is measured. Returns 0, or -1 with errno. */
int lg_launch_prepare(const struct lg_launch *launch, pid_t runner);

/* Runs the program to its end. A test that outlives its time limit is killed, and so
 * is everything when SIGINT, SIGTERM or SIGHUP arrives. Of each, the next one is without effect:
 * what was done is to be reported.
 * Returns 0 and the outcome, or -errno if the machine could not do it. */
int lg_launch_run(const struct lg_launch *launch, struct lg_outcome *out);

#endif
