#include "runner/report/join.h"
#include "runner/report/join_parts.h"
#include "runner/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No network, no entities of other files, nothing nested without end, and no names that go with the
 * document that they were read with. */
#define PARSE (XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_BIG_LINES | XML_PARSE_NODICT)

/* "report.xml:7: Premature end of data" */
static void complain(const char *name, char *error, size_t size)
{
    const xmlError *last = xmlGetLastError();
    struct lg_text what = {0};
    if (last != NULL && last->message != NULL)
        lg_text_add_clean(&what, last->message, strcspn(last->message, "\n"));
    if (what.length > 0)
        snprintf(error, size, "%s:%d: it is no XML: %s", name, last->line, what.data);
    else
        snprintf(error, size, "%s: it is no XML", name);
    lg_text_free(&what);
}

int lg_join_add_fd(struct lg_join *join, int fd, const char *name, char *error, size_t error_size)
{
    xmlSetGenericErrorFunc(NULL, lg_join_keep_quiet);
    xmlResetLastError();
    lseek(fd, 0, SEEK_SET);
    xmlDocPtr document = xmlReadFd(fd, name, NULL, PARSE);
    int status = document != NULL ? 0 : -EINVAL;
    if (document == NULL) {
        complain(name, error, error_size);
    } else if (document->intSubset != NULL) {
        status = -EINVAL;
        snprintf(error, error_size, "%s: it has a DOCTYPE, which no report needs", name);
    } else {
        status = lg_join_take(join, document);
        if (status == -EINVAL)
            snprintf(error, error_size, "%s: it is no JUnit XML: its root is no testsuites", name);
        else if (status != 0)
            snprintf(error, error_size, "%s: %s", name, strerror(-status));
    }
    xmlFreeDoc(document);
    xmlSetGenericErrorFunc(NULL, NULL);
    return status;
}

static bool is_out(const struct lg_join *join, const char *path)
{
    struct stat out;
    struct stat in;
    return join->out != NULL && stat(join->out, &out) == 0 && stat(path, &in) == 0 &&
           out.st_dev == in.st_dev && out.st_ino == in.st_ino;
}

static int add_file(struct lg_join *join, const char *path, char *error, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int status = -errno;
        snprintf(error, size, "%s: %s", path, strerror(-status));
        return status;
    }
    int status = lg_join_add_fd(join, fd, path, error, size);
    close(fd);
    return status;
}

static int is_report(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".xml") == 0;
}

/* A folder may have a file of another kind in it, or one that was cut short: the others count. */
static int add_file_of_folder(struct lg_join *join, const char *path, char *error, size_t size)
{
    int status = add_file(join, path, error, size);
    if (status != -EINVAL)
        return status;
    lg_text_add(&join->left_out, "%s; it is left out\n", error);
    return 0;
}

const char *lg_join_left_out(const struct lg_join *join)
{
    return lg_text_string(&join->left_out);
}

void lg_join_set_out(struct lg_join *join, const char *path)
{
    free(join->out);
    join->out = strdup(path);
}

static int add_folder(struct lg_join *join, const char *path, char *error, size_t size)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_report, alphasort);
    int status = count < 0 ? -errno : 0;
    if (count < 0)
        snprintf(error, size, "%s: %s", path, strerror(-status));
    if (count == 0) {
        status = -ENOENT;
        snprintf(error, size, "%s: there is no .xml file in it", path);
    }
    for (int i = 0; i < count; i++) {
        char file[PATH_MAX];
        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        if (status == 0 && !is_out(join, file))
            status = add_file_of_folder(join, file, error, size);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return status;
}

int lg_join_add(struct lg_join *join, const char *path, char *error, size_t error_size)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return add_folder(join, path, error, error_size);
    return add_file(join, path, error, error_size);
}
