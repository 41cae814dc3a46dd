#include "agent/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self"
#define FIRST_FD 310

enum { FOLDER, MAPS, STATM, KEPT };

/* A number may be another file's by now: the inode tells. */
static struct kept {
    int fd; /* -1: it is not kept */
    dev_t device;
    ino_t inode;
} kept[KEPT] = {{-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}};

static const char *const names[KEPT] = {SELF, SELF "/maps", SELF "/statm"};
static const int flags[KEPT] = {O_PATH | O_DIRECTORY | O_CLOEXEC, O_RDONLY | O_CLOEXEC,
                                O_RDONLY | O_CLOEXEC};

static void keep(int which)
{
    struct stat status;
    int fd = open(names[which], flags[which]);
    int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD) : -1;
    if (high >= 0) {
        close(fd);
        fd = high;
    }
    kept[which].fd = -1;
    if (fd < 0 || fstat(fd, &status) != 0)
        return;
    kept[which] = (struct kept){fd, status.st_dev, status.st_ino};
}

void lg_proc_keep(void)
{
    for (int i = 0; i < KEPT; i++)
        keep(i);
}

static bool is_kept(int which)
{
    struct stat status;
    return kept[which].fd >= 0 && fstat(kept[which].fd, &status) == 0 &&
           status.st_dev == kept[which].device && status.st_ino == kept[which].inode;
}

int lg_proc_open(const char *file)
{
    char path[64] = SELF "/";
    int fd;
    if (is_kept(FOLDER)) {
        fd = openat(kept[FOLDER].fd, file, O_RDONLY | O_CLOEXEC);
    } else {
        strncat(path, file, sizeof(path) - sizeof(SELF "/"));
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return fd >= 0 ? fd : -errno;
}

int lg_proc_stat(const char *file, struct stat *out)
{
    char path[64] = SELF "/";
    int error;
    if (is_kept(FOLDER)) {
        error = fstatat(kept[FOLDER].fd, file, out, 0);
    } else {
        strncat(path, file, sizeof(path) - sizeof(SELF "/"));
        error = stat(path, out);
    }
    return error == 0 ? 0 : -errno;
}

int lg_proc_maps(void)
{
    if (is_kept(MAPS) && lseek(kept[MAPS].fd, 0, SEEK_SET) == 0)
        return kept[MAPS].fd;
    return lg_proc_open("maps");
}

void lg_proc_release(int fd)
{
    if (fd >= 0 && fd != kept[MAPS].fd)
        close(fd);
}

/* The next number of TEXT, and where it ends. */
static uint64_t take_number(const char **text)
{
    uint64_t number = 0;
    while (**text == ' ')
        (*text)++;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        number = number * 10 + (uint64_t)(**text - '0');
    return number;
}

/* statm: size, resident, shared, text, lib, data, dt */
int lg_proc_size(struct lg_proc_size *out)
{
    char text[192];
    int fd = is_kept(STATM) ? kept[STATM].fd : lg_proc_open("statm");
    if (fd < 0)
        return fd;
    ssize_t length;
    do
        length = pread(fd, text, sizeof(text) - 1, 0);
    while (length < 0 && errno == EINTR);
    int error = length < 0 ? -errno : 0;
    if (fd != kept[STATM].fd)
        close(fd);
    if (error != 0)
        return error;
    text[length] = '\0';
    const char *at = text;
    uint64_t columns[6];
    for (int i = 0; i < 6; i++)
        columns[i] = take_number(&at);
    *out = (struct lg_proc_size){columns[0], columns[5]};
    return 0;
}
