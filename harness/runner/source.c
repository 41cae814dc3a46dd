#include "runner/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file's lines are looked for this far: enough for any source, little for a terminal. */
#define MAX_SOURCE_BYTES (32 << 20)

static bool has_git(const char *folder)
{
    char path[PATH_MAX];
    /* A folder, or a file in a work tree or a submodule. */
    return snprintf(path, sizeof(path), "%s/.git", folder) < (int)sizeof(path) &&
           access(path, F_OK) == 0;
}

/* Where a CI has put the repository: a build tree may lie apart from it. Returns whether it says
 * so, of a folder that is there. */
static bool find_root_of_ci(char out[PATH_MAX])
{
    static const char *const names[] = {"GITHUB_WORKSPACE", "CI_PROJECT_DIR"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *folder = getenv(names[i]);
        if (folder != NULL && folder[0] == '/' && realpath(folder, out) != NULL && has_git(out))
            return true;
    }
    return false;
}

/* The length of the nearest folder with a ".git" at or above FOLDER; 0 if there is none. */
static size_t length_of_root(const char *folder)
{
    char path[PATH_MAX];
    size_t all = strlen(folder);
    memcpy(path, folder, all + 1);
    for (size_t length = all; length > 0; length--) {
        if (path[length] != '/' && path[length] != '\0')
            continue;
        path[length] = '\0';
        if (has_git(path))
            return length;
    }
    return 0;
}

int lg_source_root(const char *given, const char *folder, char out[PATH_MAX])
{
    struct stat status;
    char start[PATH_MAX];
    if (realpath(given != NULL ? given : folder, start) == NULL || stat(start, &status) != 0)
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return -ENOTDIR;
    size_t length = given != NULL ? strlen(start) : length_of_root(start);
    if (length == 0 && find_root_of_ci(out))
        return 0;
    length = length > 0 ? length : strlen(start);
    memcpy(out, start, length);
    out[length] = '\0';
    return 0;
}

/* PATH without "." and "..", as it reads, in OUT. Returns whether there is room, and whether it
 * stays below where it starts. */
static bool normalize(const char *path, char *out, size_t size)
{
    size_t length = 0;
    bool absolute = path[0] == '/';
    while (path[0] != '\0') {
        size_t part = strcspn(path, "/");
        if (part == 2 && memcmp(path, "..", 2) == 0) {
            if (length == 0 && !absolute)
                return false;
            while (length > 0 && out[--length] != '/') {
            }
        } else if (part > 0 && !(part == 1 && path[0] == '.')) {
            if (length + 1 + part >= size)
                return false;
            if (absolute || length > 0)
                out[length++] = '/';
            memcpy(out + length, path, part);
            length += part;
        }
        path += part + (path[part] == '/');
    }
    if (length >= size)
        return false;
    out[length] = '\0';
    return true;
}

/* The part of PATH below ROOT; NULL: it is not. */
static const char *below(const char *path, const char *root)
{
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    return strncmp(path, root, length) == 0 && path[length] == '/' && path[length + 1] != '\0'
               ? path + length + 1
               : NULL;
}

static bool is_there(const char *name, const char *root)
{
    char path[PATH_MAX];
    return name[0] != '\0' &&
           snprintf(path, sizeof(path), "%s/%s", root, name) < (int)sizeof(path) &&
           access(path, F_OK) == 0;
}

const char *lg_source_relative(const char *file, const char *root, char *out, size_t size)
{
    char path[PATH_MAX];
    const char *name = NULL;
    if (!normalize(file, path, sizeof(path)))
        return file;
    if (file[0] != '/') {
        name = is_there(path, root) ? path : NULL;
    } else {
        name = below(path, root);
        if (name == NULL && realpath(file, path) != NULL)
            name = below(path, root);
    }
    size_t length = name != NULL ? strlen(name) : 0;
    if (name == NULL || length >= size)
        return file;
    return memcpy(out, name, length + 1);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

/* LENGTH bytes at TEXT without the blanks around them. */
static void copy_line(const char *text, size_t length, char *out, size_t size)
{
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    for (; length > 0 && is_blank(text[0]); length--)
        text++;
    if (length >= size) {
        length = size - 1;
        /* Back to where a character of UTF-8 starts. */
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

static int find_line(FILE *file, unsigned line, char *out, size_t size)
{
    char *text = NULL;
    size_t capacity = 0;
    size_t read = 0;
    ssize_t length = 0;
    errno = 0;
    for (unsigned at = 0; at < line && length >= 0 && read < MAX_SOURCE_BYTES; at++) {
        length = getline(&text, &capacity, file);
        read += length > 0 ? (size_t)length : 0;
    }
    int status = length >= 0 && read < MAX_SOURCE_BYTES ? 0 : errno != 0 ? -errno : -ENOENT;
    if (status == 0)
        copy_line(text, (size_t)length, out, size);
    free(text);
    return status;
}

int lg_source_line(const char *path, unsigned line, char *out, size_t size)
{
    struct stat status;
    if (line == 0)
        return -ENOENT;
    /* A pipe of that name would wait for somebody to write. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    FILE *file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "re") : NULL;
    if (file == NULL) {
        close(fd);
        return -ENOENT;
    }
    int error = find_line(file, line, out, size);
    fclose(file);
    return error;
}

static bool starts_with_folder(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* The folders of glibc's source. */
static bool is_glibcs(const char *path)
{
    static const char *const folders[] = {
        "argp",    "assert",  "csu",     "ctype",        "debug",  "dirent",   "dlfcn",
        "elf",     "gmon",    "grp",     "iconv",        "inet",   "intl",     "io",
        "libio",   "locale",  "login",   "malloc",       "math",   "misc",     "nptl",
        "nscd",    "nss",     "posix",   "pwd",          "resolv", "resource", "rt",
        "setjmp",  "shadow",  "signal",  "socket",       "stdlib", "string",   "sunrpc",
        "support", "sysdeps", "termios", "stdio-common", "time",   "wcsmbs",   "wctype",
    };
    while (strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0)
        path += strcspn(path, "/") + 1;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (starts_with_folder(path, folders[i]))
            return true;
    }
    return false;
}

bool lg_source_is_system(const char *path)
{
    /* /usr/src has distributions' sources in this one; elsewhere there containers have their
     * projects. */
    static const char *const folders[] = {
        "/usr/include",   "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec",
        "/usr/src/debug", "/lib",     "/lib32",     "/lib64",     "/libx32",
    };
    char plain[PATH_MAX] = "";
    if (path[0] == '.' && path[1 + (path[1] == '.')] == '/')
        return is_glibcs(path);
    if (path[0] != '/' || !normalize(path, plain, sizeof(plain)))
        return false;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (starts_with_folder(plain, folders[i]))
            return true;
    }
    return false;
}
