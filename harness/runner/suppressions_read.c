#include "runner/budget.h"
#include "runner/suppressions.h"
#include "runner/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n\v\f"

/* As much of a line as a complaint shows. */
#define MAX_SHOWN_BYTES 60

/* A file as it is read. */
struct reading {
    const char *path;
    unsigned line; /* from 1 */
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 2, 3))) static int complain(const struct reading *reading,
                                                          const char *format, ...)
{
    va_list arguments;
    struct lg_text what = {0};
    char text[256];
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    /* A part of the line may be in it: any bytes at all. */
    lg_text_add_clean(&what, text, strlen(text));
    snprintf(reading->error, reading->error_size, "%s:%u: %s", reading->path, reading->line,
             lg_text_string(&what));
    lg_text_free(&what);
    return -EINVAL;
}

/* How many bytes of TEXT a complaint shows. */
static int shown(const char *text)
{
    return (int)strnlen(text, MAX_SHOWN_BYTES);
}

/* Takes " max=LIMIT" off the end of TEXT, if it is there. */
static int take_max(const struct reading *reading, char *text, int64_t *max)
{
    char complaint[128];
    char *word = text + strlen(text);
    while (word > text && strchr(BLANKS, word[-1]) == NULL)
        word--;
    if (word == text || strncmp(word, "max=", strlen("max=")) != 0)
        return 0;
    struct lg_limit_text limit = {.name = "max", .text = word + strlen("max="), .in_bytes = true};
    limit.length = strlen(limit.text);
    if (lg_budget_parse_limit(&limit, max, complaint, sizeof(complaint)) != 0)
        return complain(reading, "%s", complaint);
    while (word > text && strchr(BLANKS, word[-1]) != NULL)
        word--;
    word[0] = '\0';
    return 0;
}

static int add(struct lg_suppressions *list, const struct reading *reading, const char *pattern,
               int64_t max)
{
    struct lg_text source = {0};
    struct lg_suppression row = {.pattern = strdup(pattern), .max = max};
    lg_text_add(&source, "%s:%u", reading->path, reading->line);
    row.source = source.data;
    if (row.pattern != NULL && !source.failed && lg_suppressions_add(list, &row) == 0)
        return 0;
    free((char *)row.pattern);
    lg_text_free(&source);
    return -ENOMEM;
}

/* LINE is "KIND:PATTERN", without the blanks around it. */
static int parse_line(struct lg_suppressions *list, const struct reading *reading, char *line)
{
    size_t kind = strcspn(line, ":");
    int64_t max = LG_BUDGET_UNLIMITED;
    if (line[kind] == '\0')
        return complain(reading, "'%.*s' is not of the form leak:PATTERN", shown(line), line);
    char *pattern = line + kind + 1;
    line[kind] = '\0';
    if (strcmp(line, "leak") != 0)
        return complain(reading, "unknown kind '%.*s' (leak:PATTERN)", shown(line), line);
    int status = take_max(reading, pattern, &max);
    if (status != 0)
        return status;
    pattern += strspn(pattern, BLANKS);
    if (pattern[0] == '\0')
        return complain(reading, "no pattern after 'leak:' (leak:PATTERN, leak:* for all)");
    return add(list, reading, pattern, max);
}

static int read_line(struct lg_suppressions *list, const struct reading *reading, char *line,
                     size_t length)
{
    static const char mark[] = "\xef\xbb\xbf"; /* what some editors begin UTF-8 with */
    if (memchr(line, '\0', length) != NULL)
        return complain(reading, "a NUL byte (suppressions are text, lines leak:PATTERN)");
    while (length > 0 && strchr(BLANKS, line[length - 1]) != NULL)
        length--;
    line[length] = '\0';
    if (reading->line == 1 && strncmp(line, mark, strlen(mark)) == 0)
        line += strlen(mark);
    line += strspn(line, BLANKS);
    return line[0] == '\0' || line[0] == '#' ? 0 : parse_line(list, reading, line);
}

static int read_lines(struct lg_suppressions *list, struct reading *reading, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = 0;
    errno = 0;
    while (status == 0 && (length = getline(&line, &size, file)) >= 0) {
        reading->line++;
        status = read_line(list, reading, line, (size_t)length);
        errno = 0;
    }
    if (status == 0 && errno != 0)
        status = -errno;
    free(line);
    return status;
}

int lg_suppressions_read(struct lg_suppressions *list, const char *path, char *error,
                         size_t error_size)
{
    struct reading reading = {.path = path, .error = error, .error_size = error_size};
    size_t before = list->count;
    if (error_size > 0)
        error[0] = '\0';
    FILE *file = fopen(path, "re");
    int status = file != NULL ? read_lines(list, &reading, file) : -errno;
    if (file != NULL)
        fclose(file);
    if (status != 0)
        lg_suppressions_cut(list, before);
    if (status != 0 && error_size > 0 && error[0] == '\0')
        snprintf(error, error_size, "%s: %s", path, strerror(-status));
    return status;
}
