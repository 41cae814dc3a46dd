/* Addresses of a program to places in its source. The files symbols*.c are the only ones that
 * know libdw. */
#ifndef LG_RUNNER_SYMBOLS_H
#define LG_RUNNER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_symbols;

/* Where a function is defined. The strings live as long as the lg_symbols. */
struct lg_location {
    const char *function; /* NULL: unknown */
    const char *file;     /* as the compiler recorded it; NULL: no debug information */
    unsigned line;        /* from 1; 0 where FILE is NULL */
};

/* One frame of a call stack: an address gives several where functions were inlined. The
 * strings live as long as the lg_symbols. */
struct lg_frame {
    const char *function; /* "shapes::Box::clone" by debug information, else the symbol, which is
                           * mangled in C++; NULL: unknown */
    const char *file;     /* as the compiler recorded it, joined with its folder; NULL: unknown */
    unsigned line;        /* from 1; 0 where FILE is NULL */
    bool inlined;         /* into the frame that follows */
    const char *module;   /* the path of the mapped file; NULL: several were there in turn */
    uint64_t offset;      /* of the return address: from the start of the function that the code is
                           * in (of the outermost one where functions were inlined), or from the
                           * module's where that is unknown */
    const char *build_id; /* of the module, in hex; NULL: none, or no memory */
    const char *door;     /* where FUNCTION is unknown: a function of the module's interface that
                           * ends in a jump to it, and so is on no stack itself, as setenv of a
                           * stripped libc; NULL: none is known */
};

/* For the program whose /proc/PID/maps read MAPS (a C string, not kept). Debug information is
 * looked for where the system keeps it; with DEBUGINFOD, also on the servers that the
 * environment names (DEBUGINFOD_URLS), which may take long.
 * Returns NULL when there is no memory, or nothing in MAPS to look up. */
struct lg_symbols *lg_symbols_new(const char *maps, bool debuginfod);

/* Whether memory has run out in what was looked up since errno was set to 0: names may be missing
 * that there are. May be true where it was enough in the end. SYMBOLS may be NULL. */
bool lg_symbols_lacked_memory(const struct lg_symbols *symbols);

/* NULL is fine. */
void lg_symbols_free(struct lg_symbols *symbols);

/* Where the function at ADDRESS is defined: what is not known is NULL. SYMBOLS may be NULL. */
struct lg_location lg_symbols_function(struct lg_symbols *symbols, uint64_t address);

/* The frames of the call that RETURN_ADDRESS leads back to, the innermost first: up to CAPACITY
 * of them in OUT. Returns how many: 0 where no module is mapped, or if SYMBOLS is NULL.
 * Without memory a frame may lack its build id and the scope in its name. */
size_t lg_symbols_frames(struct lg_symbols *symbols, uint64_t return_address, struct lg_frame *out,
                         size_t capacity);

/* A thread as it stood: its registers as DWARF numbers them, and so much of its stack as was kept.
 * All is the caller's. */
#define LG_STOPPED_REGISTERS 33

struct lg_stopped {
    uint64_t pc;
    const uint64_t *registers;
    uint32_t register_count;
    uint32_t stack_bytes;
    const char *stack;
    uint64_t stack_start; /* its lowest address */
};

/* The calls that STOPPED was in, the innermost first: up to CAPACITY addresses for
 * lg_symbols_frames. Returns how many: where nothing is known of the callers, the innermost
 * alone; 0 if SYMBOLS is NULL. */
size_t lg_symbols_unwind(struct lg_symbols *symbols, const struct lg_stopped *stopped,
                         uint64_t *out, size_t capacity);

#endif
