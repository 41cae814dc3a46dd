/* A code base that leaks today: its budget file is written, and can only get better. */
#include "command.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TWENTY "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"

/* A budget file in a folder of its own, and its text. */
struct file {
    char folder[64];
    char path[96];
};

static void make_file(struct file *file)
{
    snprintf(file->folder, sizeof(file->folder), "/tmp/leakgate-update-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(file->folder));
    snprintf(file->path, sizeof(file->path), "%s/budgets.txt", file->folder);
}

static void remove_file(const struct file *file)
{
    unlink(file->path);
    CU_ASSERT_EQUAL(rmdir(file->folder), 0); /* and nothing else was left there */
}

static char *read_file(const struct file *file)
{
    struct lgt_result run;
    const char *const command[] = {"cat", file->path, NULL};
    lgt_command(&run, NULL, command);
    char *text = run.out;
    run.out = NULL;
    lgt_free(&run);
    return text;
}

static void write_file(const struct file *file, const char *text)
{
    FILE *stream = fopen(file->path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    fputs(text, stream);
    fclose(stream);
}

/* Runs known_leaks, whose tests LEAKING leak, on FILE. */
static void gate(struct lgt_result *run, const struct file *file, const char *options,
                 const char *leaking)
{
    char command[1024];
    snprintf(command, sizeof(command), "'%s' run --quiet --budgets '%s' %s -- '%s' %s",
             LGT_LEAKGATE, file->path, options, lgt_program("known_leaks"), leaking);
    const char *const shell[] = {"sh", "-c", command, NULL};
    lgt_command(run, NULL, shell);
}

static int status_of(const struct file *file, const char *options, const char *leaking)
{
    struct lgt_result run;
    gate(&run, file, options, leaking);
    int status = run.status;
    lgt_free(&run);
    return status;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        count++;
    }
    return count;
}

/* Lines of BEFORE that AFTER does not have. */
static size_t lines_gone(const char *before, const char *after)
{
    size_t gone = 0;
    for (const char *line = before; *line != '\0';) {
        size_t length = strcspn(line, "\n") + 1;
        char *copy = strndup(line, length);
        gone += strstr(after, copy) == NULL;
        free(copy);
        line += line[length - 1] == '\n' ? length : length - 1;
    }
    return gone;
}

static void check_difference(const struct file *file, char **before, size_t gone, size_t new)
{
    char *after = read_file(file);
    CU_ASSERT_EQUAL(lines_gone(*before, after), gone);
    CU_ASSERT_EQUAL(lines_gone(after, *before), new);
    free(*before);
    *before = after;
}

static void test_a_leaking_code_base_turns_green_and_can_only_get_better(void)
{
    struct file file;
    struct lgt_result run;
    make_file(&file);
    CU_ASSERT_EQUAL(status_of(&file, "--update-budgets", TWENTY), 0);
    char *text = read_file(&file);
    CU_ASSERT_EQUAL(count_of(text, "\"known_leaks:known leaks/leak_"), 20);
    CU_ASSERT_EQUAL(status_of(&file, "--ratchet", TWENTY), 0);
    CU_ASSERT_EQUAL(status_of(&file, "--update-budgets", TWENTY), 0);
    check_difference(&file, &text, 0, 0);

    gate(&run, &file, "", TWENTY " 22=64");
    CU_ASSERT_EQUAL(run.status, 2);
    CU_ASSERT_EQUAL(count_of(run.out, "leaked "), 2); /* its row, and the message */
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "known leaks/leak_22: leaked live +80 B/run"));
    lgt_free(&run);
    CU_ASSERT_EQUAL(status_of(&file, "--update-budgets", TWENTY " 22=64"), 0);
    check_difference(&file, &text, 0, 1);

    gate(&run, &file, "--ratchet", "0 1 2 3 4 5 6 8 9 10 11 12 13 14 15 16 17 18 19 22=64");
    CU_ASSERT_EQUAL(run.status, 1);
    CU_ASSERT_EQUAL(count_of(run.out, "\nfailed "), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "leak_7: better than its budget: live +0 B/run "));
    const char *command = strstr(run.out, "to tighten it: leakgate ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(command);
    char *tighten = strndup(strstr(command, " run"), strcspn(command, "\n"));
    lgt_free(&run);
    /* The command does what it says. */
    char whole[2048];
    *strchr(tighten, '\n') = '\0';
    snprintf(whole, sizeof(whole), "'%s'%s", LGT_LEAKGATE, tighten);
    free(tighten);
    const char *const shell[] = {"sh", "-c", whole, NULL};
    lgt_command(&run, NULL, shell);
    CU_ASSERT_EQUAL(run.status, 0);
    lgt_free(&run);
    check_difference(&file, &text, 1, 0);
    free(text);
    remove_file(&file);
}

static void test_only_what_is_asked_for_raises_a_line(void)
{
    struct file file;
    struct lgt_result run;
    make_file(&file);
    write_file(&file, "# ours\n\n\"known leaks/leak_3\"   live=112 first:live=112   # JIRA-12\n");
    char *text = read_file(&file);
    CU_ASSERT_EQUAL(status_of(&file, "--update-budgets", "3=200"), 2);
    check_difference(&file, &text, 0, 0);
    gate(&run, &file, "--update-budgets --allow-growth", "3=200");
    CU_ASSERT_EQUAL(run.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "raised: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "live from 112 B to 208 B (+86 %)"));
    lgt_free(&run);
    free(text);
    text = read_file(&file);
    CU_ASSERT_STRING_EQUAL(text, "# ours\n\n\"known leaks/leak_3\"   live=208 first:live=112   # "
                                 "JIRA-12\n");
    free(text);
    remove_file(&file);
}

static void test_drift_and_stale_lines_are_in_the_report(void)
{
    struct file file;
    struct lgt_result run;
    char options[256];
    make_file(&file);
    write_file(&file, "only_leaks/leak_1_byte live=40 first:live=32\n"
                      "only_leaks:only_leaks/leak_of_old live=32\n"
                      "only_leaks/leak_of_older live=32\n"
                      "another/suite live=32\n"
                      "another_program:only_leaks/leak_of_old live=32\n");
    snprintf(options, sizeof(options), "--quiet --budgets %s", file.path);
    lgt_gate(&run, options, "only_leaks");
    CU_ASSERT_EQUAL(count_of(run.out, "\nstale: "), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, ":2: there is no test only_leaks:only_leaks/leak_of"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, ":3: there is no test only_leaks/leak_of_older"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "live from 32 B to 40 B (+25 %)"));
    CU_ASSERT_EQUAL(lgt_count(&run, "//testsuite/properties/property[@name='stale_budgets']"
                                    "[contains(@value, ':2, ')][contains(@value, ':3')]"),
                    1);
    CU_ASSERT_EQUAL(lgt_count(&run, "//testsuite/properties/property[@name='raised_budgets']"
                                    "[contains(@value, ':1 live from 32 B to 40 B')]"),
                    1);
    lgt_free(&run);
    remove_file(&file);
}

static void test_a_wrong_file_is_not_overwritten(void)
{
    static const char wrong[] = "known/leaks live=1\nno name\n";
    struct file file;
    struct lgt_result run;
    make_file(&file);
    write_file(&file, wrong);
    gate(&run, &file, "--update-budgets", "3");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "budgets.txt:2: 'no' is not of the form"));
    CU_ASSERT_EQUAL(count_of(run.err, "\n"), 1);
    lgt_free(&run);
    char *text = read_file(&file);
    CU_ASSERT_STRING_EQUAL(text, wrong);
    free(text);
    remove_file(&file);
}

static void test_options_that_need_a_file_say_so(void)
{
    struct lgt_result run;
    lgt_gate(&run, "--update-budgets", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "--update-budgets: it needs --budgets FILE"));
    lgt_free(&run);
    lgt_gate(&run, "--budgets /dev/null/file --update-budgets", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "/dev/null/file cannot be written: Not a directory"));
    lgt_free(&run);
    lgt_gate(&run, "--budgets /tmp --update-budgets", "only_leaks");
    CU_ASSERT_EQUAL(run.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "--update-budgets: /tmp cannot be written: "));
    lgt_free(&run);
}

int add_budgets_update_suite(void)
{
    CU_TestInfo tests[] = {
        {"a_leaking_code_base_turns_green_and_can_only_get_better",
         test_a_leaking_code_base_turns_green_and_can_only_get_better},
        {"only_what_is_asked_for_raises_a_line", test_only_what_is_asked_for_raises_a_line},
        {"drift_and_stale_lines_are_in_the_report", test_drift_and_stale_lines_are_in_the_report},
        {"a_wrong_file_is_not_overwritten", test_a_wrong_file_is_not_overwritten},
        {"options_that_need_a_file_say_so", test_options_that_need_a_file_say_so},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"budgets_update", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
