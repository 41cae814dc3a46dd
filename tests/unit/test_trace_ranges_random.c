/* Random changes of mappings, against an array with a row for each page. */
#include "support.h"
#include "trace_ranges.h"
#include "unit.h"

#include <string.h>

#define PAGES 48
#define OPERATIONS 120000
#define START UINT64_C(0x7f0000000000)
#define PAGE_BYTES 4096

struct page {
    bool known;
    bool reserved;
    bool marked;
    uint32_t site;
};

struct model {
    struct traced_ranges traced;
    struct page pages[PAGES];
    uint64_t random;
    unsigned from; /* of the change */
    unsigned to;
    uint32_t site;
    bool reserved;
};

static uint64_t address_of(unsigned page)
{
    return START + (uint64_t)page * PAGE_BYTES;
}

static void set_pages(struct model *model)
{
    for (unsigned i = model->from; i < model->to; i++)
        model->pages[i] = (struct page){true, model->reserved, false, model->site};
    lg_ranges_set(&model->traced.ranges, (struct lg_traced_range){.start = address_of(model->from),
                                                                  .end = address_of(model->to),
                                                                  .site = model->site,
                                                                  .reserved = model->reserved});
}

/* Whether as much was known of it as there was; less where some has not fitted before. */
static bool clear_pages(struct model *model)
{
    uint64_t known = 0;
    for (unsigned i = model->from; i < model->to; i++) {
        known += model->pages[i].known && model->pages[i].site != 0 ? PAGE_BYTES : 0;
        model->pages[i] = (struct page){0};
    }
    bool lost = model->traced.ranges.lost > 0;
    uint64_t told =
        lg_ranges_clear(&model->traced.ranges, address_of(model->from), address_of(model->to));
    return lost ? told <= known : told == known;
}

static void commit_pages(struct model *model)
{
    for (unsigned i = model->from; i < model->to; i++) {
        struct page *page = &model->pages[i];
        if (page->known && page->reserved && page->site == 0)
            page->site = model->site;
        page->reserved = false;
    }
    lg_ranges_commit(&model->traced.ranges, address_of(model->from), address_of(model->to),
                     model->site);
}

static void reserve_pages(struct model *model)
{
    for (unsigned i = model->from; i < model->to; i++) {
        struct page *page = &model->pages[i];
        if (!page->known)
            continue;
        page->reserved = true;
        if (page->marked)
            page->site = 0;
    }
    lg_ranges_reserve(&model->traced.ranges, address_of(model->from), address_of(model->to));
}

static void mark_pages(struct model *model)
{
    for (unsigned i = 0; i < PAGES; i++) {
        struct page *page = &model->pages[i];
        page->marked = page->known;
        if (page->reserved)
            page->site = 0;
    }
    lg_ranges_mark(&model->traced.ranges);
}

/* Up to 12 pages anywhere: none at all, at times, or an end before the start. */
static bool change(struct model *model)
{
    model->from = next_number(&model->random, PAGES);
    model->to = model->from + next_number(&model->random, 13);
    if (next_number(&model->random, 50) == 0)
        model->to = next_number(&model->random, PAGES);
    model->to = model->to < PAGES ? model->to : PAGES;
    model->site = next_number(&model->random, TRACED_SITES + 1);
    model->reserved = next_number(&model->random, 3) == 0;
    if (next_number(&model->random, 100) == 0)
        mark_pages(model);
    switch (next_number(&model->random, 5)) {
    case 0:
        return clear_pages(model);
    case 1:
        commit_pages(model);
        return true;
    case 2:
        reserve_pages(model);
        return true;
    default:
        set_pages(model);
        return true;
    }
}

/* What the row that PAGE lies in says of it. */
static struct page told_of(const struct lg_ranges *ranges, unsigned page)
{
    for (size_t i = 0; i < ranges->count; i++) {
        const struct lg_traced_range *row = &ranges->rows[i];
        if (row->start <= address_of(page) && address_of(page) < row->end)
            return (struct page){true, row->reserved, row->marked, row->site};
    }
    return (struct page){0};
}

/* What has not fitted is not known; all else is as it was told. */
static bool all_are_right(const struct model *model)
{
    bool right = true;
    for (unsigned i = 0; i < PAGES; i++) {
        struct page told = told_of(&model->traced.ranges, i);
        const struct page *page = &model->pages[i];
        if (told.known || model->traced.ranges.lost == 0)
            right &= told.known == page->known && told.site == page->site &&
                     told.reserved == page->reserved && told.marked == page->marked;
    }
    return right;
}

/* Returns how often there was no room. */
static uint64_t compare(size_t capacity)
{
    struct model model = {.random = 20240302};
    size_t wrong = 0;
    traced_ranges_start(&model.traced, capacity);
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        wrong += !change(&model);
        wrong += !traced_ranges_are_sound(&model.traced);
        wrong += i % 8 == 0 && !all_are_right(&model);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    traced_ranges_end(&model.traced);
    return model.traced.ranges.lost;
}

static void test_each_page_is_what_was_said_of_it_last(void)
{
    CU_ASSERT_EQUAL(compare(PAGES), 0);
}

static void test_a_full_table_is_never_wrong_but_may_not_know(void)
{
    CU_ASSERT(compare(1) > 1000);
    CU_ASSERT(compare(8) > 1000);
}

int add_trace_ranges_random_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_page_is_what_was_said_of_it_last),
        UNIT_TEST(test_a_full_table_is_never_wrong_but_may_not_know),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trace: ranges, random", tests);
}
