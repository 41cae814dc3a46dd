#include "runner/lines.h"

#include "runner/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much of a line as a complaint shows. */
#define MAX_SHOWN_BYTES 60

int lg_lines_complain(const struct lg_lines *lines, const char *format, ...)
{
    va_list arguments;
    struct lg_text what = {0};
    char text[256];
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    /* A part of the line may be in it: any bytes at all. */
    lg_text_add_clean(&what, text, strlen(text));
    snprintf(lines->error, lines->error_size, "%s:%u: %s", lines->path, lines->line,
             lg_text_string(&what));
    lg_text_free(&what);
    return -EINVAL;
}

int lg_lines_shown(const char *text)
{
    return (int)strnlen(text, MAX_SHOWN_BYTES);
}

static int read_line(const struct lg_lines *lines, lg_lines_reader *reader, void *context,
                     char *line, size_t length)
{
    if (memchr(line, '\0', length) != NULL)
        return lg_lines_complain(lines, "a NUL byte (%s)", lines->wanted);
    while (length > 0 && strchr(LG_LINES_BLANKS, line[length - 1]) != NULL)
        length--;
    line[length] = '\0';
    if (lines->line == 1 && strncmp(line, LG_LINES_MARK, strlen(LG_LINES_MARK)) == 0)
        line += strlen(LG_LINES_MARK);
    line += strspn(line, LG_LINES_BLANKS);
    return reader(context, lines, line);
}

static int read_lines(struct lg_lines *lines, lg_lines_reader *reader, void *context, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = 0;
    errno = 0;
    while (status == 0 && (length = getline(&line, &size, file)) >= 0) {
        lines->line++;
        status = read_line(lines, reader, context, line, (size_t)length);
        errno = 0;
    }
    if (status == 0 && errno != 0)
        status = -errno;
    free(line);
    return status;
}

static void tell(const struct lg_lines *lines, int status)
{
    if (status != 0 && lines->error_size > 0 && lines->error[0] == '\0')
        snprintf(lines->error, lines->error_size, "%s: %s", lines->path, strerror(-status));
}

int lg_lines_read_text(struct lg_lines *lines, const char *text, size_t length,
                       lg_lines_reader *reader, void *context)
{
    lines->line = 0;
    if (lines->error_size > 0)
        lines->error[0] = '\0';
    if (length == 0)
        return 0;
    void *bytes; /* which reading leaves as they are */
    memcpy(&bytes, &text, sizeof(bytes));
    FILE *file = fmemopen(bytes, length, "r");
    int status = file != NULL ? read_lines(lines, reader, context, file) : -errno;
    if (file != NULL)
        fclose(file);
    tell(lines, status);
    return status;
}

int lg_lines_read(struct lg_lines *lines, lg_lines_reader *reader, void *context)
{
    lines->line = 0;
    if (lines->error_size > 0)
        lines->error[0] = '\0';
    FILE *file = fopen(lines->path, "re");
    int status = file != NULL ? read_lines(lines, reader, context, file) : -errno;
    if (file != NULL)
        fclose(file);
    tell(lines, status);
    return status;
}
