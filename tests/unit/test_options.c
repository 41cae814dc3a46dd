/* Every option, its twin in the environment, and which of the two holds. */
#include "options_run.h"
#include "unit.h"

#include <string.h>
#include <unistd.h>

struct options_run run_options(char *const arguments[], char *environment[])
{
    struct options_run run;
    int count = 0;
    char **ours = environ;
    memset(&run, 0, sizeof(run));
    while (arguments[count] != NULL)
        count++;
    environ = environment;
    run.status = lg_options_parse(count, arguments, &run.options, run.error, sizeof(run.error));
    environ = ours;
    return run;
}

/* What the arguments give; they must be right. */
static struct lg_options options_of(char *const arguments[])
{
    struct options_run run = run_options(arguments, NO_VARIABLES);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(run.error, "");
    return run.options;
}

/* What VARIABLE gives with no option at all. */
static struct lg_options options_from(char *variable)
{
    struct options_run run = run_options(ARGUMENTS("tests"), VARIABLES(variable));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(run.error, "");
    return run.options;
}

static void test_defaults_are_those_of_the_documentation(void)
{
    struct lg_options options = options_of(ARGUMENTS("tests"));
    CU_ASSERT_PTR_NULL(options.junit);
    CU_ASSERT_PTR_NULL(options.filter);
    CU_ASSERT_EQUAL(options.rigor, LG_RIGOR_STANDARD);
    CU_ASSERT_EQUAL(options.isolation, LG_ISOLATION_AUTO);
    CU_ASSERT_EQUAL(options.timeout_ms, 60000);
    CU_ASSERT_EQUAL(options.shard, 0);
    CU_ASSERT_EQUAL(options.color, LG_COLOR_AUTO);
    CU_ASSERT_FALSE(options.list || options.json || options.quiet);
    CU_ASSERT_TRUE(options.trace);
    CU_ASSERT_FALSE(options.debuginfod);
    CU_ASSERT_PTR_NULL(options.suppressions_path);
    CU_ASSERT_PTR_NULL(options.suppressions);
    CU_ASSERT_PTR_NULL(options.source_root);
    CU_ASSERT_EQUAL(options.budget.limits.values[LG_GAUGE_HEAP], 0);
    CU_ASSERT_EQUAL(options.budget.limits.values[LG_GAUGE_FRAG], LG_BUDGET_UNLIMITED);
}

static void test_every_option_sets_its_field(void)
{
    struct lg_options options = options_of(
        ARGUMENTS("--junit", "out/report.xml", "--budget", "live=64", "--isolation", "carry",
                  "--rigor", "thorough", "--timeout", "2.5", "--filter", "cache/*", "--shard",
                  "2/3", "--list", "--json", "--color", "never", "--quiet", "tests"));
    CU_ASSERT_STRING_EQUAL(options.junit, "out/report.xml");
    CU_ASSERT_EQUAL(options.budget.limits.values[LG_GAUGE_LIVE], 64);
    CU_ASSERT_EQUAL(options.rigor, LG_RIGOR_THOROUGH);
    CU_ASSERT_EQUAL(options.isolation, LG_ISOLATION_CARRY);
    CU_ASSERT_EQUAL(options.timeout_ms, 2500);
    CU_ASSERT_STRING_EQUAL(options.filter, "cache/*");
    CU_ASSERT_EQUAL(options.shard, 2);
    CU_ASSERT_EQUAL(options.shards, 3);
    CU_ASSERT_EQUAL(options.color, LG_COLOR_NEVER);
    CU_ASSERT_TRUE(options.list && options.json && options.quiet);
    CU_ASSERT_STRING_EQUAL(options.program[0], "tests");
}

static void test_options_of_the_traced_run_set_their_fields(void)
{
    struct lg_options options = options_of(ARGUMENTS("--suppressions", "known/leaks.txt",
                                                     "--source-root=src", "--debuginfod", "tests"));
    CU_ASSERT_STRING_EQUAL(options.suppressions_path, "known/leaks.txt");
    CU_ASSERT_STRING_EQUAL(options.source_root, "src");
    CU_ASSERT_TRUE(options.debuginfod);
    CU_ASSERT_TRUE(options.trace);
    CU_ASSERT_FALSE(options_of(ARGUMENTS("--no-trace", "tests")).trace);
}

static void test_variables_of_the_traced_run_set_their_fields(void)
{
    CU_ASSERT_STRING_EQUAL(options_from("LEAKGATE_SUPPRESSIONS=known.txt").suppressions_path,
                           "known.txt");
    CU_ASSERT_STRING_EQUAL(options_from("LEAKGATE_SOURCE_ROOT=src").source_root, "src");
    CU_ASSERT_TRUE(options_from("LEAKGATE_DEBUGINFOD=1").debuginfod);
    CU_ASSERT_FALSE(options_from("LEAKGATE_DEBUGINFOD=0").debuginfod);
    CU_ASSERT_FALSE(options_from("LEAKGATE_NO_TRACE=1").trace);
    CU_ASSERT_FALSE(options_from("LEAKGATE_NO_TRACE=yes").trace);
    CU_ASSERT_TRUE(options_from("LEAKGATE_NO_TRACE=0").trace);
    CU_ASSERT_TRUE(options_from("LEAKGATE_NO_TRACE=").trace);
}

static void test_every_variable_sets_its_field(void)
{
    CU_ASSERT_STRING_EQUAL(options_from("LEAKGATE_JUNIT=out/report.xml").junit, "out/report.xml");
    CU_ASSERT_EQUAL(options_from("LEAKGATE_BUDGET=live=64").budget.limits.values[LG_GAUGE_LIVE],
                    64);
    CU_ASSERT_EQUAL(options_from("LEAKGATE_RIGOR=once").rigor, LG_RIGOR_ONCE);
    CU_ASSERT_EQUAL(options_from("LEAKGATE_ISOLATION=fork").isolation, LG_ISOLATION_FORK);
    CU_ASSERT_EQUAL(options_from("LEAKGATE_TIMEOUT=0").timeout_ms, 0);
    CU_ASSERT_STRING_EQUAL(options_from("LEAKGATE_FILTER=a/b").filter, "a/b");
    CU_ASSERT_EQUAL(options_from("LEAKGATE_SHARD=1/4").shards, 4);
    CU_ASSERT_TRUE(options_from("LEAKGATE_LIST=1").list);
    CU_ASSERT_EQUAL(options_from("LEAKGATE_COLOR=always").color, LG_COLOR_ALWAYS);
    CU_ASSERT_TRUE(options_from("LEAKGATE_QUIET=1").quiet);
    struct options_run run =
        run_options(ARGUMENTS("--list", "tests"), VARIABLES("LEAKGATE_JSON=1"));
    CU_ASSERT_TRUE(run.status == 0 && run.options.json);
}

static void test_options_of_the_budget_file_set_their_fields(void)
{
    struct lg_options options = options_of(ARGUMENTS("tests"));
    CU_ASSERT_PTR_NULL(options.budgets_path);
    CU_ASSERT_PTR_NULL(options.budgets);
    CU_ASSERT_PTR_NULL(options.explain);
    CU_ASSERT_FALSE(options.update_budgets || options.allow_growth || options.ratchet);
    options = options_of(ARGUMENTS("--budgets", "b.txt", "--update-budgets", "--allow-growth",
                                   "--ratchet", "--explain=a/b", "tests"));
    CU_ASSERT_STRING_EQUAL(options.budgets_path, "b.txt");
    CU_ASSERT_STRING_EQUAL(options.explain, "a/b");
    CU_ASSERT_TRUE(options.update_budgets && options.allow_growth && options.ratchet);
}

static void test_variables_of_the_budget_file_set_their_fields(void)
{
    CU_ASSERT_STRING_EQUAL(options_from("LEAKGATE_BUDGETS=b.txt").budgets_path, "b.txt");
    CU_ASSERT_STRING_EQUAL(options_from("LEAKGATE_EXPLAIN=a/b").explain, "a/b");
    struct options_run run = run_options(
        ARGUMENTS("tests"), VARIABLES("LEAKGATE_BUDGETS=b.txt", "LEAKGATE_UPDATE_BUDGETS=yes",
                                      "LEAKGATE_ALLOW_GROWTH=1", "LEAKGATE_RATCHET=on"));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_TRUE(run.options.update_budgets && run.options.allow_growth && run.options.ratchet);
    run = run_options(ARGUMENTS("--budgets=c.txt", "tests"),
                      VARIABLES("LEAKGATE_BUDGETS=b.txt", "LEAKGATE_UPDATE_BUDGETS=0",
                                "LEAKGATE_ALLOW_GROWTH=no", "LEAKGATE_RATCHET=off"));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(run.options.budgets_path, "c.txt");
    CU_ASSERT_FALSE(run.options.update_budgets || run.options.allow_growth || run.options.ratchet);
}

static void test_the_option_wins_over_its_variable(void)
{
    struct options_run run = run_options(
        ARGUMENTS("--junit=b.xml", "--budget=live=2", "--rigor=quick", "--isolation=fork",
                  "--timeout=2", "--filter=b", "--shard=2/2", "--color=never", "--quiet", "tests"),
        VARIABLES("LEAKGATE_JUNIT=a.xml", "LEAKGATE_BUDGET=live=1", "LEAKGATE_RIGOR=once",
                  "LEAKGATE_ISOLATION=carry", "LEAKGATE_TIMEOUT=1", "LEAKGATE_FILTER=a",
                  "LEAKGATE_SHARD=1/9", "LEAKGATE_COLOR=always", "LEAKGATE_QUIET=0"));
    CU_ASSERT_EQUAL_FATAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(run.options.junit, "b.xml");
    CU_ASSERT_EQUAL(run.options.budget.limits.values[LG_GAUGE_LIVE], 2);
    CU_ASSERT_EQUAL(run.options.rigor, LG_RIGOR_QUICK);
    CU_ASSERT_EQUAL(run.options.isolation, LG_ISOLATION_FORK);
    CU_ASSERT_EQUAL(run.options.timeout_ms, 2000);
    CU_ASSERT_STRING_EQUAL(run.options.filter, "b");
    CU_ASSERT_EQUAL(run.options.shard, 2);
    CU_ASSERT_EQUAL(run.options.shards, 2);
    CU_ASSERT_EQUAL(run.options.color, LG_COLOR_NEVER);
    CU_ASSERT_TRUE(run.options.quiet);
}

static void test_options_of_the_traced_run_win_over_their_variables(void)
{
    struct options_run run =
        run_options(ARGUMENTS("--suppressions=b.txt", "--source-root=b", "--debuginfod", "tests"),
                    VARIABLES("LEAKGATE_SUPPRESSIONS=a.txt", "LEAKGATE_SOURCE_ROOT=a",
                              "LEAKGATE_DEBUGINFOD=0", "LEAKGATE_NO_TRACE=0"));
    CU_ASSERT_EQUAL_FATAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(run.options.suppressions_path, "b.txt");
    CU_ASSERT_STRING_EQUAL(run.options.source_root, "b");
    CU_ASSERT_TRUE(run.options.debuginfod);
    run = run_options(ARGUMENTS("--no-trace", "tests"), VARIABLES("LEAKGATE_NO_TRACE=0"));
    CU_ASSERT_TRUE(run.status == 0 && !run.options.trace);
}

static void test_the_last_of_two_options_wins(void)
{
    struct lg_options options = options_of(
        ARGUMENTS("--rigor=once", "--junit=a.xml", "--rigor=quick", "--junit", "b.xml", "tests"));
    CU_ASSERT_EQUAL(options.rigor, LG_RIGOR_QUICK);
    CU_ASSERT_STRING_EQUAL(options.junit, "b.xml");
}

static void test_budgets_of_option_and_variable_are_joined_by_gauge(void)
{
    struct options_run run = run_options(ARGUMENTS("--budget=heap=4K", "--budget=fds=1", "tests"),
                                         VARIABLES("LEAKGATE_BUDGET=live=64,heap=1"));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(run.options.budget.limits.values[LG_GAUGE_HEAP], 4096);
    CU_ASSERT_EQUAL(run.options.budget.limits.values[LG_GAUGE_LIVE], 64);
    CU_ASSERT_EQUAL(run.options.budget.limits.values[LG_GAUGE_FDS], 1);
}

static void test_options_after_the_program_are_the_programs(void)
{
    struct lg_options options = options_of(ARGUMENTS("--quiet", "tests", "--list", "-v"));
    CU_ASSERT_TRUE(options.quiet);
    CU_ASSERT_FALSE(options.list);
    CU_ASSERT_STRING_EQUAL(options.program[0], "tests");
    CU_ASSERT_STRING_EQUAL(options.program[1], "--list");
    CU_ASSERT_STRING_EQUAL(options.program[2], "-v");
    CU_ASSERT_PTR_NULL(options.program[3]);
}

static void test_two_dashes_end_the_options(void)
{
    struct lg_options options = options_of(ARGUMENTS("--", "--quiet", "--"));
    CU_ASSERT_FALSE(options.quiet);
    CU_ASSERT_STRING_EQUAL(options.program[0], "--quiet");
    CU_ASSERT_STRING_EQUAL(options.program[1], "--");
    CU_ASSERT_PTR_NULL(options.program[2]);
}

static void test_the_program_is_argv_itself(void)
{
    char **arguments = ARGUMENTS("--quiet", "tests", "first");
    struct lg_options options = options_of(arguments);
    CU_ASSERT_PTR_EQUAL(options.program, arguments + 2);
}

static void test_parsing_twice_gives_the_same(void)
{
    for (int i = 0; i < 2; i++) {
        struct lg_options options = options_of(ARGUMENTS("--shard=1/2", "tests", "--quiet"));
        CU_ASSERT_EQUAL(options.shards, 2);
        CU_ASSERT_STRING_EQUAL(options.program[0], "tests");
    }
}

static void test_every_rigor_has_a_name_that_is_read_back(void)
{
    static const char *const names[] = {"once", "quick", "standard", "thorough"};
    for (int rigor = LG_RIGOR_ONCE; rigor <= LG_RIGOR_THOROUGH; rigor++) {
        CU_ASSERT_STRING_EQUAL(lg_rigor_name((enum lg_rigor)rigor), names[rigor]);
        struct options_run run =
            run_options(ARGUMENTS("--rigor", (char *)names[rigor], "tests"), NO_VARIABLES);
        CU_ASSERT_EQUAL(run.status, 0);
        CU_ASSERT_EQUAL((int)run.options.rigor, rigor);
    }
}

static void test_every_isolation_has_a_name_that_is_read_back(void)
{
    static const char *const names[] = {"auto", "fork", "carry"};
    for (int isolation = LG_ISOLATION_AUTO; isolation <= LG_ISOLATION_CARRY; isolation++) {
        CU_ASSERT_STRING_EQUAL(lg_isolation_name((enum lg_isolation)isolation), names[isolation]);
        struct options_run run =
            run_options(ARGUMENTS("--isolation", (char *)names[isolation], "tests"), NO_VARIABLES);
        CU_ASSERT_EQUAL(run.status, 0);
        CU_ASSERT_EQUAL((int)run.options.isolation, isolation);
    }
}

static void test_every_colour_is_read(void)
{
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--color=auto", "t")).color, LG_COLOR_AUTO);
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--color=always", "t")).color, LG_COLOR_ALWAYS);
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--color=never", "t")).color, LG_COLOR_NEVER);
}

static void test_timeouts_are_seconds_to_the_millisecond(void)
{
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--timeout=0", "t")).timeout_ms, 0);
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--timeout=1", "t")).timeout_ms, 1000);
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--timeout=0.001", "t")).timeout_ms, 1);
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--timeout=1e3", "t")).timeout_ms, 1000000);
    CU_ASSERT_EQUAL(options_of(ARGUMENTS("--timeout=1e9", "t")).timeout_ms,
                    UINT64_C(1000000000000));
}

/* 0 is for no timeout at all: what was asked for is a very short one. */
static void test_the_shortest_timeout_is_not_none(void)
{
    struct options_run run = run_options(ARGUMENTS("--timeout=0.0001", "tests"), NO_VARIABLES);
    CU_ASSERT(run.status != 0 || run.options.timeout_ms > 0);
}

static void test_switches_in_the_environment_are_words(void)
{
    CU_ASSERT_TRUE(options_from("LEAKGATE_QUIET=1").quiet);
    CU_ASSERT_TRUE(options_from("LEAKGATE_QUIET=yes").quiet);
    CU_ASSERT_TRUE(options_from("LEAKGATE_QUIET=on").quiet);
    CU_ASSERT_TRUE(options_from("LEAKGATE_QUIET=true").quiet);
    CU_ASSERT_FALSE(options_from("LEAKGATE_QUIET=0").quiet);
    CU_ASSERT_FALSE(options_from("LEAKGATE_QUIET=no").quiet);
    CU_ASSERT_FALSE(options_from("LEAKGATE_QUIET=off").quiet);
    CU_ASSERT_FALSE(options_from("LEAKGATE_QUIET=false").quiet);
    CU_ASSERT_FALSE(options_from("LEAKGATE_QUIET=").quiet);
}

static void test_an_empty_filter_is_none(void)
{
    CU_ASSERT_PTR_NULL(options_from("LEAKGATE_FILTER=").filter);
    struct options_run run =
        run_options(ARGUMENTS("--filter=", "tests"), VARIABLES("LEAKGATE_FILTER=a/*"));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NULL(run.options.filter);
}

static void test_other_variables_do_not_matter(void)
{
    struct options_run run =
        run_options(ARGUMENTS("tests"),
                    VARIABLES("LEAKGATE_LEDGER=1:2", "LEAKGATE_JUNITS=x", "leakgate_junit=x"));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NULL(run.options.junit);
}

int add_options_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_defaults_are_those_of_the_documentation),
        UNIT_TEST(test_every_option_sets_its_field),
        UNIT_TEST(test_options_of_the_traced_run_set_their_fields),
        UNIT_TEST(test_variables_of_the_traced_run_set_their_fields),
        UNIT_TEST(test_every_variable_sets_its_field),
        UNIT_TEST(test_options_of_the_budget_file_set_their_fields),
        UNIT_TEST(test_variables_of_the_budget_file_set_their_fields),
        UNIT_TEST(test_the_option_wins_over_its_variable),
        UNIT_TEST(test_options_of_the_traced_run_win_over_their_variables),
        UNIT_TEST(test_the_last_of_two_options_wins),
        UNIT_TEST(test_budgets_of_option_and_variable_are_joined_by_gauge),
        UNIT_TEST(test_options_after_the_program_are_the_programs),
        UNIT_TEST(test_two_dashes_end_the_options),
        UNIT_TEST(test_the_program_is_argv_itself),
        UNIT_TEST(test_parsing_twice_gives_the_same),
        UNIT_TEST(test_every_rigor_has_a_name_that_is_read_back),
        UNIT_TEST(test_every_isolation_has_a_name_that_is_read_back),
        UNIT_TEST(test_every_colour_is_read),
        UNIT_TEST(test_timeouts_are_seconds_to_the_millisecond),
        UNIT_TEST(test_the_shortest_timeout_is_not_none),
        UNIT_TEST(test_switches_in_the_environment_are_words),
        UNIT_TEST(test_an_empty_filter_is_none),
        UNIT_TEST(test_other_variables_do_not_matter),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("options", tests);
}
