#include "runner/last_words.h"

#include <fcntl.h>
#include <leakgate/leakgate.h>
#include <libxml/xmlmemory.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A sanitizer tells more of a crash than we do. */
#if defined(__SANITIZE_ADDRESS__)
#define LG_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LG_SANITIZED true
#endif
#endif
#ifndef LG_SANITIZED
#define LG_SANITIZED false
#endif

/* Safe in a handler of signals, too. */
static void say(const char *line)
{
    ssize_t ignored = write(STDERR_FILENO, line, strlen(line));
    (void)ignored;
}

/* What has been printed before is still to be read. */
static void *given(void *block)
{
    if (block != NULL)
        return block;
    say("leakgate: no memory for the report\n");
    exit(LEAKGATE_EXIT_USAGE);
}

static void *take(size_t size)
{
    return given(malloc(size));
}

static void *take_again(void *block, size_t size)
{
    return given(realloc(block, size));
}

static char *copy(const char *text)
{
    return given(strdup(text));
}

void lg_last_words_for_xml(void)
{
    xmlMemSetup(free, take, take_again, copy);
}

static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT};

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static const char broken[] = "leakgate: libdw could not read the debug information: there is no "
                             "memory, or it is broken\n";

static volatile sig_atomic_t reads;
static volatile sig_atomic_t own_stderr = -1; /* while libdw has none */

static void give_stderr_back(void)
{
    if (own_stderr < 0)
        return;
    dup2(own_stderr, STDERR_FILENO);
    close(own_stderr);
    own_stderr = -1;
}

/* What libdw says is for those who know its source. */
static void take_stderr(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    own_stderr = null >= 0 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
    if (own_stderr >= 0)
        dup2(null, STDERR_FILENO);
    if (null >= 0)
        close(null);
}

static void crashed(int number)
{
    (void)number;
    give_stderr_back();
    say(broken);
    _exit(LEAKGATE_EXIT_USAGE);
}

/* Where it has no memory, libdw exits itself, with 1. */
static void exited(void)
{
    if (reads != 0)
        crashed(0);
}

static void set_handlers(void (*handler)(int))
{
    for (size_t i = 0; i < SIGNALS; i++)
        signal(signals[i], handler);
}

void lg_last_words_begin(void)
{
    static bool prepared;
    if (!prepared)
        prepared = atexit(exited) == 0;
    reads = 1;
    if (LG_SANITIZED)
        return;
    take_stderr();
    set_handlers(crashed);
}

void lg_last_words_end(void)
{
    reads = 0;
    if (LG_SANITIZED)
        return;
    set_handlers(SIG_DFL);
    give_stderr_back();
}
