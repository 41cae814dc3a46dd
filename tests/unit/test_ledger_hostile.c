/* The ledger is a guest's to write: what the reader does with whatever stands there. */
#include "common/slip.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The header of a new ledger, and how many bytes come before its records. */
static struct lg_ledger_header new_header(uint64_t *header_bytes)
{
    struct lg_ledger ledger;
    struct lg_ledger_header header;
    int fd;
    CU_ASSERT_EQUAL_FATAL(lg_ledger_create(1, &ledger, &fd), 0);
    header = *ledger.header;
    *header_bytes = (uint64_t)((char *)ledger.records - (char *)ledger.header);
    lg_ledger_close(&ledger);
    close(fd);
    return header;
}

/* A header that says so much room, in an object that has it. */
static struct lg_ledger_header small_header(uint32_t max_records, uint32_t attic_bytes)
{
    uint64_t header_bytes;
    struct lg_ledger_header header = new_header(&header_bytes);
    header.max_records = max_records;
    header.attic_bytes = attic_bytes;
    uint64_t bytes = header_bytes + (uint64_t)max_records * sizeof(struct lg_record) + attic_bytes;
    header.bytes = ((bytes + 4095) & ~UINT64_C(4095)) + LG_LEDGER_MAX_HOSTS * LG_SLIP_BYTES;
    return header;
}

static int object_of(const struct lg_ledger_header *header, uint64_t bytes)
{
    int fd = memfd_create("hostile", MFD_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(pwrite(fd, header, sizeof(*header), 0), (ssize_t)sizeof(*header));
    CU_ASSERT_EQUAL(ftruncate(fd, (off_t)bytes), 0);
    return fd;
}

/* Opens an object of BYTES that starts with HEADER; returns lg_ledger_open's answer. */
static int open_with(const struct lg_ledger_header *header, uint64_t bytes)
{
    struct lg_ledger ledger = {0};
    int fd = object_of(header, bytes);
    int error = lg_ledger_open(fd, &ledger);
    if (error == 0)
        lg_ledger_close(&ledger);
    close(fd);
    return error;
}

static void open_small(uint32_t max_records, uint32_t attic_bytes, struct lg_ledger *ledger)
{
    struct lg_ledger_header header = small_header(max_records, attic_bytes);
    int fd = object_of(&header, header.bytes);
    CU_ASSERT_EQUAL_FATAL(lg_ledger_open(fd, ledger), 0);
    close(fd);
}

static void test_a_header_of_matching_sizes_is_opened(void)
{
    struct lg_ledger_header header = small_header(4, 64);
    CU_ASSERT_EQUAL(open_with(&header, header.bytes), 0);
}

static void test_a_wrong_magic_or_version_is_refused(void)
{
    struct lg_ledger_header header = small_header(4, 64);
    header.magic++;
    CU_ASSERT_EQUAL(open_with(&header, header.bytes), -EINVAL);
    header.magic--;
    header.version++;
    CU_ASSERT_EQUAL(open_with(&header, header.bytes), -EINVAL);
}

static void test_sizes_that_do_not_add_up_are_refused(void)
{
    struct lg_ledger_header header = small_header(4, 64);
    uint64_t bytes = header.bytes;
    header.max_records += 10; /* beyond the end of the page */
    CU_ASSERT_EQUAL(open_with(&header, bytes), -EINVAL);
    header.max_records = UINT32_MAX;
    CU_ASSERT_EQUAL(open_with(&header, bytes), -EINVAL);
    header.max_records = 4;
    header.attic_bytes = UINT32_MAX;
    CU_ASSERT_EQUAL(open_with(&header, bytes), -EINVAL);
    header.attic_bytes = 64;
    header.bytes = UINT64_MAX;
    CU_ASSERT_EQUAL(open_with(&header, bytes), -EINVAL);
}

static void test_an_object_of_another_size_is_refused(void)
{
    struct lg_ledger_header header = small_header(4, 64);
    CU_ASSERT_EQUAL(open_with(&header, header.bytes - 1), -EINVAL);
    CU_ASSERT_EQUAL(open_with(&header, header.bytes + 4096), -EINVAL);
    CU_ASSERT_EQUAL(open_with(&header, sizeof(header) - 1), -EINVAL);
    CU_ASSERT_EQUAL(open_with(&header, 0), -EINVAL);
}

static void test_what_cannot_be_read_is_an_error(void)
{
    struct lg_ledger ledger = {0};
    int ends[2];
    CU_ASSERT_EQUAL(lg_ledger_open(-1, &ledger), -EBADF);
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL(lg_ledger_open(ends[0], &ledger), -ESPIPE);
    CU_ASSERT_PTR_NULL(ledger.header);
    close(ends[0]);
    close(ends[1]);
}

static void test_text_that_does_not_end_within_the_attic_is_empty(void)
{
    struct lg_ledger ledger;
    open_small(4, 64, &ledger);
    memset(ledger.attic, 'x', 64);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, 8), "");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, 63), "");
    ledger.attic[63] = '\0';
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, 60), "xxx");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, 63), "");
    lg_ledger_close(&ledger);
}

static void test_text_beyond_the_attic_is_empty(void)
{
    struct lg_ledger ledger;
    open_small(4, 64, &ledger);
    memset(ledger.attic, 'x', 63);
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, 0), "");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, 64), "");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, 65), "");
    CU_ASSERT_STRING_EQUAL(lg_ledger_text(&ledger, UINT32_MAX), "");
    lg_ledger_close(&ledger);
}

static void test_bytes_not_all_within_the_attic_are_null(void)
{
    struct lg_ledger ledger;
    open_small(4, 64, &ledger);
    CU_ASSERT_PTR_EQUAL(lg_ledger_at(&ledger, 8, 56), ledger.attic + 8);
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, 8, 57));
    CU_ASSERT_PTR_EQUAL(lg_ledger_at(&ledger, 56, 8), ledger.attic + 56);
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, 56, 9));
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, 64, 1));
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, 72, 0));
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, UINT32_MAX - 7, 1));
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, 8, SIZE_MAX));
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, 8, SIZE_MAX - 7));
    lg_ledger_close(&ledger);
}

static void test_bytes_not_aligned_are_null(void)
{
    struct lg_ledger ledger;
    open_small(4, 64, &ledger);
    for (lg_attic offset = 9; offset < 16; offset++)
        CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, offset, 8));
    CU_ASSERT_PTR_NOT_NULL(lg_ledger_at(&ledger, 16, 8));
    lg_ledger_close(&ledger);
}

static void test_never_more_records_or_hosts_than_there_is_room_for(void)
{
    struct lg_ledger ledger;
    open_small(4, 64, &ledger);
    ledger.header->records_used = UINT32_MAX;
    ledger.header->hosts_used = UINT32_MAX;
    CU_ASSERT_EQUAL(lg_ledger_records(&ledger), 4);
    CU_ASSERT_EQUAL(lg_ledger_hosts(&ledger), LG_LEDGER_MAX_HOSTS);
    ledger.header->records_used = 3;
    ledger.header->hosts_used = 1;
    CU_ASSERT_EQUAL(lg_ledger_records(&ledger), 3);
    CU_ASSERT_EQUAL(lg_ledger_hosts(&ledger), 1);
    lg_ledger_close(&ledger);
}

static void test_sizes_rewritten_after_opening_do_not_count(void)
{
    struct lg_ledger ledger;
    open_small(4, 64, &ledger);
    ledger.header->max_records = UINT32_MAX;
    ledger.header->attic_bytes = UINT32_MAX;
    ledger.header->bytes = UINT64_MAX;
    ledger.header->records_used = 100;
    CU_ASSERT_EQUAL(lg_ledger_records(&ledger), 4);
    CU_ASSERT_PTR_NULL(lg_ledger_at(&ledger, 64, 8));
    CU_ASSERT_PTR_NULL(lg_ledger_add_record(&ledger));
    lg_ledger_close(&ledger);
}

static void test_counters_beyond_the_room_give_no_room(void)
{
    struct lg_ledger ledger;
    lg_attic offset = 4711;
    open_small(4, 64, &ledger);
    ledger.header->records_used = UINT32_MAX;
    ledger.header->attic_used = UINT32_MAX - 3;
    CU_ASSERT_PTR_NULL(lg_ledger_add_record(&ledger));
    CU_ASSERT_PTR_NULL(lg_ledger_allocate(&ledger, 8, &offset));
    CU_ASSERT_EQUAL(offset, 0);
    CU_ASSERT_EQUAL(lg_ledger_add_text(&ledger, "text"), 0);
    lg_ledger_close(&ledger);
}

static void test_an_attic_without_room_for_whole_units_is_full_in_time(void)
{
    struct lg_ledger ledger;
    lg_attic offset;
    open_small(1, 20, &ledger);
    CU_ASSERT_PTR_NOT_NULL(lg_ledger_allocate(&ledger, 1, &offset));
    CU_ASSERT_EQUAL(offset, 8);
    CU_ASSERT_PTR_NULL(lg_ledger_allocate(&ledger, 1, &offset));
    CU_ASSERT_EQUAL(ledger.header->attic_lost_bytes, 1);
    lg_ledger_close(&ledger);
}

int add_ledger_hostile_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_header_of_matching_sizes_is_opened),
        UNIT_TEST(test_a_wrong_magic_or_version_is_refused),
        UNIT_TEST(test_sizes_that_do_not_add_up_are_refused),
        UNIT_TEST(test_an_object_of_another_size_is_refused),
        UNIT_TEST(test_what_cannot_be_read_is_an_error),
        UNIT_TEST(test_text_that_does_not_end_within_the_attic_is_empty),
        UNIT_TEST(test_text_beyond_the_attic_is_empty),
        UNIT_TEST(test_bytes_not_all_within_the_attic_are_null),
        UNIT_TEST(test_bytes_not_aligned_are_null),
        UNIT_TEST(test_never_more_records_or_hosts_than_there_is_room_for),
        UNIT_TEST(test_sizes_rewritten_after_opening_do_not_count),
        UNIT_TEST(test_counters_beyond_the_room_give_no_room),
        UNIT_TEST(test_an_attic_without_room_for_whole_units_is_full_in_time),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("ledger hostile", tests);
}
