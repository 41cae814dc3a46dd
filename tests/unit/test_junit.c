/* The report's contents: elements, counts, attributes, text, properties. */
#include "junit_document.h"
#include "synthetic.h"
#include "unit.h"

#include <signal.h>
#include <string.h>

#define CASE(name) "//testcase[@name='" name "']"
#define PROPERTY(name) "/properties/property[@name='" name "']/@value"

static xmlDoc *report_of(struct synthetic *run)
{
    synthetic_read(run);
    xmlDoc *document = junit_round_trip(&run->results);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    return document;
}

/* One row of each verdict, in two programs. */
static void start(struct synthetic *run)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    synthetic_add_host(run, "/home/user/project/cache_tests");
    synthetic_add_test(run, "cache", "passes")->elapsed_ns = 1500000000;
    synthetic_add_failure(run, synthetic_add_test(run, "cache", "fails"), "cache.c", 7, "a == b");
    synthetic_add_leak(run, "cache", "leaks")->elapsed_ns = 250000000;
    synthetic_add_test(run, "cache", "idles")->state = LG_RECORD_INACTIVE;
    struct lg_record *crash = synthetic_add_test(run, "pool", "crashes");
    crash->ending = LG_ENDING_SIGNALED;
    crash->wait_status = DIED_OF(SIGSEGV);
    synthetic_add_test(run, "pool", "hangs")->ending = LG_ENDING_TIMED_OUT;
    synthetic_add_host(run, "/home/user/project/pool_tests");
    synthetic_add_test(run, "pool", "exits")->ending = LG_ENDING_EXITED;
    synthetic_add_test(run, "pool", "breaks")->measured = 0;
}

static void finish(struct synthetic *run, xmlDoc *document)
{
    xmlFreeDoc(document);
    synthetic_fini(run);
}

static void test_each_row_is_a_testcase_of_its_suite(void)
{
    struct synthetic run;
    start(&run);
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, "name(/*)", "testsuites"));
    CU_ASSERT(junit_is(document, "/testsuites/@name", "leakgate"));
    CU_ASSERT(junit_is(document, "count(/testsuites/testsuite)", "2"));
    CU_ASSERT(junit_is(document, "//testsuite[1]/@name", "cache_tests"));
    CU_ASSERT(junit_is(document, "//testsuite[2]/@name", "pool_tests"));
    CU_ASSERT(junit_is(document, "count(//testsuite[1]/testcase)", "6"));
    CU_ASSERT(junit_is(document, "count(//testsuite[2]/testcase)", "2"));
    CU_ASSERT(junit_is(document, "//testsuite[1]/testcase[1]/@name", "passes"));
    CU_ASSERT(junit_is(document, "//testsuite[1]/testcase[6]/@name", "hangs"));
    CU_ASSERT(junit_is(document, CASE("leaks") "/@classname", "cache"));
    CU_ASSERT(junit_is(document, CASE("breaks") "/@classname", "pool"));
    finish(&run, document);
}

static void test_counts_are_those_of_the_elements(void)
{
    struct synthetic run;
    start(&run);
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, "/testsuites/@tests", "8"));
    CU_ASSERT(junit_is(document, "/testsuites/@failures", "2"));
    CU_ASSERT(junit_is(document, "/testsuites/@errors", "4"));
    CU_ASSERT(junit_is(document, "/testsuites/@skipped", "1"));
    CU_ASSERT(junit_is(document, "//testsuite[1]/@tests", "6"));
    CU_ASSERT(junit_is(document, "//testsuite[1]/@failures", "2"));
    CU_ASSERT(junit_is(document, "//testsuite[1]/@errors", "2"));
    CU_ASSERT(junit_is(document, "//testsuite[2]/@errors", "2"));
    CU_ASSERT(junit_is(document, "//testsuite[2]/@skipped", "0"));
    CU_ASSERT(junit_is(document, "count(//failure)", "2"));
    CU_ASSERT(junit_is(document, "count(//error)", "4"));
    CU_ASSERT(junit_is(document, "count(//skipped)", "1"));
    CU_ASSERT(junit_is(document, "count(" CASE("passes") "/*[not(self::properties)])", "0"));
    finish(&run, document);
}

static void test_times_are_seconds(void)
{
    struct synthetic run;
    start(&run);
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, CASE("passes") "/@time", "1.500000"));
    CU_ASSERT(junit_is(document, CASE("fails") "/@time", "0.000000"));
    CU_ASSERT(junit_is(document, "//testsuite[1]/@time", "1.750000"));
    CU_ASSERT(junit_is(document, "/testsuites/@time", "1.750000"));
    CU_ASSERT(junit_is(document, "string-length(//testsuite[1]/@timestamp)", "19"));
    finish(&run, document);
}

static void test_each_problem_has_its_element_and_type(void)
{
    struct synthetic run;
    start(&run);
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, CASE("fails") "/failure/@type", "test.assertion"));
    CU_ASSERT(junit_is(document, CASE("leaks") "/failure/@type", "leak.live"));
    CU_ASSERT(junit_is(document, CASE("crashes") "/error/@type", "test.crash"));
    CU_ASSERT(junit_is(document, CASE("hangs") "/error/@type", "test.timeout"));
    CU_ASSERT(junit_is(document, CASE("exits") "/error/@type", "test.exit"));
    CU_ASSERT(junit_is(document, CASE("breaks") "/error/@type", "leakgate.broken"));
    CU_ASSERT(junit_is(document, CASE("idles") "/skipped/@message", "inactive in CUnit"));
    CU_ASSERT(junit_is(document, "count(//@type[not(contains(., '.'))])", "0"));
    finish(&run, document);
}

/* Readers that take the text drop the attribute. */
static void test_the_message_is_the_first_line_of_the_text(void)
{
    struct synthetic run;
    start(&run);
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, CASE("leaks") "/failure/@message",
                       "leaked live +64 B/run (budget 0 B), over 10 runs"));
    CU_ASSERT(junit_is(document,
                       "count(//failure | //error)"
                       " = count((//failure | //error)[substring-before(., '\n') = @message])",
                       "true"));
    CU_ASSERT(junit_is(document, CASE("fails") "/failure",
                       "assertion failed: cache.c:7: a == b\ncache.c:7: a == b\n"));
    finish(&run, document);
}

static void test_odd_bytes_leave_the_report_well_formed(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "/build/odd \xff <tests>");
    struct lg_record *record = synthetic_add_test(&run, "\x1b[31mred\x1b[0m & <\"blue\">",
                                                  "gr\xf6\xdf"
                                                  "e ]]> \xef\xbf\xbe \x01\xc3");
    synthetic_add_failure(&run, record, "a&b.c", 1, "x < \"y\" && z == '\\x1b'\x02");
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, "//testsuite/@name", "odd \\xff <tests>"));
    CU_ASSERT(junit_is(document, "//testcase/@classname", "red & <\"blue\">"));
    CU_ASSERT(junit_is(document, "//testcase/@name", "gr\\xf6\\xdfe ]]> \\ufffe \\x01\\xc3"));
    CU_ASSERT(junit_is(document, "//failure/@message",
                       "assertion failed: a&b.c:1: x < \"y\" && z == '\\x1b'\\x02"));
    finish(&run, document);
}

static void test_utf8_is_kept(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run,
                       "gr\xc3\xb6\xc3\x9f"
                       "e",
                       "\xf0\x9f\x98\x80 \xe2\x82\xac");
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, "//testcase/@classname",
                       "gr\xc3\xb6\xc3\x9f"
                       "e"));
    CU_ASSERT(junit_is(document, "//testcase/@name", "\xf0\x9f\x98\x80 \xe2\x82\xac"));
    finish(&run, document);
}

/* Symbols and paths come from the program's own files: any bytes at all. */
static void test_a_place_of_odd_bytes_leaves_the_report_well_formed(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    synthetic_add_test(&run, "cache", "hits");
    synthetic_read(&run);
    run.results.rows[0].where = (struct lg_location){"odd\xff\x1b", "gr\xf6\xdf.c", 7};
    xmlDoc *document = junit_round_trip(&run.results);
    CU_ASSERT_PTR_NOT_NULL(document);
    if (document != NULL) {
        CU_ASSERT(junit_is(document, "//testcase/@file", "gr\\xf6\\xdf.c"));
        CU_ASSERT(junit_is(document, CASE("hits") PROPERTY("function"), "odd\\xff\\x1b"));
    }
    finish(&run, document);
}

static void test_the_place_of_a_test_is_its_file_and_line(void)
{
    struct synthetic run;
    start(&run);
    synthetic_read(&run);
    run.results.rows[0].where = (struct lg_location){"hits", "/src/test_cache.c", 42};
    xmlDoc *document = junit_round_trip(&run.results);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    CU_ASSERT(junit_is(document, CASE("passes") "/@file", "/src/test_cache.c"));
    CU_ASSERT(junit_is(document, CASE("passes") "/@line", "42"));
    CU_ASSERT(junit_is(document, CASE("passes") PROPERTY("function"), "hits"));
    CU_ASSERT(junit_is(document, "count(" CASE("leaks") "/@file)", "0"));
    CU_ASSERT(junit_is(document, "count(" CASE("leaks") "/@line)", "0"));
    finish(&run, document);
}

static void test_growth_is_a_property_of_each_measured_test(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    synthetic_add_host(&run, "cache_tests");
    struct lg_record *record = synthetic_add_leak(&run, "cache", "leaks");
    record->first_growth.values[LG_GAUGE_HEAP] = 4096;
    record->asserts = 3;
    record->peak_rss_bytes = 1048576;
    record->carried = 4;
    record->repeat = LG_REPEAT_FINE;
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, CASE("leaks") PROPERTY("verdict"), "leaked"));
    CU_ASSERT(junit_is(document, CASE("leaks") PROPERTY("runs"), "11"));
    CU_ASSERT(junit_is(document, CASE("leaks") PROPERTY("asserts"), "3"));
    CU_ASSERT(junit_is(document, CASE("leaks") PROPERTY("peak_rss_bytes"), "1048576"));
    CU_ASSERT(junit_is(document, CASE("leaks") PROPERTY("growth_per_run.live_bytes"), "64"));
    CU_ASSERT(junit_is(document, CASE("leaks") PROPERTY("carried_after_tests"), "4"));
    CU_ASSERT(junit_is(document, CASE("leaks") PROPERTY("first_run_growth.heap_bytes"), "4096"));
    CU_ASSERT(
        junit_is(document, CASE("leaks") PROPERTY("growth_per_run.fds_count"), "not measured"));
    CU_ASSERT(
        junit_is(document, "count(" CASE("leaks") PROPERTY("first_run_growth.fds_count") ")", "0"));
    CU_ASSERT(junit_is(document, "count(" CASE("leaks") PROPERTY("repeatable") ")", "0"));
    finish(&run, document);
}

static void test_growth_is_no_property_of_tests_that_were_not_judged(void)
{
    struct synthetic run;
    start(&run);
    run.ledger.records[0].repeat = LG_REPEAT_CRASHED;
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, CASE("passes") PROPERTY("repeatable"), "no"));
    CU_ASSERT(junit_is(document, CASE("crashes") PROPERTY("verdict"), "crashed"));
    CU_ASSERT(junit_is(document, "count(" CASE("passes") PROPERTY("carried_after_tests") ")", "0"));
    CU_ASSERT(junit_is(document,
                       "count(" CASE("crashes") "//property[starts-with(@name, 'growth_per_run')])",
                       "0"));
    CU_ASSERT(junit_is(
        document, "count(" CASE("fails") "//property[starts-with(@name, 'growth_per_run')])", "0"));
    CU_ASSERT(junit_is(document, "count(" CASE("idles") "/properties)", "0"));
    finish(&run, document);
}

static void test_settings_and_the_machine_are_properties_of_each_program(void)
{
    struct synthetic run;
    start(&run);
    run.ledger.header->hosts[0].pins = 1U << LG_PIN_MMAP_THRESHOLD | 1U << LG_PIN_TCACHE;
    synthetic_read(&run);
    run.results.facts.count = 1;
    run.results.facts.rows[0] = (struct lg_fact){"MemTotal_bytes", "4096"};
    xmlDoc *document = junit_round_trip(&run.results);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    CU_ASSERT(junit_is(document, "//testsuite[2]" PROPERTY("rigor"), "standard"));
    CU_ASSERT(junit_is(document, "//testsuite[2]" PROPERTY("isolation"), "auto"));
    CU_ASSERT(junit_is(document, "//testsuite[1]" PROPERTY("budget"),
                       "heap=0,mmap=0,live=0,fds=0,threads=0,children=0"));
    CU_ASSERT(junit_is(document, "//testsuite[1]" PROPERTY("timeout_ms"), "60000"));
    CU_ASSERT(junit_is(document, "//testsuite[1]" PROPERTY("host.MemTotal_bytes"), "4096"));
    CU_ASSERT(
        junit_is(document, "//testsuite[1]" PROPERTY("pin.M_MMAP_THRESHOLD_bytes"), "131072"));
    CU_ASSERT(junit_is(document, "//testsuite[1]" PROPERTY("pin.glibc.malloc.tcache_count"), "0"));
    CU_ASSERT(
        junit_is(document, "//testsuite[1]" PROPERTY("pin.M_ARENA_MAX_count"), "not in force"));
    CU_ASSERT(junit_is(document, "//testsuite[2]" PROPERTY("pin.M_MMAP_THRESHOLD_bytes"),
                       "not in force"));
    finish(&run, document);
}

static void test_the_order_and_number_of_runs_are_properties_of_each_program(void)
{
    struct synthetic run;
    start(&run);
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, "//testsuite[1]" PROPERTY("jobs"), "1"));
    CU_ASSERT(junit_is(document, "//testsuite[2]" PROPERTY("repeat"), "1"));
    CU_ASSERT(junit_is(document, "count(//property[@name='shuffle'])", "0"));
    finish(&run, document);
    start(&run);
    run.options.jobs = 64;
    run.options.repeat = 10000;
    run.options.shuffle = true;
    run.options.seed = UINT64_MAX;
    document = report_of(&run);
    CU_ASSERT(junit_is(document, "//testsuite[2]" PROPERTY("jobs"), "64"));
    CU_ASSERT(junit_is(document, "//testsuite[1]" PROPERTY("repeat"), "10000"));
    CU_ASSERT(junit_is(document, "//testsuite[1]" PROPERTY("shuffle"), "18446744073709551615"));
    finish(&run, document);
}

static void test_a_program_without_tests_is_a_suite_with_its_own_row(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    xmlDoc *document = report_of(&run);
    CU_ASSERT(junit_is(document, "//testsuite/@name", "cache_tests"));
    CU_ASSERT(junit_is(document, "//testsuite/@errors", "1"));
    CU_ASSERT(junit_is(document, "//testcase/@classname", "leakgate"));
    CU_ASSERT(junit_is(document, "//testcase/@name", "(program)"));
    CU_ASSERT(junit_is(document, "//testcase/@time", "0.000000"));
    CU_ASSERT(junit_is(document, "count(//testcase/error)", "1"));
    finish(&run, document);
}

int add_junit_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_row_is_a_testcase_of_its_suite),
        UNIT_TEST(test_counts_are_those_of_the_elements),
        UNIT_TEST(test_times_are_seconds),
        UNIT_TEST(test_each_problem_has_its_element_and_type),
        UNIT_TEST(test_the_message_is_the_first_line_of_the_text),
        UNIT_TEST(test_odd_bytes_leave_the_report_well_formed),
        UNIT_TEST(test_utf8_is_kept),
        UNIT_TEST(test_a_place_of_odd_bytes_leaves_the_report_well_formed),
        UNIT_TEST(test_the_place_of_a_test_is_its_file_and_line),
        UNIT_TEST(test_growth_is_a_property_of_each_measured_test),
        UNIT_TEST(test_growth_is_no_property_of_tests_that_were_not_judged),
        UNIT_TEST(test_settings_and_the_machine_are_properties_of_each_program),
        UNIT_TEST(test_the_order_and_number_of_runs_are_properties_of_each_program),
        UNIT_TEST(test_a_program_without_tests_is_a_suite_with_its_own_row),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("junit", tests);
}
