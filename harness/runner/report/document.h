/* A report, read back from JUnit XML: what all other reports are made of, whatever programs and
 * runs they join. */
#ifndef LG_RUNNER_REPORT_DOCUMENT_H
#define LG_RUNNER_REPORT_DOCUMENT_H

#include "common/gauge.h"
#include "runner/verdict.h"

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lg_doc_frame {
    const char *function; /* never NULL */
    const char *file;     /* NULL: unknown */
    unsigned line;
    const char *module; /* a path; "" where it is unknown */
};

struct lg_doc_site {
    const char *kind; /* "block", "mapping", "descriptor"... */
    int64_t bytes;    /* more than before, over RUNS runs */
    int64_t count;
    int64_t each_bytes; /* 0: they differ */
    uint32_t runs;
    bool over; /* it grew a gauge that is over its budget */
    struct lg_doc_frame *frames;
    size_t frame_count;
};

struct lg_doc_step {
    uint32_t runs;
    bool warm_up;
    struct lg_gauges growth;
};

struct lg_doc_stretch {
    uint64_t start;
    uint64_t end;
    const char *segment;
};

struct lg_doc_strip {
    struct lg_doc_stretch *rows;
    size_t count;
};

/* A test. Strings are clean text, never NULL but where it says so. */
struct lg_doc_case {
    const char *suite;
    const char *name;
    const char *file; /* of the leak if that is known, else of the test; NULL: unknown */
    unsigned line;
    const char *test_file; /* NULL: unknown */
    unsigned test_line;
    const char *function; /* of the test; NULL: unknown */
    double seconds;
    enum lg_verdict_kind verdict;
    const char *message;   /* one line; "" if it passed */
    const char *text;      /* all that is said of a failure or error; "" if there is none */
    const char *output[2]; /* what it has printed to stdout and stderr, if it is red; or "" */
    uint32_t runs;
    int64_t peak_rss_bytes;
    lg_gauge_set unmeasured;
    lg_gauge_set over;
    lg_gauge_set limited;    /* gauges of which the budget is known */
    struct lg_gauges growth; /* per run */
    struct lg_gauges first_growth;
    struct lg_gauges budget; /* LG_GAUGE_UNLIMITED: none */
    struct lg_doc_step *steps;
    size_t step_count;
    struct lg_doc_site *sites; /* those that matter most first */
    size_t site_count;
    struct lg_doc_strip before;
    struct lg_doc_strip after;
};

/* A program: a "testsuite". */
struct lg_doc_program {
    const char *name;
    const char *timestamp; /* "" if it has none */
    struct lg_doc_case *cases;
    size_t count;
};

struct lg_doc {
    struct lg_doc_program *programs;
    size_t count;
    size_t cases; /* of all programs */
    size_t verdicts[LG_VERDICT_COUNT];
    double seconds;
    struct lg_doc_pool *pool; /* what all strings and arrays lie in */
    bool failed;              /* memory ran out on the way */
};

/* Reads the XML document SOURCE, which may be freed afterwards. Returns 0 or -ENOMEM; the caller
 * frees OUT in either case. */
int lg_doc_read(xmlDocPtr source, struct lg_doc *out);

void lg_doc_free(struct lg_doc *doc);

/* The worst first: what errors, then what fails, then what leaks by most bytes, then by most of
 * anything. For qsort, of pointers to cases. */
int lg_doc_compare(const void *left, const void *right);

/* Whether the case is red. */
bool lg_doc_is_red(const struct lg_doc_case *test);

/* What the test grew by per run in bytes, in the gauges over their budget. */
int64_t lg_doc_growth_bytes(const struct lg_doc_case *test);

#endif
