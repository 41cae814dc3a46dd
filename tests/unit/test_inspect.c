/* Files of programs that the agent does not get into, each made for the test. */
#include "runner/inspect.h"
#include "support.h"
#include "unit.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NO_CUNIT "no CUnit was found in it: is it linked to libcunit.so?"

/* In two parts, so that this program holds it nowhere in one piece. */
static const char cunit_text_begin[] = "Suite Initialization failed";
static const char cunit_text_end[] = " - Suite Skipped";

/* The smallest program: its header, and an interpreter if it is DYNAMIC. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    char text[64];
};

static struct program program_of(unsigned char elf_class, bool dynamic)
{
    struct program program = {.header = {.e_type = ET_DYN,
                                         .e_machine = EM_X86_64,
                                         .e_version = EV_CURRENT,
                                         .e_phoff = sizeof(Elf64_Ehdr),
                                         .e_ehsize = sizeof(Elf64_Ehdr),
                                         .e_phentsize = sizeof(Elf64_Phdr),
                                         .e_phnum = 1},
                              .segment = {.p_type = dynamic ? PT_INTERP : PT_NOTE}};
    memcpy(program.header.e_ident, ELFMAG, SELFMAG);
    program.header.e_ident[EI_CLASS] = elf_class;
    program.header.e_ident[EI_DATA] = ELFDATA2LSB;
    program.header.e_ident[EI_VERSION] = EV_CURRENT;
    return program;
}

static bool add_program(const struct folder *folder, const char *name,
                        const struct program *program, mode_t mode, char path[PATH_MAX])
{
    folder_file(folder, name, path);
    return write_file(path, (const char *)program, sizeof(*program)) && chmod(path, mode) == 0;
}

/* What is said of PROGRAM as a file of that mode, or "(nothing)". */
static const char *reason_of(const struct program *program, mode_t mode)
{
    struct folder folder;
    char path[PATH_MAX];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE(add_program(&folder, "tests", program, mode, path));
    const char *reason = lg_inspect_program(path);
    folder_remove(&folder);
    return reason != NULL ? reason : "(nothing)";
}

static void test_a_dynamic_program_without_cunit_says_so(void)
{
    struct program program = program_of(ELFCLASS64, true);
    CU_ASSERT_STRING_EQUAL(reason_of(&program, 0755), NO_CUNIT);
}

static void test_cunit_built_in_is_found_by_its_text(void)
{
    struct program program = program_of(ELFCLASS64, true);
    strcat(strcpy(program.text, cunit_text_begin), cunit_text_end);
    CU_ASSERT_STRING_EQUAL(reason_of(&program, 0755),
                           "its CUnit is built in, and its symbols are stripped: keep them, or "
                           "link leakgate::agent ahead of CUnit");
}

static void test_a_static_program_is_told_apart(void)
{
    struct program program = program_of(ELFCLASS64, false);
    CU_ASSERT_STRING_EQUAL(reason_of(&program, 0755),
                           "it is statically linked, and nothing can be preloaded into it: link "
                           "it dynamically, without -static");
}

static void test_a_program_for_musl_is_told_apart(void)
{
    struct program program = program_of(ELFCLASS64, true);
    strcpy(program.text, "/lib/ld-musl-x86_64.so.1");
    program.segment.p_offset = offsetof(struct program, text);
    CU_ASSERT_STRING_EQUAL(
        reason_of(&program, 0755),
        "its C library is musl, and the agent is made for glibc: build it with glibc");
}

/* An interpreter whose name lies beyond the end of the file, or has none. */
static void test_an_interpreter_that_cannot_be_read_does_no_harm(void)
{
    struct program program = program_of(ELFCLASS64, true);
    memset(program.text, 'x', sizeof(program.text));
    program.segment.p_offset = offsetof(struct program, text);
    CU_ASSERT_STRING_NOT_EQUAL(reason_of(&program, 0755), NO_CUNIT);
    program.segment.p_offset = UINT64_MAX - 1;
    CU_ASSERT_STRING_NOT_EQUAL(reason_of(&program, 0755), NO_CUNIT);
}

/* Far more segments than the file has room for: their number is in a section then. It takes as good
 * as no time: minutes, if each were asked for. */
static void test_a_program_that_lies_about_its_segments_is_static(void)
{
    struct program program = program_of(ELFCLASS64, false);
    Elf64_Shdr section = {.sh_info = UINT32_MAX};
    program.header.e_phoff = UINT64_C(1) << 40;
    program.header.e_phnum = PN_XNUM;
    program.header.e_shnum = 1;
    program.header.e_shentsize = sizeof(section);
    program.header.e_shoff = offsetof(struct program, text);
    memcpy(program.text, &section, sizeof(section));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason_of(&program, 0755), "statically linked"));
}

static void test_a_program_of_32_bits_is_told_apart(void)
{
    struct program program = program_of(ELFCLASS32, true);
    CU_ASSERT_STRING_EQUAL(reason_of(&program, 0755),
                           "it is a 32-bit program: build it for 64 bits");
}

static void test_a_setuid_program_is_told_before_all_else(void)
{
    static const char expected[] =
        "it is setuid, and the dynamic linker lets nothing be preloaded into it: run a copy "
        "without that bit";
    struct program program = program_of(ELFCLASS64, false);
    CU_ASSERT_STRING_EQUAL(reason_of(&program, 04755), expected);
    CU_ASSERT_STRING_EQUAL(reason_of(&program, 02755), expected);
}

static void test_files_that_are_no_programs_give_no_reason(void)
{
    struct folder folder;
    char path[PATH_MAX];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_PTR_NULL(lg_inspect_program(folder_file(&folder, "none", path)));
    CU_ASSERT_PTR_NULL(lg_inspect_program(folder.path));
    folder_file(&folder, "script", path);
    CU_ASSERT_TRUE(write_file(path, "#!/bin/sh\nexit 0\n", 17));
    CU_ASSERT_PTR_NULL(lg_inspect_program(path));
    CU_ASSERT_TRUE(write_file(path, "", 0));
    CU_ASSERT_PTR_NULL(lg_inspect_program(path));
    struct program program = program_of(ELFCLASS64, true);
    for (size_t size = 4; size < sizeof(program.header); size += 4) {
        CU_ASSERT_TRUE(write_file(path, (const char *)&program, size));
        CU_ASSERT_PTR_NULL(lg_inspect_program(path));
    }
    folder_remove(&folder);
}

/* A table of segments that begins beyond the end of the file. */
static void test_a_program_cut_short_does_no_harm(void)
{
    struct program program = program_of(ELFCLASS64, true);
    program.header.e_phoff = UINT64_MAX - 8;
    program.header.e_phnum = 65000;
    CU_ASSERT_STRING_NOT_EQUAL(reason_of(&program, 0755), NO_CUNIT);
}

/* With PATH as the only variable. */
static const char *inspect_with_path(const char *name, char *path_variable)
{
    char **ours = environ;
    environ = (char *[]){path_variable, NULL};
    const char *reason = lg_inspect_program(name);
    environ = ours;
    return reason;
}

static void test_a_bare_name_is_looked_for_in_path(void)
{
    struct program program = program_of(ELFCLASS64, true);
    struct folder folder;
    char path[PATH_MAX];
    char variable[2 * PATH_MAX];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE(add_program(&folder, "unit-tests", &program, 0755, path));
    snprintf(variable, sizeof(variable), "PATH=/no/such/folder:%s:/bin", folder.path);
    const char *reason = inspect_with_path("unit-tests", variable);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reason);
    CU_ASSERT_STRING_EQUAL(reason, NO_CUNIT);
    CU_ASSERT_PTR_NULL(inspect_with_path("unit-tests-none", variable));
    CU_ASSERT_PTR_NULL(inspect_with_path("unit-tests", "PATH=/no/such/folder"));
    CU_ASSERT_PTR_NULL(inspect_with_path("unit-tests", "PATH="));
    CU_ASSERT_PTR_NULL(inspect_with_path("unit-tests", "OTHER=1"));
    folder_remove(&folder);
}

/* execvp takes an empty part of PATH for the current folder. */
static void test_an_empty_part_of_path_is_the_current_folder(void)
{
    struct program program = program_of(ELFCLASS64, true);
    struct folder folder;
    char path[PATH_MAX];
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CU_ASSERT_FATAL(here >= 0);
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE(add_program(&folder, "unit-tests", &program, 0755, path));
    CU_ASSERT_EQUAL(chdir(folder.path), 0);
    static char *const paths[] = {"PATH=:/no/such/folder", "PATH=/no/such/folder::/none",
                                  "PATH=/no/such/folder:", "PATH="};
    const char *reasons[4];
    for (int i = 0; i < 4; i++)
        reasons[i] = inspect_with_path("unit-tests", paths[i]);
    CU_ASSERT_EQUAL(fchdir(here), 0);
    close(here);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_STRING_EQUAL(reasons[i] != NULL ? reasons[i] : "(nothing)", NO_CUNIT);
    folder_remove(&folder);
}

int add_inspect_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_dynamic_program_without_cunit_says_so),
        UNIT_TEST(test_cunit_built_in_is_found_by_its_text),
        UNIT_TEST(test_a_static_program_is_told_apart),
        UNIT_TEST(test_a_program_for_musl_is_told_apart),
        UNIT_TEST(test_an_interpreter_that_cannot_be_read_does_no_harm),
        UNIT_TEST(test_a_program_that_lies_about_its_segments_is_static),
        UNIT_TEST(test_a_program_of_32_bits_is_told_apart),
        UNIT_TEST(test_a_setuid_program_is_told_before_all_else),
        UNIT_TEST(test_files_that_are_no_programs_give_no_reason),
        UNIT_TEST(test_a_program_cut_short_does_no_harm),
        UNIT_TEST(test_a_bare_name_is_looked_for_in_path),
        UNIT_TEST(test_an_empty_part_of_path_is_the_current_folder),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("inspect", tests);
}
