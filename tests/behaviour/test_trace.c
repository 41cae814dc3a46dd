#include "command.h"

#include <CUnit/CUnit.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAILURE(test) "//testcase[@name='" test "']/failure"

/* The line of the fixture program SOURCE on which the marker of TEST is; 0: it has none. */
static unsigned marked_line(const char *source, const char *test)
{
    char path[512];
    char line[512];
    char marker[128];
    unsigned number = 0;
    unsigned found = 0;
    snprintf(path, sizeof(path), "%s/../../fixtures/programs/%s", LGT_SOURCE_DIR, source);
    snprintf(marker, sizeof(marker), "/* leak: %s */", test);
    FILE *file = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (found == 0 && fgets(line, sizeof(line), file) != NULL) {
        number++;
        found = strstr(line, marker) != NULL ? number : 0;
    }
    fclose(file);
    return found;
}

static void check_named(const struct lgt_result *run, const char *source, const char *test)
{
    char xpath[256];
    snprintf(xpath, sizeof(xpath), "//testcase[@name='%s'][@line='%u'][contains(@file, '/%s')]",
             test, marked_line(source, test), source);
    if (lgt_count(run, xpath) != 1)
        fprintf(stderr, "%s: the report does not have %s\n", test, xpath);
    CU_ASSERT_EQUAL(lgt_count(run, xpath), 1);
}

static void test_each_call_site_is_named_to_the_line(void)
{
    static const char *const tests[] = {
        "leak_through_pointer_in_heap",
        "leak_through_constant_pointer",
        "leak_one_of_two",
        "leak_beside_cache",
        "leak_two_mappings",
        "leak_mapping_by_number",
        "leak_part_of_mapping",
        "leak_socket",
        "leak_duplicate",
        "leak_zombie",
        "leak_daemon",
        "leak_not_repeatable",
        "leak_in_deep_recursion",
        "leak_through_pointer_in_mapping",
        "leak_committed_part",
        "leak_pipe_beside_vfork",
        "leak_c11_thread",
        "leak_late_thread",
        "leak_in_replaced_plugin",
    };
    struct lgt_result run;
    lgt_gate(&run, "", "call_sites");
    CU_ASSERT_EQUAL(run.status, 2);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        check_named(&run, "call_sites.c", tests[i]);
    check_named(&run, "call_sites_plugin.c", "leak_in_plugin");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')]"), 5);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[starts-with(@name, 'clean_')]/failure"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., 'no call that was seen')]"), 0);
    lgt_free(&run);
}

/* Neither what was freed, nor what a cache holds. */
static void test_only_what_grows_is_named(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--filter */leak_[ob]*", "call_sites");
    CU_ASSERT_EQUAL(lgt_count(&run, FAILURE("leak_one_of_two") "[contains(., 'blocks of 112 B')]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, FAILURE("leak_one_of_two") "[contains(., '5008')]"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, FAILURE("leak_beside_cache") "[contains(., 'blocks of 64 B')]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, FAILURE("leak_beside_cache") "[contains(., '3008')]"), 0);
    lgt_free(&run);
}

static void test_merged_mappings_are_told_apart(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--filter */leak_*mapping*", "call_sites");
    CU_ASSERT_EQUAL(lgt_count(&run,
                              FAILURE("leak_two_mappings") "[contains(., 'mappings of 65536 B')]"
                                                           "[contains(., 'mappings of 131072 B')]"),
                    1);
    /* Of 16 KiB, the second and the fourth page were given back. */
    CU_ASSERT_EQUAL(
        lgt_count(&run, FAILURE("leak_part_of_mapping") "[contains(., 'mappings of 4096 B')]"), 1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., 'mmap: call sites explain')]"), 3);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., 'no call that was seen')]"), 0);
    lgt_free(&run);
}

static void test_a_leak_of_10000_sites_stays_readable(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--filter *10000*", "many_sites");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., 'smaller ones')]"), 1);
    CU_ASSERT_TRUE(lgt_number(&run, "string-length(//failure)") < 8000);
    lgt_free(&run);
}

/* A range of addresses, which the kernel has laid out: what lies side by side there is one. */
static bool is_range(const char *line)
{
    const char *digits = "0123456789abcdef";
    return strncmp(line, "  ", 2) == 0 && strspn(line + 2, digits) == 12 && line[14] == '-' &&
           strspn(line + 15, digits) == 12;
}

/* Adds LINE without times and addresses. */
static size_t add_comparable(char *out, const char *line)
{
    size_t length = 0;
    for (const char *at = line; *at != '\0'; at++) {
        size_t digits = strspn(at, "0123456789abcdef");
        const char *time = strncmp(at, " time=\"", 7) == 0 ? strchr(at + 7, '"') : NULL;
        if (time != NULL)
            at = time;
        if (digits == 12 && (at == line || isalnum((unsigned char)at[-1]) == 0))
            at += digits - 1;
        else
            out[length++] = *at;
    }
    return length;
}

/* Without what differs from run to run: times, addresses, the peak, the machine's memory. */
static char *comparable(const char *path)
{
    enum { room = 1 << 20 };
    char *text = calloc(1, room);
    FILE *file = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char line[4096];
    size_t length = 0;
    while (fgets(line, sizeof(line), file) != NULL && length + sizeof(line) < room) {
        if (strstr(line, "peak_rss_bytes") == NULL && strstr(line, "\"host.") == NULL &&
            strstr(line, "<testsuite") == NULL && strstr(line, "\"mappings_") == NULL &&
            !is_range(line))
            length += add_comparable(text + length, line);
    }
    fclose(file);
    return text;
}

/* libxml2, which other suites of the sample use, draws lots. */
static void test_the_same_report_twice(void)
{
    struct lgt_result folder;
    char *reports[2];
    lgt_command(&folder, NULL, (const char *const[]){"true", NULL});
    for (int i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%d.xml", folder.folder, i);
        struct lgt_result run;
        const char *const argv[] = {LGT_LEAKGATE, "run", "--filter", "memory/*", "--junit",
                                    path,         "--",  LGT_SAMPLE, NULL};
        lgt_command(&run, NULL, argv);
        CU_ASSERT_EQUAL(run.status, 2);
        lgt_free(&run);
        reports[i] = comparable(path);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(reports[0], "call sites, of 32 traced runs"));
    CU_ASSERT_STRING_EQUAL(reports[0], reports[1]);
    free(reports[0]);
    free(reports[1]);
    lgt_free(&folder);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

/* Runs the tests of PROGRAM that FILTER lets through with a suppressions file of TEXT. */
static void run_suppressed_of(struct lgt_result *run, const char *program, const char *filter,
                              const char *text)
{
    char path[] = "/tmp/leakgate-suppressions-XXXXXX";
    char options[128];
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
    write_file(path, text);
    snprintf(options, sizeof(options), "--filter %s --suppressions %s", filter, path);
    lgt_gate(run, options, program);
    unlink(path);
}

static void run_suppressed(struct lgt_result *run, const char *text)
{
    run_suppressed_of(run, "only_leaks", "*", text);
}

static void test_all_sites_of_a_leak_are_suppressed(void)
{
    struct lgt_result run;
    run_suppressed_of(&run, "many_sites", "*_1000_*", "leak:leak_from_1000_sites\n");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_from_1000_sites", "passed"));
    CU_ASSERT_EQUAL(
        lgt_count(&run, "//property[@name='suppressed'][contains(@value, '32000 B/run')]"), 1);
    lgt_free(&run);
}

static void test_suppressed_leaks_pass_and_are_told(void)
{
    struct lgt_result run;
    run_suppressed(&run, "# known\nleak:^leak_1_byte$\nleak:no_such_function\n");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_1_byte", "passed"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure"), 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_1_byte']//property[@name='suppressed']"
                                    "[contains(@value, '32 B/run')]"
                                    "[contains(@value, 'leak:^leak_1_byte$')]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testsuite/properties/property[@name='unused_suppressions']"
                                    "[contains(@value, 'no_such_function')]"
                                    "[not(contains(@value, '1_byte'))]"),
                    1);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "unused suppression: leak:no_such_function ("));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "suppressed: 1 call site by leak:^leak_1_byte$ ("));
    lgt_free(&run);
}

static void test_a_suppression_covers_no_more_than_its_maximum(void)
{
    struct lgt_result run;
    run_suppressed(&run, "leak:leak_1_byte max=32\nleak:leak_mmap max=4K\n");
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_1_byte", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_mmap_64_kib", "leaked"));
    CU_ASSERT_EQUAL(lgt_count(&run, FAILURE("leak_mmap_64_kib") "[contains(., 'over the maximum "
                                                                "of leak:leak_mmap')]"),
                    1);
    lgt_free(&run);
}

static void test_a_wrong_suppression_is_said_before_anything_runs(void)
{
    struct lgt_result run;
    run_suppressed(&run, "leak:fine\nlek:wrong\n");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, ":2: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "'lek'"));
    CU_ASSERT_PTR_NULL(run.report);
    lgt_free(&run);
}

static void test_what_glibc_keeps_is_suppressed_by_itself(void)
{
    struct lgt_result run;
    lgt_gate(&run, "", "glibc_keeps");
    CU_ASSERT_TRUE(lgt_verdict(&run, "near_setenv_new_value", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "near_tz_new_value", "passed"));
    CU_ASSERT_TRUE(lgt_verdict(&run, "leak_putenv_copy", "leaked"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//property[@name='suppressed'][contains(@value, 'built-in')]"),
                    2);
    lgt_free(&run);
}

static void test_without_tracing_the_test_is_named(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--no-trace", "call_sites");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure[contains(., 'call sites')]"), 0);
    CU_ASSERT_EQUAL(lgt_count(&run, "//failure"), 20);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@name='leak_in_plugin'][contains(@file, "
                                    "'call_sites.c')]"),
                    1);
    lgt_free(&run);
}

static void test_paths_are_relative_to_the_source_root(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--source-root " LGT_SOURCE_DIR "/../../fixtures", "only_leaks");
    CU_ASSERT_EQUAL(lgt_count(&run, "//testcase[@file='programs/only_leaks.c']"), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, " at programs/only_leaks.c:"));
    lgt_free(&run);
    lgt_gate(&run, "--source-root /no/such/folder", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "--source-root: /no/such/folder: "));
    lgt_free(&run);
}

int add_trace_suite(void)
{
    CU_TestInfo tests[] = {
        {"each_call_site_is_named_to_the_line", test_each_call_site_is_named_to_the_line},
        {"only_what_grows_is_named", test_only_what_grows_is_named},
        {"merged_mappings_are_told_apart", test_merged_mappings_are_told_apart},
        {"a_leak_of_10000_sites_stays_readable", test_a_leak_of_10000_sites_stays_readable},
        {"the_same_report_twice", test_the_same_report_twice},
        {"suppressed_leaks_pass_and_are_told", test_suppressed_leaks_pass_and_are_told},
        {"all_sites_of_a_leak_are_suppressed", test_all_sites_of_a_leak_are_suppressed},
        {"a_suppression_covers_no_more_than_its_maximum",
         test_a_suppression_covers_no_more_than_its_maximum},
        {"a_wrong_suppression_is_said_before_anything_runs",
         test_a_wrong_suppression_is_said_before_anything_runs},
        {"what_glibc_keeps_is_suppressed_by_itself", test_what_glibc_keeps_is_suppressed_by_itself},
        {"without_tracing_the_test_is_named", test_without_tracing_the_test_is_named},
        {"paths_are_relative_to_the_source_root", test_paths_are_relative_to_the_source_root},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"trace", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
