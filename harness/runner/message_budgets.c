/* What is said of budgets and their lines. */
#include "runner/message.h"

#include "runner/message_parts.h"

#include <inttypes.h>
#include <string.h>

void lg_message_add_limit(struct lg_text *text, enum lg_gauge gauge, int64_t limit)
{
    if (limit == LG_BUDGET_UNLIMITED)
        lg_text_add(text, "none");
    else
        lg_text_add(text, "%" PRId64 "%s", limit, lg_gauge_in_bytes(gauge) ? " B" : "");
}

void lg_message_add_line(struct lg_text *text, const struct lg_results *results,
                         const struct lg_budget_line *line)
{
    const char *path = results->options->budgets->path;
    lg_text_add_clean(text, path, strlen(path));
    lg_text_add(text, ":%u", line->line);
}

/* A word as a shell takes it. */
static void add_word(struct lg_text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,+@%";
    lg_text_add(text, " ");
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        lg_text_add(text, "%s", word);
        return;
    }
    lg_text_add(text, "'");
    for (const char *quote; (quote = strchr(word, '\'')) != NULL; word = quote + 1) {
        lg_text_add_clean(text, word, (size_t)(quote - word));
        lg_text_add(text, "'\\''");
    }
    lg_text_add_clean(text, word, strlen(word));
    lg_text_add(text, "'");
}

/* The command that brings the file up to date: with all that this run was told. */
static void add_command(struct lg_text *text, const struct lg_options *options)
{
    lg_text_add(text, "leakgate run");
    for (char *const *word = options->words + 1; word < options->program; word++) {
        if (strcmp(*word, "--ratchet") != 0 && strcmp(*word, "--") != 0)
            add_word(text, *word);
    }
    lg_text_add(text, " --update-budgets --");
    for (char *const *word = options->program; *word != NULL; word++)
        add_word(text, *word);
}

void lg_message_add_better(struct lg_text *text, const struct lg_results *results,
                           const struct lg_row *row)
{
    const char *separator = "";
    lg_text_add(text, "better than its budget: ");
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        enum lg_gauge gauge = (enum lg_gauge)g;
        if ((row->verdict.better & LG_GAUGE_BIT(g)) == 0)
            continue;
        bool leaks = (row->verdict.grown & LG_GAUGE_BIT(g)) != 0;
        lg_text_add(text, "%s%s ", separator, lg_gauge_name(gauge));
        lg_text_add_growth(text, gauge, leaks ? lg_verdict_per_run(&row->verdict, gauge) : 0);
        lg_text_add(text, "/run (budget ");
        lg_message_add_limit(text, gauge, row->choice->budget.limits.values[g]);
        lg_text_add(text, " by ");
        lg_message_add_line(text, results, row->choice->by[g]);
        lg_text_add(text, ")");
        separator = ", ";
    }
    lg_text_add(text, "; to tighten it: ");
    add_command(text, results->options);
}

void lg_message_add_missing_leak(struct lg_text *text, const struct lg_results *results,
                                 const struct lg_row *row)
{
    lg_text_add(text, "no leak, though one is expected by ");
    lg_message_add_line(text, results, row->choice->expects_leak);
    lg_text_add(text, "; take expect-leak out of that line");
}

bool lg_message_add_drift(struct lg_text *text, const struct lg_budget_line *line)
{
    const char *separator = "";
    for (int g = 0; g < LG_GAUGE_COUNT; g++) {
        enum lg_gauge gauge = (enum lg_gauge)g;
        int64_t first = line->first.values[g];
        int64_t limit = line->limits.values[g];
        if ((line->named & line->first_named & LG_GAUGE_BIT(g)) == 0 || limit <= first)
            continue;
        lg_text_add(text, "%s%s from ", separator, lg_gauge_name(gauge));
        lg_message_add_limit(text, gauge, first);
        lg_text_add(text, " to ");
        lg_message_add_limit(text, gauge, limit);
        if (first > 0 && limit != LG_BUDGET_UNLIMITED)
            lg_text_add(text, " (%+.0f %%)", 100.0 * (double)(limit - first) / (double)first);
        separator = ", ";
    }
    return separator[0] != '\0';
}
