/* malloc and its like. */
#include "agent/agent.h"
#include "agent/trace/hooks.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*reallocarray)(void *, size_t, size_t); /* for its address only */
    void (*free)(void *);
    void *(*memalign)(size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    size_t (*malloc_usable_size)(void *);
} real;

#define IS_MAPPED 2U
#define FLAGS 7U

/* As `live` counts it: in glibc a whole chunk, whose size stands before it, and what lies
 * before that in a mapping of its own. */
static enum lg_site_kind measure(void *pointer, uint64_t *bytes)
{
    uint64_t header[2];
    if (lg_agent.host->allocator != LG_ALLOCATOR_GLIBC) {
        *bytes = real.malloc_usable_size != NULL ? real.malloc_usable_size(pointer) : 0;
        return LG_SITE_BLOCK;
    }
    memcpy(header, (const char *)pointer - sizeof(header), sizeof(header));
    *bytes = header[1] & ~(uint64_t)FLAGS;
    if ((header[1] & IS_MAPPED) == 0)
        return LG_SITE_BLOCK;
    *bytes += header[0];
    return LG_SITE_LARGE_BLOCK;
}

static void release(const struct lg_block *block)
{
    if (!lg_trace.paused)
        lg_sites_add(&lg_trace.sites, block->site, -(int64_t)block->bytes, -1);
}

/* With the lock held. */
static void forget(void *pointer)
{
    struct lg_block block;
    uint64_t bytes;
    if (lg_blocks_remove(&lg_trace.blocks, (uintptr_t)pointer, &block)) {
        release(&block);
        return;
    }
    enum lg_site_kind kind = measure(pointer, &bytes);
    lg_trace.released_bytes[kind] += (int64_t)bytes;
    lg_trace.released_count[kind]++;
}

static void note(void *pointer)
{
    struct lg_block stale;
    struct lg_block block = {.address = (uintptr_t)pointer};
    enum lg_site_kind kind = measure(pointer, &block.bytes);
    block.site = lg_trace_site(kind);
    bool added = lg_blocks_add(&lg_trace.blocks, block, &stale);
    if (added)
        lg_sites_add(&lg_trace.sites, block.site, (int64_t)block.bytes, 1);
    if (stale.address != 0) /* it was freed behind our back */
        lg_sites_add(&lg_trace.sites, stale.site, -(int64_t)stale.bytes, -1);
}

static void *noted(void *pointer)
{
    if (pointer != NULL && lg_trace_enter_locked()) {
        note(pointer);
        lg_trace_leave_locked();
    }
    return pointer;
}

/* Before it is given back: after that, another thread may be given it. */
static void forgotten(void *pointer)
{
    if (pointer != NULL && lg_trace_enter_locked()) {
        forget(pointer);
        lg_trace_leave_locked();
    }
}

static void *lg_hook_malloc(size_t size)
{
    return noted(real.malloc(size));
}

static void *lg_hook_calloc(size_t count, size_t size)
{
    return noted(real.calloc(count, size));
}

static void lg_hook_free(void *pointer)
{
    forgotten(pointer);
    real.free(pointer);
}

/* What could not be moved is still there, and whose it was. Between the two, OLD is nobody's:
 * once it is freed another thread may be given it. */
static void *lg_hook_realloc(void *old, size_t size)
{
    struct lg_block block = {0};
    struct lg_block stale;
    uint64_t bytes = 0;
    enum lg_site_kind kind = LG_SITE_BLOCK;
    bool known = false;
    bool traced = old != NULL && lg_trace_enter_locked();
    if (traced) {
        known = lg_blocks_remove(&lg_trace.blocks, (uintptr_t)old, &block);
        if (!known)
            kind = measure(old, &bytes);
        lg_trace_leave_locked();
    }
    void *pointer = real.realloc(old, size);
    bool failed = pointer == NULL && size > 0;
    if (traced && lg_trace_enter_locked()) {
        if (failed && known) {
            lg_blocks_add(&lg_trace.blocks, block, &stale);
        } else if (known) {
            release(&block);
        } else if (!failed) {
            lg_trace.released_bytes[kind] += (int64_t)bytes;
            lg_trace.released_count[kind]++;
        }
        lg_trace_leave_locked();
    }
    return noted(pointer);
}

/* libc's own calls realloc, which is hooked there too; others' may not. */
static void *lg_hook_reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (!__builtin_mul_overflow(count, size, &bytes))
        return lg_hook_realloc(old, bytes);
    errno = ENOMEM;
    return NULL;
}

static void *lg_hook_memalign(size_t alignment, size_t size)
{
    return noted(real.memalign(alignment, size));
}

static void *lg_hook_aligned_alloc(size_t alignment, size_t size)
{
    return noted(real.aligned_alloc(alignment, size));
}

static int lg_hook_posix_memalign(void **out, size_t alignment, size_t size)
{
    int error = real.posix_memalign(out, alignment, size);
    if (error == 0)
        noted(*out);
    return error;
}

static void *lg_hook_valloc(size_t size)
{
    return noted(real.valloc(size));
}

static void *lg_hook_pvalloc(size_t size)
{
    return noted(real.pvalloc(size));
}

static size_t lg_hook_malloc_usable_size(void *pointer)
{
    return real.malloc_usable_size(pointer);
}

LG_HOOKS_BEGIN
const struct lg_hook lg_hooks_heap[] = {
    LG_HOOK(malloc),
    LG_HOOK(calloc),
    LG_HOOK(realloc),
    LG_HOOK(reallocarray),
    LG_HOOK(free),
    LG_HOOK(memalign),
    LG_HOOK(aligned_alloc),
    LG_HOOK(posix_memalign),
    LG_HOOK(valloc),
    LG_HOOK(pvalloc),
    LG_HOOK(malloc_usable_size),
    {NULL, NULL, NULL},
};
LG_HOOKS_END
