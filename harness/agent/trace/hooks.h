/* What the files of hooks share. */
#ifndef LG_AGENT_TRACE_HOOKS_H
#define LG_AGENT_TRACE_HOOKS_H

#include "agent/trace/modules.h"
#include "agent/trace/trace.h"

/* The row of NAME in a table of hooks: lg_hook_NAME stands in for real.NAME. */
#define LG_HOOK(name)                                                                              \
    {                                                                                              \
#name, (void *)&lg_hook_##name, (void **)&real.name                                        \
    }

/* ISO C has no conversion between pointers to functions and objects; POSIX does. */
#define LG_HOOKS_BEGIN                                                                             \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wpedantic\"")
#define LG_HOOKS_END _Pragma("GCC diagnostic pop")

/* A descriptor, or -1, that was opened, and is returned. */
int lg_trace_opened(int fd);

void lg_trace_opened_two(const int fds[2]);

/* One that is about to be closed. */
void lg_trace_closes(int fd);

/* A mapping that was made. */
void lg_trace_mapped(void *start, size_t bytes, int protection);

/* The same, with the flags of mmap: MAP_FIXED goes over what was there. */
void lg_trace_mapped_with(void *start, size_t bytes, int protection, int flags);
void lg_trace_unmapped(void *start, size_t bytes);
void lg_trace_remapped(void *old, size_t old_bytes, void *start, size_t bytes);

/* A process that was started: PID is of the parent's side. */
void lg_trace_forked(int32_t pid);

#endif
