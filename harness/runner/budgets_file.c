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

/* The lock is on the file itself: none is left behind. Returns a descriptor or -errno. */
static int lock(const char *path)
{
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
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

static int write_all(int fd, const void *context)
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

static int write_if_changed(const char *path, const struct lg_text *before,
                            const struct lg_text *after)
{
    if (before->failed || after->failed)
        return -ENOMEM;
    if (strcmp(lg_text_string(before), lg_text_string(after)) == 0)
        return 0;
    return lg_outfile_write(path, write_all, after);
}

/* With the lock held. */
static int update_locked(const char *path, int fd, struct lg_budget_update *update,
                         struct lg_budget_changes *changes)
{
    struct lg_text before = {0};
    struct lg_text after = {0};
    int error = read_all(fd, &before);
    if (error == 0) {
        update->text = lg_text_string(&before);
        lg_budgets_update(update, &after, changes);
        error = write_if_changed(path, &before, &after);
    }
    lg_text_free(&before);
    lg_text_free(&after);
    return error;
}

int lg_budgets_file_prepare(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
    int error = lg_outfile_prepare(path);
    if (error != 0)
        return error;
    int fd = lock(path);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int lg_budgets_file_update(const char *path, const struct lg_results *results, int64_t today,
                           struct lg_budget_changes *changes, char *error, size_t error_size)
{
    struct tests tests = {0};
    struct lg_budgets budgets = {0};
    int fd = lock(path);
    int status = fd < 0 ? fd : 0;
    if (status == 0 && !list_tests(results, &tests))
        status = -ENOMEM;
    if (status != 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(-status));
    } else if ((status = lg_budgets_read(&budgets, path, today, error, error_size)) == 0) {
        struct lg_budget_update update = {.budgets = &budgets,
                                          .fallback = &results->options->budget,
                                          .tests = tests.rows,
                                          .count = tests.count,
                                          .allow_growth = results->options->allow_growth};
        status = update_locked(path, fd, &update, changes);
        if (status != 0)
            snprintf(error, error_size, "%s could not be written: %s", path, strerror(-status));
    }
    lg_budgets_free(&budgets);
    free_tests(&tests);
    if (fd >= 0)
        close(fd);
    return status;
}
