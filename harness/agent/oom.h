/* Whether the kernel's OOM killer was at work: what it has killed, it counts.
 *
 * System calls only: no malloc, no locks. */
#ifndef LG_AGENT_OOM_H
#define LG_AGENT_OOM_H

#include "common/ledger.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* A memory cgroup. */
struct lg_oom_group {
    int version;         /* 1 or 2 */
    char path[PATH_MAX]; /* in its hierarchy; "" is the root */
};

/* Finds the group of memory in TEXT, all of /proc/self/cgroup: that of version 1 where the
 * controller has a hierarchy of its own, else that of version 2. Returns false if there is none. */
bool lg_oom_find_group(const char *text, struct lg_oom_group *out);

/* Finds "oom_kill N" in TEXT, a memory.events, memory.oom_control or vmstat. Returns false, and
 * leaves OUT alone, if it has none. */
bool lg_oom_parse_count(const char *text, uint64_t *out);

/* Reads what the killer has killed in the cgroup of this process, whose memory the cgroup or the
 * machine was short of; where the cgroup does not tell, on the machine. PROC_ROOT is "/proc",
 * CGROUP_ROOT "/sys/fs/cgroup", or a test's own folders. */
struct lg_oom_count lg_oom_read(const char *proc_root, const char *cgroup_root);

/* Who has told of a kill between BEFORE and NOW. */
enum lg_oom lg_oom_compare(const struct lg_oom_count *before, const struct lg_oom_count *now);

/* The child of SLOT, which had up to BYTES, is dead, and the OOM killer has killed NOW so many: it
 * waits in HOST to be told whether it was one of them. */
void lg_oom_wait(struct lg_host *host, uint32_t slot, uint64_t bytes,
                 const struct lg_oom_count *now);

/* Tells it. Of several children that wait, the largest are those that were killed. */
enum lg_oom lg_oom_tell(struct lg_host *host, uint32_t slots, uint32_t slot);

#endif
