/* What opens descriptors. libc closes and opens some by itself: which are still open is asked
 * at the end, here only who opened them. */
#include "agent/trace/hooks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    int (*open)(const char *, int, ...);
    int (*open64)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    int (*openat64)(int, const char *, int, ...);
    int (*__open_2)(const char *, int);
    int (*__open64_2)(const char *, int);
    int (*__openat_2)(int, const char *, int);
    int (*__openat64_2)(int, const char *, int);
    int (*creat)(const char *, mode_t);
    int (*creat64)(const char *, mode_t);
    int (*dup)(int);
    int (*dup2)(int, int);
    int (*dup3)(int, int, int);
    int (*fcntl)(int, int, ...);
    int (*fcntl64)(int, int, ...);
    int (*pipe)(int *);
    int (*pipe2)(int *, int);
    int (*socket)(int, int, int);
    int (*socketpair)(int, int, int, int *);
    int (*accept)(int, struct sockaddr *, socklen_t *);
    int (*accept4)(int, struct sockaddr *, socklen_t *, int);
    ssize_t (*recvmsg)(int, struct msghdr *, int);
    int (*recvmmsg)(int, struct mmsghdr *, unsigned, int, struct timespec *);
    int (*memfd_create)(const char *, unsigned);
    int (*eventfd)(unsigned, int);
    int (*signalfd)(int, const void *, int);
    int (*timerfd_create)(int, int);
    int (*epoll_create)(int);
    int (*epoll_create1)(int);
    int (*inotify_init)(void);
    int (*inotify_init1)(int);
    int (*fanotify_init)(unsigned, unsigned);
    int (*pidfd_open)(pid_t, unsigned);
    int (*mkstemp)(char *);
    int (*mkstemp64)(char *);
    int (*mkostemp)(char *, int);
    int (*mkostemp64)(char *, int);
    int (*mkstemps)(char *, int);
    int (*mkostemps)(char *, int, int);
    int (*shm_open)(const char *, int, mode_t);
    mqd_t (*mq_open)(const char *, int, ...);
    int (*posix_openpt)(int);
    int (*getpt)(void);
    int (*openpty)(int *, int *, char *, const void *, const void *);
    FILE *(*fopen)(const char *, const char *);
    FILE *(*fopen64)(const char *, const char *);
    FILE *(*freopen)(const char *, const char *, FILE *);
    FILE *(*freopen64)(const char *, const char *, FILE *);
    FILE *(*tmpfile)(void);
    FILE *(*tmpfile64)(void);
    DIR *(*opendir)(const char *);
    int (*close)(int);
    int (*fclose)(FILE *);
    int (*pclose)(FILE *);
    int (*closedir)(DIR *);
} real;

/* What vfork has started shares the memory, but not the descriptors. */
static bool is_vforked(void)
{
    return lg_trace.vfork_site != 0 && getpid() != lg_trace.pid;
}

int lg_trace_opened(int fd)
{
    if (fd >= 0 && fd < LG_TRACE_MAX_FDS && !is_vforked() && lg_trace_enter_locked()) {
        lg_trace.fds[fd] = lg_trace_site(LG_SITE_FD);
        lg_trace_leave_locked();
    }
    return fd;
}

void lg_trace_opened_two(const int fds[2])
{
    lg_trace_opened(fds[0]);
    lg_trace_opened(fds[1]);
}

static void opened_two(const int fds[2], int error)
{
    if (error == 0)
        lg_trace_opened_two(fds);
}

static FILE *opened_stream(FILE *stream)
{
    if (stream != NULL)
        lg_trace_opened(fileno(stream));
    return stream;
}

/* An argument that is only there with some flags may be read in any case: it is in a register,
 * whatever that holds. */
#define OPENS_WITH_MODE(name)                                                                      \
    static int lg_hook_##name(const char *path, int flags, ...)                                    \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = va_arg(arguments, mode_t);                                                   \
        va_end(arguments);                                                                         \
        return lg_trace_opened(real.name(path, flags, mode));                                      \
    }
#define OPENS_AT_WITH_MODE(name)                                                                   \
    static int lg_hook_##name(int folder, const char *path, int flags, ...)                        \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = va_arg(arguments, mode_t);                                                   \
        va_end(arguments);                                                                         \
        return lg_trace_opened(real.name(folder, path, flags, mode));                              \
    }
#define OPENS(name, parameters, arguments)                                                         \
    static int lg_hook_##name parameters                                                           \
    {                                                                                              \
        return lg_trace_opened(real.name arguments);                                               \
    }
#define OPENS_STREAM(name, parameters, arguments)                                                  \
    static FILE *lg_hook_##name parameters                                                         \
    {                                                                                              \
        return opened_stream(real.name arguments);                                                 \
    }

OPENS_WITH_MODE(open)
OPENS_WITH_MODE(open64)
OPENS_AT_WITH_MODE(openat)
OPENS_AT_WITH_MODE(openat64)
OPENS(__open_2, (const char *path, int flags), (path, flags))
OPENS(__open64_2, (const char *path, int flags), (path, flags))
OPENS(__openat_2, (int folder, const char *path, int flags), (folder, path, flags))
OPENS(__openat64_2, (int folder, const char *path, int flags), (folder, path, flags))
OPENS(creat, (const char *path, mode_t mode), (path, mode))
OPENS(creat64, (const char *path, mode_t mode), (path, mode))
OPENS(dup, (int fd), (fd))
OPENS(dup2, (int fd, int target), (fd, target))
OPENS(dup3, (int fd, int target, int flags), (fd, target, flags))
OPENS(socket, (int domain, int type, int protocol), (domain, type, protocol))
OPENS(accept, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
OPENS(accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags),
      (fd, address, length, flags))
OPENS(memfd_create, (const char *name, unsigned flags), (name, flags))
OPENS(eventfd, (unsigned count, int flags), (count, flags))
OPENS(signalfd, (int fd, const void *mask, int flags), (fd, mask, flags))
OPENS(timerfd_create, (int clock, int flags), (clock, flags))
OPENS(epoll_create, (int size), (size))
OPENS(epoll_create1, (int flags), (flags))
OPENS(inotify_init, (void), ())
OPENS(inotify_init1, (int flags), (flags))
OPENS(fanotify_init, (unsigned flags, unsigned events), (flags, events))
OPENS(pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
OPENS(mkstemp, (char *path), (path))
OPENS(mkstemp64, (char *path), (path))
OPENS(mkostemp, (char *path, int flags), (path, flags))
OPENS(mkostemp64, (char *path, int flags), (path, flags))
OPENS(mkstemps, (char *path, int suffix), (path, suffix))
OPENS(mkostemps, (char *path, int suffix, int flags), (path, suffix, flags))
OPENS(shm_open, (const char *name, int flags, mode_t mode), (name, flags, mode))
OPENS(posix_openpt, (int flags), (flags))
OPENS(getpt, (void), ())
OPENS_STREAM(fopen, (const char *path, const char *mode), (path, mode))
OPENS_STREAM(fopen64, (const char *path, const char *mode), (path, mode))
OPENS_STREAM(freopen, (const char *path, const char *mode, FILE *stream), (path, mode, stream))
OPENS_STREAM(freopen64, (const char *path, const char *mode, FILE *stream), (path, mode, stream))
OPENS_STREAM(tmpfile, (void), ())
OPENS_STREAM(tmpfile64, (void), ())

static DIR *lg_hook_opendir(const char *path)
{
    DIR *folder = real.opendir(path);
    if (folder != NULL)
        lg_trace_opened(dirfd(folder));
    return folder;
}

static int lg_hook_pipe(int *fds)
{
    int error = real.pipe(fds);
    opened_two(fds, error);
    return error;
}

static int lg_hook_pipe2(int *fds, int flags)
{
    int error = real.pipe2(fds, flags);
    opened_two(fds, error);
    return error;
}

static int lg_hook_socketpair(int domain, int type, int protocol, int *fds)
{
    int error = real.socketpair(domain, type, protocol, fds);
    opened_two(fds, error);
    return error;
}

static int lg_hook_openpty(int *master, int *slave, char *name, const void *settings,
                           const void *size)
{
    int error = real.openpty(master, slave, name, settings, size);
    if (error == 0) {
        lg_trace_opened(*master);
        lg_trace_opened(*slave);
    }
    return error;
}

static mqd_t lg_hook_mq_open(const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    struct mq_attr *attributes = va_arg(arguments, struct mq_attr *);
    va_end(arguments);
    mqd_t queue = real.mq_open(name, flags, mode, attributes);
    lg_trace_opened((int)queue);
    return queue;
}

static int duplicated(int command, int result)
{
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? lg_trace_opened(result) : result;
}

static int lg_hook_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return duplicated(command, real.fcntl(fd, command, argument));
}

static int lg_hook_fcntl64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return duplicated(command, real.fcntl64(fd, command, argument));
}

/* Descriptors that another process has sent. */
static void received(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        const int *fds = (const int *)(const void *)CMSG_DATA(part);
        for (size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
            lg_trace_opened(fds[i]);
    }
}

static ssize_t lg_hook_recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t got = real.recvmsg(fd, message, flags);
    if (got >= 0)
        received(message);
    return got;
}

static int lg_hook_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                            struct timespec *timeout)
{
    int got = real.recvmmsg(fd, messages, count, flags, timeout);
    for (int i = 0; i < got; i++)
        received(&messages[i].msg_hdr);
    return got;
}

/* Before it is closed: after that, another may open it. */
void lg_trace_closes(int fd)
{
    if (fd >= 0 && fd < LG_TRACE_MAX_FDS && !is_vforked() && lg_trace_enter_locked()) {
        lg_trace.fds[fd] = 0;
        lg_trace_leave_locked();
    }
}

static int lg_hook_close(int fd)
{
    lg_trace_closes(fd);
    return real.close(fd);
}

/* libc closes by itself what these hold: who opened that is not to be blamed for what a call
 * that is not known opens there next. */
static FILE *closes_stream(FILE *stream)
{
    int reason = errno;
    if (stream != NULL)
        lg_trace_closes(fileno(stream));
    errno = reason;
    return stream;
}

static int lg_hook_fclose(FILE *stream)
{
    return real.fclose(closes_stream(stream));
}

static int lg_hook_pclose(FILE *stream)
{
    return real.pclose(closes_stream(stream));
}

static int lg_hook_closedir(DIR *folder)
{
    if (folder != NULL)
        lg_trace_closes(dirfd(folder));
    return real.closedir(folder);
}

LG_HOOKS_BEGIN
const struct lg_hook lg_hooks_fd[] = {
    LG_HOOK(open),          LG_HOOK(open64),        LG_HOOK(openat),
    LG_HOOK(openat64),      LG_HOOK(__open_2),      LG_HOOK(__open64_2),
    LG_HOOK(__openat_2),    LG_HOOK(__openat64_2),  LG_HOOK(creat),
    LG_HOOK(creat64),       LG_HOOK(dup),           LG_HOOK(dup2),
    LG_HOOK(dup3),          LG_HOOK(fcntl),         LG_HOOK(fcntl64),
    LG_HOOK(pipe),          LG_HOOK(pipe2),         LG_HOOK(socket),
    LG_HOOK(socketpair),    LG_HOOK(accept),        LG_HOOK(accept4),
    LG_HOOK(recvmsg),       LG_HOOK(recvmmsg),      LG_HOOK(memfd_create),
    LG_HOOK(eventfd),       LG_HOOK(signalfd),      LG_HOOK(timerfd_create),
    LG_HOOK(epoll_create),  LG_HOOK(epoll_create1), LG_HOOK(inotify_init),
    LG_HOOK(inotify_init1), LG_HOOK(fanotify_init), LG_HOOK(pidfd_open),
    LG_HOOK(mkstemp),       LG_HOOK(mkstemp64),     LG_HOOK(mkostemp),
    LG_HOOK(mkostemp64),    LG_HOOK(mkstemps),      LG_HOOK(mkostemps),
    LG_HOOK(shm_open),      LG_HOOK(mq_open),       LG_HOOK(posix_openpt),
    LG_HOOK(getpt),         LG_HOOK(openpty),       LG_HOOK(fopen),
    LG_HOOK(fopen64),       LG_HOOK(freopen),       LG_HOOK(freopen64),
    LG_HOOK(tmpfile),       LG_HOOK(tmpfile64),     LG_HOOK(opendir),
    LG_HOOK(close),         LG_HOOK(fclose),        LG_HOOK(pclose),
    LG_HOOK(closedir),      {NULL, NULL, NULL},
};
LG_HOOKS_END
