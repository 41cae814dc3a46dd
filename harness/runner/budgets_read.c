#include "runner/budgets.h"
#include "runner/budgets_line.h"
#include "runner/lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FORM "NAME GAUGE=LIMIT... [expect-leak] [# comment]"

struct reading {
    struct lg_budgets *budgets;
    int64_t today;
};

/* The day of "2027-01-31", from 1970-01-01, or -1 if TEXT does not begin with one that is. */
static int64_t parse_day(const char *text)
{
    int year;
    int month;
    int day;
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7 ? text[i] != '-' : !isdigit((unsigned char)text[i]))
            return -1;
    }
    if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 || isalnum((unsigned char)text[10]) ||
        text[10] == '-')
        return -1;
    struct tm date = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    struct tm given = date;
    time_t seconds = timegm(&date);
    bool exists = date.tm_mon == given.tm_mon && date.tm_mday == given.tm_mday;
    return exists && seconds >= 0 ? (int64_t)(seconds / 86400) : -1;
}

/* The date behind a word "until", in any case, that AT points to; NULL if it is none, or no digit
 * follows. */
static const char *date_behind(const char *comment, const char *at)
{
    const char *text = at + strlen("until");
    if (at > comment && isalnum((unsigned char)at[-1]))
        return NULL;
    text += strspn(text, ": \t");
    return text > at + strlen("until") && isdigit((unsigned char)text[0]) ? text : NULL;
}

/* A wrong date is one that was meant. */
static int read_comment(const struct reading *reading, const struct lg_lines *lines,
                        const char *comment, struct lg_budget_line *line)
{
    for (const char *at = comment; (at = strcasestr(at, "until")) != NULL; at++) {
        const char *text = date_behind(comment, at);
        if (text == NULL)
            continue;
        int64_t day = parse_day(text);
        if (day < 0)
            return lg_lines_complain(lines, "'until %.*s' is no date (YYYY-MM-DD)",
                                     (int)strcspn(text, " \t,;.)"), text);
        line->expired = reading->today > day;
        return 0;
    }
    return 0;
}

static const char *next_item(const char *item)
{
    const char *comma = strchr(item, ',');
    return comma != NULL ? comma + 1 : NULL;
}

/* "live=64,fds=1" */
static int read_limits(const struct lg_lines *lines, const char *text, lg_gauge_set *named,
                       struct lg_gauges *limits)
{
    char complaint[160];
    struct lg_budget budget = {.limits = *limits};
    if (lg_budget_parse(text, &budget, complaint, sizeof(complaint)) != 0)
        return lg_lines_complain(lines, "%s", complaint);
    for (const char *item = text; item != NULL; item = next_item(item)) {
        enum lg_gauge gauge = lg_gauge_find(item, (int)strcspn(item, "="));
        if ((*named & LG_GAUGE_BIT(gauge)) != 0)
            return lg_lines_complain(lines, "%s is limited twice", lg_gauge_name(gauge));
        *named |= LG_GAUGE_BIT(gauge);
    }
    *limits = budget.limits;
    return 0;
}

static int read_field(const struct lg_lines *lines, const char *field, struct lg_budget_line *line)
{
    if (strcmp(field, LG_BUDGET_EXPECT_LEAK) == 0) {
        line->expects_leak = true;
        return 0;
    }
    if (strncmp(field, LG_BUDGET_FIRST, strlen(LG_BUDGET_FIRST)) == 0)
        return read_limits(lines, field + strlen(LG_BUDGET_FIRST), &line->first_named,
                           &line->first);
    return read_limits(lines, field, &line->named, &line->limits);
}

static int read_fields(const struct lg_lines *lines, char *text, struct lg_budget_line *line)
{
    char *rest = NULL;
    int status = 0;
    for (char *field = strtok_r(text, LG_LINES_BLANKS, &rest); field != NULL && status == 0;
         field = strtok_r(NULL, LG_LINES_BLANKS, &rest))
        status = read_field(lines, field, line);
    if (status == 0 && line->named == 0 && !line->expects_leak)
        return lg_lines_complain(lines, "'%.*s' has no limit (" FORM ")",
                                 lg_lines_shown(line->name), line->name);
    return status;
}

/* Takes the name over. */
static int add(struct lg_budgets *budgets, const struct lg_budget_line *line)
{
    if (budgets->count == budgets->capacity) {
        size_t capacity = budgets->capacity > 0 ? 2 * budgets->capacity : 64;
        struct lg_budget_line *rows = reallocarray(budgets->rows, capacity, sizeof(*rows));
        if (rows == NULL)
            return -ENOMEM;
        budgets->rows = rows;
        budgets->capacity = capacity;
    }
    budgets->rows[budgets->count++] = *line;
    return 0;
}

static int read_line(void *context, const struct lg_lines *lines, char *text)
{
    const struct reading *reading = context;
    struct lg_budget_line line = {.line = lines->line};
    struct lg_budget_parts parts;
    if (text[0] == '\0' || text[0] == '#')
        return 0;
    if (lg_budget_line_split(text, &parts) != 0)
        return lg_lines_complain(lines, "the quotes of the name do not end (\"SUITE/TEST\")");
    line.name = lg_budget_line_name(&parts, &line.is_glob);
    if (line.name == NULL)
        return -ENOMEM;
    int status = 0;
    if (strchr(line.name, '/') == NULL)
        status = lg_lines_complain(lines, "'%.*s' is not of the form [PROGRAM:]SUITE/TEST",
                                   lg_lines_shown(line.name), line.name);
    if (status == 0)
        status = read_comment(reading, lines, parts.comment, &line);
    if (status == 0) {
        text[parts.fields + parts.fields_length - text] = '\0';
        status = read_fields(lines, text + (parts.fields - text), &line);
    }
    if (status == 0)
        status = add(reading->budgets, &line);
    if (status != 0)
        free(line.name);
    return status;
}

static int compare_names(const void *left, const void *right)
{
    const struct lg_budget_line *a = *(const struct lg_budget_line *const *)left;
    const struct lg_budget_line *b = *(const struct lg_budget_line *const *)right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

/* Whether both say something of the same thing: one of them would be of no use, unseen. */
static bool is_double(const struct lg_budget_line *a, const struct lg_budget_line *b)
{
    return a->is_glob == b->is_glob && !a->expired && !b->expired &&
           ((a->named & b->named) != 0 || (a->expects_leak && b->expects_leak));
}

/* The line before SORTED[AT] that says the same, or NULL: lines of one name lie side by side. */
static const struct lg_budget_line *earlier_of(const struct lg_budget_line **sorted, size_t at)
{
    for (size_t i = at; i > 0 && strcmp(sorted[i - 1]->name, sorted[at]->name) == 0; i--) {
        if (is_double(sorted[i - 1], sorted[at]))
            return sorted[i - 1];
    }
    return NULL;
}

/* A merge of two branches leaves such lines behind. */
static int find_doubles(struct lg_lines *lines, const struct lg_budgets *budgets)
{
    const struct lg_budget_line **sorted = calloc(budgets->count + 1, sizeof(*sorted));
    int status = sorted != NULL ? 0 : -ENOMEM;
    for (size_t i = 0; sorted != NULL && i < budgets->count; i++)
        sorted[i] = &budgets->rows[i];
    if (sorted != NULL)
        qsort(sorted, budgets->count, sizeof(*sorted), compare_names);
    for (size_t i = 1; status == 0 && i < budgets->count; i++) {
        const struct lg_budget_line *earlier = sorted[i]->expired ? NULL : earlier_of(sorted, i);
        if (earlier == NULL)
            continue;
        lines->line = sorted[i]->line;
        status = lg_lines_complain(lines, "'%.*s' is in line %u already; keep one of them",
                                   lg_lines_shown(earlier->name), earlier->name, earlier->line);
    }
    free(sorted);
    return status;
}

/* TEXT is the file's, or NULL: then it is read. */
static int read_budgets(struct lg_budgets *budgets, const char *path, const char *text,
                        size_t length, int64_t today, char *error, size_t error_size)
{
    struct reading reading = {budgets, today};
    struct lg_lines lines = {.path = path,
                             .wanted = "budgets are text, lines " FORM,
                             .error = error,
                             .error_size = error_size};
    *budgets = (struct lg_budgets){.path = path};
    int status = text != NULL ? lg_lines_read_text(&lines, text, length, read_line, &reading)
                              : lg_lines_read(&lines, read_line, &reading);
    if (status == 0)
        status = find_doubles(&lines, budgets);
    if (status != 0)
        lg_budgets_free(budgets);
    return status;
}

int lg_budgets_read(struct lg_budgets *budgets, const char *path, int64_t today, char *error,
                    size_t error_size)
{
    return read_budgets(budgets, path, NULL, 0, today, error, error_size);
}

int lg_budgets_read_text(struct lg_budgets *budgets, const char *path, const char *text,
                         size_t length, int64_t today, char *error, size_t error_size)
{
    return read_budgets(budgets, path, text, length, today, error, error_size);
}
