#include "runner/budgets_line.h"

#include "runner/lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GLOB "*?["
#define ESCAPED GLOB "]\\"

/* The end of a name that begins at NAME, or NULL if its quotes have none. */
static const char *name_end(const char *name)
{
    if (name[0] != '"')
        return name + strcspn(name, LG_LINES_BLANKS);
    for (name++; *name != '"'; name++) {
        if (name[0] == '\\' && name[1] != '\0')
            name++;
        if (*name == '\0')
            return NULL;
    }
    return name + 1;
}

int lg_budget_line_split(const char *line, struct lg_budget_parts *out)
{
    out->name = line + strspn(line, LG_LINES_BLANKS);
    const char *end = name_end(out->name);
    if (end == NULL)
        return -EINVAL;
    out->name_length = (size_t)(end - out->name);
    out->fields = end + strspn(end, LG_LINES_BLANKS);
    out->comment = strchr(end, '#');
    if (out->comment == NULL)
        out->comment = end + strlen(end);
    if (out->fields > out->comment)
        out->fields = out->comment;
    end = out->comment;
    while (end > out->fields && strchr(LG_LINES_BLANKS, end[-1]) != NULL)
        end--;
    out->fields_length = (size_t)(end - out->fields);
    return 0;
}

/* "\x0a", in quotes: a byte that no line can hold. */
static bool take_byte(const char *text, const char *end, char *out)
{
    char digits[3] = "";
    if (end - text < 4 || text[0] != '\\' || text[1] != 'x' || !isxdigit((unsigned char)text[2]) ||
        !isxdigit((unsigned char)text[3]))
        return false;
    memcpy(digits, text + 2, 2);
    *out = (char)strtoul(digits, NULL, 16);
    return *out != '\0';
}

static void take_quotes_off(const struct lg_budget_parts *parts, char *out)
{
    const char *end = parts->name + parts->name_length - 1;
    for (const char *from = parts->name + 1; from < end; from++, out++) {
        if (take_byte(from, end, out)) {
            from += 3;
            continue;
        }
        if (from[0] == '\\' && (from[1] == '"' || from[1] == '\\'))
            from++;
        *out = *from;
    }
    *out = '\0';
}

static bool has_glob(const char *name)
{
    for (; *name != '\0'; name++) {
        if (name[0] == '\\' && name[1] != '\0')
            name++;
        else if (strchr(GLOB, *name) != NULL)
            return true;
    }
    return false;
}

static void take_escapes_out(char *name)
{
    char *out = name;
    for (; *name != '\0'; name++) {
        if (name[0] == '\\' && name[1] != '\0' && strchr(ESCAPED, name[1]) != NULL)
            name++;
        *out++ = *name;
    }
    *out = '\0';
}

char *lg_budget_line_name(const struct lg_budget_parts *parts, bool *is_glob)
{
    char *name = strndup(parts->name, parts->name_length);
    if (name == NULL)
        return NULL;
    if (name[0] == '"')
        take_quotes_off(parts, name);
    *is_glob = has_glob(name);
    if (!*is_glob)
        take_escapes_out(name);
    return name;
}

static bool needs_quotes(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f || *text == '#' || *text == '"')
            return true;
    }
    return false;
}

/* Glob characters are escaped first, then quotes. */
static void add_quoted(struct lg_text *text, const char *part)
{
    for (; *part != '\0'; part++) {
        unsigned char byte = (unsigned char)*part;
        if (byte < ' ' || byte == 0x7f)
            lg_text_add(text, "\\x%02x", byte);
        else if (byte == '\\')
            lg_text_add(text, "\\\\\\\\");
        else if (byte == '"')
            lg_text_add(text, "\\\"");
        else
            lg_text_add(text, strchr(GLOB "]", byte) != NULL ? "\\%c" : "%c", byte);
    }
}

static void add_plain(struct lg_text *text, const char *part)
{
    for (; *part != '\0'; part++)
        lg_text_add(text, strchr(ESCAPED, *part) != NULL ? "\\%c" : "%c", *part);
}

void lg_budget_line_add_name(struct lg_text *text, const char *program, const char *test)
{
    /* The reader would take a mark away that begins the file. */
    bool marked = strncmp(program, LG_LINES_MARK, strlen(LG_LINES_MARK)) == 0;
    if (!marked && !needs_quotes(program) && !needs_quotes(test)) {
        add_plain(text, program);
        lg_text_add(text, ":");
        add_plain(text, test);
        return;
    }
    lg_text_add(text, "\"");
    add_quoted(text, program);
    lg_text_add(text, ":");
    add_quoted(text, test);
    lg_text_add(text, "\"");
}
