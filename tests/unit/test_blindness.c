/* What was not measured is told, and nowhere passed in silence. */
#include "junit_document.h"
#include "runner/message.h"
#include "runner/report/console.h"
#include "synthetic.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define COUNTS (BIT(FDS) | BIT(THREADS) | BIT(CHILDREN))

/* A host of that allocator, in which GAUGES were measured, with one test that passed. */
static struct lg_host *start(struct synthetic *run, uint32_t allocator, const char *name,
                             lg_gauge_set gauges)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    struct lg_host *host = synthetic_add_host(run, "cache_tests");
    host->allocator = allocator;
    host->allocator_name = lg_ledger_add_text(&run->ledger, name);
    host->measured = gauges;
    synthetic_add_test(run, "cache", "hits")->measured = gauges;
    return host;
}

/* What is said of the host, "(nothing)" if nothing is. */
static void check(struct synthetic *run, const char *expected)
{
    struct lg_text text = {0};
    synthetic_read(run);
    bool said = lg_message_of_blindness(&run->results, &run->ledger.header->hosts[0], &text);
    CU_ASSERT_STRING_EQUAL(said ? lg_text_string(&text) : "(nothing)", expected);
    CU_ASSERT(said || text.length == 0);
    lg_text_free(&text);
    synthetic_fini(run);
}

static void test_nothing_is_said_where_all_was_measured(void)
{
    struct synthetic run;
    start(&run, LG_ALLOCATOR_GLIBC, "glibc", MEMORY | COUNTS);
    check(&run, "(nothing)");
    start(&run, LG_ALLOCATOR_GLIBC, "glibc", (MEMORY | COUNTS) & ~BIT(FRAG));
    check(&run, "(nothing)");
}

static void test_each_gauge_that_was_not_measured_is_named(void)
{
    struct synthetic run;
    start(&run, LG_ALLOCATOR_GLIBC, "glibc", MEMORY | BIT(FDS));
    check(&run, "threads, children");
    start(&run, LG_ALLOCATOR_GLIBC, "glibc", 0);
    check(&run, "heap, mmap, live, fds, threads, children");
}

static void test_another_allocator_is_named_as_the_reason(void)
{
    struct synthetic run;
    start(&run, LG_ALLOCATOR_OTHER, "libjemalloc.so.2\x1b[1m", BIT(HEAP) | BIT(MMAP) | COUNTS);
    check(&run, "live: its malloc is that of libjemalloc.so.2");
    start(&run, LG_ALLOCATOR_VALGRIND, "valgrind", COUNTS);
    check(&run, "heap, mmap, live: its malloc is that of valgrind; run it without valgrind");
}

static void test_a_program_that_ran_no_tests_is_not_called_blind(void)
{
    struct synthetic run;
    start(&run, LG_ALLOCATOR_GLIBC, "glibc", 0)->state = LG_HOST_ATTACHED;
    check(&run, "(nothing)");
}

static void test_a_test_without_a_gauge_of_memory_is_broken(void)
{
    struct synthetic run;
    start(&run, LG_ALLOCATOR_SANITIZER, "AddressSanitizer", BIT(FRAG) | COUNTS);
    synthetic_read(&run);
    CU_ASSERT_EQUAL(run.results.rows[0].verdict.kind, LG_VERDICT_BROKEN);
    CU_ASSERT_STRING_EQUAL(synthetic_message(&run, "cache/hits"),
                           "blind: no gauge of memory can be trusted in this process: its malloc "
                           "is that of AddressSanitizer");
    synthetic_fini(&run);
}

static void test_a_test_with_one_gauge_of_memory_is_judged(void)
{
    static const lg_gauge_set gauges[] = {BIT(HEAP), BIT(MMAP), BIT(LIVE)};
    for (size_t i = 0; i < 3; i++) {
        struct synthetic run;
        start(&run, LG_ALLOCATOR_OTHER, "mimalloc", gauges[i]);
        synthetic_read(&run);
        CU_ASSERT_EQUAL(run.results.rows[0].verdict.kind, LG_VERDICT_PASSED);
        synthetic_fini(&run);
    }
}

static void test_the_console_tells_it_even_when_quiet(void)
{
    struct synthetic run;
    char *text = NULL;
    size_t size = 0;
    start(&run, LG_ALLOCATOR_OTHER, "mimalloc", BIT(MMAP) | COUNTS);
    synthetic_read(&run);
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    lg_console_write(&run.results, stream, false, true);
    fclose(stream);
    CU_ASSERT_STRING_EQUAL(
        text, "not measured in cache_tests: heap, live: its malloc is that of mimalloc\n");
    free(text);
    synthetic_fini(&run);
}

static void check_junit(lg_gauge_set gauges, const char *not_measured)
{
    struct synthetic run;
    start(&run, LG_ALLOCATOR_OTHER, "odd\xff <malloc>", gauges);
    synthetic_read(&run);
    xmlDoc *document = junit_round_trip(&run.results);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    CU_ASSERT(junit_is(document, "//property[@name='allocator']/@value", "odd\\xff <malloc>"));
    CU_ASSERT(junit_is(document, "//property[@name='not_measured']/@value", not_measured));
    xmlFreeDoc(document);
    synthetic_fini(&run);
}

static void test_the_report_tells_it_of_each_program(void)
{
    check_junit(MEMORY | COUNTS, "nothing");
    check_junit(BIT(MMAP) | COUNTS, "heap, live: its malloc is that of odd\\xff <malloc>");
}

int add_blindness_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_nothing_is_said_where_all_was_measured),
        UNIT_TEST(test_each_gauge_that_was_not_measured_is_named),
        UNIT_TEST(test_another_allocator_is_named_as_the_reason),
        UNIT_TEST(test_a_program_that_ran_no_tests_is_not_called_blind),
        UNIT_TEST(test_a_test_without_a_gauge_of_memory_is_broken),
        UNIT_TEST(test_a_test_with_one_gauge_of_memory_is_judged),
        UNIT_TEST(test_the_console_tells_it_even_when_quiet),
        UNIT_TEST(test_the_report_tells_it_of_each_program),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("blindness", tests);
}
