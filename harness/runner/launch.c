#include "runner/launch.h"

#include "common/clock.h"
#include "common/pins.h"
#include "runner/terminal.h"
#include "runner/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often the watch looks at the running tests. */
#define TICK_MS 50

/* How long a test that is over its limit has to tell where it stands. */
#define TELL_MS 500

/* How long it waits for what it killed: half a second in all. */
#define MAX_KILL_ROUNDS 500
#define KILL_PAUSE_US 1000

/* Above the descriptors that programs count on being the next free ones. */
#define FIRST_LEDGER_FD 300

/* NAME=FIRST:SECOND, whichever of the two there are. */
static int set_joined(const char *name, const char *first, const char *second)
{
    char *value;
    bool both = first != NULL && first[0] != '\0' && second != NULL && second[0] != '\0';
    if (asprintf(&value, "%s%s%s", first != NULL ? first : "", both ? ":" : "",
                 second != NULL ? second : "") < 0)
        return -1;
    int error = setenv(name, value, 1);
    free(value);
    return error;
}

int lg_launch_prepare(const struct lg_launch *launch, pid_t runner)
{
    char address[64];
    int fd = fcntl(launch->ledger_fd, F_DUPFD, FIRST_LEDGER_FD);
    if (fd < 0)
        fd = dup(launch->ledger_fd);
    if (fd < 0)
        return -1;
    snprintf(address, sizeof(address), "%d:%ld:%d", fd, (long)runner, launch->ledger_fd);
    if (setenv(LG_LEDGER_VARIABLE, address, 1) != 0 ||
        set_joined("LD_PRELOAD", launch->agent, getenv("LD_PRELOAD")) != 0 ||
        set_joined("GLIBC_TUNABLES", getenv("GLIBC_TUNABLES"), LG_PIN_TUNABLES) != 0 ||
        set_joined("ASAN_OPTIONS", getenv("ASAN_OPTIONS"), LG_PIN_ASAN_OPTIONS) != 0)
        return -1;
    return 0;
}

/* In the new process. Only returns if the program could not be started: errno says why. */
static void become_program(const struct lg_launch *launch, const struct lg_terminal *terminal,
                           const sigset_t *mask)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGXFSZ, SIG_DFL);
    launch->ledger->header->program_pid = getpid(); /* before any test can ask for it */
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (lg_launch_prepare(launch, getppid()) != 0)
        return;
    lg_terminal_attach(terminal);
    int null = launch->drop_output ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (null >= 0)
        dup2(null, STDOUT_FILENO);
    execvp(launch->program[0], launch->program);
}

/* Stores the new process in PID, and in ERROR what exec said: 0 if it went through. */
static int start(const struct lg_launch *launch, const struct lg_terminal *terminal,
                 const sigset_t *mask, pid_t *pid, int *error)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return -errno;
    fflush(NULL);
    *pid = fork();
    if (*pid == 0) {
        become_program(launch, terminal, mask);
        int why = errno;
        ssize_t ignored = write(report[1], &why, sizeof(why));
        (void)ignored;
        _exit(127);
    }
    int failed = *pid < 0 ? -errno : 0;
    close(report[1]);
    *error = 0;
    if (failed == 0 && read(report[0], error, sizeof(*error)) != (ssize_t)sizeof(*error))
        *error = 0;
    close(report[0]);
    return failed;
}

/* The record that HOST's child runs right now, or NULL. */
static struct lg_record *running_record(const struct lg_ledger *ledger, const struct lg_host *host)
{
    uint32_t running = __atomic_load_n(&host->running, __ATOMIC_ACQUIRE);
    if (running == 0 || running > lg_ledger_records(ledger))
        return NULL;
    return &ledger->records[running - 1];
}

/* What it started comes to the runner, and is ended there. */
static void kill_child(const struct lg_record *record)
{
    int32_t pid = record->child_pid;
    if (pid <= 1)
        return;
    kill(pid, SIGKILL);
}

/* A test that can tell where it stands is asked to, once, and gets a moment for that. */
static void end_for_its_limit(struct lg_record *record, uint64_t over_ms)
{
    bool asked = __atomic_exchange_n(&record->timed_out, 1, __ATOMIC_ACQ_REL) != 0;
    if (!asked && record->tells_where != 0 && record->child_pid > 1)
        kill(record->child_pid, SIGABRT);
    else if (record->tells_where == 0 || over_ms > TELL_MS)
        kill_child(record);
}

static void enforce_limits(const struct lg_ledger *ledger)
{
    uint64_t now = lg_clock_ns();
    for (uint32_t i = 0; i < lg_ledger_hosts(ledger); i++) {
        struct lg_record *record = running_record(ledger, &ledger->header->hosts[i]);
        if (record == NULL || record->run_limit_ms == 0)
            continue;
        uint64_t started = __atomic_load_n(&record->run_started_ns, __ATOMIC_ACQUIRE);
        if (started == 0 || now < started || (now - started) / 1000000 < record->run_limit_ms)
            continue;
        end_for_its_limit(record, (now - started) / 1000000 - record->run_limit_ms);
    }
}

static void kill_children(const struct lg_ledger *ledger)
{
    for (uint32_t i = 0; i < lg_ledger_hosts(ledger); i++) {
        const struct lg_host *host = &ledger->header->hosts[i];
        const struct lg_record *record = running_record(ledger, host);
        if (record != NULL)
            kill_child(record);
    }
}

static void show_progress(struct lg_terminal *terminal, const struct lg_ledger *ledger)
{
    uint32_t tests = 0;
    uint32_t ended = 0;
    const struct lg_record *record = NULL;
    for (uint32_t i = 0; i < lg_ledger_hosts(ledger); i++) {
        tests += ledger->header->hosts[i].tests;
        ended += ledger->header->hosts[i].ended;
        if (record == NULL)
            record = running_record(ledger, &ledger->header->hosts[i]);
    }
    if (tests == 0)
        return;
    struct lg_text line = {0};
    lg_text_add(&line, "leakgate: %u of %u", ended, tests);
    if (record != NULL) {
        const char *suite = lg_ledger_text(ledger, record->suite);
        const char *name = lg_ledger_text(ledger, record->name);
        lg_text_add(&line, " ");
        lg_text_add_clean(&line, suite, strlen(suite));
        lg_text_add(&line, "/");
        lg_text_add_clean(&line, name, strlen(name));
    }
    lg_terminal_progress(terminal, lg_text_string(&line));
    lg_text_free(&line);
}

/* Reaps what has ended: the program, or what was disowned by its tests, as init would.
 * Returns true once the program has. */
static bool reap(pid_t program, int *wait_status)
{
    int status;
    pid_t pid;
    bool ended = false;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != program)
            continue;
        *wait_status = status;
        ended = true;
    }
    return ended;
}

/* Kills what is left of the tests. It ends at once, but for what can't be killed. */
static void end_orphans(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
    for (int round = 0; round < MAX_KILL_ROUNDS && waitpid(-1, NULL, WNOHANG) >= 0; round++) {
        FILE *children = fopen(path, "re");
        int pid;
        while (children != NULL && fscanf(children, "%d", &pid) == 1)
            kill(pid, SIGKILL);
        if (children != NULL)
            fclose(children);
        usleep(KILL_PAUSE_US);
    }
}

/* Until the program ends. A signal that asks the runner to stop ends the program first. */
static void watch(const struct lg_launch *launch, struct lg_terminal *terminal, int signals,
                  pid_t pid, struct lg_outcome *out)
{
    struct pollfd sources[] = {{.fd = signals, .events = POLLIN},
                               {.fd = terminal->master, .events = POLLIN},
                               {.fd = launch->capture->read_fds[0], .events = POLLIN},
                               {.fd = launch->capture->read_fds[1], .events = POLLIN}};
    for (;;) {
        int ready = poll(sources, 4, TICK_MS);
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
            if (info.ssi_signo == SIGCHLD)
                continue;
            out->interrupted = (int)info.ssi_signo;
            kill(pid, SIGKILL);
            kill_children(launch->ledger);
        }
        if (ready > 0 && sources[1].revents != 0 && !lg_terminal_forward(terminal))
            sources[1].fd = -1; /* the program closed its end; poll would not rest */
        for (int i = 0; ready > 0 && i < LG_CAPTURE_STREAMS; i++) {
            if (sources[2 + i].revents != 0)
                lg_capture_read(launch->capture, launch->ledger, i);
        }
        if (reap(pid, &out->wait_status))
            break;
        enforce_limits(launch->ledger);
        if (launch->show_progress)
            show_progress(terminal, launch->ledger);
    }
    /* Only a program that was killed has left a test running. */
    kill_children(launch->ledger);
    end_orphans();
}

int lg_launch_run(const struct lg_launch *launch, struct lg_outcome *out)
{
    sigset_t watched;
    sigset_t before;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &watched, &before);
    *out = (struct lg_outcome){0};
    /* What tests start and disown comes to the runner, which can tell it from all else. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    launch->ledger->header->runner_pid = getpid();
    struct lg_terminal terminal = {.master = -1};
    int signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
    int error = signals < 0 ? -errno : 0;
    if (error == 0) {
        lg_terminal_open(&terminal, launch->show_progress);
        uint64_t started = lg_clock_ns();
        pid_t pid = -1;
        error = start(launch, &terminal, &before, &pid, &out->exec_error);
        lg_terminal_started(&terminal);
        if (error == 0)
            watch(launch, &terminal, signals, pid, out);
        out->elapsed_ns = lg_clock_ns() - started;
        lg_terminal_close(&terminal);
        close(signals);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return error;
}
