#include "runner/source.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FILE from ROOT must be EXPECTED. */
static void check_relative(const char *file, const char *root, const char *expected)
{
    char out[PATH_MAX];
    CU_ASSERT_STRING_EQUAL(lg_source_relative(file, root, out, sizeof(out)), expected);
}

static void test_files_below_the_root_are_named_from_it(void)
{
    check_relative("/work/project/src/a.c", "/work/project", "src/a.c");
    check_relative("/work/project/a.c", "/work/project", "a.c");
    check_relative("/work/project/a.c", "/", "work/project/a.c");
}

static void test_dots_and_double_slashes_are_resolved(void)
{
    check_relative("/work/project/build/../src/./a.c", "/work/project", "src/a.c");
    check_relative("/work/./project//src///a.c", "/work/project", "src/a.c");
    check_relative("/work/other/../project/..src/a..c", "/work/project", "..src/a..c");
    check_relative("/../work/project/a.c", "/work/project", "a.c");
    check_relative("/work/project/x/y/../../a.c", "/work/project", "a.c");
}

static void test_files_elsewhere_are_as_they_were(void)
{
    check_relative("/work/project2/a.c", "/work/project", "/work/project2/a.c");
    check_relative("/work/a.c", "/work/project", "/work/a.c");
    check_relative("/work/project/../a.c", "/work/project", "/work/project/../a.c");
    check_relative("/work/project", "/work/project", "/work/project");
    check_relative("/work/project/", "/work/project", "/work/project/");
    check_relative("src/a.c", "/work/project", "src/a.c");
    check_relative("../a.c", "/work/project", "../a.c");
    check_relative("", "/work/project", "");
}

static void test_a_name_without_room_is_as_it_was(void)
{
    char out[4];
    const char *file = "/work/project/a.c";
    CU_ASSERT_STRING_EQUAL(lg_source_relative(file, "/work/project", out, 4), "a.c");
    CU_ASSERT_PTR_EQUAL(lg_source_relative(file, "/work/project", out, 3), file);
    CU_ASSERT_PTR_EQUAL(lg_source_relative(file, "/work", out, 4), file);
    char *deep = malloc(3 * PATH_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(deep);
    memset(deep, 'x', 3 * PATH_MAX);
    deep[0] = '/';
    deep[3 * PATH_MAX - 1] = '\0';
    CU_ASSERT_PTR_EQUAL(lg_source_relative(deep, "/", out, 4), deep);
    free(deep);
}

/* A project in a folder: its root "project" with src/a.c, and a link to it. */
struct project {
    struct folder folder;
    char root[PATH_MAX];
};

static void make_project(struct project *project)
{
    char path[PATH_MAX];
    CU_ASSERT_TRUE_FATAL(folder_make(&project->folder));
    CU_ASSERT_EQUAL(mkdir(folder_file(&project->folder, "project", path), 0700), 0);
    CU_ASSERT_PTR_NOT_NULL(realpath(path, project->root));
    CU_ASSERT_EQUAL(mkdir(folder_file(&project->folder, "project/src", path), 0700), 0);
    CU_ASSERT_TRUE(
        write_file(folder_file(&project->folder, "project/src/a.c", path), "int a;\n", 7));
    CU_ASSERT_EQUAL(symlink("project", folder_file(&project->folder, "link", path)), 0);
}

static void test_links_lead_to_the_root(void)
{
    struct project project;
    char path[PATH_MAX];
    make_project(&project);
    check_relative(folder_file(&project.folder, "link/src/a.c", path), project.root, "src/a.c");
    check_relative(folder_file(&project.folder, "link/src/b.c", path), project.root, path);
    folder_remove(&project.folder);
}

static void test_relative_names_of_files_that_are_there_are_the_roots(void)
{
    struct project project;
    make_project(&project);
    check_relative("./src/a.c", project.root, "src/a.c");
    check_relative("src/../src/a.c", project.root, "src/a.c");
    check_relative("./malloc/malloc.c", project.root, "./malloc/malloc.c");
    folder_remove(&project.folder);
}

static void test_the_root_is_the_one_given(void)
{
    struct project project;
    char path[PATH_MAX];
    char root[PATH_MAX];
    make_project(&project);
    CU_ASSERT_EQUAL(lg_source_root(folder_file(&project.folder, "link/src/..", path), "/", root),
                    0);
    CU_ASSERT_STRING_EQUAL(root, project.root);
    folder_remove(&project.folder);
}

static void test_the_root_is_the_nearest_with_git(void)
{
    struct project project;
    char path[PATH_MAX];
    char root[PATH_MAX];
    make_project(&project);
    folder_file(&project.folder, "project/src", path);
    char git[PATH_MAX];
    CU_ASSERT_TRUE(write_file(folder_file(&project.folder, "project/.git", git), "gitdir: x", 9));
    CU_ASSERT_EQUAL(lg_source_root(NULL, path, root), 0);
    CU_ASSERT_STRING_EQUAL(root, project.root);
    CU_ASSERT_EQUAL(mkdir(folder_file(&project.folder, "project/src/.git", git), 0700), 0);
    CU_ASSERT_EQUAL(lg_source_root(NULL, path, root), 0);
    CU_ASSERT_STRING_EQUAL(root + strlen(project.root), "/src");
    folder_remove(&project.folder);
}

static void test_without_git_the_root_is_the_folder(void)
{
    char root[PATH_MAX];
    CU_ASSERT_EQUAL(lg_source_root(NULL, "/proc/self/../sys/kernel/", root), 0);
    CU_ASSERT_STRING_EQUAL(root, "/proc/sys/kernel");
    CU_ASSERT_EQUAL(lg_source_root(NULL, "/", root), 0);
    CU_ASSERT_STRING_EQUAL(root, "/");
}

/* As where a CI builds beside the repository. */
static void test_the_root_of_a_ci_goes_before_a_folder_without_git(void)
{
    static const char *const names[] = {"GITHUB_WORKSPACE", "CI_PROJECT_DIR"};
    for (size_t i = 0; i < 2; i++) {
        struct project project;
        char git[PATH_MAX];
        char root[PATH_MAX];
        make_project(&project);
        CU_ASSERT_EQUAL(setenv(names[i], project.root, 1), 0);
        CU_ASSERT_EQUAL(lg_source_root(NULL, "/proc/sys/kernel", root), 0);
        CU_ASSERT_STRING_EQUAL(root, "/proc/sys/kernel"); /* no repository is there */
        CU_ASSERT_TRUE(
            write_file(folder_file(&project.folder, "project/.git", git), "gitdir: x", 9));
        CU_ASSERT_EQUAL(lg_source_root(NULL, "/proc/sys/kernel", root), 0);
        CU_ASSERT_STRING_EQUAL(root, project.root);
        CU_ASSERT_EQUAL(lg_source_root("/proc/sys", "/proc/sys/kernel", root), 0);
        CU_ASSERT_STRING_EQUAL(root, "/proc/sys");
        unsetenv(names[i]);
        folder_remove(&project.folder);
    }
}

static void test_a_root_that_is_no_folder_is_an_error(void)
{
    char root[PATH_MAX] = "unchanged";
    CU_ASSERT_EQUAL(lg_source_root("/no/such/folder", "/", root), -ENOENT);
    CU_ASSERT_EQUAL(lg_source_root("/proc/self/maps", "/", root), -ENOTDIR);
    CU_ASSERT_EQUAL(lg_source_root(NULL, "", root), -ENOENT);
    CU_ASSERT_STRING_EQUAL(root, "unchanged");
}

/* Line LINE of a file of SIZE bytes of TEXT must be EXPECTED, or missing if that is NULL. */
static void check_line_of(const char *text, size_t size, unsigned line, const char *expected)
{
    struct folder folder;
    char path[PATH_MAX];
    char out[16] = "unchanged";
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE(write_file(folder_file(&folder, "a.c", path), text, size));
    CU_ASSERT_EQUAL(lg_source_line(path, line, out, sizeof(out)), expected != NULL ? 0 : -ENOENT);
    CU_ASSERT_STRING_EQUAL(out, expected != NULL ? expected : "unchanged");
    folder_remove(&folder);
}

static void check_line(const char *text, unsigned line, const char *expected)
{
    check_line_of(text, strlen(text), line, expected);
}

static void test_a_line_is_shown_without_the_blanks_around_it(void)
{
    check_line("a;\n\t  b = c;  \r\nd;", 1, "a;");
    check_line("a;\n\t  b = c;  \r\nd;", 2, "b = c;");
    check_line("a;\n\t  b = c;  \r\nd;", 3, "d;");
    check_line("a;\n \t \nd;", 2, "");
}

static void test_lines_that_are_not_there_are_missing(void)
{
    check_line("a;\nb;\n", 0, NULL);
    check_line("a;\nb;\n", 3, NULL);
    check_line("", 1, NULL);
    check_line("a;", UINT_MAX, NULL);
}

static void test_long_lines_are_cut_between_characters(void)
{
    check_line("0123456789abcdefghi\n", 1, "0123456789abcde");
    check_line("0123456789abcde\n", 1, "0123456789abcde");
    check_line("0123456789abcd\xc3\xa9\n", 1, "0123456789abcd");
    check_line("0123456789abc\xe2\x82\xac\n", 1, "0123456789abc");
    check_line("0123456789abc\xc3\xa9x\n", 1, "0123456789abc\xc3\xa9");
}

static void test_lines_of_any_bytes_are_read(void)
{
    static const char text[] = "a\0b\n\xff\xfe\n";
    check_line_of(text, sizeof(text) - 1, 1, "a");
    check_line_of(text, sizeof(text) - 1, 2, "\xff\xfe");
    check_line("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\n", 1, "");
}

static void test_what_is_no_file_has_no_lines(void)
{
    struct folder folder;
    char path[PATH_MAX];
    char out[16];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_EQUAL(lg_source_line("/no/such/a.c", 1, out, sizeof(out)), -ENOENT);
    CU_ASSERT_EQUAL(lg_source_line(folder.path, 1, out, sizeof(out)), -ENOENT);
    CU_ASSERT_EQUAL(mkfifo(folder_file(&folder, "pipe", path), 0600), 0);
    CU_ASSERT_EQUAL(lg_source_line(path, 1, out, sizeof(out)), -ENOENT);
    folder_remove(&folder);
}

static void test_what_the_system_brings_is_told(void)
{
    static const char *const system[] = {
        "/usr/include/stdio.h",
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/usr/lib64/libc.so.6",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib64/ld-linux-x86-64.so.2",
        "/usr/libexec/helper",
        "/usr/src/debug/glibc-2.38/malloc/malloc.c",
        "/usr/local/../lib/libz.so.1",
        "./malloc/malloc.c",
        "../sysdeps/x86_64/multiarch/strlen.S",
        "./stdlib/../sysdeps/unix/raise.c",
        "./stdio-common/vfprintf.c",
    };
    for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
        CU_ASSERT_TRUE(lg_source_is_system(system[i]));
}

static void test_what_is_the_projects_is_told(void)
{
    static const char *const own[] = {
        "/usr/local/lib/libmine.so",
        "/usr/local/include/mine.h",
        "/usr/src/app/main.c",
        "/usr/library/a.c",
        "/usr/lib/../../home/me/a.c",
        "/home/usr/lib/a.c",
        "/library/a.c",
        "./src/a.c",
        "../tests/a.c",
        "./mallocs/a.c",
        "./malloc",
        "malloc/malloc.c",
        ".malloc/a.c",
        "..",
        ".",
        "",
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        CU_ASSERT_FALSE(lg_source_is_system(own[i]));
}

int add_source_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_files_below_the_root_are_named_from_it),
        UNIT_TEST(test_dots_and_double_slashes_are_resolved),
        UNIT_TEST(test_files_elsewhere_are_as_they_were),
        UNIT_TEST(test_a_name_without_room_is_as_it_was),
        UNIT_TEST(test_links_lead_to_the_root),
        UNIT_TEST(test_relative_names_of_files_that_are_there_are_the_roots),
        UNIT_TEST(test_the_root_is_the_one_given),
        UNIT_TEST(test_the_root_is_the_nearest_with_git),
        UNIT_TEST(test_without_git_the_root_is_the_folder),
        UNIT_TEST(test_the_root_of_a_ci_goes_before_a_folder_without_git),
        UNIT_TEST(test_a_root_that_is_no_folder_is_an_error),
        UNIT_TEST(test_a_line_is_shown_without_the_blanks_around_it),
        UNIT_TEST(test_lines_that_are_not_there_are_missing),
        UNIT_TEST(test_long_lines_are_cut_between_characters),
        UNIT_TEST(test_lines_of_any_bytes_are_read),
        UNIT_TEST(test_what_is_no_file_has_no_lines),
        UNIT_TEST(test_what_the_system_brings_is_told),
        UNIT_TEST(test_what_is_the_projects_is_told),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("source", tests);
}
