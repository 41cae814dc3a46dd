#include "runner/options_parts.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

const struct lg_option lg_options_table[] = {
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

_Static_assert(sizeof(lg_options_table) / sizeof(lg_options_table[0]) == LG_OPTIONS,
               "LG_OPTIONS counts them");
