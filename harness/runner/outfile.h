/* Files for others to read: whole under their name, or not there. */
#ifndef LG_RUNNER_OUTFILE_H
#define LG_RUNNER_OUTFILE_H

#include <stddef.h>

/* Writes the contents to FD, which stays the caller's. Returns 0 or -errno. */
typedef int lg_outfile_writer(int fd, const void *context);

/* Lets WRITE write PATH: to a file without a name, which gets it once it is whole, so that PATH
 * never holds half a report, and nothing is left where the process is killed meanwhile. WRITE is
 * called again where the file system needs a name for that: a temporary one then, beside PATH. A
 * PATH that is no regular file (a pipe, a terminal) is written to directly. Returns 0 or -errno;
 * the temporary file is then gone. */
int lg_outfile_write(const char *path, lg_outfile_writer *write, const void *context);

/* Makes the folders on the way to PATH, and checks that a file can be made there, so
 * that a run whose report could not be written does not begin. Returns 0 or -errno. */
int lg_outfile_prepare(const char *path);

/* Writes all of DATA. Returns 0 or -errno. */
int lg_outfile_write_bytes(int fd, const char *data, size_t size);

/* The writer of a struct lg_text, which is its CONTEXT. */
int lg_outfile_write_text(int fd, const void *context);

#endif
