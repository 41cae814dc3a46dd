#include "runner/options.h"

#include "runner/options_parts.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_MS 60000

static const char *const rigor_names[] = {"once", "quick", "standard", "thorough"};

static const char *const isolation_names[] = {"auto", "fork", "carry"};

const char *lg_isolation_name(enum lg_isolation isolation)
{
    return isolation_names[isolation];
}

const char *lg_rigor_name(enum lg_rigor rigor)
{
    return rigor_names[rigor];
}

/* Each takes the option's value, sets the field, and says what is wrong with it. */
typedef int set_option(struct lg_options *options, const char *value, char *why, size_t size);

static int find_word(const char *value, const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], value) == 0)
            return i;
    }
    return -1;
}

static int parse_switch(const char *value, bool *out, char *why, size_t size)
{
    static const char *const words[] = {"0", "1", "no", "yes", "off", "on", "false", "true", ""};
    int found = value == NULL ? 1 : find_word(value, words, 9);
    if (found < 0) {
        snprintf(why, size, "'%s' is neither 1 nor 0", value);
        return -EINVAL;
    }
    *out = found % 2 == 1;
    return 0;
}

static int set_junit(struct lg_options *options, const char *value, char *why, size_t size)
{
    if (value[0] == '\0') {
        snprintf(why, size, "it needs the path of a file");
        return -EINVAL;
    }
    options->junit = value;
    return 0;
}

static int set_junit_profile(struct lg_options *options, const char *value, char *why, size_t size)
{
    static const char *const words[] = {"rich", "strict"};
    int found = find_word(value, words, 2);
    if (found < 0) {
        snprintf(why, size, "unknown profile '%s' (rich, strict)", value);
        return -EINVAL;
    }
    options->junit_strict = found == 1;
    return 0;
}

static int set_omit_unselected(struct lg_options *options, const char *value, char *why,
                               size_t size)
{
    return parse_switch(value, &options->omit_unselected, why, size);
}

static int set_skip_status(struct lg_options *options, const char *value, char *why, size_t size)
{
    char *end;
    unsigned long status = lg_options_count(value, &end);
    if (*end != '\0' || status < 5 || status > 125) {
        snprintf(why, size, "'%s' is no exit status from 5 to 125", value);
        return -EINVAL;
    }
    options->skip_status = (int)status;
    return 0;
}

static int set_html(struct lg_options *options, const char *value, char *why, size_t size)
{
    return lg_outputs_set(&options->outputs, "html", value, why, size);
}

static int set_sarif(struct lg_options *options, const char *value, char *why, size_t size)
{
    return lg_outputs_set(&options->outputs, "sarif", value, why, size);
}

static int set_codequality(struct lg_options *options, const char *value, char *why, size_t size)
{
    return lg_outputs_set(&options->outputs, "codequality", value, why, size);
}

static int set_metrics(struct lg_options *options, const char *value, char *why, size_t size)
{
    return lg_outputs_set(&options->outputs, "metrics", value, why, size);
}

static int set_github(struct lg_options *options, const char *value, char *why, size_t size)
{
    return lg_outputs_set(&options->outputs, "github", value, why, size);
}

static int set_budget(struct lg_options *options, const char *value, char *why, size_t size)
{
    return lg_budget_parse(value, &options->budget, why, size);
}

static int set_rigor(struct lg_options *options, const char *value, char *why, size_t size)
{
    int found = find_word(value, rigor_names, 4);
    if (found < 0) {
        snprintf(why, size, "unknown rigor '%s' (once, quick, standard, thorough)", value);
        return -EINVAL;
    }
    options->rigor = (enum lg_rigor)found;
    options->rigor_given = true;
    return 0;
}

static int set_isolation(struct lg_options *options, const char *value, char *why, size_t size)
{
    int found = find_word(value, isolation_names, 3);
    if (found < 0) {
        snprintf(why, size, "unknown isolation '%s' (auto, fork, carry)", value);
        return -EINVAL;
    }
    options->isolation = (enum lg_isolation)found;
    return 0;
}

static int set_timeout(struct lg_options *options, const char *value, char *why, size_t size)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end != '\0' || !(seconds >= 0) || seconds > 1e9) {
        snprintf(why, size, "'%s' is no number of seconds (0 for no timeout)", value);
        return -EINVAL;
    }
    options->timeout_ms = (uint64_t)ceil(seconds * 1000);
    return 0;
}

static int set_color(struct lg_options *options, const char *value, char *why, size_t size)
{
    static const char *const words[] = {"auto", "always", "never"};
    int found = find_word(value, words, 3);
    if (found < 0) {
        snprintf(why, size, "unknown colour '%s' (auto, always, never)", value);
        return -EINVAL;
    }
    options->color = (enum lg_color)found;
    return 0;
}

static int set_list(struct lg_options *options, const char *value, char *why, size_t size)
{
    return parse_switch(value, &options->list, why, size);
}

static int set_json(struct lg_options *options, const char *value, char *why, size_t size)
{
    return parse_switch(value, &options->json, why, size);
}

static int set_quiet(struct lg_options *options, const char *value, char *why, size_t size)
{
    return parse_switch(value, &options->quiet, why, size);
}

static int set_budgets(struct lg_options *options, const char *value, char *why, size_t size)
{
    if (value[0] == '\0') {
        snprintf(why, size, "it needs the path of a file");
        return -EINVAL;
    }
    options->budgets_path = value;
    return 0;
}

static int set_update_budgets(struct lg_options *options, const char *value, char *why, size_t size)
{
    return parse_switch(value, &options->update_budgets, why, size);
}

static int set_allow_growth(struct lg_options *options, const char *value, char *why, size_t size)
{
    return parse_switch(value, &options->allow_growth, why, size);
}

static int set_ratchet(struct lg_options *options, const char *value, char *why, size_t size)
{
    return parse_switch(value, &options->ratchet, why, size);
}

static int set_explain(struct lg_options *options, const char *value, char *why, size_t size)
{
    if (strchr(value, '/') == NULL) {
        snprintf(why, size, "'%s' is not of the form SUITE/TEST", value);
        return -EINVAL;
    }
    options->explain = value;
    return 0;
}

static int set_debug(struct lg_options *options, const char *value, char *why, size_t size)
{
    if (strchr(value, '/') == NULL) {
        snprintf(why, size, "'%s' is not of the form SUITE/TEST", value);
        return -EINVAL;
    }
    options->debug = value;
    return 0;
}

static int set_suppressions(struct lg_options *options, const char *value, char *why, size_t size)
{
    if (value[0] == '\0') {
        snprintf(why, size, "it needs the path of a file");
        return -EINVAL;
    }
    options->suppressions_path = value;
    return 0;
}

static int set_source_root(struct lg_options *options, const char *value, char *why, size_t size)
{
    if (value[0] == '\0') {
        snprintf(why, size, "it needs the path of a folder");
        return -EINVAL;
    }
    options->source_root = value;
    return 0;
}

static int set_debuginfod(struct lg_options *options, const char *value, char *why, size_t size)
{
    return parse_switch(value, &options->debuginfod, why, size);
}

static int set_no_capture(struct lg_options *options, const char *value, char *why, size_t size)
{
    bool no_capture = !options->capture;
    int error = parse_switch(value, &no_capture, why, size);
    options->capture = !no_capture;
    return error;
}

static int set_no_trace(struct lg_options *options, const char *value, char *why, size_t size)
{
    bool no_trace = !options->trace;
    int error = parse_switch(value, &no_trace, why, size);
    options->trace = !no_trace;
    return error;
}

static const struct {
    const char *name;
    int argument;
    set_option *set;
} table[] = {
    {"junit", required_argument, set_junit},
    {"junit-profile", required_argument, set_junit_profile},
    {"skip-status", required_argument, set_skip_status},
    {"omit-unselected", no_argument, set_omit_unselected},
    {"html", required_argument, set_html},
    {"sarif", required_argument, set_sarif},
    {"codequality", required_argument, set_codequality},
    {"metrics", required_argument, set_metrics},
    {"github", required_argument, set_github},
    {"budget", required_argument, set_budget},
    {"rigor", required_argument, set_rigor},
    {"isolation", required_argument, set_isolation},
    {"timeout", required_argument, set_timeout},
    {"filter", required_argument, lg_options_filter},
    {"shard", required_argument, lg_options_shard},
    {"jobs", required_argument, lg_options_jobs},
    {"shuffle", required_argument, lg_options_shuffle},
    {"repeat", required_argument, lg_options_repeat},
    {"list", no_argument, set_list},
    {"json", no_argument, set_json},
    {"budgets", required_argument, set_budgets},
    {"update-budgets", no_argument, set_update_budgets},
    {"allow-growth", no_argument, set_allow_growth},
    {"ratchet", no_argument, set_ratchet},
    {"explain", required_argument, set_explain},
    {"debug", required_argument, set_debug},
    {"suppressions", required_argument, set_suppressions},
    {"no-trace", no_argument, set_no_trace},
    {"no-capture", no_argument, set_no_capture},
    {"source-root", required_argument, set_source_root},
    {"debuginfod", no_argument, set_debuginfod},
    {"color", required_argument, set_color},
    {"quiet", no_argument, set_quiet},
};

#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

static int read_environment(struct lg_options *options, char *error, size_t size)
{
    if (lg_options_shard_of_gtest(options, error, size) != 0)
        return -EINVAL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char name[64];
        int length = snprintf(name, sizeof(name), "LEAKGATE_%s", table[i].name);
        for (int c = 0; c < length; c++)
            name[c] = name[c] == '-' ? '_' : (char)toupper((unsigned char)name[c]);
        const char *value = getenv(name);
        char why[256];
        if (value == NULL || value[0] == '\0' ||
            table[i].set(options, value, why, sizeof(why)) == 0)
            continue;
        snprintf(error, size, "%s: %s", name, why);
        return -EINVAL;
    }
    return 0;
}

static int read_arguments(int argc, char *const argv[], struct lg_options *options, char *error,
                          size_t size)
{
    struct option longs[OPTION_COUNT + 1] = {{0}};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        longs[i] = (struct option){table[i].name, table[i].argument, NULL, (int)(256 + i)};
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
        const char *name = table[found - 256].name;
        if (table[found - 256].set(options, optarg, why, sizeof(why)) != 0) {
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
