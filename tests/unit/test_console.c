/* The report on the console, line by line. */
#include "budget_play.h"
#include "runner/report/console.h"
#include "synthetic.h"
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void start(struct synthetic *run)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    synthetic_add_host(run, "cache_tests");
    run->outcome.elapsed_ns = 1230000000;
}

/* What WRITE puts out, as a string that the caller frees. */
static char *written(const struct synthetic *run, bool color, bool quiet)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    lg_console_write(&run->results, stream, color, quiet);
    fclose(stream);
    return text;
}

static void check(struct synthetic *run, bool color, bool quiet, const char *expected)
{
    char *text = written(run, color, quiet);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void check_list(const struct synthetic *run, bool json, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    lg_console_list(&run->results, stream, json);
    fclose(stream);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void test_clean_tests_are_only_counted(void)
{
    struct synthetic run;
    start(&run);
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_test(&run, "cache", "idle")->state = LG_RECORD_INACTIVE;
    synthetic_read(&run);
    check(&run, false, false, "\nleakgate: 2 tests: 1 passed, 1 skipped; 1.23 s\n");
    check(&run, false, true, "");
    synthetic_fini(&run);
}

static void test_one_test_is_a_test(void)
{
    struct synthetic run;
    start(&run);
    synthetic_add_test(&run, "cache", "hits");
    synthetic_read(&run);
    check(&run, false, false, "\nleakgate: 1 test: 1 passed; 1.23 s\n");
    synthetic_fini(&run);
}

static void test_no_tests_are_told(void)
{
    struct synthetic run;
    start(&run);
    synthetic_read(&run);
    check(&run, false, false, "\nleakgate: 0 tests: no tests; 1.23 s\n");
    synthetic_fini(&run);
}

static void start_mixed(struct synthetic *run)
{
    start(run);
    synthetic_add_test(run, "cache", "hits");
    synthetic_add_leak(run, "cache", "evicts");
    synthetic_add_test(run, "pool", "exits")->ending = LG_ENDING_EXITED;
    synthetic_add_test(run, "pool", "breaks")->measured = 0;
    synthetic_read(run);
    run->results.rows[1].where = (struct lg_location){"test_evicts", "/src/test_cache.c", 42};
}

#define MIXED_ROWS                                                                                 \
    "\n"                                                                                           \
    "leaked       cache/evicts: leaked live +64 B/run (budget 0 B), over 10 runs\n"                \
    "             at /src/test_cache.c:42 in test_evicts\n"                                        \
    "exited early pool/exits: exited early: the test ended the process with status 0\n"            \
    "broken       pool/breaks: blind: no gauge of memory can be trusted in this process\n"

static void test_each_test_that_is_not_clean_has_its_line_and_place(void)
{
    struct synthetic run;
    start_mixed(&run);
    check(&run, false, false,
          MIXED_ROWS "leakgate: 4 tests: 1 passed, 1 exited early, 1 leaked, 1 broken; 1.23 s\n");
    synthetic_fini(&run);
}

/* Whatever bytes their names have: a line each. */
static void test_lines_of_the_budget_file_that_want_a_look_are_told(void)
{
    static const char text[] = "\"cache/a\\x0ab\" live=1 # until 2024-01-01\n"
                               "cache/hits live=96 first:live=64\ncache/hits fds=0\n"
                               "\"cache/g o\\x1bne\" live=1\n";
    struct synthetic run;
    struct lg_budgets budgets;
    char error[512];
    start(&run);
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&budgets, text, strlen(text), error), 0);
    budgets.path = "b.txt";
    run.options.budgets = &budgets;
    synthetic_add_test(&run, "cache", "hits");
    synthetic_read(&run);
    char *said = written(&run, false, false);
    CU_ASSERT_PTR_NOT_NULL(strstr(said,
                                  "expired: b.txt:1: cache/a b\n"
                                  "raised: b.txt:2: cache/hits: live from 64 B to 96 B (+50 %)\n"
                                  "stale: b.txt:4: there is no test cache/g o"));
    CU_ASSERT_PTR_NULL(strchr(said, '\x1b'));
    free(said);
    synthetic_fini(&run);
    lg_budgets_free(&budgets);
}

static void test_quiet_leaves_only_the_tests_that_are_not_clean(void)
{
    struct synthetic run;
    start_mixed(&run);
    check(&run, false, true, MIXED_ROWS);
    synthetic_fini(&run);
}

static void test_the_seed_of_a_shuffled_run_is_told(void)
{
    struct synthetic run;
    start(&run);
    struct lg_record *record = synthetic_add_test(&run, "cache", "hits");
    run.options.shuffle = true;
    run.options.seed = 0;
    synthetic_read(&run);
    check(&run, false, false,
          "\nleakgate: shuffled with seed 0\nleakgate: 1 test: 1 passed; 1.23 s\n");
    check(&run, false, true, "");
    lg_results_free(&run.results);
    record->asserts_failed = 1;
    run.options.seed = UINT64_MAX;
    synthetic_read(&run);
    check(&run, false, true,
          "\nfailed       cache/hits: assertion failed\n"
          "leakgate: shuffled with seed 18446744073709551615\n");
    synthetic_fini(&run);
}

static void test_colours_are_for_the_verdicts_and_end(void)
{
    struct synthetic run;
    start(&run);
    synthetic_add_test(&run, "cache", "hits");
    synthetic_add_test(&run, "cache", "idle")->state = LG_RECORD_INACTIVE;
    synthetic_add_leak(&run, "cache", "evicts");
    synthetic_add_test(&run, "pool", "breaks")->measured = 0;
    synthetic_read(&run);
    check(
        &run, true, false,
        "\n"
        "\x1b[31mleaked      \x1b[0m cache/evicts: leaked live +64 B/run (budget 0 B), over 10 "
        "runs\n"
        "\x1b[33mbroken      \x1b[0m pool/breaks: blind: no gauge of memory can be trusted in this "
        "process\n"
        "leakgate: 4 tests: \x1b[32m1 passed\x1b[0m, \x1b[31m1 leaked\x1b[0m, 1 "
        "skipped\x1b[0m, \x1b[33m1 broken\x1b[0m; 1.23 s\n");
    synthetic_fini(&run);
}

static void test_colour_is_asked_for_or_not(void)
{
    FILE *stream = fopen("/dev/null", "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    CU_ASSERT_TRUE(lg_console_color(LG_COLOR_ALWAYS, stream));
    CU_ASSERT_FALSE(lg_console_color(LG_COLOR_NEVER, stream));
    CU_ASSERT_FALSE(lg_console_color(LG_COLOR_AUTO, stream));
    fclose(stream);
}

/* Whether a terminal gets colour when ENVIRONMENT is all there is. */
static bool terminal_is_coloured(char *environment[])
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CU_ASSERT_FATAL(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    FILE *terminal = fopen(ptsname(master), "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(terminal);
    char **ours = environ;
    environ = environment;
    bool color = lg_console_color(LG_COLOR_AUTO, terminal);
    environ = ours;
    fclose(terminal);
    close(master);
    return color;
}

static void test_terminals_are_coloured_unless_no_color_is_set(void)
{
    CU_ASSERT_TRUE(terminal_is_coloured((char *[]){NULL}));
    CU_ASSERT_TRUE(terminal_is_coloured((char *[]){"NO_COLOR=", NULL}));
    CU_ASSERT_FALSE(terminal_is_coloured((char *[]){"NO_COLOR=1", NULL}));
}

/* As --list leaves it: registered, and nothing run. */
static void start_list(struct synthetic *run)
{
    start(run);
    run->ledger.header->hosts[0].state = LG_HOST_RUNNING;
    synthetic_add_test(run, "cache", "hits \"twice\"")->state = LG_RECORD_REGISTERED;
    synthetic_add_test(run, "cache", "idle")->state = LG_RECORD_INACTIVE;
    synthetic_add_test(run, "cache", "other")->state = LG_RECORD_FILTERED;
    struct lg_record *suite = synthetic_add_test(run, "cache", "(initialization)");
    suite->kind = LG_RECORD_SUITE_INIT;
    suite->state = LG_RECORD_REGISTERED;
    synthetic_read(run);
    run->results.rows[0].where = (struct lg_location){"hits", "/src/test_cache.c", 42};
}

static void test_the_list_has_a_test_a_line_with_its_place(void)
{
    struct synthetic run;
    start_list(&run);
    check_list(&run, false, "cache/hits \"twice\"  /src/test_cache.c:42\ncache/idle\n");
    synthetic_fini(&run);
}

static void test_the_list_as_json_is_an_array_of_objects(void)
{
    struct synthetic run;
    start_list(&run);
    check_list(&run, true,
               "[\n"
               "  {\"program\": \"cache_tests\", \"suite\": \"cache\", "
               "\"name\": \"hits \\\"twice\\\"\", \"filter\": \"cache/hits \\\"twice\\\"\", "
               "\"active\": true, "
               "\"file\": \"/src/test_cache.c\", \"line\": 42},\n"
               "  {\"program\": \"cache_tests\", \"suite\": \"cache\", "
               "\"name\": \"idle\", \"filter\": \"cache/idle\", \"active\": false}\n"
               "]\n");
    synthetic_fini(&run);
}

/* The name in clean text, and what --filter takes for that test alone. */
static void check_filter(const char *suite, const char *name, const char *fields)
{
    struct synthetic run;
    struct lg_text expected = {0};
    start(&run);
    run.ledger.header->hosts[0].state = LG_HOST_RUNNING;
    synthetic_add_test(&run, suite, name)->state = LG_RECORD_REGISTERED;
    synthetic_read(&run);
    lg_text_add(&expected, "[\n  {\"program\": \"cache_tests\", %s, \"active\": true}\n]\n",
                fields);
    check_list(&run, true, lg_text_string(&expected));
    lg_text_free(&expected);
    synthetic_fini(&run);
}

static void test_the_list_tells_what_the_filter_takes(void)
{
    check_filter("a*", "b?[c]\\",
                 "\"suite\": \"a*\", \"name\": \"b?[c]\\\\\", "
                 "\"filter\": \"a\\\\*/b\\\\?\\\\[c\\\\]\\\\\\\\\"");
    check_filter("a\nb", "c\x01\xff",
                 "\"suite\": \"a b\", \"name\": \"c\\\\x01\\\\xff\", "
                 "\"filter\": \"a?b/c??\"");
    check_filter("gr\xc3\xbcn", "\x1b[31mred",
                 "\"suite\": \"gr\xc3\xbcn\", \"name\": \"red\", "
                 "\"filter\": \"gr\xc3\xbcn/?\\\\[31mred\"");
}

/* Two tests of one name have one filter, though the list numbers them. */
static void test_the_filter_of_tests_of_one_name_is_that_name(void)
{
    struct synthetic run;
    start(&run);
    run.ledger.header->hosts[0].state = LG_HOST_RUNNING;
    for (int i = 0; i < 2; i++)
        synthetic_add_test(&run, "a", "b")->state = LG_RECORD_REGISTERED;
    synthetic_read(&run);
    check_list(&run, true,
               "[\n"
               "  {\"program\": \"cache_tests\", \"suite\": \"a\", \"name\": \"b\", "
               "\"filter\": \"a/b\", \"active\": true},\n"
               "  {\"program\": \"cache_tests\", \"suite\": \"a\", \"name\": \"b [2]\", "
               "\"filter\": \"a/b\", \"active\": true}\n"
               "]\n");
    synthetic_fini(&run);
}

static void test_a_list_of_no_tests_is_empty(void)
{
    struct synthetic run;
    start(&run);
    synthetic_read(&run);
    check_list(&run, false, "");
    check_list(&run, true, "[\n]\n");
    synthetic_fini(&run);
}

static void test_a_function_without_a_name_still_has_its_place(void)
{
    struct synthetic run;
    start(&run);
    synthetic_add_leak(&run, "cache", "evicts");
    synthetic_read(&run);
    run.results.rows[0].where = (struct lg_location){NULL, "test_cache.c", 42};
    char *text = written(&run, false, true);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "             at test_cache.c:42 in ?\n"));
    free(text);
    synthetic_fini(&run);
}

/* The paths are those of the program's debug information: any bytes at all. */
static void test_a_place_of_odd_bytes_cannot_steer_the_terminal(void)
{
    struct synthetic run;
    start(&run);
    synthetic_add_leak(&run, "cache", "evicts");
    synthetic_read(&run);
    run.results.rows[0].where = (struct lg_location){"odd\x1b[2J", "a\x1b]0;title\a.c", 1};
    char *text = written(&run, false, true);
    CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
    free(text);
    synthetic_fini(&run);
}

int add_console_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_clean_tests_are_only_counted),
        UNIT_TEST(test_one_test_is_a_test),
        UNIT_TEST(test_no_tests_are_told),
        UNIT_TEST(test_each_test_that_is_not_clean_has_its_line_and_place),
        UNIT_TEST(test_lines_of_the_budget_file_that_want_a_look_are_told),
        UNIT_TEST(test_quiet_leaves_only_the_tests_that_are_not_clean),
        UNIT_TEST(test_the_seed_of_a_shuffled_run_is_told),
        UNIT_TEST(test_colours_are_for_the_verdicts_and_end),
        UNIT_TEST(test_colour_is_asked_for_or_not),
        UNIT_TEST(test_terminals_are_coloured_unless_no_color_is_set),
        UNIT_TEST(test_the_list_has_a_test_a_line_with_its_place),
        UNIT_TEST(test_the_list_as_json_is_an_array_of_objects),
        UNIT_TEST(test_the_list_tells_what_the_filter_takes),
        UNIT_TEST(test_the_filter_of_tests_of_one_name_is_that_name),
        UNIT_TEST(test_a_list_of_no_tests_is_empty),
        UNIT_TEST(test_a_function_without_a_name_still_has_its_place),
        UNIT_TEST(test_a_place_of_odd_bytes_cannot_steer_the_terminal),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("console", tests);
}
