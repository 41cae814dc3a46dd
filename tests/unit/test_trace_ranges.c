/* The mappings of the traced run: whose each page is, and what each site holds. */
#include "trace_ranges.h"
#include "unit.h"

#define PAGES TRACED_ROWS
#define PAGE(number) ((uint64_t)0x7f0000000000 + (uint64_t)(number)*4096)

static void set(struct traced_ranges *traced, unsigned from, unsigned to, uint32_t site)
{
    lg_ranges_set(&traced->ranges,
                  (struct lg_traced_range){.start = PAGE(from), .end = PAGE(to), .site = site});
}

static void set_reserved(struct traced_ranges *traced, unsigned from, unsigned to, uint32_t site)
{
    lg_ranges_set(&traced->ranges,
                  (struct lg_traced_range){
                      .start = PAGE(from), .end = PAGE(to), .site = site, .reserved = true});
}

static bool row_is(const struct traced_ranges *traced, size_t number, unsigned from, unsigned to,
                   uint32_t site)
{
    const struct lg_traced_range *row = &traced->rows[number];
    return number < traced->ranges.count && row->start == PAGE(from) && row->end == PAGE(to) &&
           row->site == site;
}

static bool holds(const struct traced_ranges *traced, uint32_t site, int64_t pages, int64_t count)
{
    const struct lg_traced_site *row = &traced->sites.rows[site];
    return row->bytes == pages * 4096 && row->count == count;
}

static void test_what_was_set_is_its_sites(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 14, 1);
    set(&traced, 2, 3, 2);
    CU_ASSERT_EQUAL(traced.ranges.count, 2);
    CU_ASSERT(row_is(&traced, 0, 2, 3, 2) && row_is(&traced, 1, 10, 14, 1));
    CU_ASSERT(holds(&traced, 1, 4, 1) && holds(&traced, 2, 1, 1));
    traced_ranges_end(&traced);
}

static void test_neighbours_stay_apart(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 12, 1);
    set(&traced, 12, 14, 1);
    CU_ASSERT(row_is(&traced, 0, 10, 12, 1) && row_is(&traced, 1, 12, 14, 1));
    CU_ASSERT(holds(&traced, 1, 4, 2));
    traced_ranges_end(&traced);
}

static void test_nothing_is_set_between_the_same_address(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 0, 20, 1);
    set(&traced, 10, 10, 2);
    set(&traced, 12, 10, 2);
    CU_ASSERT_EQUAL(traced.ranges.count, 1);
    CU_ASSERT(holds(&traced, 1, 20, 1) && holds(&traced, 2, 0, 0));
    traced_ranges_end(&traced);
}

static void test_what_lies_over_another_replaces_it(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 20, 1);
    set(&traced, 13, 15, 2);
    CU_ASSERT_EQUAL(traced.ranges.count, 3);
    CU_ASSERT(row_is(&traced, 0, 10, 13, 1) && row_is(&traced, 1, 13, 15, 2) &&
              row_is(&traced, 2, 15, 20, 1));
    CU_ASSERT(holds(&traced, 1, 8, 2) && holds(&traced, 2, 2, 1));
    set(&traced, 5, 30, 3);
    CU_ASSERT_EQUAL(traced.ranges.count, 1);
    CU_ASSERT(holds(&traced, 1, 0, 0) && holds(&traced, 2, 0, 0) && holds(&traced, 3, 25, 1));
    traced_ranges_end(&traced);
}

static void test_clearing_returns_what_was_known_of_it(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 20, 1);
    set(&traced, 22, 24, 0);
    set(&traced, 25, 30, 2);
    CU_ASSERT_EQUAL(lg_ranges_clear(&traced.ranges, PAGE(0), PAGE(5)), 0);
    CU_ASSERT_EQUAL(lg_ranges_clear(&traced.ranges, PAGE(18), PAGE(26)), 3 * 4096);
    CU_ASSERT_EQUAL(traced.ranges.count, 2);
    CU_ASSERT(row_is(&traced, 0, 10, 18, 1) && row_is(&traced, 1, 26, 30, 2));
    CU_ASSERT_EQUAL(lg_ranges_clear(&traced.ranges, PAGE(12), PAGE(14)), 2 * 4096);
    CU_ASSERT(holds(&traced, 1, 6, 2) && holds(&traced, 2, 4, 1));
    CU_ASSERT_EQUAL(lg_ranges_clear(&traced.ranges, 0, UINT64_MAX), 10 * 4096);
    CU_ASSERT_EQUAL(traced.ranges.count, 0);
    CU_ASSERT(holds(&traced, 1, 0, 0) && holds(&traced, 2, 0, 0));
    traced_ranges_end(&traced);
}

static void test_clearing_nothing_leaves_all_as_it_is(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 20, 1);
    CU_ASSERT_EQUAL(lg_ranges_clear(&traced.ranges, PAGE(15), PAGE(15)), 0);
    CU_ASSERT_EQUAL(traced.ranges.count, 1);
    CU_ASSERT(holds(&traced, 1, 10, 1));
    traced_ranges_end(&traced);
}

static void test_reserved_parts_of_nobody_are_of_who_commits_them(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set_reserved(&traced, 10, 20, 0);
    lg_ranges_commit(&traced.ranges, PAGE(12), PAGE(15), 1);
    CU_ASSERT_EQUAL(traced.ranges.count, 3);
    CU_ASSERT(row_is(&traced, 0, 10, 12, 0) && traced.rows[0].reserved);
    CU_ASSERT(row_is(&traced, 1, 12, 15, 1) && !traced.rows[1].reserved);
    CU_ASSERT(row_is(&traced, 2, 15, 20, 0) && traced.rows[2].reserved);
    CU_ASSERT(holds(&traced, 1, 3, 1));
    traced_ranges_end(&traced);
}

static void test_reserved_parts_stay_with_who_has_reserved_them_since_the_mark(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set_reserved(&traced, 10, 20, 2);
    lg_ranges_commit(&traced.ranges, PAGE(0), PAGE(PAGES), 1);
    CU_ASSERT(row_is(&traced, 0, 10, 20, 2) && !traced.rows[0].reserved);
    CU_ASSERT(holds(&traced, 1, 0, 0) && holds(&traced, 2, 10, 1));
    traced_ranges_end(&traced);
}

static void test_what_was_reserved_before_the_mark_grows_when_committed(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set_reserved(&traced, 10, 20, 2);
    lg_ranges_mark(&traced.ranges);
    lg_ranges_commit(&traced.ranges, PAGE(12), PAGE(15), 1);
    CU_ASSERT_EQUAL(traced.ranges.count, 3);
    CU_ASSERT(row_is(&traced, 1, 12, 15, 1) && !traced.rows[1].reserved);
    CU_ASSERT(holds(&traced, 1, 3, 1) && holds(&traced, 2, 0, 0));
    traced_ranges_end(&traced);
}

/* mprotect of what is memory already takes nothing: one call stays one mapping. */
static void test_committing_what_is_memory_changes_nothing(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 20, 2);
    set(&traced, 30, 40, 0);
    lg_ranges_commit(&traced.ranges, PAGE(12), PAGE(15), 1);
    lg_ranges_commit(&traced.ranges, PAGE(18), PAGE(35), 1);
    lg_ranges_commit(&traced.ranges, PAGE(50), PAGE(55), 1);
    CU_ASSERT_EQUAL(traced.ranges.count, 2);
    CU_ASSERT(row_is(&traced, 0, 10, 20, 2) && row_is(&traced, 1, 30, 40, 0));
    CU_ASSERT(holds(&traced, 1, 0, 0) && holds(&traced, 2, 10, 1));
    traced_ranges_end(&traced);
}

static void test_what_was_made_since_the_mark_stays_its_sites_when_reserved(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 20, 1);
    lg_ranges_reserve(&traced.ranges, PAGE(12), PAGE(20));
    CU_ASSERT(row_is(&traced, 1, 12, 20, 1) && traced.rows[1].reserved);
    CU_ASSERT(holds(&traced, 1, 10, 2));
    traced_ranges_end(&traced);
}

static void test_what_was_there_before_becomes_a_reservation_of_nobody(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 20, 1);
    lg_ranges_mark(&traced.ranges);
    lg_ranges_reserve(&traced.ranges, PAGE(5), PAGE(12));
    CU_ASSERT_EQUAL(traced.ranges.count, 2);
    CU_ASSERT(row_is(&traced, 0, 10, 12, 0) && traced.rows[0].reserved);
    CU_ASSERT(row_is(&traced, 1, 12, 20, 1) && !traced.rows[1].reserved);
    CU_ASSERT(holds(&traced, 1, 8, 1));
    lg_ranges_commit(&traced.ranges, PAGE(10), PAGE(12), 2);
    CU_ASSERT(holds(&traced, 1, 8, 1) && holds(&traced, 2, 2, 1));
    traced_ranges_end(&traced);
}

/* MAP_FIXED over memory that was there: no more is mapped than before. */
static void test_what_is_mapped_over_memory_of_nobody_has_not_grown(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set(&traced, 10, 14, 0);
    set(&traced, 20, 24, 2);
    lg_ranges_replace(&traced.ranges,
                      (struct lg_traced_range){.start = PAGE(8), .end = PAGE(26), .site = 1});
    CU_ASSERT(row_is(&traced, 0, 8, 10, 1) && row_is(&traced, 1, 10, 14, 0));
    CU_ASSERT(row_is(&traced, 2, 14, 26, 1) && traced.ranges.count == 3);
    CU_ASSERT(holds(&traced, 1, 14, 2) && holds(&traced, 2, 0, 0));
    CU_ASSERT(traced_ranges_are_sound(&traced));
    traced_ranges_end(&traced);
}

static void test_what_is_mapped_over_a_reservation_has_grown(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, PAGES);
    set_reserved(&traced, 10, 20, 0);
    lg_ranges_replace(&traced.ranges,
                      (struct lg_traced_range){.start = PAGE(12), .end = PAGE(14), .site = 1});
    CU_ASSERT(holds(&traced, 1, 2, 1));
    lg_ranges_replace(&traced.ranges,
                      (struct lg_traced_range){.start = PAGE(30), .end = PAGE(30), .site = 1});
    CU_ASSERT(holds(&traced, 1, 2, 1));
    traced_ranges_end(&traced);
}

/* As many mappings as fit, one behind the other, of two sites in turn. */
static void fill(struct traced_ranges *traced, unsigned pages)
{
    for (unsigned i = 0; i < traced->ranges.capacity; i++)
        set(traced, i * pages, (i + 1) * pages, 1 + i % 2);
}

static void test_what_does_not_fit_is_counted_and_harms_nothing(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, 4);
    fill(&traced, 2);
    set(&traced, 20, 30, 3);
    set(&traced, 40, 50, 3);
    CU_ASSERT_EQUAL(traced.ranges.lost, 2);
    CU_ASSERT_EQUAL(traced.ranges.count, 4);
    CU_ASSERT(holds(&traced, 3, 0, 0) && traced_ranges_are_sound(&traced));
    lg_ranges_clear(&traced.ranges, PAGE(2), PAGE(4));
    set(&traced, 20, 30, 3);
    CU_ASSERT_EQUAL(traced.ranges.lost, 2);
    CU_ASSERT(holds(&traced, 3, 10, 1) && traced_ranges_are_sound(&traced));
    traced_ranges_end(&traced);
}

/* What needs no more rows than before needs no room. */
static void test_ends_are_cut_off_in_a_full_table(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, 4);
    fill(&traced, 4);
    CU_ASSERT_EQUAL(lg_ranges_clear(&traced.ranges, PAGE(2), PAGE(5)), 3 * 4096);
    CU_ASSERT_EQUAL(traced.ranges.lost, 0);
    CU_ASSERT(row_is(&traced, 0, 0, 2, 1) && row_is(&traced, 1, 5, 8, 2) &&
              row_is(&traced, 2, 8, 12, 1) && row_is(&traced, 3, 12, 16, 2));
    CU_ASSERT(traced_ranges_are_sound(&traced));
    traced_ranges_end(&traced);
}

static void test_a_hole_in_a_full_table_loses_what_is_behind_it(void)
{
    struct traced_ranges traced;
    traced_ranges_start(&traced, 4);
    fill(&traced, 4);
    CU_ASSERT_EQUAL(lg_ranges_clear(&traced.ranges, PAGE(5), PAGE(6)), 4096);
    CU_ASSERT_EQUAL(traced.ranges.lost, 1);
    CU_ASSERT(row_is(&traced, 1, 4, 5, 2) && row_is(&traced, 2, 8, 12, 1));
    CU_ASSERT(traced_ranges_are_sound(&traced));
    traced_ranges_end(&traced);
}

int add_trace_ranges_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_what_was_set_is_its_sites),
        UNIT_TEST(test_neighbours_stay_apart),
        UNIT_TEST(test_nothing_is_set_between_the_same_address),
        UNIT_TEST(test_what_lies_over_another_replaces_it),
        UNIT_TEST(test_clearing_returns_what_was_known_of_it),
        UNIT_TEST(test_clearing_nothing_leaves_all_as_it_is),
        UNIT_TEST(test_reserved_parts_of_nobody_are_of_who_commits_them),
        UNIT_TEST(test_reserved_parts_stay_with_who_has_reserved_them_since_the_mark),
        UNIT_TEST(test_what_was_reserved_before_the_mark_grows_when_committed),
        UNIT_TEST(test_committing_what_is_memory_changes_nothing),
        UNIT_TEST(test_what_was_made_since_the_mark_stays_its_sites_when_reserved),
        UNIT_TEST(test_what_was_there_before_becomes_a_reservation_of_nobody),
        UNIT_TEST(test_what_is_mapped_over_memory_of_nobody_has_not_grown),
        UNIT_TEST(test_what_is_mapped_over_a_reservation_has_grown),
        UNIT_TEST(test_what_does_not_fit_is_counted_and_harms_nothing),
        UNIT_TEST(test_ends_are_cut_off_in_a_full_table),
        UNIT_TEST(test_a_hole_in_a_full_table_loses_what_is_behind_it),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trace: ranges", tests);
}
