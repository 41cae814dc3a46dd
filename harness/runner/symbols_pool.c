#include "runner/symbols_pool.h"

#include <stdlib.h>
#include <string.h>

struct lg_symbols *lg_symbols_pool_get(struct lg_symbols_pool *pool, const char *maps,
                                       bool debuginfod)
{
    for (size_t i = 0; i < pool->count; i++) {
        if (strcmp(pool->rows[i].maps, maps) == 0)
            return pool->rows[i].symbols;
    }
    void *rows = reallocarray(pool->rows, pool->count + 1, sizeof(*pool->rows));
    if (rows == NULL)
        return NULL;
    pool->rows = rows;
    struct lg_symbols *symbols = lg_symbols_new(maps, debuginfod);
    if (symbols == NULL)
        return NULL;
    pool->rows[pool->count].maps = maps;
    pool->rows[pool->count].symbols = symbols;
    pool->count++;
    return symbols;
}

void lg_symbols_pool_free(struct lg_symbols_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        lg_symbols_free(pool->rows[i].symbols);
    free(pool->rows);
    *pool = (struct lg_symbols_pool){0};
}
