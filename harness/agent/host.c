#include "agent/host.h"

#include "agent/agent.h"
#include "agent/hot.h"
#include "agent/job.h"
#include "agent/keepers.h"
#include "agent/offsets.h"
#include "agent/oom.h"
#include "agent/output.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a child has of the ledger's header: it can't be given what the runner relies on. */
static struct lg_ledger_header told;

/* More than anything of ours takes, in the host or in a child. */
#define STACK_BYTES 262144

static bool is_kept_from_forks;
static struct stat reaper_file;
static LG_HOT bool has_changed = true;
static LG_HOT pid_t group; /* of the children */
static char path_of_ledger[64];

/* A wrapper may have closed what it did not know: the runner still has it. */
static int open_ledger(const char *address)
{
    int fd;
    int runner_fd;
    long pid;
    if (sscanf(address, "%d:%ld:%d", &fd, &pid, &runner_fd) != 3)
        return -1;
    snprintf(path_of_ledger, sizeof(path_of_ledger), "/proc/%ld/fd/%d", pid, runner_fd);
    if (lg_ledger_open(fd, &lg_agent.ledger) == 0)
        return fd;
    int again = open(path_of_ledger, O_RDWR | O_CLOEXEC);
    if (again >= 0 && lg_ledger_open(again, &lg_agent.ledger) == 0)
        return again;
    if (again >= 0)
        close(again);
    return -1;
}

/* This process may have been a host before it executed its program anew. */
static uint32_t find_earlier_self(void)
{
    const struct lg_ledger_header *header = lg_agent.ledger.header;
    for (uint32_t i = 0; i < lg_ledger_hosts(&lg_agent.ledger); i++) {
        if (header->hosts[i].pid == getpid() && header->hosts[i].state == LG_HOST_ATTACHED)
            return i;
    }
    return LG_LEDGER_MAX_HOSTS;
}

static int claim(int fd)
{
    struct lg_ledger_header *header = lg_agent.ledger.header;
    uint32_t claimed = find_earlier_self();
    if (claimed == LG_LEDGER_MAX_HOSTS)
        claimed = __atomic_fetch_add(&header->hosts_used, 1, __ATOMIC_ACQ_REL);
    if (claimed >= LG_LEDGER_MAX_HOSTS)
        return -1;
    lg_agent.host_index = claimed;
    lg_agent.host = &header->hosts[claimed];
    lg_agent.host->pid = getpid();
    lg_slip_unmap(lg_agent.slips, &lg_agent.ledger);
    return lg_slip_map(fd, &lg_agent.ledger, claimed, &lg_agent.slips);
}

static lg_attic add_program(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    return length < 0 ? 0 : lg_ledger_add_bytes(&lg_agent.ledger, path, (size_t)length);
}

int lg_host_open(const char *address)
{
    *lg_agent.is_host = true;
    int fd = open_ledger(address);
    if (fd < 0)
        return -1;
    int error = claim(fd);
    close(fd);
    if (error != 0)
        return error;
    lg_agent.host->program = add_program();
    return 0;
}

/* Processes that main has forked begin as the same host: the first that runs tests stays it. */
static bool own_host(void)
{
    struct lg_host *host = lg_agent.host;
    int32_t nobody = 0;
    if (!__atomic_compare_exchange_n(&host->owner_pid, &nobody, getpid(), false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE) &&
        nobody != getpid())
        return false;
    host->pid = getpid();
    return true;
}

/* For a process whose host is another's by now. */
static bool become_host(void)
{
    struct lg_host *before = lg_agent.host;
    lg_keepers_forget();
    int fd = open(path_of_ledger, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    int error = claim(fd);
    close(fd);
    if (error != 0)
        return false;
    struct lg_host *host = lg_agent.host;
    host->owner_pid = getpid();
    host->program = before->program;
    host->measured = before->measured;
    host->allocator = before->allocator;
    host->allocator_name = before->allocator_name;
    host->pins = before->pins;
    host->static_cunit = before->static_cunit;
    return true;
}

static void save_maps(void)
{
    size_t capacity;
    char *text = lg_agent_read_modules(&capacity);
    if (text == NULL)
        return;
    lg_agent.host->maps = lg_ledger_add_text(&lg_agent.ledger, text);
    munmap(text, capacity);
}

/* Of whose children there are, whenever they are asked for. */
static int open_children(int32_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    return lg_proc_move_up(open(path, O_RDONLY | O_CLOEXEC));
}

static void open_reaper(int32_t pid, int32_t apart)
{
    lg_agent.reaper = (struct lg_reaper){pid, {apart, 0}, open_children(pid)};
    if (lg_agent.reaper.fd >= 0 && fstat(lg_agent.reaper.fd, &reaper_file) != 0)
        reaper_file = (struct stat){0};
}

/* The program may have closed it, and opened something else there. */
static void close_reaper(void)
{
    struct stat status;
    int fd = lg_agent.reaper.fd;
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == reaper_file.st_dev &&
        status.st_ino == reaper_file.st_ino)
        close(fd);
    lg_agent.reaper.fd = -1;
}

/* A test may send a signal to its process group: it gets one that nobody else is in. Not as its
 * leader, which could not begin a session of its own: that is a process that has ended, and is not
 * waited for. Only who asks for clones would find it. */
static void make_group(uint32_t slot)
{
    long pid = syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL); /* not even SIGCHLD when it ends */
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    bool made = pid > 0 && setpgid((pid_t)pid, (pid_t)pid) == 0;
    group = made ? (pid_t)pid : 0;
    lg_agent.reaper.apart[0] = slot == LG_JOB_SLOT ? lg_agent.reaper.apart[0] : (int32_t)pid;
}

/* Valgrind does not learn that a child lacks a mapping, and looks through it when that ends. */
static bool can_hide(void)
{
    return lg_agent.host->allocator != LG_ALLOCATOR_VALGRIND;
}

/* Each slip is shown to its own children alone. */
void lg_host_show_to_forks(bool shown)
{
    is_kept_from_forks = !shown;
    if (!can_hide())
        return;
    int advice = shown ? MADV_DOFORK : MADV_DONTFORK;
    madvise(lg_agent.ledger.header, lg_agent.ledger.bytes, advice);
    if (LG_JOB_SLOT > 0)
        madvise(lg_agent.slips, LG_JOB_SLOT * LG_SLIP_BYTES, advice);
}

/* A stack that has grown is no growth, but would have all mappings read: it has grown before. Only
 * its lowest page is touched. */
__attribute__((noinline)) static void deepen_stack(void)
{
    volatile char deep[STACK_BYTES];
    deep[0] = 0;
    (void)deep[0];
}

bool lg_host_begin_run(void)
{
    if (is_kept_from_forks && !*lg_agent.is_host)
        return false;
    if (!*lg_agent.is_host)
        group = 0; /* it is that of the process that has forked it */
    if (!own_host() && !become_host())
        return false;
    *lg_agent.is_host = true;
    lg_agent_restore_environment();
    if (lg_agent.host->maps == 0) {
        save_maps();
        lg_agent.host->oom = lg_oom_read("/proc", "/sys/fs/cgroup");
    }
    __atomic_store_n(&lg_agent.host->state, LG_HOST_RUNNING, __ATOMIC_RELEASE);
    deepen_stack();
    lg_proc_open_folder();
    open_reaper(lg_agent.ledger.header->runner_pid, lg_agent.ledger.header->program_pid);
    if (group == 0)
        make_group(LG_JOB_SLOT);
    memcpy(&told, lg_agent.ledger.header, sizeof(told));
    lg_host_show_to_forks(false);
    return true;
}

void lg_host_end_run(void)
{
    lg_host_show_to_forks(true);
    close_reaper();
    __atomic_store_n(&lg_agent.host->state, LG_HOST_IDLE, __ATOMIC_RELEASE);
}

static void exclude(const void *start, uint64_t bytes)
{
    uint64_t address = (uint64_t)(uintptr_t)start;
    lg_sampler_exclude(&lg_agent.sampler, (struct lg_range){address, address + bytes});
}

void lg_host_has_changed(void)
{
    has_changed = true;
}

void lg_host_has_run_code(void)
{
    lg_offsets_note();
    for (uint32_t slot = 0; slot < lg_agent.ledger.slots; slot++)
        lg_output_drain(slot);
    has_changed = true;
}

void lg_host_was_wrong(void)
{
    lg_slip_of(lg_agent.slips, lg_agent.slot)->differs = 1;
}

/* Children see neither the ledger nor the slips of others. */
void lg_host_sample(void)
{
    struct lg_sampler *sampler = &lg_agent.sampler;
    struct lg_sample unused;
    if (!has_changed)
        return;
    has_changed = false;
    lg_output_check();
    exclude(lg_agent.ledger.header, lg_agent.ledger.bytes);
    exclude(lg_agent.slips, lg_agent.ledger.slots * LG_SLIP_BYTES);
    sampler->known.is_known = false; /* it was counted with these */
    sampler->known.is_known = lg_sampler_take(sampler, &unused) == 0 && sampler->known.is_known;
    lg_sampler_include(sampler, 2);
}

void lg_host_enter_keeper(uint32_t slot)
{
    struct lg_slip *slip = lg_slip_of(lg_agent.slips, slot);
    if (can_hide()) {
        madvise(lg_agent.ledger.header, lg_agent.ledger.bytes, MADV_DONTFORK);
        madvise(lg_agent.slips, lg_agent.ledger.slots * LG_SLIP_BYTES, MADV_DONTFORK);
        madvise(slip, LG_SLIP_BYTES, MADV_DOFORK);
    }
    lg_agent.is_keeper = true;
    close_reaper();
    open_reaper(getpid(), 0);
    lg_output_leave_others(slot);
    make_group(slot);
}

void lg_host_enter_child(uint32_t slot)
{
    struct lg_slip *slip = lg_slip_of(lg_agent.slips, slot);
    struct lg_ledger own = lg_slip_ledger(slip, &lg_agent.ledger);
    own.header = &told;
    lg_agent.slot = slot;
    lg_agent.ledger = own;
    lg_agent.host = &told.hosts[lg_agent.host_index];
    lg_agent.record = &slip->record;
    if (group != 0)
        setpgid(0, group);
    if (lg_agent.is_keeper)
        lg_agent.reaper.apart[1] = getpid();
    lg_output_leave_others(slot);
    if (can_hide())
        lg_sampler_hide(&lg_agent.sampler, own.bytes + (own.slots - 1) * LG_SLIP_BYTES);
    exclude(slip, LG_SLIP_BYTES);
}
