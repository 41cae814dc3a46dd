/* A library whose interface is a door: open_door jumps to a function that has no symbol once
 * the library is stripped. */
#include "door.h"

static volatile int visits = 1; /* what a compiler knows, it makes a function of its own for */

__attribute__((noinline)) static int inside(void (*visit)(const char *), int times)
{
    for (int i = 0; i < times; i++)
        visit("inside");
    return times;
}

__attribute__((visibility("default"))) int open_door(void (*visit)(const char *))
{
    return inside(visit, visits);
}

__attribute__((visibility("default"))) int walk_through(void (*visit)(const char *))
{
    return inside(visit, visits) + 1;
}
