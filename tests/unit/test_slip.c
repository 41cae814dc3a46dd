/* The slip of one test, and what the ledger keeps of it. */
#include "common/slip.h"
#include "unit.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct play {
    struct lg_ledger ledger;
    int fd;
    struct lg_slip *slips;
    struct lg_record *record; /* a test's, in the ledger */
};

static void start(struct play *play, uint32_t jobs)
{
    CU_ASSERT_EQUAL_FATAL(lg_ledger_create(jobs, &play->ledger, &play->fd), 0);
    CU_ASSERT_EQUAL_FATAL(lg_slip_map(play->fd, &play->ledger, 0, &play->slips), 0);
    play->record = lg_ledger_add_record(&play->ledger);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play->record);
    play->record->state = LG_RECORD_RUNNING;
    play->record->pass = 2;
    play->record->host = 1;
    play->record->suite = lg_ledger_add_text(&play->ledger, "cache");
    play->record->name = lg_ledger_add_text(&play->ledger, "hits");
    play->record->function_address = 4711;
    lg_slip_begin(play->slips, play->record);
}

static void finish(struct play *play)
{
    lg_slip_unmap(play->slips, &play->ledger);
    lg_ledger_close(&play->ledger);
    close(play->fd);
}

/* A failed assertion, as a child notes it in SLIP. */
static void fail_in(struct play *play, struct lg_slip *slip, const char *condition)
{
    struct lg_ledger own = lg_slip_ledger(slip, &play->ledger);
    lg_attic at;
    struct lg_failure *failure = lg_ledger_allocate(&own, sizeof(*failure), &at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(failure);
    failure->previous = slip->record.failures;
    failure->condition = lg_ledger_add_text(&own, condition);
    slip->record.failures = at;
    slip->record.asserts_failed++;
}

/* The condition of the newest failure of RECORD, by way of its part of the ledger. */
static const char *condition_of(const struct play *play, const struct lg_record *record)
{
    struct lg_ledger part = lg_ledger_part(&play->ledger, record);
    const struct lg_failure *failure =
        lg_ledger_at(&part, record->failures, sizeof(struct lg_failure));
    return failure != NULL ? lg_ledger_text(&part, failure->condition) : "(none)";
}

static void test_a_slip_begins_with_its_record_and_nothing_else(void)
{
    struct play play;
    start(&play, 1);
    CU_ASSERT_TRUE(lg_slip_is_whole(play.slips));
    CU_ASSERT_EQUAL(play.slips->record.function_address, 4711);
    fail_in(&play, play.slips, "a == b");
    play.slips->attic_lost_bytes = 7;
    play.slips->differs = 1;
    lg_slip_begin(play.slips, play.record);
    CU_ASSERT_TRUE(lg_slip_is_whole(play.slips));
    CU_ASSERT_EQUAL(play.slips->record.failures, 0);
    CU_ASSERT_EQUAL(play.slips->attic_used, 8);
    CU_ASSERT_EQUAL(play.slips->attic_lost_bytes, 0);
    CU_ASSERT_EQUAL(play.slips->differs, 0);
    finish(&play);
}

/* The first byte beyond the attic is another's. */
static void test_the_attic_of_a_slip_ends_with_it(void)
{
    struct play play;
    lg_attic at;
    start(&play, 2);
    struct lg_ledger own = lg_slip_ledger(play.slips, &play.ledger);
    uint32_t room = own.attic_bytes - play.slips->attic_used;
    CU_ASSERT_PTR_EQUAL(own.attic + own.attic_bytes, (char *)lg_slip_of(play.slips, 1));
    CU_ASSERT_PTR_EQUAL(own.attic + play.slips->attic_used, (char *)(play.slips + 1));
    CU_ASSERT_PTR_NULL(lg_ledger_allocate(&own, room + 1, &at));
    CU_ASSERT_EQUAL(play.slips->attic_lost_bytes, room + 1);
    CU_ASSERT_EQUAL(play.ledger.header->attic_lost_bytes, 0);
    CU_ASSERT_PTR_NOT_NULL(lg_ledger_allocate(&own, room, &at));
    CU_ASSERT_TRUE(lg_slip_is_whole(play.slips));
    CU_ASSERT_PTR_NULL(lg_ledger_add_record(&own));
    finish(&play);
}

static void test_a_slip_with_one_bit_of_its_seals_changed_is_not_whole(void)
{
    struct play play;
    start(&play, 1);
    for (unsigned bit = 0; bit < 64; bit++) {
        play.slips->front ^= UINT64_C(1) << bit;
        CU_ASSERT_FALSE(lg_slip_is_whole(play.slips));
        play.slips->front ^= UINT64_C(1) << bit;
        play.slips->back ^= UINT64_C(1) << bit;
        CU_ASSERT_FALSE(lg_slip_is_whole(play.slips));
        play.slips->back ^= UINT64_C(1) << bit;
    }
    CU_ASSERT_TRUE(lg_slip_is_whole(play.slips));
    finish(&play);
}

static void test_a_slip_whose_attic_can_not_be_is_not_whole(void)
{
    struct play play;
    start(&play, 1);
    uint32_t room = lg_slip_ledger(play.slips, &play.ledger).attic_bytes;
    play.slips->attic_used = room;
    CU_ASSERT_TRUE(lg_slip_is_whole(play.slips));
    play.slips->attic_used = room + 1;
    CU_ASSERT_FALSE(lg_slip_is_whole(play.slips));
    play.slips->attic_used = UINT32_MAX;
    CU_ASSERT_FALSE(lg_slip_is_whole(play.slips));
    play.slips->attic_used = 7;
    CU_ASSERT_FALSE(lg_slip_is_whole(play.slips));
    play.slips->attic_used = 0;
    CU_ASSERT_FALSE(lg_slip_is_whole(play.slips));
    finish(&play);
}

/* A slip that nobody has begun is full of zeros. */
static void test_a_slip_that_has_not_begun_is_not_whole(void)
{
    struct play play;
    start(&play, 2);
    CU_ASSERT_FALSE(lg_slip_is_whole(lg_slip_of(play.slips, 1)));
    finish(&play);
}

static void test_nothing_is_left_of_a_slip_that_was_written_over(void)
{
    struct play play;
    start(&play, 2);
    lg_slip_begin(lg_slip_of(play.slips, 1), play.record);
    memset(play.slips, 0x5a, LG_SLIP_BYTES);
    CU_ASSERT_FALSE(lg_slip_is_whole(play.slips));
    lg_slip_begin(play.slips, play.record);
    CU_ASSERT_TRUE(lg_slip_is_whole(play.slips));
    const char *rest = (const char *)(play.slips + 1);
    const char *end = (const char *)play.slips + LG_SLIP_BYTES;
    size_t set = 0;
    for (const char *at = rest; at < end; at++)
        set += *at != 0;
    CU_ASSERT_EQUAL(set, 0);
    CU_ASSERT_TRUE(lg_slip_is_whole(lg_slip_of(play.slips, 1)));
    finish(&play);
}

static blkcnt_t blocks_of(const struct play *play)
{
    struct stat status;
    return fstat(play->fd, &status) == 0 ? status.st_blocks : -1;
}

static void test_much_is_given_back_and_little_is_not(void)
{
    struct play play;
    lg_attic at;
    start(&play, 1);
    struct lg_ledger own = lg_slip_ledger(play.slips, &play.ledger);
    CU_ASSERT_PTR_NOT_NULL(lg_ledger_allocate(&own, 20000, &at));
    blkcnt_t little = blocks_of(&play);
    lg_slip_begin(play.slips, play.record);
    CU_ASSERT_EQUAL(blocks_of(&play), little);
    CU_ASSERT_PTR_NOT_NULL(lg_ledger_allocate(&own, 1000000, &at));
    CU_ASSERT_TRUE(blocks_of(&play) >= little + (1000000 - 20000) / 512 - 16);
    lg_slip_begin(play.slips, play.record);
    CU_ASSERT_TRUE(blocks_of(&play) < little);
    finish(&play);
}

static void test_each_host_has_slips_of_its_own(void)
{
    struct play play;
    struct lg_slip *others = NULL;
    start(&play, 3);
    CU_ASSERT_EQUAL_FATAL(lg_slip_map(play.fd, &play.ledger, LG_LEDGER_MAX_HOSTS - 1, &others), 0);
    CU_ASSERT_FALSE(lg_slip_is_whole(others));
    memset(others, 0x5a, play.ledger.slots * LG_SLIP_BYTES);
    CU_ASSERT_TRUE(lg_slip_is_whole(play.slips));
    CU_ASSERT_EQUAL(play.ledger.header->slots, 4);
    lg_slip_unmap(others, &play.ledger);
    finish(&play);
}

static void test_what_a_slip_says_is_kept_in_a_part_of_its_own(void)
{
    struct play play;
    start(&play, 1);
    fail_in(&play, play.slips, "first");
    fail_in(&play, play.slips, "second");
    play.slips->record.ending = LG_ENDING_FINISHED;
    play.slips->record.asserts = 3;
    lg_slip_keep(play.slips, &play.ledger, play.record);
    CU_ASSERT_EQUAL(play.record->ending, LG_ENDING_FINISHED);
    CU_ASSERT_EQUAL(play.record->asserts, 3);
    CU_ASSERT_EQUAL(play.record->asserts_failed, 2);
    CU_ASSERT_STRING_EQUAL(condition_of(&play, play.record), "second");
    struct lg_ledger part = lg_ledger_part(&play.ledger, play.record);
    const struct lg_failure *newest =
        lg_ledger_at(&part, play.record->failures, sizeof(struct lg_failure));
    const struct lg_failure *first =
        lg_ledger_at(&part, newest->previous, sizeof(struct lg_failure));
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&part, first->condition), "first");
    CU_ASSERT_EQUAL(part.attic_bytes, play.slips->attic_used);
    finish(&play);
}

static void test_two_tests_keep_what_each_has_said(void)
{
    struct play play;
    start(&play, 2);
    struct lg_record *other = lg_ledger_add_record(&play.ledger);
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    struct lg_slip *second = lg_slip_of(play.slips, 1);
    lg_slip_begin(second, other);
    fail_in(&play, play.slips, "of the first");
    fail_in(&play, second, "of the second");
    lg_slip_keep(second, &play.ledger, other);
    lg_slip_keep(play.slips, &play.ledger, play.record);
    lg_slip_begin(play.slips, play.record);
    fail_in(&play, play.slips, "of a later one");
    CU_ASSERT_STRING_EQUAL(condition_of(&play, play.record), "of the first");
    CU_ASSERT_STRING_EQUAL(condition_of(&play, other), "of the second");
    finish(&play);
}

/* A test can lie about itself, but not about which test it is. */
static void test_who_a_test_is_is_not_the_slips_to_say(void)
{
    struct play play;
    start(&play, 1);
    struct lg_record before = *play.record;
    play.slips->record.kind = LG_RECORD_SUITE_INIT;
    play.slips->record.host = 5;
    play.slips->record.pass = 9;
    play.slips->record.suite = 4;
    play.slips->record.name = 4;
    play.slips->record.function_address = 1;
    play.slips->record.part = 16;
    play.slips->record.part_bytes = UINT32_MAX;
    play.slips->record.state = LG_RECORD_ENDED;
    lg_slip_keep(play.slips, &play.ledger, play.record);
    CU_ASSERT_EQUAL(play.record->state, LG_RECORD_ENDED);
    CU_ASSERT_EQUAL(play.record->kind, before.kind);
    CU_ASSERT_EQUAL(play.record->host, 1);
    CU_ASSERT_EQUAL(play.record->pass, 2);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&play.ledger, play.record->suite), "cache");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&play.ledger, play.record->name), "hits");
    CU_ASSERT_EQUAL(play.record->function_address, 4711);
    CU_ASSERT_EQUAL(play.record->part_bytes, 0);
    finish(&play);
}

/* It names what the ledger has of others. */
static void test_a_slip_without_an_attic_can_name_nothing(void)
{
    struct play play;
    start(&play, 1);
    lg_attic secret = lg_ledger_add_text(&play.ledger, "of another test");
    play.slips->record.wishes.reason = secret;
    play.slips->record.failures = secret;
    lg_slip_keep(play.slips, &play.ledger, play.record);
    struct lg_ledger part = lg_ledger_part(&play.ledger, play.record);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&part, play.record->wishes.reason), "");
    CU_ASSERT_PTR_NULL(lg_ledger_at(&part, play.record->failures, 8));
    finish(&play);
}

static void test_what_finds_no_room_is_counted_and_names_nothing(void)
{
    struct play play;
    start(&play, 1);
    lg_attic secret = lg_ledger_add_text(&play.ledger, "of another test");
    fail_in(&play, play.slips, "a == b");
    play.slips->record.wishes.reason = secret;
    play.slips->attic_lost_bytes = 5;
    *play.ledger.attic_used = play.ledger.attic_bytes - 8;
    lg_slip_keep(play.slips, &play.ledger, play.record);
    struct lg_ledger part = lg_ledger_part(&play.ledger, play.record);
    CU_ASSERT_STRING_EQUAL(condition_of(&play, play.record), "(none)");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&part, play.record->wishes.reason), "");
    CU_ASSERT_EQUAL(play.record->asserts_failed, 1);
    CU_ASSERT_EQUAL(play.ledger.header->attic_lost_bytes, play.slips->attic_used + 5);
    finish(&play);
}

static void test_no_more_is_kept_than_a_slip_has(void)
{
    struct play play;
    start(&play, 1);
    play.slips->attic_used = UINT32_MAX;
    lg_slip_keep(play.slips, &play.ledger, play.record);
    CU_ASSERT_EQUAL(play.record->part_bytes, lg_slip_ledger(play.slips, &play.ledger).attic_bytes);
    finish(&play);
}

static void check_part(struct play *play, lg_attic part, uint32_t bytes, uint32_t expected)
{
    struct lg_record record = {.part = part, .part_bytes = bytes};
    struct lg_ledger found = lg_ledger_part(&play->ledger, &record);
    CU_ASSERT_EQUAL(found.attic_bytes, expected);
    CU_ASSERT_TRUE(found.attic >= play->ledger.attic &&
                   found.attic + found.attic_bytes <=
                       play->ledger.attic + play->ledger.attic_bytes);
}

static void test_a_part_lies_within_the_attic_or_is_empty(void)
{
    struct play play;
    start(&play, 1);
    uint32_t end = play.ledger.attic_bytes;
    check_part(&play, 8, 64, 64);
    check_part(&play, 8, end - 8, end - 8);
    check_part(&play, 8, end - 7, 0);
    check_part(&play, 8, UINT32_MAX, 0);
    check_part(&play, end - 8, 8, 8);
    check_part(&play, end - 8, 9, 0);
    check_part(&play, end, 0, 0);
    check_part(&play, end, 8, 0);
    check_part(&play, UINT32_MAX - 7, 8, 0);
    check_part(&play, UINT32_MAX - 7, UINT32_MAX, 0);
    for (lg_attic odd = 9; odd < 16; odd++)
        check_part(&play, odd, 64, 0);
    check_part(&play, 0, 64, end);
    finish(&play);
}

static void test_text_ends_within_its_part(void)
{
    struct play play;
    start(&play, 1);
    struct lg_record record = {.part = 64, .part_bytes = 32};
    memset(play.ledger.attic + 64, 'x', 32);
    struct lg_ledger part = lg_ledger_part(&play.ledger, &record);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&part, 8), "");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&part, 32), "");
    CU_ASSERT_PTR_NULL(lg_ledger_at(&part, 32, 1));
    CU_ASSERT_PTR_NULL(lg_ledger_at(&part, 24, 9));
    CU_ASSERT_PTR_EQUAL(lg_ledger_at(&part, 24, 8), play.ledger.attic + 64 + 24);
    play.ledger.attic[64 + 31] = '\0';
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&part, 28), "xxx");
    finish(&play);
}

int add_slip_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_slip_begins_with_its_record_and_nothing_else),
        UNIT_TEST(test_the_attic_of_a_slip_ends_with_it),
        UNIT_TEST(test_a_slip_with_one_bit_of_its_seals_changed_is_not_whole),
        UNIT_TEST(test_a_slip_whose_attic_can_not_be_is_not_whole),
        UNIT_TEST(test_a_slip_that_has_not_begun_is_not_whole),
        UNIT_TEST(test_nothing_is_left_of_a_slip_that_was_written_over),
        UNIT_TEST(test_much_is_given_back_and_little_is_not),
        UNIT_TEST(test_each_host_has_slips_of_its_own),
        UNIT_TEST(test_what_a_slip_says_is_kept_in_a_part_of_its_own),
        UNIT_TEST(test_two_tests_keep_what_each_has_said),
        UNIT_TEST(test_who_a_test_is_is_not_the_slips_to_say),
        UNIT_TEST(test_a_slip_without_an_attic_can_name_nothing),
        UNIT_TEST(test_what_finds_no_room_is_counted_and_names_nothing),
        UNIT_TEST(test_no_more_is_kept_than_a_slip_has),
        UNIT_TEST(test_a_part_lies_within_the_attic_or_is_empty),
        UNIT_TEST(test_text_ends_within_its_part),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("slip", tests);
}
