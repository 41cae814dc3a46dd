#include "runner/budgets_update.h"

#include "runner/budgets_update_parts.h"
#include "runner/lines.h"

#include <stdlib.h>
#include <string.h>

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n' || text[1] == '\0';
    return count;
}

static bool split(struct budget_file *file)
{
    const struct lg_budgets *budgets = file->update->budgets;
    const char *text = file->text;
    size_t first = strcspn(text, "\n");
    file->newline = first > 0 && text[first] == '\n' && text[first - 1] == '\r' ? "\r\n" : "\n";
    file->count = count_lines(text);
    file->lines = calloc(file->count + 1, sizeof(*file->lines));
    if (file->lines == NULL)
        return false;
    for (size_t i = 0; i < file->count; i++) {
        file->lines[i].text = text;
        file->lines[i].length = strcspn(text, "\n");
        text += file->lines[i].length + 1;
    }
    for (size_t i = 0; i < budgets->count; i++) {
        if (budgets->rows[i].line > file->count)
            return false;
        struct budget_file_line *line = &file->lines[budgets->rows[i].line - 1];
        line->was = &budgets->rows[i];
        line->now = budgets->rows[i];
    }
    return true;
}

static struct budget_file_line *line_of(struct budget_file *file, const struct lg_budget_line *was)
{
    return was != NULL ? &file->lines[was->line - 1] : NULL;
}

/* The line that limits GAUGE of that very test, or NULL. */
static struct budget_file_line *exact_by(struct budget_file *file,
                                         const struct budget_decision *decision, int gauge)
{
    const struct lg_budget_line *by = decision->choice.by[gauge];
    return by != NULL && !by->is_glob ? line_of(file, by) : NULL;
}

static bool is_over(const struct budget_decision *decision, int gauge)
{
    const struct lg_need *need = &decision->test->need;
    return (need->known & LG_GAUGE_BIT(gauge)) != 0 &&
           need->limits.values[gauge] > decision->choice.budget.limits.values[gauge];
}

/* What each test says of the lines that are for it, before any of them is touched. */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void ask_for_limit(struct budget_file_line *line, int gauge, const struct lg_need *need,
                          int64_t without)
{
    lg_gauge_set bit = LG_GAUGE_BIT(gauge);
    if ((line->asked & bit) != 0 && line->without.values[gauge] != without)
        line->kept |= bit;
    line->without.values[gauge] = without;
    line->asked |= bit;
    line->unknown |= bit & ~need->known;
    line->need.known |= bit & need->known;
    line->need.limits.values[gauge] =
        larger(line->need.limits.values[gauge], need->limits.values[gauge]);
    line->need.noise.values[gauge] =
        larger(line->need.noise.values[gauge], need->noise.values[gauge]);
}

/* LINE names that very test. Where another limits a gauge, that one can't be taken out: LINE would
 * hold in its place, or allow all as it expects a leak. */
static void ask_line(struct budget_file *file, struct budget_decision *decision,
                     struct budget_file_line *line)
{
    const struct lg_need *need = &decision->test->need;
    if (line->was->expired || line->was->expects_leak) {
        line->idle = true;
        line->held |= (line->was->named & ~need->known) != 0;
    }
    if (line->was->expired)
        return;
    line->held |= line->was->expects_leak && lg_gauges_grown(&need->limits) != 0;
    line->shared |= line->test != NULL && strcmp(line->test, decision->name) != 0;
    line->test = decision->name;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        struct budget_file_line *by = exact_by(file, decision, gauge);
        if (by != NULL && by != line &&
            ((line->was->named & LG_GAUGE_BIT(gauge)) != 0 || line->was->expects_leak))
            by->kept |= LG_GAUGE_BIT(gauge);
    }
}

static bool is_for(const struct lg_budget_line *row, const struct lg_budget_measured *test)
{
    return !row->is_glob && lg_rule_matches(row->name, false, test->program, test->test);
}

static void find_own(struct budget_file *file, struct budget_decision *decision)
{
    const struct lg_budgets *budgets = file->update->budgets;
    const struct lg_budget_line *own = NULL;
    bool expired = false;
    for (size_t i = 0; i < budgets->count; i++) {
        const struct lg_budget_line *row = &budgets->rows[i];
        if (!is_for(row, decision->test))
            continue;
        expired |= row->expired;
        if (!row->expired &&
            (own == NULL || lg_rule_goes_before(row->name, false, own->name, false)))
            own = row;
    }
    decision->own = line_of(file, own);
    decision->expired = expired && own == NULL && decision->choice.expects_leak == NULL;
}

static void ask(struct budget_file *file, struct budget_decision *decision)
{
    const struct lg_budgets *budgets = file->update->budgets;
    const struct lg_budget_measured *test = decision->test;
    struct lg_budget_choice without;
    struct lg_budget_asked asked = {.program = test->program,
                                    .test = test->test,
                                    .own = test->own,
                                    .fallback = file->update->fallback};
    lg_budgets_choose(budgets, &asked, &decision->choice);
    asked.globs_only = true;
    lg_budgets_choose(budgets, &asked, &without);
    find_own(file, decision);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        struct budget_file_line *by = exact_by(file, decision, gauge);
        if (by != NULL)
            ask_for_limit(by, gauge, &test->need, without.budget.limits.values[gauge]);
    }
    for (size_t i = 0; i < budgets->count; i++) {
        if (is_for(&budgets->rows[i], test))
            ask_line(file, decision, line_of(file, &budgets->rows[i]));
    }
}

/* What is made of that. */

static void set_limit(struct lg_budget_line *line, int gauge, int64_t limit)
{
    int64_t first = limit;
    if ((line->first_named & LG_GAUGE_BIT(gauge)) != 0)
        first = line->first.values[gauge];
    else if ((line->named & LG_GAUGE_BIT(gauge)) != 0)
        first = line->limits.values[gauge];
    line->named |= LG_GAUGE_BIT(gauge);
    line->first_named |= LG_GAUGE_BIT(gauge);
    line->limits.values[gauge] = limit;
    line->first.values[gauge] = first < limit ? first : limit;
}

/* WAS is the line before all tests that share it, NULL for one that was not there. */
static void raise_limit(struct lg_budget_line *line, const struct lg_budget_line *was, int gauge,
                        int64_t limit)
{
    lg_gauge_set bit = LG_GAUGE_BIT(gauge);
    if ((line->named & bit) != 0 && line->limits.values[gauge] >= limit)
        return;
    set_limit(line, gauge, limit);
    if (was == NULL || ((was->named | was->first_named) & bit) == 0)
        line->first.values[gauge] = limit;
}

static void tighten(struct budget_file_line *line, int gauge)
{
    lg_gauge_set bit = LG_GAUGE_BIT(gauge);
    int64_t need = line->need.limits.values[gauge];
    line->tightened = true;
    /* Without a limit, a line that expects a leak would allow any. */
    if ((line->kept & bit) == 0 && !line->now.expects_leak && need == line->without.values[gauge]) {
        line->now.named &= ~bit;
        line->now.first_named &= ~bit;
    } else {
        set_limit(&line->now, gauge, need);
    }
}

static bool is_loose(const struct budget_file_line *line, int gauge)
{
    return (line->unknown & LG_GAUGE_BIT(gauge)) == 0 &&
           lg_need_is_less(&line->need, (enum lg_gauge)gauge, line->was->limits.values[gauge]);
}

static bool is_blank(const struct budget_file_line *line)
{
    return strspn(line->text, " \t\r\v\f") >= line->length;
}

/* Behind the last line that comes before it in order; before all others, but behind a heading. */
static size_t place_of(const struct budget_file *file, const char *name)
{
    size_t first = file->count;
    for (size_t i = file->count; i > 0; i--) {
        if (file->lines[i - 1].was == NULL)
            continue;
        if (strcmp(file->lines[i - 1].was->name, name) < 0)
            return i;
        first = i - 1;
    }
    size_t comments = first;
    while (comments > 0 && !is_blank(&file->lines[comments - 1]))
        comments--;
    return comments > 0 && first < file->count ? comments : first;
}

/* The first decision on DECISION's name: those of one name lie side by side. */
static const struct budget_decision *first_of_name(const struct budget_file *file,
                                                   const struct budget_decision *decision)
{
    while (decision > file->decisions && strcmp(decision[-1].name, decision->name) == 0)
        decision--;
    return decision;
}

/* Tests of one name share a line: the first of them adds it. */
static struct lg_budget_line *added_line(struct budget_file *file, struct budget_decision *decision)
{
    decision = &file->decisions[first_of_name(file, decision) - file->decisions];
    if (!decision->adds) {
        decision->adds = true;
        decision->before = place_of(file, decision->name);
        file->changes->added++;
    }
    return &decision->added;
}

/* A line, a glob or the test itself has said how much is too much: only a test of which nothing
 * is said gets a line. Whoever set a date that is over has to set a new one. */
static bool may_raise(const struct budget_file *file, const struct budget_decision *decision,
                      int gauge)
{
    bool unsaid = decision->own == NULL && decision->choice.by[gauge] == NULL &&
                  (decision->choice.own & LG_GAUGE_BIT(gauge)) == 0;
    return !decision->expired && (file->update->allow_growth || unsaid);
}

/* What all tests of one name need, as they share a line: it goes before what one of them says
 * itself. Stores in OWN the least that one of them says. */
static int64_t need_of_name(const struct budget_file *file, const struct budget_decision *decision,
                            int gauge, int64_t *own)
{
    const struct budget_decision *end = file->decisions + file->update->count;
    const struct budget_decision *at = first_of_name(file, decision);
    int64_t need = 0;
    *own = LG_BUDGET_UNLIMITED;
    for (; at < end && strcmp(at->name, decision->name) == 0; at++) {
        lg_gauge_set bit = LG_GAUGE_BIT(gauge);
        int64_t limit = at->choice.budget.limits.values[gauge];
        if ((at->test->need.known & bit) != 0 &&
            (!is_over(at, gauge) || may_raise(file, at, gauge)))
            need = larger(need, at->test->need.limits.values[gauge]);
        if ((at->choice.own & bit) != 0 && limit < *own)
            *own = limit;
    }
    return need;
}

static void raise(struct budget_file *file, struct budget_decision *decision, int gauge)
{
    struct budget_file_line *line = exact_by(file, decision, gauge);
    int64_t own;
    int64_t need = need_of_name(file, decision, gauge, &own);
    if (line == NULL && decision->own != NULL && !decision->own->shared)
        line = decision->own;
    if (!may_raise(file, decision, gauge) || (need > own && !file->update->allow_growth)) {
        decision->refused = true;
    } else if (line != NULL) {
        raise_limit(&line->now, line->was, gauge, need);
        line->raised = true;
    } else {
        raise_limit(added_line(file, decision), NULL, gauge, need);
    }
}

/* What was refused stays refused: lines that say no are not taken out. */
static void hold_lines(struct budget_file *file, const struct budget_decision *decision)
{
    const struct lg_budgets *budgets = file->update->budgets;
    if (decision->own != NULL)
        decision->own->kept = ~(lg_gauge_set)0;
    for (size_t i = 0; i < budgets->count; i++) {
        if (budgets->rows[i].expired && is_for(&budgets->rows[i], decision->test))
            line_of(file, &budgets->rows[i])->held = true;
    }
}

static void decide_over(struct budget_file *file, struct budget_decision *decision)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (is_over(decision, gauge))
            raise(file, decision, gauge);
    }
    if (decision->refused)
        hold_lines(file, decision);
}

static void decide_loose(struct budget_file *file, struct budget_decision *decision)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        struct budget_file_line *by = exact_by(file, decision, gauge);
        if (by != NULL && is_loose(by, gauge))
            tighten(by, gauge);
    }
}

/* A leak that was expected, and is there no more, needs no line; nor does what has expired, where
 * nothing is over its limits without it. */
static void clear(struct budget_file_line *line)
{
    line->tightened = true;
    line->now.expects_leak = false;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (!line->was->expired && (line->asked & LG_GAUGE_BIT(gauge)) != 0)
            tighten(line, gauge);
    }
    if (line->was->expired)
        line->now.named = 0;
}

static int compare_decisions(const void *left, const void *right)
{
    const struct budget_decision *a = left;
    const struct budget_decision *b = right;
    return strcmp(a->name, b->name);
}

static bool list_decisions(struct budget_file *file)
{
    const struct lg_budget_update *update = file->update;
    file->decisions = calloc(update->count + 1, sizeof(*file->decisions));
    if (file->decisions == NULL)
        return false;
    for (size_t i = 0; i < update->count; i++) {
        struct lg_text name = {0};
        file->decisions[i].test = &update->tests[i];
        lg_text_add(&name, "%s:%s", update->tests[i].program, update->tests[i].test);
        file->decisions[i].name = name.data;
        if (name.failed)
            return false;
    }
    qsort(file->decisions, update->count, sizeof(*file->decisions), compare_decisions);
    return true;
}

/* Tests of one name are one for whoever reads the numbers. */
static void count_refused(struct budget_file *file)
{
    const char *last = "";
    for (size_t i = 0; i < file->update->count; i++) {
        const struct budget_decision *decision = &file->decisions[i];
        if (!decision->refused || strcmp(decision->name, last) == 0)
            continue;
        last = decision->name;
        file->changes->refused++;
        file->changes->expired += decision->expired;
    }
}

/* What a line that people wrote begins with, from the first time on that its test is measured: they
 * may raise it, too. */
static void remember(struct budget_file_line *line)
{
    lg_gauge_set without_first = line->asked & line->now.named & ~line->now.first_named;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((without_first & LG_GAUGE_BIT(gauge)) == 0)
            continue;
        line->now.first_named |= LG_GAUGE_BIT(gauge);
        line->now.first.values[gauge] = line->now.limits.values[gauge];
        line->remembered = true;
    }
}

static void decide_all(struct budget_file *file)
{
    for (size_t i = 0; i < file->update->count; i++)
        ask(file, &file->decisions[i]);
    for (size_t i = 0; i < file->update->count; i++)
        decide_over(file, &file->decisions[i]);
    for (size_t i = 0; i < file->update->count; i++)
        decide_loose(file, &file->decisions[i]);
    for (size_t i = 0; i < file->count; i++) {
        if (file->lines[i].idle && !file->lines[i].held)
            clear(&file->lines[i]);
    }
    for (size_t i = 0; i < file->count; i++)
        remember(&file->lines[i]);
    count_refused(file);
}

void lg_budgets_update(const struct lg_budget_update *update, struct lg_text *out,
                       struct lg_budget_changes *changes)
{
    struct budget_file file = {.update = update, .changes = changes, .text = update->text};
    *changes = (struct lg_budget_changes){0};
    if (strncmp(file.text, LG_LINES_MARK, strlen(LG_LINES_MARK)) == 0)
        file.text += strlen(LG_LINES_MARK);
    if (split(&file) && list_decisions(&file)) {
        decide_all(&file);
        lg_budgets_write(&file, out);
    } else {
        out->failed = true;
    }
    for (size_t i = 0; file.decisions != NULL && i < update->count; i++)
        free(file.decisions[i].name);
    free(file.decisions);
    free(file.lines);
}
