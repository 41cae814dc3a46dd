#include "runner/outfile.h"

#include "runner/text.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_prefix(const char *path, const char *prefix)
{
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* Whether PATH lies in a folder that the system keeps, such as /dev or /proc/self/fd: by
 * the nearest folder on the way that is there. */
static bool is_kept_by_system(const char *path)
{
    char folder[PATH_MAX];
    char *resolved = NULL;
    if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
        return false;
    for (char *slash; resolved == NULL && (slash = strrchr(folder, '/')) != NULL;) {
        *slash = '\0';
        resolved = realpath(slash == folder ? "/" : folder, NULL);
    }
    bool kept =
        resolved != NULL && (strcmp(resolved, "/dev") == 0 || has_prefix(resolved, "/dev/fd") ||
                             strcmp(resolved, "/proc") == 0 || has_prefix(resolved, "/proc/"));
    free(resolved);
    return kept;
}

/* What is no regular file is written to as it is, and so is what may only look like one:
 * /dev/stderr leads to a file, but to replace it would take the system's own link away. */
static bool is_special(const char *path)
{
    struct stat status;
    return is_kept_by_system(path) || (stat(path, &status) == 0 && !S_ISREG(status.st_mode));
}

static int write_special(const char *path, lg_outfile_writer *write, const void *context)
{
    FILE *file = fopen(path, "ae");
    if (file == NULL)
        return -errno;
    int error = write(fileno(file), context);
    if (fclose(file) != 0 && error == 0)
        error = -errno;
    return error;
}

/* A link stays, and what it leads to is replaced. */
static int follow_links(const char *path, char *out)
{
    if (realpath(path, out) != NULL)
        return 0;
    if (errno != ENOENT)
        return -errno;
    return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* What is replaced keeps its mode; else it is as readable as any new file. */
static mode_t mode_for(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0)
        return status.st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* mkstemp makes it for its owner alone. */
static int open_temporary(const char *path, char *temporary, size_t size)
{
    if (snprintf(temporary, size, "%s.XXXXXX", path) >= (int)size)
        return -ENAMETOOLONG;
    int fd = mkstemp(temporary);
    if (fd < 0)
        return -errno;
    if (fchmod(fd, mode_for(path)) == 0)
        return fd;
    int error = -errno;
    close(fd);
    unlink(temporary);
    return error;
}

int lg_outfile_write(const char *path, lg_outfile_writer *write, const void *context)
{
    if (is_special(path))
        return write_special(path, write, context);
    char target[PATH_MAX];
    char temporary[PATH_MAX];
    int error = follow_links(path, target);
    int fd = error == 0 ? open_temporary(target, temporary, sizeof(temporary)) : error;
    if (fd < 0)
        return fd;
    error = write(fd, context);
    if (close(fd) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(temporary, target) != 0)
        error = -errno;
    if (error != 0)
        unlink(temporary);
    return error;
}

static int make_folders(const char *path)
{
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
        return -ENAMETOOLONG;
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

int lg_outfile_prepare(const char *path)
{
    struct stat status;
    size_t length = strlen(path);
    if ((length > 0 && path[length - 1] == '/') ||
        (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return -EISDIR;
    if (is_special(path))
        return access(path, W_OK) == 0 ? 0 : -errno;
    int error = make_folders(path);
    char target[PATH_MAX];
    if (error == 0)
        error = follow_links(path, target);
    char temporary[PATH_MAX];
    int fd = error == 0 ? open_temporary(target, temporary, sizeof(temporary)) : error;
    if (fd < 0)
        return fd;
    close(fd);
    unlink(temporary);
    return 0;
}

int lg_outfile_write_text(int fd, const void *context)
{
    const struct lg_text *text = context;
    for (size_t done = 0; done < text->length;) {
        ssize_t length = write(fd, text->data + done, text->length - done);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return length < 0 ? -errno : -EIO;
        done += (size_t)length;
    }
    return 0;
}
