#include "command.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_agent_needs_libc_only(void)
{
    struct lgt_result run;
    lgt_command(&run, NULL, (const char *const[]){"ldd", LGT_AGENT, NULL});
    CU_ASSERT_EQUAL(run.status, 0);
    unsigned lines = 0;
    for (char *line = strtok(run.out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        lines++;
        CU_ASSERT_TRUE(strstr(line, "libc.so.6") != NULL || strstr(line, "linux-vdso") != NULL ||
                       strstr(line, "ld-linux") != NULL);
    }
    CU_ASSERT_TRUE(lines >= 2);
    lgt_free(&run);
}

static void test_agent_exports_only_what_it_takes_over(void)
{
    struct lgt_result run;
    lgt_command(
        &run, NULL,
        (const char *const[]){"nm", "-D", "--defined-only", "--format=posix", LGT_AGENT, NULL});
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "CU_run_all_tests"));
    for (char *line = strtok(run.out, "\n"); line != NULL; line = strtok(NULL, "\n"))
        CU_ASSERT_TRUE(strncmp(line, "CU_", 3) == 0 || strncmp(line, "leakgate_", 9) == 0);
    lgt_free(&run);
}

/* Reads the witness's lines: the worst count within, the best outside, the most samples. */
static void read_witness(int fd, unsigned *samples, unsigned *within, unsigned *outside)
{
    FILE *file = fdopen(fd, "r");
    if (file == NULL)
        return;
    rewind(file);
    unsigned line[3];
    while (fscanf(file, "%u %u %u", &line[0], &line[1], &line[2]) == 3) {
        *samples = line[0] > *samples ? line[0] : *samples;
        *within = line[1] > *within ? line[1] : *within;
        *outside = line[2] > *outside ? line[2] : *outside;
    }
    fclose(file);
}

static void check_witness(const char *program)
{
    char path[] = "/tmp/leakgate-witness-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    unlink(path);
    fcntl(fd, F_SETFL, O_APPEND);
    char number[16];
    snprintf(number, sizeof(number), "%d", fd);
    setenv("WITNESS_FD", number, 1);
    setenv("LGT_WITNESS", LGT_WITNESS, 1);
    setenv("LGT_PROGRAM", lgt_program(program), 1);
    struct lgt_result run;
    lgt_gate(&run, "", LGT_SOURCE_DIR "/with_witness.sh");
    unsetenv("LGT_PROGRAM");
    unsetenv("LGT_WITNESS");
    unsetenv("WITNESS_FD");
    CU_ASSERT_TRUE(lgt_count(&run, "//testcase") > 0);
    unsigned samples = 0;
    unsigned within = 0;
    unsigned outside = 0;
    read_witness(fd, &samples, &within, &outside);
    CU_ASSERT_TRUE(samples >= 2);
    CU_ASSERT_EQUAL(within, 0);
    CU_ASSERT_TRUE(outside > 0); /* it does see the agent's calls */
    lgt_free(&run);
}

static void test_agent_calls_no_malloc_stdio_or_lock_between_samples(void)
{
    check_witness("only_leaks");
    check_witness("frontend_basic");
}

static void test_what_a_test_puts_in_place_of_libc_does_not_answer_the_agent(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "mocks");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_under_mocks", "leaked"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_under_mocks", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "clean_counts_calls", "passed"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., 'leak_under_mocks at ')]"), 1);
    const char *once = strstr(run.out, "once before the tests\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(once);
    CU_ASSERT_PTR_NULL(strstr(once + 1, "once before the tests\n"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='not_measured'][@value='nothing']"), 1);
    lgt_free(&run);
}

static void test_programs_that_tests_start_inherit_nothing(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--no-capture", "prints_environment");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "PATH="));
    CU_ASSERT_PTR_NULL(strstr(run.out, "LD_PRELOAD"));
    CU_ASSERT_PTR_NULL(strstr(run.out, "GLIBC_TUNABLES"));
    CU_ASSERT_PTR_NULL(strstr(run.out, "LEAKGATE_LEDGER"));
    lgt_free(&run);
}

static void test_values_of_the_user_are_given_back(void)
{
    struct lgt_result run;
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1); /* of the runner, if it has it */
    setenv("LD_PRELOAD", "libm.so.6", 1);
    setenv("GLIBC_TUNABLES", "glibc.malloc.perturb=0", 1);
    lgt_gate(&run, "--no-capture", "prints_environment");
    unsetenv("ASAN_OPTIONS");
    unsetenv("LD_PRELOAD");
    unsetenv("GLIBC_TUNABLES");
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "LD_PRELOAD=libm.so.6\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "GLIBC_TUNABLES=glibc.malloc.perturb=0\n"));
    lgt_free(&run);
}

static void test_a_shell_hands_the_agent_on(void)
{
    struct lgt_result run;
    setenv("LGT_PROGRAM", lgt_program("only_leaks"), 1);
    const char *const argv[] = {
        LGT_LEAKGATE, "run", "--quiet", "--", "sh", "-c", "true; exec \"$LGT_PROGRAM\"", NULL};
    lgt_command(&run, NULL, argv);
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "only_leaks/leak_1_byte"));
    lgt_free(&run);
    unsetenv("LGT_PROGRAM");
}

static void test_a_wrapper_that_closes_descriptors_loses_nothing(void)
{
    struct lgt_result run;
    setenv("LGT_PROGRAM", lgt_program("only_leaks"), 1);
    const char *const argv[] = {
        LGT_LEAKGATE,
        "run",
        "--quiet",
        "--",
        "bash",
        "-c",
        "for fd in /proc/self/fd/*; do fd=${fd##*/}; [ \"$fd\" -lt 10 ] || eval \"exec $fd>&-\"; "
        "done; exec \"$LGT_PROGRAM\"",
        NULL};
    lgt_command(&run, NULL, argv);
    CU_ASSERT_EQUAL(run.status, 2);
    lgt_free(&run);
    unsetenv("LGT_PROGRAM");
}

static void test_linked_agent_is_inert_without_the_runner(void)
{
    struct lgt_result plain;
    struct lgt_result linked;
    lgt_command(&plain, NULL, (const char *const[]){lgt_program("no_tests"), NULL});
    lgt_command(&linked, NULL, (const char *const[]){LGT_LINKED, NULL});
    CU_ASSERT_EQUAL(linked.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(linked.out, "active: 0"));
    lgt_free(&plain);
    lgt_free(&linked);
}

static void test_public_header_tells_that_leakgate_is_there(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--no-capture", LGT_LINKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "active: 1"));
    lgt_free(&run);
    lgt_gate(&run, "--no-capture", LGT_NO_PIE);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "active: 1"));
    CU_ASSERT_EQUAL(run.status, 0);
    lgt_free(&run);
    lgt_command(&run, NULL, (const char *const[]){LGT_NO_PIE, NULL});
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "active: 0"));
    lgt_free(&run);
}

int add_agent_suite(void)
{
    CU_TestInfo tests[] = {
        {"agent_needs_libc_only", test_agent_needs_libc_only},
        {"agent_exports_only_what_it_takes_over", test_agent_exports_only_what_it_takes_over},
        {"agent_calls_no_malloc_stdio_or_lock_between_samples",
         test_agent_calls_no_malloc_stdio_or_lock_between_samples},
        {"what_a_test_puts_in_place_of_libc_does_not_answer_the_agent",
         test_what_a_test_puts_in_place_of_libc_does_not_answer_the_agent},
        {"programs_that_tests_start_inherit_nothing",
         test_programs_that_tests_start_inherit_nothing},
        {"values_of_the_user_are_given_back", test_values_of_the_user_are_given_back},
        {"a_shell_hands_the_agent_on", test_a_shell_hands_the_agent_on},
        {"a_wrapper_that_closes_descriptors_loses_nothing",
         test_a_wrapper_that_closes_descriptors_loses_nothing},
        {"linked_agent_is_inert_without_the_runner", test_linked_agent_is_inert_without_the_runner},
        {"public_header_tells_that_leakgate_is_there",
         test_public_header_tells_that_leakgate_is_there},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"agent", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
