/* A budget file on disk: replaced as a whole or left as it is, whoever else writes it. */
#include "budget_play.h"
#include "runner/budgets_file.h"
#include "scarce.h"
#include "support.h"
#include "synthetic.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 8

/* A folder with budgets.txt in it, and a run of cache_tests whose cache/evicts leaks 64 B. */
struct disk {
    struct folder folder;
    char path[PATH_MAX];
    struct synthetic run;
    struct lg_budget_changes changes;
    char error[512];
};

static void start(struct disk *disk, const char *text, size_t length)
{
    memset(disk, 0, sizeof(*disk));
    CU_ASSERT_TRUE_FATAL(folder_make(&disk->folder));
    folder_file(&disk->folder, "budgets.txt", disk->path);
    if (text != NULL)
        CU_ASSERT_TRUE_FATAL(write_file(disk->path, text, length));
    CU_ASSERT_TRUE_FATAL(synthetic_init(&disk->run));
    synthetic_add_host(&disk->run, "/build/cache_tests");
    synthetic_add_leak(&disk->run, "cache", "evicts");
    synthetic_add_test(&disk->run, "cache", "hits");
    synthetic_read(&disk->run);
}

static void finish(struct disk *disk)
{
    synthetic_fini(&disk->run);
    folder_remove(&disk->folder);
}

static int update(struct disk *disk)
{
    return lg_budgets_file_update(disk->path, &disk->run.results, BUDGET_PLAY_TODAY, &disk->changes,
                                  disk->error, sizeof(disk->error));
}

/* The file holds LENGTH bytes of TEXT, and nothing lies beside it. */
static void check_file(const struct disk *disk, const char *text, size_t length)
{
    size_t size = 0;
    char *found = read_file(disk->path, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_EQUAL(size, length);
    CU_ASSERT(size == length && memcmp(found, text, length) == 0);
    CU_ASSERT_EQUAL(folder_entries(disk->folder.path), 1);
    free(found);
}

static void check(const char *before, const char *after)
{
    struct disk disk;
    start(&disk, before, strlen(before));
    CU_ASSERT_EQUAL(update(&disk), 0);
    check_file(&disk, after, strlen(after));
    finish(&disk);
}

static void test_what_was_measured_is_written(void)
{
    check("# x\n", "# x\ncache_tests:cache/evicts  live=64 first:live=64\n");
    check("cache/evicts live=128\ncache/hits live=1\n", "cache/evicts live=64 first:live=64\n");
}

static void test_a_file_that_is_not_there_is_made(void)
{
    struct disk disk;
    start(&disk, NULL, 0);
    CU_ASSERT_EQUAL(update(&disk), 0);
    char *text = read_file(disk.path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ncache_tests:cache/evicts  live=64 first:live=64\n"));
    CU_ASSERT_EQUAL(disk.changes.added, 1);
    free(text);
    finish(&disk);
}

static void test_a_file_that_is_right_is_not_touched(void)
{
    static const char text[] = "cache/evicts   live=64 first:live=64 # no newline";
    struct disk disk;
    struct stat before;
    struct stat after;
    start(&disk, text, strlen(text));
    CU_ASSERT_EQUAL(stat(disk.path, &before), 0);
    CU_ASSERT_EQUAL(update(&disk), 0);
    CU_ASSERT_EQUAL(stat(disk.path, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
    CU_ASSERT_EQUAL(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    check_file(&disk, text, strlen(text));
    finish(&disk);
}

static void test_the_mode_of_the_file_and_links_to_it_stay(void)
{
    struct disk disk;
    struct stat status;
    char link[PATH_MAX];
    start(&disk, "# x\n", 4);
    CU_ASSERT_EQUAL(chmod(disk.path, 0640), 0);
    CU_ASSERT_EQUAL(symlink("budgets.txt", folder_file(&disk.folder, "link", link)), 0);
    int error = lg_budgets_file_update(link, &disk.run.results, BUDGET_PLAY_TODAY, &disk.changes,
                                       disk.error, sizeof(disk.error));
    CU_ASSERT_EQUAL(error, 0);
    CU_ASSERT_EQUAL(disk.changes.added, 1);
    CU_ASSERT_EQUAL(lstat(link, &status), 0);
    CU_ASSERT_TRUE(S_ISLNK(status.st_mode));
    CU_ASSERT_EQUAL(stat(disk.path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0640);
    CU_ASSERT(status.st_size > 4);
    finish(&disk);
}

static void test_growth_is_raised_if_the_options_allow_it(void)
{
    static const char text[] = "cache/evicts live=32 first:live=16\n";
    struct disk disk;
    start(&disk, text, strlen(text));
    CU_ASSERT_EQUAL(update(&disk), 0);
    CU_ASSERT_EQUAL(disk.changes.refused, 1);
    check_file(&disk, text, strlen(text));
    disk.run.options.allow_growth = true;
    CU_ASSERT_EQUAL(update(&disk), 0);
    CU_ASSERT_EQUAL(disk.changes.raised, 1);
    static const char raised[] = "cache/evicts live=64 first:live=16\n";
    check_file(&disk, raised, strlen(raised));
    finish(&disk);
}

/* Refused with its place and cause, and not a byte of it changed. */
static void check_refused(const char *text, size_t length, const char *complaint)
{
    struct disk disk;
    start(&disk, text, length);
    CU_ASSERT_EQUAL(update(&disk), -EINVAL);
    CU_ASSERT_EQUAL(strncmp(disk.error, disk.path, strlen(disk.path)), 0);
    CU_ASSERT_STRING_EQUAL(disk.error + strlen(disk.path), complaint);
    check_file(&disk, text, length);
    finish(&disk);
}

static void test_a_wrong_file_is_left_as_it_is(void)
{
    static const char unknown[] = "cache/evicts live=128\nb/c heep=1\n";
    static const char nul[] = "cache/evicts live=128\nb/c\0live=1\n";
    static const char twice[] = "b/c live=1 first:live=1 first:live=2";
    check_refused(unknown, sizeof(unknown) - 1,
                  ":2: unknown gauge 'heep' (heap, mmap, live, frag, fds, threads, children)");
    check_refused(nul, sizeof(nul) - 1,
                  ":2: a NUL byte (budgets are text, lines NAME GAUGE=LIMIT... [expect-leak] "
                  "[# comment])");
    check_refused(twice, sizeof(twice) - 1, ":1: live is limited twice");
    check_refused("b/c first:live=1\n", 17,
                  ":1: 'b/c' has no limit (NAME GAUGE=LIMIT... [expect-leak] [# comment])");
}

/* A valid file with some bytes changed: either it is read, and then what was written is, too, and
 * to the same effect; or it stays as it is. */
static void check_mutation(struct disk *disk, char *text, size_t length)
{
    struct lg_budgets budgets;
    char ours[512];
    size_t size = 0;
    CU_ASSERT_TRUE(write_file(disk->path, text, length));
    int expected = lg_budgets_read(&budgets, disk->path, BUDGET_PLAY_TODAY, ours, sizeof(ours));
    lg_budgets_free(&budgets);
    CU_ASSERT_EQUAL(update(disk), expected);
    char *after = read_file(disk->path, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(after);
    if (expected != 0) {
        CU_ASSERT_STRING_EQUAL(disk->error, ours);
        CU_ASSERT(size == length && memcmp(after, text, length) == 0);
    } else {
        char *again;
        CU_ASSERT_EQUAL(update(disk), 0);
        again = read_file(disk->path, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(again);
        CU_ASSERT_STRING_EQUAL(again, after);
        free(again);
    }
    free(after);
}

static void test_files_with_any_bytes_changed_are_read_or_left(void)
{
    static const char valid[] = "# head\n\ncache/evicts live=128 heap=4K # until 2099-12-31\n"
                                "\"cache/hi\\x74s\" fds=1\r\ncache_tests:cache/e* live=64\n"
                                "cache/hits expect-leak first:live=1 # until 2024-01-01";
    static const char letters[] = "\"\\#*?[]:/ \t\n\r,=0159KMunlimted\xef\xbb\xbf\xff";
    uint64_t random = 31;
    struct disk disk;
    start(&disk, valid, strlen(valid));
    for (int round = 0; round < 3000; round++) {
        char text[sizeof(valid)];
        size_t length = strlen(valid);
        memcpy(text, valid, length);
        if (next_number(&random, 4) == 0)
            length = next_number(&random, (uint32_t)length);
        for (uint32_t left = next_number(&random, 5); left > 0 && length > 0; left--)
            text[next_number(&random, (uint32_t)length)] =
                letters[next_number(&random, sizeof(letters))];
        check_mutation(&disk, text, length);
    }
    CU_ASSERT_EQUAL(folder_entries(disk.folder.path), 1);
    finish(&disk);
}

static void test_random_bytes_are_refused_and_left(void)
{
    uint64_t random = 32;
    struct disk disk;
    start(&disk, "", 0);
    for (int round = 0; round < 1000; round++) {
        char text[64];
        size_t length = 1 + next_number(&random, sizeof(text) - 1);
        for (size_t i = 0; i < length; i++)
            text[i] = (char)next_number(&random, 256);
        check_mutation(&disk, text, length);
    }
    finish(&disk);
}

/* A run of its own, whose test is suite<NUMBER>/leaks. Returns what is the process's status. */
static int write_own_line(const char *path, int number)
{
    struct synthetic run;
    struct lg_budget_changes changes;
    char suite[32];
    char error[512];
    snprintf(suite, sizeof(suite), "suite%d", number);
    if (!synthetic_init(&run))
        return 1;
    synthetic_add_host(&run, "p");
    synthetic_add_leak(&run, suite, "leaks");
    synthetic_read(&run);
    int status = lg_budgets_file_update(path, &run.results, BUDGET_PLAY_TODAY, &changes, error,
                                        sizeof(error));
    synthetic_fini(&run);
    return status == 0 && changes.added == 1 ? 0 : 1;
}

static void start_writers(const struct disk *disk, pid_t *writers)
{
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] == 0)
            _exit(write_own_line(disk->path, i));
    }
}

static void test_all_who_write_at_once_find_their_lines_there(void)
{
    for (int round = 0; round < 20; round++) {
        struct disk disk;
        pid_t writers[WRITERS];
        start(&disk, round % 2 == 0 ? "# x\n" : NULL, 4);
        start_writers(&disk, writers);
        for (int i = 0; i < WRITERS; i++) {
            int status = -1;
            CU_ASSERT(writers[i] > 0 && waitpid(writers[i], &status, 0) == writers[i]);
            CU_ASSERT_EQUAL(status, 0);
        }
        char *text = read_file(disk.path, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        const char *at = text;
        for (int i = 0; i < WRITERS && at != NULL; i++) {
            char line[64];
            snprintf(line, sizeof(line), "\np:suite%d/leaks  live=64 first:live=64\n", i);
            at = strstr(at, line);
            CU_ASSERT_PTR_NOT_NULL(at);
        }
        CU_ASSERT_EQUAL(folder_entries(disk.folder.path), 1);
        free(text);
        finish(&disk);
    }
}

static void test_what_cannot_be_written_is_told_beforehand(void)
{
    struct disk disk;
    char path[PATH_MAX];
    start(&disk, "x", 1);
    CU_ASSERT_EQUAL(lg_budgets_file_prepare(disk.folder.path), -EISDIR);
    CU_ASSERT_EQUAL(lg_budgets_file_prepare("/dev/null"), -ENOTSUP);
    CU_ASSERT_EQUAL(mkfifo(folder_file(&disk.folder, "fifo", path), 0600), 0);
    CU_ASSERT_EQUAL(lg_budgets_file_prepare(path), -ENOTSUP);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(lg_budgets_file_prepare(folder_file(&disk.folder, "budgets.txt/b", path)),
                    -ENOTDIR);
    CU_ASSERT_EQUAL(lg_budgets_file_prepare(disk.path), 0);
    check_file(&disk, "x", 1);
    CU_ASSERT_EQUAL(lg_budgets_file_prepare(folder_file(&disk.folder, "new/deep/b.txt", path)), 0);
    CU_ASSERT_EQUAL(access(path, F_OK), -1);
    CU_ASSERT_EQUAL(folder_entries(folder_file(&disk.folder, "new/deep", path)), 0);
    finish(&disk);
}

/* A run that is not to come so far leaves none behind. */
static void test_a_check_makes_no_file(void)
{
    struct disk disk;
    start(&disk, NULL, 0);
    CU_ASSERT_EQUAL(lg_budgets_file_prepare(disk.path), 0);
    CU_ASSERT_EQUAL(folder_entries(disk.folder.path), 0);
    finish(&disk);
}

static void test_without_a_measured_test_the_file_is_not_there_for_anyone(void)
{
    static const char wrong[] = "no line\0at all";
    struct disk disk;
    struct stat before;
    struct stat after;
    start(&disk, NULL, 0);
    synthetic_fini(&disk.run);
    CU_ASSERT_TRUE_FATAL(synthetic_init(&disk.run));
    synthetic_add_host(&disk.run, "p");
    synthetic_add_test(&disk.run, "cache", "idle")->state = LG_RECORD_INACTIVE;
    synthetic_add_failure(&disk.run, synthetic_add_leak(&disk.run, "cache", "fails"), "a.c", 1,
                          "x");
    synthetic_read(&disk.run);
    CU_ASSERT_EQUAL(update(&disk), 0);
    CU_ASSERT_STRING_EQUAL(disk.error, "");
    CU_ASSERT_EQUAL(folder_entries(disk.folder.path), 0);
    CU_ASSERT_TRUE(write_file(disk.path, wrong, sizeof(wrong)));
    CU_ASSERT_EQUAL(stat(disk.path, &before), 0);
    CU_ASSERT_EQUAL(update(&disk), 0);
    CU_ASSERT_EQUAL(stat(disk.path, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
    CU_ASSERT_EQUAL(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    check_file(&disk, wrong, sizeof(wrong));
    finish(&disk);
}

static const struct disk *replaced; /* by whoever does not take the lock */

static void replace(void)
{
    static const char text[] = "# theirs\ncache/evicts live=96 first:live=1\nz/z live=1\n";
    char path[PATH_MAX];
    CU_ASSERT_TRUE(write_file(folder_file(&replaced->folder, "other", path), text, strlen(text)));
    CU_ASSERT_EQUAL(rename(path, replaced->path), 0);
}

/* At each allocation on the way: an editor saves the file, and nothing of that is lost. */
static void test_a_file_that_is_replaced_meanwhile_is_read_again(void)
{
    static const char text[] = "cache/evicts live=64 # ours\n";
    static const char after[] = "# theirs\ncache/evicts live=64 first:live=1\nz/z live=1\n";
    unsigned number = 0;
    for (bool called = true; called && number < 1000;) {
        struct disk disk;
        start(&disk, text, strlen(text));
        replaced = &disk;
        scarce_memory_call(++number, replace);
        CU_ASSERT_EQUAL(update(&disk), 0);
        called = !scarce_memory_call(0, NULL);
        if (called) {
            CU_ASSERT_EQUAL(disk.changes.tightened, 1);
            CU_ASSERT_EQUAL(disk.changes.remembered, 0);
            check_file(&disk, after, strlen(after));
        }
        finish(&disk);
    }
    CU_ASSERT(number > 10 && number < 1000);
}

/* The name of the program, which is written plainly, gets a blank. */
static void scribble(void)
{
    replaced->run.results.programs[0].name[5] = ' ';
}

/* Updates a file of TEXT while its program's name changes before allocation NUMBER. Returns whether
 * that came to be. */
static bool scribble_at(struct disk *disk, const char *text, unsigned number, size_t *refused)
{
    struct lg_budgets budgets;
    char error[512];
    CU_ASSERT_TRUE(write_file(disk->path, text, strlen(text)));
    replaced = disk;
    scarce_memory_call(number, scribble);
    int status = update(disk);
    bool called = !scarce_memory_call(0, NULL);
    disk->run.results.programs[0].name[5] = '_';
    if (status != 0) {
        CU_ASSERT_EQUAL(status, -EINVAL);
        CU_ASSERT_EQUAL(strncmp(disk->error, disk->path, strlen(disk->path)), 0);
        CU_ASSERT_STRING_EQUAL(disk->error + strlen(disk->path),
                               ":2: 'cache' is not of the form [PROGRAM:]SUITE/TEST");
        check_file(disk, text, strlen(text));
        ++*refused;
    }
    CU_ASSERT_EQUAL(lg_budgets_read(&budgets, disk->path, BUDGET_PLAY_TODAY, error, sizeof(error)),
                    0);
    lg_budgets_free(&budgets);
    return called;
}

/* A test that has got hold of the runner's memory does not get at the file. */
static void test_what_would_not_be_read_again_is_not_written(void)
{
    struct disk disk;
    size_t refused = 0;
    start(&disk, "", 0);
    for (int length = 1; length < 140; length++) {
        char text[160];
        unsigned number = 1;
        snprintf(text, sizeof(text), "#%0*d\n", length, 0);
        while (scribble_at(&disk, text, number, &refused) && number < 1000)
            number++;
        CU_ASSERT(number < 1000);
    }
    CU_ASSERT(refused > 0);
    finish(&disk);
}

/* Nothing half done: the file is as it was, or right. */
static void test_without_memory_the_file_is_whole(void)
{
    static const char text[] = "cache/evicts live=128\n\"cache/hits\" live=1 # x\n";
    static const char right[] = "cache/evicts live=64 first:live=64\n";
    unsigned number = 0;
    int status = -ENOMEM;
    while (status != 0 && ++number < 1000) {
        struct disk disk;
        start(&disk, text, strlen(text));
        scarce_memory(number);
        status = update(&disk);
        bool ran_out = scarce_memory_ran_out();
        scarce_memory(0);
        CU_ASSERT_EQUAL(status, ran_out ? -ENOMEM : 0);
        CU_ASSERT_EQUAL(disk.error[0] != '\0', ran_out);
        check_file(&disk, ran_out ? text : right, strlen(ran_out ? text : right));
        finish(&disk);
    }
    CU_ASSERT(number > 10 && number < 1000);
}

static void take_away(void)
{
    CU_ASSERT_EQUAL(unlink(replaced->path), 0);
}

static void test_a_file_that_is_taken_away_meanwhile_is_made_anew(void)
{
    static const char text[] = "# x\n";
    unsigned number = 0;
    for (bool called = true; called && number < 1000;) {
        struct disk disk;
        start(&disk, text, strlen(text));
        replaced = &disk;
        scarce_memory_call(++number, take_away);
        CU_ASSERT_EQUAL(update(&disk), 0);
        called = !scarce_memory_call(0, NULL);
        char *found = read_file(disk.path, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        CU_ASSERT_EQUAL(disk.changes.added, 1);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(found, "\ncache_tests:cache/evicts  live=64 first:live=64\n"));
        CU_ASSERT_EQUAL(strncmp(found, text, strlen(text)) == 0, !called);
        free(found);
        finish(&disk);
    }
    CU_ASSERT(number > 10 && number < 1000);
}

static void test_an_error_of_the_system_is_told_with_the_path(void)
{
    struct disk disk;
    start(&disk, NULL, 0);
    folder_file(&disk.folder, "no/such/file", disk.path);
    CU_ASSERT_EQUAL(update(&disk), -ENOENT);
    CU_ASSERT_EQUAL(strncmp(disk.error, disk.path, strlen(disk.path)), 0);
    CU_ASSERT_STRING_EQUAL(disk.error + strlen(disk.path),
                           " could not be written: No such file or directory");
    CU_ASSERT_EQUAL(folder_entries(disk.folder.path), 0);
    finish(&disk);
}

static void test_a_full_disk_leaves_no_file_that_was_not_there(void)
{
    static const char before[] = "# ours\n";
    for (int there = 0; there <= 1; there++) {
        struct disk disk;
        start(&disk, there == 1 ? before : NULL, strlen(before));
        scarce_room(10);
        int error = update(&disk);
        scarce_room(0);
        CU_ASSERT_EQUAL(error, -EFBIG);
        CU_ASSERT_EQUAL(folder_entries(disk.folder.path), there);
        if (there == 1)
            check_file(&disk, before, strlen(before));
        finish(&disk);
    }
}

int add_budgets_file_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_what_was_measured_is_written),
        UNIT_TEST(test_a_file_that_is_not_there_is_made),
        UNIT_TEST(test_a_file_that_is_right_is_not_touched),
        UNIT_TEST(test_the_mode_of_the_file_and_links_to_it_stay),
        UNIT_TEST(test_growth_is_raised_if_the_options_allow_it),
        UNIT_TEST(test_a_wrong_file_is_left_as_it_is),
        UNIT_TEST(test_files_with_any_bytes_changed_are_read_or_left),
        UNIT_TEST(test_random_bytes_are_refused_and_left),
        UNIT_TEST(test_all_who_write_at_once_find_their_lines_there),
        UNIT_TEST(test_what_cannot_be_written_is_told_beforehand),
        UNIT_TEST(test_a_check_makes_no_file),
        UNIT_TEST(test_without_a_measured_test_the_file_is_not_there_for_anyone),
        UNIT_TEST(test_a_file_that_is_replaced_meanwhile_is_read_again),
        UNIT_TEST(test_what_would_not_be_read_again_is_not_written),
        UNIT_TEST(test_without_memory_the_file_is_whole),
        UNIT_TEST(test_a_full_disk_leaves_no_file_that_was_not_there),
        UNIT_TEST(test_a_file_that_is_taken_away_meanwhile_is_made_anew),
        UNIT_TEST(test_an_error_of_the_system_is_told_with_the_path),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets file", tests);
}
