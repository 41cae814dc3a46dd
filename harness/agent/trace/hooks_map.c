/* mmap, brk, and system calls made by number. */
#include "agent/agent.h"
#include "agent/trace/hooks.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    void *(*mmap64)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
    void *(*mremap)(void *, size_t, size_t, int, ...);
    int (*mprotect)(void *, size_t, int);
    void *(*shmat)(int, const void *, int);
    int (*shmdt)(const void *);
    int (*brk)(void *);
    void *(*sbrk)(intptr_t);
} real;

#define PAGE_BYTES ((uint64_t)4096)

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

void lg_trace_mapped_with(void *start, size_t bytes, int protection, int flags)
{
    if (start == MAP_FAILED || !lg_trace_enter_locked())
        return;
    uint64_t address = (uintptr_t)start;
    struct lg_traced_range range = {.start = address,
                                    .end = address + whole_pages(bytes),
                                    .site = lg_trace_site(LG_SITE_MAPPING),
                                    .reserved = protection == PROT_NONE};
    if ((flags & MAP_FIXED) != 0)
        lg_ranges_replace(&lg_trace.ranges, range);
    else
        lg_ranges_set(&lg_trace.ranges, range);
    lg_trace_leave_locked();
}

void lg_trace_mapped(void *start, size_t bytes, int protection)
{
    lg_trace_mapped_with(start, bytes, protection, 0);
}

/* With the lock held. What is not known was there before. */
static void clear(void *start, size_t bytes)
{
    uint64_t address = (uintptr_t)start;
    uint64_t whole = whole_pages(bytes);
    uint64_t known = lg_ranges_clear(&lg_trace.ranges, address, address + whole);
    lg_trace.released_bytes[LG_SITE_MAPPING] += (int64_t)(whole - known);
}

void lg_trace_unmapped(void *start, size_t bytes)
{
    if (!lg_trace_enter_locked())
        return;
    clear(start, bytes);
    lg_trace_leave_locked();
}

void lg_trace_remapped(void *old, size_t old_bytes, void *start, size_t bytes)
{
    lg_trace_unmapped(old, old_bytes);
    lg_trace_mapped(start, bytes, PROT_READ);
}

static void *lg_hook_mmap(void *address, size_t bytes, int protection, int flags, int fd,
                          off_t offset)
{
    void *start = real.mmap(address, bytes, protection, flags, fd, offset);
    lg_trace_mapped_with(start, bytes, protection, flags);
    return start;
}

static void *lg_hook_mmap64(void *address, size_t bytes, int protection, int flags, int fd,
                            off_t offset)
{
    void *start = real.mmap64(address, bytes, protection, flags, fd, offset);
    lg_trace_mapped_with(start, bytes, protection, flags);
    return start;
}

static int lg_hook_munmap(void *start, size_t bytes)
{
    /* Before: after that, another thread may be given the range. */
    if ((uintptr_t)start % PAGE_BYTES == 0)
        lg_trace_unmapped(start, bytes);
    return real.munmap(start, bytes);
}

static void *lg_hook_mremap(void *old, size_t old_bytes, size_t bytes, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    void *target = (flags & MREMAP_FIXED) != 0 ? va_arg(arguments, void *) : NULL;
    va_end(arguments);
    if ((flags & MREMAP_DONTUNMAP) == 0)
        lg_trace_unmapped(old, old_bytes);
    void *start = real.mremap(old, old_bytes, bytes, flags, target);
    if (start != MAP_FAILED)
        lg_trace_mapped(start, bytes, PROT_READ);
    else if ((flags & MREMAP_DONTUNMAP) == 0)
        lg_trace_mapped(old, old_bytes, PROT_READ); /* it is still there */
    return start;
}

static void note_protection(void *start, size_t bytes, int protection)
{
    if (!lg_trace_enter_locked())
        return;
    uint64_t address = (uintptr_t)start;
    uint64_t end = address + whole_pages(bytes);
    if (protection == PROT_NONE)
        lg_ranges_reserve(&lg_trace.ranges, address, end);
    else
        lg_ranges_commit(&lg_trace.ranges, address, end, lg_trace_site(LG_SITE_MAPPING));
    lg_trace_leave_locked();
}

static int lg_hook_mprotect(void *start, size_t bytes, int protection)
{
    int error = real.mprotect(start, bytes, protection);
    if (error == 0)
        note_protection(start, bytes, protection);
    return error;
}

static size_t segment_bytes(int id)
{
    struct shmid_ds segment;
    return shmctl(id, IPC_STAT, &segment) == 0 ? segment.shm_segsz : 0;
}

static void *lg_hook_shmat(int id, const void *address, int flags)
{
    void *start = real.shmat(id, address, flags);
    lg_trace_mapped(start, segment_bytes(id), PROT_READ);
    return start;
}

/* It does not say how long it was: as long as the mapping that begins there. */
static int lg_hook_shmdt(const void *start)
{
    int error = real.shmdt(start);
    if (error != 0 || !lg_trace_enter_locked())
        return error;
    for (size_t i = 0; i < lg_trace.ranges.count; i++) {
        const struct lg_traced_range row = lg_trace.ranges.rows[i];
        if (row.start != (uintptr_t)start)
            continue;
        lg_ranges_clear(&lg_trace.ranges, row.start, row.end);
        break;
    }
    lg_trace_leave_locked();
    return error;
}

/* The break went by so much: with the lock held. What is given back was taken last. */
static void moved_break(int64_t bytes)
{
    if (bytes > 0) {
        lg_sites_add(&lg_trace.sites, lg_trace_site(LG_SITE_BREAK), bytes, 1);
        return;
    }
    for (uint32_t i = lg_trace.sites.count; i-- > 1 && bytes < 0;) {
        struct lg_traced_site *row = &lg_trace.sites.rows[i];
        if (row->kind != LG_SITE_BREAK || row->bytes <= 0)
            continue;
        int64_t part = row->bytes < -bytes ? row->bytes : -bytes;
        row->bytes -= part;
        row->count -= row->bytes == 0 ? row->count : 0;
        bytes += part;
    }
    lg_trace.released_bytes[LG_SITE_BREAK] -= bytes;
}

static int lg_hook_brk(void *address)
{
    char *before = real.sbrk(0);
    int error = real.brk(address);
    if (error == 0 && lg_trace_enter_locked()) {
        moved_break((char *)address - before);
        lg_trace_leave_locked();
    }
    return error;
}

static void *lg_hook_sbrk(intptr_t bytes)
{
    void *before = real.sbrk(bytes);
    if ((intptr_t)before != -1 && bytes != 0 && lg_trace_enter_locked()) {
        moved_break(bytes);
        lg_trace_leave_locked();
    }
    return before;
}

/* What a system call has done, once it went through. */
static void note_call(long number, const long arguments[6], long result)
{
    void *start = (void *)arguments[0]; /* NOLINT: registers hold addresses */
    switch (number) {
    case SYS_mmap:
        lg_trace_mapped_with((void *)result, (size_t)arguments[1], (int)arguments[2], /* NOLINT */
                             (int)arguments[3]);
        break;
    case SYS_munmap:
        lg_trace_unmapped(start, (size_t)arguments[1]);
        break;
    case SYS_mremap:
        lg_trace_remapped(start, (size_t)arguments[1], (void *)result, /* NOLINT */
                          (size_t)arguments[2]);
        break;
    case SYS_mprotect:
        note_protection(start, (size_t)arguments[1], (int)arguments[2]);
        break;
    case SYS_close:
        lg_trace_closes((int)arguments[0]);
        break;
    case SYS_pipe2:
        lg_trace_opened_two(start);
        break;
    case SYS_socketpair:
        lg_trace_opened_two((const int *)arguments[3]); /* NOLINT: as above */
        break;
    case SYS_fcntl:
        if (arguments[1] == F_DUPFD || arguments[1] == F_DUPFD_CLOEXEC)
            lg_trace_opened((int)result);
        break;
#ifdef SYS_pipe
    case SYS_pipe:
        lg_trace_opened_two(start);
        break;
#endif
#ifdef SYS_open
    case SYS_open:
    case SYS_creat:
    case SYS_dup2:
    case SYS_epoll_create:
    case SYS_eventfd:
    case SYS_inotify_init:
#endif
#ifdef SYS_openat2 /* libc has no function for these, or had none for long */
    case SYS_openat2:
#endif
#ifdef SYS_pidfd_getfd
    case SYS_pidfd_getfd:
#endif
#ifdef SYS_io_uring_setup
    case SYS_io_uring_setup:
#endif
#ifdef SYS_memfd_secret
    case SYS_memfd_secret:
#endif
    case SYS_open_by_handle_at:
    case SYS_signalfd4:
    case SYS_accept:
    case SYS_openat:
    case SYS_socket:
    case SYS_accept4:
    case SYS_dup:
    case SYS_dup3:
    case SYS_memfd_create:
    case SYS_eventfd2:
    case SYS_epoll_create1:
    case SYS_timerfd_create:
    case SYS_inotify_init1:
    case SYS_pidfd_open:
    case SYS_userfaultfd:
    case SYS_perf_event_open:
        lg_trace_opened((int)result);
        break;
    default:
        break;
    }
}

#if defined(__x86_64__)
/* The stub below jumps through it: what does not return once, and on the same stack, must not
 * come back through a function of ours. */
__attribute__((visibility("hidden"))) long (*lg_trace_real_syscall)(long, ...);

/* Called by the stub, for all other calls. */
extern long lg_trace_syscall(long number, long a, long b, long c, long d, long e, long f);
__attribute__((used, visibility("hidden"))) long lg_trace_syscall(long number, long a, long b,
                                                                  long c, long d, long e, long f)
{
    const long arguments[6] = {a, b, c, d, e, f};
    long result = lg_trace_real_syscall(number, a, b, c, d, e, f);
    if (result != -1)
        note_call(number, arguments, result);
    return result;
}

/* clone (56), fork (57), vfork (58), exit (60), clone3 (435) go straight to libc. */
__asm__(".pushsection .text\n"
        ".hidden lg_hook_syscall\n"
        ".globl lg_hook_syscall\n"
        ".type lg_hook_syscall, @function\n"
        "lg_hook_syscall:\n"
        "    .cfi_startproc\n"
        "    cmp $56, %rdi\n"
        "    jb 1f\n"
        "    cmp $60, %rdi\n"
        "    jbe 2f\n"
        "    cmp $435, %rdi\n"
        "    je 2f\n"
        "1:  jmp lg_trace_syscall\n"
        "2:  jmp *lg_trace_real_syscall(%rip)\n"
        "    .cfi_endproc\n"
        ".size lg_hook_syscall, .-lg_hook_syscall\n"
        ".popsection\n");
extern long lg_hook_syscall(long number, ...);
#endif

LG_HOOKS_BEGIN
const struct lg_hook lg_hooks_map[] = {
    LG_HOOK(mmap),
    LG_HOOK(mmap64),
    LG_HOOK(munmap),
    LG_HOOK(mremap),
    LG_HOOK(mprotect),
    LG_HOOK(shmat),
    LG_HOOK(shmdt),
    LG_HOOK(brk),
    LG_HOOK(sbrk),
#if defined(__x86_64__)
    {"syscall", (void *)&lg_hook_syscall, (void **)&lg_trace_real_syscall},
#endif
    {NULL, NULL, NULL},
};
LG_HOOKS_END
