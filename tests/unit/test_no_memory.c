/* Each allocation fails in its turn: an error, nothing half done, nothing leaked. */
#include "runner/report/junit.h"
#include "runner/segments.h"
#include "runner/text.h"
#include "scarce.h"
#include "support.h"
#include "synthetic.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More allocations than any of these make. */
#define TOO_MANY 10000

static void start(struct synthetic *run)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    synthetic_add_host(run, "/a/tests");
    synthetic_add_leak(run, "cache", "evicts");
    synthetic_add_failure(run, synthetic_add_test(run, "cache", "evicts"), "a.c", 1, "x");
    synthetic_add_test(run, "\x1b[1m", "evicts")->state = LG_RECORD_INACTIVE;
    synthetic_add_host(run, "/b/tests")->state = LG_HOST_RUNNING;
}

static void check_complete(const struct synthetic *run)
{
    CU_ASSERT_EQUAL_FATAL(run->results.program_count, 2);
    CU_ASSERT_STRING_EQUAL(run->results.programs[1].name, "tests [2]");
    CU_ASSERT_STRING_EQUAL(synthetic_message(run, "cache/evicts [2]"),
                           "assertion failed: a.c:1: x");
    CU_ASSERT_STRING_EQUAL(synthetic_message(run, "(unnamed)/evicts"), "inactive in CUnit");
    CU_ASSERT_STRING_EQUAL(synthetic_message(run, "leakgate/(program)"),
                           "the program ended in the middle of its tests");
}

static void test_results_without_memory_are_an_error_or_complete(void)
{
    unsigned number = 0;
    bool ran_out = true;
    while (ran_out && ++number < TOO_MANY) {
        struct synthetic run;
        start(&run);
        scarce_memory(number);
        int error = lg_results_read(&run.ledger, &run.options, &run.outcome, &run.results);
        ran_out = scarce_memory_ran_out();
        scarce_memory(0);
        CU_ASSERT(error == 0 || (ran_out && error == -ENOMEM));
        if (error == 0)
            check_complete(&run);
        synthetic_fini(&run);
    }
    CU_ASSERT(number > 10 && number < TOO_MANY);
}

static void test_a_program_without_cunit_and_memory_is_an_error(void)
{
    unsigned number = 0;
    int error = -ENOMEM;
    while (error != 0 && ++number < TOO_MANY) {
        struct synthetic run;
        CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
        scarce_memory(number);
        error = lg_results_read(&run.ledger, &run.options, &run.outcome, &run.results);
        scarce_memory(0);
        CU_ASSERT(error == -ENOMEM || run.results.count == 1);
        synthetic_fini(&run);
    }
    CU_ASSERT(number > 3 && number < TOO_MANY);
}

/* The report at PATH without what a clock put there. The caller frees it. */
static char *read_report(const char *path)
{
    static const char attribute[] = "timestamp=\"";
    char *text = read_file(path, NULL);
    for (char *at = text; at != NULL && (at = strstr(at, attribute)) != NULL; at++)
        memset(at + strlen(attribute), 'T', strcspn(at + strlen(attribute), "\""));
    return text;
}

struct attempt {
    const struct synthetic *run;
    void (*scarce)(unsigned);
    char *complete; /* the report of the first attempt, for which nothing was scarce */
};

/* Writes the report as the NUMBER-th allocation fails. Returns whether one did. */
static bool write_report(struct attempt *attempt, unsigned number)
{
    struct folder folder;
    char path[PATH_MAX];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    folder_file(&folder, "report.xml", path);
    attempt->scarce(number);
    int error = lg_junit_write(&attempt->run->results, path);
    bool ran_out = scarce_memory_ran_out();
    attempt->scarce(0);
    CU_ASSERT_EQUAL(folder_entries(folder.path), error == 0 ? 1 : 0);
    char *text = read_report(path);
    if (number == 0)
        attempt->complete = text;
    else if (text != NULL)
        CU_ASSERT_STRING_EQUAL(text, attempt->complete);
    if (number > 0)
        free(text);
    folder_remove(&folder);
    return ran_out;
}

static void check_report(void scarce(unsigned))
{
    struct synthetic run;
    struct attempt attempt = {.run = &run, .scarce = scarce};
    unsigned number = 0;
    start(&run);
    synthetic_read(&run);
    run.results.rows[0].where = (struct lg_location){"evicts", "/src/test_cache.c", 42};
    write_report(&attempt, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(attempt.complete);
    do
        number++;
    while (number < TOO_MANY && write_report(&attempt, number));
    CU_ASSERT(number > 5 && number < TOO_MANY);
    free(attempt.complete);
    synthetic_fini(&run);
}

static void test_a_report_without_memory_is_none_or_complete(void)
{
    check_report(scarce_memory);
}

static void test_a_report_without_libxml2s_memory_is_none_or_complete(void)
{
    check_report(scarce_xml_memory);
}

/* Writes the segments as the NUMBER-th allocation fails. Returns whether one did. */
static bool write_segments(bool json, unsigned number)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    scarce_memory(number);
    int error = lg_segments_write(LG_UNIT_DATA_DIR "/process", stream, json);
    bool ran_out = scarce_memory_ran_out();
    scarce_memory(0);
    fclose(stream);
    CU_ASSERT_EQUAL(error, ran_out ? -ENOMEM : 0);
    CU_ASSERT_EQUAL(size == 0, ran_out);
    free(text);
    return ran_out;
}

static void test_segments_without_memory_write_nothing(void)
{
    for (int json = 0; json <= 1; json++) {
        unsigned number = 1;
        while (number < TOO_MANY && write_segments(json == 1, number))
            number++;
        CU_ASSERT(number > 3 && number < TOO_MANY);
    }
}

static void test_symbols_without_memory_are_none(void)
{
    char *maps = read_file("/proc/self/maps", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
    scarce_memory(1);
    struct lg_symbols *symbols = lg_symbols_new(maps, false);
    scarce_memory(0);
    CU_ASSERT_PTR_NULL(symbols);
    lg_symbols_free(symbols);
    free(maps);
}

static void test_a_text_without_memory_keeps_what_it_had(void)
{
    struct lg_text text = {0};
    scarce_memory(2);
    lg_text_add(&text, "%s", "kept");
    lg_text_add(&text, "%1000s", "dropped");
    CU_ASSERT_TRUE(text.failed);
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), "kept");
    scarce_memory(0);
    lg_text_free(&text);
}

static void test_json_without_memory_says_so(void)
{
    for (unsigned number = 1; number <= 2; number++) {
        struct lg_text text = {0};
        scarce_memory(number);
        lg_text_add_json(&text, "name");
        CU_ASSERT_TRUE(scarce_memory_ran_out());
        scarce_memory(0);
        CU_ASSERT_TRUE(text.failed);
        lg_text_free(&text);
    }
}

int add_no_memory_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_results_without_memory_are_an_error_or_complete),
        UNIT_TEST(test_a_program_without_cunit_and_memory_is_an_error),
        UNIT_TEST(test_a_report_without_memory_is_none_or_complete),
        UNIT_TEST(test_a_report_without_libxml2s_memory_is_none_or_complete),
        UNIT_TEST(test_segments_without_memory_write_nothing),
        UNIT_TEST(test_symbols_without_memory_are_none),
        UNIT_TEST(test_a_text_without_memory_keeps_what_it_had),
        UNIT_TEST(test_json_without_memory_says_so),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("no memory", tests);
}
