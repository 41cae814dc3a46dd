#include "door.h"
#include "record.h"

static void visit(const char *label)
{
    printf("%s %p\n", label, __builtin_return_address(0));
}

int main(void)
{
    return open_door(visit) != 1 || walk_through(visit) != 2 || print_maps() != 0;
}
