/* Whether the OOM killer was at work: what the kernel counts, and whose death that explains. */
#include "agent/oom.h"
#include "support.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void check_group(const char *text, int version, const char *path)
{
    struct lg_oom_group group;
    CU_ASSERT_TRUE_FATAL(lg_oom_find_group(text, &group));
    CU_ASSERT_EQUAL(group.version, version);
    CU_ASSERT_STRING_EQUAL(group.path, path);
}

static bool has_group(const char *text)
{
    struct lg_oom_group group;
    return lg_oom_find_group(text, &group);
}

static void test_the_group_is_that_of_memory(void)
{
    check_group("0::/user.slice/a:b\n", 2, "/user.slice/a:b");
    check_group("0::/\n", 2, "");
    check_group("9:pids:/x\n4:memory:/jobs/1\n1:cpu:/\n", 1, "/jobs/1");
    check_group("3:cpu,memory,pids:/jobs\n", 1, "/jobs");
    check_group("4:memory:/\n", 1, "");
    check_group("0::/last", 2, "/last");
}

/* The controller is in one hierarchy only. */
static void test_a_group_of_version_1_goes_before_one_of_version_2(void)
{
    check_group("0::/unified\n4:memory:/jobs/1\n", 1, "/jobs/1");
    check_group("4:memory:/jobs/1\n0::/unified\n", 1, "/jobs/1");
    check_group("4:cpu:/jobs/1\n0::/unified\n", 2, "/unified");
}

static void test_what_is_no_group_of_memory_is_left(void)
{
    CU_ASSERT_FALSE(has_group(""));
    CU_ASSERT_FALSE(has_group("\n\n"));
    CU_ASSERT_FALSE(has_group("1:cpu:/\n1:name=systemd:/x\n"));
    CU_ASSERT_FALSE(has_group("4:memory\n"));
    CU_ASSERT_FALSE(has_group("memory\n:\n"));
    CU_ASSERT_FALSE(has_group("4:memory_other,my-memory:/x\n"));
    static char much[2 * PATH_MAX];
    memset(much, 'x', sizeof(much) - 1);
    memcpy(much, "0::/", 4);
    CU_ASSERT_FALSE(has_group(much));
}

static void check_count(const char *text, bool has_one, uint64_t expected)
{
    uint64_t count = 4711;
    CU_ASSERT_EQUAL(lg_oom_parse_count(text, &count), has_one);
    CU_ASSERT_EQUAL(count, has_one ? expected : 4711);
}

static void test_the_count_is_found_in_each_file(void)
{
    check_count("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n", true, 2);
    check_count("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", true, 7);
    check_count("nr_free_pages 5\noom_kill 18446744073709551615\nnuma_hit 3\n", true, UINT64_MAX);
    check_count("oom_kill 4", true, 4);
}

static void test_what_is_no_count_is_none(void)
{
    check_count("", false, 0);
    check_count("oom_kill_disable 1\nunder_oom 1\n", false, 0);
    check_count("oom_kill\n", false, 0);
    check_count("oom_kill \n", false, 0);
    check_count("oom_kill -1\n", false, 0);
    check_count("oom_kill 1x\n", false, 0);
    check_count("x oom_kill 1\n", false, 0);
}

/* A folder with the files that a machine has, in the form of "NAME=TEXT". */
static struct lg_oom_count read_machine(size_t count, const char *const files[])
{
    struct folder folder;
    CU_ASSERT_TRUE_FATAL(folder_make(&folder));
    for (size_t i = 0; i < count; i++) {
        char name[256];
        char path[PATH_MAX];
        const char *text = strchr(files[i], '=') + 1;
        snprintf(name, sizeof(name), "%.*s", (int)(text - files[i] - 1), files[i]);
        for (char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            mkdir(folder_file(&folder, name, path), 0777);
            *slash = '/';
        }
        CU_ASSERT_TRUE(write_file(folder_file(&folder, name, path), text, strlen(text)));
    }
    char proc[PATH_MAX];
    char cgroup[PATH_MAX];
    struct lg_oom_count read =
        lg_oom_read(folder_file(&folder, "proc", proc), folder_file(&folder, "cgroup", cgroup));
    folder_remove(&folder);
    return read;
}

#define CHECK_MACHINE(who, number, ...)                                                            \
    do {                                                                                           \
        const char *const files[] = {__VA_ARGS__};                                                 \
        struct lg_oom_count count = read_machine(sizeof(files) / sizeof(files[0]), files);         \
        CU_ASSERT_EQUAL(count.by, who);                                                            \
        CU_ASSERT_EQUAL(count.kills, number);                                                      \
    } while (0)

#define VMSTAT "proc/vmstat=nr_free_pages 1\noom_kill 9\n"

static void test_the_cgroup_is_asked_first(void)
{
    CHECK_MACHINE(LG_OOM_CGROUP, 2, VMSTAT, "proc/self/cgroup=0::/a/b\n",
                  "cgroup/a/b/memory.events=oom 5\noom_kill 2\n",
                  "cgroup/a/memory.events=oom_kill 7\n");
    CHECK_MACHINE(LG_OOM_CGROUP, 3, VMSTAT, "proc/self/cgroup=1:cpu:/\n4:memory:/a\n0::/b\n",
                  "cgroup/memory/a/memory.oom_control=oom_kill_disable 0\noom_kill 3\n",
                  "cgroup/b/memory.events=oom_kill 7\n");
}

/* The path of a container's group is the host's; without a controller, a group above it counts. */
static void test_the_nearest_group_that_is_there_is_asked(void)
{
    CHECK_MACHINE(LG_OOM_CGROUP, 4, VMSTAT, "proc/self/cgroup=4:memory:/docker/1234\n",
                  "cgroup/memory/memory.oom_control=oom_kill 4\n");
    CHECK_MACHINE(LG_OOM_CGROUP, 7, VMSTAT, "proc/self/cgroup=0::/a/b\n",
                  "cgroup/a/memory.events=oom_kill 7\n", "cgroup/a/b/cgroup.procs=1\n");
}

static void test_the_machine_is_asked_where_no_cgroup_tells(void)
{
    CHECK_MACHINE(LG_OOM_MACHINE, 9, VMSTAT);
    CHECK_MACHINE(LG_OOM_MACHINE, 9, VMSTAT, "proc/self/cgroup=0::/\n");
    CHECK_MACHINE(LG_OOM_MACHINE, 9, VMSTAT, "proc/self/cgroup=4:memory:/a\n",
                  "cgroup/memory/a/memory.oom_control=oom_kill_disable 0\nunder_oom 0\n");
    CHECK_MACHINE(LG_OOM_NONE, 0, "proc/vmstat=nr_free_pages 1\n");
    CHECK_MACHINE(LG_OOM_NONE, 0, "other=\n");
}

static void test_a_file_beyond_the_room_is_not_cut(void)
{
    static char vmstat[40000];
    memset(vmstat, '\n', sizeof(vmstat) - 1);
    memcpy(vmstat, "proc/vmstat=oom_kill 9", strlen("proc/vmstat=oom_kill 9"));
    CHECK_MACHINE(LG_OOM_NONE, 0, vmstat);
}

static void test_only_counts_of_the_same_can_be_compared(void)
{
    const struct lg_oom_count group = {LG_OOM_CGROUP, 3};
    const struct lg_oom_count more = {LG_OOM_CGROUP, 4};
    const struct lg_oom_count machine = {LG_OOM_MACHINE, 9};
    const struct lg_oom_count nobody = {LG_OOM_NONE, 0};
    CU_ASSERT_EQUAL(lg_oom_compare(&group, &more), LG_OOM_CGROUP);
    CU_ASSERT_EQUAL(lg_oom_compare(&group, &group), LG_OOM_NONE);
    CU_ASSERT_EQUAL(lg_oom_compare(&more, &group), LG_OOM_NONE);
    CU_ASSERT_EQUAL(lg_oom_compare(&group, &machine), LG_OOM_NONE);
    CU_ASSERT_EQUAL(lg_oom_compare(&nobody, &machine), LG_OOM_NONE);
    CU_ASSERT_EQUAL(lg_oom_compare(&nobody, &nobody), LG_OOM_NONE);
}

#define SLOTS 3

static struct lg_host *new_host(uint64_t kills)
{
    struct lg_host *host = calloc(1, sizeof(*host));
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    host->oom = (struct lg_oom_count){LG_OOM_CGROUP, kills};
    return host;
}

static void die(struct lg_host *host, uint32_t slot, uint64_t bytes, uint64_t kills)
{
    lg_oom_wait(host, slot, bytes, &(struct lg_oom_count){LG_OOM_CGROUP, kills});
}

static void test_a_kill_is_told_once(void)
{
    struct lg_host *host = new_host(5);
    die(host, 0, 1000, 5);
    CU_ASSERT_EQUAL(lg_oom_tell(host, SLOTS, 0), LG_OOM_NONE);
    die(host, 0, 1000, 6);
    CU_ASSERT_EQUAL(lg_oom_tell(host, SLOTS, 0), LG_OOM_CGROUP);
    die(host, 0, 1000, 6);
    CU_ASSERT_EQUAL(lg_oom_tell(host, SLOTS, 0), LG_OOM_NONE);
    /* Others were killed beside it, which are no tests. */
    die(host, 1, 1000, 9);
    CU_ASSERT_EQUAL(lg_oom_tell(host, SLOTS, 1), LG_OOM_CGROUP);
    die(host, 0, 1000, 9);
    CU_ASSERT_EQUAL(lg_oom_tell(host, SLOTS, 0), LG_OOM_NONE);
    free(host);
}

/* Whichever is told first. */
static void test_of_those_that_wait_the_largest_was_killed(void)
{
    for (uint32_t first = 0; first < 2; first++) {
        struct lg_host *host = new_host(0);
        enum lg_oom told[2];
        die(host, 0, 100, 1);
        die(host, 1, 5000, 1);
        told[first] = lg_oom_tell(host, SLOTS, first);
        told[1 - first] = lg_oom_tell(host, SLOTS, 1 - first);
        CU_ASSERT_EQUAL(told[0], LG_OOM_NONE);
        CU_ASSERT_EQUAL(told[1], LG_OOM_CGROUP);
        free(host);
    }
}

/* Not the older one's, though it is the larger, nor the reverse. */
static void test_one_that_died_later_has_a_kill_of_its_own(void)
{
    for (uint32_t first = 0; first < 2; first++) {
        struct lg_host *host = new_host(0);
        enum lg_oom told[2];
        die(host, 0, 100, 1);
        die(host, 1, 5000, 2);
        told[first] = lg_oom_tell(host, SLOTS, first);
        told[1 - first] = lg_oom_tell(host, SLOTS, 1 - first);
        CU_ASSERT_EQUAL(told[0], LG_OOM_CGROUP);
        CU_ASSERT_EQUAL(told[1], LG_OOM_CGROUP);
        free(host);
    }
}

static void test_more_kills_than_are_kept_are_told_all_the_same(void)
{
    struct lg_host *host = new_host(0);
    die(host, 2, 1, 0); /* it waits all the time */
    for (uint64_t kill = 1; kill <= 3 * LG_LEDGER_MAX_KILLS; kill++) {
        die(host, 0, 1000, kill);
        CU_ASSERT_EQUAL(lg_oom_tell(host, SLOTS, 0), LG_OOM_CGROUP);
    }
    CU_ASSERT_EQUAL(lg_oom_tell(host, SLOTS, 2), LG_OOM_NONE);
    free(host);
}

int add_oom_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_the_group_is_that_of_memory),
        UNIT_TEST(test_a_group_of_version_1_goes_before_one_of_version_2),
        UNIT_TEST(test_what_is_no_group_of_memory_is_left),
        UNIT_TEST(test_the_count_is_found_in_each_file),
        UNIT_TEST(test_what_is_no_count_is_none),
        UNIT_TEST(test_the_cgroup_is_asked_first),
        UNIT_TEST(test_the_nearest_group_that_is_there_is_asked),
        UNIT_TEST(test_the_machine_is_asked_where_no_cgroup_tells),
        UNIT_TEST(test_a_file_beyond_the_room_is_not_cut),
        UNIT_TEST(test_only_counts_of_the_same_can_be_compared),
        UNIT_TEST(test_a_kill_is_told_once),
        UNIT_TEST(test_of_those_that_wait_the_largest_was_killed),
        UNIT_TEST(test_one_that_died_later_has_a_kill_of_its_own),
        UNIT_TEST(test_more_kills_than_are_kept_are_told_all_the_same),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("oom", tests);
}
