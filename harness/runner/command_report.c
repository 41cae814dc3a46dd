/* `leakgate merge` and `leakgate report`: reports of runs that are over. */
#include "runner/command.h"
#include "runner/outfile.h"
#include "runner/report/join.h"
#include "runner/report/report_options.h"

#include <errno.h>
#include <leakgate/leakgate.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* What was left out of a folder is told, and does no more harm. */
static void tell_left_out(const struct lg_join *join)
{
    const char *line = join != NULL ? lg_join_left_out(join) : "";
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");
        lg_fail("%.*s", (int)length, line);
        line += length + 1;
    }
}

int lg_command_merge(int argc, char *argv[])
{
    char error[2 * PATH_MAX];
    if (argc < 3)
        return lg_fail(
            "merge: it needs a file to write and those to join: leakgate merge OUT IN...");
    struct lg_join *join = lg_join_new();
    if (join == NULL)
        return lg_fail("merge: no memory");
    lg_join_set_out(join, argv[1]);
    int status = lg_outfile_prepare(argv[1]);
    if (status != 0)
        snprintf(error, sizeof(error),
                 "%s cannot be written: %s; name a file in a folder that "
                 "can be",
                 argv[1], strerror(-status));
    for (int i = 2; i < argc && status == 0; i++)
        status = lg_join_add(join, argv[i], error, sizeof(error));
    if (status == 0 && (status = lg_join_write(join, argv[1])) != 0)
        snprintf(error, sizeof(error), "%s could not be written: %s", argv[1], strerror(-status));
    tell_left_out(join);
    lg_join_free(join);
    return status == 0 ? LEAKGATE_EXIT_CLEAN : lg_fail("merge: %s", error);
}

int lg_command_report(int argc, char *argv[])
{
    char error[2 * PATH_MAX] = "no memory for the report";
    struct lg_report_options options;
    struct lg_doc doc = {0};
    signal(SIGPIPE, SIG_IGN); /* a reader of our output that leaves early takes no file with it */
    if (lg_report_options_parse(argc, argv, &options, error, sizeof(error)) != 0 ||
        lg_outputs_prepare(&options.outputs, error, sizeof(error)) != 0)
        return lg_fail("report: %s", error);
    struct lg_join *join = lg_join_new();
    int status = join != NULL ? 0 : -ENOMEM;
    for (char *const *in = options.inputs; status == 0 && *in != NULL; in++)
        status = lg_join_add(join, *in, error, sizeof(error));
    if (status == 0)
        status = lg_doc_read(lg_join_document(join), &doc);
    if (status == 0)
        status = lg_outputs_write(&options.outputs, &doc, stdout, error, sizeof(error));
    tell_left_out(join);
    lg_doc_free(&doc);
    lg_join_free(join);
    return status == 0 ? LEAKGATE_EXIT_CLEAN : lg_fail("report: %s", error);
}
