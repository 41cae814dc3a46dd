#include "agent/output.h"

#include "agent/agent.h"
#include "agent/proc.h"
#include "common/clock.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STREAMS 2

/* A process that the test has left behind may go on and on. */
#define DRAIN_NS UINT64_C(1000000000)
#define PAUSE_NS 20000

static int fds[LG_LEDGER_MAX_SLOTS][STREAMS];
static bool is_open;
static bool is_wanted[STREAMS]; /* the program has such a stream */

static int open_pipe(int32_t runner, int32_t fd)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)runner, (int)fd);
    return lg_proc_move_up(open(path, O_WRONLY | O_CLOEXEC));
}

void lg_output_open(void)
{
    const struct lg_ledger_header *header = lg_agent.ledger.header;
    if (header->orders.capture == 0 || lg_agent.host_index != 0 || is_open)
        return;
    for (uint32_t slot = 0; slot < lg_agent.ledger.slots; slot++) {
        for (int i = 0; i < STREAMS; i++)
            fds[slot][i] = open_pipe(header->runner_pid, header->orders.output_fds[slot][i]);
    }
    is_open = true;
}

/* The program may have closed all that it did not open, and opened something else there. */
static bool is_pipe(int fd)
{
    struct stat status;
    return fd >= 0 && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* What is closed stays closed. */
void lg_output_check(void)
{
    for (int i = 0; i < STREAMS && is_open; i++) {
        is_wanted[i] = fcntl(i == 0 ? STDOUT_FILENO : STDERR_FILENO, F_GETFD) >= 0;
        for (uint32_t slot = 0; slot < lg_agent.ledger.slots; slot++)
            fds[slot][i] = is_pipe(fds[slot][i]) ? fds[slot][i] : -1;
    }
}

void lg_output_leave_others(uint32_t slot)
{
    for (uint32_t other = 0; is_open && other < lg_agent.ledger.slots; other++) {
        for (int i = 0; other != slot && i < STREAMS; i++) {
            if (fds[other][i] < 0)
                continue;
            close(fds[other][i]);
            fds[other][i] = -1;
        }
    }
}

bool lg_output_owns(int fd)
{
    for (uint32_t slot = 0; is_open && slot < lg_agent.ledger.slots; slot++) {
        for (int i = 0; i < STREAMS; i++) {
            if (fds[slot][i] >= 0 && fds[slot][i] == fd)
                return true;
        }
    }
    return false;
}

void lg_output_take(void)
{
    const int *own = fds[lg_agent.slot];
    for (int i = 0; i < STREAMS && is_open; i++) {
        int stream = i == 0 ? STDOUT_FILENO : STDERR_FILENO;
        if (is_wanted[i] && own[i] >= 0)
            dup2(own[i], stream);
    }
}

void lg_output_drain(uint32_t slot)
{
    const int *own = fds[slot];
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    uint64_t deadline_ns = 0;
    for (int i = 0; i < STREAMS && is_open; i++) {
        int waiting = 0;
        while (own[i] >= 0 && ioctl(own[i], FIONREAD, &waiting) == 0 && waiting > 0) {
            uint64_t now = lg_clock_ns();
            if (deadline_ns == 0)
                deadline_ns = now + DRAIN_NS;
            if (now > deadline_ns)
                return;
            nanosleep(&pause, NULL);
        }
    }
}
