/* The ledger as its writers and the runner use it. */
#include "common/ledger.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

struct made {
    struct lg_ledger ledger;
    int fd;
};

static void make(struct made *made)
{
    memset(made, 0, sizeof(*made));
    made->fd = -1;
    CU_ASSERT_EQUAL_FATAL(lg_ledger_create(1, &made->ledger, &made->fd), 0);
}

static void unmake(struct made *made)
{
    lg_ledger_close(&made->ledger);
    close(made->fd);
}

/* Whoever has it can write to it, and no more. */
static void test_nobody_cuts_the_ledger_short(void)
{
    struct made made;
    make(&made);
    CU_ASSERT_NOT_EQUAL(ftruncate(made.fd, 4096), 0);
    CU_ASSERT_EQUAL(errno, EPERM);
    CU_ASSERT_NOT_EQUAL(ftruncate(made.fd, (off_t)made.ledger.bytes + 4096), 0);
    CU_ASSERT_NOT_EQUAL(fcntl(made.fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
    unmake(&made);
}

static void test_a_new_ledger_is_empty(void)
{
    struct made made;
    make(&made);
    CU_ASSERT_EQUAL(made.ledger.header->magic, LG_LEDGER_MAGIC);
    CU_ASSERT_EQUAL(made.ledger.header->version, LG_LEDGER_VERSION);
    CU_ASSERT_EQUAL(made.ledger.max_records, LG_LEDGER_MAX_RECORDS);
    CU_ASSERT_EQUAL(made.ledger.attic_bytes, LG_LEDGER_ATTIC_BYTES);
    CU_ASSERT_EQUAL(lg_ledger_records(&made.ledger), 0);
    CU_ASSERT_EQUAL(lg_ledger_hosts(&made.ledger), 0);
    CU_ASSERT_EQUAL(made.ledger.header->records_lost, 0);
    CU_ASSERT_EQUAL(made.ledger.header->attic_lost_bytes, 0);
    unmake(&made);
}

static void test_the_magic_is_its_name_in_the_file(void)
{
    struct made made;
    char magic[8] = "";
    make(&made);
    CU_ASSERT_EQUAL(pread(made.fd, magic, sizeof(magic), 0), (ssize_t)sizeof(magic));
    CU_ASSERT_EQUAL(memcmp(magic, "LGEDGER1", 8), 0);
    unmake(&made);
}

static void test_two_who_open_it_see_the_same(void)
{
    struct made made;
    struct lg_ledger other;
    make(&made);
    CU_ASSERT_EQUAL_FATAL(lg_ledger_open(made.fd, &other), 0);
    CU_ASSERT_PTR_NOT_EQUAL(other.header, made.ledger.header);
    CU_ASSERT_EQUAL(other.bytes, made.ledger.bytes);
    struct lg_record *record = lg_ledger_add_record(&other);
    CU_ASSERT_PTR_NOT_NULL_FATAL(record);
    record->runs = 4711;
    record->name = lg_ledger_add_text(&other, "test_growth");
    CU_ASSERT_EQUAL(lg_ledger_records(&made.ledger), 1);
    CU_ASSERT_EQUAL(made.ledger.records[0].runs, 4711);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&made.ledger, made.ledger.records[0].name),
                           "test_growth");
    lg_ledger_close(&other);
    unmake(&made);
}

static void test_closing_unmaps_and_may_be_done_again(void)
{
    struct made made;
    make(&made);
    void *memory = made.ledger.header;
    unsigned char resident;
    CU_ASSERT_EQUAL(mincore(memory, 1, &resident), 0);
    lg_ledger_close(&made.ledger);
    CU_ASSERT(mincore(memory, 1, &resident) == -1 && errno == ENOMEM);
    CU_ASSERT_PTR_NULL(made.ledger.header);
    CU_ASSERT_PTR_NULL(made.ledger.records);
    CU_ASSERT_PTR_NULL(made.ledger.attic);
    unmake(&made);
}

static void test_records_come_in_a_row_and_zeroed(void)
{
    static const struct lg_record zeroes = {0};
    struct made made;
    make(&made);
    for (size_t i = 0; i < 3; i++) {
        struct lg_record *record = lg_ledger_add_record(&made.ledger);
        CU_ASSERT_PTR_EQUAL_FATAL(record, &made.ledger.records[i]);
        CU_ASSERT_EQUAL(memcmp(record, &zeroes, sizeof(zeroes)), 0);
        memset(record, 0x5a, sizeof(*record));
    }
    CU_ASSERT_EQUAL(lg_ledger_records(&made.ledger), 3);
    unmake(&made);
}

static void test_room_in_the_attic_is_aligned_zeroed_and_apart(void)
{
    struct made made;
    lg_attic first;
    lg_attic second;
    make(&made);
    char *a = lg_ledger_allocate(&made.ledger, 13, &first);
    char *b = lg_ledger_allocate(&made.ledger, 8, &second);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    CU_ASSERT_NOT_EQUAL(first, 0);
    CU_ASSERT_EQUAL(first % 8, 0);
    CU_ASSERT_EQUAL(second % 8, 0);
    CU_ASSERT(b >= a + 13);
    CU_ASSERT_PTR_EQUAL(a, made.ledger.attic + first);
    CU_ASSERT_PTR_EQUAL(b, lg_ledger_at(&made.ledger, second, 8));
    for (int i = 0; i < 13; i++)
        CU_ASSERT_EQUAL(a[i], 0);
    unmake(&made);
}

static void test_texts_end_where_their_length_says(void)
{
    struct made made;
    make(&made);
    lg_attic part = lg_ledger_add_bytes(&made.ledger, "growth by run", 6);
    lg_attic eight = lg_ledger_add_bytes(&made.ledger, "12345678", 8);
    lg_attic empty = lg_ledger_add_bytes(&made.ledger, "unused", 0);
    lg_attic next = lg_ledger_add_text(&made.ledger, "next");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&made.ledger, part), "growth");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&made.ledger, eight), "12345678");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&made.ledger, empty), "");
    CU_ASSERT_NOT_EQUAL(empty, 0);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&made.ledger, next), "next");
    unmake(&made);
}

static void test_no_text_takes_no_room(void)
{
    struct made made;
    make(&made);
    uint32_t used = made.ledger.header->attic_used;
    CU_ASSERT_EQUAL(lg_ledger_add_text(&made.ledger, NULL), 0);
    CU_ASSERT_EQUAL(made.ledger.header->attic_used, used);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&made.ledger, 0), "");
    CU_ASSERT_PTR_NULL(lg_ledger_at(&made.ledger, 0, 0));
    unmake(&made);
}

static void test_a_full_attic_gives_nothing_and_counts_it(void)
{
    struct made made;
    lg_attic offset = 4711;
    make(&made);
    size_t left = LG_LEDGER_ATTIC_BYTES - made.ledger.header->attic_used;
    CU_ASSERT_PTR_NULL(lg_ledger_allocate(&made.ledger, left + 1, &offset));
    CU_ASSERT_EQUAL(offset, 0);
    CU_ASSERT_EQUAL(made.ledger.header->attic_lost_bytes, left + 1);
    CU_ASSERT_PTR_NOT_NULL(lg_ledger_allocate(&made.ledger, left, &offset));
    CU_ASSERT_NOT_EQUAL(offset, 0);
    CU_ASSERT_EQUAL(made.ledger.header->attic_used, LG_LEDGER_ATTIC_BYTES);
    CU_ASSERT_EQUAL(lg_ledger_add_text(&made.ledger, "too late"), 0);
    CU_ASSERT_EQUAL(made.ledger.header->attic_lost_bytes, left + 1 + sizeof("too late"));
    unmake(&made);
}

static void test_sizes_that_wrap_around_get_no_room(void)
{
    struct made made;
    lg_attic offset = 4711;
    make(&made);
    uint32_t used = made.ledger.header->attic_used;
    CU_ASSERT_PTR_NULL(lg_ledger_allocate(&made.ledger, SIZE_MAX, &offset));
    CU_ASSERT_PTR_NULL(lg_ledger_allocate(&made.ledger, SIZE_MAX - 7, &offset));
    CU_ASSERT_PTR_NULL(lg_ledger_allocate(&made.ledger, (size_t)1 << 32, &offset));
    CU_ASSERT_EQUAL(offset, 0);
    CU_ASSERT_EQUAL(made.ledger.header->attic_used, used);
    unmake(&made);
}

static void test_a_full_table_gives_no_record_and_counts_it(void)
{
    struct made made;
    make(&made);
    made.ledger.header->records_used = LG_LEDGER_MAX_RECORDS - 1;
    CU_ASSERT_PTR_EQUAL(lg_ledger_add_record(&made.ledger),
                        &made.ledger.records[LG_LEDGER_MAX_RECORDS - 1]);
    CU_ASSERT_PTR_NULL(lg_ledger_add_record(&made.ledger));
    CU_ASSERT_PTR_NULL(lg_ledger_add_record(&made.ledger));
    CU_ASSERT_EQUAL(made.ledger.header->records_lost, 2);
    CU_ASSERT_EQUAL(made.ledger.header->records_used, LG_LEDGER_MAX_RECORDS);
    CU_ASSERT_EQUAL(lg_ledger_records(&made.ledger), LG_LEDGER_MAX_RECORDS);
    unmake(&made);
}

/* With a limit of SIZE on RESOURCE; it is back as it was when it returns. */
static int create_within(__rlimit_resource_t resource, rlim_t size)
{
    struct lg_ledger ledger = {0};
    struct rlimit limit;
    int fd = -1;
    CU_ASSERT_EQUAL_FATAL(getrlimit(resource, &limit), 0);
    struct rlimit small = {size, limit.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL(setrlimit(resource, &small), 0);
    int error = lg_ledger_create(1, &ledger, &fd);
    CU_ASSERT_EQUAL(setrlimit(resource, &limit), 0);
    signal(SIGXFSZ, before);
    CU_ASSERT_EQUAL(fd, -1);
    CU_ASSERT_PTR_NULL(ledger.header);
    return error;
}

static void test_a_ledger_that_cannot_be_made_is_an_error(void)
{
    CU_ASSERT_EQUAL(create_within(RLIMIT_NOFILE, 0), -EMFILE);
    CU_ASSERT_EQUAL(create_within(RLIMIT_FSIZE, 65536), -EFBIG);
}

static void test_a_ledger_that_cannot_be_written_is_not_opened(void)
{
    struct made made;
    struct lg_ledger other = {0};
    char path[64];
    make(&made);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", made.fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(lg_ledger_open(fd, &other), -EACCES);
    CU_ASSERT_PTR_NULL(other.header);
    close(fd);
    unmake(&made);
}

int add_ledger_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_nobody_cuts_the_ledger_short),
        UNIT_TEST(test_a_new_ledger_is_empty),
        UNIT_TEST(test_the_magic_is_its_name_in_the_file),
        UNIT_TEST(test_two_who_open_it_see_the_same),
        UNIT_TEST(test_closing_unmaps_and_may_be_done_again),
        UNIT_TEST(test_records_come_in_a_row_and_zeroed),
        UNIT_TEST(test_room_in_the_attic_is_aligned_zeroed_and_apart),
        UNIT_TEST(test_texts_end_where_their_length_says),
        UNIT_TEST(test_no_text_takes_no_room),
        UNIT_TEST(test_a_full_attic_gives_nothing_and_counts_it),
        UNIT_TEST(test_sizes_that_wrap_around_get_no_room),
        UNIT_TEST(test_a_full_table_gives_no_record_and_counts_it),
        UNIT_TEST(test_a_ledger_that_cannot_be_made_is_an_error),
        UNIT_TEST(test_a_ledger_that_cannot_be_written_is_not_opened),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("ledger", tests);
}
