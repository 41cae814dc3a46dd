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

/* "start-end ..." */
static void parse_range(const char *line, uint64_t *start, uint64_t *end)
{
    uint64_t number = 0;
    *start = 0;
    for (; *line != ' ' && *line != '\0' && *line != '\n'; line++) {
        if (*line == '-') {
            *start = number;
            number = 0;
        } else {
            number = number * 16 + (uint64_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
        }
    }
    *end = number;
}

static bool is_taken(const char *text, const char *line)
{
    uint64_t start;
    uint64_t end;
    uint64_t other_start;
    uint64_t other_end;
    parse_range(line, &start, &end);
    for (size_t length; (length = line_length(text)) > 0; text += length) {
        parse_range(text, &other_start, &other_end);
        if (other_start < end && start < other_end)
            return true;
    }
    return false;
}

void lg_unloaded_append(char *text, size_t capacity)
{
    size_t end = strlen(text);
    const char *line = unloaded.lines != NULL ? unloaded.lines : "";
    for (size_t length; (length = line_length(line)) > 0; line += length) {
        if (is_taken(text, line) || capacity - end <= length)
            continue;
        memcpy(text + end, line, length);
        end += length;
        text[end] = '\0';
    }
}
