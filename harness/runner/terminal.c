#include "runner/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ERASE_LINE "\r\x1b[K"

static void write_all(const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDERR_FILENO, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return;
        data += written;
        size -= (size_t)written;
    }
}

static int open_slave(int master)
{
    char name[128];
    if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof(name)) != 0)
        return -1;
    return open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* What is passed on goes through the real terminal once more: nothing is to be
 * changed on the way there. */
static void prepare_slave(int slave)
{
    struct termios settings;
    struct winsize size;
    if (tcgetattr(slave, &settings) == 0) {
        settings.c_oflag &= ~(tcflag_t)OPOST;
        settings.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(slave, TCSANOW, &settings);
    }
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        ioctl(slave, TIOCSWINSZ, &size);
}

void lg_terminal_open(struct lg_terminal *terminal, bool wanted)
{
    *terminal = (struct lg_terminal){.master = -1, .slave = -1, .at_line_start = true};
    if (!wanted || !isatty(STDERR_FILENO))
        return;
    terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->master < 0)
        return;
    terminal->slave = open_slave(terminal->master);
    if (terminal->slave < 0) {
        close(terminal->master);
        terminal->master = -1;
        return;
    }
    prepare_slave(terminal->slave);
    fcntl(terminal->master, F_SETFL, O_NONBLOCK);
    terminal->err = true;
    terminal->out = isatty(STDOUT_FILENO) != 0;
}

void lg_terminal_attach(const struct lg_terminal *terminal)
{
    if (terminal->out)
        dup2(terminal->slave, STDOUT_FILENO);
    if (terminal->err)
        dup2(terminal->slave, STDERR_FILENO);
}

void lg_terminal_started(struct lg_terminal *terminal)
{
    if (terminal->slave >= 0)
        close(terminal->slave);
    terminal->slave = -1;
}

static void hide(struct lg_terminal *terminal)
{
    if (terminal->shown)
        write_all(ERASE_LINE, strlen(ERASE_LINE));
    terminal->shown = false;
}

bool lg_terminal_forward(struct lg_terminal *terminal)
{
    char buffer[4096];
    ssize_t got;
    do
        got = read(terminal->master, buffer, sizeof(buffer));
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    hide(terminal);
    write_all(buffer, (size_t)got);
    terminal->at_line_start = buffer[got - 1] == '\n';
    return true;
}

void lg_terminal_progress(struct lg_terminal *terminal, const char *line)
{
    if (terminal->master < 0 || !terminal->at_line_start)
        return;
    struct winsize size;
    int width = 79;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        width = size.ws_col - 1;
    char shown[1024];
    int length = snprintf(shown, sizeof(shown), ERASE_LINE "%.*s", width, line);
    if (length > 0)
        write_all(shown, (size_t)length < sizeof(shown) ? (size_t)length : sizeof(shown) - 1);
    terminal->shown = true;
}

void lg_terminal_close(struct lg_terminal *terminal)
{
    if (terminal->master < 0)
        return;
    struct pollfd ready = {.fd = terminal->master, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
        if (!lg_terminal_forward(terminal))
            break;
    }
    hide(terminal);
    close(terminal->master);
    terminal->master = -1;
}
