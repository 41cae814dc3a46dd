/* A file of suppressions; behind "====", the frames of a call: lines of function, door, file and
 * module, with tabs between them. */
#include "fuzz.h"

#include "runner/suppressions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 4
#define LONGEST 40 /* of what is matched in another way */

struct frames {
    struct lg_frame rows[FRAMES];
    char *strings[4 * FRAMES];
    size_t count;
};

/* An empty field is one that is not known. */
static const char *take_field(struct frames *frames, struct fuzz_part *line, size_t number)
{
    struct fuzz_part field = fuzz_cut(line, "\t");
    char **kept = &frames->strings[4 * frames->count + number];
    *kept = field.length > 0 ? fuzz_string(&field) : NULL;
    return *kept;
}

static void take_frames(struct frames *frames, struct fuzz_part *input)
{
    struct fuzz_part line;
    *frames = (struct frames){.count = 0};
    while (frames->count < FRAMES && fuzz_cut_line(input, &line)) {
        struct lg_frame *frame = &frames->rows[frames->count];
        frame->function = take_field(frames, &line, 0);
        frame->door = take_field(frames, &line, 1);
        frame->file = take_field(frames, &line, 2);
        frame->module = take_field(frames, &line, 3);
        frames->count++;
    }
}

/* Whether PATTERN matches TEXT, by every way to take it apart: MATCH[P][T][F] is what the rest of
 * the pattern from P on does with the rest of the text from T on, F: with anything before it. */
static bool matches(const char *pattern, const char *text)
{
    static bool match[LONGEST + 2][LONGEST + 2][2];
    size_t patterns = strlen(pattern);
    size_t texts = strlen(text);
    if (texts == 0 || pattern[0] == '$')
        return false;
    for (size_t p = patterns + 1; p-- > 0;) {
        for (size_t t = texts + 1; t-- > 0;) {
            bool here;
            if (p == patterns)
                here = true;
            else if (pattern[p] == '*')
                here = match[p + 1][t][1];
            else if (pattern[p] == '$')
                here = t == texts;
            else
                here = t < texts && pattern[p] == text[t] && match[p + 1][t + 1][0];
            match[p][t][0] = here;
            match[p][t][1] = here || (t < texts && match[p][t + 1][1]);
        }
    }
    return pattern[0] == '^' ? match[1][0][0] : match[0][0][1];
}

static bool is_short(const char *text)
{
    return text == NULL || strlen(text) <= LONGEST;
}

static void check_match(const struct lg_suppression *row, const struct lg_frame *frame)
{
    struct lg_suppressions one = {.rows = (struct lg_suppression *)row, .count = 1};
    const char *texts[] = {frame->function, frame->door, frame->file, frame->module};
    bool expected = false;
    if (!is_short(row->pattern))
        return;
    for (size_t i = 0; i < 4; i++) {
        if (!is_short(texts[i]))
            return;
        expected |= texts[i] != NULL && matches(row->pattern, texts[i]);
    }
    FUZZ_HOLDS((lg_suppressions_match(&one, frame, 1) == row) == expected);
}

/* The first that any of the frames matches. */
static void check_matches(struct lg_suppressions *list, size_t builtins,
                          const struct frames *frames)
{
    const struct lg_suppression *found = lg_suppressions_match(list, frames->rows, frames->count);
    for (size_t i = builtins; i < list->count; i++) {
        bool any = false;
        for (size_t f = 0; f < frames->count; f++) {
            struct lg_suppressions one = {.rows = &list->rows[i], .count = 1};
            check_match(&list->rows[i], &frames->rows[f]);
            any |= lg_suppressions_match(&one, &frames->rows[f], 1) != NULL;
        }
        FUZZ_HOLDS(!any || found <= &list->rows[i]);
        FUZZ_HOLDS(any || found != &list->rows[i]);
        FUZZ_HOLDS(!any || found != NULL);
    }
    if (found == NULL)
        return;
    lg_suppressions_count(list, found, INT64_MAX);
    lg_suppressions_count(list, found, 1);
    FUZZ_HOLDS(found->matches == 2 && found->growth == INT64_MAX);
    lg_suppressions_forget(list);
    FUZZ_HOLDS(found->matches == 0 && found->growth == 0);
}

static void check_row(const struct lg_suppression *row, const char *path, size_t lines)
{
    size_t length = strlen(path);
    char *end;
    FUZZ_HOLDS(!row->builtin && row->max >= 0 && row->pattern[0] != '\0');
    FUZZ_HOLDS(strpbrk(row->pattern, "\n") == NULL && strchr(" \t", row->pattern[0]) == NULL);
    FUZZ_HOLDS(strncmp(row->source, path, length) == 0 && row->source[length] == ':');
    unsigned long line = strtoul(row->source + length + 1, &end, 10);
    FUZZ_HOLDS(*end == '\0' && line >= 1 && line <= lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_part input = {(const char *)data, size};
    struct fuzz_part file = fuzz_cut(&input, "====\n");
    const char *path = fuzz_file(&file);
    size_t lines = fuzz_count_lines(&file);
    struct lg_suppressions list = {0};
    struct frames frames;
    char error[512] = "not touched";
    FUZZ_HOLDS(lg_suppressions_add_builtin(&list) == 0);
    size_t builtins = list.count;
    int status = lg_suppressions_read(&list, path, error, sizeof(error));
    FUZZ_HOLDS(status == 0 || status == -EINVAL);
    FUZZ_HOLDS(list.count >= builtins && list.count <= builtins + lines);
    if (status != 0) {
        FUZZ_HOLDS(list.count == builtins);
        fuzz_check_complaint(error, path, lines);
    } else {
        FUZZ_HOLDS(error[0] == '\0');
    }
    for (size_t i = builtins; i < list.count; i++)
        check_row(&list.rows[i], path, lines);
    take_frames(&frames, &input);
    check_matches(&list, builtins, &frames);
    for (size_t i = 0; i < 4 * FRAMES; i++)
        free(frames.strings[i]);
    lg_suppressions_free(&list);
    return 0;
}
