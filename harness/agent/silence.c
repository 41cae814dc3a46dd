#include "agent/silence.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/single_threaded.h>
#include <unistd.h>

static void flush_if_free(FILE *stream)
{
    if (ftrylockfile(stream) != 0)
        return;
    fflush_unlocked(stream);
    funlockfile(stream);
}

/* All open streams, the newest first. glibc exports it; where there is none, all are flushed. */
extern FILE *_IO_list_all __attribute__((weak));

/* Whether any has something to be written, or may have: to flush writes to each of them, and so
 * costs a page fault for each in the host and in every child. */
static bool any_pending(void)
{
    if (&_IO_list_all == NULL)
        return true;
    for (const FILE *stream = _IO_list_all; stream != NULL; stream = stream->_chain) {
        bool is_wide = stream->_mode > 0;
        if (is_wide || stream->_IO_write_ptr > stream->_IO_write_base)
            return true;
    }
    return false;
}

void lg_flush(void)
{
    if (__libc_single_threaded) {
        if (any_pending())
            fflush(NULL);
        return;
    }
    flush_if_free(stdout);
    flush_if_free(stderr);
}

void lg_silence_forever(void)
{
    lg_flush();
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0)
        return;
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
}

void lg_silence_begin(struct lg_silence *silence)
{
    silence->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    silence->err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    lg_silence_forever();
}

static void give_back(int copy, int fd)
{
    if (copy < 0) {
        close(fd);
        return;
    }
    dup2(copy, fd);
    close(copy);
}

void lg_silence_end(const struct lg_silence *silence)
{
    lg_flush();
    give_back(silence->out, STDOUT_FILENO);
    give_back(silence->err, STDERR_FILENO);
}
