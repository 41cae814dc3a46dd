/* The symbols of all processes of a run: those that had the same modules share them, since it
 * takes long to open what a module's debug information is in. */
#ifndef LG_RUNNER_SYMBOLS_POOL_H
#define LG_RUNNER_SYMBOLS_POOL_H

#include "runner/symbols.h"

/* Zero-initialize; _free when done. */
struct lg_symbols_pool {
    struct {
        const char *maps;
        struct lg_symbols *symbols;
    } * rows;
    size_t count;
};

/* The symbols of the process whose /proc/PID/maps read MAPS, which must outlive the pool: the
 * pool's own. NULL where lg_symbols_new gives none. */
struct lg_symbols *lg_symbols_pool_get(struct lg_symbols_pool *pool, const char *maps,
                                       bool debuginfod);

void lg_symbols_pool_free(struct lg_symbols_pool *pool);

#endif
