/* Where a library can't go on: one line, and the exit status of what could not be done. */
#include "runner/last_words.h"
#include "scarce.h"
#include "support.h"
#include "unit.h"

#include <fcntl.h>
#include <leakgate/leakgate.h>
#include <libxml/globals.h>
#include <libxml/xmlstring.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static const char could_not_read[] = "leakgate: libdw could not read the debug information: there "
                                     "is no memory, or it is broken\n";

/* Calls BODY in a process of its own. Returns its wait status, and what it printed to stderr. */
static int last_words_of(void body(void), char *line, size_t size)
{
    int ends[2];
    int status = -1;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], line, size - 1);
    line[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    return status;
}

static void crash_reading(void)
{
    lg_last_words_begin();
    raise(SIGSEGV);
}

/* What it says before that is not for users. */
static void exit_reading(void)
{
    lg_last_words_begin();
    if (!SANITIZED)
        fprintf(stderr, "libdw: Cannot allocate memory\n");
    exit(1);
}

static void exit_after_reading(void)
{
    lg_last_words_begin();
    lg_last_words_end();
    exit(1);
}

static void crash_after_reading(void)
{
    lg_last_words_begin();
    lg_last_words_end();
    raise(SIGSEGV);
}

static void copy_without_memory(void)
{
    lg_last_words_for_xml();
    scarce_memory(1);
    xmlFree(xmlStrdup((const xmlChar *)"copied"));
}

static void copy_with_memory(void)
{
    lg_last_words_for_xml();
    xmlFree(xmlStrdup((const xmlChar *)"copied"));
}

static void test_a_crash_on_debug_information_is_told(void)
{
    char line[256];
    if (SANITIZED)
        return;
    int status = last_words_of(crash_reading, line, sizeof(line));
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == LEAKGATE_EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(line, could_not_read);
}

static void test_a_crash_of_our_own_is_none_of_libdw(void)
{
    char line[256];
    if (SANITIZED)
        return;
    int status = last_words_of(crash_after_reading, line, sizeof(line));
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CU_ASSERT_STRING_EQUAL(line, "");
}

static void test_an_exit_on_debug_information_is_no_failed_test(void)
{
    char line[256];
    int status = last_words_of(exit_reading, line, sizeof(line));
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == LEAKGATE_EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(line, could_not_read);
    status = last_words_of(exit_after_reading, line, sizeof(line));
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void test_libxml2_without_memory_leaves_nothing_out(void)
{
    char line[256];
    int status = last_words_of(copy_without_memory, line, sizeof(line));
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == LEAKGATE_EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(line, "leakgate: no memory for the report\n");
    status = last_words_of(copy_with_memory, line, sizeof(line));
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT_STRING_EQUAL(line, "");
}

int add_last_words_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_crash_on_debug_information_is_told),
        UNIT_TEST(test_a_crash_of_our_own_is_none_of_libdw),
        UNIT_TEST(test_an_exit_on_debug_information_is_no_failed_test),
        UNIT_TEST(test_libxml2_without_memory_leaves_nothing_out),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("last words", tests);
}
