#include "agent/cunit_handlers.h"

#include "agent/agent.h"
#include "agent/cunit_calls.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { SUITE_START, TEST_START, TEST_COMPLETE, SUITE_COMPLETE, KINDS };

static const char *const setters[KINDS] = {
    "CU_set_suite_start_handler", "CU_set_test_start_handler", "CU_set_test_complete_handler",
    "CU_set_suite_complete_handler"};

/* ISO C has no conversion from a function pointer to an object pointer; POSIX does. */
#define ASK(kind, get)                                                                             \
    do {                                                                                           \
        if ((get) != NULL)                                                                         \
            memcpy(&found[kind], &(__typeof__((get)())){(get)()}, sizeof(void *));                 \
    } while (0)

static void ask(const void *found[KINDS])
{
    ASK(SUITE_START, lg_cunit.get_suite_start_handler);
    ASK(TEST_START, lg_cunit.get_test_start_handler);
    ASK(TEST_COMPLETE, lg_cunit.get_test_complete_handler);
    ASK(SUITE_COMPLETE, lg_cunit.get_suite_complete_handler);
}

/* Whose they are is looked up when they have changed: this is asked for each test. */
static int kind_of_first(void)
{
    static const void *asked_of[KINDS];
    static int answer = KINDS;
    const void *found[KINDS] = {NULL};
    ask(found);
    if (memcmp(found, asked_of, sizeof(found)) == 0)
        return answer;
    memcpy(asked_of, found, sizeof(found));
    for (answer = 0; answer < KINDS; answer++) {
        if (found[answer] != NULL && !lg_cunit_is_own(found[answer]))
            break;
    }
    return answer;
}

bool lg_cunit_has_handlers(void)
{
    return kind_of_first() < KINDS;
}

void lg_cunit_tell_handlers(void)
{
    char reason[128];
    int kind = kind_of_first();
    if (lg_agent.host->one_by_one != 0 || kind == KINDS)
        return;
    snprintf(reason, sizeof(reason),
             lg_cunit_is_stripped()
                 ? "the handler of %s may be its own: it is stripped, which hides CUnit's"
                 : "they may see what the handler of %s does",
             setters[kind]);
    lg_agent.host->one_by_one = lg_ledger_add_text(&lg_agent.ledger, reason);
}
