/* --ratchet: a line fails the tests that it is for once it allows more than all of them need. */
#include "budget_play.h"
#include "runner/results.h"
#include "support.h"
#include "synthetic.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

struct ratchet {
    struct synthetic run;
    struct lg_budgets budgets;
};

/* A run of p with --ratchet, and of TEXT. */
static void start(struct ratchet *ratchet, const char *text)
{
    char error[512];
    CU_ASSERT_TRUE_FATAL(synthetic_init(&ratchet->run));
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&ratchet->budgets, text, strlen(text), error), 0);
    ratchet->budgets.path = "budgets.txt";
    ratchet->run.options.budgets = &ratchet->budgets;
    ratchet->run.options.ratchet = true;
    synthetic_add_host(&ratchet->run, "/build/p");
}

/* a/b, which takes LIVE bytes a run. */
static struct lg_record *add(struct ratchet *ratchet, int64_t live)
{
    struct lg_record *record = synthetic_add_leak(&ratchet->run, "a", "b");
    record->growth.values[LG_GAUGE_LIVE] = 10 * live;
    record->leaking = live > 0 ? BIT(LIVE) : 0;
    return record;
}

/* The verdicts in the order of the rows, a letter each: better than its budget, passed, failed
 * otherwise, leaked, or skipped. The counts are those of the rows. */
static void check_and_finish(struct ratchet *ratchet, const char *expected)
{
    const struct lg_results *results = &ratchet->run.results;
    size_t counts[LG_VERDICT_COUNT] = {0};
    synthetic_read(&ratchet->run);
    CU_ASSERT_EQUAL(results->count, strlen(expected));
    for (size_t i = 0; i < results->count && i < strlen(expected); i++) {
        const struct lg_verdict *verdict = &results->rows[i].verdict;
        static const char letters[LG_VERDICT_COUNT] = {
            [LG_VERDICT_PASSED] = '.',  [LG_VERDICT_FAILED] = 'f',  [LG_VERDICT_LEAKED] = 'L',
            [LG_VERDICT_SKIPPED] = 's', [LG_VERDICT_CRASHED] = 'c',
        };
        counts[verdict->kind]++;
        CU_ASSERT_EQUAL(verdict->better != 0 ? 'b' : letters[verdict->kind], expected[i]);
        CU_ASSERT_EQUAL(verdict->better != 0,
                        strncmp(results->rows[i].message, "better than its budget: ", 24) == 0);
        if (verdict->better != 0)
            CU_ASSERT_EQUAL(verdict->kind, LG_VERDICT_FAILED);
    }
    CU_ASSERT_EQUAL(memcmp(counts, results->counts, sizeof(counts)), 0);
    synthetic_fini(&ratchet->run);
    lg_budgets_free(&ratchet->budgets);
}

static void check_one(const char *text, int64_t live, const char *expected)
{
    struct ratchet ratchet;
    start(&ratchet, text);
    add(&ratchet, live);
    check_and_finish(&ratchet, expected);
}

static void test_a_line_that_allows_more_than_is_needed_fails_its_test(void)
{
    check_one("a/b live=65\n", 64, "b");
    check_one("p:a/b live=65\n", 64, "b");
    check_one("a/b live=unlimited\n", 64, "b");
    check_one("a/b live=1\n", 0, "b");
    check_one("a/b live=64 mmap=1\n", 64, "b");
    check_one("a/b live=65 first:live=65 # until 2099-12-31\n", 64, "b");
    check_one("a/b live=65 expect-leak\n", 64, "b");
    check_one("a/b live=64\n", 64, ".");
    check_one("a/b live=63\n", 64, "L");
    check_one("a/b live=0\n", 0, ".");
    check_one("a/b expect-leak\n", 64, ".");
}

static void test_lines_that_are_not_for_that_very_test_fail_none(void)
{
    check_one("a/* live=65\n", 64, ".");
    check_one("a/b live=65 # until 2024-10-03\na/* live=99\n", 64, ".");
    check_one("p:a/b live=64\na/b live=99\n", 64, ".");
    check_one("q:a/b live=99\np:a/b live=64\n", 64, ".");
    check_one("a/b live=64\na/* live=99 mmap=1\n", 64, ".");
}

/* A gauge that was not measured says nothing of the others. */
static void test_each_gauge_is_judged_for_itself(void)
{
    struct ratchet ratchet;
    check_one("a/b live=65 fds=1\n", 64, "b");
    check_one("a/b live=64 fds=1\n", 64, ".");
    start(&ratchet, "a/b live=99 mmap=99\n");
    add(&ratchet, 64)->measured &= ~BIT(MMAP);
    add(&ratchet, 64);
    synthetic_read(&ratchet.run);
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(ratchet.run.results.rows[i].verdict.better, BIT(LIVE));
    lg_results_free(&ratchet.run.results);
    check_and_finish(&ratchet, "bb");
}

/* The line has to hold for the one that needs the most. */
static void test_tests_of_one_name_share_the_line(void)
{
    struct ratchet ratchet;
    start(&ratchet, "a/b live=128\n");
    add(&ratchet, 64);
    add(&ratchet, 128);
    add(&ratchet, 0);
    check_and_finish(&ratchet, "...");
    start(&ratchet, "a/b live=129\n");
    add(&ratchet, 64);
    add(&ratchet, 128);
    add(&ratchet, 0);
    check_and_finish(&ratchet, "bbb");
    start(&ratchet, "a/b live=127\n");
    add(&ratchet, 64);
    add(&ratchet, 128);
    check_and_finish(&ratchet, ".L");
}

static void test_programs_share_a_line_that_names_none(void)
{
    static const char *const texts[] = {"a/b live=128\n", "a/b live=129\n",
                                        "p:a/b live=128\na/b live=128\n",
                                        "p:a/b live=64\nq:a/b live=129\n"};
    static const char *const expected[] = {"..", "bb", "b.", ".b"};
    for (size_t i = 0; i < 4; i++) {
        struct ratchet ratchet;
        start(&ratchet, texts[i]);
        add(&ratchet, 64);
        synthetic_add_host(&ratchet.run, "/build/q");
        add(&ratchet, 128);
        check_and_finish(&ratchet, expected[i]);
    }
}

/* What it needs is not known: it may be the one that needs the line as it is. */
static void test_a_test_that_has_not_come_so_far_blocks_the_line(void)
{
    static const enum lg_record_state states[] = {LG_RECORD_INACTIVE, LG_RECORD_FILTERED,
                                                  LG_RECORD_OTHER_SHARD};
    struct ratchet ratchet;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        start(&ratchet, "a/b live=128\n");
        add(&ratchet, 64);
        add(&ratchet, 0)->state = states[i];
        check_and_finish(&ratchet, ".s");
    }
    start(&ratchet, "a/b live=128\n");
    synthetic_add_failure(&ratchet.run, add(&ratchet, 0), "a.c", 1, "x");
    add(&ratchet, 64);
    check_and_finish(&ratchet, "f.");
    start(&ratchet, "a/b live=128\n");
    add(&ratchet, 0)->wishes.flags = LG_WISH_UNMEASURED;
    add(&ratchet, 64);
    check_and_finish(&ratchet, "..");
    start(&ratchet, "a/b live=128\n");
    struct lg_record *crashed = add(&ratchet, 0);
    crashed->ending = LG_ENDING_SIGNALED;
    crashed->wait_status = DIED_OF(11);
    add(&ratchet, 64);
    check_and_finish(&ratchet, "c.");
}

static void test_a_test_of_another_line_blocks_none(void)
{
    struct ratchet ratchet;
    start(&ratchet, "a/b live=128\na/c live=128\n");
    add(&ratchet, 64);
    synthetic_add_test(&ratchet.run, "a", "c")->state = LG_RECORD_FILTERED;
    check_and_finish(&ratchet, "bs");
    start(&ratchet, "a/b live=128\n");
    add(&ratchet, 64);
    synthetic_add_test(&ratchet.run, "a", "b")->kind = LG_RECORD_SUITE_INIT;
    check_and_finish(&ratchet, "bf");
}

/* It leaks too much, or no more: that is told, and what it needs is known all the same. */
static void test_a_test_that_fails_for_its_line_stays_what_it_is(void)
{
    struct ratchet ratchet;
    start(&ratchet, "a/b live=64 mmap=99\n");
    add(&ratchet, 128);
    add(&ratchet, 64);
    check_and_finish(&ratchet, "Lb");
    start(&ratchet, "a/b live=128 expect-leak\n");
    add(&ratchet, 0);
    add(&ratchet, 64);
    check_and_finish(&ratchet, "fb");
    check_one("a/b live=128 expect-leak\n", 0, "f");
}

/* A limit that the next run needs for how far its runs lie apart is none too loose. */
static void test_what_is_within_the_noise_is_not_too_loose(void)
{
    static const int64_t growth[] = {256, 512, 384, 256, 512};
    for (int64_t limit = 96 + 256 + 1024; limit <= 96 + 256 + 1025; limit++) {
        struct ratchet ratchet;
        char text[64];
        snprintf(text, sizeof(text), "a/b live=%d\n", (int)limit);
        start(&ratchet, text);
        struct lg_record *record = add(&ratchet, 0);
        record->leaking = BIT(LIVE);
        record->judged_runs = 8;
        record->growth.values[LG_GAUGE_LIVE] = 8 * 96;
        struct lg_step *steps = lg_ledger_allocate(
            &ratchet.run.ledger, LG_LEDGER_MAX_STEPS * sizeof(*steps), &record->steps);
        CU_ASSERT_PTR_NOT_NULL_FATAL(steps);
        for (int i = 0; i < 5; i++) {
            steps[i].runs = 4;
            steps[i].growth.values[LG_GAUGE_LIVE] = growth[i];
        }
        record->steps_count = 5;
        check_and_finish(&ratchet, limit > 96 + 256 + 1024 ? "b" : ".");
    }
}

static void test_without_ratchet_or_a_file_nothing_is_failed(void)
{
    struct ratchet ratchet;
    start(&ratchet, "a/b live=128\n");
    ratchet.run.options.ratchet = false;
    add(&ratchet, 64);
    check_and_finish(&ratchet, ".");
    start(&ratchet, "# none\n");
    add(&ratchet, 0);
    check_and_finish(&ratchet, ".");
    start(&ratchet, "# none\n");
    ratchet.run.options.budgets = NULL;
    add(&ratchet, 0);
    check_and_finish(&ratchet, ".");
}

/* Whatever is run, and whatever the line: it fails all of those that passed, or none. */
static void test_a_line_fails_all_that_pass_or_none(void)
{
    uint64_t random = 71;
    size_t failed = 0;
    for (int round = 0; round < 500; round++) {
        struct ratchet ratchet;
        char text[32];
        char expected[6] = "";
        int64_t most = 0;
        int64_t limit = 32 * next_number(&random, 5);
        size_t count = 1 + next_number(&random, 5);
        bool known = true;
        snprintf(text, sizeof(text), "a/b live=%d\n", (int)limit);
        start(&ratchet, text);
        for (size_t i = 0; i < count; i++) {
            int64_t live = 32 * next_number(&random, 4);
            struct lg_record *record = add(&ratchet, live);
            expected[i] = live > limit ? 'L' : '.';
            if (next_number(&random, 12) == 0) {
                record->state = LG_RECORD_FILTERED;
                expected[i] = 's';
                known = false;
            } else if (live > most) {
                most = live;
            }
        }
        for (size_t i = 0; i < count && known && most < limit; i++)
            expected[i] = 'b';
        failed += known && most < limit;
        check_and_finish(&ratchet, expected);
    }
    CU_ASSERT(failed > 100 && failed < 400);
}

int add_ratchet_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_line_that_allows_more_than_is_needed_fails_its_test),
        UNIT_TEST(test_lines_that_are_not_for_that_very_test_fail_none),
        UNIT_TEST(test_each_gauge_is_judged_for_itself),
        UNIT_TEST(test_tests_of_one_name_share_the_line),
        UNIT_TEST(test_programs_share_a_line_that_names_none),
        UNIT_TEST(test_a_test_that_has_not_come_so_far_blocks_the_line),
        UNIT_TEST(test_a_test_of_another_line_blocks_none),
        UNIT_TEST(test_a_test_that_fails_for_its_line_stays_what_it_is),
        UNIT_TEST(test_what_is_within_the_noise_is_not_too_loose),
        UNIT_TEST(test_without_ratchet_or_a_file_nothing_is_failed),
        UNIT_TEST(test_a_line_fails_all_that_pass_or_none),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("ratchet", tests);
}
