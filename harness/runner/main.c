/* The command line. This file alone prints errors and decides the exit status. */
#include "runner/budgets_file.h"
#include "runner/doctor.h"
#include "runner/options.h"
#include "runner/outfile.h"
#include "runner/report/console.h"
#include "runner/report/explain.h"
#include "runner/report/join.h"
#include "runner/report/junit.h"
#include "runner/report/report_options.h"
#include "runner/results.h"
#include "runner/segments.h"
#include "runner/session.h"
#include "runner/source.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <leakgate/leakgate.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define GITLAB_BYTES 30000000

static const char usage[] =
    "usage: leakgate run [options] [--] PROGRAM [ARG...]\n"
    "       leakgate merge OUT IN...\n"
    "       leakgate report [--html OUT] [--sarif OUT] [--codequality OUT]\n"
    "                       [--metrics OUT] [--github WHEN] IN...\n"
    "       leakgate maps [--json] PID\n"
    "       leakgate doctor\n"
    "       leakgate --help | --version\n"
    "\n"
    "Runs the CUnit tests of PROGRAM, each in a process of its own, and fails those\n"
    "that leak.\n"
    "\n"
    "options of run, and their twins in the environment (the option wins):\n"
    "  --junit FILE       JUnit XML                          LEAKGATE_JUNIT\n"
    "  --junit-profile P  rich, or strict: valid against     LEAKGATE_JUNIT_PROFILE\n"
    "                     the schemas, with less in it\n"
    "  --omit-unselected  without the tests that filter      LEAKGATE_OMIT_UNSELECTED\n"
    "                     and shard leave out\n"
    "  --html FILE        a page for people                  LEAKGATE_HTML\n"
    "  --sarif FILE       SARIF 2.1.0                        LEAKGATE_SARIF\n"
    "  --codequality FILE GitLab's Code Quality              LEAKGATE_CODEQUALITY\n"
    "  --metrics FILE     OpenMetrics                        LEAKGATE_METRICS\n"
    "  --github WHEN      annotations and a summary: auto,   LEAKGATE_GITHUB\n"
    "                     always, never\n"
    "  --budget SPEC      growth allowed per run of a test,  LEAKGATE_BUDGET\n"
    "                     e.g. heap=0,mmap=4K,live=64;\n"
    "                     gauges: heap, mmap, live, frag, fds, threads, children\n"
    "  --rigor RIGOR      once, quick, standard, thorough    LEAKGATE_RIGOR\n"
    "  --isolation HOW    auto, fork, carry: what a test     LEAKGATE_ISOLATION\n"
    "                     finds of those before it\n"
    "  --timeout SECONDS  per test, default 60, 0 for none   LEAKGATE_TIMEOUT\n"
    "  --filter GLOB      only the tests SUITE/TEST matches  LEAKGATE_FILTER\n"
    "  --shard I/N        only the Ith of N parts            LEAKGATE_SHARD\n"
    "  --list [--json]    the tests and where they are       LEAKGATE_LIST, LEAKGATE_JSON\n"
    "  --budgets FILE     growth allowed by test             LEAKGATE_BUDGETS\n"
    "  --update-budgets   write to it what is measured now   LEAKGATE_UPDATE_BUDGETS\n"
    "  --allow-growth     and raise its lines, too           LEAKGATE_ALLOW_GROWTH\n"
    "  --ratchet          a test that has got better than    LEAKGATE_RATCHET\n"
    "                     its line fails\n"
    "  --explain SUITE/TEST                                  LEAKGATE_EXPLAIN\n"
    "                     what a test is allowed, what it needs, and why\n"
    "  --suppressions FILE                                   LEAKGATE_SUPPRESSIONS\n"
    "                     known leaks, in LeakSanitizer's format\n"
    "  --no-trace         don't look for the leaking lines   LEAKGATE_NO_TRACE\n"
    "  --no-capture       let tests print where they would   LEAKGATE_NO_CAPTURE\n"
    "  --source-root DIR  paths are shown relative to it     LEAKGATE_SOURCE_ROOT\n"
    "  --debuginfod       let servers be asked for debug     LEAKGATE_DEBUGINFOD\n"
    "                     information\n"
    "  --color WHEN       auto, always, never                LEAKGATE_COLOR\n"
    "  --quiet            only the tests that are not clean  LEAKGATE_QUIET\n"
    "\n"
    "exit status: 0 clean; 1 a test failed, crashed or timed out; 2 a test leaked;\n"
    "3 a wrong option or file; 4 something could not be measured\n";

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("leakgate: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return LEAKGATE_EXIT_USAGE;
}

static int report_list(const struct lg_results *results)
{
    lg_console_list(results, stdout, results->options->json);
    const struct lg_host *host = results->programs[0].host;
    if (host != NULL && host->state == LG_HOST_RUNNING)
        return LEAKGATE_EXIT_CLEAN;
    fail("%s: no CUnit tests were found in it", results->options->program[0]);
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
    return status == 0 ? LEAKGATE_EXIT_CLEAN : fail("%s", error);
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
    if (options->junit != NULL) {
        int error = lg_junit_write(results, options->junit);
        if (error != 0)
            return fail("--junit: %s could not be written: %s", options->junit, strerror(-error));
        if (!options->quiet)
            printf("leakgate: report: %s\n", options->junit);
        tell_size(options->junit);
    }
    if (lg_outputs_any(&options->outputs)) {
        int error = write_outputs(results);
        status = error != LEAKGATE_EXIT_CLEAN ? error : status;
    }
    if (options->filter != NULL && results->selected == 0 && results->count > 0)
        return fail("--filter: no test matches '%s'; 'leakgate run --list' shows their names",
                    options->filter);
    return status;
}

static int report_explained(const struct lg_results *results)
{
    if (lg_explain_write(results, stdout) > 0)
        return LEAKGATE_EXIT_CLEAN;
    return fail("--explain: there is no test '%s'; 'leakgate run --list' shows their names",
                results->options->explain);
}

static int report_doctor(const struct lg_results *results)
{
    bool good = lg_doctor_write(results, stdout, lg_console_color(LG_COLOR_AUTO, stdout));
    return good ? LEAKGATE_EXIT_CLEAN : LEAKGATE_EXIT_BROKEN;
}

static int64_t today(void)
{
    return time(NULL) / 86400;
}

/* A file that is to be written need not be there. */
static int read_file_of(const struct lg_options *options, struct lg_budgets *budgets, char *error,
                        size_t error_size)
{
    int status = lg_budgets_read(budgets, options->budgets_path, today(), error, error_size);
    budgets->path = options->budgets_path;
    return status == -ENOENT && options->update_budgets ? 0 : status;
}

static void tell_changes(const struct lg_options *options, const struct lg_budget_changes *changes)
{
    static const char *const how[] = {"added", "tightened", "raised", "removed", "remembered"};
    const size_t counts[] = {changes->added, changes->tightened, changes->raised, changes->removed,
                             changes->remembered};
    const char *separator = ": ";
    printf("leakgate: budgets: %s", options->budgets_path);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (counts[i] == 0)
            continue;
        printf("%s%zu line%s %s", separator, counts[i], counts[i] == 1 ? "" : "s", how[i]);
        separator = ", ";
    }
    puts(strcmp(separator, ": ") == 0 ? ": nothing to change" : "");
    if (changes->refused > 0)
        printf("leakgate: budgets: %zu test%s over what is allowed; --allow-growth allows more\n",
               changes->refused, changes->refused == 1 ? " is" : "s are");
    if (changes->expired > 0)
        printf("leakgate: budgets: %zu test%s over with a line that has expired; give it a new "
               "date\n",
               changes->expired, changes->expired == 1 ? " is" : "s are");
}

/* Writes what is measured to the budget file, and what is then in it to OPTIONS: the run is
 * judged by that. */
static int update_budgets(const struct lg_options *options, const struct lg_session *session)
{
    struct lg_options first = *options;
    struct lg_results results;
    struct lg_budget_changes changes;
    char error[512];
    first.ratchet = false;
    int status = lg_results_read(&session->ledger, &first, &session->outcome, &results);
    if (status != 0)
        snprintf(error, sizeof(error), "no memory to update the budgets");
    else
        status = lg_budgets_file_update(options->budgets_path, &results, today(), &changes, error,
                                        sizeof(error));
    lg_results_free(&results);
    if (options->suppressions != NULL)
        lg_suppressions_forget(options->suppressions);
    if (status == 0) {
        lg_budgets_free(options->budgets);
        status = read_file_of(options, options->budgets, error, sizeof(error));
    }
    if (status != 0)
        return fail("--update-budgets: %s", error);
    if (!options->quiet)
        tell_changes(options, &changes);
    return LEAKGATE_EXIT_CLEAN;
}

typedef int reporter(const struct lg_results *results);

static int run_and_report(const struct lg_options *options, reporter *report_results)
{
    char error[2 * PATH_MAX];
    struct lg_session session;
    struct lg_results results;
    if (lg_session_run(options, &session, error, sizeof(error)) != 0)
        return fail("%s", error);
    int status = options->update_budgets ? update_budgets(options, &session) : LEAKGATE_EXIT_CLEAN;
    int error_of_read = lg_results_read(&session.ledger, options, &session.outcome, &results);
    results.capture = &session.capture;
    if (error_of_read != 0) {
        status = fail("no memory for the report");
    } else {
        int reported = report_results(&results);
        status = status != LEAKGATE_EXIT_CLEAN ? status : reported;
    }
    lg_results_free(&results);
    lg_session_close(&session);
    return status;
}

/* BUDGETS is the caller's to free in any case. */
static int read_budgets(struct lg_options *options, struct lg_budgets *budgets)
{
    char error[512];
    if (options->budgets_path == NULL)
        return LEAKGATE_EXIT_CLEAN;
    if (options->update_budgets) {
        int status = lg_budgets_file_prepare(options->budgets_path);
        if (status != 0)
            return fail("--update-budgets: %s cannot be written: %s; name a file that can be",
                        options->budgets_path, strerror(-status));
    }
    if (read_file_of(options, budgets, error, sizeof(error)) != 0)
        return fail("--budgets: %s", error);
    options->budgets = budgets;
    return LEAKGATE_EXIT_CLEAN;
}

/* A name as a glob that matches nothing else. The caller frees it. */
static char *as_glob(const char *name)
{
    char *glob = malloc(2 * strlen(name) + 1);
    char *out = glob;
    for (; glob != NULL && *name != '\0'; name++) {
        if (strchr("*?[]\\", *name) != NULL)
            *out++ = '\\';
        *out++ = *name;
    }
    if (glob != NULL)
        *out = '\0';
    return glob;
}

/* The name may be as in the budget file, with the program before it. */
static const char *test_of(const struct lg_options *options)
{
    const char *slash = strrchr(options->program[0], '/');
    const char *program = slash != NULL ? slash + 1 : options->program[0];
    size_t length = strlen(program);
    bool named = strncmp(options->explain, program, length) == 0 && options->explain[length] == ':';
    return named ? options->explain + length + 1 : options->explain;
}

/* What holds for one test, and where that is said: the test itself may say some of it, so that it
 * is run. */
static int explain(const struct lg_options *options)
{
    struct lg_options only = *options;
    char *filter = as_glob(test_of(options));
    if (filter == NULL)
        return fail("no memory for the name of a test");
    only.filter = filter;
    only.trace = false;
    only.update_budgets = false;
    only.shards = 0;
    int status = run_and_report(&only, report_explained);
    free(filter);
    return status;
}

/* LIST is the caller's to free in any case. */
static int read_suppressions(struct lg_options *options, struct lg_suppressions *list)
{
    char error[512];
    if (options->suppressions_path != NULL &&
        lg_suppressions_read(list, options->suppressions_path, error, sizeof(error)) != 0)
        return fail("--suppressions: %s", error);
    if (lg_suppressions_add_builtin(list) != 0)
        return fail("no memory for the suppressions");
    options->suppressions = list;
    return LEAKGATE_EXIT_CLEAN;
}

static int command_run(int argc, char *argv[])
{
    struct lg_options options;
    struct lg_suppressions suppressions = {0};
    struct lg_budgets budgets = {0};
    char error[512];
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return LEAKGATE_EXIT_CLEAN;
    }
    if (lg_options_parse(argc, argv, &options, error, sizeof(error)) != 0)
        return fail("%s", error);
    if (options.junit != NULL && !options.list) {
        int status = lg_outfile_prepare(options.junit);
        if (status != 0)
            return fail("--junit: %s cannot be written: %s; name a file in a folder that can be",
                        options.junit, strerror(-status));
    }
    if (!options.list && lg_outputs_prepare(&options.outputs, error, sizeof(error)) != 0)
        return fail("%s", error);
    char root[PATH_MAX];
    int status = lg_source_root(options.source_root, ".", root);
    if (status != 0 && options.source_root != NULL)
        return fail("--source-root: %s: %s; name a folder that is there", options.source_root,
                    strerror(-status));
    status = read_suppressions(&options, &suppressions);
    if (status == LEAKGATE_EXIT_CLEAN)
        status = read_budgets(&options, &budgets);
    if (status == LEAKGATE_EXIT_CLEAN)
        status = options.explain != NULL ? explain(&options) : run_and_report(&options, report);
    lg_suppressions_free(&suppressions);
    lg_budgets_free(&budgets);
    return status;
}

/* The process that is measured for the doctor: this executable, under the agent. */
static int command_doctor_host(void)
{
    int (*doctor)(void);
    void *found = dlsym(RTLD_DEFAULT, "leakgate_agent_doctor");
    if (found == NULL)
        return fail("doctor: the agent was not preloaded: is LD_PRELOAD taken out on the way?");
    memcpy(&doctor, &found, sizeof(doctor));
    return doctor();
}

static int command_doctor(int argc)
{
    char self[PATH_MAX];
    char *program[] = {self, "doctor-host", NULL};
    struct lg_options options = {
        .rigor = LG_RIGOR_QUICK, .timeout_ms = 10000, .quiet = true, .program = program};
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (argc != 1 || length < 0)
        return fail("doctor: it takes no arguments");
    self[length] = '\0';
    lg_budget_init(&options.budget);
    setenv(LG_DOCTOR_VARIABLE, "1", 1);
    return run_and_report(&options, report_doctor);
}

static int command_maps(int argc, char *argv[])
{
    bool json = argc == 3 && (strcmp(argv[1], "--json") == 0 || strcmp(argv[2], "--json") == 0);
    const char *pid = argc > 1 ? argv[1] : "";
    if (json && strcmp(pid, "--json") == 0)
        pid = argv[2];
    if (argc != (json ? 3 : 2) || pid[0] == '\0' || pid[strspn(pid, "0123456789")] != '\0')
        return fail("maps: it needs the number of a process: leakgate maps [--json] PID");
    char root[64];
    if (snprintf(root, sizeof(root), "/proc/%s", pid) >= (int)sizeof(root))
        return fail("maps: %s is no number of a process", pid);
    int error = lg_segments_write(root, stdout, json);
    if (error == -ENOENT || error == -ESRCH)
        return fail("maps: there is no process %s", pid);
    if (error != 0)
        return fail("maps: the mappings of process %s could not be read: %s", pid,
                    strerror(-error));
    return LEAKGATE_EXIT_CLEAN;
}

static int command_merge(int argc, char *argv[])
{
    char error[2 * PATH_MAX];
    if (argc < 3)
        return fail("merge: it needs a file to write and those to join: leakgate merge OUT IN...");
    struct lg_join *join = lg_join_new();
    if (join == NULL)
        return fail("merge: no memory");
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
    lg_join_free(join);
    return status == 0 ? LEAKGATE_EXIT_CLEAN : fail("merge: %s", error);
}

static int command_report(int argc, char *argv[])
{
    char error[2 * PATH_MAX] = "no memory for the report";
    struct lg_report_options options;
    struct lg_doc doc = {0};
    if (lg_report_options_parse(argc, argv, &options, error, sizeof(error)) != 0 ||
        lg_outputs_prepare(&options.outputs, error, sizeof(error)) != 0)
        return fail("report: %s", error);
    struct lg_join *join = lg_join_new();
    int status = join != NULL ? 0 : -ENOMEM;
    for (char *const *in = options.inputs; status == 0 && *in != NULL; in++)
        status = lg_join_add(join, *in, error, sizeof(error));
    if (status == 0)
        status = lg_doc_read(lg_join_document(join), &doc);
    if (status == 0)
        status = lg_outputs_write(&options.outputs, &doc, stdout, error, sizeof(error));
    lg_doc_free(&doc);
    lg_join_free(join);
    return status == 0 ? LEAKGATE_EXIT_CLEAN : fail("report: %s", error);
}

static int flush(int status)
{
    if (fflush(stdout) != 0 && errno != EPIPE)
        return fail("stdout: %s", strerror(errno));
    return status;
}

/* A file must not be opened where output is expected. */
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char *argv[])
{
    open_standard_streams();
    signal(SIGXFSZ, SIG_IGN); /* a report that is too long for the disk is an error like any */
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "run") == 0)
        return flush(command_run(argc - 1, argv + 1));
    if (strcmp(command, "doctor") == 0)
        return flush(command_doctor(argc - 1));
    if (strcmp(command, "doctor-host") == 0 && getenv(LG_DOCTOR_VARIABLE) != NULL)
        return command_doctor_host();
    if (strcmp(command, "merge") == 0)
        return flush(command_merge(argc - 1, argv + 1));
    if (strcmp(command, "report") == 0)
        return flush(command_report(argc - 1, argv + 1));
    if (strcmp(command, "maps") == 0)
        return flush(command_maps(argc - 1, argv + 1));
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
        fputs(usage, stdout);
        return flush(LEAKGATE_EXIT_CLEAN);
    }
    if (strcmp(command, "--version") == 0) {
        puts("leakgate " LEAKGATE_VERSION);
        return flush(LEAKGATE_EXIT_CLEAN);
    }
    if (command[0] == '\0')
        return fail("no command; 'leakgate --help' lists them");
    return fail(
        "unknown command '%s' (run, merge, report, maps, doctor); 'leakgate --help' tells more",
        command);
}
