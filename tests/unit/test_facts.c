/* Facts of machines that are not this one: folders in the form of /proc and /sys/fs/cgroup. */
#include "runner/facts.h"
#include "unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lg_facts read_facts(const char *machine)
{
    char proc[512];
    char cgroup[512];
    struct lg_facts facts;
    memset(&facts, 0x5a, sizeof(facts));
    snprintf(proc, sizeof(proc), "%s/%s/proc", LG_UNIT_DATA_DIR, machine);
    snprintf(cgroup, sizeof(cgroup), "%s/%s/cgroup", LG_UNIT_DATA_DIR, machine);
    lg_facts_read(proc, cgroup, &facts);
    return facts;
}

/* The value of NAME, or "(none)". */
static const char *fact(const struct lg_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->count; i++) {
        if (strcmp(facts->rows[i].name, name) == 0)
            return facts->rows[i].value;
    }
    return "(none)";
}

static void check_limit(const char *machine, const char *limit)
{
    struct lg_facts facts = read_facts(machine);
    CU_ASSERT_STRING_EQUAL(fact(&facts, "cgroup_memory_limit_bytes"), limit);
}

static void test_memory_is_told_in_bytes(void)
{
    struct lg_facts facts = read_facts("cgroup_v2");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemTotal_bytes"), "16694710272");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemFree_bytes"), "524288000");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemAvailable_bytes"), "8347355136");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "Buffers_bytes"), "67108864");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "Cached_bytes"), "1073741824");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "Shmem_bytes"), "1048576");
}

static void test_only_what_was_asked_for_is_told(void)
{
    struct lg_facts facts = read_facts("cgroup_v2");
    CU_ASSERT_EQUAL(facts.count, 8);
    CU_ASSERT_STRING_EQUAL(fact(&facts, "SwapCached_bytes"), "(none)");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "Hugepagesize_bytes"), "(none)");
}

static void test_the_kernels_reserve_is_in_its_own_unit(void)
{
    struct lg_facts facts = read_facts("cgroup_v2");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "min_free_kbytes"), "67584");
}

static void test_the_limit_of_a_group_of_version_2_is_found(void)
{
    check_limit("cgroup_v2", "536870912");
    check_limit("cgroup_v2_root", "134217728");
}

static void test_a_nested_group_without_a_limit_has_the_nearest_above(void)
{
    check_limit("cgroup_v2_nested", "268435456");
    check_limit("cgroup_v1_nested", "33554432");
}

static void test_a_group_without_any_limit_is_unlimited(void)
{
    check_limit("cgroup_v2_unlimited", "unlimited");
    check_limit("cgroup_v1_unlimited", "unlimited");
}

static void test_the_limit_of_a_group_of_version_1_is_found(void)
{
    check_limit("cgroup_v1", "67108864");
}

static void test_both_versions_at_once_are_searched(void)
{
    check_limit("cgroup_hybrid", "50331648");
}

/* "unlimited" would be a claim about a file that nobody could read. */
static void test_without_groups_the_limit_is_left_out(void)
{
    struct lg_facts facts = read_facts("no_cgroup");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemTotal_bytes"), "1048576");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "cgroup_memory_limit_bytes"), "(none)");
}

static void test_what_cannot_be_read_is_left_out(void)
{
    struct lg_facts facts = read_facts("no_such_machine");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemTotal_bytes"), "(none)");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "min_free_kbytes"), "(none)");
    CU_ASSERT(facts.count <= 1);
}

static void test_lines_of_another_form_are_left_out(void)
{
    struct lg_facts facts = read_facts("odd_proc");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemTotal_bytes"), "(none)");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "min_free_kbytes"), "(none)");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemFree_bytes"), "1024");
}

static void test_more_facts_than_there_is_room_for_are_dropped(void)
{
    struct lg_facts facts = read_facts("odd_proc");
    CU_ASSERT_EQUAL(facts.count, LG_FACTS_MAX);
}

static void test_a_word_too_long_is_cut(void)
{
    struct lg_facts facts = read_facts("long_proc");
    CU_ASSERT_STRING_EQUAL(fact(&facts, "min_free_kbytes"), "1234567890123456789012345678901");
}

static void test_a_root_too_long_for_a_path_has_no_facts(void)
{
    char *root = malloc(8001);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    memset(root, '/', 8000);
    root[8000] = '\0';
    struct lg_facts facts;
    lg_facts_read(root, root, &facts);
    CU_ASSERT_STRING_EQUAL(fact(&facts, "MemTotal_bytes"), "(none)");
    free(root);
}

static void test_this_machine_has_memory(void)
{
    struct lg_facts facts;
    lg_facts_read("/proc", "/sys/fs/cgroup", &facts);
    CU_ASSERT(strtoull(fact(&facts, "MemTotal_bytes"), NULL, 10) > 0);
    for (size_t i = 0; i < facts.count; i++) {
        const char *value = facts.rows[i].value;
        CU_ASSERT(isdigit((unsigned char)value[0]) || strcmp(value, "unlimited") == 0);
    }
}

int add_facts_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_memory_is_told_in_bytes),
        UNIT_TEST(test_only_what_was_asked_for_is_told),
        UNIT_TEST(test_the_kernels_reserve_is_in_its_own_unit),
        UNIT_TEST(test_the_limit_of_a_group_of_version_2_is_found),
        UNIT_TEST(test_a_nested_group_without_a_limit_has_the_nearest_above),
        UNIT_TEST(test_a_group_without_any_limit_is_unlimited),
        UNIT_TEST(test_the_limit_of_a_group_of_version_1_is_found),
        UNIT_TEST(test_both_versions_at_once_are_searched),
        UNIT_TEST(test_without_groups_the_limit_is_left_out),
        UNIT_TEST(test_what_cannot_be_read_is_left_out),
        UNIT_TEST(test_lines_of_another_form_are_left_out),
        UNIT_TEST(test_more_facts_than_there_is_room_for_are_dropped),
        UNIT_TEST(test_a_word_too_long_is_cut),
        UNIT_TEST(test_a_root_too_long_for_a_path_has_no_facts),
        UNIT_TEST(test_this_machine_has_memory),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("facts", tests);
}
