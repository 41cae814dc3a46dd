/* A program that finds an agent of version 1, whose interface ends where a member of later ones
 * would be: the header of today asks it for nothing that it does not have. */
#include <leakgate/leakgate.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define VERSION_1_BYTES offsetof(struct leakgate_agent, timeout)

static int called;

static void not_repeatable(void)
{
    called++;
}

/* What follows its last member is no function. */
extern unsigned char leakgate_agent_interface[];
__attribute__((visibility("default"),
               aligned(16))) unsigned char leakgate_agent_interface[sizeof(struct leakgate_agent)];

int main(void)
{
    struct leakgate_agent old = {.version = 1, .not_repeatable = not_repeatable};
    memset(leakgate_agent_interface, 0x11, sizeof(leakgate_agent_interface));
    memcpy(leakgate_agent_interface, &old, VERSION_1_BYTES);
    leakgate_not_repeatable();
    leakgate_timeout(1);
    printf("calls: %d\n", called);
    return 0;
}
