/* Rules: which names mean a test, and which of two goes before the other. */
#include "common/rules.h"
#include "support.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static bool exact(const char *name, const char *program, const char *test)
{
    return lg_rule_matches(name, false, program, test);
}

static bool glob(const char *name, const char *program, const char *test)
{
    return lg_rule_matches(name, true, program, test);
}

static void test_a_name_without_a_program_is_for_all_programs(void)
{
    CU_ASSERT_TRUE(exact("tcp/open", "net_tests", "tcp/open"));
    CU_ASSERT_TRUE(exact("tcp/open", "", "tcp/open"));
    CU_ASSERT_FALSE(exact("tcp/open", "net_tests", "tcp/opens"));
    CU_ASSERT_FALSE(exact("tcp/open", "net_tests", "tcp/ope"));
    CU_ASSERT_FALSE(exact("tcp/open", "net_tests", "TCP/open"));
    CU_ASSERT_FALSE(exact("tcp/open", "tcp", "open"));
}

static void test_a_name_with_a_program_is_for_that_one_alone(void)
{
    CU_ASSERT_TRUE(exact("net:tcp/open", "net", "tcp/open"));
    CU_ASSERT_FALSE(exact("net:tcp/open", "net_tests", "tcp/open"));
    CU_ASSERT_FALSE(exact("net:tcp/open", "ne", "tcp/open"));
    CU_ASSERT_FALSE(exact("net:tcp/open", "", "tcp/open"));
    CU_ASSERT_TRUE(exact(":tcp/open", "", "tcp/open"));
    CU_ASSERT_FALSE(exact(":tcp/open", "net", "tcp/open"));
}

static void test_each_way_to_read_colons_is_tried(void)
{
    CU_ASSERT_TRUE(exact("a:b:c/d", "a", "b:c/d"));
    CU_ASSERT_TRUE(exact("a:b:c/d", "a:b", "c/d"));
    CU_ASSERT_TRUE(exact("a:b:c/d", "any", "a:b:c/d"));
    CU_ASSERT_FALSE(exact("a:b:c/d", "b", "c/d"));
    CU_ASSERT_TRUE(exact("a/b:c", "any", "a/b:c"));
    CU_ASSERT_TRUE(exact("p::/:", "p", ":/:"));
    CU_ASSERT_TRUE(glob("a:*:c/*", "a", "b:c/d"));
    CU_ASSERT_TRUE(glob("a:*:c/*", "a:x", "c/d"));
}

static void test_a_name_that_is_no_glob_is_taken_by_its_letters(void)
{
    CU_ASSERT_FALSE(exact("a/*", "p", "a/b"));
    CU_ASSERT_TRUE(exact("a/*", "p", "a/*"));
    CU_ASSERT_FALSE(exact("p?:a/b", "p1", "a/b"));
    CU_ASSERT_TRUE(exact("p?:a/[b]\\", "p?", "a/[b]\\"));
}

static void test_a_glob_is_for_the_program_and_for_the_test(void)
{
    CU_ASSERT_TRUE(glob("net_*:tcp/o?en", "net_tests", "tcp/open"));
    CU_ASSERT_FALSE(glob("net_*:tcp/o?en", "nets", "tcp/open"));
    CU_ASSERT_FALSE(glob("net_*:tcp/o?en", "net_tests", "tcp/pen"));
    CU_ASSERT_TRUE(glob("*/[a-c]*", "p", "x/beta"));
    CU_ASSERT_FALSE(glob("*/[a-c]*", "p", "x/delta"));
    CU_ASSERT_TRUE(glob("*", "p", "a/b/c"));
    CU_ASSERT_TRUE(glob("a/\\*", "p", "a/*"));
    CU_ASSERT_FALSE(glob("a/\\*", "p", "a/b"));
}

/* "xxx*", LENGTH bytes of it, in front of ":a/b". */
static char *long_glob(size_t length)
{
    char *name = malloc(length + sizeof(":a/b"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    memset(name, 'x', length);
    strcpy(name + length - 1, "*:a/b");
    return name;
}

/* A glob of a program has room of its own in matching: as much as a path may have. */
static void test_a_glob_too_long_for_any_program_matches_none(void)
{
    static const size_t lengths[] = {1,    2,    250,  255,  256,  257,  1024, 4000,
                                     4093, 4094, 4095, 4096, 4097, 4098, 8192, 70000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char *name = long_glob(lengths[i]);
        char *program = strndup(name, lengths[i] - 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(program);
        CU_ASSERT_EQUAL(glob(name, program, "a/b"), lengths[i] <= 4095);
        CU_ASSERT_FALSE(glob(name, program, "a/c"));
        if (lengths[i] > 1) {
            program[lengths[i] - 2] = 'y';
            CU_ASSERT_FALSE(glob(name, program, "a/b"));
        }
        free(program);
        free(name);
    }
}

/* A name is compared where it is. */
static void test_a_name_that_is_no_glob_may_be_of_any_length(void)
{
    char *name = long_glob(70000);
    char *program = strndup(name, 70000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(program);
    CU_ASSERT_TRUE(exact(name, program, "a/b"));
    program[69999] = 'x';
    CU_ASSERT_FALSE(exact(name, program, "a/b"));
    free(program);
    free(name);
}

static void test_one_test_goes_before_all_globs(void)
{
    CU_ASSERT_TRUE(lg_rule_goes_before("a/b", false, "very:long/glob*", true));
    CU_ASSERT_FALSE(lg_rule_goes_before("very:long/glob*", true, "a/b", false));
}

static void test_more_letters_of_its_own_go_before_fewer(void)
{
    CU_ASSERT_TRUE(lg_rule_goes_before("cache/p*", true, "cache/*", true));
    CU_ASSERT_FALSE(lg_rule_goes_before("cache/*", true, "cache/p*", true));
    CU_ASSERT_TRUE(lg_rule_goes_before("cache/*", true, "*?*?*?*/????", true));
    CU_ASSERT_TRUE(lg_rule_goes_before("p:a/b", false, "a/b", false));
    CU_ASSERT_FALSE(lg_rule_goes_before("a/*", true, "b/*", true));
    CU_ASSERT_FALSE(lg_rule_goes_before("a/b", false, "a/b", false));
}

struct name {
    char text[12];
    bool is_glob;
};

static struct name random_name(uint64_t *random)
{
    static const char letters[] = "ab/:*?[]";
    struct name name = {.is_glob = next_number(random, 2) == 0};
    size_t length = next_number(random, sizeof(name.text));
    for (size_t i = 0; i < length; i++)
        name.text[i] = letters[next_number(random, sizeof(letters) - 1)];
    return name;
}

static bool before(const struct name *a, const struct name *b)
{
    return lg_rule_goes_before(a->text, a->is_glob, b->text, b->is_glob);
}

/* Else the runner and the agent, which meet lines in their own order, might choose differently. */
static void test_which_goes_before_is_an_order(void)
{
    uint64_t random = 11;
    for (int i = 0; i < 20000; i++) {
        struct name a = random_name(&random);
        struct name b = random_name(&random);
        struct name c = random_name(&random);
        CU_ASSERT_FALSE(before(&a, &a));
        CU_ASSERT_FALSE(before(&a, &b) && before(&b, &a));
        CU_ASSERT_FALSE(before(&a, &b) && before(&b, &c) && !before(&a, &c));
        bool equal = !before(&a, &b) && !before(&b, &a);
        CU_ASSERT_FALSE(equal && before(&a, &c) != before(&b, &c));
    }
}

static void test_a_name_written_out_is_one_of_that_test(void)
{
    uint64_t random = 12;
    for (int i = 0; i < 20000; i++) {
        struct name program = random_name(&random);
        struct name test = random_name(&random);
        char full[32] = "";
        strcat(strcat(strcat(full, program.text), ":"), test.text);
        CU_ASSERT_TRUE(exact(full, program.text, test.text));
        CU_ASSERT_TRUE(exact(test.text, program.text, test.text));
        CU_ASSERT_FALSE(exact(full, "other", test.text));
    }
}

int add_rules_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_name_without_a_program_is_for_all_programs),
        UNIT_TEST(test_a_name_with_a_program_is_for_that_one_alone),
        UNIT_TEST(test_each_way_to_read_colons_is_tried),
        UNIT_TEST(test_a_name_that_is_no_glob_is_taken_by_its_letters),
        UNIT_TEST(test_a_glob_is_for_the_program_and_for_the_test),
        UNIT_TEST(test_a_glob_too_long_for_any_program_matches_none),
        UNIT_TEST(test_a_name_that_is_no_glob_may_be_of_any_length),
        UNIT_TEST(test_one_test_goes_before_all_globs),
        UNIT_TEST(test_more_letters_of_its_own_go_before_fewer),
        UNIT_TEST(test_which_goes_before_is_an_order),
        UNIT_TEST(test_a_name_written_out_is_one_of_that_test),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("rules", tests);
}
