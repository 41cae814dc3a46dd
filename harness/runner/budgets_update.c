#include "runner/budgets_update.h"

#include "runner/budgets_line.h"
#include "runner/lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char header[] =
    "# What tests may grow by per run: leakgate run --budgets FILE. --update-budgets writes what\n"
    "# is measured, and never raises a line without --allow-growth.\n"
    "# [PROGRAM:]SUITE/TEST  GAUGE=LIMIT...  [first:GAUGE=LIMIT,...]  [# comment, until "
    "YYYY-MM-DD]\n"
    "\n";

/* A line of the file, as it was and as it is to be. It may be for many tests, of one program or
 * of several: what becomes of it has to be right for each. */
struct line {
    const char *text; /* without its newline */
    size_t length;
    const struct lg_budget_line *was; /* NULL: empty, or a comment */
    struct lg_budget_line now;
    lg_gauge_set asked;       /* gauges that a test has its limit of from it */
    lg_gauge_set unknown;     /* of those, not measured of each test */
    struct lg_need need;      /* of those, the most that one of the tests needs */
    struct lg_gauges without; /* what would hold if it were not there */
    lg_gauge_set kept;        /* gauges for which that differs by test, or is another line */
    const char *test;         /* the full name of a test that it is for */
    bool shared;              /* and it is for another, too */
    bool idle;                /* expired, or expects a leak, and a test has no need of that */
    bool held;                /* but another has */
    bool tightened;
    bool raised;
};

/* What is being decided of one test. */
struct decision {
    const struct lg_budget_measured *test;
    char *name; /* PROGRAM:SUITE/TEST: lines are in order of that */
    struct lg_budget_choice choice;
    struct line *own; /* the line of that very test, or NULL */
    bool expired;     /* there is none but what has expired */
    bool refused;
};

/* A line that is to be added behind one that is there. */
struct addition {
    const struct decision *decision;
    struct lg_budget_line now;
    size_t before; /* the number of lines that it comes after */
};

struct file {
    const struct lg_budget_update *update;
    struct lg_budget_changes *changes;
    const char *text; /* without a byte-order mark */
    const char *newline;
    struct line *lines;
    size_t count;
    struct decision *decisions; /* in order of names */
    struct addition *additions; /* too */
    size_t added;
};

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n' || text[1] == '\0';
    return count;
}

static bool split(struct file *file)
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
        struct line *line = &file->lines[budgets->rows[i].line - 1];
        line->was = &budgets->rows[i];
        line->now = budgets->rows[i];
    }
    return true;
}

static struct line *line_of(struct file *file, const struct lg_budget_line *was)
{
    return was != NULL ? &file->lines[was->line - 1] : NULL;
}

/* The line that limits GAUGE of that very test, or NULL. */
static struct line *exact_by(struct file *file, const struct decision *decision, int gauge)
{
    const struct lg_budget_line *by = decision->choice.by[gauge];
    return by != NULL && !by->is_glob ? line_of(file, by) : NULL;
}

static bool is_over(const struct decision *decision, int gauge)
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

static void ask_for_limit(struct line *line, int gauge, const struct lg_need *need, int64_t without)
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
static void ask_line(struct file *file, struct decision *decision, struct line *line)
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
        struct line *by = exact_by(file, decision, gauge);
        if (by != NULL && by != line &&
            ((line->was->named & LG_GAUGE_BIT(gauge)) != 0 || line->was->expects_leak))
            by->kept |= LG_GAUGE_BIT(gauge);
    }
}

static bool is_for(const struct lg_budget_line *row, const struct lg_budget_measured *test)
{
    return !row->is_glob && lg_rule_matches(row->name, false, test->program, test->test);
}

static void find_own(struct file *file, struct decision *decision)
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

static void ask(struct file *file, struct decision *decision)
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
        struct line *by = exact_by(file, decision, gauge);
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

static void tighten(struct line *line, int gauge)
{
    lg_gauge_set bit = LG_GAUGE_BIT(gauge);
    int64_t need = line->need.limits.values[gauge];
    line->tightened = true;
    if ((line->kept & bit) == 0 && need == line->without.values[gauge]) {
        line->now.named &= ~bit;
        line->now.first_named &= ~bit;
    } else {
        set_limit(&line->now, gauge, need);
    }
}

static bool is_loose(const struct line *line, int gauge)
{
    return (line->unknown & LG_GAUGE_BIT(gauge)) == 0 &&
           lg_need_is_less(&line->need, (enum lg_gauge)gauge, line->was->limits.values[gauge]);
}

static bool is_blank(const struct line *line)
{
    return strspn(line->text, " \t\r\v\f") >= line->length;
}

/* Behind the last line that comes before it in order; before all others, but behind a heading. */
static size_t place_of(const struct file *file, const char *name)
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

/* Tests of one name share a line. */
static struct lg_budget_line *added_line(struct file *file, const struct decision *decision)
{
    struct addition *last = file->added > 0 ? &file->additions[file->added - 1] : NULL;
    if (last != NULL && strcmp(last->decision->name, decision->name) == 0)
        return &last->now;
    struct addition *addition = &file->additions[file->added++];
    addition->decision = decision;
    addition->before = place_of(file, decision->name);
    file->changes->added++;
    return &addition->now;
}

/* A line, a glob or the test itself has said how much is too much: only a test of which nothing
 * is said gets a line. Whoever set a date that is over has to set a new one. */
static void raise(struct file *file, struct decision *decision, int gauge)
{
    bool unsaid = decision->own == NULL && decision->choice.by[gauge] == NULL &&
                  (decision->choice.own & LG_GAUGE_BIT(gauge)) == 0;
    struct line *line = exact_by(file, decision, gauge);
    int64_t need = decision->test->need.limits.values[gauge];
    if (line == NULL && decision->own != NULL && !decision->own->shared)
        line = decision->own;
    if (decision->expired || !(file->update->allow_growth || unsaid)) {
        decision->refused = true;
    } else if (line != NULL) {
        raise_limit(&line->now, line->was, gauge, need);
        line->raised = true;
    } else {
        raise_limit(added_line(file, decision), NULL, gauge, need);
    }
}

/* Where a leak is expected, and there, no line is too loose. */
static bool expects_leak(struct file *file, const struct decision *decision)
{
    const struct lg_budget_line *line = decision->choice.expects_leak;
    return line != NULL && (line->is_glob || line_of(file, line)->held);
}

/* What was refused stays refused: lines that say no are not taken out. */
static void hold_lines(struct file *file, const struct decision *decision)
{
    const struct lg_budgets *budgets = file->update->budgets;
    if (decision->own != NULL)
        decision->own->kept = ~(lg_gauge_set)0;
    for (size_t i = 0; i < budgets->count; i++) {
        if (budgets->rows[i].expired && is_for(&budgets->rows[i], decision->test))
            line_of(file, &budgets->rows[i])->held = true;
    }
}

static void decide_over(struct file *file, struct decision *decision)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if (is_over(decision, gauge))
            raise(file, decision, gauge);
    }
    if (decision->refused)
        hold_lines(file, decision);
}

static void decide_loose(struct file *file, struct decision *decision)
{
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        struct line *by = exact_by(file, decision, gauge);
        if (by != NULL && !expects_leak(file, decision) && is_loose(by, gauge))
            tighten(by, gauge);
    }
}

/* A leak that was expected, and is there no more, needs no line; nor does what has expired, where
 * nothing is over its limits without it. */
static void clear(struct line *line)
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
    const struct decision *a = left;
    const struct decision *b = right;
    return strcmp(a->name, b->name);
}

static bool list_decisions(struct file *file)
{
    const struct lg_budget_update *update = file->update;
    file->additions = calloc(update->count + 1, sizeof(*file->additions));
    file->decisions = calloc(update->count + 1, sizeof(*file->decisions));
    if (file->additions == NULL || file->decisions == NULL)
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
static void count_refused(struct file *file)
{
    const char *last = "";
    for (size_t i = 0; i < file->update->count; i++) {
        const struct decision *decision = &file->decisions[i];
        if (!decision->refused || strcmp(decision->name, last) == 0)
            continue;
        last = decision->name;
        file->changes->refused++;
        file->changes->expired += decision->expired;
    }
}

static void decide_all(struct file *file)
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
    count_refused(file);
}

/* Writing. */

static void add_limit(struct lg_text *out, enum lg_gauge gauge, int64_t limit)
{
    static const char units[] = "KMG";
    int unit = -1;
    if (limit == LG_BUDGET_UNLIMITED) {
        lg_text_add(out, "%s=unlimited", lg_gauge_name(gauge));
        return;
    }
    while (lg_gauge_in_bytes(gauge) && unit < 2 && limit > 0 && limit % 1024 == 0) {
        limit /= 1024;
        unit++;
    }
    lg_text_add(out, "%s=%" PRId64, lg_gauge_name(gauge), limit);
    if (unit >= 0)
        lg_text_add(out, "%c", units[unit]);
}

static void add_fields(struct lg_text *out, const struct lg_budget_line *line)
{
    const char *separator = "";
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((line->named & LG_GAUGE_BIT(gauge)) == 0)
            continue;
        lg_text_add(out, "%s", separator);
        add_limit(out, (enum lg_gauge)gauge, line->limits.values[gauge]);
        separator = " ";
    }
    if (line->expects_leak)
        lg_text_add(out, "%s%s", separator, LG_BUDGET_EXPECT_LEAK);
    if (line->first_named == 0)
        return;
    lg_text_add(out, " %s", LG_BUDGET_FIRST);
    separator = "";
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((line->first_named & LG_GAUGE_BIT(gauge)) == 0)
            continue;
        lg_text_add(out, "%s", separator);
        add_limit(out, (enum lg_gauge)gauge, line->first.values[gauge]);
        separator = ",";
    }
}

/* The comment keeps its column, where there is room. */
static void add_changed(struct lg_text *out, const struct line *line)
{
    struct lg_budget_parts parts;
    char *text = strndup(line->text, line->length);
    if (text == NULL || lg_budget_line_split(text, &parts) != 0) {
        out->failed = true;
        free(text);
        return;
    }
    size_t start = out->length;
    size_t column = (size_t)(parts.comment - text);
    lg_text_add_bytes(out, text, (size_t)(parts.fields - text));
    add_fields(out, &line->now);
    if (parts.comment[0] == '#') {
        size_t length = out->length - start;
        size_t gap = length < column ? column - length : 1;
        lg_text_add(out, "%*s%s", (int)gap, "", parts.comment);
    } else if (line->length > 0 && line->text[line->length - 1] == '\r') {
        lg_text_add(out, "\r");
    }
    free(text);
}

static void write_line(struct file *file, const struct line *line, struct lg_text *out)
{
    bool changed = line->raised || line->tightened;
    if (changed && line->now.named == 0 && !line->now.expects_leak) {
        file->changes->removed++;
        return;
    }
    file->changes->raised += line->raised;
    file->changes->tightened += changed && !line->raised;
    if (changed)
        add_changed(out, line);
    else
        lg_text_add_bytes(out, line->text, line->length);
    if (line->text[line->length] == '\n')
        lg_text_add(out, "\n");
}

static void write_additions(const struct file *file, size_t before, struct lg_text *out)
{
    for (size_t i = 0; i < file->added; i++) {
        const struct addition *addition = &file->additions[i];
        const struct lg_budget_measured *test = addition->decision->test;
        if (addition->before != before)
            continue;
        if (before > 0 && file->lines[before - 1].text[file->lines[before - 1].length] == '\0' &&
            out->length > 0 && out->data[out->length - 1] != '\n')
            lg_text_add(out, "%s", file->newline);
        lg_budget_line_add_name(out, test->program, test->test);
        lg_text_add(out, "  ");
        add_fields(out, &addition->now);
        lg_text_add(out, "%s", file->newline);
    }
}

static void write_all(struct file *file, struct lg_text *out)
{
    size_t mark = (size_t)(file->text - file->update->text);
    lg_text_add_bytes(out, file->update->text, mark);
    if (file->text[0] == '\0')
        lg_text_add(out, "%s", header);
    for (size_t i = 0; i < file->count; i++) {
        write_additions(file, i, out);
        write_line(file, &file->lines[i], out);
    }
    write_additions(file, file->count, out);
    /* Nothing is left: what the next update would write first. */
    if (out->length == mark)
        lg_text_add(out, "%s", header);
}

void lg_budgets_update(const struct lg_budget_update *update, struct lg_text *out,
                       struct lg_budget_changes *changes)
{
    struct file file = {.update = update, .changes = changes, .text = update->text};
    *changes = (struct lg_budget_changes){0};
    if (strncmp(file.text, LG_LINES_MARK, strlen(LG_LINES_MARK)) == 0)
        file.text += strlen(LG_LINES_MARK);
    if (split(&file) && list_decisions(&file)) {
        decide_all(&file);
        write_all(&file, out);
    } else {
        out->failed = true;
    }
    for (size_t i = 0; file.decisions != NULL && i < update->count; i++)
        free(file.decisions[i].name);
    free(file.decisions);
    free(file.lines);
    free(file.additions);
}
