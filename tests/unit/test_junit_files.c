/* Where the report goes, and what is left there when it can't be written. */
#include "junit_document.h"
#include "runner/outfile.h"
#include "runner/report/junit.h"
#include "scarce.h"
#include "support.h"
#include "synthetic.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    struct synthetic run;
    struct folder folder;
    char report[PATH_MAX];
};

static void start(struct place *place)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(&place->run));
    synthetic_add_host(&place->run, "cache_tests");
    synthetic_add_leak(&place->run, "cache", "evicts");
    synthetic_read(&place->run);
    CU_ASSERT_TRUE_FATAL(folder_make(&place->folder));
    folder_file(&place->folder, "report.xml", place->report);
}

static void finish(struct place *place)
{
    folder_remove(&place->folder);
    synthetic_fini(&place->run);
}

static bool is_report(const char *path)
{
    xmlDoc *document = junit_read(path);
    bool right = document != NULL && junit_is(document, "//testcase/@name", "evicts");
    xmlFreeDoc(document);
    return right;
}

static void test_the_report_is_written_and_nothing_else(void)
{
    struct place place;
    start(&place);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, place.report), 0);
    CU_ASSERT_TRUE(is_report(place.report));
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    finish(&place);
}

static void test_the_report_before_is_replaced(void)
{
    struct place place;
    start(&place);
    char *longer = calloc(1, 100000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
    CU_ASSERT_TRUE(write_file(place.report, longer, 100000));
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, place.report), 0);
    CU_ASSERT_TRUE(is_report(place.report));
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    free(longer);
    finish(&place);
}

static void test_the_report_is_as_readable_as_any_new_file(void)
{
    struct place place;
    struct stat status = {0};
    start(&place);
    mode_t mask = umask(027);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, place.report), 0);
    CU_ASSERT_EQUAL(umask(mask), 027);
    CU_ASSERT_EQUAL(stat(place.report, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0640);
    finish(&place);
}

static void test_the_report_is_utf8_xml_that_ends_its_last_line(void)
{
    struct place place;
    size_t size = 0;
    start(&place);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, place.report), 0);
    char *text = read_file(place.report, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    static const char first[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    CU_ASSERT_EQUAL(strncmp(text, first, strlen(first)), 0);
    CU_ASSERT(size > 0 && text[size - 1] == '\n');
    free(text);
    finish(&place);
}

static void test_a_folder_as_the_target_is_refused_and_left(void)
{
    struct place place;
    start(&place);
    CU_ASSERT_EQUAL(mkdir(place.report, 0777), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, place.report), -EISDIR);
    CU_ASSERT_EQUAL(lg_outfile_prepare(place.report), -EISDIR);
    CU_ASSERT_EQUAL(folder_entries(place.report), 0);
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    finish(&place);
}

static void test_a_folder_that_is_not_there_or_no_folder_is_an_error(void)
{
    struct place place;
    char path[PATH_MAX];
    start(&place);
    CU_ASSERT_EQUAL(
        lg_junit_write(&place.run.results, folder_file(&place.folder, "none/report.xml", path)),
        -ENOENT);
    CU_ASSERT_TRUE(write_file(place.report, "x", 1));
    CU_ASSERT_EQUAL(
        lg_junit_write(&place.run.results, folder_file(&place.folder, "report.xml/a.xml", path)),
        -ENOTDIR);
    CU_ASSERT_EQUAL(lg_outfile_prepare(path), -ENOTDIR);
    CU_ASSERT_EQUAL(lg_outfile_prepare(folder_file(&place.folder, "report.xml/a/b.xml", path)),
                    -ENOTDIR);
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    CU_ASSERT_EQUAL(lg_outfile_prepare("/proc/self/fd/none"), -ENOENT);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, "/proc/self/fd/none"), -ENOENT);
    finish(&place);
}

static void test_a_link_stays_and_what_it_leads_to_is_replaced(void)
{
    struct place place;
    struct stat status = {0};
    char link[PATH_MAX];
    start(&place);
    CU_ASSERT_TRUE(write_file(place.report, "before", 6));
    folder_file(&place.folder, "link.xml", link);
    CU_ASSERT_EQUAL(symlink("report.xml", link), 0);
    CU_ASSERT_EQUAL(lg_outfile_prepare(link), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, link), 0);
    CU_ASSERT_EQUAL(lstat(link, &status), 0);
    CU_ASSERT_TRUE(S_ISLNK(status.st_mode));
    CU_ASSERT_TRUE(is_report(place.report));
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 2);
    finish(&place);
}

static void test_a_link_in_a_circle_is_an_error(void)
{
    struct place place;
    start(&place);
    CU_ASSERT_EQUAL(symlink("report.xml", place.report), 0);
    CU_ASSERT_EQUAL(lg_outfile_prepare(place.report), -ELOOP);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, place.report), -ELOOP);
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    finish(&place);
}

/* As in /dev/shm: the path begins like a device's, and the file is a regular one. */
static void test_a_regular_file_below_dev_is_made_and_replaced(void)
{
    struct place place;
    char path[PATH_MAX + 32];
    start(&place);
    snprintf(path, sizeof(path), "/dev/..%s", place.report);
    CU_ASSERT_EQUAL(lg_outfile_prepare(path), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, path), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, path), 0);
    CU_ASSERT_TRUE(is_report(place.report));
    snprintf(path, sizeof(path), "/dev/..%s/a/report.xml", place.folder.path);
    CU_ASSERT_EQUAL(lg_outfile_prepare(path), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, path), 0);
    finish(&place);
}

/* Root may write where nobody else may: then /proc is the folder that takes no file. */
static void test_a_folder_that_takes_no_file_is_an_error(void)
{
    struct place place;
    char closed[PATH_MAX];
    char path[PATH_MAX + 16];
    start(&place);
    folder_file(&place.folder, "closed", closed);
    CU_ASSERT_EQUAL(mkdir(closed, 0555), 0);
    snprintf(path, sizeof(path), "%s/report.xml", geteuid() == 0 ? "/proc/self" : closed);
    CU_ASSERT(lg_junit_write(&place.run.results, path) < 0);
    CU_ASSERT(lg_outfile_prepare(path) < 0);
    CU_ASSERT_EQUAL(folder_entries(closed), 0);
    finish(&place);
}

static void test_only_a_path_too_long_is_an_error(void)
{
    struct place place;
    char *path = malloc(PATH_MAX + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    start(&place);
    memset(path, '/', PATH_MAX);
    memcpy(path, place.folder.path, strlen(place.folder.path));
    memcpy(path + PATH_MAX - 10, "report.xml", 11);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, path), -ENAMETOOLONG);
    CU_ASSERT_EQUAL(lg_outfile_prepare(path), -ENAMETOOLONG);
    memcpy(path + PATH_MAX - 11, "report.xml", 11);
    CU_ASSERT_EQUAL(lg_outfile_prepare(path), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, path), 0);
    CU_ASSERT_TRUE(is_report(place.report));
    free(path);
    finish(&place);
}

struct seen {
    const char *folder;
    int *entries;
};

static int count_entries(int fd, const void *context)
{
    const struct seen *seen = context;
    *seen->entries = folder_entries(seen->folder);
    return write(fd, "x", 1) == 1 ? 0 : -EIO;
}

/* Nobody removes what a process was writing when it was killed. Not every file system can do that.
 */
static void test_a_file_has_no_name_until_it_is_whole(void)
{
    struct place place;
    int entries = 0;
    start(&place);
    struct seen seen = {place.folder.path, &entries};
    int probe = open(place.folder.path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    for (int before = 0; before <= 1; before++) {
        CU_ASSERT_EQUAL(lg_outfile_write(place.report, count_entries, &seen), 0);
        CU_ASSERT_EQUAL(entries, probe >= 0 ? before : before + 1);
        CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    }
    if (probe >= 0)
        close(probe);
    finish(&place);
}

static void test_a_full_disk_is_an_error_and_leaves_the_report_before(void)
{
    struct place place;
    start(&place);
    CU_ASSERT_TRUE(write_file(place.report, "before", 6));
    scarce_room(64);
    int error = lg_junit_write(&place.run.results, place.report);
    scarce_room(0);
    CU_ASSERT_EQUAL(error, -EFBIG);
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    char *text = read_file(place.report, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "before");
    free(text);
    finish(&place);
}

/* What goes wrong is told by the caller, in its own words. */
static void test_a_full_device_is_an_error_that_is_not_printed(void)
{
    struct place place;
    char printed[256] = "";
    start(&place);
    fflush(stderr);
    int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    int memory = memfd_create("stderr", MFD_CLOEXEC);
    CU_ASSERT_FATAL(before >= 0 && memory >= 0 && dup2(memory, STDERR_FILENO) >= 0);
    int error = lg_junit_write(&place.run.results, "/dev/full");
    fflush(stderr);
    CU_ASSERT_EQUAL(dup2(before, STDERR_FILENO), STDERR_FILENO);
    CU_ASSERT_EQUAL(lg_outfile_prepare("/dev/full"), 0);
    CU_ASSERT_EQUAL(error, -ENOSPC);
    CU_ASSERT(pread(memory, printed, sizeof(printed) - 1, 0) >= 0);
    CU_ASSERT_STRING_EQUAL(printed, "");
    close(memory);
    close(before);
    finish(&place);
}

static void test_a_pipe_is_written_to_directly(void)
{
    struct place place;
    char text[16384];
    start(&place);
    CU_ASSERT_EQUAL_FATAL(mkfifo(place.report, 0600), 0);
    int end = open(place.report, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CU_ASSERT_FATAL(end >= 0);
    CU_ASSERT_EQUAL(lg_outfile_prepare(place.report), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, place.report), 0);
    ssize_t got = read(end, text, sizeof(text) - 1);
    CU_ASSERT_FATAL(got > 0);
    text[got] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "</testsuites>\n"));
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    close(end);
    finish(&place);
}

static void test_prepare_makes_the_folders_and_no_file(void)
{
    struct place place;
    char path[PATH_MAX];
    char folder[PATH_MAX];
    start(&place);
    folder_file(&place.folder, "a/b/c/report.xml", path);
    CU_ASSERT_EQUAL(lg_outfile_prepare(path), 0);
    CU_ASSERT_EQUAL(folder_entries(folder_file(&place.folder, "a/b/c", folder)), 0);
    CU_ASSERT_EQUAL(lg_outfile_prepare(path), 0);
    CU_ASSERT_EQUAL(lg_junit_write(&place.run.results, path), 0);
    CU_ASSERT_TRUE(is_report(path));
    finish(&place);
}

static void test_prepare_leaves_the_report_before(void)
{
    struct place place;
    start(&place);
    CU_ASSERT_TRUE(write_file(place.report, "before", 6));
    CU_ASSERT_EQUAL(lg_outfile_prepare(place.report), 0);
    char *text = read_file(place.report, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "before");
    CU_ASSERT_EQUAL(folder_entries(place.folder.path), 1);
    free(text);
    finish(&place);
}

/* A run whose report could not be written must not begin. */
static void test_prepare_refuses_the_name_of_a_folder_still_to_be_made(void)
{
    struct place place;
    char path[PATH_MAX];
    start(&place);
    folder_file(&place.folder, "reports/", path);
    int prepared = lg_outfile_prepare(path);
    int written = lg_junit_write(&place.run.results, path);
    CU_ASSERT(written < 0);
    CU_ASSERT(prepared < 0);
    finish(&place);
}

int add_junit_files_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_the_report_is_written_and_nothing_else),
        UNIT_TEST(test_the_report_before_is_replaced),
        UNIT_TEST(test_the_report_is_as_readable_as_any_new_file),
        UNIT_TEST(test_the_report_is_utf8_xml_that_ends_its_last_line),
        UNIT_TEST(test_a_folder_as_the_target_is_refused_and_left),
        UNIT_TEST(test_a_folder_that_is_not_there_or_no_folder_is_an_error),
        UNIT_TEST(test_a_link_stays_and_what_it_leads_to_is_replaced),
        UNIT_TEST(test_a_link_in_a_circle_is_an_error),
        UNIT_TEST(test_a_regular_file_below_dev_is_made_and_replaced),
        UNIT_TEST(test_a_folder_that_takes_no_file_is_an_error),
        UNIT_TEST(test_only_a_path_too_long_is_an_error),
        UNIT_TEST(test_a_file_has_no_name_until_it_is_whole),
        UNIT_TEST(test_a_full_disk_is_an_error_and_leaves_the_report_before),
        UNIT_TEST(test_a_full_device_is_an_error_that_is_not_printed),
        UNIT_TEST(test_a_pipe_is_written_to_directly),
        UNIT_TEST(test_prepare_makes_the_folders_and_no_file),
        UNIT_TEST(test_prepare_leaves_the_report_before),
        UNIT_TEST(test_prepare_refuses_the_name_of_a_folder_still_to_be_made),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("junit files", tests);
}
