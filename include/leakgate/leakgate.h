/* leakgate's public interface.
 *
 * Tests need nothing of it to be measured. This header can be used without
 * linking anything, and does nothing in a program that runs without leakgate.
 * C99 or C++11.
 * SPDX-License-Identifier: MIT */
#ifndef LEAKGATE_LEAKGATE_H
#define LEAKGATE_LEAKGATE_H

#include <dlfcn.h>
#include <limits.h>
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

/* What is measured. Bytes, but where it says count. */
enum leakgate_gauge {
    LEAKGATE_HEAP,    /* the heap and malloc's arenas, by the page */
    LEAKGATE_MMAP,    /* all other mappings */
    LEAKGATE_LIVE,    /* what malloc handed out and did not get back */
    LEAKGATE_FRAG,    /* what the heap grew by while nothing was leaked */
    LEAKGATE_FDS,     /* count: descriptors */
    LEAKGATE_THREADS, /* count */
    LEAKGATE_CHILDREN /* count: processes */
};

/* No limit. */
#define LEAKGATE_UNLIMITED LLONG_MAX

/* For the functions below: what the agent offers them. */
struct leakgate_agent {
    int version; /* 2; later ones add to the end */
    void (*budget)(int gauge, long long limit);
    void (*not_repeatable)(void);
    void (*dont_measure)(const char *reason);
    void (*begin)(void);
    void (*end)(void);
    long long (*growth)(int gauge);
    void (*timeout)(double seconds); /* since version 2 */
};

static inline const struct leakgate_agent *leakgate_find_agent_(void)
{
    /* NULL is RTLD_DEFAULT, which needs _GNU_SOURCE. */
    return (const struct leakgate_agent *)dlsym(NULL, "leakgate_agent_interface");
}

/* Whether this program runs under leakgate: 1 or 0. Never fails, allocates
 * nothing that the caller has to free. Source: the agent, if it is loaded and was
 * started by the runner. */
static inline int leakgate_active(void)
{
    void *symbol = dlsym(NULL, "leakgate_agent_active");
    return symbol != NULL ? *(const int *)symbol : 0;
}

/* The functions from here on speak of the calling test. They are for the thread that CUnit runs
 * it in, never fail, and do nothing without leakgate, in processes that a test forks, and in
 * tests that are run only for what later ones need of them. */

/* The test may grow by LIMIT per run in GAUGE; LEAKGATE_UNLIMITED is no limit, and less than 0 is
 * as 0. A line of a budget
 * file goes before it, and it goes before --budget. Called in a suite's initialization it is for
 * each test of the suite, in main for each test. */
static inline void leakgate_budget(enum leakgate_gauge gauge, long long limit)
{
    const struct leakgate_agent *agent = leakgate_find_agent_();
    if (agent != NULL)
        agent->budget((int)gauge, limit);
}

/* The test must not be run again in the same process: it is judged on a single run. In a suite's
 * initialization or main as above. */
static inline void leakgate_not_repeatable(void)
{
    const struct leakgate_agent *agent = leakgate_find_agent_();
    if (agent != NULL)
        agent->not_repeatable();
}

/* The test's growth is not to be judged; its assertions are. The report gives REASON, which is
 * copied and may be NULL. In a suite's initialization or main as above. */
static inline void leakgate_dont_measure(const char *reason)
{
    const struct leakgate_agent *agent = leakgate_find_agent_();
    if (agent != NULL)
        agent->dont_measure(reason);
}

/* A run of the test's body may take SECONDS, counted from its beginning: the one that calls it, and
 * those after it. 0 or less is no limit. Goes before --timeout. In a suite's initialization, whose
 * own limit stays what it is, or main as above; what a test says goes before its suite's. */
static inline void leakgate_timeout(double seconds)
{
    const struct leakgate_agent *agent = leakgate_find_agent_();
    if (agent != NULL && agent->version >= 2)
        agent->timeout(seconds);
}

/* Only what lies between leakgate_begin and leakgate_end, or the test's end, is measured. What
 * several such parts of a run grow by is added up. */
static inline void leakgate_begin(void)
{
    const struct leakgate_agent *agent = leakgate_find_agent_();
    if (agent != NULL)
        agent->begin();
}

static inline void leakgate_end(void)
{
    const struct leakgate_agent *agent = leakgate_find_agent_();
    if (agent != NULL)
        agent->end();
}

/* What the process has grown by in GAUGE since leakgate_begin, or without one since this run of
 * the test began; after leakgate_end, between the two. Less than zero where it has shrunk; 0
 * without leakgate, and for a gauge that can't be measured in this process. Takes a sample, about
 * 40 microseconds; where the test has started threads or processes, up to 50 milliseconds, for them
 * to end. */
static inline long long leakgate_growth(enum leakgate_gauge gauge)
{
    const struct leakgate_agent *agent = leakgate_find_agent_();
    return agent != NULL ? agent->growth((int)gauge) : 0;
}

#ifdef __cplusplus
}
#endif

#endif
