#include "agent/timeout.h"

#include "agent/agent.h"

/* What a child takes at the most, in time limits of a test: the first run, those that judge it, and
 * the last ones of the batches; and beyond that. */
#define MAX_LIMITS 8
#define BEYOND_LIMITS_MS 20000

#define LONGEST_MS UINT64_C(1000000000000)

static uint64_t longest_noted_ms;
static bool has_noted;

static uint64_t longer_of(uint64_t one_ms, uint64_t other_ms)
{
    if (one_ms == 0 || other_ms == 0)
        return 0;
    return one_ms > other_ms ? one_ms : other_ms;
}

static uint64_t shorter_of(uint64_t one_ms, uint64_t other_ms)
{
    if (one_ms == 0 || other_ms == 0)
        return one_ms + other_ms;
    return one_ms < other_ms ? one_ms : other_ms;
}

uint64_t lg_timeout_from(double seconds)
{
    if (!(seconds > 0))
        return 0;
    if (seconds * 1000 >= (double)LONGEST_MS)
        return LONGEST_MS;
    uint64_t limit_ms = (uint64_t)(seconds * 1000);
    return (double)limit_ms < seconds * 1000 ? limit_ms + 1 : limit_ms;
}

void lg_timeout_note(uint64_t limit_ms)
{
    longest_noted_ms = has_noted ? longer_of(longest_noted_ms, limit_ms) : limit_ms;
    has_noted = true;
}

static uint64_t of_orders(void)
{
    return lg_agent.ledger.header->orders.timeout_ms;
}

uint64_t lg_timeout_of(const struct lg_record *record)
{
    bool is_own = (record->wishes.flags & LG_WISH_TIMEOUT) != 0;
    return is_own ? record->wishes.timeout_ms : of_orders();
}

uint64_t lg_timeout_of_preparation(const struct lg_record *record, uint32_t bodies)
{
    uint64_t each_ms = longer_of(lg_timeout_of(record), of_orders());
    if (has_noted)
        each_ms = longer_of(each_ms, longest_noted_ms);
    return bodies * each_ms;
}

uint64_t lg_timeout_of_child(const struct lg_record *record, uint32_t bodies)
{
    uint64_t limit_ms = lg_timeout_of(record);
    uint64_t before_ms = bodies > 0 ? lg_timeout_of_preparation(record, bodies) : 0;
    if (limit_ms == 0 || (bodies > 0 && before_ms == 0))
        return 0;
    return before_ms + MAX_LIMITS * limit_ms + BEYOND_LIMITS_MS;
}

/* The runner is to allow the child so much more than the host does. */
static void allow_more(struct lg_record *record, uint64_t more_ms)
{
    bool is_without_end = more_ms == 0 || more_ms > LG_RECORD_WITHOUT_END - record->more_ms;
    uint64_t sum_ms = is_without_end ? LG_RECORD_WITHOUT_END : record->more_ms + more_ms;
    __atomic_store_n(&record->more_ms, sum_ms, __ATOMIC_RELEASE);
}

void lg_timeout_extend(struct lg_record *record, uint64_t limit_ms)
{
    uint64_t now_ms = record->run_limit_ms;
    allow_more(record, limit_ms);
    if (now_ms != 0)
        __atomic_store_n(&record->run_limit_ms, limit_ms == 0 ? 0 : now_ms + limit_ms,
                         __ATOMIC_RELEASE);
}

void lg_timeout_change(struct lg_record *record, uint64_t limit_ms, bool first_run)
{
    uint64_t before_ms = lg_timeout_of(record);
    record->wishes.flags |= LG_WISH_TIMEOUT;
    record->wishes.timeout_ms = limit_ms;
    if (longer_of(before_ms, limit_ms) != before_ms)
        allow_more(record, MAX_LIMITS * limit_ms);
    if (!first_run)
        limit_ms = shorter_of(record->run_limit_ms, limit_ms);
    __atomic_store_n(&record->run_limit_ms, limit_ms, __ATOMIC_RELEASE);
}
