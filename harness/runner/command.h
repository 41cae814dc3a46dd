/* The commands, and what they share. Each takes its own words, its name first, and returns the exit
 * status. */
#ifndef LG_RUNNER_COMMAND_H
#define LG_RUNNER_COMMAND_H

#include "runner/budgets.h"
#include "runner/options.h"
#include "runner/results.h"
#include "runner/session.h"

int lg_command_run(int argc, char *argv[]);
int lg_command_doctor(int argc);
int lg_command_doctor_host(void);
int lg_command_maps(int argc, char *argv[]);
int lg_command_merge(int argc, char *argv[]);
int lg_command_report(int argc, char *argv[]);

/* Prints one line, which names the place and the way out. Returns LEAKGATE_EXIT_USAGE. */
int lg_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What `leakgate --help` says. */
extern const char lg_usage[];

/* Runs the program of OPTIONS, and makes of it what REPORT does. */
typedef int lg_reporter(const struct lg_results *results);
int lg_run_and_report(const struct lg_options *options, lg_reporter *report);

/* Reads the budget file of OPTIONS into BUDGETS, the caller's to free in any case, and OPTIONS. */
int lg_command_read_budgets(struct lg_options *options, struct lg_budgets *budgets);

/* Writes what SESSION has measured to the budget file, and what is then in it to OPTIONS: the run
 * is judged by that. */
int lg_command_update_budgets(const struct lg_options *options, const struct lg_session *session);

/* What holds for one test, and where that is said: the test itself may say some of it, so that it
 * is run. */
int lg_command_explain(const struct lg_options *options);

/* The one test, in a debugger. */
int lg_command_debug(const struct lg_options *options);

#endif
