#include "traced_run.h"

#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *output_of(const char *command)
{
    char *text = NULL;
    size_t size = 0;
    char chunk[4096];
    size_t got;
    FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c): our own program */
    FILE *copy = pipe != NULL ? open_memstream(&text, &size) : NULL;
    while (copy != NULL && (got = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
        fwrite(chunk, 1, got, copy);
    if (copy != NULL)
        fclose(copy);
    bool worked = pipe != NULL && pclose(pipe) == 0;
    if (worked)
        return text;
    free(text);
    return NULL;
}

/* Mappings begin with an address, unlike the lines before them. */
static char *start_of_maps(char *text)
{
    while (text != NULL && strcspn(text, "-") > strcspn(text, " \n")) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return text;
}

bool traced_start(struct traced *traced, const char *program, bool ask)
{
    char path[PATH_MAX];
    *traced = (struct traced){0};
    snprintf(path, sizeof(path), "%s/%s", LG_TRACED_DIR, program);
    traced->output = output_of(path);
    traced->maps = start_of_maps(traced->output);
    if (traced->maps != NULL)
        traced->symbols = lg_symbols_new(traced->maps, ask);
    return traced->symbols != NULL;
}

void traced_end(struct traced *traced)
{
    lg_symbols_free(traced->symbols);
    free(traced->output);
}

void traced_remap(struct traced *traced, const char *from, const char *to)
{
    char *text = NULL;
    size_t size = 0;
    FILE *copy = open_memstream(&text, &size);
    const char *rest = traced->maps;
    if (copy == NULL)
        return;
    for (const char *at; (at = strstr(rest, from)) != NULL; rest = at + strlen(from))
        fprintf(copy, "%.*s%s", (int)(at - rest), rest, to);
    fputs(rest, copy);
    fclose(copy);
    lg_symbols_free(traced->symbols);
    traced->symbols = lg_symbols_new(text, false);
    free(text);
}

size_t traced_addresses(const struct traced *traced, const char *label, unsigned number,
                        uint64_t *out, size_t capacity)
{
    size_t length = strlen(label);
    size_t count = 0;
    char *line = traced->output;
    while (line < traced->maps) {
        bool is_it = strncmp(line, label, length) == 0 && line[length] == ' ';
        if (is_it && number-- == 0)
            break;
        line += strcspn(line, "\n") + 1;
    }
    if (line >= traced->maps)
        return 0;
    for (line += length; *line == ' ' && count < capacity; count++)
        out[count] = strtoull(line, &line, 16);
    return count;
}

size_t traced_frames(const struct traced *traced, const char *label, struct lg_frame *out,
                     size_t capacity)
{
    uint64_t address = 0;
    traced_addresses(traced, label, 0, &address, 1);
    return lg_symbols_frames(traced->symbols, address, out, capacity);
}

unsigned traced_line(const char *source, const char *label)
{
    char path[PATH_MAX];
    char comment[64];
    snprintf(path, sizeof(path), "%s/%s", LG_TRACED_SOURCES, source);
    snprintf(comment, sizeof(comment), "/* call: %s */", label);
    char *text = read_file(path, NULL);
    const char *found = text != NULL ? strstr(text, comment) : NULL;
    unsigned line = found != NULL ? 1 : 0;
    for (const char *at = text; found != NULL && at < found; at++)
        line += *at == '\n';
    free(text);
    return line;
}

bool traced_is_at(const struct lg_frame *frame, const char *function, const char *source,
                  const char *label)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", LG_TRACED_SOURCES, source);
    return frame->function != NULL && strcmp(frame->function, function) == 0 &&
           frame->file != NULL && strcmp(frame->file, path) == 0 && frame->line > 0 &&
           frame->line == traced_line(source, label);
}
