/* What is said of budgets: the lines that fail a test, their drift, and what --explain tells. */
#include "budget_play.h"
#include "runner/message.h"
#include "runner/message_parts.h"
#include "runner/report/explain.h"
#include "support.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct told {
    struct synthetic run;
    struct lg_budgets budgets;
    char *words[16]; /* of the run, as given */
};

/* A run of cache_tests with --ratchet, and of TEXT as ci/budgets.txt. */
static void start(struct told *told, const char *text)
{
    char error[512];
    static char words[][24] = {"run",       "--budgets", "ci/budgets.txt",
                               "--ratchet", "--",        "build/cache_tests"};
    memset(told, 0, sizeof(*told));
    for (size_t i = 0; i < 6; i++)
        told->words[i] = words[i];
    CU_ASSERT_TRUE_FATAL(synthetic_init(&told->run));
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&told->budgets, text, strlen(text), error), 0);
    told->budgets.path = "ci/budgets.txt";
    told->run.options.words = told->words;
    told->run.options.program = &told->words[5];
    told->run.options.budgets = &told->budgets;
    told->run.options.ratchet = true;
    synthetic_add_host(&told->run, "/build/cache_tests");
}

static void finish(struct told *told)
{
    synthetic_fini(&told->run);
    lg_budgets_free(&told->budgets);
}

#define COMMAND                                                                                    \
    "; to tighten it: leakgate run --budgets ci/budgets.txt --update-budgets -- build/cache_tests"

static void check_leak(const char *text, enum lg_verdict_kind kind, const char *message)
{
    struct told told;
    start(&told, text);
    synthetic_add_leak(&told.run, "cache", "evicts");
    synthetic_read(&told.run);
    CU_ASSERT_EQUAL(synthetic_row(&told.run, "cache/evicts")->verdict.kind, kind);
    CU_ASSERT_STRING_EQUAL(synthetic_message(&told.run, "cache/evicts"), message);
    finish(&told);
}

static void test_a_line_that_is_too_loose_is_told_with_the_command(void)
{
    check_leak("# x\ncache/evicts live=128 fds=1\n", LG_VERDICT_FAILED,
               "better than its budget: live +64 B/run (budget 128 B by ci/budgets.txt:2)" COMMAND);
    check_leak("cache/evicts live=unlimited mmap=4K\n", LG_VERDICT_FAILED,
               "better than its budget: mmap +0 B/run (budget 4096 B by ci/budgets.txt:1), live "
               "+64 B/run (budget none by ci/budgets.txt:1)" COMMAND);
    check_leak("cache/evicts live=128 expect-leak\n", LG_VERDICT_FAILED,
               "better than its budget: live +64 B/run (budget 128 B by ci/budgets.txt:1)" COMMAND);
}

static void test_lines_that_fit_and_globs_are_not_told(void)
{
    check_leak("cache/evicts live=64\n", LG_VERDICT_PASSED, "");
    check_leak("cache/* live=128\n", LG_VERDICT_PASSED, "");
    check_leak("cache/evicts live=128 # until 2024-01-01\ncache/* live=64\n", LG_VERDICT_PASSED,
               "");
    check_leak("cache/evicts live=64 expect-leak\n", LG_VERDICT_PASSED, "");
    check_leak("cache/evicts live=32 mmap=4K\n", LG_VERDICT_LEAKED,
               "leaked live +64 B/run (budget 32 B by ci/budgets.txt:1), over 10 runs");
}

static void test_without_ratchet_a_loose_line_is_no_failure(void)
{
    struct told told;
    start(&told, "cache/evicts live=128\n");
    told.run.options.ratchet = false;
    synthetic_add_leak(&told.run, "cache", "evicts");
    synthetic_read(&told.run);
    CU_ASSERT_EQUAL(told.run.results.counts[LG_VERDICT_PASSED], 1);
    finish(&told);
}

static void test_a_leak_that_is_missed_is_told_with_its_line(void)
{
    struct told told;
    start(&told, "\n\ncache/hits live=64 expect-leak\n");
    synthetic_add_test(&told.run, "cache", "hits");
    synthetic_read(&told.run);
    CU_ASSERT_EQUAL(told.run.results.counts[LG_VERDICT_FAILED], 1);
    CU_ASSERT_STRING_EQUAL(synthetic_message(&told.run, "cache/hits"),
                           "no leak, though one is expected by ci/budgets.txt:3; take expect-leak "
                           "out of that line");
    finish(&told);
}

/* What a shell makes of the command that a message tells; the caller frees it. */
static char *run_command(const char *message)
{
    char path[] = "/tmp/leakgate-unit-shell-XXXXXX";
    const char *command = strstr(message, "leakgate run ");
    struct lg_text script = {0};
    char *said = NULL;
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0 && command != NULL);
    lg_text_add(&script, "leakgate() { printf '<%%s>' \"$@\"; }\n%s\n", command);
    CU_ASSERT_TRUE(write_file(path, script.data, script.length));
    lg_text_free(&script);
    lg_text_add(&script, "sh %s", path);
    FILE *shell = popen(script.data, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(shell);
    size_t size = 0;
    CU_ASSERT(getdelim(&said, &size, '\0', shell) > 0);
    CU_ASSERT_EQUAL(pclose(shell), 0);
    lg_text_free(&script);
    close(fd);
    unlink(path);
    return said;
}

static void random_word(uint64_t *random, char *out, size_t size)
{
    size_t length = next_number(random, (uint32_t)size);
    for (size_t i = 0; i < length; i++)
        out[i] = (char)(' ' + next_number(random, 0x7f - ' '));
    out[length] = '\0';
}

/* It is made to be pasted: the words of the run, and those of the program. */
static void test_the_command_is_what_a_shell_takes_it_for(void)
{
    uint64_t random = 41;
    for (int round = 0; round < 60; round++) {
        struct told told;
        struct lg_text expected = {0};
        char words[6][12];
        start(&told, "cache/evicts live=128\n");
        for (int i = 0; i < 6; i++)
            random_word(&random, words[i], sizeof(words[i]));
        if (words[3][0] == '\0')
            strcpy(words[3], "'$x`y`'");
        told.words[2] = words[0];
        told.words[5] = words[1];
        told.words[6] = words[2];
        for (int i = 0; i < 3; i++)
            told.words[8 + i] = words[3 + i];
        static char separator[] = "--";
        told.words[7] = separator;
        told.run.options.program = &told.words[8];
        synthetic_add_leak(&told.run, "cache", "evicts");
        synthetic_read(&told.run);
        char *said = run_command(synthetic_message(&told.run, "cache/evicts"));
        lg_text_add(&expected, "<run><--budgets><%s><%s><%s><--update-budgets><--><%s><%s><%s>",
                    words[0], words[1], words[2], words[3], words[4], words[5]);
        CU_ASSERT_STRING_EQUAL(said, lg_text_string(&expected));
        lg_text_free(&expected);
        free(said);
        finish(&told);
    }
}

static void test_the_command_has_all_words_of_the_run_but_ratchet(void)
{
    static char words[][24] = {"run",           "--rigor",
                               "standard",      "--ratchet",
                               "--budgets",     "ci/budgets.txt",
                               "--filter=c*/*", "build/cache_tests",
                               "--ratchet",     "--"};
    struct told told;
    start(&told, "cache/evicts live=128\n");
    for (size_t i = 0; i < 10; i++)
        told.words[i] = words[i];
    told.run.options.program = &told.words[7];
    synthetic_add_leak(&told.run, "cache", "evicts");
    synthetic_read(&told.run);
    const char *command = strstr(synthetic_message(&told.run, "cache/evicts"), "leakgate run");
    CU_ASSERT_PTR_NOT_NULL_FATAL(command);
    CU_ASSERT_STRING_EQUAL(command,
                           "leakgate run --rigor standard --budgets ci/budgets.txt "
                           "'--filter=c*/*' --update-budgets -- build/cache_tests --ratchet --");
    finish(&told);
}

static void check_drift(const char *line, const char *drift)
{
    struct lg_budgets budgets;
    struct lg_text text = {0};
    char error[512];
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&budgets, line, strlen(line), error), 0);
    CU_ASSERT_EQUAL(lg_message_add_drift(&text, &budgets.rows[0]), drift[0] != '\0');
    CU_ASSERT_STRING_EQUAL(lg_text_string(&text), drift);
    lg_text_free(&text);
    lg_budgets_free(&budgets);
}

static void test_drift_is_told_from_where_the_line_began(void)
{
    check_drift("a/b live=96 first:live=64\n", "live from 64 B to 96 B (+50 %)");
    check_drift("a/b live=96 fds=3 first:live=64,fds=1\n",
                "live from 64 B to 96 B (+50 %), fds from 1 to 3 (+200 %)");
    check_drift("a/b live=96 first:live=0\n", "live from 0 B to 96 B");
    check_drift("a/b live=unlimited first:live=64\n", "live from 64 B to none");
}

static void test_a_line_that_has_not_been_raised_has_no_drift(void)
{
    check_drift("a/b live=96\n", "");
    check_drift("a/b live=96 first:live=96\n", "");
    check_drift("a/b live=64 first:live=96\n", "");
    check_drift("a/b live=64 first:live=unlimited\n", "");
    check_drift("a/b fds=1 first:live=64\n", "");
    check_drift("a/b expect-leak first:live=64\n", "");
}

/* The table of what RUN has; the caller frees it. */
static char *explain(struct told *told, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    synthetic_read(&told->run);
    CU_ASSERT_EQUAL(lg_explain_write(&told->run.results, stream), count);
    fclose(stream);
    return text;
}

static void check_explained(struct told *told, const char *expected)
{
    char *text = explain(told, 1);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
    finish(told);
}

#define HEADING "gauge            limit        needs  by\n"

static void test_each_limit_is_explained_with_where_it_is_said(void)
{
    struct told told;
    start(&told, "cache/evicts live=64\ncache/* mmap=4K\n");
    struct lg_record *record = synthetic_add_leak(&told.run, "cache", "evicts");
    record->wishes.named = BIT(HEAP);
    record->wishes.limits.values[LG_GAUGE_HEAP] = 8192;
    check_explained(&told, "cache/evicts: passed\n" HEADING
                           "heap            8192 B          0 B  the test itself\n"
                           "mmap            4096 B          0 B  ci/budgets.txt:2 cache/*\n"
                           "live              64 B         64 B  ci/budgets.txt:1 cache/evicts\n"
                           "frag              none          0 B  --budget or its default\n"
                           "fds                  0      unknown  --budget or its default\n"
                           "threads              0      unknown  --budget or its default\n"
                           "children             0      unknown  --budget or its default\n");
}

static void test_a_leak_that_is_expected_is_explained(void)
{
    struct told told;
    start(&told, "cache/evicts live=64 expect-leak\n");
    synthetic_add_leak(&told.run, "cache", "evicts");
    check_explained(&told, "cache/evicts: passed\n" HEADING
                           "heap              none          0 B  a leak is expected\n"
                           "mmap              none          0 B  a leak is expected\n"
                           "live              64 B         64 B  ci/budgets.txt:1 cache/evicts\n"
                           "frag              none          0 B  a leak is expected\n"
                           "fds               none      unknown  a leak is expected\n"
                           "threads           none      unknown  a leak is expected\n"
                           "children          none      unknown  a leak is expected\n"
                           "a leak is expected by ci/budgets.txt:1\n");
}

/* By the program that the test is of, on its own line, and with nothing to steer a terminal. */
static void test_lines_that_have_expired_are_explained(void)
{
    struct told told;
    start(&told, "udp:cache/evicts live=96 # until 2024-01-01\n"
                 "\"cache/*\\x1b[2J\" live=1 # until 2024-01-01\n"
                 "cache_tests:cache/evicts live=96 # until 2024-01-01\n"
                 "\"cache/odd\\x1b\\x0a\" live=96 # until 2024-01-01\n"
                 "cache/evicts live=64\n");
    synthetic_add_leak(&told.run, "cache", "evicts");
    synthetic_add_host(&told.run, "/build/udp");
    synthetic_add_leak(&told.run, "cache", "evicts");
    synthetic_add_leak(&told.run, "cache", "odd\x1b\n");
    char *text = explain(&told, 3);
    const char *first = strstr(text, "expired: ci/budgets.txt:3 cache_tests:cache/evicts\n");
    const char *second = strstr(text, "expired: ci/budgets.txt:1 udp:cache/evicts\n");
    const char *third = strstr(text, "expired: ci/budgets.txt:4 cache/odd\\x1b \n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    CU_ASSERT_PTR_NOT_NULL_FATAL(third);
    CU_ASSERT(first < second && second < third);
    CU_ASSERT_PTR_NULL(strstr(second + 1, "cache_tests:"));
    CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
    free(text);
    finish(&told);
}

/* Of a test that failed nothing is known, but what would hold for it. */
static void test_a_test_that_failed_is_explained_as_far_as_it_is_known(void)
{
    struct told told;
    start(&told, "cache/hits live=64\n");
    synthetic_add_failure(&told.run, synthetic_add_test(&told.run, "cache", "hits"), "a.c", 7, "x");
    char *text = explain(&told, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "cache/hits: failed: assertion failed: a.c:7: x\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "live              64 B      unknown  ci/budgets.txt:1 cache/hits\n"));
    free(text);
    finish(&told);
}

static void test_only_tests_that_were_to_be_run_are_explained(void)
{
    struct told told;
    start(&told, "cache/hits live=64\n");
    synthetic_add_test(&told.run, "cache", "other")->state = LG_RECORD_FILTERED;
    synthetic_add_test(&told.run, "cache", "init")->kind = LG_RECORD_SUITE_INIT;
    char *text = explain(&told, 0);
    CU_ASSERT_STRING_EQUAL(text, "");
    free(text);
    finish(&told);
}

/* A name may have any bytes. */
static void test_a_name_stays_in_its_row(void)
{
    struct told told;
    start(&told, "\"cache/a\\x0ab\" live=64\n");
    synthetic_add_leak(&told.run, "cache", "a\nb");
    char *text = explain(&told, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  ci/budgets.txt:1 cache/a b\n"));
    free(text);
    finish(&told);
}

int add_message_budgets_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_line_that_is_too_loose_is_told_with_the_command),
        UNIT_TEST(test_lines_that_fit_and_globs_are_not_told),
        UNIT_TEST(test_without_ratchet_a_loose_line_is_no_failure),
        UNIT_TEST(test_a_leak_that_is_missed_is_told_with_its_line),
        UNIT_TEST(test_the_command_is_what_a_shell_takes_it_for),
        UNIT_TEST(test_the_command_has_all_words_of_the_run_but_ratchet),
        UNIT_TEST(test_drift_is_told_from_where_the_line_began),
        UNIT_TEST(test_a_line_that_has_not_been_raised_has_no_drift),
        UNIT_TEST(test_each_limit_is_explained_with_where_it_is_said),
        UNIT_TEST(test_a_leak_that_is_expected_is_explained),
        UNIT_TEST(test_lines_that_have_expired_are_explained),
        UNIT_TEST(test_a_test_that_failed_is_explained_as_far_as_it_is_known),
        UNIT_TEST(test_only_tests_that_were_to_be_run_are_explained),
        UNIT_TEST(test_a_name_stays_in_its_row),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("message budgets", tests);
}
