#include "runner/budget.h"
#include "runner/lines.h"
#include "runner/suppressions.h"
#include "runner/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Takes " max=LIMIT" off the end of TEXT, if it is there. */
static int take_max(const struct lg_lines *lines, char *text, int64_t *max)
{
    char complaint[128];
    char *word = text + strlen(text);
    while (word > text && strchr(LG_LINES_BLANKS, word[-1]) == NULL)
        word--;
    if (word == text || strncmp(word, "max=", strlen("max=")) != 0)
        return 0;
    struct lg_limit_text limit = {.name = "max", .text = word + strlen("max="), .in_bytes = true};
    limit.length = strlen(limit.text);
    if (lg_budget_parse_limit(&limit, max, complaint, sizeof(complaint)) != 0)
        return lg_lines_complain(lines, "%s", complaint);
    while (word > text && strchr(LG_LINES_BLANKS, word[-1]) != NULL)
        word--;
    word[0] = '\0';
    return 0;
}

static int add(struct lg_suppressions *list, const struct lg_lines *lines, const char *pattern,
               int64_t max)
{
    struct lg_text source = {0};
    struct lg_suppression row = {.pattern = strdup(pattern), .max = max};
    lg_text_add(&source, "%s:%u", lines->path, lines->line);
    row.source = source.data;
    if (row.pattern != NULL && !source.failed && lg_suppressions_add(list, &row) == 0)
        return 0;
    free((char *)row.pattern);
    lg_text_free(&source);
    return -ENOMEM;
}

/* LINE is "KIND:PATTERN", without the blanks around it. */
static int parse_line(struct lg_suppressions *list, const struct lg_lines *lines, char *line)
{
    size_t kind = strcspn(line, ":");
    int64_t max = LG_BUDGET_UNLIMITED;
    if (line[kind] == '\0')
        return lg_lines_complain(lines, "'%.*s' is not of the form leak:PATTERN",
                                 lg_lines_shown(line), line);
    char *pattern = line + kind + 1;
    line[kind] = '\0';
    if (strcmp(line, "leak") != 0)
        return lg_lines_complain(lines, "unknown kind '%.*s' (leak:PATTERN)", lg_lines_shown(line),
                                 line);
    int status = take_max(lines, pattern, &max);
    if (status != 0)
        return status;
    pattern += strspn(pattern, LG_LINES_BLANKS);
    if (pattern[0] == '\0')
        return lg_lines_complain(lines, "no pattern after 'leak:' (leak:PATTERN, leak:* for all)");
    return add(list, lines, pattern, max);
}

static int read_line(void *context, const struct lg_lines *lines, char *line)
{
    return line[0] == '\0' || line[0] == '#' ? 0 : parse_line(context, lines, line);
}

int lg_suppressions_read(struct lg_suppressions *list, const char *path, char *error,
                         size_t error_size)
{
    struct lg_lines lines = {.path = path,
                             .wanted = "suppressions are text, lines leak:PATTERN",
                             .error = error,
                             .error_size = error_size};
    size_t before = list->count;
    int status = lg_lines_read(&lines, read_line, list);
    if (status != 0)
        lg_suppressions_cut(list, before);
    return status;
}
