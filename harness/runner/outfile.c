#include "runner/outfile.h"

#include "runner/text.h"

#include <errno.h>
#include <fcntl.h>
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

/* A file to be, in the folder that it will be in. */
struct temporary {
    int fd;
    char name[PATH_MAX]; /* empty: it has none, so that nothing stays of it if we are killed */
};

static int name_beside(const char *path, const char *name, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
    int length = snprintf(out, PATH_MAX, "%.*s%s", folder, path, name);
    return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int open_unnamed(const char *path)
{
    char folder[PATH_MAX];
    int error = name_beside(path, ".", folder);
    int fd = error == 0 ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) : error;
    return error == 0 && fd < 0 ? -errno : fd;
}

/* mkstemp makes it for its owner alone. */
static int open_named(const char *path, char name[PATH_MAX])
{
    int error = name_beside(path, ".leakgate-XXXXXX", name);
    int fd = error == 0 ? mkostemp(name, O_CLOEXEC) : error;
    if (error == 0 && fd < 0)
        fd = -errno;
    if (fd < 0)
        name[0] = '\0';
    return fd;
}

static void close_temporary(struct temporary *temporary)
{
    close(temporary->fd);
    if (temporary->name[0] != '\0')
        unlink(temporary->name);
}

static int open_temporary(const char *path, bool named, struct temporary *out)
{
    out->name[0] = '\0';
    out->fd = named ? open_named(path, out->name) : open_unnamed(path);
    if (out->fd < 0)
        return out->fd;
    if (fchmod(out->fd, mode_for(path)) == 0)
        return 0;
    int error = -errno;
    close_temporary(out);
    return error;
}

/* Gives a file that has no name the name PATH. */
static int link_at(const struct temporary *temporary, const char *path)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", temporary->fd);
    return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

/* A link does not replace a file, a rename does: for that moment, it needs a name. */
static int give_name(struct temporary *temporary, const char *path)
{
    int error = -EEXIST;
    while (error == -EEXIST) {
        int fd = open_named(path, temporary->name);
        if (fd < 0)
            return fd;
        close(fd);
        unlink(temporary->name);
        error = link_at(temporary, temporary->name);
    }
    if (error != 0)
        temporary->name[0] = '\0';
    return error;
}

/* Some file systems tell only when a file is closed that what was written does not fit. */
static int close_copy(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy >= 0 && close(copy) == 0 ? 0 : -errno;
}

static int put_in_place(struct temporary *temporary, const char *path)
{
    int error = close_copy(temporary->fd);
    if (error == 0 && temporary->name[0] == '\0') {
        error = link_at(temporary, path);
        if (error != -EEXIST)
            return error;
        error = give_name(temporary, path);
    }
    if (error == 0 && rename(temporary->name, path) != 0)
        error = -errno;
    if (error == 0)
        temporary->name[0] = '\0';
    return error;
}

struct contents {
    lg_outfile_writer *write;
    const void *context;
};

static int write_beside(const char *path, const struct contents *contents, bool named)
{
    struct temporary temporary;
    int error = open_temporary(path, named, &temporary);
    if (error != 0)
        return error;
    error = contents->write(temporary.fd, contents->context);
    if (error == 0)
        error = put_in_place(&temporary, path);
    close_temporary(&temporary);
    return error;
}

int lg_outfile_write(const char *path, lg_outfile_writer *write, const void *context)
{
    char target[PATH_MAX];
    struct contents contents = {write, context};
    if (is_special(path))
        return write_special(path, write, context);
    int error = follow_links(path, target);
    /* Not every file system can have a file without a name, or give it one later. */
    if (error == 0 && write_beside(target, &contents, false) != 0)
        error = write_beside(target, &contents, true);
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
    struct temporary temporary;
    if (error == 0 && open_temporary(target, false, &temporary) != 0)
        error = open_temporary(target, true, &temporary);
    if (error == 0)
        close_temporary(&temporary);
    return error;
}

int lg_outfile_write_bytes(int fd, const char *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t length = write(fd, data + done, size - done);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return length < 0 ? -errno : -EIO;
        done += (size_t)length;
    }
    return 0;
}

int lg_outfile_write_text(int fd, const void *context)
{
    const struct lg_text *text = context;
    return lg_outfile_write_bytes(fd, text->data, text->length);
}
