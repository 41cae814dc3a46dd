#include "agent/cunit_arm.h"

#include "agent/agent.h"
#include "agent/cunit_calls.h"
#include "agent/cunit_shuffle.h"
#include "agent/table.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static struct lg_table suites = {.entry_bytes = sizeof(struct lg_armed_suite)};
static struct lg_table tests = {.entry_bytes = sizeof(struct lg_armed_test)};
static struct lg_cunit_hooks armed_with;
static uint32_t armed;      /* suites and tests so far */
static uint32_t registered; /* tests of this program so far: what shards count by */

/* Registration. */

struct lg_record *lg_cunit_add_record(const char *suite, const char *name, enum lg_record_kind kind)
{
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

static bool matches_filter(const char *suite, const char *name)
{
    const struct lg_ledger *ledger = &lg_agent.ledger;
    const char *filter = lg_ledger_text(ledger, ledger->header->orders.filter);
    if (filter[0] == '\0')
        return true;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", suite, name);
    return fnmatch(filter, path, 0) == 0;
}

static enum lg_record_state select_test(const char *suite, const char *name, bool active)
{
    const struct lg_orders *orders = &lg_agent.ledger.header->orders;
    /* By its place among all tests: each is in one shard, whatever else selects it. */
    bool in_shard = orders->shards == 0 || registered++ % orders->shards == orders->shard - 1;
    if (!matches_filter(suite, name))
        return LG_RECORD_FILTERED;
    if (!in_shard)
        return LG_RECORD_OTHER_SHARD;
    return active ? LG_RECORD_REGISTERED : LG_RECORD_INACTIVE;
}

/* CUnit may have freed a test and made another at its address. */
static bool is_record_of(const struct lg_record *record, CU_pSuite suite, CU_pTest test)
{
    return strcmp(lg_ledger_text(&lg_agent.ledger, record->suite), suite->pName) == 0 &&
           strcmp(lg_ledger_text(&lg_agent.ledger, record->name), test->pName) == 0;
}

static uint64_t address_of(CU_TestFunc function)
{
    uint64_t address = 0;
    memcpy(&address, &function, sizeof(function));
    return address;
}

struct lg_record *lg_cunit_add_pass(const struct lg_record *first, const char *suite,
                                    const char *name, uint32_t pass)
{
    struct lg_record *record = lg_cunit_add_record(suite, name, LG_RECORD_TEST);
    if (record == NULL)
        return NULL;
    record->state = LG_RECORD_REGISTERED;
    record->pass = pass;
    record->function_address = first->function_address;
    return record;
}

static struct lg_record *register_test(CU_pSuite suite, CU_pTest test)
{
    bool active = suite->fActive && test->fActive;
    struct lg_record *record = lg_cunit_add_record(suite->pName, test->pName, LG_RECORD_TEST);
    if (record == NULL)
        return NULL;
    record->function_address = address_of(test->pTestFunc);
    record->state = select_test(suite->pName, test->pName, active);
    if (record->state != LG_RECORD_REGISTERED)
        return record;
    lg_agent.host->tests++;
    for (uint32_t pass = 2; pass <= lg_agent.ledger.header->orders.repeat; pass++)
        lg_agent.host->tests += lg_cunit_add_pass(record, suite->pName, test->pName, pass) != NULL;
    return record;
}

/* Arming: CUnit's pointers become ours. */

static bool arm_test(CU_pSuite suite, CU_pTest test)
{
    struct lg_armed_test *entry = lg_table_add(&tests, test);
    if (entry == NULL)
        return false;
    if (!entry->armed) {
        if (entry->order == 0)
            entry->order = ++armed;
        if (entry->record == NULL || !is_record_of(entry->record, suite, test))
            entry->record = register_test(suite, test);
        entry->function = test->pTestFunc;
        entry->armed = true;
        test->pTestFunc = armed_with.test;
    }
    return entry->record == NULL || (entry->record->state != LG_RECORD_FILTERED &&
                                     entry->record->state != LG_RECORD_OTHER_SHARD);
}

void lg_cunit_arm_tests(struct lg_armed_suite *entry)
{
    entry->selected = entry->suite->pTest == NULL;
    for (CU_pTest test = entry->suite->pTest; test != NULL; test = test->pNext)
        entry->selected |= arm_test(entry->suite, test);
}

static void arm_suite(CU_pSuite suite)
{
    struct lg_armed_suite *entry = lg_table_add(&suites, suite);
    if (entry == NULL || entry->armed)
        return;
    if (entry->order == 0)
        entry->order = ++armed;
    entry->init = suite->pInitializeFunc;
    entry->cleanup = suite->pCleanupFunc;
    entry->set_up = suite->pSetUpFunc;
    entry->tear_down = suite->pTearDownFunc;
    entry->armed = true;
    suite->pInitializeFunc = armed_with.init;
    suite->pCleanupFunc = armed_with.cleanup;
    suite->pSetUpFunc = NULL;
    suite->pTearDownFunc = NULL;
    lg_cunit_arm_tests(entry);
}

void lg_cunit_arm(const struct lg_cunit_hooks *hooks, CU_pSuite suite)
{
    armed_with = *hooks;
    CU_pTestRegistry registry = lg_cunit.get_registry();
    for (CU_pSuite next = registry != NULL ? registry->pSuite : NULL; next != NULL;
         next = next->pNext)
        arm_suite(next);
    if (suite != NULL)
        arm_suite(suite);
    lg_cunit_shuffle(registry);
}

void lg_cunit_disarm(void)
{
    lg_cunit_unshuffle(lg_cunit.get_registry());
    for (struct lg_armed_test *entry = NULL; (entry = lg_table_next(&tests, entry)) != NULL;) {
        if (entry->armed)
            entry->test->pTestFunc = entry->function;
        entry->armed = false;
    }
    for (struct lg_armed_suite *entry = NULL; (entry = lg_table_next(&suites, entry)) != NULL;) {
        if (entry->armed) {
            entry->suite->pInitializeFunc = entry->init;
            entry->suite->pCleanupFunc = entry->cleanup;
            entry->suite->pSetUpFunc = entry->set_up;
            entry->suite->pTearDownFunc = entry->tear_down;
        }
        entry->armed = false;
    }
}

struct lg_armed_suite *lg_cunit_armed_suite(CU_pSuite suite)
{
    return lg_table_find(&suites, suite);
}

struct lg_armed_test *lg_cunit_armed_test(CU_pTest test)
{
    return lg_table_find(&tests, test);
}
