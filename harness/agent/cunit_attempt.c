#include "agent/cunit_attempt.h"

#include "agent/agent.h"
#include "agent/census.h"
#include "agent/cunit_ahead.h"
#include "agent/cunit_calls.h"
#include "agent/host.h"
#include "agent/job.h"
#include "agent/keepers.h"
#include "agent/place.h"
#include "agent/silence.h"

#include <stdlib.h>
#include <sys/single_threaded.h>
#include <unistd.h>

/* So many dependent tests, and the suite is carried as a whole. */
#define DEPENDENT_SUITE 3

uint32_t lg_cunit_count_threads(void)
{
    struct lg_census census;
    if (__libc_single_threaded || lg_census_take(&census) != 0)
        return 1;
    return census.threads;
}

struct attempt {
    struct lg_cunit_body body;
    CU_InitializeFunc init; /* the suite's, to be run again first; or NULL */
    bool carried;           /* run the tests before it first: */
    CU_pSuite carried_of;   /* those of this suite, or of all for NULL */
    bool silent;            /* its output was that of an earlier attempt */
};

static void prepare_attempt(void *context)
{
    const struct attempt *attempt = context;
    lg_cunit_take_assertions();
    if (attempt->init != NULL && lg_cunit_run_init_again(attempt->init) != 0)
        _exit(EXIT_FAILURE);
    if (attempt->carried)
        lg_cunit_run_before(attempt->carried_of);
    if (attempt->silent)
        lg_silence_forever();
}

static void run_attempt(void *context)
{
    const struct attempt *attempt = context;
    lg_cunit_run_body(&attempt->body);
}

static bool passed(const struct lg_record *record)
{
    return record->ending == LG_ENDING_FINISHED && record->asserts_failed == 0;
}

/* A test that hangs alone would hang as long again each time, and one that takes all memory would
 * take it again. */
static bool may_need_others(const struct lg_record *record)
{
    return !passed(record) && record->oom == LG_OOM_NONE && record->ending != LG_ENDING_TIMED_OUT &&
           record->ending != LG_ENDING_NO_FORK && record->ending != LG_ENDING_NOT_SAMPLED;
}

static uint32_t bodies_before(const struct attempt *attempt)
{
    uint32_t bodies = attempt->init != NULL ? 1 : 0;
    return attempt->carried ? bodies + (uint32_t)lg_cunit_before(attempt->carried_of) : bodies;
}

static struct lg_body body_of(struct attempt *attempt)
{
    return (struct lg_body){prepare_attempt, bodies_before(attempt), run_attempt, attempt};
}

static void note_threads(struct lg_record *record)
{
    record->lacks_threads = lg_cunit_count_threads() - 1;
}

/* Another attempt at a test that has failed. Returns whether it passes now. If not, the
 * result stays the one that it has. */
static bool try_again(struct lg_record *record, struct attempt attempt)
{
    attempt.silent = true;
    lg_job_run(LG_JOB_SLOT, record, body_of(&attempt));
    if (!passed(lg_job_result(LG_JOB_SLOT)))
        return false;
    lg_job_keep(LG_JOB_SLOT, record);
    return true;
}

/* Whether the test passes after those before it. */
static bool try_carried(struct lg_record *record, struct attempt attempt, CU_pSuite suite)
{
    uint32_t before = (uint32_t)lg_cunit_before(suite);
    attempt.carried = true;
    attempt.carried_of = suite;
    if (before == 0 || !try_again(record, attempt))
        return false;
    record->carried = before;
    return true;
}

/* A suite's initialization that has started threads is run again in the child, which would
 * have none of them: with it goes what earlier tests of the suite have left. It may not like
 * to be run twice: then the test has to do without. Returns whether it did. */
static bool try_with_threads(struct lg_record *record, struct lg_armed_suite *parent,
                             struct attempt *attempt)
{
    attempt->init = parent->init;
    attempt->carried = parent->carried;
    attempt->carried_of = parent->suite;
    lg_job_run(LG_JOB_SLOT, record, body_of(attempt));
    if (lg_job_result(LG_JOB_SLOT)->phase != LG_PHASE_NONE)
        return true;
    *attempt = (struct attempt){.body = attempt->body};
    parent->threads = 0;
    return false;
}

bool lg_cunit_begin(struct lg_record *record, const struct lg_cunit_body *body)
{
    struct attempt attempt = {.body = *body};
    return lg_keepers_begin(record, body_of(&attempt), sizeof(attempt));
}

/* The first attempt, which has begun already, or begins now. Returns whether it was carried. */
static bool finish_first(struct lg_record *record, struct lg_armed_suite *parent,
                         struct attempt *attempt)
{
    bool begun = lg_keepers_have(record) || record->state == LG_RECORD_ENDED;
    if (!begun && lg_cunit_has_more() && lg_cunit_may_run_ahead())
        begun = lg_cunit_begin(record, &attempt->body);
    lg_cunit_begin_ahead();
    while (begun && lg_keepers_have(record)) {
        lg_keepers_wait(record);
        lg_cunit_begin_ahead();
    }
    if (record->state != LG_RECORD_ENDED) {
        begun = false;
        record->state = LG_RECORD_RUNNING;
        if (parent->threads == 0 || !try_with_threads(record, parent, attempt))
            lg_job_run(LG_JOB_SLOT, record, body_of(attempt));
        lg_job_keep(LG_JOB_SLOT, record);
    }
    if (attempt->init == NULL)
        note_threads(record);
    return !begun && parent->carried;
}

/* From here on, the suite's tests, and all that come after it, find what those before them left. */
static void carry_suite(struct lg_armed_suite *parent)
{
    lg_cunit_drop_ahead();
    lg_keepers_close();
    lg_place_free();
    lg_cunit_take_assertions();
    lg_cunit_run_before(parent->suite);
    lg_cunit_let_assertions_in();
    lg_host_has_run_code();
    parent->carried = true;
}

void lg_cunit_measure(struct lg_record *record, struct lg_armed_suite *parent,
                      const struct lg_cunit_body *body)
{
    struct attempt attempt = {.body = *body};
    uint32_t isolation = lg_agent.ledger.header->orders.isolation;
    bool carried = finish_first(record, parent, &attempt);
    if (carried)
        record->carried = (uint32_t)lg_cunit_before(parent->suite);
    if (isolation != LG_ISOLATION_AUTO || carried || !may_need_others(record))
        return;
    if (!try_carried(record, attempt, parent->suite) && !try_carried(record, attempt, NULL))
        return;
    if (++parent->dependent == DEPENDENT_SUITE && !parent->carried)
        carry_suite(parent);
}

void lg_cunit_carry_on(const struct lg_record *record, const struct lg_cunit_body *body)
{
    if (record != NULL && record->ending != LG_ENDING_FINISHED)
        return;
    lg_keepers_close(); /* of another suite: they would know nothing of it */
    lg_place_free();
    lg_cunit_take_assertions();
    lg_cunit_run_uncounted(body);
    lg_cunit_let_assertions_in();
    lg_host_has_run_code();
}
