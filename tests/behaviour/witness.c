/* Preloaded behind the agent, it stands between the agent and libc, and counts the
 * agent's calls of malloc, stdio and locks. malloc_trim, which only a sample calls,
 * tells where the samples are: in a child the first two embrace the first run; from
 * the third on, each one ends a run and begins the next. (Between the second and the
 * third the output is silenced, and no growth is measured.)
 *
 * At each sample, a line "SAMPLE WITHIN OUTSIDE" goes to the descriptor WITNESS_FD:
 * the calls seen so far between two samples, and those seen elsewhere. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static pid_t host; /* where the agent checks itself, with leaks of its own */
static pid_t process;
static unsigned samples;
static unsigned since_sample;
static unsigned within;
static unsigned outside;

static bool is_agent(const void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
           strstr(info.dli_fname, "libleakgate_agent") != NULL;
}

static void note(const void *caller)
{
    if (is_agent(caller))
        since_sample++;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* libc's own names for the parameters are reserved. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,bugprone-macro-parentheses) */

/* ISO C has no conversion from an object pointer to a function pointer; POSIX does. */
#define FORWARD(result, name, parameters, arguments)                                               \
    extern result name parameters;                                                                 \
    EXPORTED result name parameters                                                                \
    {                                                                                              \
        result(*real) parameters;                                                                  \
        void *found = next(#name);                                                                 \
        memcpy(&real, &found, sizeof(real));                                                       \
        note(__builtin_return_address(0));                                                         \
        return real arguments;                                                                     \
    }

FORWARD(int, fflush, (FILE * stream), (stream))
FORWARD(FILE *, fopen, (const char *restrict path, const char *restrict mode), (path, mode))
FORWARD(int, fclose, (FILE * stream), (stream))
FORWARD(int, fputs, (const char *restrict text, FILE *restrict stream), (text, stream))
FORWARD(size_t, fwrite,
        (const void *restrict data, size_t size, size_t count, FILE *restrict stream),
        (data, size, count, stream))
FORWARD(int, vfprintf, (FILE *restrict stream, const char *restrict format, va_list arguments),
        (stream, format, arguments))
FORWARD(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
FORWARD(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
FORWARD(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))

EXPORTED void *malloc(size_t size)
{
    note(__builtin_return_address(0));
    return __libc_malloc(size);
}

EXPORTED void *calloc(size_t count, size_t size)
{
    note(__builtin_return_address(0));
    return __libc_calloc(count, size);
}

EXPORTED void *realloc(void *block, size_t size)
{
    note(__builtin_return_address(0));
    return __libc_realloc(block, size);
}

EXPORTED void free(void *block)
{
    note(__builtin_return_address(0));
    __libc_free(block);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name,bugprone-macro-parentheses) */

__attribute__((constructor)) static void remember_host(void)
{
    host = getpid();
}

static void report(void)
{
    const char *fd = getenv("WITNESS_FD");
    if (fd == NULL)
        return;
    char line[96];
    int length = snprintf(line, sizeof(line), "%u %u %u\n", samples, within, outside);
    ssize_t written = write(atoi(fd), line, (size_t)length);
    (void)written;
}

extern int malloc_trim(size_t pad);
EXPORTED int malloc_trim(size_t pad)
{
    int (*real)(size_t);
    void *found = next("malloc_trim");
    memcpy(&real, &found, sizeof(real));
    if (process != getpid()) {
        process = getpid();
        samples = 0;
    }
    samples++;
    if (process == host || samples == 1 || samples == 3)
        outside += since_sample;
    else
        within += since_sample;
    report();
    since_sample = 0;
    return real(pad);
}
