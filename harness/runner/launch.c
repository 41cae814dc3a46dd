#include "runner/launch.h"

#include "agent/oom.h"
#include "common/clock.h"
#include "common/pins.h"
#include "runner/terminal.h"
#include "runner/text.h"
#include "runner/watch.h"

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
    if (getppid() != launch->ledger->header->runner_pid)
        _exit(127); /* it was killed before that */
    /* What it sends to its own group is not for the runner. At a terminal, it may want to read. */
    if (isatty(STDIN_FILENO) == 0)
        setpgid(0, 0);
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

static void show_progress(struct lg_terminal *terminal, const struct lg_ledger *ledger)
{
    uint32_t tests = 0;
    uint32_t ended = 0;
    uint32_t running = 0;
    for (uint32_t i = 0; i < lg_ledger_hosts(ledger); i++) {
        tests += ledger->header->hosts[i].tests;
        ended += ledger->header->hosts[i].ended;
        for (uint32_t slot = 0; slot < ledger->slots && running == 0; slot++)
            running = lg_watch_running(ledger, i, slot);
    }
    if (tests == 0)
        return;
    struct lg_text line = {0};
    lg_text_add(&line, "leakgate: %u of %u", ended, tests);
    if (running != 0) {
        const struct lg_record *record = &ledger->records[running - 1];
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

/* A test may stop the program, which nobody would let go on. At a terminal, a user may. */
static bool is_to_go_on(int wait_status)
{
    return WIFSTOPPED(wait_status) &&
           (WSTOPSIG(wait_status) == SIGSTOP || isatty(STDIN_FILENO) == 0);
}

/* Reaps what has ended: the program, or what was disowned by its tests, as init would.
 * Returns true once the program has. */
static bool reap(pid_t program, int *wait_status)
{
    int status;
    pid_t pid;
    bool ended = false;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (pid == program && is_to_go_on(status))
            kill(program, SIGCONT);
        if (pid != program || WIFSTOPPED(status))
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

/* Returns the signal that asks the runner to stop, if there was one, or 0. */
static int read_signals(int signals)
{
    struct signalfd_siginfo info;
    int asked = 0;
    while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD)
            asked = (int)info.ssi_signo;
    }
    return asked;
}

/* Until the program ends. A signal that asks the runner to stop ends the program first. */
static void watch_over(const struct lg_launch *launch, struct lg_watch *watch,
                       struct lg_terminal *terminal, int signals, pid_t pid, struct lg_outcome *out)
{
    struct pollfd sources[2 + LG_CAPTURE_STREAMS * LG_LEDGER_MAX_SLOTS] = {
        {.fd = signals, .events = POLLIN}, {.fd = terminal->master, .events = POLLIN}};
    nfds_t count = 2;
    for (uint32_t i = 0; i < launch->capture->pipe_count; i++)
        sources[count++] =
            (struct pollfd){.fd = launch->capture->pipes[i].read_fd, .events = POLLIN};
    for (;;) {
        int ready = poll(sources, count, TICK_MS);
        int asked = read_signals(signals);
        if (asked != 0) {
            out->interrupted = asked;
            /* Its tests end with it. Killed before, one would be told to have crashed. */
            kill(pid, SIGKILL);
        }
        if (ready > 0 && sources[1].revents != 0 && !lg_terminal_forward(terminal))
            sources[1].fd = -1; /* the program closed its end; poll would not rest */
        for (uint32_t i = 0; ready > 0 && i < launch->capture->pipe_count; i++) {
            if (sources[2 + i].revents != 0)
                lg_capture_read(launch->capture, launch->ledger, i);
        }
        if (reap(pid, &out->wait_status))
            break;
        lg_watch_enforce(watch);
        if (launch->show_progress)
            show_progress(terminal, launch->ledger);
    }
    /* Only a program that was killed has left a test running. */
    lg_watch_kill(watch);
    end_orphans();
    lg_watch_keep(watch);
}

static const int asking[] = {SIGINT, SIGTERM, SIGHUP};

#define ASKING (sizeof(asking) / sizeof(asking[0]))

/* By nohup, or by a shell that runs us in the background. */
static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void list_watched(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGCHLD);
    for (size_t i = 0; i < ASKING; i++) {
        if (!is_ignored(asking[i]))
            sigaddset(out, asking[i]);
    }
}

static void be_asked(int number)
{
    (void)number;
}

/* What has been done is still to be reported: that is not to be stopped by the first who asks. */
static void let_report_be_written(void)
{
    struct sigaction once = {.sa_handler = be_asked, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    for (size_t i = 0; i < ASKING; i++) {
        if (!is_ignored(asking[i]))
            sigaction(asking[i], &once, NULL);
    }
}

int lg_launch_run(const struct lg_launch *launch, struct lg_outcome *out)
{
    sigset_t watched;
    sigset_t before;
    list_watched(&watched);
    sigprocmask(SIG_BLOCK, &watched, &before);
    *out = (struct lg_outcome){0};
    /* What tests start and disown comes to the runner, which can tell it from all else. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    launch->ledger->header->runner_pid = getpid();
    struct lg_terminal terminal = {.master = -1};
    struct lg_watch watch = {.ledger = launch->ledger,
                             .ledger_fd = launch->ledger_fd,
                             .suite_limit_ms = launch->suite_limit_ms};
    int signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
    int error = signals < 0 ? -errno : 0;
    if (error == 0) {
        lg_terminal_open(&terminal, launch->show_progress);
        struct lg_oom_count oom = lg_oom_read("/proc", "/sys/fs/cgroup");
        uint64_t started = lg_clock_ns();
        pid_t pid = -1;
        error = start(launch, &terminal, &before, &pid, &out->exec_error);
        lg_terminal_started(&terminal);
        if (error == 0)
            watch_over(launch, &watch, &terminal, signals, pid, out);
        if (error == 0 && out->interrupted == 0 && WIFSIGNALED(out->wait_status) &&
            WTERMSIG(out->wait_status) == SIGKILL) {
            struct lg_oom_count now = lg_oom_read("/proc", "/sys/fs/cgroup");
            out->oom = lg_oom_compare(&oom, &now);
        }
        out->elapsed_ns = lg_clock_ns() - started;
        lg_terminal_close(&terminal);
        lg_watch_close(&watch);
        close(signals);
    }
    let_report_be_written();
    sigprocmask(SIG_SETMASK, &before, NULL);
    return error;
}
