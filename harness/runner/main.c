/* The command line. This file alone prints errors and decides the exit status. */
#include "runner/command.h"
#include "runner/last_words.h"
#include "runner/segments.h"

#include <errno.h>
#include <fcntl.h>
#include <leakgate/leakgate.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char lg_usage[] =
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
    "  --skip-status N    exit status if all are skipped     LEAKGATE_SKIP_STATUS\n"
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
    "  --shard I/N        only the Ith of N parts; ci: as    LEAKGATE_SHARD\n"
    "                     the CI's parallel jobs say\n"
    "  --jobs N           tests at a time, or auto           LEAKGATE_JOBS\n"
    "  --shuffle SEED     in another order, or auto          LEAKGATE_SHUFFLE\n"
    "  --repeat N         run each test N times              LEAKGATE_REPEAT\n"
    "  --list [--json]    the tests and where they are       LEAKGATE_LIST, LEAKGATE_JSON\n"
    "  --budgets FILE     growth allowed by test             LEAKGATE_BUDGETS\n"
    "  --update-budgets   write to it what is measured now   LEAKGATE_UPDATE_BUDGETS\n"
    "  --allow-growth     and raise its lines, too           LEAKGATE_ALLOW_GROWTH\n"
    "  --ratchet          a test that has got better than    LEAKGATE_RATCHET\n"
    "                     its line fails\n"
    "  --explain SUITE/TEST                                  LEAKGATE_EXPLAIN\n"
    "                     what a test is allowed, what it needs, and why\n"
    "  --debug SUITE/TEST gdb, stopped in the one test       LEAKGATE_DEBUG\n"
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

/* 0, or errno of the first time that stdout could not be written to. */
static int stdout_error;

static void flush_stdout(void)
{
    if (fflush(stdout) != 0 && stdout_error == 0)
        stdout_error = errno;
}

int lg_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    flush_stdout(); /* what it is about comes first, where both go to one place */
    fputs("leakgate: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return LEAKGATE_EXIT_USAGE;
}

int lg_command_maps(int argc, char *argv[])
{
    bool json = argc == 3 && (strcmp(argv[1], "--json") == 0 || strcmp(argv[2], "--json") == 0);
    const char *pid = argc > 1 ? argv[1] : "";
    if (json && strcmp(pid, "--json") == 0)
        pid = argv[2];
    if (argc != (json ? 3 : 2) || pid[0] == '\0' || pid[strspn(pid, "0123456789")] != '\0')
        return lg_fail("maps: it needs the number of a process: leakgate maps [--json] PID");
    char root[64];
    if (snprintf(root, sizeof(root), "/proc/%s", pid) >= (int)sizeof(root))
        return lg_fail("maps: %s is no number of a process", pid);
    int error = lg_segments_write(root, stdout, json);
    if (error == -ENOENT || error == -ESRCH)
        return lg_fail("maps: there is no process %s", pid);
    if (error != 0)
        return lg_fail("maps: the mappings of process %s could not be read: %s", pid,
                       strerror(-error));
    return LEAKGATE_EXIT_CLEAN;
}

static int flush(int status)
{
    flush_stdout();
    if (stdout_error != 0 && stdout_error != EPIPE)
        return lg_fail("stdout: %s", strerror(stdout_error));
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
    lg_last_words_for_xml();
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "run") == 0)
        return flush(lg_command_run(argc - 1, argv + 1));
    if (strcmp(command, "doctor") == 0)
        return flush(lg_command_doctor(argc - 1));
    if (strcmp(command, "doctor-host") == 0 && getenv(LG_DOCTOR_VARIABLE) != NULL)
        return lg_command_doctor_host();
    if (strcmp(command, "merge") == 0)
        return flush(lg_command_merge(argc - 1, argv + 1));
    if (strcmp(command, "report") == 0)
        return flush(lg_command_report(argc - 1, argv + 1));
    if (strcmp(command, "maps") == 0)
        return flush(lg_command_maps(argc - 1, argv + 1));
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
        fputs(lg_usage, stdout);
        return flush(LEAKGATE_EXIT_CLEAN);
    }
    if (strcmp(command, "--version") == 0) {
        puts("leakgate " LEAKGATE_VERSION);
        return flush(LEAKGATE_EXIT_CLEAN);
    }
    if (command[0] == '\0')
        return lg_fail("no command; 'leakgate --help' lists them");
    return lg_fail(
        "unknown command '%s' (run, merge, report, maps, doctor); 'leakgate --help' tells more",
        command);
}
