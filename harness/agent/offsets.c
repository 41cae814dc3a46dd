#include "agent/offsets.h"

#include "agent/agent.h"
#include "agent/census.h"
#include "agent/proc.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTED 4096
#define MAX_FILES 256

static struct {
    int fd;
    off_t offset;
    dev_t device; /* and inode: which file it was */
    ino_t inode;
} files[MAX_FILES];

static size_t count;
static int32_t open_then[LISTED]; /* whatever they are */
static size_t open_count;

/* Which regular file FD reads from. What a test writes stays written: the next one writes
 * behind it. */
static bool is_read_from(int fd, struct stat *file)
{
    if (fd == STDOUT_FILENO || fd == STDERR_FILENO || fd == lg_agent.reaper.fd ||
        lg_proc_has_opened(fd))
        return false;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && (flags & O_PATH) == 0 &&
           fstat(fd, file) == 0 && S_ISREG(file->st_mode);
}

void lg_offsets_note(void)
{
    struct lg_id_list fds = {open_then, 0, LISTED};
    lg_census_list(LG_GAUGE_FDS, &fds);
    open_count = fds.count;
    count = 0;
    for (size_t i = 0; i < fds.count && count < MAX_FILES; i++) {
        struct stat file;
        int fd = open_then[i];
        off_t offset = is_read_from(fd, &file) ? lseek(fd, 0, SEEK_CUR) : -1;
        if (offset < 0)
            continue;
        files[count].fd = fd;
        files[count].offset = offset;
        files[count].device = file.st_dev;
        files[count].inode = file.st_ino;
        count++;
    }
}

/* File I is elsewhere by now, and still that file: another may have its number. */
static bool has_moved(size_t i)
{
    struct stat file;
    off_t offset = lseek(files[i].fd, 0, SEEK_CUR);
    return offset >= 0 && offset != files[i].offset && fstat(files[i].fd, &file) == 0 &&
           file.st_dev == files[i].device && file.st_ino == files[i].inode;
}

bool lg_offsets_was_open(int fd)
{
    for (size_t i = 0; i < open_count; i++) {
        if (open_then[i] == fd)
            return true;
    }
    return false;
}

bool lg_offsets_any(void)
{
    return count > 0;
}

void lg_offsets_tell(void)
{
    char link[64];
    char path[PATH_MAX];
    char reason[PATH_MAX + 64];
    if (lg_agent.host->one_by_one != 0 || count == 0)
        return;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", files[0].fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    snprintf(reason, sizeof(reason), "they may read on in %s, open before them", path);
    lg_agent.host->one_by_one = lg_ledger_add_text(&lg_agent.ledger, reason);
}

bool lg_offsets_moved(void)
{
    for (size_t i = 0; i < count; i++) {
        if (has_moved(i))
            return true;
    }
    return false;
}

void lg_offsets_restore(void)
{
    for (size_t i = 0; i < count; i++) {
        if (has_moved(i))
            lseek(files[i].fd, files[i].offset, SEEK_SET);
    }
}
