#include "agent/cunit_ahead.h"

#include "agent/agent.h"
#include "agent/cunit_attempt.h"
#include "agent/cunit_calls.h"
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

struct lg_record *lg_cunit_fresh_record(struct lg_armed_test *entry, CU_pSuite parent)
{
    struct lg_record *record = entry->record;
    if (record == NULL || record->state != LG_RECORD_ENDED || entry->ahead)
        return record;
    struct lg_record *fresh = next_pass(record);
    if (fresh == NULL)
        fresh = lg_cunit_add_pass(record, parent->pName, entry->test->pName, record->pass + 1);
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

void lg_cunit_reach(const struct lg_armed_suite *parent, struct lg_armed_test *entry)
{
    reached = parent;
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
    if (!lg_offsets_any())
        return true;
    lg_offsets_tell();
    return false;
}

static void begin(struct lg_armed_test *entry)
{
    struct lg_record *record = lg_cunit_fresh_record(entry, suite->suite);
    if (record == NULL || record->state != LG_RECORD_REGISTERED)
        return;
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

static bool any_ahead(CU_pSuite of)
{
    bool any = false;
    for (CU_pTest test = of->pTest; test != NULL; test = test->pNext) {
        const struct lg_armed_test *entry = lg_cunit_armed_test(test);
        any |= entry != NULL && entry->ahead;
    }
    return any;
}

static void forget(CU_pSuite of)
{
    for (CU_pTest test = of->pTest; test != NULL; test = test->pNext) {
        struct lg_armed_test *entry = lg_cunit_armed_test(test);
        if (entry == NULL || !entry->passed)
            continue;
        if (entry->ahead) {
            entry->record->discarded++;
            entry->record->state = LG_RECORD_REGISTERED;
        }
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
    if (any)
        lg_keepers_cancel();
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
