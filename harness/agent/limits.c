#include "agent/limits.h"

#include "agent/agent.h"

#include <stdio.h>
#include <string.h>

#define LONGEST_NAME 1024

static const char *host_name(void)
{
    const char *path = lg_ledger_text(&lg_agent.ledger, lg_agent.host->program);
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

struct best {
    const char *name[LG_GAUGE_COUNT];
    bool is_glob[LG_GAUGE_COUNT];
};

static void apply(const struct lg_rule *rule, const char *name, struct best *best,
                  struct lg_choice *choice)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((rule->named & LG_GAUGE_BIT(gauge)) == 0 ||
            (best->name[gauge] != NULL &&
             !lg_rule_goes_before(name, rule->is_glob != 0, best->name[gauge],
                                  best->is_glob[gauge])))
            continue;
        best->name[gauge] = name;
        best->is_glob[gauge] = rule->is_glob != 0;
        choice->named |= LG_GAUGE_BIT(gauge);
        choice->limits.values[gauge] = rule->limits.values[gauge];
    }
}

void lg_limits_choose(struct lg_record *record)
{
    const struct lg_ledger *ledger = &lg_agent.ledger;
    const struct lg_orders *orders = &ledger->header->orders;
    const struct lg_rule *rules =
        lg_ledger_at(ledger, orders->rules, orders->rule_count * sizeof(struct lg_rule));
    if (orders->rule_count == 0)
        return;
    char test[LONGEST_NAME];
    struct best best = {{NULL}, {false}};
    struct lg_choice choice = {0};
    bool expects_leak = false;
    snprintf(test, sizeof(test), "%s/%s", lg_ledger_text(ledger, record->suite),
             lg_ledger_text(ledger, record->name));
    for (uint32_t i = 0; rules != NULL && i < orders->rule_count; i++) {
        const char *name = lg_ledger_text(ledger, rules[i].name);
        if (!lg_rule_matches(name, rules[i].is_glob != 0, host_name(), test))
            continue;
        apply(&rules[i], name, &best, &choice);
        expects_leak |= rules[i].expects_leak != 0;
        choice.exact |= rules[i].is_glob == 0;
    }
    for (int gauge = 0; expects_leak && gauge < LG_GAUGE_COUNT; gauge++) {
        if ((choice.named & LG_GAUGE_BIT(gauge)) == 0)
            choice.limits.values[gauge] = LG_GAUGE_UNLIMITED;
        choice.named |= LG_GAUGE_BIT(gauge);
    }
    record->choice = choice;
}

struct lg_gauges lg_limits_of(const struct lg_record *record)
{
    struct lg_gauges limits = lg_agent.ledger.header->orders.limits;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((record->choice.named & LG_GAUGE_BIT(gauge)) != 0)
            limits.values[gauge] = record->choice.limits.values[gauge];
        else if ((record->wishes.named & LG_GAUGE_BIT(gauge)) != 0)
            limits.values[gauge] = record->wishes.limits.values[gauge];
    }
    return limits;
}

lg_gauge_set lg_limits_judged(const struct lg_record *record)
{
    lg_gauge_set judged = lg_agent.ledger.header->orders.judged;
    return (judged | record->choice.named | record->wishes.named) & record->measured;
}
