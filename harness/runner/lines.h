/* Files that people write: text, read line by line, with complaints that name the place. */
#ifndef LG_RUNNER_LINES_H
#define LG_RUNNER_LINES_H

#include <stddef.h>

#define LG_LINES_BLANKS " \t\r\n\v\f"
#define LG_LINES_MARK "\xef\xbb\xbf" /* what some editors begin UTF-8 with */

/* A file as it is read. */
struct lg_lines {
    const char *path;
    const char
        *wanted;   /* of the file, for complaints: "suppressions are text, lines leak:PATTERN" */
    unsigned line; /* from 1 */
    char *error;
    size_t error_size;
};

/* Says what is wrong with the line: "supp.txt:7: unknown kind 'lek'", as one line of clean text.
 * Returns -EINVAL. */
int lg_lines_complain(const struct lg_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How many bytes of TEXT a complaint shows. */
int lg_lines_shown(const char *text);

/* Told of each line, without blanks at its ends, a byte-order mark before the first, and a NUL
 * in it: empty lines too. It may write to LINE. Returns 0, or an error that ends the reading. */
typedef int lg_lines_reader(void *context, const struct lg_lines *lines, char *line);

/* Reads the file at LINES->path. Returns 0, -EINVAL if a line is wrong, or -errno; the error
 * says what and where in any case. */
int lg_lines_read(struct lg_lines *lines, lg_lines_reader *reader, void *context);

/* The same from LENGTH bytes of TEXT; LINES->path is for the complaints. */
int lg_lines_read_text(struct lg_lines *lines, const char *text, size_t length,
                       lg_lines_reader *reader, void *context);

#endif
