#include <stddef.h>

char *cache_put(size_t size);
void cache_drop(char *entry);
