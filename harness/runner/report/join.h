/* Several JUnit XML files as one document. */
#ifndef LG_RUNNER_REPORT_JOIN_H
#define LG_RUNNER_REPORT_JOIN_H

#include <libxml/tree.h>
#include <stddef.h>

struct lg_join;

/* An empty document. NULL: no memory. */
struct lg_join *lg_join_new(void);

/* NULL is fine. */
void lg_join_free(struct lg_join *join);

/* Adds the file at PATH, or each *.xml in the folder PATH, in order of names. Suites of one name
 * are one, if no test was run in more than one of them: the parts that shards and single tests are.
 * A test that was skipped gives way to one that was not. Else the suite is called "NAME [2]".
 * Returns 0, -EINVAL if it is no JUnit XML, or -errno, with one line on it in ERROR. */
int lg_join_add(struct lg_join *join, const char *path, char *error, size_t error_size);

/* The same from what FD holds, from its beginning on; NAME is for the error. */
int lg_join_add_fd(struct lg_join *join, int fd, const char *name, char *error, size_t error_size);

/* One line for each file of a folder that was no JUnit XML, and was left out; "" if there was none.
 * The join's own. */
const char *lg_join_left_out(const struct lg_join *join);

/* The file at PATH is to be written: in a folder, it is no input. */
void lg_join_set_out(struct lg_join *join, const char *path);

/* The document so far, with the totals of what is in it. It stays the join's. */
xmlDocPtr lg_join_document(struct lg_join *join);

/* Writes the document to PATH, as lg_outfile_write does. Returns 0 or -errno. */
int lg_join_write(struct lg_join *join, const char *path);

#endif
