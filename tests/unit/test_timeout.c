/* How long a test may take: by its own word, or by the orders. */
#include "agent/agent.h"
#include "agent/timeout.h"
#include "unit.h"

#include <math.h>
#include <string.h>

struct lg_agent lg_agent;

static struct lg_ledger_header header;

/* A test under orders that give it so long. */
static struct lg_record test_under(uint64_t timeout_ms)
{
    memset(&header, 0, sizeof(header));
    header.orders.timeout_ms = timeout_ms;
    lg_agent.ledger.header = &header;
    return (struct lg_record){.run_limit_ms = timeout_ms};
}

static void test_seconds_become_milliseconds(void)
{
    CU_ASSERT_EQUAL(lg_timeout_from(0.3), 300);
    CU_ASSERT_EQUAL(lg_timeout_from(10), 10000);
    CU_ASSERT_EQUAL(lg_timeout_from(0.0001), 1);
    CU_ASSERT_EQUAL(lg_timeout_from(1e-300), 1);
    CU_ASSERT_EQUAL(lg_timeout_from(0), 0);
    CU_ASSERT_EQUAL(lg_timeout_from(-1), 0);
    CU_ASSERT_EQUAL(lg_timeout_from((double)NAN), 0);
    CU_ASSERT_EQUAL(lg_timeout_from(1e30), UINT64_C(1000000000000));
    CU_ASSERT_EQUAL(lg_timeout_from((double)INFINITY), UINT64_C(1000000000000));
}

static void test_its_own_word_goes_before_the_orders(void)
{
    struct lg_record record = test_under(1000);
    CU_ASSERT_EQUAL(lg_timeout_of(&record), 1000);
    lg_timeout_change(&record, 300, true);
    CU_ASSERT_EQUAL(lg_timeout_of(&record), 300);
    CU_ASSERT_EQUAL(record.run_limit_ms, 300);
    lg_timeout_change(&record, 0, true);
    CU_ASSERT_EQUAL(lg_timeout_of(&record), 0);
    CU_ASSERT_EQUAL(record.run_limit_ms, 0);
}

static void test_more_time_is_asked_for_where_it_is_more(void)
{
    struct lg_record record = test_under(1000);
    lg_timeout_change(&record, 300, true);
    CU_ASSERT_EQUAL(record.more_ms, 0);
    lg_timeout_change(&record, 2000, true);
    CU_ASSERT(record.more_ms >= 8 * UINT64_C(1700));
    uint64_t more_ms = record.more_ms;
    lg_timeout_change(&record, 2000, false);
    CU_ASSERT_EQUAL(record.more_ms, more_ms);
    lg_timeout_change(&record, 0, true);
    CU_ASSERT_EQUAL(record.more_ms, LG_RECORD_WITHOUT_END);
    lg_timeout_change(&record, 2000, true);
    CU_ASSERT_EQUAL(record.more_ms, LG_RECORD_WITHOUT_END);
}

static void test_a_repeated_run_gets_no_more_time(void)
{
    struct lg_record record = test_under(60000);
    record.run_limit_ms = 1010;
    lg_timeout_change(&record, 10000, false);
    CU_ASSERT_EQUAL(record.run_limit_ms, 1010);
    lg_timeout_change(&record, 0, false);
    CU_ASSERT_EQUAL(record.run_limit_ms, 1010);
    lg_timeout_change(&record, 500, false);
    CU_ASSERT_EQUAL(record.run_limit_ms, 500);
    record.run_limit_ms = 0;
    lg_timeout_change(&record, 500, false);
    CU_ASSERT_EQUAL(record.run_limit_ms, 500);
}

static void test_a_child_has_room_for_all_its_runs(void)
{
    struct lg_record record = test_under(1000);
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 0), 28000);
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 5), 33000);
    record.wishes = (struct lg_wishes){.flags = LG_WISH_TIMEOUT, .timeout_ms = 2000};
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 0), 36000);
    record.wishes.timeout_ms = 0;
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 0), 0);
    record = test_under(0);
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 0), 0);
    record.wishes = (struct lg_wishes){.flags = LG_WISH_TIMEOUT, .timeout_ms = 2000};
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 1), 0);
}

/* A body that runs before the test asks for time while it runs. */
static void test_what_runs_before_a_test_gets_its_time(void)
{
    struct lg_record record = test_under(1000);
    lg_timeout_extend(&record, 5000);
    CU_ASSERT_EQUAL(record.run_limit_ms, 6000);
    CU_ASSERT_EQUAL(record.more_ms, 5000);
    CU_ASSERT_EQUAL(lg_timeout_of(&record), 1000);
    lg_timeout_extend(&record, 0);
    CU_ASSERT_EQUAL(record.run_limit_ms, 0);
    CU_ASSERT_EQUAL(record.more_ms, LG_RECORD_WITHOUT_END);
    lg_timeout_extend(&record, 5000);
    CU_ASSERT_EQUAL(record.run_limit_ms, 0);
    CU_ASSERT_EQUAL(record.more_ms, LG_RECORD_WITHOUT_END);
}

/* It may be of another suite, whose limit is forgotten by now. The last of these tests: what was
 * noted stays. */
static void test_what_runs_before_a_test_has_the_longest_limit_of_all(void)
{
    struct lg_record record = test_under(1000);
    CU_ASSERT_EQUAL(lg_timeout_of_preparation(&record, 3), 3000);
    lg_timeout_note(300);
    CU_ASSERT_EQUAL(lg_timeout_of_preparation(&record, 3), 3000);
    lg_timeout_note(7000);
    lg_timeout_note(2000);
    CU_ASSERT_EQUAL(lg_timeout_of_preparation(&record, 3), 21000);
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 3), 49000);
    CU_ASSERT_EQUAL(lg_timeout_of_child(&record, 0), 28000);
    record.wishes = (struct lg_wishes){.flags = LG_WISH_TIMEOUT, .timeout_ms = 9000};
    CU_ASSERT_EQUAL(lg_timeout_of_preparation(&record, 2), 18000);
    lg_timeout_note(0);
    CU_ASSERT_EQUAL(lg_timeout_of_preparation(&record, 3), 0);
}

int add_timeout_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_seconds_become_milliseconds),
        UNIT_TEST(test_its_own_word_goes_before_the_orders),
        UNIT_TEST(test_more_time_is_asked_for_where_it_is_more),
        UNIT_TEST(test_a_repeated_run_gets_no_more_time),
        UNIT_TEST(test_a_child_has_room_for_all_its_runs),
        UNIT_TEST(test_what_runs_before_a_test_gets_its_time),
        UNIT_TEST(test_what_runs_before_a_test_has_the_longest_limit_of_all),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("timeout", tests);
}
