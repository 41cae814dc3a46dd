#include "runner/need.h"

#include <math.h>

#define PAGE_BYTES 4096

/* From so many runs in a row on, what they grew by per run tells more than that of single ones. */
#define BATCH_RUNS 4

struct rates {
    double least;
    double most;
    bool any;
};

static void add_rates(struct rates *rates, const struct lg_step *steps, uint32_t count,
                      enum lg_gauge gauge, uint32_t least_runs)
{
    for (uint32_t i = 0; i < count; i++) {
        if (steps[i].warm_up != 0 || steps[i].runs < least_runs)
            continue;
        double rate = (double)steps[i].growth.values[gauge] / steps[i].runs;
        rates->least = !rates->any || rate < rates->least ? rate : rates->least;
        rates->most = !rates->any || rate > rates->most ? rate : rates->most;
        rates->any = true;
    }
}

/* What GAUGE grew by per run, at least and at most, in the measurements of RECORD. */
static struct rates rates_of(const struct lg_ledger *ledger, const struct lg_record *record,
                             enum lg_gauge gauge)
{
    struct rates rates = {0};
    uint32_t count =
        record->steps_count < LG_LEDGER_MAX_STEPS ? record->steps_count : LG_LEDGER_MAX_STEPS;
    const struct lg_step *steps =
        lg_ledger_at(ledger, record->steps, count * sizeof(struct lg_step));
    if (steps == NULL)
        return rates;
    add_rates(&rates, steps, count, gauge, BATCH_RUNS);
    if (!rates.any)
        add_rates(&rates, steps, count, gauge, 1);
    return rates;
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
    if ((verdict->grown & LG_GAUGE_BIT(gauge)) == 0)
        return;
    double most = (double)lg_verdict_per_run(verdict, gauge);
    struct rates rates = {0};
    if (record->repeat == LG_REPEAT_FINE)
        rates = rates_of(ledger, record, gauge);
    if (rates.any && rates.most > most)
        most = rates.most;
    if (rates.any && rates.most > rates.least)
        out->noise.values[gauge] = up(noise + rates.most - rates.least, 1);
    out->limits.values[gauge] = up(most, by_page ? PAGE_BYTES : 1);
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
    /* Of what is suppressed, the rest may need its limit. */
    out->known = record->measured & ~verdict->suppressed;
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
    return limit - need->limits.values[gauge] > need->noise.values[gauge];
}

lg_gauge_set lg_need_better(const struct lg_need *need, const struct lg_budget_choice *choice)
{
    lg_gauge_set better = 0;
    if (choice->expects_leak != NULL)
        return 0;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const struct lg_budget_line *line = choice->by[gauge];
        if (line != NULL && !line->is_glob &&
            lg_need_is_less(need, (enum lg_gauge)gauge, line->limits.values[gauge]))
            better |= LG_GAUGE_BIT(gauge);
    }
    return better;
}
