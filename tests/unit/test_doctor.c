/* What the doctor says of planted leaks: seen, not seen, not measured, not tried. */
#include "runner/doctor.h"
#include "synthetic.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum lg_gauge gauge;
    int64_t per_run;
} planted[] = {
    {"live", LG_GAUGE_LIVE, 112},     {"heap", LG_GAUGE_HEAP, 102400},
    {"mmap", LG_GAUGE_MMAP, 65536},   {"fds", LG_GAUGE_FDS, 1},
    {"threads", LG_GAUGE_THREADS, 1}, {"children", LG_GAUGE_CHILDREN, 1},
};

#define PLANTED_COUNT (sizeof(planted) / sizeof(planted[0]))

/* A machine on which the doctor sees each leak, and none in the clean test. */
static void start(struct synthetic *run)
{
    CU_ASSERT_TRUE_FATAL(synthetic_init(run));
    struct lg_host *host = synthetic_add_host(run, "leakgate");
    host->pins = (1U << LG_PIN_COUNT) - 1;
    host->allocator_name = lg_ledger_add_text(&run->ledger, "glibc");
    for (size_t i = 0; i < PLANTED_COUNT; i++) {
        struct lg_record *record = synthetic_add_test(run, "doctor", planted[i].name);
        record->measured = (1U << LG_GAUGE_COUNT) - 1;
        record->runs = 11;
        record->judged_runs = 10;
        record->leaking = LG_GAUGE_BIT(planted[i].gauge);
        record->growth.values[planted[i].gauge] = 10 * planted[i].per_run;
    }
    synthetic_add_test(run, "doctor", "clean");
}

/* Reads RUN and ends it. Returns what the doctor wrote, which the caller frees. */
static char *examine(struct synthetic *run, bool color, bool *good)
{
    char *text = NULL;
    size_t size = 0;
    synthetic_read(run);
    FILE *stream = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    *good = lg_doctor_write(&run->results, stream, color);
    fclose(stream);
    synthetic_fini(run);
    return text;
}

static void check_ill(struct synthetic *run, const char *line)
{
    bool good = true;
    char *text = examine(run, false, &good);
    CU_ASSERT_FALSE(good);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
    free(text);
}

static void test_each_leak_that_was_seen_has_its_growth(void)
{
    struct synthetic run;
    bool good = false;
    start(&run);
    char *text = examine(&run, false, &good);
    CU_ASSERT_TRUE(good);
    static const char expected[] = "gauge      planted                      result\n"
                                   "live       malloc of 100 bytes          seen: +112 B a run\n"
                                   "heap       malloc of 100000 bytes       seen: +102400 B a run\n"
                                   "mmap       mmap of 64 KiB               seen: +65536 B a run\n"
                                   "fds        an open descriptor           seen: +1 a run\n"
                                   "threads    a thread                     seen: +1 a run\n"
                                   "children   a process                    seen: +1 a run\n"
                                   "(none)     malloc and free              nothing seen\n";
    CU_ASSERT_EQUAL(strncmp(text, expected, strlen(expected)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "malloc                       glibc\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "allocator settings pinned    all\n"));
    free(text);
}

static void test_a_leak_that_was_not_seen_is_told(void)
{
    struct synthetic run;
    start(&run);
    run.ledger.records[1].leaking = 0;
    check_ill(&run, "heap       malloc of 100000 bytes       not seen: ");
}

static void test_a_gauge_that_was_not_measured_is_told(void)
{
    struct synthetic run;
    start(&run);
    run.ledger.records[5].measured &= ~BIT(CHILDREN);
    check_ill(&run, "children   a process                    not measured\n");
}

static void test_a_leak_that_was_not_planted_is_told(void)
{
    struct synthetic run;
    start(&run);
    run.ledger.header->records_used = 2;
    check_ill(&run, "mmap       mmap of 64 KiB               not tried: the agent did not get that "
                    "far\n");
}

static void test_a_clean_test_that_leaks_is_told(void)
{
    struct synthetic run;
    start(&run);
    struct lg_record *clean = &run.ledger.records[PLANTED_COUNT];
    clean->judged_runs = 10;
    clean->leaking = BIT(LIVE);
    clean->growth.values[LG_GAUGE_LIVE] = 640;
    check_ill(&run, "(none)     malloc and free              leaked live +64 B/run (budget 0 B), "
                    "over 10 runs\n");
}

static void test_without_the_agent_nothing_was_tried(void)
{
    struct synthetic run;
    CU_ASSERT_TRUE_FATAL(synthetic_init(&run));
    check_ill(&run, "(none)     malloc and free              not tried\n");
}

static void test_pins_that_are_not_in_force_are_told(void)
{
    struct synthetic run;
    bool good = false;
    start(&run);
    run.ledger.header->hosts[0].pins &= ~(1U << LG_PIN_TCACHE);
    char *text = examine(&run, false, &good);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "allocator settings pinned    not all\n"));
    free(text);
}

static void test_colour_tells_the_good_from_the_bad(void)
{
    struct synthetic run;
    bool good = true;
    start(&run);
    run.ledger.records[0].measured = BIT(HEAP);
    char *text = examine(&run, true, &good);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\x1b[31mnot measured\x1b[0m\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\x1b[32mseen: +102400 B a run\x1b[0m\n"));
    free(text);
}

int add_doctor_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_leak_that_was_seen_has_its_growth),
        UNIT_TEST(test_a_leak_that_was_not_seen_is_told),
        UNIT_TEST(test_a_gauge_that_was_not_measured_is_told),
        UNIT_TEST(test_a_leak_that_was_not_planted_is_told),
        UNIT_TEST(test_a_clean_test_that_leaks_is_told),
        UNIT_TEST(test_without_the_agent_nothing_was_tried),
        UNIT_TEST(test_pins_that_are_not_in_force_are_told),
        UNIT_TEST(test_colour_tells_the_good_from_the_bad),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("doctor", tests);
}
