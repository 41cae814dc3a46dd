/* The drawings of the report for people. */
#include "html_page.h"
#include "unit.h"

static void test_runs_are_stairs_and_batches_what_they_may_be(void)
{
    struct html_page page;
    html_start(
        &page,
        "<testcase name=\"a\"><properties>" LEAKED PROPERTY("over", "live") PROPERTY(
            "growth_per_run.live_bytes", "100") PROPERTY("budget.live_bytes", "50")
            PROPERTY(
                "growth_by_run",
                "1w live=100;1 live=100;2 live=200;4 live=402 heap=4096") "</properties>" FAILURE
                                                                          "</testcase>");
    html_check(&page, "count(//svg[starts-with(@class, 'stairs')])", "2");
    /* 8 runs are 35.5 wide each; 802 bytes are 94 high. */
    html_check(
        &page, "string(//svg[@class='stairs over']/path[@class='line']/@d)",
        "M8.0 112.0h35.50L43.5 100.3h35.50L79.0 88.6h35.50v-11.72h35.50v-11.72L150.0 65.1L292.0 "
        "18.0");
    html_check(&page, "string(//svg[@class='stairs over']/path[@class='dots']/@d)",
               "M43.5 100.3h0M79.0 88.6h0M150.0 65.1h0M292.0 18.0h0");
    /* From the warm-up's end on: 7 runs of 50. */
    html_check(&page, "string(//svg[@class='stairs over']/path[@class='budget']/@d)",
               "M43.5 100.3L292.0 59.3");
    html_check(&page, "string(//svg[@class='stairs over']/rect[@class='warm']/@width)", "35.5");
    html_check(&page, "string(//svg[@class='stairs over']/@aria-label)",
               "live +802 B after 8 runs, 1 of them warm-up");
    html_check(&page, "count(//svg[@class='stairs']/path[@class='budget'])", "0");
    html_end(&page);
}

static void test_a_budget_far_off_leaves_room_for_the_stairs(void)
{
    struct html_page page;
    html_start(&page,
               "<testcase name=\"a\"><properties>" PROPERTY("growth_per_run.live_bytes", "10")
                   PROPERTY("budget.live_bytes", "1000000")
                       PROPERTY("growth_by_run", "1w;1 live=10") "</properties></testcase>");
    html_check(&page, "string(//path[@class='budget']/@d)", "M150.0 112.0L150.0 18.0");
    html_check(&page, "string(//path[@class='line']/@d)",
               "M8.0 112.0h142.00L150.0 112.0h142.00L292.0 "
               "53.2");
    html_end(&page);
}

static void test_bars_are_of_the_budget(void)
{
    struct html_page page;
    html_start(
        &page,
        "<testcase name=\"a\"><properties>" LEAKED PROPERTY("over", "live")
            PROPERTY("growth_per_run.live_bytes", "100") PROPERTY("budget.live_bytes", "25")
                PROPERTY("growth_per_run.mmap_bytes", "25") PROPERTY("budget.mmap_bytes", "100")
                    PROPERTY("growth_per_run.heap_bytes", "64") PROPERTY("budget.heap_bytes", "0")
                        PROPERTY("growth_per_run.frag_bytes", "1")
                            PROPERTY("budget.frag_bytes", "unlimited") "</properties>" FAILURE
                                                                       "</testcase>");
    html_check(&page, "string(//tr[th='live over']//rect[@class='within']/@width)", "30.0");
    html_check(&page, "string(//tr[th='live over']//rect[@class='over']/@x)", "30.0");
    html_check(&page, "string(//tr[th='live over']//rect[@class='over']/@width)", "90.0");
    html_check(&page, "string(//tr[th='live over']/td[2])", "25 B");
    html_check(&page, "string(//tr[th='mmap']//rect[@class='within']/@width)", "30.0");
    html_check(&page, "string(//tr[th='mmap']//path/@d)", "M120.0 0v12");
    html_check(&page, "string(//tr[th='heap']//svg/@aria-label)", "not judged");
    html_check(&page, "string(//tr[th='frag']/td[2])", "unlimited");
    html_check(&page, "count(//tr[th='frag']//path)", "0");
    html_check(&page, "count(//table[@class='gauges']//rect[@class='over'])", "1");
    html_end(&page);
}

static void test_strips_show_what_is_new(void)
{
    struct html_page page;
    html_start(&page,
               "<testcase name=\"a\"><properties>" LEAKED PROPERTY(
                   "mappings_before", "1000-2000 text;10000000000-10000004000 heap;"
                                      "20000000000-20000001000 guard")
                   PROPERTY("mappings_after",
                            "1000-2000 text;10000000000-10000006000 heap;"
                            "20000000000-20000001000 anon") "</properties>" FAILURE "</testcase>");
    /* 1 + log2(pages) of text, heap, more heap and anon, and 4 of each gap: 15 in all. */
    html_check(&page, "string(//path[@class='s-text'][1]/@d)", "M0.0 18h42.7v26h-42.7z");
    html_check(&page, "string(//path[@class='s-heap'][1]/@d)", "M213.3 18h128.0v26h-128.0z");
    html_check(&page, "string(//path[@class='s-heap'][2]/@d)",
               "M213.3 50h128.0v26h-128.0zM341.3 50h85.3v26h-85.3z");
    html_check(&page, "string(//path[@class='grown']/@d)",
               "M341.3 79h85.3v6h-85.3zM597.3 79h42.7v6h-42.7z");
    html_check(&page, "string(//p[@class='new'])",
               "New: 10000004000-10000006000 heap 8 KiB, 20000000000-20000001000 anon 4 KiB");
    html_check(&page, "string(//table[@class='segments']//tbody/tr[2])",
               "H heap16 KiB24 KiB+8192 B");
    html_check(&page, "string(//svg[@class='strip']/text[@class='letters'][1])", "THG");
    html_end(&page);
}

/* A stretch of a page each, FROM on. */
static void add_stretches(struct lg_text *out, int from, int count)
{
    for (int i = from; i < from + count; i++)
        lg_text_add(out, "%x000-%x800 anon;", 2 * i, 2 * i);
}

static void test_what_the_agent_could_not_keep_has_not_gone(void)
{
    struct html_page page;
    struct lg_text cases = {0};
    lg_text_add(&cases, "<testcase name=\"a\"><properties>" LEAKED
                        "<property name=\"mappings_before\" value=\"");
    add_stretches(&cases, 100, 10);
    lg_text_add(&cases, "ffff0000-ffffffff stack\"/><property name=\"mappings_after\" value=\"");
    add_stretches(&cases, 90, 128);
    lg_text_add(&cases, "\"/></properties>" FAILURE "</testcase>");
    html_start(&page, lg_text_string(&cases));
    html_check(&page, "count(//table[@class='segments']//tr)", "2");
    html_check(&page, "starts-with(//p[@class='note'], 'There are more mappings above')", "true");
    html_end(&page);
    lg_text_free(&cases);
}

int add_html_charts_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_runs_are_stairs_and_batches_what_they_may_be),
        UNIT_TEST(test_a_budget_far_off_leaves_room_for_the_stairs),
        UNIT_TEST(test_bars_are_of_the_budget),
        UNIT_TEST(test_strips_show_what_is_new),
        UNIT_TEST(test_what_the_agent_could_not_keep_has_not_gone),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("html_charts", tests);
}
