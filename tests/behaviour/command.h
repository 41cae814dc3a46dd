/* Runs commands, and the gate on fixture programs, for the behaviour tests. */
#ifndef LGT_COMMAND_H
#define LGT_COMMAND_H

#include <libxml/tree.h>
#include <stdbool.h>

#define LGT_MAX_ARGUMENTS 24

/* What a command left. The caller frees it with lgt_free. */
struct lgt_result {
    int status; /* its exit status, or 128 + the signal it died of */
    char *out;
    char *err;
    xmlDocPtr report; /* of lgt_gate; NULL if none was written, or it did not parse */
    char folder[64];  /* a folder of its own, empty at first; gone with lgt_free */
};

/* Runs ARGV (NULL-terminated) with an empty stdin, or INPUT if that is not NULL. */
void lgt_command(struct lgt_result *result, const char *input, const char *const argv[]);

/* Runs `leakgate run --junit REPORT OPTIONS... -- PROGRAM`: OPTIONS are words
 * separated by spaces, PROGRAM the name of a fixture program, or a path with a slash. */
void lgt_gate(struct lgt_result *result, const char *options, const char *program);

void lgt_free(struct lgt_result *result);

/* How many nodes of the report match XPATH; -1 if there is no report. */
int lgt_count(const struct lgt_result *result, const char *xpath);

/* Whether the report's XPATH, as a string, equals EXPECTED. */
bool lgt_is(const struct lgt_result *result, const char *xpath, const char *expected);

/* The report's XPATH as a string. The caller frees it with xmlFree. NULL if there is no report. */
xmlChar *lgt_string(const struct lgt_result *result, const char *xpath);

/* The report's XPATH as a number; NaN if there is none. */
double lgt_number(const struct lgt_result *result, const char *xpath);

/* Whether the test NAME has the verdict VERDICT in its properties. */
bool lgt_verdict(const struct lgt_result *result, const char *name, const char *verdict);

/* The path of a fixture program. Static storage, until the next call. */
const char *lgt_program(const char *name);

int add_agent_suite(void);
int add_budgets_suite(void);
int add_budgets_update_suite(void);
int add_capture_suite(void);
int add_cli_suite(void);
int add_crash_suite(void);
int add_cunit_suite(void);
int add_in_source_suite(void);
int add_jobs_suite(void);
int add_order_suite(void);
int add_report_suite(void);
int add_rest_suite(void);
int add_trace_suite(void);
int add_verdicts_suite(void);

#endif
