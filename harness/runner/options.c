#include "runner/options.h"

#include "runner/options_parts.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_TIMEOUT_MS 60000

static int read_environment(struct lg_options *options, char *error, size_t size)
{
    if (lg_options_shard_of_gtest(options, error, size) != 0)
        return -EINVAL;
    for (size_t i = 0; i < LG_OPTIONS; i++) {
        char name[64];
        int length = snprintf(name, sizeof(name), "LEAKGATE_%s", lg_options_table[i].name);
        for (int c = 0; c < length; c++)
            name[c] = name[c] == '-' ? '_' : (char)toupper((unsigned char)name[c]);
        const char *value = getenv(name);
        char why[256];
        if (value == NULL || value[0] == '\0' ||
            lg_options_table[i].set(options, value, why, sizeof(why)) == 0)
            continue;
        snprintf(error, size, "%s: %s", name, why);
        return -EINVAL;
    }
    return 0;
}

static int read_arguments(int argc, char *const argv[], struct lg_options *options, char *error,
                          size_t size)
{
    struct option longs[LG_OPTIONS + 1] = {{0}};
    for (size_t i = 0; i < LG_OPTIONS; i++)
        longs[i] = (struct option){lg_options_table[i].name, lg_options_table[i].argument, NULL,
                                   (int)(256 + i)};
    opterr = 0;
    optind = 0;
    int found;
    int at = 1;
    for (; (found = getopt_long(argc, argv, "+:", longs, NULL)) != -1; at = optind) {
        const char *argument = argv[at];
        if (found == ':') {
            snprintf(error, size, "%s: it needs a value; 'leakgate run --help' tells which",
                     argument);
            return -EINVAL;
        }
        if (found < 256) {
            snprintf(error, size,
                     "%s: unknown option, or a value too many; 'leakgate run --help' "
                     "lists all",
                     argument);
            return -EINVAL;
        }
        char why[256];
        const char *name = lg_options_table[found - 256].name;
        if (lg_options_table[found - 256].set(options, optarg, why, sizeof(why)) != 0) {
            snprintf(error, size, "--%s: %s", name, why);
            return -EINVAL;
        }
    }
    options->program = argv + optind;
    options->words = argv;
    return 0;
}

/* Values come from anywhere: what is said of them stays on one line. */
static void flatten(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

/* What is wrong with options that are right by themselves, or NULL. */
static const char *find_mismatch(const struct lg_options *options)
{
    if (options->suppressions_path != NULL && !options->trace)
        return "--suppressions: call sites are not known with --no-trace; leave one of them out";
    if (options->json && !options->list)
        return "--json goes with --list";
    if (options->allow_growth && !options->update_budgets)
        return "--allow-growth goes with --update-budgets";
    if (options->update_budgets && options->budgets_path == NULL)
        return "--update-budgets: it needs --budgets FILE, the file to write to";
    if (options->ratchet && options->budgets_path == NULL)
        return "--ratchet: it needs --budgets FILE, whose lines are to be tight";
    return NULL;
}

int lg_options_parse(int argc, char *const argv[], struct lg_options *out, char *error,
                     size_t error_size)
{
    struct lg_options options = {.rigor = LG_RIGOR_STANDARD,
                                 .timeout_ms = DEFAULT_TIMEOUT_MS,
                                 .jobs = 1,
                                 .repeat = 1,
                                 .trace = true,
                                 .capture = true};
    lg_budget_init(&options.budget);
    int status = read_environment(&options, error, error_size);
    if (status == 0)
        status = read_arguments(argc, argv, &options, error, error_size);
    if (status != 0) {
        flatten(error);
        return status;
    }
    if (options.program[0] == NULL) {
        snprintf(error, error_size, "no PROGRAM to run; say: leakgate run [options] -- PROGRAM");
        return -EINVAL;
    }
    const char *mismatch = find_mismatch(&options);
    if (mismatch != NULL) {
        snprintf(error, error_size, "%s", mismatch);
        return -EINVAL;
    }
    if (options.update_budgets && !options.rigor_given)
        options.rigor = LG_RIGOR_THOROUGH; /* what is written is to hold */
    *out = options;
    return 0;
}
