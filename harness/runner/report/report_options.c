#include "runner/report/report_options.h"

#include <errno.h>
#include <getopt.h>

static int complain(char *error, size_t size, const char *argument, const char *what)
{
    snprintf(error, size, "%s: %s", argument, what);
    return -EINVAL;
}

int lg_report_options_parse(int argc, char *const argv[], struct lg_report_options *out,
                            char *error, size_t error_size)
{
    static const struct option longs[] = {
        {"html", required_argument, NULL, 1},        {"sarif", required_argument, NULL, 1},
        {"codequality", required_argument, NULL, 1}, {"metrics", required_argument, NULL, 1},
        {"github", required_argument, NULL, 1},      {NULL, 0, NULL, 0}};
    char why[128];
    int found;
    int which;
    *out = (struct lg_report_options){.inputs = NULL};
    opterr = 0;
    optind = 0;
    for (int at = 1; (found = getopt_long(argc, argv, ":", longs, &which)) != -1; at = optind) {
        if (found == ':')
            return complain(error, error_size, argv[at], "it needs a value");
        if (found != 1)
            return complain(error, error_size, argv[at],
                            "unknown option (--html, --sarif, --codequality, --metrics, --github)");
        if (lg_outputs_set(&out->outputs, longs[which].name, optarg, why, sizeof(why)) != 0)
            return complain(error, error_size, argv[at], why);
    }
    out->inputs = argv + optind;
    if (*out->inputs == NULL)
        return complain(error, error_size, "no report to read",
                        "say: leakgate report --html OUT IN.xml...");
    if (!lg_outputs_any(&out->outputs))
        return complain(error, error_size, "nothing to write",
                        "name --html, --sarif, --codequality, --metrics or --github");
    return 0;
}
