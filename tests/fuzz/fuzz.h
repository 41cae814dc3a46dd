/* What the fuzz targets share. A target is LLVMFuzzerTestOneInput of libFuzzer: it hands the
 * input to a reader of the product, and aborts where a promise of that reader is broken. */
#ifndef LG_FUZZ_FUZZ_H
#define LG_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own name for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, and says where, unless WHAT holds. */
#define FUZZ_HOLDS(what) ((what) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #what))

_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* Bytes of an input. */
struct fuzz_part {
    const char *text;
    size_t length;
};

/* Cuts the part of INPUT before the next SEPARATOR off, and the separator; the rest where there is
 * none. */
struct fuzz_part fuzz_cut(struct fuzz_part *input, const char *separator);

/* A line of INPUT without its end; false: there is none. */
bool fuzz_cut_line(struct fuzz_part *input, struct fuzz_part *line);

/* PART as a C string up to its first NUL, with nothing around it that may be read. The caller
 * frees it. */
char *fuzz_string(const struct fuzz_part *part);

/* A file in memory that holds PART, and is the same one each time. Its path is FUZZ_PATH bytes at
 * most, and lives as long as the process. */
#define FUZZ_PATH 32
const char *fuzz_file(const struct fuzz_part *part);

/* The same file's descriptor. */
int fuzz_file_fd(const struct fuzz_part *part);

/* Checks that TEXT is clean: valid UTF-8, without controls but tab and newline. */
void fuzz_check_clean(const char *text, size_t length);

/* Checks that ERROR is one clean line "PATH:N: what is wrong", with N in a file of LINES lines. */
void fuzz_check_complaint(const char *error, const char *path, size_t lines);

/* How many lines PART has, one without an end too. */
size_t fuzz_count_lines(const struct fuzz_part *part);

#endif
