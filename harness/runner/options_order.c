/* Which tests run, how many at a time, in which order, and how often. */
#include "runner/options_parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_REPEATS 10000

unsigned long lg_options_count(const char *text, char **end)
{
    *end = (char *)text;
    return isdigit((unsigned char)text[0]) ? strtoul(text, end, 10) : 0;
}

int lg_options_filter(struct lg_options *options, const char *value, char *why, size_t size)
{
    (void)why;
    (void)size;
    options->filter = value[0] != '\0' ? value : NULL;
    return 0;
}

/* How a CI tells each of several jobs which one it is. */
static const struct {
    const char *index;
    const char *count;
    unsigned long first; /* what the first one is called */
} nodes[] = {
    {"CI_NODE_INDEX", "CI_NODE_TOTAL", 1},
    {"CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0},
    {"BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0},
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Both variables are set. Returns -EINVAL if they don't fit together. */
static int set_node(struct lg_options *options, const char *index, const char *count,
                    unsigned long first, char *why, size_t size)
{
    char *index_end;
    char *count_end;
    unsigned long at = lg_options_count(variable(index), &index_end);
    unsigned long shards = lg_options_count(variable(count), &count_end);
    if (*index_end != '\0' || *count_end != '\0' || at < first || at - first >= shards ||
        shards > UINT32_MAX) {
        snprintf(why, size, "%s=%s of %s=%s is no shard", index, variable(index), count,
                 variable(count));
        return -EINVAL;
    }
    options->shard = (uint32_t)(at - first + 1);
    options->shards = (uint32_t)shards;
    return 0;
}

/* Outside of a CI, or in a job of its own, it is all of the tests. */
static int set_shard_of_ci(struct lg_options *options, char *why, size_t size)
{
    options->shard = options->shards = 0;
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        if (variable(nodes[i].index) != NULL && variable(nodes[i].count) != NULL)
            return set_node(options, nodes[i].index, nodes[i].count, nodes[i].first, why, size);
    }
    return 0;
}

int lg_options_shard(struct lg_options *options, const char *value, char *why, size_t size)
{
    char *end;
    if (strcmp(value, "ci") == 0)
        return set_shard_of_ci(options, why, size);
    unsigned long shard = lg_options_count(value, &end);
    unsigned long shards = *end == '/' ? lg_options_count(end + 1, &end) : 0;
    if (*end != '\0' || shard < 1 || shard > shards || shards > UINT32_MAX) {
        snprintf(why, size, "'%s' is not I/N with 1 <= I <= N, nor ci", value);
        return -EINVAL;
    }
    options->shard = (uint32_t)shard;
    options->shards = (uint32_t)shards;
    return 0;
}

/* That we know of shards, as those who set the variables want to be told. */
static void touch(const char *path)
{
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd >= 0)
        close(fd);
}

int lg_options_shard_of_gtest(struct lg_options *options, char *why, size_t size)
{
    if (variable("GTEST_TOTAL_SHARDS") == NULL || variable("GTEST_SHARD_INDEX") == NULL)
        return 0;
    touch(variable("GTEST_SHARD_STATUS_FILE"));
    return set_node(options, "GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS", 0, why, size);
}

/* As many as this process may use. */
static unsigned long count_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > LG_ORDERS_MAX_JOBS ? LG_ORDERS_MAX_JOBS : (unsigned long)count;
}

int lg_options_jobs(struct lg_options *options, const char *value, char *why, size_t size)
{
    char *end = "";
    unsigned long jobs =
        strcmp(value, "auto") == 0 ? count_processors() : lg_options_count(value, &end);
    if (*end != '\0' || jobs < 1 || jobs > LG_ORDERS_MAX_JOBS) {
        snprintf(why, size, "'%s' is no number from 1 to %d, nor auto", value, LG_ORDERS_MAX_JOBS);
        return -EINVAL;
    }
    options->jobs = (uint32_t)jobs;
    return 0;
}

int lg_options_repeat(struct lg_options *options, const char *value, char *why, size_t size)
{
    char *end;
    unsigned long repeats = lg_options_count(value, &end);
    if (*end != '\0' || repeats < 1 || repeats > MAX_REPEATS) {
        snprintf(why, size, "'%s' is no number from 1 to %d", value, MAX_REPEATS);
        return -EINVAL;
    }
    options->repeat = (uint32_t)repeats;
    return 0;
}

int lg_options_shuffle(struct lg_options *options, const char *value, char *why, size_t size)
{
    char *end;
    unsigned long seed;
    if (strcmp(value, "auto") == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed = ((unsigned long)now.tv_nsec ^ (unsigned long)now.tv_sec) % 1000000;
    } else {
        errno = 0;
        seed = lg_options_count(value, &end);
        if (*end != '\0' || value[0] == '\0' || errno == ERANGE) {
            snprintf(why, size, "'%s' is no number, nor auto", value);
            return -EINVAL;
        }
    }
    options->shuffle = true;
    options->seed = seed;
    return 0;
}
