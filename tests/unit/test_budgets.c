/* The budget file: its lines, and which of them holds for a test. */
#include "runner/budgets.h"
#include "runner/text.h"
#include "support.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TODAY 20000 /* 2024-10-04 */
#define PATH "/tmp/leakgate-unit-budgets"

static char said[512];

/* Reads a file of LENGTH bytes of TEXT. Returns what lg_budgets_read does. */
static int read_bytes(struct lg_budgets *budgets, const char *text, size_t length)
{
    char path[] = PATH "-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, length), (ssize_t)length);
    close(fd);
    int status = lg_budgets_read(budgets, path, TODAY, said, sizeof(said));
    unlink(path);
    return status;
}

static struct lg_budgets read_text(const char *text)
{
    struct lg_budgets budgets;
    CU_ASSERT_EQUAL(read_bytes(&budgets, text, strlen(text)), 0);
    CU_ASSERT_STRING_EQUAL(said, "");
    return budgets;
}

/* TEXT is refused with COMPLAINT behind the path, and nothing is kept. */
static void check_refused(const char *text, const char *complaint)
{
    struct lg_budgets budgets;
    CU_ASSERT_EQUAL(read_bytes(&budgets, text, strlen(text)), -EINVAL);
    const char *told = strchr(said, ':');
    CU_ASSERT_PTR_NOT_NULL_FATAL(told);
    CU_ASSERT_STRING_EQUAL(told, complaint);
    CU_ASSERT_EQUAL(budgets.count, 0);
    lg_budgets_free(&budgets);
}

static struct lg_budget_choice choose_with(const struct lg_budgets *budgets, const char *test,
                                           const struct lg_wishes *own)
{
    struct lg_budget fallback;
    struct lg_budget_choice choice;
    lg_budget_init(&fallback);
    fallback.limits.values[LG_GAUGE_FDS] = 7;
    struct lg_budget_asked asked = {
        .program = "net_tests", .test = test, .own = own, .fallback = &fallback};
    lg_budgets_choose(budgets, &asked, &choice);
    return choice;
}

static struct lg_budget_choice choose(const struct lg_budgets *budgets, const char *test)
{
    return choose_with(budgets, test, NULL);
}

static int64_t live_of(const struct lg_budgets *budgets, const char *test)
{
    return choose(budgets, test).budget.limits.values[LG_GAUGE_LIVE];
}

static void test_a_line_limits_the_gauges_it_names(void)
{
    struct lg_budgets budgets =
        read_text("# ours\n\n  cache/put  heap=4K live=128,fds=1 # known\r\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 1);
    const struct lg_budget_line *line = &budgets.rows[0];
    CU_ASSERT_STRING_EQUAL(line->name, "cache/put");
    CU_ASSERT_EQUAL(line->line, 3);
    CU_ASSERT_FALSE(line->is_glob || line->expects_leak || line->expired);
    CU_ASSERT_EQUAL(line->named, LG_GAUGE_BIT(LG_GAUGE_HEAP) | LG_GAUGE_BIT(LG_GAUGE_LIVE) |
                                     LG_GAUGE_BIT(LG_GAUGE_FDS));
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_HEAP], 4096);
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_LIVE], 128);
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_FDS], 1);
    lg_budgets_free(&budgets);
}

static void test_names_in_quotes_may_have_anything(void)
{
    struct lg_budgets budgets = read_text("\"my suite/a \\\"test\\\" #1\" live=1\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 1);
    CU_ASSERT_STRING_EQUAL(budgets.rows[0].name, "my suite/a \"test\" #1");
    CU_ASSERT_EQUAL(live_of(&budgets, "my suite/a \"test\" #1"), 1);
    lg_budgets_free(&budgets);
}

static void test_the_most_precise_line_holds_by_gauge(void)
{
    struct lg_budgets budgets = read_text("*/* live=1 heap=4K\n"
                                          "cache/p* live=2\n"
                                          "cache/put live=3\n"
                                          "cache/* live=4\n");
    CU_ASSERT_EQUAL(live_of(&budgets, "other/test"), 1);
    CU_ASSERT_EQUAL(live_of(&budgets, "cache/pop"), 2);
    CU_ASSERT_EQUAL(live_of(&budgets, "cache/put"), 3);
    CU_ASSERT_EQUAL(live_of(&budgets, "cache/get"), 4);
    struct lg_budget_choice choice = choose(&budgets, "cache/put");
    CU_ASSERT_PTR_EQUAL(choice.by[LG_GAUGE_LIVE], &budgets.rows[2]);
    CU_ASSERT_PTR_EQUAL(choice.by[LG_GAUGE_HEAP], &budgets.rows[0]);
    CU_ASSERT_PTR_NULL(choice.by[LG_GAUGE_FDS]);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_FDS], 7);
    lg_budgets_free(&budgets);
}

static void test_a_program_may_be_named(void)
{
    struct lg_budgets budgets = read_text("other:tcp/open live=1\nnet_tests:tcp/open live=2\n"
                                          "tcp/open live=3\n\"leaks: odd/name\" live=4\n"
                                          "net_*:udp/* live=5\n");
    CU_ASSERT_EQUAL(live_of(&budgets, "tcp/open"), 2);
    CU_ASSERT_EQUAL(live_of(&budgets, "leaks: odd/name"), 4);
    CU_ASSERT_EQUAL(live_of(&budgets, "udp/send"), 5);
    lg_budgets_free(&budgets);
}

static void test_a_line_counts_until_its_day(void)
{
    struct lg_budgets budgets = read_text("a/b live=1 # JIRA-12, until 2024-10-03\n"
                                          "a/c live=2 # until 2024-10-04 at the latest\n"
                                          "a/d live=3 # until we know more\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 3);
    CU_ASSERT_TRUE(budgets.rows[0].expired);
    CU_ASSERT_FALSE(budgets.rows[1].expired || budgets.rows[2].expired);
    CU_ASSERT_EQUAL(live_of(&budgets, "a/b"), 0);
    CU_ASSERT_EQUAL(live_of(&budgets, "a/c"), 2);
    lg_budgets_free(&budgets);
}

/* A day is looked for behind each "until", as a word. */
static void test_the_first_day_of_a_comment_counts(void)
{
    struct lg_budgets budgets = read_text("a/a live=1 # until we know, at most until 2024-10-03\n"
                                          "a/b live=1 # until 2024-10-03, not until 2099-12-31\n"
                                          "a/c live=1 # until 2099-12-31, not until 2024-10-03\n"
                                          "a/d live=1 # the sunsuntil 2024-10-03\n"
                                          "a/e live=1 #until 2024-10-03\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 5);
    CU_ASSERT_TRUE(budgets.rows[0].expired);
    CU_ASSERT_TRUE(budgets.rows[1].expired);
    CU_ASSERT_FALSE(budgets.rows[2].expired);
    CU_ASSERT_FALSE(budgets.rows[3].expired);
    CU_ASSERT_TRUE(budgets.rows[4].expired);
    lg_budgets_free(&budgets);
}

/* Whether a line with COMMENT, read on the 2024-10-04, counts no more. */
static bool expired(const char *comment)
{
    struct lg_text line = {0};
    lg_text_add(&line, "a/b live=1 # %s\n", comment);
    struct lg_budgets budgets = read_text(lg_text_string(&line));
    CU_ASSERT_EQUAL_FATAL(budgets.count, 1);
    bool over = budgets.rows[0].expired;
    lg_budgets_free(&budgets);
    lg_text_free(&line);
    return over;
}

static void test_a_day_is_written_as_people_do(void)
{
    CU_ASSERT_TRUE(expired("Until 2024-10-03"));
    CU_ASSERT_TRUE(expired("UNTIL: 2024-10-03"));
    CU_ASSERT_TRUE(expired("until:2024-10-03"));
    CU_ASSERT_TRUE(expired("until \t : 2024-10-03"));
    CU_ASSERT_TRUE(expired("(until 2024-10-03)"));
    CU_ASSERT_TRUE(expired("valid-until 2024-10-03."));
    CU_ASSERT_TRUE(expired("uNtIl 2024-10-03, JIRA-1"));
    CU_ASSERT_TRUE(expired("until 1970-01-01"));
    CU_ASSERT_TRUE(expired("until 2024-02-29"));
    CU_ASSERT_FALSE(expired("Until: 2024-10-04"));
    CU_ASSERT_FALSE(expired("until 9999-12-31"));
}

static void test_what_no_digit_follows_is_no_day(void)
{
    CU_ASSERT_FALSE(expired("until"));
    CU_ASSERT_FALSE(expired("until2024-10-03"));
    CU_ASSERT_FALSE(expired("until, 2024-10-03"));
    CU_ASSERT_FALSE(expired("until the 2024-10-03"));
    CU_ASSERT_FALSE(expired("until -2024-10-03"));
    CU_ASSERT_FALSE(expired("untill 2024-10-03"));
    CU_ASSERT_FALSE(expired("1until 2024-10-03"));
    CU_ASSERT_FALSE(expired("2024-10-03"));
    CU_ASSERT_TRUE(expired("until until: 2024-10-03"));
    CU_ASSERT_TRUE(expired("until: we know, untill 2099-12-31, Until 2024-10-03"));
}

static void check_no_date(const char *written, const char *shown)
{
    struct lg_text line = {0};
    struct lg_text complaint = {0};
    lg_text_add(&line, "a/b live=1 # %s\n", written);
    lg_text_add(&complaint, ":1: 'until %s' is no date (YYYY-MM-DD)", shown);
    check_refused(lg_text_string(&line), lg_text_string(&complaint));
    lg_text_free(&line);
    lg_text_free(&complaint);
}

/* A line that was to be over would count for ever. */
static void test_a_day_that_is_none_is_refused(void)
{
    check_no_date("until 2027-01-311", "2027-01-311");
    check_no_date("until 2027-01-31st", "2027-01-31st");
    check_no_date("until 2027-01-31-1", "2027-01-31-1");
    check_no_date("UNTIL: 2027-1-31", "2027-1-31");
    check_no_date("until 27-01-31", "27-01-31");
    check_no_date("until 2027-01", "2027-01");
    check_no_date("until 2027-+1-31", "2027-+1-31");
    check_no_date("until 2027- 1-31", "2027-");
    check_no_date("until 2027-00-10", "2027-00-10");
    check_no_date("until 2027-04-31, and no more", "2027-04-31");
    check_no_date("until 2027/01/31", "2027/01/31");
    check_no_date("until 31.01.2027", "31");
    check_no_date("until 1969-12-31", "1969-12-31");
    check_no_date("until 5 more are fixed, until 2099-12-31", "5");
}

#define TWICE(line, name, first)                                                                   \
    ":" #line ": '" name "' is in line " #first " already; keep one of them"

/* One of them would be of no use, unseen. */
static void test_a_line_that_is_there_twice_is_refused(void)
{
    check_refused("a/b live=1\na/b live=1\n", TWICE(2, "a/b", 1));
    check_refused("# x\na/b live=1\n\nb/c live=1\na/b fds=1,live=2\n", TWICE(5, "a/b", 2));
    check_refused("a/b expect-leak\na/b live=1 expect-leak\n", TWICE(2, "a/b", 1));
    check_refused("p:a/b live=1\np:a/b live=1 # until 2024-10-04\n", TWICE(2, "p:a/b", 1));
    check_refused("a/* live=1\n\"a/*\" live=2\n", TWICE(2, "a/*", 1));
    check_refused("\"a/b\" live=1\na/b live=2\n", TWICE(2, "a/b", 1));
    check_refused("a/\\* live=1\n\"a/\\*\" live=1\n", TWICE(2, "a/*", 1));
    check_refused("z/z fds=1\na/b live=1\nz/z fds=1", TWICE(3, "z/z", 1));
}

/* Whatever lies between the two. */
static void test_a_line_that_is_there_twice_is_found_among_its_like(void)
{
    check_refused("a/b live=1\na/b fds=1\na/b live=2\n", TWICE(3, "a/b", 1));
    check_refused("a/b live=1\na/b live=1 # until 2024-10-03\na/b live=2\n", TWICE(3, "a/b", 1));
    check_refused("a/* live=1\na/\\* live=1\na/* live=2\n", TWICE(3, "a/*", 1));
    check_refused("a/b expect-leak\na/b live=1\na/b fds=1\na/b expect-leak\n", TWICE(4, "a/b", 1));
    check_refused("a/b live=1\na/b fds=1\na/b heap=1,fds=0\n", TWICE(3, "a/b", 2));
}

static void test_lines_of_one_name_may_limit_what_the_others_do_not(void)
{
    struct lg_budgets budgets =
        read_text("a/b live=1\na/b fds=2 expect-leak\na/b heap=3\n"
                  "a/b live=4 # until 2024-10-03\na/b live=5 expect-leak # until 2024-10-03\n"
                  "net_tests:a/b live=6\na/* live=7\na/\\* live=8\nA/b live=9\na/bc live=10\n");
    struct lg_budget_choice choice = choose(&budgets, "a/b");
    CU_ASSERT_EQUAL(budgets.count, 10);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 6);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_FDS], 2);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_HEAP], 3);
    CU_ASSERT_PTR_EQUAL(choice.expects_leak, &budgets.rows[1]);
    CU_ASSERT_EQUAL(live_of(&budgets, "a/*"), 8);
    lg_budgets_free(&budgets);
}

/* A line at random, of few names, as LINE says it. */
static void random_line(uint64_t *random, struct lg_budget_line *line, struct lg_text *text)
{
    static char names[][4] = {"a/b", "a/c", "b/a"};
    *line = (struct lg_budget_line){.name = names[next_number(random, 3)],
                                    .named = 1U << next_number(random, LG_GAUGE_COUNT),
                                    .expects_leak = next_number(random, 6) == 0,
                                    .expired = next_number(random, 4) == 0};
    line->named |= 1U << next_number(random, LG_GAUGE_COUNT);
    lg_text_add(text, "%s", line->name);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((line->named & LG_GAUGE_BIT(gauge)) != 0)
            lg_text_add(text, " %s=1", lg_gauge_name((enum lg_gauge)gauge));
    }
    lg_text_add(text, "%s%s\n", line->expects_leak ? " expect-leak" : "",
                line->expired ? " # until 2024-10-03" : "");
}

static bool are_double(const struct lg_budget_line *a, const struct lg_budget_line *b)
{
    return strcmp(a->name, b->name) == 0 && !a->expired && !b->expired &&
           ((a->named & b->named) != 0 || (a->expects_leak && b->expects_leak));
}

static void test_a_file_is_refused_if_and_only_if_two_lines_say_the_same(void)
{
    uint64_t random = 61;
    size_t refused = 0;
    for (int round = 0; round < 2000; round++) {
        struct lg_budget_line lines[6];
        struct lg_text text = {0};
        struct lg_budgets budgets;
        bool expected = false;
        size_t count = 1 + next_number(&random, 6);
        for (size_t i = 0; i < count; i++) {
            random_line(&random, &lines[i], &text);
            for (size_t other = 0; other < i; other++)
                expected |= are_double(&lines[i], &lines[other]);
        }
        CU_ASSERT_EQUAL(read_bytes(&budgets, text.data, text.length), expected ? -EINVAL : 0);
        CU_ASSERT_EQUAL(budgets.count, expected ? 0 : count);
        refused += expected;
        lg_budgets_free(&budgets);
        lg_text_free(&text);
    }
    CU_ASSERT(refused > 300 && refused < 1700);
}

/* What is at hand is read as the file that holds it. */
static void test_text_is_read_as_a_file_of_it_is(void)
{
    static const char letters[] =
        "a/b*[\"\\=#,: \n\r\0liveheap5Kuntil-2024expect-leak\xff\xef\xbb\xbf";
    uint64_t random = 8;
    for (int i = 0; i < 2000; i++) {
        struct lg_budgets budgets;
        struct lg_budgets file;
        char text[65] = "";
        char error[512];
        size_t length = next_number(&random, sizeof(text));
        for (size_t at = 0; at < length; at++)
            text[at] = letters[next_number(&random, sizeof(letters) - 1)];
        int status = read_bytes(&file, text, length);
        CU_ASSERT_EQUAL(lg_budgets_read_text(&budgets, PATH "-XXXXXX", text, length, TODAY, error,
                                             sizeof(error)),
                        status);
        CU_ASSERT_EQUAL(error[0] == '\0', said[0] == '\0');
        if (status != 0)
            CU_ASSERT_STRING_EQUAL(error + strlen(PATH "-XXXXXX"), said + strlen(PATH "-XXXXXX"));
        CU_ASSERT_EQUAL(budgets.count, file.count);
        for (size_t row = 0; row < budgets.count && row < file.count; row++)
            CU_ASSERT_STRING_EQUAL(budgets.rows[row].name, file.rows[row].name);
        lg_budgets_free(&budgets);
        lg_budgets_free(&file);
    }
}

static void test_text_is_read_to_its_length_and_no_further(void)
{
    static const char text[] = "a/b live=12\nc/d live=1\0 heap=1\n";
    struct lg_budgets budgets;
    CU_ASSERT_EQUAL(lg_budgets_read_text(&budgets, "x.txt", text, 10, TODAY, said, sizeof(said)),
                    0);
    CU_ASSERT_STRING_EQUAL(said, "");
    CU_ASSERT_STRING_EQUAL(budgets.path, "x.txt");
    CU_ASSERT_EQUAL(live_of(&budgets, "a/b"), 1);
    CU_ASSERT_EQUAL(budgets.count, 1);
    lg_budgets_free(&budgets);
    CU_ASSERT_EQUAL(lg_budgets_read_text(&budgets, "x.txt", text, 0, TODAY, said, sizeof(said)), 0);
    CU_ASSERT_EQUAL(budgets.count, 0);
    lg_budgets_free(&budgets);
    CU_ASSERT_EQUAL(
        lg_budgets_read_text(&budgets, "x.txt", text, sizeof(text) - 1, TODAY, said, sizeof(said)),
        -EINVAL);
    CU_ASSERT_STRING_EQUAL(said, "x.txt:2: a NUL byte (budgets are text, lines NAME GAUGE=LIMIT... "
                                 "[expect-leak] [# comment])");
    CU_ASSERT_EQUAL(budgets.count, 0);
    lg_budgets_free(&budgets);
}

static void test_the_limits_a_line_began_with_are_read(void)
{
    struct lg_budgets budgets = read_text("a/b live=96 fds=2 first:live=64,fds=unlimited # x\n");
    CU_ASSERT_EQUAL_FATAL(budgets.count, 1);
    const struct lg_budget_line *line = &budgets.rows[0];
    CU_ASSERT_EQUAL(line->named, LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_FDS));
    CU_ASSERT_EQUAL(line->first_named, line->named);
    CU_ASSERT_EQUAL(line->limits.values[LG_GAUGE_LIVE], 96);
    CU_ASSERT_EQUAL(line->first.values[LG_GAUGE_LIVE], 64);
    CU_ASSERT_EQUAL(line->first.values[LG_GAUGE_FDS], LG_BUDGET_UNLIMITED);
    CU_ASSERT_EQUAL(live_of(&budgets, "a/b"), 96);
    lg_budgets_free(&budgets);
    check_refused("a/b live=1 first:\n", ":1: '' is not of the form GAUGE=LIMIT");
    check_refused("a/b live=1 first:heep=1\n",
                  ":1: unknown gauge 'heep' (heap, mmap, live, frag, fds, threads, children)");
}

/* As if there were no line of that very test. */
static void test_globs_alone_may_be_asked_for(void)
{
    struct lg_budgets budgets = read_text("a/b live=1\na/* live=2 expect-leak\na/b fds=3\n");
    struct lg_budget fallback;
    struct lg_budget_choice choice;
    lg_budget_init(&fallback);
    struct lg_budget_asked asked = {
        .program = "p", .test = "a/b", .fallback = &fallback, .globs_only = true};
    lg_budgets_choose(&budgets, &asked, &choice);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 2);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_FDS], LG_BUDGET_UNLIMITED);
    CU_ASSERT_PTR_EQUAL(choice.expects_leak, &budgets.rows[1]);
    lg_budgets_free(&budgets);
}

static void test_where_a_leak_is_expected_only_named_gauges_are_limited(void)
{
    struct lg_budgets budgets = read_text("a/b expect-leak\na/c live=64 expect-leak\n");
    struct lg_budget_choice choice = choose(&budgets, "a/b");
    CU_ASSERT_PTR_EQUAL(choice.expects_leak, &budgets.rows[0]);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], LG_BUDGET_UNLIMITED);
    choice = choose(&budgets, "a/c");
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 64);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_HEAP], LG_BUDGET_UNLIMITED);
    CU_ASSERT_PTR_NULL(choose(&budgets, "a/d").expects_leak);
    lg_budgets_free(&budgets);
}

/* A line, exact or glob, goes before what the test says, and that before --budget. */
static void test_the_test_itself_goes_before_the_option(void)
{
    struct lg_budgets budgets = read_text("a/b live=5\na/g* live=6\n");
    struct lg_wishes own = {.named = LG_GAUGE_BIT(LG_GAUGE_LIVE) | LG_GAUGE_BIT(LG_GAUGE_FDS)};
    own.limits.values[LG_GAUGE_LIVE] = 3;
    own.limits.values[LG_GAUGE_FDS] = 2;
    struct lg_budget_choice choice = choose_with(&budgets, "a/b", &own);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 5);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_FDS], 2);
    CU_ASSERT_EQUAL(choice.own, LG_GAUGE_BIT(LG_GAUGE_FDS));
    choice = choose_with(&budgets, "a/g", &own);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 6);
    choice = choose_with(&budgets, "a/c", &own);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_LIVE], 3);
    CU_ASSERT_EQUAL(choice.budget.limits.values[LG_GAUGE_HEAP], 0);
    lg_budgets_free(&budgets);
}

static void test_wrong_lines_are_named(void)
{
    check_refused("a/b live=1\na/c heep=1\n",
                  ":2: unknown gauge 'heep' (heap, mmap, live, frag, fds, threads, children)");
    check_refused("a/b\n",
                  ":1: 'a/b' has no limit (NAME GAUGE=LIMIT... [expect-leak] [# comment])");
    check_refused("ab live=1\n", ":1: 'ab' is not of the form [PROGRAM:]SUITE/TEST");
    check_refused("a/b live=1 live=2\n", ":1: live is limited twice");
    check_refused("a/b live\n", ":1: 'live' is not of the form GAUGE=LIMIT");
    check_refused("\"a/b live=1\n", ":1: the quotes of the name do not end (\"SUITE/TEST\")");
    check_refused("a/b live=1 # until 2024-13-01\n",
                  ":1: 'until 2024-13-01' is no date (YYYY-MM-DD)");
    check_refused("a/b live=1 # until 2023-02-29\n",
                  ":1: 'until 2023-02-29' is no date (YYYY-MM-DD)");
}

static void test_a_file_that_is_not_there_is_named(void)
{
    struct lg_budgets budgets;
    CU_ASSERT_EQUAL(lg_budgets_read(&budgets, "/no/such/file", TODAY, said, sizeof(said)), -ENOENT);
    CU_ASSERT_STRING_EQUAL(said, "/no/such/file: No such file or directory");
}

/* Any bytes at all are read, or refused with their line. */
static void test_random_bytes_are_read_or_refused(void)
{
    static const char letters[] = "a/b*[\"\\=#,: \n\r\0liveheap5Kuntil-2024expect-leak\xff";
    uint64_t random = 7;
    for (int i = 0; i < 3000; i++) {
        struct lg_budgets budgets;
        char text[64];
        for (size_t at = 0; at < sizeof(text); at++)
            text[at] = letters[next_number(&random, sizeof(letters) - 1)];
        int status = read_bytes(&budgets, text, sizeof(text));
        CU_ASSERT(status == 0 || (status == -EINVAL && strncmp(said, PATH, strlen(PATH)) == 0));
        lg_budgets_free(&budgets);
    }
}

int add_budgets_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_line_limits_the_gauges_it_names),
        UNIT_TEST(test_names_in_quotes_may_have_anything),
        UNIT_TEST(test_the_most_precise_line_holds_by_gauge),
        UNIT_TEST(test_a_program_may_be_named),
        UNIT_TEST(test_a_line_counts_until_its_day),
        UNIT_TEST(test_the_first_day_of_a_comment_counts),
        UNIT_TEST(test_a_day_is_written_as_people_do),
        UNIT_TEST(test_what_no_digit_follows_is_no_day),
        UNIT_TEST(test_a_day_that_is_none_is_refused),
        UNIT_TEST(test_a_line_that_is_there_twice_is_refused),
        UNIT_TEST(test_a_line_that_is_there_twice_is_found_among_its_like),
        UNIT_TEST(test_lines_of_one_name_may_limit_what_the_others_do_not),
        UNIT_TEST(test_a_file_is_refused_if_and_only_if_two_lines_say_the_same),
        UNIT_TEST(test_text_is_read_as_a_file_of_it_is),
        UNIT_TEST(test_text_is_read_to_its_length_and_no_further),
        UNIT_TEST(test_the_limits_a_line_began_with_are_read),
        UNIT_TEST(test_globs_alone_may_be_asked_for),
        UNIT_TEST(test_where_a_leak_is_expected_only_named_gauges_are_limited),
        UNIT_TEST(test_the_test_itself_goes_before_the_option),
        UNIT_TEST(test_wrong_lines_are_named),
        UNIT_TEST(test_a_file_that_is_not_there_is_named),
        UNIT_TEST(test_random_bytes_are_read_or_refused),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("budgets", tests);
}
