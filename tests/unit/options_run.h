/* A parse of options with arguments and an environment of its own. */
#ifndef LG_UNIT_OPTIONS_RUN_H
#define LG_UNIT_OPTIONS_RUN_H

#include "runner/options.h"

struct options_run {
    int status;
    struct lg_options options;
    char error[512];
};

/* Parses ARGUMENTS ("run" first, NULL last) with no variables but ENVIRONMENT's, "NAME=VALUE",
 * NULL last. The process's own environment is back when it returns. */
struct options_run run_options(char *const arguments[], char *environment[]);

#define ARGUMENTS(...)                                                                             \
    (char *[])                                                                                     \
    {                                                                                              \
        "run", __VA_ARGS__, NULL                                                                   \
    }
#define VARIABLES(...)                                                                             \
    (char *[])                                                                                     \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define NO_VARIABLES ((char *[]){NULL})

#endif
