#include "agent/keepers.h"

#include "agent/census.h"
#include "agent/host.h"
#include "agent/job.h"
#include "agent/silence.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Above the descriptors that programs count on. */
#define FIRST_FD 320

/* How often the keepers are looked at for one that a test has stopped. */
#define LOOK_MS 500

/* Present when the agent itself is built for coverage: _exit would lose the counters of the keeper,
 * and those it has from the host are not its own. */
extern void __gcov_dump(void) __attribute__((weak));
extern void __gcov_reset(void) __attribute__((weak));

struct keeper {
    pid_t pid; /* 0: there is none */
    int socket;
    struct lg_record *record; /* of the test that it runs; NULL: it waits */
};

struct request {
    uint32_t record; /* index */
    struct lg_body body;
    char context[LG_KEEPERS_CONTEXT_BYTES];
};

static struct keeper keepers[LG_ORDERS_MAX_JOBS];

static uint32_t keeper_count(void)
{
    return lg_agent.ledger.slots - 1;
}

static bool receive(int from, void *data, size_t size)
{
    ssize_t length;
    do
        length = recv(from, data, size, 0);
    while (length < 0 && errno == EINTR);
    return length == (ssize_t)size;
}

/* In the keeper, until the host has nothing more to ask. */
static _Noreturn void serve(uint32_t slot, int from)
{
    struct request request;
    if (__gcov_reset != NULL)
        __gcov_reset();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    lg_host_enter_keeper(slot);
    while (receive(from, &request, sizeof(request))) {
        const struct lg_record *record = &lg_agent.ledger.records[request.record];
        request.body.context = request.context;
        lg_job_run(slot, record, request.body);
        if (send(from, &slot, sizeof(slot), MSG_NOSIGNAL) < 0)
            break;
    }
    if (__gcov_dump != NULL)
        __gcov_dump();
    _exit(0);
}

/* Where programs don't look for theirs; in no child. */
static int move_up(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

static bool start(uint32_t slot)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    lg_flush();
    lg_host_sample();
    lg_job_hold_children();
    lg_host_show_to_forks(true);
    pid_t pid = fork();
    if (pid == 0) {
        for (uint32_t i = 0; i < keeper_count(); i++) {
            if (keepers[i].pid > 0)
                close(keepers[i].socket);
        }
        close(ends[0]);
        lg_agent.keeper_socket = ends[1];
        serve(slot, ends[1]);
    }
    lg_host_show_to_forks(false);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        lg_job_release_children();
        return false;
    }
    keepers[slot] = (struct keeper){.pid = pid, .socket = ends[0]};
    return true;
}

/* Ends it, if it has not ended: it has nothing to do, or nobody wants to know what it does. */
static void stop(uint32_t slot, int signal_number)
{
    struct keeper *keeper = &keepers[slot];
    close(keeper->socket);
    if (signal_number != 0)
        kill(keeper->pid, signal_number);
    while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    __atomic_store_n(&lg_agent.host->slots[slot].running, 0, __ATOMIC_RELEASE);
    *keeper = (struct keeper){0};
    lg_job_release_children();
}

bool lg_keepers_idle(void)
{
    for (uint32_t i = 0; i < keeper_count(); i++) {
        if (keepers[i].record == NULL)
            return true;
    }
    return false;
}

bool lg_keepers_begin(struct lg_record *record, struct lg_body body, size_t context_bytes)
{
    struct request request = {.record = (uint32_t)(record - lg_agent.ledger.records), .body = body};
    if (context_bytes > sizeof(request.context))
        return false;
    memcpy(request.context, body.context, context_bytes);
    for (uint32_t slot = 0; slot < keeper_count(); slot++) {
        if (keepers[slot].record != NULL)
            continue;
        if (keepers[slot].pid == 0 && !start(slot))
            return false;
        if (send(keepers[slot].socket, &request, sizeof(request), MSG_NOSIGNAL) < 0) {
            stop(slot, SIGKILL);
            return false;
        }
        keepers[slot].record = record;
        __atomic_store_n(&record->state, LG_RECORD_RUNNING, __ATOMIC_RELEASE);
        return true;
    }
    return false;
}

/* The test has killed its keeper, or whoever else did: nobody knows how it ended. */
static void lose(uint32_t slot)
{
    struct lg_record *record = keepers[slot].record;
    stop(slot, SIGKILL);
    lg_census_end_orphans();
    record->ending = LG_ENDING_UNWATCHED;
    record->state = LG_RECORD_ENDED;
}

static void finish(uint32_t slot)
{
    uint32_t told;
    if (!receive(keepers[slot].socket, &told, sizeof(told))) {
        lose(slot);
        return;
    }
    lg_job_keep(slot, keepers[slot].record);
    keepers[slot].record = NULL;
}

/* A test may stop its parent, which nobody else would let go on. */
static void let_go_on(void)
{
    for (uint32_t slot = 0; slot < keeper_count(); slot++) {
        int status;
        if (keepers[slot].record != NULL &&
            waitpid(keepers[slot].pid, &status, WNOHANG | WUNTRACED) > 0 && WIFSTOPPED(status))
            kill(keepers[slot].pid, SIGCONT);
    }
}

void lg_keepers_wait(void)
{
    struct pollfd sources[LG_ORDERS_MAX_JOBS];
    nfds_t count = 0;
    for (uint32_t slot = 0; slot < keeper_count(); slot++) {
        bool works = keepers[slot].record != NULL;
        sources[count++] =
            (struct pollfd){.fd = works ? keepers[slot].socket : -1, .events = POLLIN};
    }
    if (poll(sources, count, LOOK_MS) <= 0) {
        let_go_on();
        return;
    }
    for (uint32_t slot = 0; slot < count; slot++) {
        if (sources[slot].revents != 0)
            finish(slot);
    }
}

void lg_keepers_cancel(struct lg_record *record)
{
    for (uint32_t slot = 0; slot < keeper_count(); slot++) {
        if (keepers[slot].record != record)
            continue;
        stop(slot, SIGKILL);
        lg_census_end_orphans();
        record->state = LG_RECORD_REGISTERED;
    }
}

static bool any_works(void)
{
    bool any = false;
    for (uint32_t slot = 0; slot < keeper_count(); slot++)
        any |= keepers[slot].record != NULL;
    return any;
}

void lg_keepers_close(void)
{
    while (any_works())
        lg_keepers_wait();
    for (uint32_t slot = 0; slot < keeper_count(); slot++) {
        if (keepers[slot].pid > 0)
            stop(slot, 0);
    }
}
