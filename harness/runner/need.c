#include "runner/need.h"

#include <math.h>

#define PAGE_BYTES 4096

/* How far the next measurement may lie above this one, in standard deviations of what lies between
 * the two, as a handful of steps tell it; and how much looser than that a limit may be. */
#define MARGIN 8.0
#define SLACK 4.0

/* How far apart what GAUGE grew by per run lies from step to step, weighted by their runs: the
 * standard deviation for a single run. */
static double deviation_of(const struct lg_ledger *ledger, const struct lg_record *record,
                           enum lg_gauge gauge)
{
    uint32_t count =
        record->steps_count < LG_LEDGER_MAX_STEPS ? record->steps_count : LG_LEDGER_MAX_STEPS;
    struct lg_ledger part = lg_ledger_part(ledger, record);
    const struct lg_step *steps =
        lg_ledger_at(&part, record->steps, count * sizeof(struct lg_step));
    double runs = 0;
    double grown = 0;
    double squares = 0;
    uint32_t measured = 0;
    for (uint32_t i = 0; steps != NULL && i < count; i++) {
        if (steps[i].warm_up != 0 || steps[i].runs == 0)
            continue;
        runs += steps[i].runs;
        grown += (double)steps[i].growth.values[gauge];
        measured++;
    }
    for (uint32_t i = 0; measured > 1 && i < count; i++) {
        if (steps[i].warm_up != 0 || steps[i].runs == 0)
            continue;
        double apart = (double)steps[i].growth.values[gauge] / steps[i].runs - grown / runs;
        squares += apart * apart * steps[i].runs;
    }
    return measured > 1 ? sqrt(squares / (measured - 1)) : 0;
}

/* VALUE as a limit, whatever a ledger makes of it. */
static int64_t up(double value, int64_t unit)
{
    double units = ceil(value / (double)unit);
    if (!(units > 0))
        return 0;
    return units < 9e15 / (double)unit ? (int64_t)units * unit : LG_BUDGET_UNLIMITED;
}

/* The heap grows by the page, and not in step with the runs. */
static void need_of_gauge(const struct lg_ledger *ledger, const struct lg_record *record,
                          const struct lg_verdict *verdict, enum lg_gauge gauge,
                          struct lg_need *out)
{
    bool by_page = gauge == LG_GAUGE_HEAP || gauge == LG_GAUGE_FRAG;
    double noise = by_page && verdict->grown != 0 ? PAGE_BYTES : 0;
    out->noise.values[gauge] = up(noise, 1);
    if ((verdict->grown & LG_GAUGE_BIT(gauge)) == 0 || verdict->runs == 0)
        return;
    double per_run = (double)verdict->growth.values[gauge] / verdict->runs;
    double margin = 0;
    if (record->repeat == LG_REPEAT_FINE && !by_page)
        margin = MARGIN * deviation_of(ledger, record, gauge) * sqrt(2.0 / verdict->runs);
    per_run -= (double)verdict->covered.values[gauge];
    out->noise.values[gauge] = up(noise + SLACK * margin, 1);
    out->limits.values[gauge] = up(per_run + margin, by_page ? PAGE_BYTES : 1);
}

bool lg_need_of(const struct lg_ledger *ledger, const struct lg_record *record,
                const struct lg_verdict *verdict, struct lg_need *out)
{
    *out = (struct lg_need){0};
    bool judged = verdict->kind == LG_VERDICT_PASSED || verdict->kind == LG_VERDICT_LEAKED ||
                  verdict->leak_missing || verdict->better != 0;
    if (record == NULL || record->kind != LG_RECORD_TEST || record->state != LG_RECORD_ENDED ||
        !judged || (record->wishes.flags & LG_WISH_UNMEASURED) != 0)
        return false;
    out->known = record->measured;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((out->known & LG_GAUGE_BIT(gauge)) != 0)
            need_of_gauge(ledger, record, verdict, (enum lg_gauge)gauge, out);
    }
    return true;
}

bool lg_need_is_less(const struct lg_need *need, enum lg_gauge gauge, int64_t limit)
{
    if ((need->known & LG_GAUGE_BIT(gauge)) == 0 || limit <= 0)
        return false;
    if (limit == LG_BUDGET_UNLIMITED)
        return need->limits.values[gauge] != LG_BUDGET_UNLIMITED;
    int64_t noise = need->noise.values[gauge];
    return limit > need->limits.values[gauge] && limit - need->limits.values[gauge] > noise;
}
