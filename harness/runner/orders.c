#include "runner/orders.h"

#include <errno.h>

/* Lines that count, for the agent to look ahead: what is within them needs no traced run. */
static int write_rules(struct lg_ledger *ledger, const struct lg_budgets *budgets)
{
    struct lg_orders *orders = &ledger->header->orders;
    if (budgets == NULL || budgets->count == 0)
        return 0;
    struct lg_rule *rules =
        lg_ledger_allocate(ledger, budgets->count * sizeof(*rules), &orders->rules);
    if (rules == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < budgets->count; i++) {
        const struct lg_budget_line *line = &budgets->rows[i];
        if (line->expired)
            continue;
        struct lg_rule *rule = &rules[orders->rule_count++];
        *rule = (struct lg_rule){.name = lg_ledger_add_text(ledger, line->name),
                                 .is_glob = line->is_glob,
                                 .named = line->named,
                                 .limits = line->limits,
                                 .expects_leak = line->expects_leak};
        if (rule->name == 0)
            return -ENOMEM;
    }
    return 0;
}

int lg_orders_write(struct lg_ledger *ledger, const struct lg_options *options, const char *agent)
{
    struct lg_orders *orders = &ledger->header->orders;
    orders->rigor = options->rigor;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (options->budget.limits.values[gauge] != LG_BUDGET_UNLIMITED)
            orders->judged |= LG_GAUGE_BIT(gauge);
    }
    orders->limits = options->budget.limits;
    orders->trace = options->trace;
    orders->insist =
        (options->update_budgets || options->ratchet) && options->rigor >= LG_RIGOR_STANDARD;
    orders->isolation = options->isolation;
    orders->list_only = options->list;
    orders->timeout_ms = options->timeout_ms;
    orders->filter = lg_ledger_add_text(ledger, options->filter);
    orders->preload = lg_ledger_add_text(ledger, agent);
    orders->shard = options->shard;
    orders->shards = options->shards;
    orders->repeat = options->repeat;
    orders->shuffle = options->shuffle;
    orders->seed = options->seed;
    return write_rules(ledger, options->budgets);
}
