/* Text for people and machines: bytes as people read them, and any bytes at all
 * as text that XML and a terminal can carry. */
#ifndef LG_RUNNER_TEXT_H
#define LG_RUNNER_TEXT_H

#include "common/gauge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string. Zero-initialize; _free when done. Once memory ran out,
 * `failed` is set, and what is appended is dropped. */
struct lg_text {
    char *data; /* NUL-terminated, or NULL while empty */
    size_t length;
    size_t capacity;
    bool failed;
};

void lg_text_free(struct lg_text *text);

/* Appends as printf does. */
void lg_text_add(struct lg_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void lg_text_add_bytes(struct lg_text *text, const char *bytes, size_t length);

/* Cuts what is beyond BYTES, between two characters, and says so. */
void lg_text_cut(struct lg_text *text, size_t bytes);

/* The string so far; "" while empty. The text's own, until it is changed. */
const char *lg_text_string(const struct lg_text *text);

/* Appends INPUT as valid UTF-8 without control characters but tab and newline:
 * ANSI sequences are dropped, each byte that is no UTF-8, each control and each
 * code point that XML 1.0 cannot carry becomes \xNN or U+FFFD's escape \uNNNN. */
void lg_text_add_clean(struct lg_text *text, const char *input, size_t length);

/* Appends INPUT, any bytes, as a JSON string in its quotes; cleaned as above. */
void lg_text_add_json(struct lg_text *text, const char *input);

/* Appends a glob that INPUT matches, and nothing else that can be told from it in clean text: a
 * byte that clean text can't carry is '?'. */
void lg_text_add_glob(struct lg_text *text, const char *input);

/* Appends VALUE in the gauge's unit, signed: "+4112 B", "+2". */
void lg_text_add_growth(struct lg_text *text, enum lg_gauge gauge, int64_t value);

/* Appends BYTES exactly, and for people where that is long: "1048576 B (1 MiB)". */
void lg_text_add_size(struct lg_text *text, uint64_t bytes);

#endif
