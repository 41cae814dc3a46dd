#include "runner/source.h"
#include <string.h>
bool lg_source_is_system(const char *path)
{
    return (strncmp(path, "/usr/", 5) == 0 && strncmp(path, "/usr/local/", 11) != 0) ||
           strncmp(path, "/lib", 4) == 0;
}
