/* Facts about the machine that a report carries, so that its reader can tell a
 * starved machine from a leak. */
#ifndef LG_RUNNER_FACTS_H
#define LG_RUNNER_FACTS_H

#include <stddef.h>

#define LG_FACTS_MAX 16

struct lg_fact {
    char name[48];  /* its unit is part of it, e.g. "MemTotal_bytes" */
    char value[32]; /* a number, or "unlimited" */
};

struct lg_facts {
    struct lg_fact rows[LG_FACTS_MAX];
    size_t count;
};

/* Reads the memory of the machine, the reserve of its kernel, and the limit of this
 * process's memory cgroup if it has any. PROC_ROOT is "/proc", CGROUP_ROOT
 * "/sys/fs/cgroup", or a test's own folders. What cannot be read is left out. */
void lg_facts_read(const char *proc_root, const char *cgroup_root, struct lg_facts *out);

#endif
