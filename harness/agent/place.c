#include "agent/place.h"

#include "agent/hot.h"

#include <sched.h>
#include <stdbool.h>

/* So many children, and it is set free for the next. */
#define STAYS 64

static cpu_set_t of_user; /* while it is pinned */
static LG_HOT bool is_pinned;
static LG_HOT unsigned stays;
static bool stays_forever;
static bool is_pointless; /* there is one processor, or it is not allowed */

static bool pin_to(int processor)
{
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET((size_t)processor, &here);
    is_pinned = sched_setaffinity(0, sizeof(here), &here) == 0;
    return is_pinned;
}

static bool may_choose(void)
{
    return sched_getaffinity(0, sizeof(of_user), &of_user) == 0 && CPU_COUNT(&of_user) > 1;
}

void lg_place_pin(void)
{
    if (is_pointless || (is_pinned && stays_forever))
        return;
    if (is_pinned) {
        if (++stays < STAYS)
            return;
        stays = 0;
        lg_place_free();
        return;
    }
    int processor = lg_place_here();
    is_pointless = processor < 0 || !may_choose() || !pin_to(processor);
}

int lg_place_here(void)
{
    int processor = sched_getcpu();
    return processor < CPU_SETSIZE ? processor : -1;
}

void lg_place_spread(int base, unsigned number)
{
    int processor = base;
    if (base < 0 || !may_choose())
        return;
    for (unsigned i = 0; i < number % (unsigned)CPU_COUNT(&of_user); i++) {
        do
            processor = (processor + 1) % CPU_SETSIZE;
        while (!CPU_ISSET((size_t)processor, &of_user));
    }
    stays_forever = pin_to(processor);
}

void lg_place_free(void)
{
    if (is_pinned)
        sched_setaffinity(0, sizeof(of_user), &of_user);
    is_pinned = false;
}

void lg_place_enter_child(void)
{
    lg_place_free();
}
