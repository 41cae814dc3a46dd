/* Tests of the agent's own, one for each gauge: each leaks what its gauge must see. They
 * run in children, are sampled and judged like any other, so that `leakgate doctor` shows
 * what this machine lets the whole of it measure. */
#include "agent/agent.h"
#include "agent/host.h"
#include "agent/job.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

#define PLANTED_BYTES ((size_t)100)
#define PLANTED_HEAP_BYTES ((size_t)100000)
#define PLANTED_MAPPING_BYTES ((size_t)65536)
#define PLANTED_STACK_BYTES ((size_t)65536)

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): they leak on purpose. */
static void leak_block(void)
{
    void *volatile block = malloc(PLANTED_BYTES);
    (void)block;
}

static void leak_heap(void)
{
    void *volatile block = malloc(PLANTED_HEAP_BYTES);
    (void)block;
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */

static void leak_mapping(void)
{
    void *volatile mapping = mmap(NULL, PLANTED_MAPPING_BYTES, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)mapping;
}

static void leak_fd(void)
{
    int volatile fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)fd;
}

static void *wait_forever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void leak_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PLANTED_STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, wait_forever, NULL);
    pthread_attr_destroy(&attributes);
}

static void leak_child(void)
{
    if (fork() == 0)
        wait_forever(NULL);
}

static void leak_nothing(void)
{
    void *volatile block = malloc(PLANTED_BYTES);
    free(block);
}

static void prepare(void *context)
{
    (void)context;
}

static void run(void *context)
{
    void (*const *function)(void) = context;
    (*function)();
}

static void add_and_run(const char *name, void (*function)(void))
{
    struct lg_record *record = lg_ledger_add_record(&lg_agent.ledger);
    if (record == NULL)
        return;
    record->host = lg_agent.host_index;
    record->pass = 1;
    record->suite = lg_ledger_add_text(&lg_agent.ledger, "doctor");
    record->name = lg_ledger_add_text(&lg_agent.ledger, name);
    lg_job_run(LG_JOB_SLOT, record, (struct lg_body){prepare, 0, run, (void *)&function});
    lg_job_keep(LG_JOB_SLOT, record);
    lg_agent.host->ended++;
}

/* Called by the runner's own executable, started as a test program. Returns 0, or 1 where
 * the agent has no ledger. */
extern int leakgate_agent_doctor(void);
EXPORTED int leakgate_agent_doctor(void)
{
    if (!lg_agent.attached || !lg_host_begin_run())
        return 1;
    add_and_run("clean", leak_nothing);
    add_and_run(lg_gauge_name(LG_GAUGE_LIVE), leak_block);
    add_and_run(lg_gauge_name(LG_GAUGE_HEAP), leak_heap);
    add_and_run(lg_gauge_name(LG_GAUGE_MMAP), leak_mapping);
    add_and_run(lg_gauge_name(LG_GAUGE_FDS), leak_fd);
    add_and_run(lg_gauge_name(LG_GAUGE_THREADS), leak_thread);
    add_and_run(lg_gauge_name(LG_GAUGE_CHILDREN), leak_child);
    lg_host_end_run();
    return 0;
}
