/* Processes. */
#include "agent/trace/hooks.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static struct {
    int (*clone)(int (*)(void *), void *, int, void *, ...);
    pid_t (*fork)(void);
    pid_t (*_Fork)(void);
    int (*daemon)(int, int);
    int (*posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                       const posix_spawnattr_t *, char *const[], char *const[]);
    int (*posix_spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                        const posix_spawnattr_t *, char *const[], char *const[]);
    FILE *(*popen)(const char *, const char *);
} real;

/* The row of a process that is gone, where there is no other; LG_TRACE_MAX_CHILDREN if all of
 * them are there. */
static uint32_t free_child(void)
{
    struct lg_traced_children *children = lg_trace.children;
    uint32_t at = __atomic_fetch_add(&children->count, 1, __ATOMIC_RELAXED);
    if (at < LG_TRACE_MAX_CHILDREN)
        return at;
    __atomic_store_n(&children->count, LG_TRACE_MAX_CHILDREN, __ATOMIC_RELAXED);
    at = 0;
    while (at < LG_TRACE_MAX_CHILDREN && kill(children->rows[at].pid, 0) == 0)
        at++;
    return at;
}

static void note_child(int32_t pid, uint32_t site)
{
    struct lg_traced_children *children = lg_trace.children;
    uint32_t at = free_child();
    if (at >= LG_TRACE_MAX_CHILDREN)
        return;
    children->rows[at].site = site;
    __atomic_store_n(&children->rows[at].pid, pid, __ATOMIC_RELEASE);
}

/* A process that the test has forked notes what it forks itself, a daemon, as that call's. */
void lg_trace_forked(int32_t pid)
{
    if (pid > 0 && lg_trace.lineage != 0) {
        note_child(pid, lg_trace.lineage);
    } else if (pid > 0 && lg_trace_enter_locked()) {
        note_child(pid, lg_trace_site(LG_SITE_CHILD));
        lg_trace_leave_locked();
    }
}

static pid_t forked_by(pid_t (*call)(void))
{
    uint32_t site = lg_trace.lineage;
    if (site == 0 && lg_trace_enter_locked()) {
        site = lg_trace_site(LG_SITE_CHILD);
        lg_trace_leave_locked();
    }
    pid_t pid = call();
    if (pid == 0)
        lg_trace.lineage = site;
    else if (pid > 0 && site != 0)
        note_child(pid, site);
    return pid;
}

static pid_t lg_hook_fork(void)
{
    return forked_by(real.fork);
}

static pid_t lg_hook__Fork(void)
{
    return forked_by(real._Fork);
}

/* Threads that are made with it are not told from those of libc. */
static int lg_hook_clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list arguments;
    va_start(arguments, argument);
    void *parent_tid = va_arg(arguments, void *);
    void *tls = va_arg(arguments, void *);
    void *child_tid = va_arg(arguments, void *);
    va_end(arguments);
    int pid = real.clone(function, stack, flags, argument, parent_tid, tls, child_tid);
    if (pid > 0 && (flags & CLONE_THREAD) == 0)
        lg_trace_forked(pid);
    return pid;
}

/* It forks inside libc: the parent is gone, and the child is in it. */
static int lg_hook_daemon(int keep_folder, int keep_streams)
{
    int error = real.daemon(keep_folder, keep_streams);
    if (error == 0 && lg_trace.lineage != 0)
        note_child(getpid(), lg_trace.lineage);
    return error;
}

static int lg_hook_posix_spawn(pid_t *pid, const char *path,
                               const posix_spawn_file_actions_t *actions,
                               const posix_spawnattr_t *attributes, char *const argv[],
                               char *const envp[])
{
    pid_t child = 0;
    int error = real.posix_spawn(&child, path, actions, attributes, argv, envp);
    if (error != 0)
        return error;
    if (pid != NULL)
        *pid = child;
    lg_trace_forked(child);
    return 0;
}

static int lg_hook_posix_spawnp(pid_t *pid, const char *file,
                                const posix_spawn_file_actions_t *actions,
                                const posix_spawnattr_t *attributes, char *const argv[],
                                char *const envp[])
{
    pid_t child = 0;
    int error = real.posix_spawnp(&child, file, actions, attributes, argv, envp);
    if (error != 0)
        return error;
    if (pid != NULL)
        *pid = child;
    lg_trace_forked(child);
    return 0;
}

/* The last one in the list of this thread's, which is by age. With little of the stack: that of
 * a thread may be small. */
static int32_t newest_child(void)
{
    char part[256];
    int32_t number = 0;
    int32_t newest = 0;
    ssize_t got;
    int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (got = read(fd, part, sizeof(part))) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            bool digit = part[i] >= '0' && part[i] <= '9';
            if (!digit && number != 0)
                newest = number;
            number = digit ? number * 10 + (part[i] - '0') : 0;
        }
    }
    if (fd >= 0)
        close(fd);
    return newest;
}

/* It does not say which process it has started: there is one more than before. */
static FILE *lg_hook_popen(const char *command, const char *mode)
{
    FILE *stream = real.popen(command, mode);
    if (stream == NULL)
        return NULL;
    lg_trace_opened(fileno(stream));
    lg_trace_forked(newest_child());
    return stream;
}

#if defined(__x86_64__)
/* It returns twice, on one stack: what comes back to a function of ours would find that used. */
__attribute__((visibility("hidden"))) pid_t (*lg_trace_real_vfork)(void);

extern void lg_trace_before_vfork(void);
__attribute__((used, visibility("hidden"))) void lg_trace_before_vfork(void)
{
    if (!lg_trace_enter_locked())
        return;
    lg_trace.vfork_site = lg_trace_site(LG_SITE_CHILD);
    lg_trace_leave_locked();
}

__asm__(".pushsection .text\n"
        ".hidden lg_hook_vfork\n"
        ".globl lg_hook_vfork\n"
        ".type lg_hook_vfork, @function\n"
        "lg_hook_vfork:\n"
        "    .cfi_startproc\n"
        "    sub $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call lg_trace_before_vfork\n"
        "    add $8, %rsp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    jmp *lg_trace_real_vfork(%rip)\n"
        "    .cfi_endproc\n"
        ".size lg_hook_vfork, .-lg_hook_vfork\n"
        ".popsection\n");
extern pid_t lg_hook_vfork(void);
#endif

LG_HOOKS_BEGIN
const struct lg_hook lg_hooks_process[] = {
    LG_HOOK(clone),
    LG_HOOK(fork),
    LG_HOOK(_Fork),
    LG_HOOK(daemon),
    LG_HOOK(posix_spawn),
    LG_HOOK(posix_spawnp),
    LG_HOOK(popen),
#if defined(__x86_64__)
    {"vfork", (void *)&lg_hook_vfork, (void **)&lg_trace_real_vfork},
#endif
    {NULL, NULL, NULL},
};
LG_HOOKS_END
