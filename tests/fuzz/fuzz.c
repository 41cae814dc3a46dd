#include "fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Half of the time would go into stacks of allocations, and into memory that is kept free. For a
 * report that names both, ASAN_OPTIONS=malloc_context_size=30. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "malloc_context_size=1:quarantine_size_mb=16";
}

void fuzz_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: it does not hold: %s\n", file, line, what);
    abort();
}

struct fuzz_part fuzz_cut(struct fuzz_part *input, const char *separator)
{
    struct fuzz_part part = *input;
    size_t length = strlen(separator);
    const char *found =
        input->length > 0 ? memmem(input->text, input->length, separator, length) : NULL;
    if (found == NULL) {
        input->text += input->length;
        input->length = 0;
        return part;
    }
    part.length = (size_t)(found - input->text);
    input->text = found + length;
    input->length -= part.length + length;
    return part;
}

bool fuzz_cut_line(struct fuzz_part *input, struct fuzz_part *line)
{
    if (input->length == 0)
        return false;
    *line = fuzz_cut(input, "\n");
    return true;
}

char *fuzz_string(const struct fuzz_part *part)
{
    size_t length = strnlen(part->text, part->length);
    char *string = malloc(length + 1);
    FUZZ_HOLDS(string != NULL);
    memcpy(string, part->text, length);
    string[length] = '\0';
    return string;
}

int fuzz_file_fd(const struct fuzz_part *part)
{
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    FUZZ_HOLDS(pwrite(fd, part->text, part->length, 0) == (ssize_t)part->length);
    return fd;
}

const char *fuzz_file(const struct fuzz_part *part)
{
    static char path[FUZZ_PATH];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fuzz_file_fd(part));
    return path;
}

/* The length of the strict UTF-8 sequence at BYTES, which end in a NUL; 0: there is none. */
static size_t utf8_length(const unsigned char *bytes)
{
    static const struct {
        unsigned char first, last, next_least, next_most;
        size_t length;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (bytes[0] < rows[i].first || bytes[0] > rows[i].last)
            continue;
        if (rows[i].length > 1 && (bytes[1] < rows[i].next_least || bytes[1] > rows[i].next_most))
            return 0;
        for (size_t at = 2; at < rows[i].length; at++) {
            if ((bytes[at] & 0xc0) != 0x80)
                return 0;
        }
        return rows[i].length;
    }
    return 0;
}

void fuzz_check_clean(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    FUZZ_HOLDS(strlen(text) == length);
    for (size_t at = 0; at < length;) {
        size_t taken = utf8_length(bytes + at);
        FUZZ_HOLDS(taken > 0);
        FUZZ_HOLDS(bytes[at] >= ' ' || bytes[at] == '\t' || bytes[at] == '\n');
        FUZZ_HOLDS(bytes[at] != 0x7f);
        /* The controls of Latin 1, and what is no character. */
        FUZZ_HOLDS(bytes[at] != 0xc2 || bytes[at + 1] >= 0xa0);
        FUZZ_HOLDS(taken != 3 || memcmp(bytes + at, "\xef\xbf\xbe", 3) != 0);
        FUZZ_HOLDS(taken != 3 || memcmp(bytes + at, "\xef\xbf\xbf", 3) != 0);
        at += taken;
    }
}

void fuzz_check_complaint(const char *error, const char *path, size_t lines)
{
    size_t length = strlen(path);
    char *end;
    fuzz_check_clean(error, strlen(error));
    FUZZ_HOLDS(strchr(error, '\n') == NULL);
    FUZZ_HOLDS(strncmp(error, path, length) == 0 && error[length] == ':');
    FUZZ_HOLDS(isdigit((unsigned char)error[length + 1]));
    unsigned long line = strtoul(error + length + 1, &end, 10);
    FUZZ_HOLDS(line >= 1 && line <= lines);
    FUZZ_HOLDS(strncmp(end, ": ", 2) == 0 && end[2] != '\0');
}

size_t fuzz_count_lines(const struct fuzz_part *part)
{
    size_t lines = 0;
    for (size_t i = 0; i < part->length; i++)
        lines += part->text[i] == '\n' || i + 1 == part->length;
    return lines;
}
