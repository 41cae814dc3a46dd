/* leakgate's public interface.
 *
 * Tests need nothing of it to be measured. This header can be used without
 * linking anything, and does nothing in a program that runs without leakgate.
 * SPDX-License-Identifier: MIT */
#ifndef LEAKGATE_LEAKGATE_H
#define LEAKGATE_LEAKGATE_H

#include <dlfcn.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEAKGATE_VERSION_MAJOR 0
#define LEAKGATE_VERSION_MINOR 1
#define LEAKGATE_VERSION_PATCH 0
#define LEAKGATE_VERSION "0.1.0"

/* The exit statuses of `leakgate run`. */
enum leakgate_exit {
    LEAKGATE_EXIT_CLEAN = 0,
    LEAKGATE_EXIT_FAILED = 1, /* a test failed, crashed, timed out or exited early */
    LEAKGATE_EXIT_LEAKED = 2, /* a test's growth exceeds its budget */
    LEAKGATE_EXIT_USAGE = 3,  /* a wrong option or file */
    LEAKGATE_EXIT_BROKEN = 4  /* something could not be measured */
};

/* Whether this program runs under leakgate: 1 or 0. Never fails, allocates
 * nothing that the caller has to free. Source: the agent, if it is loaded and was
 * started by the runner. */
static inline int leakgate_active(void)
{
    /* NULL is RTLD_DEFAULT, which needs _GNU_SOURCE. */
    void *symbol = dlsym(NULL, "leakgate_agent_active");
    return symbol != NULL ? *(const int *)symbol : 0;
}

#ifdef __cplusplus
}
#endif

#endif
