#include "runner/budgets_update.h"

#include "runner/budgets_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char header[] =
    "# What tests may grow by per run: leakgate run --budgets FILE. --update-budgets writes what\n"
    "# is measured, and never raises a line without --allow-growth.\n"
    "# [PROGRAM:]SUITE/TEST  GAUGE=LIMIT...  [first:GAUGE=LIMIT,...]  [# comment, until "
    "YYYY-MM-DD]\n"
    "\n";

/* A line of the file, as it was and as it is to be. */
struct line {
    const char *text; /* without its newline */
    size_t length;
    const struct lg_budget_line *was; /* NULL: empty, or a comment */
    struct lg_budget_line now;
    bool tightened;
    bool raised;
};

/* A line that is to be added behind one that is there. */
struct addition {
    const struct lg_budget_measured *test;
    struct lg_budget_line now;
    size_t before; /* the number of lines that it comes after */
};

struct file {
    const struct lg_budget_update *update;
    struct lg_budget_changes *changes;
    struct line *lines;
    size_t count;
    struct addition *additions;
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
    const char *text = file->update->text;
    file->count = count_lines(text);
    file->lines = calloc(file->count + 1, sizeof(*file->lines));
    file->additions = calloc(file->update->count + 1, sizeof(*file->additions));
    if (file->lines == NULL || file->additions == NULL)
        return false;
    for (size_t i = 0; i < file->count; i++) {
        file->lines[i].text = text;
        file->lines[i].length = strcspn(text, "\n");
        text += file->lines[i].length + 1;
    }
    for (size_t i = 0; i < budgets->count; i++) {
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

/* The line of that very test: the one that counts, or one that has expired. */
static const struct lg_budget_line *exact_line(const struct lg_budgets *budgets,
                                               const struct lg_budget_measured *test, bool expired)
{
    const struct lg_budget_line *best = NULL;
    for (size_t i = 0; i < budgets->count; i++) {
        const struct lg_budget_line *row = &budgets->rows[i];
        if (row->is_glob || row->expired != expired ||
            !lg_rule_matches(row->name, false, test->program, test->test))
            continue;
        if (best == NULL || lg_rule_goes_before(row->name, false, best->name, false))
            best = row;
    }
    return best;
}

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

static void drop_limit(struct lg_budget_line *line, int gauge)
{
    line->named &= ~LG_GAUGE_BIT(gauge);
    line->first_named &= ~LG_GAUGE_BIT(gauge);
}

/* As if its name were written in full: that is what lines are in order of. */
static int compare_with(const struct lg_budget_line *line, const struct lg_budget_measured *test)
{
    struct lg_text name = {0};
    lg_text_add(&name, "%s:%s", test->program, test->test);
    int order = strcmp(line->name, lg_text_string(&name));
    lg_text_free(&name);
    return order;
}

/* Behind the last line that comes before it in order; before all others, but behind a heading. */
static size_t place_of(const struct file *file, const struct lg_budget_measured *test)
{
    size_t first = file->count;
    for (size_t i = file->count; i > 0; i--) {
        if (file->lines[i - 1].was == NULL)
            continue;
        if (compare_with(file->lines[i - 1].was, test) < 0)
            return i;
        first = i - 1;
    }
    size_t comments = first;
    while (comments > 0 && file->lines[comments - 1].length > 0)
        comments--;
    return comments > 0 && first < file->count ? comments : first;
}

static struct lg_budget_line *add_line(struct file *file, const struct lg_budget_measured *test)
{
    struct addition *addition = &file->additions[file->added++];
    addition->test = test;
    addition->before = place_of(file, test);
    file->changes->added++;
    return &addition->now;
}

/* What is being decided of one test. */
struct decision {
    const struct lg_budget_measured *test;
    struct lg_budget_choice choice;
    struct lg_budget_choice without; /* as if there were no line of its own */
    struct line *own;                /* that line, or NULL */
    struct lg_budget_line *added;    /* one that was added for it, or NULL */
    bool refused;
};

static void tighten(struct decision *decision, int gauge)
{
    int64_t need = decision->test->need.limits.values[gauge];
    if (need == decision->without.budget.limits.values[gauge])
        drop_limit(&decision->own->now, gauge);
    else
        set_limit(&decision->own->now, gauge, need);
    decision->own->tightened = true;
}

/* A line, a glob or the test itself has said how much is too much: only a test of which nothing
 * is said gets a line. */
static void raise(struct file *file, struct decision *decision, int gauge)
{
    bool allowed = file->update->allow_growth ||
                   (decision->own == NULL && decision->choice.by[gauge] == NULL &&
                    (decision->choice.own & LG_GAUGE_BIT(gauge)) == 0);
    int64_t need = decision->test->need.limits.values[gauge];
    if (!allowed) {
        decision->refused = true;
    } else if (decision->own != NULL) {
        set_limit(&decision->own->now, gauge, need);
        decision->own->raised = true;
    } else {
        if (decision->added == NULL)
            decision->added = add_line(file, decision->test);
        set_limit(decision->added, gauge, need);
    }
}

static bool is_over(const struct lg_need *need, const struct lg_budget_choice *choice, int gauge)
{
    return (need->known & LG_GAUGE_BIT(gauge)) != 0 &&
           need->limits.values[gauge] > choice->budget.limits.values[gauge];
}

static void decide_limits(struct file *file, struct decision *decision)
{
    const struct lg_need *need = &decision->test->need;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        const struct lg_budget_line *by = decision->choice.by[gauge];
        bool by_own = by != NULL && decision->own != NULL && by == decision->own->was;
        if (is_over(need, &decision->choice, gauge))
            raise(file, decision, gauge);
        else if (by_own && lg_need_is_less(need, (enum lg_gauge)gauge, by->limits.values[gauge]))
            tighten(decision, gauge);
    }
    file->changes->refused += decision->refused;
}

static bool leaks(const struct lg_need *need)
{
    return lg_gauges_grown(&need->limits) != 0;
}

/* A leak that was expected, and is there no more, needs no line. */
static void decide_expected(struct file *file, struct decision *decision)
{
    const struct lg_budget_line *expects = decision->choice.expects_leak;
    if (expects->is_glob || leaks(&decision->test->need))
        return;
    struct line *own = &file->lines[expects->line - 1];
    own->now.expects_leak = false;
    own->now.named = 0;
    own->tightened = true;
}

/* Whoever set the date has to set a new one. */
static void decide_expired(struct file *file, const struct lg_budget_line *expired,
                           struct decision *decision)
{
    struct line *line = line_of(file, expired);
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++)
        decision->refused |= is_over(&decision->test->need, &decision->choice, gauge);
    file->changes->expired += decision->refused;
    if (decision->refused)
        return;
    line->now.expects_leak = false;
    line->now.named = 0;
    line->tightened = true;
}

static void decide(struct file *file, const struct lg_budget_measured *test)
{
    const struct lg_budgets *budgets = file->update->budgets;
    struct lg_budget_asked asked = {.program = test->program,
                                    .test = test->test,
                                    .own = test->own,
                                    .fallback = file->update->fallback};
    struct decision decision = {.test = test};
    lg_budgets_choose(budgets, &asked, &decision.choice);
    asked.globs_only = true;
    lg_budgets_choose(budgets, &asked, &decision.without);
    decision.own = line_of(file, exact_line(budgets, test, false));
    const struct lg_budget_line *expired = exact_line(budgets, test, true);
    if (decision.choice.expects_leak != NULL)
        decide_expected(file, &decision);
    else if (decision.own == NULL && expired != NULL)
        decide_expired(file, expired, &decision);
    else
        decide_limits(file, &decision);
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
    lg_text_add(out, "\n");
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
    if (changed) {
        add_changed(out, line);
        return;
    }
    lg_text_add_bytes(out, line->text, line->length);
    lg_text_add(out, "\n");
}

static void write_additions(const struct file *file, size_t before, struct lg_text *out)
{
    for (size_t i = 0; i < file->added; i++) {
        const struct addition *addition = &file->additions[i];
        if (addition->before != before)
            continue;
        lg_budget_line_add_name(out, addition->test->program, addition->test->test);
        lg_text_add(out, "  ");
        add_fields(out, &addition->now);
        lg_text_add(out, "\n");
    }
}

static int compare_tests(const void *left, const void *right)
{
    const struct lg_budget_measured *a = left;
    const struct lg_budget_measured *b = right;
    int order = strcmp(a->program, b->program);
    return order != 0 ? order : strcmp(a->test, b->test);
}

/* Tests of one name share a line, which has to hold for each. Returns how many names there are. */
static size_t merge_tests(struct lg_budget_measured *tests, size_t count)
{
    size_t kept = 0;
    qsort(tests, count, sizeof(*tests), compare_tests);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_tests(&tests[kept - 1], &tests[i]) != 0) {
            tests[kept++] = tests[i];
            continue;
        }
        struct lg_need *need = &tests[kept - 1].need;
        need->known &= tests[i].need.known;
        for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
            int64_t limit = tests[i].need.limits.values[gauge];
            int64_t noise = tests[i].need.noise.values[gauge];
            if (limit > need->limits.values[gauge])
                need->limits.values[gauge] = limit;
            if (noise > need->noise.values[gauge])
                need->noise.values[gauge] = noise;
        }
    }
    return kept;
}

void lg_budgets_update(const struct lg_budget_update *update, struct lg_text *out,
                       struct lg_budget_changes *changes)
{
    struct file file = {.update = update, .changes = changes};
    struct lg_budget_measured *tests = calloc(update->count + 1, sizeof(*tests));
    *changes = (struct lg_budget_changes){0};
    if (tests == NULL || !split(&file)) {
        out->failed = true;
    } else {
        memcpy(tests, update->tests, update->count * sizeof(*tests));
        size_t count = merge_tests(tests, update->count);
        for (size_t i = 0; i < count; i++)
            decide(&file, &tests[i]);
        if (update->text[0] == '\0')
            lg_text_add(out, "%s", header);
        for (size_t i = 0; i < file.count; i++) {
            write_additions(&file, i, out);
            write_line(&file, &file.lines[i], out);
        }
        write_additions(&file, file.count, out);
    }
    free(tests);
    free(file.lines);
    free(file.additions);
}
