#include "record.h"

namespace shapes
{
struct Box {
    __attribute__((noinline)) Box *clone();
    static inline __attribute__((always_inline)) void copy()
    {
        record("copy"); /* call: copy */
        KEEP_FRAME();
    }
};

Box *Box::clone()
{
    copy(); /* call: clone */
    KEEP_FRAME();
    return this;
}

namespace
{
template <typename T> __attribute__((noinline)) void make(T *made)
{
    record("make"); /* call: make */
    made->clone();
}
} // namespace
} // namespace shapes

extern "C" __attribute__((noinline)) void plain()
{
    record("plain"); /* call: plain */
    KEEP_FRAME();
}

int main()
{
    shapes::Box box;
    shapes::make(&box);
    plain();
    return print_maps();
}
