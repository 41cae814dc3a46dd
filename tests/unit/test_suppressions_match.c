#include "runner/budget.h"
#include "runner/suppressions.h"
#include "support.h"
#include "traced_run.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES 64
#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"

/* Whether PATTERN matches a frame of the function TEXT. */
static bool pattern_matches(const char *pattern, const char *text)
{
    struct lg_suppression row = {.pattern = pattern};
    struct lg_suppressions list = {.rows = &row, .count = 1};
    struct lg_frame frame = {.function = text};
    return lg_suppressions_match(&list, &frame, 1) == &row;
}

static void test_a_pattern_matches_any_part(void)
{
    CU_ASSERT_TRUE(pattern_matches("cache", "cache"));
    CU_ASSERT_TRUE(pattern_matches("cache", "my_cache_add"));
    CU_ASSERT_TRUE(pattern_matches("operator new", "operator new[]"));
    CU_ASSERT_FALSE(pattern_matches("cache", "my_Cache_add"));
    CU_ASSERT_FALSE(pattern_matches("cache_add", "cache"));
    CU_ASSERT_FALSE(pattern_matches("cache", ""));
}

static void test_a_star_stands_for_anything(void)
{
    CU_ASSERT_TRUE(pattern_matches("*", "x"));
    CU_ASSERT_TRUE(pattern_matches("a*c", "abc"));
    CU_ASSERT_TRUE(pattern_matches("a*c", "ac"));
    CU_ASSERT_TRUE(pattern_matches("a**c*e", "xabcdef"));
    CU_ASSERT_TRUE(pattern_matches("*cache*", "cache"));
    CU_ASSERT_FALSE(pattern_matches("a*c", "cba"));
    CU_ASSERT_FALSE(pattern_matches("ab*bc", "abc"));
    CU_ASSERT_FALSE(pattern_matches("*", ""));
}

static void test_a_caret_is_the_start_and_a_dollar_the_end(void)
{
    CU_ASSERT_TRUE(pattern_matches("^cache", "cache_add"));
    CU_ASSERT_FALSE(pattern_matches("^cache", "my_cache"));
    CU_ASSERT_TRUE(pattern_matches("cache$", "my_cache"));
    CU_ASSERT_TRUE(pattern_matches("foo$", "foofoo"));
    CU_ASSERT_FALSE(pattern_matches("cache$", "cache_add"));
    CU_ASSERT_TRUE(pattern_matches("^cache$", "cache"));
    CU_ASSERT_FALSE(pattern_matches("^cache$", "cache_cache"));
    CU_ASSERT_TRUE(pattern_matches("^a*z$", "a to z"));
    CU_ASSERT_TRUE(pattern_matches("^a*$", "a to z"));
    CU_ASSERT_FALSE(pattern_matches("^a*z$", "a to z!"));
    CU_ASSERT_TRUE(pattern_matches("^*z", "a to z"));
    CU_ASSERT_FALSE(pattern_matches("ab*bc$", "abc"));
}

static void test_anchors_alone_match_nothing(void)
{
    CU_ASSERT_FALSE(pattern_matches("$", "cache"));
    CU_ASSERT_FALSE(pattern_matches("^$", "cache"));
    CU_ASSERT_TRUE(pattern_matches("*$", "cache"));
}

static void test_what_follows_a_dollar_is_nothing(void)
{
    CU_ASSERT_TRUE(pattern_matches("cache$add", "my_cache"));
    CU_ASSERT_FALSE(pattern_matches("cache$add", "cache$add"));
}

static void test_a_caret_within_a_pattern_is_itself(void)
{
    CU_ASSERT_TRUE(pattern_matches("operator^", "operator^="));
    CU_ASSERT_FALSE(pattern_matches("operator^", "operator+"));
}

static void test_function_file_module_and_door_of_any_frame_are_looked_at(void)
{
    const struct lg_frame frames[] = {
        {.function = "take", .module = LIBC},
        {.door = "enter", .module = "/opt/libdoor.so"},
        {.function = "main", .file = "/src/main.c", .line = 3, .module = "/build/tests"},
    };
    const char *const found[] = {"^take$", "libc.so", "^enter$", "libdoor", "/src/*.c$", "tests$"};
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        struct lg_suppression row = {.pattern = found[i]};
        struct lg_suppressions list = {.rows = &row, .count = 1};
        CU_ASSERT_PTR_EQUAL(lg_suppressions_match(&list, frames, 3), &row);
        CU_ASSERT_PTR_NULL(lg_suppressions_match(&list, frames, 0));
    }
    struct lg_suppression row = {.pattern = "libc.so"};
    struct lg_suppressions list = {.rows = &row, .count = 1};
    CU_ASSERT_PTR_NULL(lg_suppressions_match(&list, frames + 1, 2));
}

static void test_the_first_of_two_that_match_is_taken(void)
{
    struct lg_suppression rows[] = {{.pattern = "none"}, {.pattern = "ta"}, {.pattern = "take"}};
    struct lg_suppressions list = {.rows = rows, .count = 3};
    struct lg_frame frame = {.function = "take"};
    CU_ASSERT_PTR_EQUAL(lg_suppressions_match(&list, &frame, 1), &rows[1]);
}

static void test_an_empty_list_matches_nothing(void)
{
    struct lg_suppressions list = {0};
    struct lg_frame frame = {.function = "take"};
    CU_ASSERT_PTR_NULL(lg_suppressions_match(&list, &frame, 1));
    lg_suppressions_free(&list);
}

static void test_what_is_covered_is_counted(void)
{
    struct lg_suppression rows[] = {{.pattern = "take"}, {.pattern = "unused"}};
    struct lg_suppressions list = {.rows = rows, .count = 2};
    struct lg_frame frame = {.function = "take"};
    lg_suppressions_count(&list, lg_suppressions_match(&list, &frame, 1), 40);
    lg_suppressions_count(&list, lg_suppressions_match(&list, &frame, 1), 2);
    CU_ASSERT_EQUAL(rows[0].matches, 2);
    CU_ASSERT_EQUAL(rows[0].growth, 42);
    CU_ASSERT_EQUAL(rows[1].matches, 0);
    lg_suppressions_count(&list, &rows[0], INT64_MAX);
    CU_ASSERT_EQUAL(rows[0].growth, INT64_MAX);
}

/* The built-in one that matches FRAMES; NULL: none does. The strings are static. */
static const char *builtin_of(const struct lg_frame *frames, size_t count)
{
    struct lg_suppressions list = {0};
    CU_ASSERT_EQUAL_FATAL(lg_suppressions_add_builtin(&list), 0);
    const struct lg_suppression *found = lg_suppressions_match(&list, frames, count);
    const char *pattern = found != NULL ? found->pattern : NULL;
    lg_suppressions_free(&list);
    return pattern;
}

static void test_every_builtin_has_a_reason_and_no_maximum(void)
{
    struct lg_suppressions list = {0};
    CU_ASSERT_EQUAL_FATAL(lg_suppressions_add_builtin(&list), 0);
    CU_ASSERT(list.count > 0);
    for (size_t i = 0; i < list.count; i++) {
        CU_ASSERT_TRUE(list.rows[i].builtin);
        CU_ASSERT_STRING_EQUAL(list.rows[i].source, "built-in");
        CU_ASSERT(strlen(list.rows[i].reason) > 20);
        CU_ASSERT_EQUAL(list.rows[i].max, LG_BUDGET_UNLIMITED);
    }
    lg_suppressions_free(&list);
}

static void test_builtins_are_libcs_functions_alone(void)
{
    struct lg_frame frames[] = {{.function = "setenv", .module = LIBC},
                                {.function = "main", .module = "/build/tests"}};
    CU_ASSERT_PTR_NOT_NULL(builtin_of(frames, 2));
    frames[0].module = "/lib/libc-2.31.so";
    CU_ASSERT_PTR_NOT_NULL(builtin_of(frames, 2));
    frames[0].module = "/build/tests";
    CU_ASSERT_PTR_NULL(builtin_of(frames, 2));
    frames[0].module = "/build/libc.so.6/tests";
    CU_ASSERT_PTR_NULL(builtin_of(frames, 2));
    frames[0].module = NULL;
    CU_ASSERT_PTR_NULL(builtin_of(frames, 2));
    frames[0] = (struct lg_frame){.function = "my_setenv", .module = LIBC};
    CU_ASSERT_PTR_NULL(builtin_of(frames, 2));
}

static void test_builtins_cover_nothing_that_libc_was_called_back_for(void)
{
    const struct lg_frame frames[] = {{.function = "strdup", .module = LIBC},
                                      {.function = "callback", .module = "/build/tests"},
                                      {.function = "setenv", .module = LIBC}};
    CU_ASSERT_PTR_NULL(builtin_of(frames, 3));
}

static void test_a_door_is_as_good_as_a_name(void)
{
    struct lg_frame frames[] = {{.function = "tsearch", .module = LIBC},
                                {.door = "setenv", .module = LIBC},
                                {.function = "main", .module = "/build/tests"}};
    CU_ASSERT_PTR_NOT_NULL(builtin_of(frames, 3));
    frames[1].function = "other";
    CU_ASSERT_PTR_NULL(builtin_of(frames, 3));
}

/* The number of stacks of LABEL in TRACED of which all, or none, are COVERED; 0: not so. */
static unsigned check_stacks(const struct traced *traced, const char *label, bool covered)
{
    uint64_t addresses[32];
    struct lg_frame frames[MAX_FRAMES];
    unsigned number = 0;
    for (;; number++) {
        size_t calls = traced_addresses(traced, label, number, addresses, 32);
        if (calls == 0)
            return number;
        size_t count = 0;
        for (size_t i = 0; i < calls; i++)
            count += lg_symbols_frames(traced->symbols, addresses[i], frames + count,
                                       MAX_FRAMES - count);
        if ((builtin_of(frames, count) != NULL) != covered)
            return 0;
    }
}

/* Everything that glibc allocates when it is handed new variables and zones. */
static void check_libcs_stacks(const struct traced *traced)
{
    CU_ASSERT(check_stacks(traced, "setenv", true) >= 4);
    CU_ASSERT(check_stacks(traced, "putenv", true) >= 1);
    CU_ASSERT(check_stacks(traced, "tzset", true) >= 1);
    CU_ASSERT(check_stacks(traced, "localtime", true) >= 1);
    CU_ASSERT(check_stacks(traced, "mktime", true) >= 1);
    CU_ASSERT_EQUAL(check_stacks(traced, "own", false), 1);
}

static void test_what_glibc_keeps_is_covered_and_what_it_is_handed_is_not(void)
{
    struct traced traced;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_keeps", false));
    check_libcs_stacks(&traced);
    traced_end(&traced);
}

/* Changes a byte of the first NEEDLE in DATA. Returns whether there is one. */
static bool spoil(char *data, size_t size, const void *needle, size_t length)
{
    char *found = memmem(data, size, needle, length);
    if (found != NULL)
        found[length / 2] ^= 1;
    return found != NULL;
}

/* A copy of libc, its path in COPY, whose debug information is nowhere: in FOLDER. */
static bool copy_libc(const struct traced *traced, const struct folder *folder, const char **module,
                      char copy[PATH_MAX])
{
    static const char link[] = ".gnu_debuglink";
    uint64_t address;
    struct lg_frame frame;
    unsigned char id[64];
    size_t size = 0;
    if (traced_addresses(traced, "setenv", 0, &address, 1) != 1 ||
        lg_symbols_frames(traced->symbols, address, &frame, 1) != 1 || frame.build_id == NULL)
        return false;
    size_t length = strlen(frame.build_id) / 2;
    for (size_t i = 0; i < length && i < sizeof(id); i++) {
        const char digits[] = {frame.build_id[2 * i], frame.build_id[2 * i + 1], '\0'};
        id[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    char *data = read_file(frame.module, &size);
    bool copied = data != NULL && spoil(data, size, id, length);
    if (copied)
        spoil(data, size, link, sizeof(link)); /* not every system has it */
    copied = copied && write_file(folder_file(folder, "libc.so.6", copy), data, size);
    free(data);
    *module = frame.module;
    return copied;
}

static void test_a_stripped_libc_is_covered_too(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
    struct traced traced;
    struct folder folder;
    const char *module = "";
    char copy[PATH_MAX];
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_keeps", false));
    CU_ASSERT_TRUE_FATAL(copy_libc(&traced, &folder, &module, copy));
    traced_remap(&traced, module, copy);
    check_libcs_stacks(&traced);
    traced_end(&traced);
    folder_remove(&folder);
#endif
}

int add_suppressions_match_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_pattern_matches_any_part),
        UNIT_TEST(test_a_star_stands_for_anything),
        UNIT_TEST(test_a_caret_is_the_start_and_a_dollar_the_end),
        UNIT_TEST(test_anchors_alone_match_nothing),
        UNIT_TEST(test_what_follows_a_dollar_is_nothing),
        UNIT_TEST(test_a_caret_within_a_pattern_is_itself),
        UNIT_TEST(test_function_file_module_and_door_of_any_frame_are_looked_at),
        UNIT_TEST(test_the_first_of_two_that_match_is_taken),
        UNIT_TEST(test_an_empty_list_matches_nothing),
        UNIT_TEST(test_what_is_covered_is_counted),
        UNIT_TEST(test_every_builtin_has_a_reason_and_no_maximum),
        UNIT_TEST(test_builtins_are_libcs_functions_alone),
        UNIT_TEST(test_builtins_cover_nothing_that_libc_was_called_back_for),
        UNIT_TEST(test_a_door_is_as_good_as_a_name),
        UNIT_TEST(test_what_glibc_keeps_is_covered_and_what_it_is_handed_is_not),
        UNIT_TEST(test_a_stripped_libc_is_covered_too),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("suppressions: matching", tests);
}
