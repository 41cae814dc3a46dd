#include "runner/lines.h"

#include "runner/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much of a line as a complaint shows. */
#define MAX_SHOWN_BYTES 60

/* A part of the line may be in TEXT, and what its escapes stand for: any bytes at all. */
static void add_clean_line(struct lg_text *out, const char *text)
{
    size_t length;
    while (text[length = strcspn(text, "\n")] != '\0') {
        lg_text_add_clean(out, text, length);
        lg_text_add(out, "\\x0a");
        text += length + 1;
    }
    lg_text_add_clean(out, text, length);
}

/* Cut between two characters where it is too long. */
static void copy(const struct lg_text *text, char *out, size_t size)
{
    size_t length = text->length;
    if (size == 0)
        return;
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text->data[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, lg_text_string(text), length);
    out[length] = '\0';
}

int lg_lines_complain(const struct lg_lines *lines, const char *format, ...)
{
    va_list arguments;
    struct lg_text complaint = {0};
    char text[256];
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    lg_text_add(&complaint, "%s:%u: ", lines->path, lines->line);
    add_clean_line(&complaint, text);
    copy(&complaint, lines->error, lines->error_size);
    lg_text_free(&complaint);
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
