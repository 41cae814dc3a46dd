/* /proc/self, whatever has become of the descriptors that were to read it. */
#include "agent/proc.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Above the descriptors that programs count on. */
#define FIRST_KEPT 310

/* The kept descriptor of the file whose path ends with NAME; -1 if there is none. */
static int kept(const char *name)
{
    for (int fd = FIRST_KEPT; fd < FIRST_KEPT + 32; fd++) {
        char link[64];
        char path[256];
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof(path) - 1);
        if (length < 0)
            continue;
        path[length] = '\0';
        size_t at = strlen(path) - strlen(name);
        if (strlen(path) >= strlen(name) && strcmp(path + at, name) == 0)
            return fd;
    }
    return -1;
}

static void start(void)
{
    lg_proc_open_folder();
    lg_proc_keep();
    CU_ASSERT_TRUE_FATAL(kept("/proc") >= 0 && kept("/statm") >= 0 && kept("/maps") >= 0);
}

static void close_kept(const char *name)
{
    int fd = kept(name);
    if (fd >= 0)
        close(fd);
}

static void finish(void)
{
    close_kept("/statm");
    close_kept("/maps");
    close_kept("/proc");
}

/* Puts a file with TEXT where the kept descriptor FD was, as a test may with its own. */
static void replace(int fd, const char *text)
{
    int file = memfd_create("replaced", MFD_CLOEXEC);
    CU_ASSERT_FATAL(file >= 0 && fd >= 0);
    CU_ASSERT_EQUAL(write(file, text, strlen(text)), (ssize_t)strlen(text));
    CU_ASSERT_EQUAL(dup3(file, fd, O_CLOEXEC), fd);
    close(file);
}

/* What the kernel says by another way. */
static uint64_t all_pages(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long kib = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmSize:", 7) == 0)
            kib = strtoul(line + 7, NULL, 10);
    }
    if (file != NULL)
        fclose(file);
    return kib / 4;
}

static void test_the_size_is_the_kernels(void)
{
    struct lg_proc_size before;
    struct lg_proc_size after;
    start();
    uint64_t expected = all_pages();
    CU_ASSERT_EQUAL_FATAL(lg_proc_size(&before), 0);
    CU_ASSERT_TRUE(before.all_pages + 64 > expected && before.all_pages < expected + 64);
    void *data = mmap(NULL, 40960, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_EQUAL(lg_proc_size(&after), 0);
    CU_ASSERT_EQUAL(after.all_pages, before.all_pages + 10);
    CU_ASSERT_EQUAL(after.data_pages, before.data_pages + 10);
    mprotect(data, 40960, PROT_READ);
    CU_ASSERT_EQUAL(lg_proc_size(&after), 0);
    CU_ASSERT_EQUAL(after.all_pages, before.all_pages + 10);
    CU_ASSERT_EQUAL(after.data_pages, before.data_pages);
    munmap(data, 40960);
    finish();
}

static void test_another_file_is_not_taken_for_the_size(void)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "1 2 3 4 5 6\n",
                                        "1 2 3 4 5 6 7 8\n",
                                        "1 2 3 4 5 6 7",
                                        "1 2 3 4 5 6 7\n\n",
                                        " 1 2 3 4 5 6 7\n",
                                        "1  2 3 4 5 6 7\n",
                                        "-1 2 3 4 5 6 7\n",
                                        "1 2 3 4 5 6 x\n",
                                        "1,2,3,4,5,6,7\n"};
    struct lg_proc_size expected;
    struct lg_proc_size found;
    start();
    int fd = kept("/statm");
    CU_ASSERT_EQUAL_FATAL(lg_proc_size(&expected), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        replace(fd, texts[i]);
        CU_ASSERT_EQUAL(lg_proc_size(&found), 0);
        CU_ASSERT_EQUAL(found.all_pages, expected.all_pages);
        CU_ASSERT_EQUAL(found.data_pages, expected.data_pages);
    }
    close(fd);
    finish();
}

/* It is what would be read if it were the kernel's: the proof that the texts above were looked
 * at. */
static void test_a_file_of_the_same_form_is_taken_for_the_size(void)
{
    struct lg_proc_size found;
    start();
    int fd = kept("/statm");
    replace(fd, "1 2 3 4 5 6 7\n");
    CU_ASSERT_EQUAL(lg_proc_size(&found), 0);
    CU_ASSERT_EQUAL(found.all_pages, 1);
    CU_ASSERT_EQUAL(found.data_pages, 6);
    close(fd);
    finish();
}

static struct lg_mapping rows[4096];
static char names[1 << 20];

/* How many mappings are read, if one of them is that of this function. */
static size_t read_maps(void)
{
    struct lg_maps maps = {
        .rows = rows, .capacity = 4096, .names = names, .names_capacity = sizeof(names)};
    uint64_t here = (uint64_t)(uintptr_t)&read_maps;
    CU_ASSERT_EQUAL_FATAL(lg_proc_read_maps(&maps), 0);
    for (size_t i = 0; i < maps.count; i++) {
        if (rows[i].start <= here && here < rows[i].end)
            return maps.count;
    }
    return 0;
}

static void test_descriptors_that_were_closed_are_opened_again(void)
{
    struct lg_proc_size expected;
    struct lg_proc_size found;
    start();
    CU_ASSERT_EQUAL_FATAL(lg_proc_size(&expected), 0);
    finish();
    CU_ASSERT_EQUAL(lg_proc_size(&found), 0);
    CU_ASSERT_EQUAL(found.all_pages, expected.all_pages);
    CU_ASSERT_TRUE(read_maps() > 5);
}

static void test_the_kept_maps_are_read_again_and_again(void)
{
    start();
    off_t before = lseek(kept("/maps"), 0, SEEK_CUR);
    CU_ASSERT_TRUE(read_maps() > 5);
    CU_ASSERT_TRUE(read_maps() > 5);
    CU_ASSERT_EQUAL(lseek(kept("/maps"), 0, SEEK_CUR), before);
    finish();
}

static void test_another_file_is_not_taken_for_the_maps(void)
{
    static const char *const texts[] = {"", "\n", "text\n", "0-1 rw-p 00000000 00:00", "\0-\0"};
    start();
    int replaced = kept("/maps");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        replace(replaced, texts[i]);
        CU_ASSERT_TRUE(read_maps() > 5);
    }
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL(dup3(ends[0], replaced, O_CLOEXEC), replaced);
    CU_ASSERT_TRUE(read_maps() > 5);
    close(ends[0]);
    close(ends[1]);
    close(replaced);
    finish();
}

static void test_what_is_kept_is_known(void)
{
    CU_ASSERT_FALSE(lg_proc_has_opened(-1));
    start();
    CU_ASSERT_TRUE(lg_proc_has_opened(kept("/proc")));
    CU_ASSERT_TRUE(lg_proc_has_opened(kept("/statm")));
    CU_ASSERT_TRUE(lg_proc_has_opened(kept("/maps")));
    CU_ASSERT_FALSE(lg_proc_has_opened(STDOUT_FILENO));
    finish();
}

static void test_what_is_not_there_is_an_error(void)
{
    struct stat status;
    start();
    CU_ASSERT_EQUAL(lg_proc_open("no-such-file"), -ENOENT);
    CU_ASSERT_EQUAL(lg_proc_stat("no-such-file", &status), -ENOENT);
    CU_ASSERT_EQUAL(lg_proc_stat("fd", &status), 0);
    CU_ASSERT_TRUE(S_ISDIR(status.st_mode));
    int fd = lg_proc_open("task");
    CU_ASSERT_TRUE(fd >= 0);
    close(fd);
    finish();
}

int add_proc_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_the_size_is_the_kernels),
        UNIT_TEST(test_another_file_is_not_taken_for_the_size),
        UNIT_TEST(test_a_file_of_the_same_form_is_taken_for_the_size),
        UNIT_TEST(test_descriptors_that_were_closed_are_opened_again),
        UNIT_TEST(test_the_kept_maps_are_read_again_and_again),
        UNIT_TEST(test_another_file_is_not_taken_for_the_maps),
        UNIT_TEST(test_what_is_kept_is_known),
        UNIT_TEST(test_what_is_not_there_is_an_error),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("proc", tests);
}
