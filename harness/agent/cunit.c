/* Takes over CUnit's runs: the only file that knows CUnit.
 *
 * Before CUnit runs anything, each test's function is replaced by one that runs
 * the test in a child and replays its assertions. All else is left to CUnit: its
 * order, its handlers, its counters, its summary. Afterwards all is put back. */
#include "agent/cunit.h"

#include "agent/agent.h"
#include "agent/coverage.h"
#include "agent/cunit_ahead.h"
#include "agent/cunit_arm.h"
#include "agent/cunit_attempt.h"
#include "agent/cunit_body.h"
#include "agent/cunit_calls.h"
#include "agent/host.h"
#include "agent/keepers.h"
#include "agent/offsets.h"
#include "agent/output.h"
#include "agent/own_slots.h"
#include "agent/place.h"
#include "agent/silence.h"
#include "agent/wishes.h"
#include "common/clock.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static unsigned run_depth;

static void run_current_test(void);
static int run_suite_init(void);
static int run_suite_cleanup(void);

bool lg_cunit_present(void)
{
    return lg_cunit_find();
}

uint32_t lg_cunit_take_over(void)
{
    lg_cunit_take_runs();
    return lg_cunit_is_static();
}

/* The suite's own functions: they run in the host. */

static int run_phase(enum lg_suite_phase phase, CU_pSuite suite, int (*function)(void))
{
    struct lg_host *host = lg_agent.host;
    lg_keepers_close();
    lg_place_free();
    host->suite = lg_ledger_add_text(&lg_agent.ledger, suite->pName);
    host->phase_started_ns = lg_clock_ns();
    __atomic_store_n(&host->suite_phase, phase, __ATOMIC_RELEASE);
    int result = function();
    host->suite_phase = LG_SUITE_NONE;
    lg_host_has_run_code();
    if (result != 0) {
        bool init = phase == LG_SUITE_INIT;
        struct lg_record *record =
            lg_cunit_add_record(suite->pName, init ? "(suite init)" : "(suite cleanup)",
                                init ? LG_RECORD_SUITE_INIT : LG_RECORD_SUITE_CLEANUP);
        if (record != NULL) {
            record->wait_status = result;
            record->state = LG_RECORD_ENDED;
        }
    }
    return result;
}

static int run_suite_init(void)
{
    CU_pSuite suite = lg_cunit.get_current_suite();
    struct lg_armed_suite *entry = lg_cunit_armed_suite(suite);
    if (entry == NULL)
        return 0;
    if (lg_agent.record != NULL) /* a run within a test, of a static CUnit */
        return entry->init != NULL ? entry->init() : 0;
    lg_wishes_begin_suite();
    lg_cunit_arm_tests(entry); /* an earlier suite may have added some */
    if (!entry->selected || entry->init == NULL)
        return 0;
    uint32_t before = lg_cunit_count_threads();
    int result = run_phase(LG_SUITE_INIT, suite, entry->init);
    uint32_t after = lg_cunit_count_threads();
    entry->threads = after > before ? after - before : 0;
    return result;
}

static int run_suite_cleanup(void)
{
    CU_pSuite suite = lg_cunit.get_current_suite();
    struct lg_armed_suite *entry = lg_cunit_armed_suite(suite);
    if (entry == NULL)
        return 0;
    if (lg_agent.record != NULL)
        return entry->cleanup != NULL ? entry->cleanup() : 0;
    lg_cunit_leave_suite(suite);
    if (entry->init != NULL)
        lg_keepers_close(); /* they know what it has left */
    if (!entry->selected || entry->cleanup == NULL)
        return 0;
    return run_phase(LG_SUITE_CLEANUP, suite, entry->cleanup);
}

/* The result, replayed in the host. */

/* Its array must not be part of the frame from which the child is forked: whatever lies on
 * the stack there passes for a pointer that the program holds. */
__attribute__((noinline)) static void replay_failures(const struct lg_record *record)
{
    const struct lg_failure *failures[LG_LEDGER_MAX_FAILURES];
    size_t kept = 0;
    struct lg_ledger part = lg_ledger_part(&lg_agent.ledger, record);
    lg_attic at = record->failures;
    while (at != 0 && kept < LG_LEDGER_MAX_FAILURES) {
        const struct lg_failure *failure = lg_ledger_at(&part, at, sizeof(struct lg_failure));
        if (failure == NULL)
            break;
        failures[kept++] = failure;
        at = failure->previous;
    }
    uint32_t failed = 0;
    while (kept > 0) {
        const struct lg_failure *failure = failures[--kept];
        lg_cunit.assert_implementation(CU_FALSE, failure->line,
                                       lg_ledger_text(&part, failure->condition),
                                       lg_ledger_text(&part, failure->file), "", CU_FALSE);
        failed++;
    }
    lg_host_has_changed(); /* CUnit has taken memory for them */
    for (; failed < record->asserts_failed; failed++)
        lg_cunit.assert_implementation(CU_FALSE, 0, "one more failed assertion than was kept",
                                       "leakgate", "", CU_FALSE);
}

static void replay(const struct lg_record *record)
{
    for (uint32_t i = record->asserts_failed; i < record->asserts; i++)
        lg_cunit.assert_implementation(CU_TRUE, 0, "", "", "", CU_FALSE);
    if (record->asserts_failed > 0)
        replay_failures(record);
    const char *died = NULL;
    if (record->ending == LG_ENDING_SIGNALED && record->oom != LG_OOM_NONE)
        died = "Killed by the OOM killer";
    else if (record->ending == LG_ENDING_SIGNALED)
        died = strsignal(WTERMSIG(record->wait_status));
    else if (record->ending == LG_ENDING_TIMED_OUT)
        died = "timed out";
    else if (record->ending == LG_ENDING_EXITED)
        died = "the test ended the program";
    else if (record->ending == LG_ENDING_OVERWRITTEN)
        died = "the test has written over its own result";
    else if (record->ending == LG_ENDING_NO_FORK)
        died = "no process could be made for the test";
    if (died != NULL)
        lg_cunit.assert_implementation(CU_FALSE, 0, died, "leakgate", "", CU_FALSE);
}

static bool is_selected(const struct lg_record *record)
{
    return record != NULL && record->state != LG_RECORD_FILTERED &&
           record->state != LG_RECORD_OTHER_SHARD;
}

/* As often as the orders say; each time is a row of its own. */
static void run_passes(struct lg_record *record, struct lg_armed_test *entry,
                       struct lg_armed_suite *parent, const struct lg_cunit_body *body)
{
    uint32_t left = lg_agent.ledger.header->orders.repeat;
    while (record != NULL) {
        lg_cunit_measure(record, parent, body);
        lg_agent.host->ended++;
        replay(record);
        if (left-- <= 1)
            break;
        record = lg_cunit_fresh_record(entry, body->suite);
    }
}

static void run_current_test(void)
{
    CU_pTest test = lg_cunit.get_current_test();
    CU_pSuite suite = lg_cunit.get_current_suite();
    struct lg_armed_test *entry = lg_cunit_armed_test(test);
    struct lg_armed_suite *parent = lg_cunit_armed_suite(suite);
    if (entry == NULL || parent == NULL)
        return;
    struct lg_cunit_body body = {suite, test, entry->function, parent->set_up, parent->tear_down};
    if (lg_agent.record != NULL) {
        /* A static CUnit does not ask the agent when a test runs another: it comes here. */
        lg_cunit_run_body(&body);
        return;
    }
    lg_cunit_is_at(test);
    if (lg_agent.ledger.header->orders.isolation == LG_ISOLATION_CARRY)
        parent->carried = true;
    struct lg_record *record = lg_cunit_fresh_record(entry, suite);
    bool selected = is_selected(record);
    lg_cunit_reach(parent, entry);
    if (selected)
        run_passes(record, entry, parent, &body);
    lg_cunit_came_to(&body);
    if (parent->carried)
        lg_cunit_carry_on(selected ? record : NULL, &body);
}

/* The calls that are taken over. */

static void list_and_leave(void)
{
    lg_flush();
    _exit(0);
}

/* What was begun knows nothing of what the program does next. */
static void end_tests(void)
{
    lg_place_free();
    lg_cunit_drop_ahead();
    lg_keepers_close();
}

static bool begin_run(CU_pSuite suite)
{
    lg_cunit_find();
    lg_attach();
    if (!lg_agent.attached)
        return false;
    if (lg_agent.record != NULL || lg_cunit_in_body()) {
        lg_cunit_disarm(); /* a run within a test is part of that test */
        return false;
    }
    if (run_depth == 0) {
        if (!lg_host_begin_run())
            return false;
        lg_offsets_note();
        lg_host_has_changed();
        lg_own_slots_bind_ahead("CU_assertImplementation", (void *)CU_assertImplementation);
        lg_coverage_find();
        lg_output_open();
    }
    if (run_depth++ > 0) { /* within one: of a handler, or of a suite's own function */
        end_tests();
        lg_host_has_run_code();
    }
    static const struct lg_cunit_hooks hooks = {run_current_test, run_suite_init,
                                                run_suite_cleanup};
    lg_cunit_arm(&hooks, suite);
    if (lg_agent.ledger.header->orders.list_only != 0)
        list_and_leave();
    lg_cunit_let_runs_in();
    return true;
}

static CU_ErrorCode end_run(bool begun, CU_ErrorCode result)
{
    if (!begun)
        return result;
    end_tests();
    if (--run_depth == 0) {
        lg_cunit_disarm();
        lg_cunit_take_runs();
        lg_host_end_run();
    } else {
        lg_cunit_allow_ahead(false, false);
    }
    return result;
}

EXPORTED CU_ErrorCode CU_run_all_tests(void)
{
    bool begun = begin_run(NULL);
    lg_cunit_allow_ahead(begun, true);
    return end_run(begun, lg_cunit.run_all_tests());
}

EXPORTED CU_ErrorCode CU_run_suite(CU_pSuite pSuite)
{
    bool begun = begin_run(pSuite);
    lg_cunit_allow_ahead(begun, false);
    return end_run(begun, lg_cunit.run_suite(pSuite));
}

EXPORTED CU_ErrorCode CU_run_test(CU_pSuite pSuite, CU_pTest pTest)
{
    bool begun = begin_run(pSuite);
    lg_cunit_allow_ahead(false, false);
    return end_run(begun, lg_cunit.run_test(pSuite, pTest));
}

EXPORTED CU_BOOL CU_assertImplementation(CU_BOOL bValue, unsigned int uiLine,
                                         const char *strCondition, const char *strFile,
                                         const char *strFunction, CU_BOOL bFatal)
{
    if (lg_cunit_in_body())
        return lg_cunit_note_assertion(bValue, uiLine, strCondition, strFile, bFatal);
    lg_cunit_find();
    return lg_cunit.assert_implementation(bValue, uiLine, strCondition, strFile, strFunction,
                                          bFatal);
}

/* A handler may end CUnit from within a run: nothing may be put back after that. */
EXPORTED void CU_cleanup_registry(void)
{
    lg_cunit_find();
    if (lg_agent.attached) {
        if (lg_agent.record == NULL) {
            lg_cunit_drop_ahead();
            lg_keepers_close();
        }
        lg_cunit_disarm();
        lg_cunit_forget_before();
    }
    lg_cunit.cleanup_registry();
}
