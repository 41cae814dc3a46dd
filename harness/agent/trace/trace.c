#include "agent/trace/trace.h"

#include "agent/agent.h"
#include "agent/trace/capture.h"
#include "agent/trace/modules.h"
#include "agent/trace/unloaded.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

struct lg_trace_state lg_trace;

/* A hook that calls what is hooked must not note that too. */
static __thread bool busy __attribute__((tls_model("initial-exec")));
static __thread int saved_errno __attribute__((tls_model("initial-exec")));
static __thread int saved_cancel __attribute__((tls_model("initial-exec")));

/* Memory that no page is touched of until it is used; NULL if there is none. */
static void *map(size_t bytes, int flags)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

/* One range of memory for all tables, so that one range is left out of the samples. */
static int map_tables(void)
{
    const size_t sizes[] = {
        lg_blocks_memory_bytes(LG_TRACE_MAX_BLOCKS),
        lg_sites_memory_bytes(),
        LG_TRACE_MAX_RANGES * sizeof(struct lg_traced_range),
        LG_TRACE_MAX_FDS * sizeof(uint32_t),
        LG_TRACE_MAX_THREADS * sizeof(struct lg_traced_thread),
        LG_UNLOADED_BYTES,
    };
    char *parts[sizeof(sizes) / sizeof(sizes[0])];
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        bytes += (sizes[i] + 4095) / 4096 * 4096;
    char *memory = map(bytes, MAP_PRIVATE);
    if (memory == NULL)
        return -ENOMEM;
    lg_trace.memory = (struct lg_range){(uintptr_t)memory, (uintptr_t)memory + bytes};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        parts[i] = memory;
        memory += (sizes[i] + 4095) / 4096 * 4096;
    }
    lg_blocks_init(&lg_trace.blocks, parts[0], LG_TRACE_MAX_BLOCKS);
    lg_sites_init(&lg_trace.sites, parts[1]);
    lg_ranges_init(&lg_trace.ranges, (struct lg_traced_range *)(void *)parts[2],
                   LG_TRACE_MAX_RANGES, &lg_trace.sites);
    lg_trace.fds = (uint32_t *)(void *)parts[3];
    lg_trace.threads = (struct lg_traced_thread *)(void *)parts[4];
    lg_trace.unloaded = parts[5];
    return 0;
}

int lg_trace_init(void)
{
    volatile bool *active = map(4096, MAP_PRIVATE);
    lg_trace.children = map(sizeof(*lg_trace.children), MAP_SHARED);
    if (active == NULL || lg_trace.children == NULL ||
        madvise((void *)active, 4096, MADV_WIPEONFORK) != 0 || map_tables() != 0)
        return -ENOMEM;
    lg_sampler_exclude(&lg_agent.sampler, lg_trace.memory);
    lg_capture_init();
    lg_modules_init();
    lg_trace.active = active;
    lg_trace.pid = getpid();
    return 0;
}

static bool is_memory(const struct lg_mapping *row)
{
    return (row->segment == LG_SEGMENT_ANON || row->segment == LG_SEGMENT_FILE ||
            row->segment == LG_SEGMENT_SHARED) &&
           !lg_sampler_owns(&lg_agent.sampler, row);
}

/* Reservations that are there already may become memory, and memory be mapped anew. */
static void note_mappings(void)
{
    const struct lg_maps *maps = lg_sampler_latest(&lg_agent.sampler);
    for (size_t i = 0; i < maps->count; i++) {
        bool guard = maps->rows[i].segment == LG_SEGMENT_GUARD;
        if (guard || is_memory(&maps->rows[i]))
            lg_ranges_set(&lg_trace.ranges, (struct lg_traced_range){.start = maps->rows[i].start,
                                                                     .end = maps->rows[i].end,
                                                                     .reserved = guard,
                                                                     .marked = true});
    }
}

void lg_trace_arm(void)
{
    note_mappings();
    size_t capacity;
    char *modules = lg_agent_read_modules(&capacity); /* kept as long as the process */
    if (modules != NULL)
        lg_unloaded_begin(modules, lg_trace.unloaded);
    lg_modules_patch();
    *lg_trace.active = true;
}

void lg_trace_disarm(void)
{
    *lg_trace.active = false;
}

void lg_trace_pause(bool paused)
{
    lg_trace.paused = paused;
}

bool lg_trace_enter(void)
{
    if (!*lg_trace.active || busy)
        return false;
    busy = true;
    saved_errno = errno;
    /* A thread that is cancelled asynchronously must not end with the lock. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &saved_cancel);
    return true;
}

void lg_trace_leave(void)
{
    int cancel = saved_cancel; /* a signal's handler may enter as soon as it is not busy */
    errno = saved_errno;
    busy = false;
    pthread_setcancelstate(cancel, NULL);
}

bool lg_trace_enter_locked(void)
{
    if (!lg_trace_enter())
        return false;
    while (__atomic_exchange_n(&lg_trace.spin, 1, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
    return true;
}

void lg_trace_leave_locked(void)
{
    __atomic_store_n(&lg_trace.spin, 0, __ATOMIC_RELEASE);
    lg_trace_leave();
}

uint32_t lg_trace_site(enum lg_site_kind kind)
{
    uint64_t frames[LG_SITES_DEPTH];
    if (lg_trace.paused)
        return 0;
    size_t depth = lg_capture_stack(frames, LG_SITES_DEPTH);
    return lg_sites_find(&lg_trace.sites, kind, frames, depth);
}
