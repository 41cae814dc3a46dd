/* Threads. */
#include "agent/trace/hooks.h"

#include <pthread.h>
#include <threads.h>

static struct {
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int (*pthread_join)(pthread_t, void **);
    int (*pthread_tryjoin_np)(pthread_t, void **);
    int (*pthread_timedjoin_np)(pthread_t, void **, const struct timespec *);
    int (*pthread_clockjoin_np)(pthread_t, void **, clockid_t, const struct timespec *);
    int (*pthread_detach)(pthread_t);
    int (*thrd_create)(thrd_t *, thrd_start_t, void *);
    int (*thrd_join)(thrd_t, int *);
    int (*thrd_detach)(thrd_t);
} real;

/* With the lock held. */
static struct lg_traced_thread *free_thread(void)
{
    for (size_t i = 0; i < LG_TRACE_MAX_THREADS; i++) {
        uint32_t state = lg_trace.threads[i].state;
        if (state == LG_THREAD_FREE || state == LG_THREAD_GONE)
            return &lg_trace.threads[i];
    }
    return NULL;
}

/* With the lock held. */
static struct lg_traced_thread *find_thread(pthread_t thread)
{
    for (size_t i = 0; i < LG_TRACE_MAX_THREADS; i++) {
        struct lg_traced_thread *entry = &lg_trace.threads[i];
        if ((entry->state == LG_THREAD_RUNS || entry->state == LG_THREAD_ENDED) &&
            pthread_equal(entry->thread, thread) != 0)
            return entry;
    }
    return NULL;
}

/* With the lock held. Whether THREAD, which begins, was detached already. */
static bool was_detached(pthread_t thread)
{
    for (size_t i = 0; i < LG_TRACE_MAX_THREADS; i++) {
        struct lg_traced_thread *entry = &lg_trace.threads[i];
        if (entry->state != LG_THREAD_TO_BE_DETACHED || pthread_equal(entry->thread, thread) == 0)
            continue;
        entry->state = LG_THREAD_FREE;
        return true;
    }
    return false;
}

/* It says so itself: whoever has created it may not look where pthread_create has put its
 * handle, as the thread may have freed that, and its entry may be another's by then. */
static void thread_began(struct lg_traced_thread *entry)
{
    if (!lg_trace_enter_locked())
        return;
    entry->thread = pthread_self();
    entry->state = LG_THREAD_RUNS;
    entry->detached = was_detached(entry->thread) || entry->detached;
    lg_trace_leave_locked();
}

static void thread_ended(void *context)
{
    struct lg_traced_thread *entry = context;
    if (!lg_trace_enter_locked())
        return;
    entry->state = entry->detached ? LG_THREAD_GONE : LG_THREAD_ENDED;
    lg_trace_leave_locked();
}

/* Its first function: whatever way it ends, it comes back here. */
static void *thread_begins(void *context)
{
    struct lg_traced_thread *entry = context;
    void *result;
    thread_began(entry);
    pthread_cleanup_push(thread_ended, entry);
    result = entry->start(entry->argument);
    pthread_cleanup_pop(1);
    return result;
}

static int c11_thread_begins(void *context)
{
    struct lg_traced_thread *entry = context;
    int result;
    thread_began(entry);
    pthread_cleanup_push(thread_ended, entry);
    result = entry->c11_start(entry->argument);
    pthread_cleanup_pop(1);
    return result;
}

/* A new entry, or NULL where there is nothing to note, or no more room. */
static struct lg_traced_thread *add_thread(void *argument)
{
    if (!lg_trace_enter_locked())
        return NULL;
    struct lg_traced_thread *entry = free_thread();
    if (entry != NULL)
        *entry = (struct lg_traced_thread){.state = LG_THREAD_STARTING,
                                           .site = lg_trace_site(LG_SITE_THREAD),
                                           .argument = argument};
    lg_trace_leave_locked();
    return entry;
}

/* It could not be started. */
static void drop_thread(struct lg_traced_thread *entry)
{
    if (!lg_trace_enter_locked())
        return;
    entry->state = LG_THREAD_FREE;
    lg_trace_leave_locked();
}

static int lg_hook_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                  void *(*start)(void *), void *argument)
{
    struct lg_traced_thread *entry;
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attributes != NULL)
        pthread_attr_getdetachstate(attributes, &detached);
    entry = add_thread(argument);
    if (entry == NULL)
        return real.pthread_create(thread, attributes, start, argument);
    entry->detached = detached == PTHREAD_CREATE_DETACHED;
    entry->start = start;
    int error = real.pthread_create(thread, attributes, thread_begins, entry);
    if (error != 0)
        drop_thread(entry);
    return error;
}

static int lg_hook_thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
    struct lg_traced_thread *entry = add_thread(argument);
    if (entry == NULL)
        return real.thrd_create(thread, start, argument);
    entry->c11_start = start;
    int error = real.thrd_create(thread, c11_thread_begins, entry);
    if (error != thrd_success)
        drop_thread(entry);
    return error;
}

static int joined(pthread_t thread, int error)
{
    if (error != 0 || !lg_trace_enter_locked())
        return error;
    struct lg_traced_thread *entry = find_thread(thread);
    if (entry != NULL)
        entry->state = LG_THREAD_GONE;
    lg_trace_leave_locked();
    return error;
}

static int lg_hook_pthread_join(pthread_t thread, void **result)
{
    return joined(thread, real.pthread_join(thread, result));
}

static int lg_hook_pthread_tryjoin_np(pthread_t thread, void **result)
{
    return joined(thread, real.pthread_tryjoin_np(thread, result));
}

static int lg_hook_pthread_timedjoin_np(pthread_t thread, void **result,
                                        const struct timespec *deadline)
{
    return joined(thread, real.pthread_timedjoin_np(thread, result, deadline));
}

static int lg_hook_pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
                                        const struct timespec *deadline)
{
    return joined(thread, real.pthread_clockjoin_np(thread, result, clock, deadline));
}

/* Threads of pthread_create are C11's as well: success is 0 for both. */
static int lg_hook_thrd_join(thrd_t thread, int *result)
{
    return joined(thread, real.thrd_join(thread, result));
}

static int detached(pthread_t thread, int error)
{
    if (error != 0 || !lg_trace_enter_locked())
        return error;
    struct lg_traced_thread *entry = find_thread(thread);
    if (entry != NULL) {
        entry->detached = true;
        if (entry->state == LG_THREAD_ENDED)
            entry->state = LG_THREAD_GONE;
    } else if ((entry = free_thread()) != NULL) {
        *entry = (struct lg_traced_thread){.state = LG_THREAD_TO_BE_DETACHED, .thread = thread};
    }
    lg_trace_leave_locked();
    return error;
}

static int lg_hook_pthread_detach(pthread_t thread)
{
    return detached(thread, real.pthread_detach(thread));
}

static int lg_hook_thrd_detach(thrd_t thread)
{
    return detached(thread, real.thrd_detach(thread));
}

LG_HOOKS_BEGIN
const struct lg_hook lg_hooks_thread[] = {
    LG_HOOK(pthread_create),       LG_HOOK(pthread_join),
    LG_HOOK(pthread_tryjoin_np),   LG_HOOK(pthread_timedjoin_np),
    LG_HOOK(pthread_clockjoin_np), LG_HOOK(pthread_detach),
    LG_HOOK(thrd_create),          LG_HOOK(thrd_join),
    LG_HOOK(thrd_detach),          {NULL, NULL, NULL},
};
LG_HOOKS_END
