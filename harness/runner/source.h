/* Source files as people name them, and a line of one. */
#ifndef LG_RUNNER_SOURCE_H
#define LG_RUNNER_SOURCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The folder that source files are named from, without links in its path, in OUT: GIVEN, or
 * where that is NULL the nearest folder with a ".git" in it, at or above FOLDER, or else the
 * repository that GITHUB_WORKSPACE or CI_PROJECT_DIR names, or else FOLDER.
 * Returns 0, or -errno where the folder is none. */
int lg_source_root(const char *given, const char *folder, char out[PATH_MAX]);

/* FILE as it is named from ROOT, which lg_source_root gave, without "." and "..", in OUT: where
 * it lies below ROOT, by its name or by where links lead. A FILE that is not absolute is one
 * below ROOT if it is there. Returns OUT, or FILE itself if it is not below ROOT, or has no room
 * in OUT. */
const char *lg_source_relative(const char *file, const char *root, char *out, size_t size);

/* Line LINE, from 1, of the file at PATH, without its end and the blanks around it, in OUT: any
 * bytes at all, cut between two characters where SIZE, which is not 0, is too small. Returns 0, or
 * -ENOENT if there is no such line, or no such regular file, or -errno. */
int lg_source_line(const char *path, unsigned line, char *out, size_t size);

/* Whether a source file or a module comes with the system, by its path: not the project's code,
 * and not what leaks. glibc's own files are told by what its debug information calls them, such
 * as "./malloc/malloc.c", which may be a project's folder too: a file that is there below the root
 * of the project is the project's. */
bool lg_source_is_system(const char *path);

#endif
