/* Which tests run, how many at a time, in which order, how often: each value, and who wins. */
#include "options_run.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct options_run run_option(char *option)
{
    return run_options(ARGUMENTS(option, "tests"), NO_VARIABLES);
}

static struct options_run run_variable(char *variable)
{
    return run_options(ARGUMENTS("tests"), VARIABLES(variable));
}

/* OPTION=VALUE must be refused with REASON, and so must VARIABLE=VALUE, where there is a VALUE. */
static void check_refused(const char *option, const char *variable, const char *value,
                          const char *reason)
{
    char word[128];
    char error[256];
    snprintf(word, sizeof(word), "--%s=%s", option, value);
    snprintf(error, sizeof(error), "--%s: '%s' %s", option, value, reason);
    struct options_run run = run_option(word);
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(run.error, error);
    if (value[0] == '\0')
        return;
    snprintf(word, sizeof(word), "%s=%s", variable, value);
    snprintf(error, sizeof(error), "%s: '%s' %s", variable, value, reason);
    run = run_variable(word);
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(run.error, error);
}

/* What is no number anywhere. */
static char *const no_numbers[] = {"",   "x",   "-1",  "+1",  " 1",   "1 ",
                                   "1x", "1.5", "1/2", "0x1", "Auto", "99999999999999999999"};

#define NO_NUMBERS (sizeof(no_numbers) / sizeof(no_numbers[0]))

static void test_one_test_at_a_time_once_in_its_order_by_default(void)
{
    struct options_run run = run_options(ARGUMENTS("tests"), NO_VARIABLES);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(run.options.jobs, 1);
    CU_ASSERT_EQUAL(run.options.repeat, 1);
    CU_ASSERT_FALSE(run.options.shuffle);
    CU_ASSERT_EQUAL(run.options.shard, 0);
    CU_ASSERT_EQUAL(run.options.shards, 0);
}

static void test_jobs_are_from_one_to_as_many_as_there_are_slots(void)
{
    static const char reason[] = "is no number from 1 to 64, nor auto";
    CU_ASSERT_EQUAL(run_option("--jobs=1").options.jobs, 1);
    CU_ASSERT_EQUAL(run_option("--jobs=2").options.jobs, 2);
    CU_ASSERT_EQUAL(run_option("--jobs=64").options.jobs, 64);
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_JOBS=3").options.jobs, 3);
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_JOBS=").options.jobs, 1);
    check_refused("jobs", "LEAKGATE_JOBS", "0", reason);
    check_refused("jobs", "LEAKGATE_JOBS", "65", reason);
    check_refused("jobs", "LEAKGATE_JOBS", "4294967297", reason);
    for (size_t i = 0; i < NO_NUMBERS; i++)
        check_refused("jobs", "LEAKGATE_JOBS", no_numbers[i], reason);
}

static void test_as_many_jobs_as_there_are_processors(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t jobs = run_option("--jobs=auto").options.jobs;
    CU_ASSERT_TRUE(jobs >= 1 && jobs <= 64 && jobs <= online);
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_JOBS=auto").options.jobs, jobs);
}

static void test_repeats_are_from_one_to_ten_thousand(void)
{
    static const char reason[] = "is no number from 1 to 10000";
    CU_ASSERT_EQUAL(run_option("--repeat=1").options.repeat, 1);
    CU_ASSERT_EQUAL(run_option("--repeat=10000").options.repeat, 10000);
    CU_ASSERT_EQUAL(run_variable("LEAKGATE_REPEAT=3").options.repeat, 3);
    check_refused("repeat", "LEAKGATE_REPEAT", "0", reason);
    check_refused("repeat", "LEAKGATE_REPEAT", "10001", reason);
    check_refused("repeat", "LEAKGATE_REPEAT", "4294967297", reason);
    check_refused("repeat", "LEAKGATE_REPEAT", "auto", reason);
    for (size_t i = 0; i < NO_NUMBERS; i++)
        check_refused("repeat", "LEAKGATE_REPEAT", no_numbers[i], reason);
}

static void test_any_number_is_a_seed(void)
{
    struct options_run run = run_option("--shuffle=0");
    CU_ASSERT_TRUE(run.status == 0 && run.options.shuffle);
    CU_ASSERT_EQUAL(run.options.seed, 0);
    run = run_option("--shuffle=18446744073709551615");
    CU_ASSERT_TRUE(run.status == 0 && run.options.shuffle);
    CU_ASSERT_EQUAL(run.options.seed, UINT64_MAX);
    run = run_variable("LEAKGATE_SHUFFLE=7");
    CU_ASSERT_TRUE(run.status == 0 && run.options.shuffle);
    CU_ASSERT_EQUAL(run.options.seed, 7);
    CU_ASSERT_FALSE(run_variable("LEAKGATE_SHUFFLE=").options.shuffle);
    check_refused("shuffle", "LEAKGATE_SHUFFLE", "18446744073709551616", "is no number, nor auto");
    for (size_t i = 0; i < NO_NUMBERS; i++)
        check_refused("shuffle", "LEAKGATE_SHUFFLE", no_numbers[i], "is no number, nor auto");
}

/* It is to be typed in again. */
static void test_a_seed_of_its_own_is_short_and_another_each_time(void)
{
    uint64_t first = run_option("--shuffle=auto").options.seed;
    bool differs = false;
    for (int i = 0; i < 100; i++) {
        struct options_run run = run_option("--shuffle=auto");
        CU_ASSERT_TRUE(run.status == 0 && run.options.shuffle);
        CU_ASSERT_TRUE(run.options.seed < 1000000);
        differs |= run.options.seed != first;
    }
    CU_ASSERT_TRUE(differs);
}

static void test_the_option_wins_over_its_variable(void)
{
    struct options_run run =
        run_options(ARGUMENTS("--jobs=2", "--repeat=3", "--shuffle=4", "tests"),
                    VARIABLES("LEAKGATE_JOBS=9", "LEAKGATE_REPEAT=9", "LEAKGATE_SHUFFLE=9"));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(run.options.jobs, 2);
    CU_ASSERT_EQUAL(run.options.repeat, 3);
    CU_ASSERT_EQUAL(run.options.seed, 4);
}

/* --shard=ci with VARIABLES must be SHARD of SHARDS. */
static void check_ci(char *environment[], uint32_t shard, uint32_t shards)
{
    struct options_run run = run_options(ARGUMENTS("--shard=ci", "tests"), environment);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_STRING_EQUAL(run.error, "");
    CU_ASSERT_EQUAL(run.options.shard, shard);
    CU_ASSERT_EQUAL(run.options.shards, shards);
}

static void test_each_ci_tells_the_shard(void)
{
    check_ci(VARIABLES("CI_NODE_INDEX=1", "CI_NODE_TOTAL=3"), 1, 3);
    check_ci(VARIABLES("CI_NODE_INDEX=3", "CI_NODE_TOTAL=3"), 3, 3);
    check_ci(VARIABLES("CIRCLE_NODE_INDEX=0", "CIRCLE_NODE_TOTAL=3"), 1, 3);
    check_ci(VARIABLES("CIRCLE_NODE_INDEX=2", "CIRCLE_NODE_TOTAL=3"), 3, 3);
    check_ci(VARIABLES("BUILDKITE_PARALLEL_JOB=0", "BUILDKITE_PARALLEL_JOB_COUNT=3"), 1, 3);
    check_ci(VARIABLES("BUILDKITE_PARALLEL_JOB=2", "BUILDKITE_PARALLEL_JOB_COUNT=3"), 3, 3);
    check_ci(VARIABLES("CI_NODE_INDEX=4294967295", "CI_NODE_TOTAL=4294967295"), UINT32_MAX,
             UINT32_MAX);
    struct options_run run = run_options(
        ARGUMENTS("tests"), VARIABLES("LEAKGATE_SHARD=ci", "CI_NODE_INDEX=2", "CI_NODE_TOTAL=5"));
    CU_ASSERT_EQUAL(run.options.shard, 2);
    CU_ASSERT_EQUAL(run.options.shards, 5);
}

/* GitLab sets CI_NODE_TOTAL=1 and no index in a job of its own. */
static void test_a_job_of_its_own_runs_all_tests(void)
{
    check_ci(NO_VARIABLES, 0, 0);
    check_ci(VARIABLES("CI_NODE_TOTAL=1"), 0, 0);
    check_ci(VARIABLES("CI_NODE_INDEX=2"), 0, 0);
    check_ci(VARIABLES("CI_NODE_INDEX=", "CI_NODE_TOTAL=2"), 0, 0);
    check_ci(VARIABLES("CI_NODE_INDEX=1", "CI_NODE_TOTAL="), 0, 0);
    check_ci(VARIABLES("CI_NODE_TOTAL=9", "CIRCLE_NODE_INDEX=0", "CIRCLE_NODE_TOTAL=2"), 1, 2);
}

static void check_ci_refused(char *environment[], const char *error)
{
    struct options_run run = run_options(ARGUMENTS("--shard=ci", "tests"), environment);
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(run.error, error);
}

static void test_a_ci_that_makes_no_sense_is_told(void)
{
    check_ci_refused(VARIABLES("CI_NODE_INDEX=0", "CI_NODE_TOTAL=2"),
                     "--shard: CI_NODE_INDEX=0 of CI_NODE_TOTAL=2 is no shard");
    check_ci_refused(VARIABLES("CI_NODE_INDEX=3", "CI_NODE_TOTAL=2"),
                     "--shard: CI_NODE_INDEX=3 of CI_NODE_TOTAL=2 is no shard");
    check_ci_refused(VARIABLES("CI_NODE_INDEX=1", "CI_NODE_TOTAL=0"),
                     "--shard: CI_NODE_INDEX=1 of CI_NODE_TOTAL=0 is no shard");
    check_ci_refused(VARIABLES("CI_NODE_INDEX=1", "CI_NODE_TOTAL=4294967296"),
                     "--shard: CI_NODE_INDEX=1 of CI_NODE_TOTAL=4294967296 is no shard");
    check_ci_refused(VARIABLES("CI_NODE_INDEX=-1", "CI_NODE_TOTAL=2"),
                     "--shard: CI_NODE_INDEX=-1 of CI_NODE_TOTAL=2 is no shard");
    check_ci_refused(VARIABLES("CIRCLE_NODE_INDEX=2", "CIRCLE_NODE_TOTAL=2"),
                     "--shard: CIRCLE_NODE_INDEX=2 of CIRCLE_NODE_TOTAL=2 is no shard");
    check_ci_refused(VARIABLES("BUILDKITE_PARALLEL_JOB=x", "BUILDKITE_PARALLEL_JOB_COUNT=2"),
                     "--shard: BUILDKITE_PARALLEL_JOB=x of BUILDKITE_PARALLEL_JOB_COUNT=2 is no "
                     "shard");
    struct options_run run = run_options(
        ARGUMENTS("tests"), VARIABLES("LEAKGATE_SHARD=ci", "CI_NODE_INDEX=1x", "CI_NODE_TOTAL=2"));
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(run.error,
                           "LEAKGATE_SHARD: CI_NODE_INDEX=1x of CI_NODE_TOTAL=2 is no shard");
}

static void check_gtest(char *environment[], uint32_t shard, uint32_t shards)
{
    struct options_run run = run_options(ARGUMENTS("tests"), environment);
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(run.options.shard, shard);
    CU_ASSERT_EQUAL(run.options.shards, shards);
}

static void test_the_shard_of_googletest_counts_from_zero(void)
{
    check_gtest(VARIABLES("GTEST_TOTAL_SHARDS=3", "GTEST_SHARD_INDEX=0"), 1, 3);
    check_gtest(VARIABLES("GTEST_TOTAL_SHARDS=3", "GTEST_SHARD_INDEX=2"), 3, 3);
    check_gtest(VARIABLES("GTEST_TOTAL_SHARDS=3"), 0, 0);
    check_gtest(VARIABLES("GTEST_SHARD_INDEX=2"), 0, 0);
    check_gtest(VARIABLES("GTEST_TOTAL_SHARDS=", "GTEST_SHARD_INDEX="), 0, 0);
    /* Those of a CI count only where they are asked for. */
    check_gtest(VARIABLES("CI_NODE_TOTAL=2", "CI_NODE_INDEX=1"), 0, 0);
}

static void test_a_shard_of_googletest_that_is_none_is_told(void)
{
    struct options_run run =
        run_options(ARGUMENTS("tests"), VARIABLES("GTEST_TOTAL_SHARDS=2", "GTEST_SHARD_INDEX=2"));
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(run.error, "GTEST_SHARD_INDEX=2 of GTEST_TOTAL_SHARDS=2 is no shard");
    run =
        run_options(ARGUMENTS("tests"), VARIABLES("GTEST_TOTAL_SHARDS=two", "GTEST_SHARD_INDEX=0"));
    CU_ASSERT_EQUAL(run.status, -EINVAL);
    CU_ASSERT_STRING_EQUAL(run.error, "GTEST_SHARD_INDEX=0 of GTEST_TOTAL_SHARDS=two is no shard");
}

static void test_what_is_said_to_leakgate_wins_over_googletest(void)
{
    struct options_run run =
        run_options(ARGUMENTS("tests"),
                    VARIABLES("LEAKGATE_SHARD=2/5", "GTEST_TOTAL_SHARDS=3", "GTEST_SHARD_INDEX=0"));
    CU_ASSERT_EQUAL(run.options.shard, 2);
    CU_ASSERT_EQUAL(run.options.shards, 5);
    run =
        run_options(ARGUMENTS("--shard=4/7", "tests"),
                    VARIABLES("LEAKGATE_SHARD=2/5", "GTEST_TOTAL_SHARDS=3", "GTEST_SHARD_INDEX=0"));
    CU_ASSERT_EQUAL(run.options.shard, 4);
    CU_ASSERT_EQUAL(run.options.shards, 7);
    check_ci(VARIABLES("CI_NODE_INDEX=1", "CI_NODE_TOTAL=2", "GTEST_TOTAL_SHARDS=3",
                       "GTEST_SHARD_INDEX=2"),
             1, 2);
    check_ci(VARIABLES("GTEST_TOTAL_SHARDS=3", "GTEST_SHARD_INDEX=2"), 0, 0);
}

/* Whoever has set the variables learns by it that they are heeded. */
static void test_googletests_status_file_is_made_and_never_cut(void)
{
    struct folder folder;
    char path[PATH_MAX];
    char variable[PATH_MAX + 64];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    folder_file(&folder, "status", path);
    snprintf(variable, sizeof(variable), "GTEST_SHARD_STATUS_FILE=%s", path);
    run_options(ARGUMENTS("tests"), VARIABLES(variable, "GTEST_TOTAL_SHARDS=2"));
    CU_ASSERT_EQUAL(access(path, F_OK), -1);
    run_options(ARGUMENTS("tests"),
                VARIABLES(variable, "GTEST_TOTAL_SHARDS=2", "GTEST_SHARD_INDEX=1"));
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_TRUE(write_file(path, "mine", 4));
    run_options(ARGUMENTS("tests"),
                VARIABLES(variable, "GTEST_TOTAL_SHARDS=2", "GTEST_SHARD_INDEX=1"));
    size_t size = 0;
    char *text = read_file(path, &size);
    CU_ASSERT_EQUAL(size, 4);
    free(text);
    /* One that can't be made is no error: they did not ask leakgate. */
    folder_remove(&folder);
    struct options_run run = run_options(
        ARGUMENTS("tests"), VARIABLES(variable, "GTEST_TOTAL_SHARDS=2", "GTEST_SHARD_INDEX=1"));
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_EQUAL(run.options.shard, 2);
}

int add_options_order_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_one_test_at_a_time_once_in_its_order_by_default),
        UNIT_TEST(test_jobs_are_from_one_to_as_many_as_there_are_slots),
        UNIT_TEST(test_as_many_jobs_as_there_are_processors),
        UNIT_TEST(test_repeats_are_from_one_to_ten_thousand),
        UNIT_TEST(test_any_number_is_a_seed),
        UNIT_TEST(test_a_seed_of_its_own_is_short_and_another_each_time),
        UNIT_TEST(test_the_option_wins_over_its_variable),
        UNIT_TEST(test_each_ci_tells_the_shard),
        UNIT_TEST(test_a_job_of_its_own_runs_all_tests),
        UNIT_TEST(test_a_ci_that_makes_no_sense_is_told),
        UNIT_TEST(test_the_shard_of_googletest_counts_from_zero),
        UNIT_TEST(test_a_shard_of_googletest_that_is_none_is_told),
        UNIT_TEST(test_what_is_said_to_leakgate_wins_over_googletest),
        UNIT_TEST(test_googletests_status_file_is_made_and_never_cut),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("options order", tests);
}
