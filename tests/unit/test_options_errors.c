/* Each wrong option is refused in one line that names it and the way out. */
#include "options_run.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static void check(struct options_run run, const char *error)
{
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(run.error, error);
}

static struct options_run run_option(char *option)
{
    return run_options(ARGUMENTS(option, "tests"), NO_VARIABLES);
}

static struct options_run run_variable(char *variable)
{
    return run_options(ARGUMENTS("tests"), VARIABLES(variable));
}

static void test_no_program_is_refused(void)
{
    static const char expected[] = "no PROGRAM to run; say: leakgate run [options] -- PROGRAM";
    check(run_options(ARGUMENTS("--quiet"), NO_VARIABLES), expected);
    check(run_options(ARGUMENTS("--"), NO_VARIABLES), expected);
    check(run_options((char *[]){"run", NULL}, NO_VARIABLES), expected);
}

static void test_json_goes_with_list(void)
{
    check(run_option("--json"), "--json goes with --list");
}

static void test_options_of_the_budget_file_need_the_file(void)
{
    static const char update[] = "--update-budgets: it needs --budgets FILE, the file to write to";
    static const char ratchet[] = "--ratchet: it needs --budgets FILE, whose lines are to be tight";
    check(run_option("--update-budgets"), update);
    check(run_variable("LEAKGATE_UPDATE_BUDGETS=1"), update);
    check(run_options(ARGUMENTS("--update-budgets", "--allow-growth", "tests"), NO_VARIABLES),
          update);
    check(run_option("--ratchet"), ratchet);
    check(run_variable("LEAKGATE_RATCHET=1"), ratchet);
    check(run_option("--budgets="), "--budgets: it needs the path of a file");
}

static void test_growth_is_allowed_only_to_an_update(void)
{
    static const char expected[] = "--allow-growth goes with --update-budgets";
    check(run_option("--allow-growth"), expected);
    check(run_options(ARGUMENTS("--budgets=b.txt", "--allow-growth", "tests"), NO_VARIABLES),
          expected);
    check(run_options(ARGUMENTS("--budgets=b.txt", "--ratchet", "--allow-growth", "tests"),
                      VARIABLES("LEAKGATE_UPDATE_BUDGETS=0")),
          expected);
}

static void test_what_is_to_be_explained_is_a_test(void)
{
    check(run_option("--explain=cache"), "--explain: 'cache' is not of the form SUITE/TEST");
    check(run_option("--explain="), "--explain: '' is not of the form SUITE/TEST");
    check(run_option("--allow-growth=1"), "--allow-growth=1: unknown option, or a value too many; "
                                          "'leakgate run --help' lists all");
}

static void test_unknown_options_are_named(void)
{
    check(run_option("--heap"), "--heap: unknown option, or a value too many; "
                                "'leakgate run --help' lists all");
    check(run_option("-q"), "-q: unknown option, or a value too many; "
                            "'leakgate run --help' lists all");
    check(run_option("--no-trace=1"), "--no-trace=1: unknown option, or a value too many; "
                                      "'leakgate run --help' lists all");
    check(run_option("--quiet=1"), "--quiet=1: unknown option, or a value too many; "
                                   "'leakgate run --help' lists all");
}

/* One dash is the commonest slip. */
static void test_a_word_after_one_dash_is_named(void)
{
    check(run_option("-quiet"), "-quiet: unknown option, or a value too many; "
                                "'leakgate run --help' lists all");
    check(run_options(ARGUMENTS("--quiet", "-list", "tests"), NO_VARIABLES),
          "-list: unknown option, or a value too many; 'leakgate run --help' lists all");
}

static void test_a_missing_value_is_told(void)
{
    check(run_options(ARGUMENTS("--quiet", "--junit"), NO_VARIABLES),
          "--junit: it needs a value; 'leakgate run --help' tells which");
    check(run_options(ARGUMENTS("--budget"), NO_VARIABLES),
          "--budget: it needs a value; 'leakgate run --help' tells which");
}

static void test_wrong_words_are_told_with_the_right_ones(void)
{
    check(run_option("--rigor=strict"),
          "--rigor: unknown rigor 'strict' (once, quick, standard, thorough)");
    check(run_option("--rigor="), "--rigor: unknown rigor '' (once, quick, standard, thorough)");
    check(run_option("--isolation=none"),
          "--isolation: unknown isolation 'none' (auto, fork, carry)");
    check(run_option("--color=yes"), "--color: unknown colour 'yes' (auto, always, never)");
}

static void test_an_empty_report_path_is_refused(void)
{
    check(run_option("--junit="), "--junit: it needs the path of a file");
}

static void test_empty_paths_of_the_traced_run_are_refused(void)
{
    check(run_option("--suppressions="), "--suppressions: it needs the path of a file");
    check(run_option("--source-root="), "--source-root: it needs the path of a folder");
    check(run_options(ARGUMENTS("--suppressions"), NO_VARIABLES),
          "--suppressions: it needs a value; 'leakgate run --help' tells which");
    check(run_options(ARGUMENTS("--source-root"), NO_VARIABLES),
          "--source-root: it needs a value; 'leakgate run --help' tells which");
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_SUPPRESSIONS=").status, 0);
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_SOURCE_ROOT=").status, 0);
}

/* What is suppressed is told by its call sites. */
static void test_suppressions_without_call_sites_are_refused(void)
{
    static const char expected[] =
        "--suppressions: call sites are not known with --no-trace; leave one of them out";
    check(run_options(ARGUMENTS("--no-trace", "--suppressions=a.txt", "tests"), NO_VARIABLES),
          expected);
    check(run_options(ARGUMENTS("--suppressions=a.txt", "tests"), VARIABLES("LEAKGATE_NO_TRACE=1")),
          expected);
    check(run_options(ARGUMENTS("--no-trace", "tests"), VARIABLES("LEAKGATE_SUPPRESSIONS=a.txt")),
          expected);
}

static void test_a_wrong_budget_is_told_as_the_budget_says(void)
{
    check(run_option("--budget=heep=1"), "--budget: unknown gauge 'heep' (heap, mmap, live, frag, "
                                         "fds, threads, children)");
    check(run_option("--budget=fds=1K"), "--budget: unknown unit 'K' of fds (it counts: no unit)");
    check(run_option("--budget="), "--budget: '' is not of the form GAUGE=LIMIT");
}

static void check_timeout(char *option, const char *value)
{
    char expected[128] = "--timeout: '";
    strcat(strcat(expected, value), "' is no number of seconds (0 for no timeout)");
    check(run_option(option), expected);
}

static void test_timeouts_that_are_no_seconds_are_refused(void)
{
    check_timeout("--timeout=", "");
    check_timeout("--timeout=soon", "soon");
    check_timeout("--timeout=10s", "10s");
    check_timeout("--timeout=-1", "-1");
    check_timeout("--timeout=nan", "nan");
    check_timeout("--timeout=inf", "inf");
    check_timeout("--timeout=1e10", "1e10");
    check_timeout("--timeout=1,5", "1,5");
}

static void check_shard(char *option, const char *value)
{
    char expected[128] = "--shard: '";
    strcat(strcat(expected, value), "' is not I/N with 1 <= I <= N, nor ci");
    check(run_option(option), expected);
}

static void test_shards_out_of_order_are_refused(void)
{
    check_shard("--shard=0/2", "0/2");
    check_shard("--shard=3/2", "3/2");
    check_shard("--shard=0/0", "0/0");
    check_shard("--shard=1/0", "1/0");
}

static void test_shards_of_another_form_are_refused(void)
{
    check_shard("--shard=", "");
    check_shard("--shard=1", "1");
    check_shard("--shard=1/", "1/");
    check_shard("--shard=/2", "/2");
    check_shard("--shard=1/2/3", "1/2/3");
    check_shard("--shard=1/2 ", "1/2 ");
    check_shard("--shard= 1/2", " 1/2");
    check_shard("--shard=-1/2", "-1/2");
    check_shard("--shard=one/two", "one/two");
    check_shard("--shard=1/4294967296", "1/4294967296");
    check_shard("--shard=1/99999999999999999999", "1/99999999999999999999");
    CU_ASSERT_EQUAL(run_option("--shard=1/4294967295").options.shards, UINT32_MAX);
}

static void test_a_negative_number_of_shards_is_refused(void)
{
    check_shard("--shard=1/-2", "1/-2");
    check_shard("--shard=1/+2", "1/+2");
}

/* An empty one is as good as none: CI leaves it where nothing was given. */
static void test_an_empty_variable_is_none(void)
{
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_JUNIT=").status, 0);
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_TIMEOUT=").status, 0);
}

static void test_a_wrong_variable_is_named(void)
{
    check(run_variable("LEAKGATE_RIGOR=strict"),
          "LEAKGATE_RIGOR: unknown rigor 'strict' (once, quick, standard, thorough)");
    check(run_variable("LEAKGATE_ISOLATION=CARRY"),
          "LEAKGATE_ISOLATION: unknown isolation 'CARRY' (auto, fork, carry)");
    check(run_variable("LEAKGATE_BUDGET=heap"),
          "LEAKGATE_BUDGET: 'heap' is not of the form GAUGE=LIMIT");
    check(run_variable("LEAKGATE_TIMEOUT=soon"),
          "LEAKGATE_TIMEOUT: 'soon' is no number of seconds (0 for no timeout)");
    check(run_variable("LEAKGATE_SHARD=2/1"),
          "LEAKGATE_SHARD: '2/1' is not I/N with 1 <= I <= N, nor ci");
    check(run_variable("LEAKGATE_COLOR=red"),
          "LEAKGATE_COLOR: unknown colour 'red' (auto, always, never)");
    check(run_variable("LEAKGATE_QUIET=maybe"), "LEAKGATE_QUIET: 'maybe' is neither 1 nor 0");
    check(run_variable("LEAKGATE_NO_TRACE=never"), "LEAKGATE_NO_TRACE: 'never' is neither 1 nor 0");
    check(run_variable("LEAKGATE_DEBUGINFOD=https://debuginfod.example"),
          "LEAKGATE_DEBUGINFOD: 'https://debuginfod.example' is neither 1 nor 0");
    check(run_variable("LEAKGATE_UPDATE_BUDGETS=b.txt"),
          "LEAKGATE_UPDATE_BUDGETS: 'b.txt' is neither 1 nor 0");
    check(run_variable("LEAKGATE_ALLOW_GROWTH=64"),
          "LEAKGATE_ALLOW_GROWTH: '64' is neither 1 nor 0");
    check(run_variable("LEAKGATE_RATCHET=tight"), "LEAKGATE_RATCHET: 'tight' is neither 1 nor 0");
    check(run_variable("LEAKGATE_LIST=2"), "LEAKGATE_LIST: '2' is neither 1 nor 0");
    check(run_variable("LEAKGATE_JSON=TRUE"), "LEAKGATE_JSON: 'TRUE' is neither 1 nor 0");
}

static void test_an_error_leaves_the_options_as_they_were(void)
{
    struct lg_options options;
    struct lg_options before;
    char error[512];
    memset(&options, 0x5a, sizeof(options));
    before = options;
    CU_ASSERT_EQUAL(
        lg_options_parse(3, ARGUMENTS("--shard=0/1", "tests"), &options, error, sizeof(error)),
        -EINVAL);
    CU_ASSERT_EQUAL(memcmp(&options, &before, sizeof(options)), 0);
}

static void test_an_error_stays_within_its_room(void)
{
    struct lg_options options;
    char error[32];
    memset(error, 0x5a, sizeof(error));
    CU_ASSERT_EQUAL(lg_options_parse(3, ARGUMENTS("--rigor=strict", "tests"), &options, error, 16),
                    -EINVAL);
    CU_ASSERT_STRING_EQUAL(error, "--rigor: unknow");
    CU_ASSERT_EQUAL(error[16], 0x5a);
}

/* As a YAML block leaves it. */
static void test_an_error_is_one_line_whatever_the_value(void)
{
    struct options_run run = run_variable("LEAKGATE_BUDGET=heap=0\n");
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_PTR_NULL(strchr(run.error, '\n'));
    run = run_option("--rigor=quick\nonce");
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_PTR_NULL(strchr(run.error, '\n'));
}

int add_options_errors_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_no_program_is_refused),
        UNIT_TEST(test_json_goes_with_list),
        UNIT_TEST(test_options_of_the_budget_file_need_the_file),
        UNIT_TEST(test_growth_is_allowed_only_to_an_update),
        UNIT_TEST(test_what_is_to_be_explained_is_a_test),
        UNIT_TEST(test_unknown_options_are_named),
        UNIT_TEST(test_a_word_after_one_dash_is_named),
        UNIT_TEST(test_a_missing_value_is_told),
        UNIT_TEST(test_wrong_words_are_told_with_the_right_ones),
        UNIT_TEST(test_an_empty_report_path_is_refused),
        UNIT_TEST(test_empty_paths_of_the_traced_run_are_refused),
        UNIT_TEST(test_suppressions_without_call_sites_are_refused),
        UNIT_TEST(test_a_wrong_budget_is_told_as_the_budget_says),
        UNIT_TEST(test_timeouts_that_are_no_seconds_are_refused),
        UNIT_TEST(test_shards_out_of_order_are_refused),
        UNIT_TEST(test_shards_of_another_form_are_refused),
        UNIT_TEST(test_a_negative_number_of_shards_is_refused),
        UNIT_TEST(test_an_empty_variable_is_none),
        UNIT_TEST(test_a_wrong_variable_is_named),
        UNIT_TEST(test_an_error_leaves_the_options_as_they_were),
        UNIT_TEST(test_an_error_stays_within_its_room),
        UNIT_TEST(test_an_error_is_one_line_whatever_the_value),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("options errors", tests);
}
