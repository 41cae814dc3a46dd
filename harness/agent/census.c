#include "agent/census.h"

#include "agent/agent.h"
#include "agent/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 4096 /* and children */
#define MAX_END_ROUNDS 1000

/* Text, put together without stdio. */

struct line {
    char *at;
    char *end; /* where the NUL must be at the latest */
};

static void add(struct line *line, const char *text)
{
    while (*text != '\0' && line->at < line->end)
        *line->at++ = *text++;
    *line->at = '\0';
}

static void add_number(struct line *line, int64_t number)
{
    char digits[24];
    char *first = digits + sizeof(digits) - 1;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    *first = '\0';
    do
        *--first = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        add(line, "-");
    add(line, first);
}

/* "/proc/<before><id><after>" */
static const char *proc_path(char *out, size_t size, const char *before, int32_t id,
                             const char *after)
{
    struct line line = {out, out + size - 1};
    add(&line, "/proc/");
    add(&line, before);
    add_number(&line, id);
    add(&line, after);
    return out;
}

/* Reads up to SIZE - 1 bytes of FD, or fails as the call that has opened it. Returns how many, or
 * -errno. */
static ssize_t read_and_close(int fd, char *out, size_t size)
{
    if (fd < 0)
        return fd;
    size_t length = 0;
    ssize_t got;
    do {
        got = read(fd, out + length, size - 1 - length);
        if (got > 0)
            length += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    int error = got < 0 ? -errno : 0;
    close(fd);
    out[length] = '\0';
    return error != 0 ? error : (ssize_t)length;
}

static ssize_t read_file(const char *path, char *out, size_t size)
{
    return read_and_close(open(path, O_RDONLY | O_CLOEXEC), out, size);
}

static int add_id(struct lg_id_list *out, int32_t id)
{
    if (out->ids != NULL && out->count >= out->capacity)
        return -ENOBUFS;
    if (out->ids != NULL)
        out->ids[out->count] = id;
    out->count++;
    return 0;
}

static int32_t parse_id(const char **at)
{
    int32_t id = 0;
    while (**at >= '0' && **at <= '9')
        id = id * 10 + (*(*at)++ - '0');
    return id;
}

/* As struct linux_dirent64: glibc has no name for it. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* The numbers that name the entries of a folder, without that of our own descriptor. */
static int list_folder(const char *path, struct lg_id_list *out)
{
    _Alignas(8) char buffer[4096];
    int fd = lg_proc_open(path);
    if (fd < 0)
        return fd;
    bool fds = strcmp(path, "fd") == 0;
    int error = 0;
    long got;
    while (error == 0 && (got = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < got && error == 0;) {
            const struct entry *entry = (const struct entry *)(const void *)(buffer + at);
            const char *name = entry->name;
            at += entry->length;
            if (name[0] < '0' || name[0] > '9')
                continue;
            int32_t id = parse_id(&name);
            if (!fds || id != fd)
                error = add_id(out, id);
        }
    }
    close(fd);
    return error;
}

/* The numbers in TEXT, but for those of APART. */
static int list_numbers(const char *text, const int32_t apart[2], struct lg_id_list *out)
{
    int error = 0;
    for (const char *at = text; *at != '\0' && error == 0;) {
        if (*at < '0' || *at > '9') {
            at++;
            continue;
        }
        int32_t id = parse_id(&at);
        if (id != apart[0] && id != apart[1])
            error = add_id(out, id);
    }
    return error;
}

/* Those in the file of a thread's children. */
static int list_children_file(int fd, const int32_t apart[2], struct lg_id_list *out)
{
    char text[16 * 1024];
    text[0] = '\0';
    if (read_and_close(fd, text, sizeof(text)) < 0)
        return 0; /* the thread has ended */
    return list_numbers(text, apart, out);
}

/* The children of every thread of this process, zombies included. */
static int list_own_children(struct lg_id_list *out)
{
    siginfo_t info;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0)
        return 0;
    const int32_t nobody[2] = {0, 0};
    int32_t ids[MAX_THREADS];
    struct lg_id_list threads = {ids, 0, MAX_THREADS};
    int error = list_folder("task", &threads);
    for (size_t i = 0; i < threads.count && error == 0; i++) {
        char path[64];
        proc_path(path, sizeof(path), "task/", ids[i], "/children");
        error = list_children_file(lg_proc_open(path + strlen("/proc/")), nobody, out);
    }
    return error;
}

/* It is open already, unless the test has closed it, or opened something else in its place: of
 * what it says, the first is the process that it is about. */
static bool list_orphans_at_once(struct lg_id_list *out)
{
    char text[256];
    const struct lg_reaper *reaper = &lg_agent.reaper;
    ssize_t length = reaper->fd >= 0 ? pread(reaper->fd, text, sizeof(text) - 1, 0) : -1;
    if (length <= 0 || length == sizeof(text) - 1 || text[length - 1] != ' ')
        return false;
    text[length] = '\0';
    const char *at = text;
    if (parse_id(&at) != reaper->apart[0])
        return false;
    return list_numbers(text, reaper->apart, out) == 0;
}

/* What tests started and disowned, and still runs. */
static int list_orphans(struct lg_id_list *out)
{
    char folder[64];
    char path[96];
    size_t before = out->count;
    if (list_orphans_at_once(out))
        return 0;
    out->count = before;
    const struct lg_reaper *reaper = &lg_agent.reaper;
    proc_path(folder, sizeof(folder), "", reaper->pid, "/task/");
    proc_path(path, sizeof(path), folder + strlen("/proc/"), reaper->pid, "/children");
    return list_children_file(open(path, O_RDONLY | O_CLOEXEC), reaper->apart, out);
}

static int list_children(struct lg_id_list *out)
{
    int error = list_own_children(out);
    return error == 0 ? list_orphans(out) : error;
}

/* Of /proc/PID/stat: the state; 0 if it is gone. */
static char read_state(const char *before, int32_t id)
{
    char path[64];
    char text[1024];
    if (read_file(proc_path(path, sizeof(path), before, id, "/stat"), text, sizeof(text)) <= 0)
        return 0;
    /* The command stands in brackets, and may hold anything. */
    const char *at = strrchr(text, ')');
    return at != NULL && at[1] == ' ' ? at[2] : 0;
}

static int count_fds(uint32_t *count)
{
    struct stat status;
    int error = lg_proc_stat("fd", &status);
    if (error != 0)
        return error;
    if (status.st_size > 0) { /* since Linux 6.2 */
        *count = (uint32_t)status.st_size;
        return 0;
    }
    struct lg_id_list fds = {0};
    error = list_folder("fd", &fds);
    *count = (uint32_t)fds.count;
    return error;
}

/* Only a process with one thread may leave its threads: it costs next to nothing to ask. Where
 * that is forbidden, or there are more, they are counted. */
static int count_threads(uint32_t *count)
{
    struct stat status;
    *count = 1;
    if (unshare(CLONE_THREAD) == 0)
        return 0;
    int error = lg_proc_stat("task", &status);
    if (error != 0)
        return error;
    *count = (uint32_t)status.st_nlink - 2;
    return 0;
}

lg_gauge_set lg_census_measurable(void)
{
    struct lg_census census = {0};
    char path[64];
    if (lg_census_take(&census) != 0 || census.threads == 0)
        return 0;
    lg_gauge_set gauges = LG_GAUGE_BIT(LG_GAUGE_FDS) | LG_GAUGE_BIT(LG_GAUGE_THREADS);
    if (access(proc_path(path, sizeof(path), "self/task/", getpid(), "/children"), R_OK) == 0)
        gauges |= LG_GAUGE_BIT(LG_GAUGE_CHILDREN);
    return gauges;
}

int lg_census_take(struct lg_census *out)
{
    struct lg_id_list children = {0};
    int error = count_fds(&out->fds);
    if (error == 0)
        error = count_threads(&out->threads);
    if (error == 0)
        error = list_children(&children);
    out->children = (uint32_t)children.count;
    return error;
}

int lg_census_list(enum lg_gauge gauge, struct lg_id_list *out)
{
    out->count = 0;
    if (gauge == LG_GAUGE_FDS)
        return list_folder("fd", out);
    if (gauge == LG_GAUGE_THREADS)
        return list_folder("task", out);
    return list_children(out);
}

/* The process's own files are called what they are opened by, whatever number it has. */
static const char *own_path(const char *target)
{
    char own[32];
    size_t length = strlen(proc_path(own, sizeof(own), "", getpid(), "/"));
    return strncmp(target, own, length) == 0 ? target + length : NULL;
}

static void describe_fd(struct line *line, int32_t fd)
{
    char path[64];
    char target[512];
    ssize_t length =
        readlink(proc_path(path, sizeof(path), "self/fd/", fd, ""), target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    add(line, "fd ");
    add_number(line, fd);
    add(line, ": ");
    const char *own = own_path(target);
    add(line, own != NULL ? "/proc/self/" : "");
    add(line, length <= 0 ? "closed by now" : own != NULL ? own : target);
}

static const char *state_name(char state)
{
    switch (state) {
    case 'R':
        return "running";
    case 'S':
    case 'D':
        return "sleeping";
    case 'T':
    case 't':
        return "stopped";
    case 'Z':
        return "zombie: it has ended, and was not waited for";
    default:
        return "gone by now";
    }
}

static void describe_task(struct line *line, const char *what, const char *before, int32_t id)
{
    char path[64];
    char name[64];
    ssize_t length =
        read_file(proc_path(path, sizeof(path), before, id, "/comm"), name, sizeof(name));
    if (length > 0)
        name[length - 1] = '\0'; /* a newline */
    add(line, what);
    add_number(line, id);
    add(line, " '");
    add(line, length > 0 ? name : "");
    add(line, "', ");
    add(line, state_name(read_state(before, id)));
}

char *lg_census_describe(enum lg_gauge gauge, int32_t id, char *out, size_t size)
{
    struct line line = {out, out + size - 1};
    *out = '\0';
    if (gauge == LG_GAUGE_FDS)
        describe_fd(&line, id);
    else if (gauge == LG_GAUGE_THREADS)
        describe_task(&line, "thread ", "self/task/", id);
    else
        describe_task(&line, "process ", "", id);
    return out;
}

bool lg_census_end_children(void)
{
    int32_t ids[MAX_THREADS];
    struct lg_id_list children = {ids, 0, MAX_THREADS};
    struct lg_id_list orphans = {0};
    list_own_children(&children);
    for (size_t i = 0; i < children.count; i++)
        kill(ids[i], SIGKILL);
    for (size_t i = 0; i < children.count; i++)
        waitpid(ids[i], NULL, __WALL);
    list_orphans(&orphans);
    return children.count + orphans.count > 0;
}

void lg_census_end_orphans(void)
{
    int32_t ids[MAX_THREADS];
    const struct timespec pause = {.tv_nsec = 200000};
    for (int round = 0; round < MAX_END_ROUNDS; round++) {
        struct lg_id_list orphans = {ids, 0, MAX_THREADS};
        list_orphans(&orphans);
        if (orphans.count == 0)
            return;
        for (size_t i = 0; i < orphans.count; i++) {
            kill(ids[i], SIGKILL);
            if (lg_agent.is_keeper)
                waitpid(ids[i], NULL, __WALL);
        }
        nanosleep(&pause, NULL);
    }
}
