#include "agent/proc.h"

#include "agent/hot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self/"
#define FIRST_FD 310
#define IN_FOLDER (sizeof("/proc/") - 1)

static LG_HOT int folder = -1; /* /proc itself: of the host, and of all that it forks */
static LG_HOT int statm = -1;
static LG_HOT int maps = -1;

int lg_proc_move_up(int fd)
{
    int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD) : -1;
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

void lg_proc_open_folder(void)
{
    struct stat status;
    if (folder < 0 || fstatat(folder, "self", &status, 0) != 0)
        folder = lg_proc_move_up(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

void lg_proc_keep(void)
{
    statm = lg_proc_move_up(openat(folder, "self/statm", O_RDONLY | O_CLOEXEC));
    maps = lg_proc_move_up(openat(folder, "self/maps", O_RDONLY | O_CLOEXEC));
}

bool lg_proc_has_opened(int fd)
{
    return fd >= 0 && (fd == folder || fd == statm || fd == maps);
}

/* "/proc/self/" and FILE. Of libc, no more is touched than has to be. */
static const char *own_path(const char *file, char out[64])
{
    size_t length = sizeof(SELF) - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = SELF[i];
    while (*file != '\0' && length < 63)
        out[length++] = *file++;
    out[length] = '\0';
    return out;
}

static int open_at(const char *path)
{
    int fd = openat(folder, path + IN_FOLDER, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == EBADF || errno == ENOTDIR || errno == ENOENT))
        fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int lg_proc_open(const char *file)
{
    char path[64];
    return open_at(own_path(file, path));
}

int lg_proc_read_maps(struct lg_maps *out)
{
    int error = maps >= 0 ? lg_maps_read_fd(maps, out) : -EBADF;
    if (error == 0 && out->count > 0)
        return 0;
    int fd = lg_proc_open("maps"); /* the number may be another file's by now */
    if (fd < 0)
        return fd;
    error = lg_maps_read_fd(fd, out);
    close(fd);
    return error;
}

int lg_proc_stat(const char *file, struct stat *out)
{
    char path[64];
    if (fstatat(folder, own_path(file, path) + IN_FOLDER, out, 0) == 0 || stat(path, out) == 0)
        return 0;
    return -errno;
}

/* The next number of TEXT, and where it ends: NULL, if there is none. */
static uint64_t take_number(const char **text)
{
    uint64_t number = 0;
    if (*text == NULL || **text < '0' || **text > '9') {
        *text = NULL;
        return 0;
    }
    for (; **text >= '0' && **text <= '9'; (*text)++)
        number = number * 10 + (uint64_t)(**text - '0');
    *text += **text == ' ';
    return number;
}

/* statm: size, resident, shared, text, lib, data, dt. Returns 0, or -EINVAL if FD is of another
 * file. */
static int read_size(int fd, struct lg_proc_size *out)
{
    char text[192];
    ssize_t length;
    do
        length = pread(fd, text, sizeof(text) - 1, 0);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return -errno;
    text[length] = '\0';
    const char *at = text;
    uint64_t columns[7];
    for (int i = 0; i < 7; i++)
        columns[i] = take_number(&at);
    *out = (struct lg_proc_size){columns[0], columns[5]};
    return at != NULL && strcmp(at, "\n") == 0 ? 0 : -EINVAL;
}

int lg_proc_size(struct lg_proc_size *out)
{
    if (statm >= 0 && read_size(statm, out) == 0)
        return 0;
    int fd = lg_proc_open("statm");
    if (fd < 0)
        return fd;
    int error = read_size(fd, out);
    close(fd);
    return error;
}
