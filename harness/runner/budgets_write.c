/* A budget file, as it was decided to be, as text. */
#include "runner/budgets_line.h"
#include "runner/budgets_update_parts.h"
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

static void add_first(struct lg_text *out, const struct lg_budget_line *line)
{
    const char *separator = " " LG_BUDGET_FIRST;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((line->first_named & LG_GAUGE_BIT(gauge)) == 0)
            continue;
        lg_text_add(out, "%s", separator);
        add_limit(out, (enum lg_gauge)gauge, line->first.values[gauge]);
        separator = ",";
    }
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
    add_first(out, line);
}

/* What people wrote stays as it is, where nothing but "first:" comes behind it. */
static void add_changed_fields(struct lg_text *out, const struct budget_file_line *line,
                               const struct lg_budget_parts *parts)
{
    if (line->tightened || line->raised || line->was->first_named != 0) {
        add_fields(out, &line->now);
        return;
    }
    lg_text_add_bytes(out, parts->fields, parts->fields_length);
    add_first(out, &line->now);
}

/* The comment keeps its column, where there is room. */
static void add_changed(struct lg_text *out, const struct budget_file_line *line)
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
    add_changed_fields(out, line, &parts);
    if (parts.comment[0] == '#') {
        size_t length = out->length - start;
        size_t gap = length < column ? column - length : 1;
        lg_text_add(out, "%*s%s", (int)gap, "", parts.comment);
    } else if (line->length > 0 && line->text[line->length - 1] == '\r') {
        lg_text_add(out, "\r");
    }
    free(text);
}

static void write_line(struct budget_file *file, const struct budget_file_line *line,
                       struct lg_text *out)
{
    bool changed = line->raised || line->tightened || line->remembered;
    if (changed && line->now.named == 0 && !line->now.expects_leak) {
        file->changes->removed++;
        return;
    }
    file->changes->raised += line->raised;
    file->changes->tightened += line->tightened && !line->raised;
    file->changes->remembered += line->remembered && !line->tightened && !line->raised;
    /* It has become the first one: the reader would take a mark away that begins the file. */
    if (out->length == 0 && strncmp(line->text, LG_LINES_MARK, strlen(LG_LINES_MARK)) == 0)
        lg_text_add(out, "%s", file->newline);
    if (changed)
        add_changed(out, line);
    else
        lg_text_add_bytes(out, line->text, line->length);
    if (line->text[line->length] == '\n')
        lg_text_add(out, "\n");
}

static void write_additions(const struct budget_file *file, size_t before, struct lg_text *out)
{
    for (size_t i = 0; i < file->update->count; i++) {
        const struct budget_decision *decision = &file->decisions[i];
        if (!decision->adds || decision->before != before)
            continue;
        if (before == file->count && before > 0 && out->length > 0 &&
            out->data[out->length - 1] != '\n')
            lg_text_add(out, "%s", file->newline);
        lg_budget_line_add_name(out, decision->test->program, decision->test->test);
        lg_text_add(out, "  ");
        add_fields(out, &decision->added);
        lg_text_add(out, "%s", file->newline);
    }
}

void lg_budgets_write(struct budget_file *file, struct lg_text *out)
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
