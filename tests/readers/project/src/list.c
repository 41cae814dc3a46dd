#include "list.h"

int list_length(const int *items)
{
    int length = 0;
    while (items[length] != 0)
        length++;
    return length;
}
