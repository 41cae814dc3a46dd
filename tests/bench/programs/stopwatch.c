/* Runs a command with its output thrown away, and tells what it took:
 *   stopwatch [--memory] COMMAND [ARG...]
 * prints the microseconds from before its fork to after its end, the microseconds of processor
 * time of it and all processes it waited for, and its exit status (or 128 and the signal).
 *
 * With --memory it looks at the command each millisecond, which takes time itself, and prints more:
 * the peak of its resident KiB, of those the anonymous and the shared ones, and the microseconds
 * from the end of its first child to its own. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct watch {
    unsigned long peak_kib;
    unsigned long anonymous_kib;
    unsigned long shared_kib;
    pid_t child; /* 0: none yet */
    int64_t child_end_us;
};

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static pid_t start(char **command)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    execvp(command[0], command);
    _exit(127);
}

static void keep_largest(const char *line, const char *name, unsigned long *largest)
{
    unsigned long kib;

    if (strncmp(line, name, strlen(name)) != 0)
        return;
    kib = strtoul(line + strlen(name), NULL, 10);
    if (kib > *largest)
        *largest = kib;
}

static void look_at_memory(pid_t pid, struct watch *watch)
{
    char line[256];
    FILE *status;

    snprintf(line, sizeof line, "/proc/%d/status", (int)pid);
    status = fopen(line, "r");
    if (status == NULL)
        return;
    while (fgets(line, sizeof line, status) != NULL) {
        keep_largest(line, "VmHWM:", &watch->peak_kib);
        keep_largest(line, "RssAnon:", &watch->anonymous_kib);
        keep_largest(line, "RssShmem:", &watch->shared_kib);
    }
    fclose(status);
}

/* The first child that is seen; then, whether it is still there, and not a zombie. */
static void look_at_child(pid_t pid, struct watch *watch)
{
    char text[512];
    FILE *file;
    char *state;

    if (watch->child_end_us != 0)
        return;
    if (watch->child == 0)
        snprintf(text, sizeof text, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    else
        snprintf(text, sizeof text, "/proc/%d/stat", (int)watch->child);
    file = fopen(text, "r");
    memset(text, 0, sizeof text);
    if (file != NULL) {
        (void)!fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    if (watch->child == 0) {
        watch->child = (pid_t)strtol(text, NULL, 10);
        return;
    }
    state = strrchr(text, ')');
    if (state == NULL || strncmp(state, ") Z", 3) == 0)
        watch->child_end_us = now_us();
}

static int wait_watching(pid_t pid, int *status, struct rusage *usage, struct watch *watch)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    pid_t ended;

    while ((ended = wait4(pid, status, WNOHANG, usage)) == 0) {
        look_at_memory(pid, watch);
        look_at_child(pid, watch);
        nanosleep(&pause, NULL);
    }
    return ended == pid ? 0 : -1;
}

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

int main(int argc, char **argv)
{
    bool memory = argc > 1 && strcmp(argv[1], "--memory") == 0;
    struct watch watch = {0};
    struct rusage usage;
    int64_t began_us = now_us();
    int64_t ended_us;
    int status;
    pid_t pid;

    if (argc < (memory ? 3 : 2)) {
        fprintf(stderr, "usage: stopwatch [--memory] COMMAND [ARG...]\n");
        return 2;
    }
    pid = start(argv + (memory ? 2 : 1));
    if (pid < 0 || (memory ? wait_watching(pid, &status, &usage, &watch) != 0
                           : wait4(pid, &status, 0, &usage) != pid)) {
        perror("stopwatch");
        return 2;
    }
    ended_us = now_us();
    printf("%" PRId64 " %" PRId64 " %d", ended_us - began_us,
           microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (memory)
        printf(" %lu %lu %lu %" PRId64, watch.peak_kib, watch.anonymous_kib, watch.shared_kib,
               watch.child_end_us != 0 ? ended_us - watch.child_end_us : 0);
    putchar('\n');
    return 0;
}
