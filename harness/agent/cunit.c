/* Takes over CUnit's runs: the only file that knows CUnit.
 *
 * Before CUnit runs anything, each test's function is replaced by one that runs
 * the test in a child and replays its assertions. All else is left to CUnit: its
 * order, its handlers, its counters, its summary. Afterwards all is put back. */
#include "agent/cunit.h"

#include "agent/agent.h"
#include "agent/table.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* CUnit's own functions, wherever they are. */
static struct {
    CU_ErrorCode (*run_all_tests)(void);
    CU_ErrorCode (*run_suite)(CU_pSuite);
    CU_ErrorCode (*run_test)(CU_pSuite, CU_pTest);
    CU_BOOL(*assert_implementation)
    (CU_BOOL, unsigned, const char *, const char *, const char *, CU_BOOL);
    void (*cleanup_registry)(void);
    CU_pTestRegistry (*get_registry)(void);
    CU_pSuite (*get_current_suite)(void);
    CU_pTest (*get_current_test)(void);
    CU_pRunSummary (*get_run_summary)(void);
} cunit;

/* A suite whose functions are replaced, and what they were. */
struct armed_suite {
    CU_pSuite suite;
    bool armed;
    bool selected; /* at least one of its tests is to run */
    CU_InitializeFunc init;
    CU_CleanupFunc cleanup;
    CU_SetUpFunc set_up;
    CU_TearDownFunc tear_down;
};

struct armed_test {
    CU_pTest test;
    bool armed;
    CU_TestFunc function;
    struct lg_record *record; /* its newest; NULL where the ledger was full */
};

static struct lg_table suites = {.entry_bytes = sizeof(struct armed_suite)};
static struct lg_table tests = {.entry_bytes = sizeof(struct armed_test)};
static unsigned run_depth;
static uint32_t registered; /* tests of this program so far: what shards count by */

static void run_current_test(void);
static int run_suite_init(void);
static int run_suite_cleanup(void);

static void *find_call(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    return found;
}

bool lg_cunit_present(void) {
    return find_call("CU_run_all_tests") != NULL;
}

/* ISO C has no conversion from an object pointer to a function pointer; POSIX does. */
#define RESOLVE(member, name)                                                                      \
    do {                                                                                           \
        void *found_ = find_call(name);                                                            \
        memcpy(&cunit.member, &found_, sizeof(found_));                                            \
    } while (0)

static void resolve(void) {
    if (cunit.run_all_tests != NULL)
        return;
    RESOLVE(run_suite, "CU_run_suite");
    RESOLVE(run_test, "CU_run_test");
    RESOLVE(assert_implementation, "CU_assertImplementation");
    RESOLVE(cleanup_registry, "CU_cleanup_registry");
    RESOLVE(get_registry, "CU_get_registry");
    RESOLVE(get_current_suite, "CU_get_current_suite");
    RESOLVE(get_current_test, "CU_get_current_test");
    RESOLVE(get_run_summary, "CU_get_run_summary");
    RESOLVE(run_all_tests, "CU_run_all_tests");
}

uint32_t lg_cunit_take_over(void) {
    resolve();
    return 0;
}

/* Registration. */

static struct lg_record *add_record(const char *suite, const char *name, enum lg_record_kind kind) {
    struct lg_record *record = lg_ledger_add_record(&lg_agent.ledger);
    if (record == NULL)
        return NULL;
    record->host = lg_agent.host_index;
    record->kind = kind;
    record->pass = 1;
    record->suite = lg_ledger_add_text(&lg_agent.ledger, suite);
    record->name = lg_ledger_add_text(&lg_agent.ledger, name);
    return record;
}

static bool matches_filter(const char *suite, const char *name) {
    const struct lg_ledger *ledger = &lg_agent.ledger;
    const char *filter = lg_ledger_text(ledger, ledger->header->orders.filter);
    if (filter[0] == '\0')
        return true;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", suite, name);
    return fnmatch(filter, path, 0) == 0;
}

static enum lg_record_state select_test(const char *suite, const char *name, bool active) {
    const struct lg_orders *orders = &lg_agent.ledger.header->orders;
    if (!matches_filter(suite, name))
        return LG_RECORD_FILTERED;
    if (orders->shards > 0 && registered++ % orders->shards != orders->shard - 1)
        return LG_RECORD_OTHER_SHARD;
    return active ? LG_RECORD_REGISTERED : LG_RECORD_INACTIVE;
}

/* CUnit may have freed a test and made another at its address. */
static bool is_record_of(const struct lg_record *record, CU_pSuite suite, CU_pTest test) {
    return strcmp(lg_ledger_text(&lg_agent.ledger, record->suite), suite->pName) == 0 &&
           strcmp(lg_ledger_text(&lg_agent.ledger, record->name), test->pName) == 0;
}

static uint64_t address_of(CU_TestFunc function) {
    uint64_t address = 0;
    memcpy(&address, &function, sizeof(function));
    return address;
}

static struct lg_record *register_test(CU_pSuite suite, CU_pTest test) {
    bool active = suite->fActive && test->fActive;
    struct lg_record *record = add_record(suite->pName, test->pName, LG_RECORD_TEST);
    if (record == NULL)
        return NULL;
    record->function_address = address_of(test->pTestFunc);
    record->state = select_test(suite->pName, test->pName, active);
    if (record->state == LG_RECORD_REGISTERED)
        lg_agent.host->tests++;
    return record;
}

/* Arming: CUnit's pointers become ours. */

static bool arm_test(CU_pSuite suite, CU_pTest test) {
    struct armed_test *entry = lg_table_add(&tests, test);
    if (entry == NULL)
        return false;
    if (!entry->armed) {
        if (entry->record == NULL || !is_record_of(entry->record, suite, test))
            entry->record = register_test(suite, test);
        entry->function = test->pTestFunc;
        entry->armed = true;
        test->pTestFunc = run_current_test;
    }
    return entry->record == NULL || (entry->record->state != LG_RECORD_FILTERED &&
                                     entry->record->state != LG_RECORD_OTHER_SHARD);
}

static void arm_tests_of(struct armed_suite *entry) {
    entry->selected = entry->suite->pTest == NULL;
    for (CU_pTest test = entry->suite->pTest; test != NULL; test = test->pNext)
        entry->selected |= arm_test(entry->suite, test);
}

static void arm_suite(CU_pSuite suite) {
    struct armed_suite *entry = lg_table_add(&suites, suite);
    if (entry == NULL || entry->armed)
        return;
    entry->init = suite->pInitializeFunc;
    entry->cleanup = suite->pCleanupFunc;
    entry->set_up = suite->pSetUpFunc;
    entry->tear_down = suite->pTearDownFunc;
    entry->armed = true;
    suite->pInitializeFunc = run_suite_init;
    suite->pCleanupFunc = run_suite_cleanup;
    suite->pSetUpFunc = NULL;
    suite->pTearDownFunc = NULL;
    arm_tests_of(entry);
}

static void arm(CU_pSuite suite) {
    CU_pTestRegistry registry = cunit.get_registry();
    for (CU_pSuite next = registry != NULL ? registry->pSuite : NULL; next != NULL;
         next = next->pNext)
        arm_suite(next);
    if (suite != NULL)
        arm_suite(suite);
}

static void disarm(void) {
    for (struct armed_test *entry = NULL; (entry = lg_table_next(&tests, entry)) != NULL;) {
        if (entry->armed)
            entry->test->pTestFunc = entry->function;
        entry->armed = false;
    }
    for (struct armed_suite *entry = NULL; (entry = lg_table_next(&suites, entry)) != NULL;) {
        if (entry->armed) {
            entry->suite->pInitializeFunc = entry->init;
            entry->suite->pCleanupFunc = entry->cleanup;
            entry->suite->pSetUpFunc = entry->set_up;
            entry->suite->pTearDownFunc = entry->tear_down;
        }
        entry->armed = false;
    }
}

/* The suite's own functions: they run in the host. */

static int run_phase(enum lg_suite_phase phase, CU_pSuite suite, int (*function)(void)) {
    struct lg_host *host = lg_agent.host;
    host->suite = lg_ledger_add_text(&lg_agent.ledger, suite->pName);
    host->suite_phase = phase;
    int result = function();
    host->suite_phase = LG_SUITE_NONE;
    if (result != 0) {
        bool init = phase == LG_SUITE_INIT;
        struct lg_record *record =
            add_record(suite->pName, init ? "(suite init)" : "(suite cleanup)",
                       init ? LG_RECORD_SUITE_INIT : LG_RECORD_SUITE_CLEANUP);
        if (record != NULL) {
            record->wait_status = result;
            record->state = LG_RECORD_ENDED;
        }
    }
    return result;
}

static int run_suite_init(void) {
    CU_pSuite suite = cunit.get_current_suite();
    struct armed_suite *entry = lg_table_find(&suites, suite);
    if (entry == NULL)
        return 0;
    arm_tests_of(entry); /* an earlier suite may have added some */
    if (!entry->selected || entry->init == NULL)
        return 0;
    return run_phase(LG_SUITE_INIT, suite, entry->init);
}

static int run_suite_cleanup(void) {
    CU_pSuite suite = cunit.get_current_suite();
    struct armed_suite *entry = lg_table_find(&suites, suite);
    if (entry == NULL || !entry->selected || entry->cleanup == NULL)
        return 0;
    return run_phase(LG_SUITE_CLEANUP, suite, entry->cleanup);
}

/* One test, in the child. */

struct test_run {
    CU_pTest test;
    CU_TestFunc function;
    CU_SetUpFunc set_up;
    CU_TearDownFunc tear_down;
};

static struct test_run current; /* in the child: where a fatal assertion goes back to */

static void run_part(enum lg_phase phase, void (*function)(void)) {
    lg_agent.record->phase = phase;
    if (function != NULL)
        function();
}

/* As CUnit does: a fatal assertion in SetUp is none, there is nowhere to go back to. In
 * TearDown, CUnit would go back to before TearDown, forever: here it ends it. */
static void run_body(void *context) {
    const struct test_run *run = context;
    jmp_buf back;
    run->test->pJumpBuf = NULL;
    run_part(LG_PHASE_SETUP, run->set_up);
    run->test->pJumpBuf = &back;
    if (setjmp(back) == 0)
        run_part(LG_PHASE_BODY, run->function);
    if (setjmp(back) == 0)
        run_part(LG_PHASE_TEARDOWN, run->tear_down);
    run->test->pJumpBuf = NULL;
}

static CU_BOOL note_assertion(CU_BOOL value, unsigned line, const char *condition, const char *file,
                              CU_BOOL fatal) {
    lg_child_assert(value != CU_FALSE, line, condition, file);
    CU_pRunSummary summary = cunit.get_run_summary();
    summary->nAsserts++;
    if (value != CU_FALSE)
        return value;
    summary->nAssertsFailed++;
    summary->nFailureRecords++;
    /* A nested run has left no current test behind. */
    CU_pTest test = cunit.get_current_test();
    if (test == NULL)
        test = current.test;
    if (fatal != CU_FALSE && test->pJumpBuf != NULL)
        longjmp(*test->pJumpBuf, 1);
    return value;
}

/* The result, replayed in the host. */

static void replay_failures(const struct lg_record *record) {
    const struct lg_failure *failures[LG_LEDGER_MAX_FAILURES];
    size_t kept = 0;
    lg_attic at = record->failures;
    while (at != 0 && kept < LG_LEDGER_MAX_FAILURES) {
        const struct lg_failure *failure =
            lg_ledger_at(&lg_agent.ledger, at, sizeof(struct lg_failure));
        if (failure == NULL)
            break;
        failures[kept++] = failure;
        at = failure->previous;
    }
    uint32_t failed = 0;
    while (kept > 0) {
        const struct lg_failure *failure = failures[--kept];
        cunit.assert_implementation(CU_FALSE, failure->line,
                                    lg_ledger_text(&lg_agent.ledger, failure->condition),
                                    lg_ledger_text(&lg_agent.ledger, failure->file), "", CU_FALSE);
        failed++;
    }
    for (; failed < record->asserts_failed; failed++)
        cunit.assert_implementation(CU_FALSE, 0, "one more failed assertion than was kept",
                                    "leakgate", "", CU_FALSE);
}

static void replay(const struct lg_record *record) {
    for (uint32_t i = record->asserts_failed; i < record->asserts; i++)
        cunit.assert_implementation(CU_TRUE, 0, "", "", "", CU_FALSE);
    replay_failures(record);
    const char *died = NULL;
    if (record->ending == LG_ENDING_SIGNALED)
        died = strsignal(WTERMSIG(record->wait_status));
    else if (record->ending == LG_ENDING_TIMED_OUT)
        died = "timed out";
    else if (record->ending == LG_ENDING_EXITED)
        died = "the test ended the program";
    else if (record->ending == LG_ENDING_NO_FORK)
        died = "no process could be made for the test";
    if (died != NULL)
        cunit.assert_implementation(CU_FALSE, 0, died, "leakgate", "", CU_FALSE);
}

/* Another run of the same test is another row: no result is lost to a later one. */
static struct lg_record *fresh_record(struct armed_test *entry, CU_pSuite suite) {
    struct lg_record *record = entry->record;
    if (record == NULL || record->state != LG_RECORD_ENDED)
        return record;
    struct lg_record *next = add_record(suite->pName, entry->test->pName, LG_RECORD_TEST);
    if (next != NULL) {
        next->pass = record->pass + 1;
        next->function_address = record->function_address;
        entry->record = next;
    }
    return next;
}

static void run_current_test(void) {
    CU_pTest test = cunit.get_current_test();
    CU_pSuite suite = cunit.get_current_suite();
    struct armed_test *entry = lg_table_find(&tests, test);
    struct armed_suite *parent = lg_table_find(&suites, suite);
    if (entry == NULL || parent == NULL)
        return;
    struct lg_record *record = fresh_record(entry, suite);
    if (record == NULL || record->state == LG_RECORD_FILTERED ||
        record->state == LG_RECORD_OTHER_SHARD)
        return;
    current = (struct test_run){test, entry->function, parent->set_up, parent->tear_down};
    lg_fork_test(record, (struct lg_body){run_body, &current});
    replay(record);
}

/* The calls that are taken over. */

static void list_and_leave(void) {
    fflush(NULL);
    _exit(0);
}

static bool begin_run(CU_pSuite suite) {
    resolve();
    if (!lg_agent.attached)
        return false;
    if (lg_agent.record != NULL) {
        disarm(); /* a run within a test is part of that test */
        return false;
    }
    if (run_depth++ == 0 && lg_agent.host->maps == 0)
        lg_host_save_maps();
    arm(suite);
    __atomic_store_n(&lg_agent.host->state, LG_HOST_RUNNING, __ATOMIC_RELEASE);
    if (lg_agent.ledger.header->orders.list_only != 0)
        list_and_leave();
    return true;
}

static CU_ErrorCode end_run(bool begun, CU_ErrorCode result) {
    if (begun && --run_depth == 0) {
        disarm();
        __atomic_store_n(&lg_agent.host->state, LG_HOST_IDLE, __ATOMIC_RELEASE);
    }
    return result;
}

EXPORTED CU_ErrorCode CU_run_all_tests(void) {
    bool begun = begin_run(NULL);
    return end_run(begun, cunit.run_all_tests());
}

EXPORTED CU_ErrorCode CU_run_suite(CU_pSuite pSuite) {
    bool begun = begin_run(pSuite);
    return end_run(begun, cunit.run_suite(pSuite));
}

EXPORTED CU_ErrorCode CU_run_test(CU_pSuite pSuite, CU_pTest pTest) {
    bool begun = begin_run(pSuite);
    return end_run(begun, cunit.run_test(pSuite, pTest));
}

EXPORTED CU_BOOL CU_assertImplementation(CU_BOOL bValue, unsigned int uiLine,
                                         const char *strCondition, const char *strFile,
                                         const char *strFunction, CU_BOOL bFatal) {
    if (lg_agent.record != NULL)
        return note_assertion(bValue, uiLine, strCondition, strFile, bFatal);
    resolve();
    return cunit.assert_implementation(bValue, uiLine, strCondition, strFile, strFunction, bFatal);
}

/* A handler may end CUnit from within a run: nothing may be put back after that. */
EXPORTED void CU_cleanup_registry(void) {
    resolve();
    if (lg_agent.attached)
        disarm();
    cunit.cleanup_registry();
}
