/* `leakgate run`. */
#include "runner/command.h"
#include "runner/last_words.h"
#include "runner/outfile.h"
#include "runner/report/console.h"
#include "runner/report/join.h"
#include "runner/report/junit.h"
#include "runner/source.h"

#include <errno.h>
#include <leakgate/leakgate.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GITLAB_BYTES 30000000

static int report_list(const struct lg_results *results)
{
    lg_console_list(results, stdout, results->options->json);
    const struct lg_host *host = results->programs[0].host;
    if (host != NULL && host->state == LG_HOST_RUNNING)
        return LEAKGATE_EXIT_CLEAN;
    lg_fail("%s: no CUnit tests were found in it", results->options->program[0]);
    return LEAKGATE_EXIT_BROKEN;
}

/* A reader drops the whole of a file that is too long for it. */
static void tell_size(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && status.st_size > GITLAB_BYTES)
        printf("leakgate: %s has %jd MB, and GitLab reads no more than 30: use --shard, or "
               "--junit-profile strict\n",
               path, (intmax_t)(status.st_size / 1000000));
}

/* They are made of the report as it is read back: of the one record, whatever reads it. */
static int write_outputs(const struct lg_results *results)
{
    char error[2 * PATH_MAX] = "no memory for the report";
    struct lg_doc doc = {0};
    struct lg_join *join = lg_join_new();
    int fd = memfd_create("leakgate-report", MFD_CLOEXEC);
    int status = join != NULL && fd >= 0 ? lg_junit_write_fd(results, fd) : -ENOMEM;
    if (status == 0)
        status = lg_join_add_fd(join, fd, "the report", error, sizeof(error));
    if (status == 0)
        status = lg_doc_read(lg_join_document(join), &doc);
    if (status == 0)
        status = lg_outputs_write(&results->options->outputs, &doc, stdout, error, sizeof(error));
    lg_doc_free(&doc);
    lg_join_free(join);
    if (fd >= 0)
        close(fd);
    return status == 0 ? LEAKGATE_EXIT_CLEAN : lg_fail("%s", error);
}

static int report(const struct lg_results *results)
{
    const struct lg_options *options = results->options;
    /* A reader of our output that leaves early takes no result with it. */
    signal(SIGPIPE, SIG_IGN);
    if (options->list)
        return report_list(results);
    bool color = lg_console_color(options->color, stdout);
    lg_console_write(results, stdout, color, options->quiet);
    int status = lg_verdict_exit_status(results->counts);
    if (results->count > 0 && results->counts[LG_VERDICT_SKIPPED] == results->count)
        status = options->skip_status;
    if (options->junit != NULL) {
        int error = lg_junit_write(results, options->junit);
        if (error != 0)
            return lg_fail("--junit: %s could not be written: %s", options->junit,
                           strerror(-error));
        if (!options->quiet)
            printf("leakgate: report: %s\n", options->junit);
        tell_size(options->junit);
    }
    if (lg_outputs_any(&options->outputs)) {
        int error = write_outputs(results);
        status = error != LEAKGATE_EXIT_CLEAN ? error : status;
    }
    if (options->filter != NULL && results->selected == 0 && results->count > 0)
        return lg_fail("--filter: no test matches '%s'; 'leakgate run --list' shows their names",
                       options->filter);
    return status;
}

int lg_run_and_report(const struct lg_options *options, lg_reporter *report_results)
{
    char error[2 * PATH_MAX];
    struct lg_session session;
    struct lg_results results;
    if (lg_session_run(options, &session, error, sizeof(error)) != 0)
        return lg_fail("%s", error);
    int status = options->update_budgets ? lg_command_update_budgets(options, &session)
                                         : LEAKGATE_EXIT_CLEAN;
    lg_last_words_begin();
    int error_of_read = lg_results_read(&session.ledger, options, &session.outcome, &results);
    lg_last_words_end();
    results.capture = &session.capture;
    if (error_of_read != 0) {
        status = lg_fail("no memory for the report");
    } else {
        int reported = report_results(&results);
        status = status != LEAKGATE_EXIT_CLEAN ? status : reported;
    }
    lg_results_free(&results);
    lg_session_close(&session);
    return status;
}

/* LIST is the caller's to free in any case. */
static int read_suppressions(struct lg_options *options, struct lg_suppressions *list)
{
    char error[512];
    if (options->suppressions_path != NULL &&
        lg_suppressions_read(list, options->suppressions_path, error, sizeof(error)) != 0)
        return lg_fail("--suppressions: %s", error);
    if (lg_suppressions_add_builtin(list) != 0)
        return lg_fail("no memory for the suppressions");
    options->suppressions = list;
    return LEAKGATE_EXIT_CLEAN;
}

static int run_as_told(const struct lg_options *options)
{
    if (options->debug != NULL)
        return lg_command_debug(options);
    if (options->explain != NULL)
        return lg_command_explain(options);
    return lg_run_and_report(options, report);
}

int lg_command_run(int argc, char *argv[])
{
    struct lg_options options;
    struct lg_suppressions suppressions = {0};
    struct lg_budgets budgets = {0};
    char error[512];
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(lg_usage, stdout);
        return LEAKGATE_EXIT_CLEAN;
    }
    if (lg_options_parse(argc, argv, &options, error, sizeof(error)) != 0)
        return lg_fail("%s", error);
    if (options.junit != NULL && !options.list) {
        int status = lg_outfile_prepare(options.junit);
        if (status != 0)
            return lg_fail("--junit: %s cannot be written: %s; name a file in a folder that can be",
                           options.junit, strerror(-status));
    }
    if (!options.list && lg_outputs_prepare(&options.outputs, error, sizeof(error)) != 0)
        return lg_fail("%s", error);
    char root[PATH_MAX];
    int status = lg_source_root(options.source_root, ".", root);
    if (status != 0 && options.source_root != NULL)
        return lg_fail("--source-root: %s: %s; name a folder that is there", options.source_root,
                       strerror(-status));
    status = read_suppressions(&options, &suppressions);
    if (status == LEAKGATE_EXIT_CLEAN)
        status = lg_command_read_budgets(&options, &budgets);
    if (status == LEAKGATE_EXIT_CLEAN)
        status = run_as_told(&options);
    lg_suppressions_free(&suppressions);
    lg_budgets_free(&budgets);
    return status;
}
