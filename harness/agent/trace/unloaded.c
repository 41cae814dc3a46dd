#include "agent/trace/unloaded.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Longer texts are of processes with thousands of mapped files: comparing would take long. */
#define MAX_TEXT_BYTES ((size_t)1 << 18)

static struct {
    const char *beginning;
    char *lines;
    size_t length;
} unloaded;

void lg_unloaded_begin(const char *text, char *memory)
{
    unloaded.beginning = text;
    unloaded.lines = memory;
    unloaded.length = 0;
}

/* Its length with the newline; 0 at the end of the text. */
static size_t line_length(const char *line)
{
    const char *end = strchr(line, '\n');
    return end != NULL ? (size_t)(end - line) + 1 : strlen(line);
}

static bool has_line(const char *text, const char *line, size_t length)
{
    for (size_t other; (other = line_length(text)) > 0; text += other) {
        if (other == length && memcmp(text, line, length) == 0)
            return true;
    }
    return false;
}

void lg_unloaded_add(const char *text)
{
    if (unloaded.lines == NULL || strnlen(text, MAX_TEXT_BYTES) == MAX_TEXT_BYTES)
        return;
    for (size_t length; (length = line_length(text)) > 0; text += length) {
        if (has_line(unloaded.beginning, text, length) || has_line(unloaded.lines, text, length) ||
            LG_UNLOADED_BYTES - unloaded.length <= length)
            continue;
        memcpy(unloaded.lines + unloaded.length, text, length);
        unloaded.length += length;
    }
}

/* What a line says: "start-end mode offset device inode   path\n". */
struct row {
    struct lg_range range;
    uint64_t offset;
    const char *file; /* device, inode and path */
    size_t file_bytes;
};

static const char *parse_number(const char *at, uint64_t *number)
{
    *number = 0;
    for (;; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (!digit && (*at < 'a' || *at > 'f'))
            return at;
        *number = *number * 16 + (uint64_t)(digit ? *at - '0' : *at - 'a' + 10);
    }
}

static struct row parse(const char *line)
{
    struct row row;
    const char *at = parse_number(line, &row.range.start);
    at = parse_number(at + (*at == '-'), &row.range.end);
    at += strspn(at, " ");
    at += strcspn(at, " \n");
    at += strspn(at, " ");
    row.file = parse_number(at, &row.offset);
    row.file_bytes = strcspn(row.file, "\n");
    return row;
}

static bool overlap(const struct row *a, const struct row *b)
{
    return a->range.start < b->range.end && b->range.start < a->range.end;
}

/* However the kernel has cut it into rows, a module is where its file begins. */
static bool is_same_module(const struct row *a, const struct row *b)
{
    return a->range.start - a->offset == b->range.start - b->offset &&
           a->file_bytes == b->file_bytes && memcmp(a->file, b->file, a->file_bytes) == 0;
}

/* Whether another module has some of the addresses of LINE in TEXT; SAME: the same module. */
static bool is_taken(const char *text, const char *line, bool same)
{
    struct row row = parse(line);
    for (size_t length; (length = line_length(text)) > 0; text += length) {
        struct row other = parse(text);
        if (overlap(&row, &other) && is_same_module(&row, &other) == same)
            return true;
    }
    return false;
}

static const char *text_or_none(const char *text)
{
    return text != NULL ? text : "";
}

/* Whether another module than that of LINE was where it was, or is. */
static bool is_reused(const char *now, const char *line)
{
    return is_taken(now, line, false) || is_taken(text_or_none(unloaded.beginning), line, false) ||
           is_taken(text_or_none(unloaded.lines), line, false);
}

/* TEXT, which ends at END, has what is there and what was appended already. */
static size_t append_gone(const char *lines, char *text, size_t end, size_t capacity)
{
    for (size_t length; (length = line_length(lines)) > 0; lines += length) {
        if (is_taken(text, lines, true) || is_reused(text, lines) || capacity - end <= length)
            continue;
        memcpy(text + end, lines, length);
        end += length;
        text[end] = '\0';
    }
    return end;
}

void lg_unloaded_append(char *text, size_t capacity)
{
    size_t end = strlen(text);
    if (end >= MAX_TEXT_BYTES)
        return;
    end = append_gone(text_or_none(unloaded.lines), text, end, capacity);
    append_gone(text_or_none(unloaded.beginning), text, end, capacity);
}

static void add_range(struct lg_range *out, size_t capacity, size_t *count, struct lg_range range)
{
    if (*count < capacity) {
        out[(*count)++] = range;
        return;
    }
    struct lg_range *last = &out[capacity - 1];
    last->start = range.start < last->start ? range.start : last->start;
    last->end = range.end > last->end ? range.end : last->end;
}

size_t lg_unloaded_reused(const char *text, struct lg_range *out, size_t capacity)
{
    const char *const texts[] = {text_or_none(unloaded.beginning), text_or_none(unloaded.lines)};
    size_t count = 0;
    for (size_t t = 0; t < 2 && strnlen(text, MAX_TEXT_BYTES) < MAX_TEXT_BYTES; t++) {
        const char *line = texts[t];
        for (size_t length; (length = line_length(line)) > 0; line += length) {
            if (!is_taken(text, line, true) && is_reused(text, line))
                add_range(out, capacity, &count, parse(line).range);
        }
    }
    return count;
}
