#ifndef LG_RUNNER_SOURCE_H
#define LG_RUNNER_SOURCE_H
#include <stdbool.h>
#include <stddef.h>
bool lg_source_is_system(const char *path);
#endif
