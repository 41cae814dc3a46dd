#include "agent/silence.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void lg_silence_forever(void)
{
    fflush(NULL);
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
    fflush(NULL);
    give_back(silence->out, STDOUT_FILENO);
    give_back(silence->err, STDERR_FILENO);
}
