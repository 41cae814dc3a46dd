#include "runner/watch.h"

#include "common/clock.h"

#include <signal.h>

/* How long a test that is over its limit has to tell where it stands. */
#define TELL_MS 500

#define NS_PER_MS UINT64_C(1000000)

uint32_t lg_watch_running(const struct lg_ledger *ledger, uint32_t host, uint32_t slot)
{
    if (host >= lg_ledger_hosts(ledger) || slot >= ledger->slots)
        return 0;
    const struct lg_child_slot *at = &ledger->header->hosts[host].slots[slot];
    uint32_t running = __atomic_load_n(&at->running, __ATOMIC_ACQUIRE);
    return running <= lg_ledger_records(ledger) ? running : 0;
}

static struct lg_slip *slip_of(struct lg_watch *watch, uint32_t host, uint32_t slot)
{
    if (watch->slips[host] == NULL &&
        lg_slip_map(watch->ledger_fd, watch->ledger, host, &watch->slips[host]) != 0)
        return NULL;
    return lg_slip_of(watch->slips[host], slot);
}

static void kill_child(const struct lg_child_slot *slot)
{
    int32_t pid = slot->child_pid;
    if (pid > 1)
        kill(pid, SIGKILL);
}

static bool is_past(uint64_t now, uint64_t started_ns, uint64_t limit_ms)
{
    return limit_ms != 0 && started_ns != 0 && now > started_ns &&
           (now - started_ns) / NS_PER_MS >= limit_ms;
}

/* A test may ask for more time than its host knows of; but whoever has written over what it is to
 * say asks for nothing. */
static uint64_t limit_of_child(const struct lg_child_slot *slot, const struct lg_slip *slip)
{
    uint64_t limit_ms = slot->limit_ms;
    if (limit_ms == 0 || slip == NULL || !lg_slip_is_whole(slip))
        return limit_ms;
    uint64_t more_ms = __atomic_load_n(&slip->record.more_ms, __ATOMIC_ACQUIRE);
    return more_ms > LG_RECORD_WITHOUT_END - limit_ms ? 0 : limit_ms + more_ms;
}

/* By what the child says of its runs, and by what the host allows it in all. */
static bool is_over(const struct lg_child_slot *slot, const struct lg_slip *slip, uint64_t now)
{
    if (is_past(now, slot->started_ns, limit_of_child(slot, slip)))
        return true;
    if (slip == NULL)
        return false;
    uint64_t started_ns = __atomic_load_n(&slip->record.run_started_ns, __ATOMIC_ACQUIRE);
    return is_past(now, started_ns, slip->record.run_limit_ms);
}

static void enforce_slot(struct lg_watch *watch, uint32_t host, uint32_t index, uint64_t now)
{
    struct lg_child_slot *slot = &watch->ledger->header->hosts[host].slots[index];
    const struct lg_slip *slip = slip_of(watch, host, index);
    uint32_t child = slot->children;
    bool asked = watch->asked[host][index].child == child;
    if (slot->child_pid <= 1 || (!asked && !is_over(slot, slip, now)))
        return;
    if (asked && is_past(now, watch->asked[host][index].asked_ns, TELL_MS)) {
        kill_child(slot);
    } else if (!asked) {
        watch->asked[host][index].child = child;
        watch->asked[host][index].asked_ns = now;
        __atomic_store_n(&slot->timed_out, child, __ATOMIC_RELEASE);
        if (slip != NULL && slip->record.tells_where != 0)
            kill(slot->child_pid, SIGABRT);
        else
            kill_child(slot);
    }
}

/* What a suite's own function does, it does in the host: nothing goes on without that. */
static void enforce_suite(struct lg_watch *watch, uint32_t index, uint64_t now)
{
    struct lg_host *host = &watch->ledger->header->hosts[index];
    if (__atomic_load_n(&host->suite_phase, __ATOMIC_ACQUIRE) == LG_SUITE_NONE ||
        !is_past(now, host->phase_started_ns, watch->suite_limit_ms) || host->pid <= 1)
        return;
    host->phase_timed_out = 1;
    kill(host->pid, SIGKILL);
}

void lg_watch_enforce(struct lg_watch *watch)
{
    uint64_t now = lg_clock_ns();
    for (uint32_t host = 0; host < lg_ledger_hosts(watch->ledger); host++) {
        enforce_suite(watch, host, now);
        for (uint32_t slot = 0; slot < watch->ledger->slots; slot++) {
            if (lg_watch_running(watch->ledger, host, slot) != 0)
                enforce_slot(watch, host, slot, now);
        }
    }
}

void lg_watch_kill(struct lg_watch *watch)
{
    for (uint32_t host = 0; host < lg_ledger_hosts(watch->ledger); host++) {
        for (uint32_t slot = 0; slot < watch->ledger->slots; slot++) {
            if (lg_watch_running(watch->ledger, host, slot) != 0)
                kill_child(&watch->ledger->header->hosts[host].slots[slot]);
        }
    }
}

void lg_watch_keep(struct lg_watch *watch)
{
    for (uint32_t host = 0; host < lg_ledger_hosts(watch->ledger); host++) {
        for (uint32_t slot = 0; slot < watch->ledger->slots; slot++) {
            uint32_t running = lg_watch_running(watch->ledger, host, slot);
            const struct lg_slip *slip = running != 0 ? slip_of(watch, host, slot) : NULL;
            struct lg_record *record = &watch->ledger->records[running != 0 ? running - 1 : 0];
            if (slip == NULL || !lg_slip_is_whole(slip) || record->state != LG_RECORD_RUNNING)
                continue;
            lg_slip_keep(slip, watch->ledger, record);
            record->state = LG_RECORD_RUNNING; /* it never came to its end */
        }
    }
}

void lg_watch_close(struct lg_watch *watch)
{
    for (uint32_t host = 0; host < LG_LEDGER_MAX_HOSTS; host++)
        lg_slip_unmap(watch->slips[host], watch->ledger);
}
