#include "agent/cunit_ahead.h"

#include "agent/agent.h"
#include "agent/cunit_attempt.h"
#include "agent/cunit_handlers.h"
#include "agent/hot.h"
#include "agent/keepers.h"
#include "agent/offsets.h"

static LG_HOT bool is_allowed;
static LG_HOT bool all_suites; /* CUnit goes on to the next one */
static LG_HOT const struct lg_armed_suite *reached;
static LG_HOT const struct lg_armed_suite *suite; /* REACHED, or one after it */
static LG_HOT CU_pTest next;                      /* of SUITE, to be begun */

/* Where each test is to be run several times, the records of that follow each other. */
static struct lg_record *next_pass(struct lg_record *record)
{
    struct lg_record *next_record = record + 1;
    uint32_t index = (uint32_t)(next_record - lg_agent.ledger.records);
    bool follows = index < lg_ledger_records(&lg_agent.ledger) &&
                   next_record->state == LG_RECORD_REGISTERED &&
                   next_record->host == record->host && next_record->pass == record->pass + 1 &&
                   next_record->function_address == record->function_address;
    return follows ? next_record : NULL;
}

/* All at once, as when it was registered: side by side. */
static struct lg_record *add_passes(const struct lg_record *record, const char *suite_name,
                                    const char *name)
{
    struct lg_record *first = NULL;
    for (uint32_t i = 1; i <= lg_agent.ledger.header->orders.repeat; i++) {
        struct lg_record *added = lg_cunit_add_pass(record, suite_name, name, record->pass + i);
        first = first == NULL ? added : first;
    }
    return first;
}

struct lg_record *lg_cunit_fresh_record(struct lg_armed_test *entry, CU_pSuite parent)
{
    struct lg_record *record = entry->record;
    if (record == NULL || record->state != LG_RECORD_ENDED || entry->ahead)
        return record;
    struct lg_record *fresh = next_pass(record);
    if (fresh == NULL)
        fresh = add_passes(record, parent->pName, entry->test->pName);
    if (fresh != NULL)
        entry->record = fresh;
    return fresh;
}

void lg_cunit_allow_ahead(bool allowed, bool of_all_suites)
{
    is_allowed = allowed && lg_agent.ledger.slots > 1;
    all_suites = of_all_suites;
    reached = suite = NULL;
    next = NULL;
}

/* For the passes of RECORD's test from there on. */
static void note_ahead(struct lg_record *record, enum lg_ahead ahead)
{
    for (; record != NULL && record->ahead != ahead; record = next_pass(record))
        record->ahead = ahead;
}

static bool any_ahead(CU_pSuite of)
{
    bool any = false;
    for (CU_pTest test = of->pTest; test != NULL; test = test->pNext) {
        const struct lg_armed_test *entry = lg_cunit_armed_test(test);
        any |= entry != NULL && entry->ahead;
    }
    return any;
}

/* A thread of the program may have switched suites off whose tests had begun: CUnit passes them
 * over. */
static bool has_passed_over(const struct lg_armed_suite *parent)
{
    bool any = false;
    CU_pSuite of = reached != NULL && reached != parent ? reached->suite->pNext : NULL;
    for (; of != NULL && of != parent->suite; of = of->pNext)
        any |= any_ahead(of);
    return any;
}

void lg_cunit_reach(const struct lg_armed_suite *parent, struct lg_armed_test *entry)
{
    if (has_passed_over(parent))
        lg_cunit_drop_ahead();
    reached = parent;
    note_ahead(entry->record, LG_AHEAD_NOT);
    if (!entry->passed) {
        suite = parent;
        next = entry->test->pNext;
    } else { /* a write costs a page fault */
        entry->passed = entry->ahead = false;
    }
}

/* No code of the user runs in the host between the tests of the one and those of the other. */
static const struct lg_armed_suite *suite_after(const struct lg_armed_suite *one)
{
    if (!all_suites || one->init != NULL || one->cleanup != NULL || one->suite->pNext == NULL)
        return NULL;
    const struct lg_armed_suite *other = lg_cunit_armed_suite(one->suite->pNext);
    bool is_plain = other != NULL && other->armed && other->init == NULL && other->suite->fActive;
    return is_plain ? other : NULL;
}

bool lg_cunit_has_more(void)
{
    const struct lg_armed_suite *after = suite;
    while (next == NULL && after != NULL && (after = suite_after(after)) != NULL) {
        suite = after;
        next = after->suite->pTest;
    }
    return next != NULL;
}

bool lg_cunit_may_run_ahead(void)
{
    if (!is_allowed || suite == NULL || reached->carried || suite->carried ||
        reached->threads > 0 || suite->threads > 0 ||
        lg_agent.ledger.header->orders.isolation == LG_ISOLATION_CARRY)
        return false;
    if (lg_offsets_any())
        lg_offsets_tell();
    else if (lg_cunit_has_handlers())
        lg_cunit_tell_handlers();
    else
        return true;
    return false;
}

static void begin(struct lg_armed_test *entry)
{
    const struct lg_record *before = entry->record;
    struct lg_record *record = lg_cunit_fresh_record(entry, suite->suite);
    if (record == NULL || record->state != LG_RECORD_REGISTERED)
        return;
    if (record->ahead == LG_AHEAD_NOT)
        note_ahead(record, record == before ? LG_AHEAD_BEGUN : LG_AHEAD_BEGUN_ROW);
    struct lg_cunit_body body = {suite->suite, entry->test, entry->function, suite->set_up,
                                 suite->tear_down};
    entry->ahead = lg_cunit_begin(record, &body);
}

void lg_cunit_begin_ahead(void)
{
    while (lg_cunit_has_more() && lg_cunit_may_run_ahead() && lg_keepers_have_room()) {
        struct lg_armed_test *entry = lg_cunit_armed_test(next);
        if (entry != NULL)
            entry->passed = true;
        if (entry != NULL && entry->armed && next->fActive)
            begin(entry);
        next = next->pNext;
    }
}

static void forget(CU_pSuite of)
{
    for (CU_pTest test = of->pTest; test != NULL; test = test->pNext) {
        struct lg_armed_test *entry = lg_cunit_armed_test(test);
        if (entry == NULL || !entry->passed)
            continue;
        if (entry->ahead)
            lg_ledger_discard(entry->record);
        entry->passed = entry->ahead = false;
    }
}

void lg_cunit_drop_ahead(void)
{
    CU_pSuite last = suite != NULL ? suite->suite : NULL;
    bool any = false;
    for (CU_pSuite of = last != NULL ? reached->suite : NULL; of != NULL; of = of->pNext) {
        any |= any_ahead(of);
        if (of == last)
            break;
    }
    if (any) { /* what runs comes to its end: others may wait for what it holds */
        lg_keepers_withdraw();
        lg_keepers_close();
    }
    for (CU_pSuite of = last != NULL ? reached->suite : NULL; of != NULL; of = of->pNext) {
        forget(of);
        if (of == last)
            break;
    }
    reached = suite = NULL;
    next = NULL;
}

void lg_cunit_leave_suite(CU_pSuite parent)
{
    if (any_ahead(parent) || (reached != NULL && reached == suite))
        lg_cunit_drop_ahead();
    else
        forget(parent);
}
