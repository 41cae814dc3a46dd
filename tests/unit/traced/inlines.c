#include "record.h"

static inline __attribute__((always_inline)) void innermost(void)
{
    record("innermost"); /* call: innermost */
    KEEP_FRAME();
}

static inline __attribute__((always_inline)) void middle(int times)
{
    for (int i = 0; i < times; i++)
        innermost(); /* call: middle */
}

__attribute__((noinline)) static void outer(void)
{
    middle(1);       /* call: outer */
    record("alone"); /* call: alone */
    KEEP_FRAME();
}

int main(void)
{
    outer();
    return print_maps();
}
