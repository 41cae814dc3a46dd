#include "runner/budgets_file.h"

#include "runner/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether PATH still names what FD has open: whoever had the lock before has replaced it. */
static bool is_current(const char *path, int fd)
{
    struct stat here;
    struct stat there;
    return fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

/* Sets MADE to whether it was not there. */
static int open_or_make(const char *path, bool *made)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    *made = fd >= 0;
    return fd < 0 && errno == EEXIST ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : fd;
}

/* The lock is on the file itself: none is left behind. Returns a descriptor or -errno, and in MADE
 * whether there was no file. */
static int lock(const char *path, bool *made)
{
    for (;;) {
        int fd = open_or_make(path, made);
        if (fd < 0)
            return -errno;
        int result;
        do
            result = flock(fd, LOCK_EX);
        while (result != 0 && errno == EINTR);
        int error = result != 0 ? -errno : 0;
        if (error == 0 && is_current(path, fd))
            return fd;
        close(fd);
        if (error != 0)
            return error;
    }
}

static int read_all(int fd, struct lg_text *out)
{
    char buffer[16384];
    ssize_t length;
    while ((length = read(fd, buffer, sizeof(buffer))) != 0) {
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        lg_text_add_bytes(out, buffer, (size_t)length);
    }
    return out->failed ? -ENOMEM : 0;
}

/* The tests that were measured, and their names. */
struct tests {
    struct lg_budget_measured *rows;
    char **names;
    size_t count;
};

static bool add_test(const struct lg_results *results, const struct lg_program *program,
                     const struct lg_row *row, struct tests *tests)
{
    struct lg_need need;
    struct lg_text name = {0};
    if (!lg_need_of(results->ledger, row->record, &row->verdict, &need))
        return true;
    lg_text_add(&name, "%s/%s", lg_ledger_text(results->ledger, row->record->suite),
                lg_ledger_text(results->ledger, row->record->name));
    tests->names[tests->count] = name.data;
    tests->rows[tests->count] = (struct lg_budget_measured){
        .program = program->name, .test = name.data, .own = &row->record->wishes, .need = need};
    tests->count++;
    return !name.failed;
}

static bool list_tests(const struct lg_results *results, struct tests *tests)
{
    tests->rows = calloc(results->count + 1, sizeof(*tests->rows));
    tests->names = calloc(results->count + 1, sizeof(*tests->names));
    if (tests->rows == NULL || tests->names == NULL)
        return false;
    for (size_t p = 0; p < results->program_count; p++) {
        const struct lg_program *program = &results->programs[p];
        for (size_t i = 0; i < program->count; i++) {
            if (!add_test(results, program, &results->rows[program->first + i], tests))
                return false;
        }
    }
    return true;
}

static void free_tests(struct tests *tests)
{
    for (size_t i = 0; i < tests->count; i++)
        free(tests->names[i]);
    free(tests->names);
    free(tests->rows);
}

/* What is written has to be read again: a ledger may be a test's to scribble on. */
static int check(const char *path, const struct lg_text *text, int64_t today, char *error,
                 size_t error_size)
{
    struct lg_budgets budgets;
    int status =
        lg_budgets_read_text(&budgets, path, text->data, text->length, today, error, error_size);
    lg_budgets_free(&budgets);
    return status;
}

struct updating {
    const char *path;
    const struct lg_results *results;
    const struct tests *tests;
    int64_t today;
    struct lg_budget_changes *changes;
    char *error;
    size_t error_size;
};

/* The new text, from the old one that the file had. */
static int update_text(const struct updating *updating, const struct lg_text *before,
                       struct lg_text *after)
{
    const struct lg_options *options = updating->results->options;
    struct lg_budgets budgets;
    int status =
        lg_budgets_read_text(&budgets, updating->path, lg_text_string(before), before->length,
                             updating->today, updating->error, updating->error_size);
    struct lg_budget_update update = {.budgets = &budgets,
                                      .text = lg_text_string(before),
                                      .fallback = &options->budget,
                                      .tests = updating->tests->rows,
                                      .count = updating->tests->count,
                                      .allow_growth = options->allow_growth};
    if (status == 0)
        lg_budgets_update(&update, after, updating->changes);
    if (status == 0 && after->failed)
        status = -ENOMEM;
    if (status == 0)
        status =
            check(updating->path, after, updating->today, updating->error, updating->error_size);
    lg_budgets_free(&budgets);
    return status;
}

/* With the lock of FD held. Returns -EAGAIN where somebody who does not take it has replaced the
 * file meanwhile. */
static int update_locked(const struct updating *updating, int fd)
{
    struct lg_text before = {0};
    struct lg_text after = {0};
    int status = read_all(fd, &before);
    if (status == 0)
        status = update_text(updating, &before, &after);
    if (status == 0 && !is_current(updating->path, fd))
        status = -EAGAIN;
    if (status == 0 && strcmp(lg_text_string(&before), lg_text_string(&after)) != 0)
        status = lg_outfile_write(updating->path, lg_outfile_write_text, &after);
    lg_text_free(&before);
    lg_text_free(&after);
    return status;
}

int lg_budgets_file_prepare(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
    if (stat(path, &status) == 0 && access(path, W_OK) != 0)
        return -errno;
    return lg_outfile_prepare(path);
}

int lg_budgets_file_update(const char *path, const struct lg_results *results, int64_t today,
                           struct lg_budget_changes *changes, char *error, size_t error_size)
{
    struct tests tests = {0};
    struct updating updating = {path, results, &tests, today, changes, error, error_size};
    error[0] = '\0';
    *changes = (struct lg_budget_changes){0};
    int status = list_tests(results, &tests) ? -EAGAIN : -ENOMEM;
    if (status == -EAGAIN && tests.count == 0)
        status = 0; /* nothing to write */
    while (status == -EAGAIN) {
        bool made;
        int fd = lock(path, &made);
        status = fd < 0 ? fd : update_locked(&updating, fd);
        if (fd >= 0 && status != 0 && made && is_current(path, fd))
            unlink(path); /* whoever waits for the lock makes it again */
        if (fd >= 0)
            close(fd);
    }
    if (status != 0 && error[0] == '\0')
        snprintf(error, error_size, "%s could not be written: %s", path, strerror(-status));
    free_tests(&tests);
    return status;
}
