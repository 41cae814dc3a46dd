#include "runner/session.h"

#include "runner/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The agent lies beside the runner in the build tree, else where it was installed to. */
static int find_agent(char *out, size_t size)
{
    static const char *const places[] = {"libleakgate_agent.so", LG_AGENT_FROM_BIN};
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length < 0)
        return -errno;
    self[length] = '\0';
    *(strrchr(self, '/') + 1) = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char candidate[2 * PATH_MAX];
        snprintf(candidate, sizeof(candidate), "%s%s", self, places[i]);
        char *resolved = realpath(candidate, NULL);
        if (resolved == NULL)
            continue;
        int written = snprintf(out, size, "%s", resolved);
        free(resolved);
        return written < (int)size ? 0 : -ENAMETOOLONG;
    }
    return -ENOENT;
}

/* Where the program has ended by itself, what was begun ahead and not come to would not have run
 * one by one. One that was killed may have been so by just that. */
static void discard_ahead(struct lg_ledger *ledger, const struct lg_outcome *outcome)
{
    bool was_killed = WIFSIGNALED(outcome->wait_status);
    for (uint32_t i = 0; i < lg_ledger_records(ledger); i++) {
        struct lg_record *record = &ledger->records[i];
        bool has_run = record->state == LG_RECORD_RUNNING || record->state == LG_RECORD_ENDED;
        if (record->ahead == LG_AHEAD_NOT || (was_killed && has_run))
            continue;
        lg_ledger_discard(record);
        if (record->ahead == LG_AHEAD_BEGUN_ROW)
            record->state = LG_RECORD_UNUSED;
    }
}

static int launch(const struct lg_options *options, const char *agent, struct lg_session *session,
                  char *error, size_t size)
{
    struct lg_launch launch = {.program = options->program,
                               .agent = agent,
                               .ledger = &session->ledger,
                               .ledger_fd = session->ledger_fd,
                               .capture = &session->capture,
                               .suite_limit_ms = options->timeout_ms,
                               .show_progress =
                                   !options->quiet && !options->list && options->explain == NULL,
                               .drop_output = options->list || options->explain != NULL};
    int status = lg_launch_run(&launch, &session->outcome);
    if (status != 0)
        snprintf(error, size, "%s: could not be started: %s", options->program[0],
                 strerror(-status));
    if (status == 0 && session->outcome.exec_error != 0) {
        status = -session->outcome.exec_error;
        snprintf(error, size, "%s: could not be started: %s; give the path of a test executable",
                 options->program[0], strerror(-status));
    }
    discard_ahead(&session->ledger, &session->outcome);
    return status;
}

/* The agent, the ledger and the orders: all but the program. */
static int open_session(const struct lg_options *options, struct lg_session *session,
                        char agent[PATH_MAX], char *error, size_t error_size)
{
    int status = find_agent(agent, PATH_MAX);
    if (status != 0) {
        snprintf(error, error_size,
                 "libleakgate_agent.so is not where it was installed to; install leakgate again");
        return status;
    }
    if (strpbrk(agent, ": ") != NULL) {
        snprintf(error, error_size,
                 "%s: the agent cannot be preloaded from a path with a space or colon; install "
                 "leakgate elsewhere",
                 agent);
        return -EINVAL;
    }
    status = lg_ledger_create(options->jobs, &session->ledger, &session->ledger_fd);
    if (status != 0) {
        snprintf(error, error_size, "no memory for the results: %s", strerror(-status));
        return status;
    }
    session->capture = (struct lg_capture){.pipe_count = 0};
    if (options->capture && !options->list && options->explain == NULL)
        lg_capture_open(&session->capture, &session->ledger);
    status = lg_orders_write(&session->ledger, options, agent);
    if (status != 0) {
        snprintf(error, error_size, "no memory for the budgets");
        lg_session_close(session);
    }
    return status;
}

int lg_session_run(const struct lg_options *options, struct lg_session *session, char *error,
                   size_t error_size)
{
    char agent[PATH_MAX];
    int status = open_session(options, session, agent, error, error_size);
    if (status != 0)
        return status;
    status = launch(options, agent, session, error, error_size);
    if (status != 0)
        lg_session_close(session);
    return status;
}

int lg_session_become(const struct lg_options *options, char *const argv[], char *error,
                      size_t error_size)
{
    char agent[PATH_MAX];
    struct lg_session session;
    int status = open_session(options, &session, agent, error, error_size);
    if (status != 0)
        return status;
    struct lg_launch launch = {
        .agent = agent, .ledger = &session.ledger, .ledger_fd = session.ledger_fd};
    session.ledger.header->runner_pid = getpid();
    session.ledger.header->program_pid = getpid();
    if (fcntl(session.ledger_fd, F_SETFD, 0) == 0 && lg_launch_prepare(&launch, getpid()) == 0)
        execvp(argv[0], argv);
    status = -errno;
    snprintf(error, error_size, "%s: could not be started: %s; install it, or put it on the PATH",
             argv[0], strerror(-status));
    lg_session_close(&session);
    return status;
}

void lg_session_close(struct lg_session *session)
{
    lg_capture_close(&session->capture);
    lg_ledger_close(&session->ledger);
    close(session->ledger_fd);
}
