/* Addresses of a program to places in its source: the only file that knows libdw. */
#ifndef LG_RUNNER_SYMBOLS_H
#define LG_RUNNER_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct lg_symbols;

/* Where a function is defined. The strings live as long as the lg_symbols. */
struct lg_location {
    const char *function; /* NULL: unknown */
    const char *file;     /* as the compiler recorded it; NULL: no debug information */
    unsigned line;        /* from 1; 0 where FILE is NULL */
};

/* For the program whose /proc/PID/maps read MAPS (a C string, not kept).
 * Returns NULL when there is no memory, or nothing in MAPS to look up. */
struct lg_symbols *lg_symbols_new(const char *maps);

/* NULL is fine. */
void lg_symbols_free(struct lg_symbols *symbols);

/* Where the function at ADDRESS is defined: what is not known is NULL. SYMBOLS may be NULL. */
struct lg_location lg_symbols_function(struct lg_symbols *symbols, uint64_t address);

#endif
