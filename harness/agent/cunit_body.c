#include "agent/cunit_body.h"

#include "agent/agent.h"
#include "agent/cunit_calls.h"
#include "agent/cunit_current.h"
#include "agent/hot.h"
#include "agent/silence.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

static LG_HOT const struct lg_cunit_body *current; /* the one that runs in this process, or NULL */
static LG_HOT CU_pTest cunits;                     /* the test that CUnit itself was at before it */
static LG_HOT jmp_buf *way_back;                   /* of a fatal assertion; NULL: there is none */

/* What CUnit came to. The newest of it lies with what is written for each test anyway. */
#define NEWEST 16
static struct {
    struct lg_cunit_body *bodies;
    size_t count; /* with the newest */
    size_t capacity;
    struct lg_cunit_body newest[NEWEST];
} visited LG_HOT;

static void run_part(enum lg_phase phase, void (*function)(void))
{
    if (lg_agent.record != NULL && *lg_agent.is_child)
        lg_agent.record->phase = phase;
    if (function != NULL)
        function();
}

/* As CUnit does: a fatal assertion in SetUp is none, there is nowhere to go back to. In
 * TearDown, CUnit would go back to before TearDown, forever: here it ends it. */
static void run_parts(const struct lg_cunit_body *body)
{
    jmp_buf back;
    jmp_buf *before = way_back;
    jmp_buf *of_cunit = body->test->pJumpBuf;
    const struct lg_cunit_body *outer = current;
    current = body;
    way_back = NULL;
    run_part(LG_PHASE_SETUP, body->set_up);
    way_back = &back;
    body->test->pJumpBuf = &back; /* for a test that jumps there by itself */
    if (setjmp(back) == 0)
        run_part(LG_PHASE_BODY, body->function);
    if (setjmp(back) == 0)
        run_part(LG_PHASE_TEARDOWN, body->tear_down);
    body->test->pJumpBuf = of_cunit;
    way_back = before;
    current = outer;
}

/* CUnit is at another test where the body runs before its turn, or after it. */
void lg_cunit_run_body(const struct lg_cunit_body *body)
{
    CU_pSuite suite = lg_cunit.get_current_suite();
    CU_pTest test = lg_cunit.get_current_test();
    CU_pTest before = cunits;
    lg_cunit_set_current(body->suite, body->test);
    if (cunits == test)
        cunits = lg_cunit.get_current_test();
    run_parts(body);
    cunits = before;
    lg_cunit_set_current(suite, test);
}

void lg_cunit_is_at(CU_pTest test)
{
    cunits = test;
}

CU_BOOL lg_cunit_in_body(void)
{
    return current != NULL;
}

static void count(CU_BOOL value)
{
    CU_pRunSummary summary = lg_cunit.get_run_summary();
    summary->nAsserts++;
    if (value != CU_FALSE)
        return;
    summary->nAssertsFailed++;
    summary->nFailureRecords++;
}

/* Within the body that runs, CUnit may go on to a test that the body itself runs: then it is that
 * test's assertion. */
static jmp_buf *way_back_from_assertion(void)
{
    CU_pTest test = lg_cunit.get_current_test();
    bool is_nested = test != NULL && test != cunits && test->pJumpBuf != NULL;
    return is_nested && lg_agent.counting != LG_COUNT_NOTHING ? test->pJumpBuf : way_back;
}

CU_BOOL lg_cunit_note_assertion(CU_BOOL value, unsigned line, const char *condition,
                                const char *file, CU_BOOL fatal)
{
    if (lg_agent.counting != LG_COUNT_NOTHING) {
        lg_child_assert(value != CU_FALSE, line, condition, file);
        count(value);
    }
    if (value != CU_FALSE || fatal == CU_FALSE)
        return value;
    jmp_buf *back = way_back_from_assertion();
    if (back != NULL)
        longjmp(*back, 1);
    return value;
}

static bool make_room(void)
{
    size_t capacity = visited.capacity == 0 ? 1024 : 2 * visited.capacity;
    struct lg_cunit_body *bodies = mmap(NULL, capacity * sizeof(*bodies), PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bodies == MAP_FAILED)
        return false;
    if (visited.capacity > 0) {
        memcpy(bodies, visited.bodies, visited.capacity * sizeof(*bodies));
        munmap(visited.bodies, visited.capacity * sizeof(*bodies));
    }
    visited.bodies = bodies;
    visited.capacity = capacity;
    return true;
}

void lg_cunit_came_to(const struct lg_cunit_body *body)
{
    size_t newest = visited.count % NEWEST;
    size_t older = visited.count - newest;
    visited.newest[newest] = *body;
    if (newest == NEWEST - 1) {
        if (older == visited.capacity && !make_room())
            return;
        memcpy(&visited.bodies[older], visited.newest, sizeof(visited.newest));
    }
    visited.count++;
}

static const struct lg_cunit_body *visited_at(size_t i)
{
    size_t older = visited.count - visited.count % NEWEST;
    return i < older ? &visited.bodies[i] : &visited.newest[i - older];
}

size_t lg_cunit_before(CU_pSuite suite)
{
    size_t found = 0;
    for (size_t i = 0; i < visited.count; i++)
        found += suite == NULL || visited_at(i)->suite == suite;
    return found;
}

void lg_cunit_forget_before(void)
{
    visited.count = 0;
}

static void run_silently(const struct lg_cunit_body *body)
{
    enum lg_count counting = lg_agent.counting;
    lg_agent.counting = LG_COUNT_NOTHING;
    lg_cunit_run_body(body);
    lg_agent.counting = counting;
}

void lg_cunit_run_before(CU_pSuite suite)
{
    struct lg_silence silence;
    lg_silence_begin(&silence);
    for (size_t i = 0; i < visited.count; i++) {
        const struct lg_cunit_body *body = visited_at(i);
        if (suite == NULL || body->suite == suite)
            run_silently(body);
    }
    lg_silence_end(&silence);
}

int lg_cunit_run_init_again(CU_InitializeFunc init)
{
    struct lg_silence silence;
    lg_silence_begin(&silence);
    int result = init();
    lg_silence_end(&silence);
    return result;
}

void lg_cunit_run_uncounted(const struct lg_cunit_body *body)
{
    struct lg_silence silence;
    lg_silence_begin(&silence);
    run_silently(body);
    lg_silence_end(&silence);
}
