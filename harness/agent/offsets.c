#include "agent/offsets.h"

#include "agent/census.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTED 4096
#define MAX_FILES 256

static struct {
    int fd;
    off_t offset;
} files[MAX_FILES];

static size_t count;

/* What a test writes stays written: the next one writes behind it. */
static bool is_read_from(int fd)
{
    struct stat status;
    if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
        return false;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && (flags & O_PATH) == 0 &&
           fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

void lg_offsets_note(void)
{
    int32_t ids[LISTED];
    struct lg_id_list fds = {ids, 0, LISTED};
    lg_census_list(LG_GAUGE_FDS, &fds);
    count = 0;
    for (size_t i = 0; i < fds.count && count < MAX_FILES; i++) {
        off_t offset = is_read_from(ids[i]) ? lseek(ids[i], 0, SEEK_CUR) : -1;
        if (offset < 0)
            continue;
        files[count].fd = ids[i];
        files[count].offset = offset;
        count++;
    }
}

bool lg_offsets_moved(void)
{
    for (size_t i = 0; i < count; i++) {
        off_t offset = lseek(files[i].fd, 0, SEEK_CUR);
        if (offset >= 0 && offset != files[i].offset)
            return true;
    }
    return false;
}

void lg_offsets_restore(void)
{
    for (size_t i = 0; i < count; i++) {
        off_t offset = lseek(files[i].fd, 0, SEEK_CUR);
        if (offset >= 0 && offset != files[i].offset)
            lseek(files[i].fd, files[i].offset, SEEK_SET);
    }
}
