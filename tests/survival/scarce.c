/* Preloaded into leakgate, it lets one allocation fail: the one that LG_SURVIVAL_FAIL numbers, from
 * 1. At the end it writes to LG_SURVIVAL_COUNT how many there were. It does so in the runner alone,
 * with what that forks until it executes another program, which knows nothing of it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*memfd_create)(const char *, unsigned);
    pid_t (*fork)(void);
} next;

static unsigned long count;
static unsigned long failing;
static bool counts;
static char count_path[512];

/* Looking up a function may allocate: once for all, from here. */
static char early[8192];
static size_t early_used;

static void *take_early(size_t size)
{
    size_t start = (early_used + 15) & ~(size_t)15;
    if (size > sizeof(early) - start)
        return NULL;
    early_used = start + size;
    return early + start;
}

static bool runs_out(void)
{
    if (!counts || ++count != failing)
        return false;
    errno = ENOMEM;
    return true;
}

static void look_up(void)
{
    static bool looks_up;
    if (looks_up || next.fork != NULL)
        return;
    looks_up = true;
    *(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&next.mmap = dlsym(RTLD_NEXT, "mmap");
    *(void **)&next.memfd_create = dlsym(RTLD_NEXT, "memfd_create");
    *(void **)&next.fork = dlsym(RTLD_NEXT, "fork");
    looks_up = false;
}

EXPORT void *malloc(size_t size)
{
    look_up();
    if (next.malloc == NULL)
        return take_early(size);
    return runs_out() ? NULL : next.malloc(size);
}

EXPORT void *calloc(size_t nmemb, size_t size)
{
    look_up();
    if (next.calloc == NULL)
        return take_early(nmemb * size);
    return runs_out() ? NULL : next.calloc(nmemb, size);
}

EXPORT void *realloc(void *ptr, size_t size)
{
    look_up();
    if (next.realloc == NULL)
        return NULL;
    return runs_out() ? NULL : next.realloc(ptr, size);
}

EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
    look_up();
    return runs_out() ? MAP_FAILED : next.mmap(addr, len, prot, flags, fd, offset);
}

EXPORT int memfd_create(const char *name, unsigned flags)
{
    look_up();
    return runs_out() ? -1 : next.memfd_create(name, flags);
}

EXPORT pid_t fork(void)
{
    look_up();
    return runs_out() ? -1 : next.fork();
}

__attribute__((constructor)) static void begin(void)
{
    char self[512] = "";
    const char *number = getenv("LG_SURVIVAL_FAIL");
    const char *path = getenv("LG_SURVIVAL_COUNT");
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    look_up();
    if (length < 0 || number == NULL || path == NULL ||
        strcmp(strrchr(self, '/') + 1, "leakgate") != 0)
        return;
    /* What it preloads itself is measured without us. */
    unsetenv("LD_PRELOAD");
    snprintf(count_path, sizeof(count_path), "%s", path);
    failing = strtoul(number, NULL, 10);
    counts = true;
}

__attribute__((destructor)) static void end(void)
{
    if (!counts)
        return;
    counts = false;
    int fd = open(count_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    dprintf(fd, "%lu\n", count);
    close(fd);
}
