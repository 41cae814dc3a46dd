#include "agent/agent.h"

#include "agent/allocator.h"
#include "agent/cunit.h"
#include "agent/host.h"
#include "agent/hot.h"
#include "agent/own_slots.h"
#include "agent/pin.h"
#include "agent/proc.h"
#include "agent/reach.h"
#include "agent/selfcheck.h"
#include "common/pins.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

LG_HOT __attribute__((aligned(4096))) struct lg_agent lg_agent; /* it comes first: a page */

/* What leakgate_active() of the public header looks up. */
extern int leakgate_agent_active;
__attribute__((visibility("default"))) int leakgate_agent_active;

void lg_agent_forget_look_up(void)
{
    dlerror();
    dlerror(); /* what it told of goes with the next call only */
}

void *lg_agent_look_up(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (found == NULL)
        lg_agent_forget_look_up();
    return found;
}

/* Removes what the runner put before or after the user's own value. It is edited where it stands:
 * putenv would allocate in the user's heap. */
static void restore(const char *name, const char *ours)
{
    char *value = getenv(name);
    char *found = value != NULL ? strstr(value, ours) : NULL;
    if (found == NULL)
        return;
    char *rest = found + strlen(ours);
    if (found > value && found[-1] == ':')
        found--;
    else if (*rest == ':')
        rest++;
    memmove(found, rest, strlen(rest) + 1);
    if (value[0] == '\0')
        unsetenv(name);
}

void lg_agent_restore_environment(void)
{
    const char *preload = lg_ledger_text(&lg_agent.ledger, lg_agent.ledger.header->orders.preload);
    restore("LD_PRELOAD", preload);
    restore("GLIBC_TUNABLES", LG_PIN_TUNABLES);
    restore("ASAN_OPTIONS", LG_PIN_ASAN_OPTIONS);
    unsetenv(LG_LEDGER_VARIABLE);
}

/* Text of unknown size goes to a mapping that grows: a chunk at a time, it would not be in one
 * piece in the attic. */
static char *read_maps(size_t *capacity)
{
    int fd = lg_proc_open("maps");
    size_t length = 0;
    if (fd < 0)
        return NULL;
    *capacity = 1 << 16;
    char *text = mmap(NULL, *capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    while (text != MAP_FAILED) {
        ssize_t got = read(fd, text + length, *capacity - length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
        if (length == *capacity - 1) {
            text = mremap(text, *capacity, 2 * *capacity, MREMAP_MAYMOVE);
            *capacity *= 2;
        }
    }
    close(fd);
    return text != MAP_FAILED ? text : NULL;
}

char *lg_agent_read_modules(size_t *capacity)
{
    char *text = read_maps(capacity);
    if (text == NULL)
        return NULL;
    char *out = text;
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n');
        size_t length = end != NULL ? (size_t)(end - line) + 1 : strlen(line);
        if (memchr(line, '/', length) != NULL) {
            memmove(out, line, length);
            out += length;
        }
        line += length;
    }
    *out = '\0';
    return text;
}

/* The kernel gives every process that is forked a zeroed copy of this page. */
static volatile bool *map_wiped_page(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || madvise(page, 4096, MADV_WIPEONFORK) != 0)
        return NULL;
    return page;
}

static int set_up(const char *address)
{
    volatile bool *wiped = map_wiped_page();
    lg_agent.is_child = wiped;
    lg_agent.is_host = wiped + 1;
    if (wiped == NULL || lg_sampler_init(&lg_agent.sampler) != 0)
        return -1;
    lg_reach_set_up();
    return lg_host_open(address);
}

/* Without getenv, which may be a test's own. */
static bool has_variable(const char *name)
{
    size_t length = strlen(name);
    for (char **at = environ; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            return true;
    }
    return false;
}

/* Before main, and in every process the runner's environment reaches: a shell that
 * starts the test program must hand it on untouched. */
__attribute__((constructor)) static void attach_at_start(void)
{
    if (has_variable(LG_LEDGER_VARIABLE))
        lg_own_slots_bind();
    lg_attach();
}

void lg_attach(void)
{
    const char *address = getenv(LG_LEDGER_VARIABLE);
    if (lg_agent.attached || address == NULL ||
        (!lg_cunit_present() && getenv(LG_DOCTOR_VARIABLE) == NULL) || set_up(address) != 0)
        return;
    struct lg_host *host = lg_agent.host;
    host->pins = lg_pin_allocator(getenv("GLIBC_TUNABLES"));
    struct lg_allocator allocator = lg_allocator_find();
    lg_agent.sampler.live_bytes = allocator.live_bytes;
    host->allocator = allocator.kind;
    host->allocator_name = lg_ledger_add_text(&lg_agent.ledger, allocator.name);
    host->measured = lg_selfcheck(&lg_agent.sampler, &allocator);
    host->static_cunit = lg_cunit_take_over();
    lg_agent.attached = true;
    leakgate_agent_active = 1;
    __atomic_store_n(&host->state, LG_HOST_ATTACHED, __ATOMIC_RELEASE);
}
