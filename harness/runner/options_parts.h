/* The parts of the option parser. */
#ifndef LG_RUNNER_OPTIONS_PARTS_H
#define LG_RUNNER_OPTIONS_PARTS_H

#include "runner/options.h"

#include <stddef.h>

/* A whole number, without a sign. Stores where it ends: TEXT, if there is none. */
unsigned long lg_options_count(const char *text, char **end);

/* Takes the option's value, sets the field, and says what is wrong with it. Returns 0 or -EINVAL.
 */
typedef int lg_set_option(struct lg_options *options, const char *value, char *why, size_t size);

struct lg_option {
    const char *name;   /* without the dashes */
    int argument;       /* as getopt_long wants it: no_argument, required_argument */
    lg_set_option *set; /* VALUE is NULL where none was given */
};

/* All of them. */
#define LG_OPTIONS 33
extern const struct lg_option lg_options_table[LG_OPTIONS];

/* Those whose values are more than a word. */
int lg_options_filter(struct lg_options *options, const char *value, char *why, size_t size);
int lg_options_shard(struct lg_options *options, const char *value, char *why, size_t size);
int lg_options_jobs(struct lg_options *options, const char *value, char *why, size_t size);
int lg_options_repeat(struct lg_options *options, const char *value, char *why, size_t size);
int lg_options_shuffle(struct lg_options *options, const char *value, char *why, size_t size);

/* The shard that GoogleTest's variables name, where they are set. */
int lg_options_shard_of_gtest(struct lg_options *options, char *why, size_t size);

#endif
