/* The programs of traced/, run once: the addresses that they printed, and their symbols. */
#ifndef LG_UNIT_TRACED_RUN_H
#define LG_UNIT_TRACED_RUN_H

#include "runner/symbols.h"

struct traced {
    char *output; /* lines "LABEL ADDRESS..." */
    char *maps;   /* where they end, in the same text */
    struct lg_symbols *symbols;
};

/* Runs PROGRAM of the build's traced/. Returns false if it could not be run. With debuginfod
 * where ASK is set. traced_end follows in either case. */
bool traced_start(struct traced *traced, const char *program, bool ask);

void traced_end(struct traced *traced);

/* Has the symbols of the same run, its mapping of FROM taken for one of the file TO. */
void traced_remap(struct traced *traced, const char *from, const char *to);

/* The addresses of the line number NUMBER, from 0, that begins with LABEL, up to CAPACITY of
 * them. Returns how many; 0: there is no such line. */
size_t traced_addresses(const struct traced *traced, const char *label, unsigned number,
                        uint64_t *out, size_t capacity);

/* The frames of the only address of LABEL. Returns how many. */
size_t traced_frames(const struct traced *traced, const char *label, struct lg_frame *out,
                     size_t capacity);

/* The line of the file SOURCE of traced/ that ends in the comment "call: LABEL"; 0: there is
 * none. */
unsigned traced_line(const char *source, const char *label);

/* Whether FRAME is in FUNCTION, and at the line of the file SOURCE of traced/ that ends in the
 * comment "call: LABEL". */
bool traced_is_at(const struct lg_frame *frame, const char *function, const char *source,
                  const char *label);

#endif
