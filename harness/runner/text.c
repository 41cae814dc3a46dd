#include "runner/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lg_text_free(struct lg_text *text)
{
    free(text->data);
    memset(text, 0, sizeof(*text));
}

const char *lg_text_string(const struct lg_text *text)
{
    return text->data != NULL ? text->data : "";
}

static bool reserve(struct lg_text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity == 0 ? 64 : text->capacity;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void lg_text_add_bytes(struct lg_text *text, const char *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void lg_text_add(struct lg_text *text, const char *format, ...)
{
    va_list arguments;
    char *end = text->data != NULL ? text->data + text->length : NULL;
    size_t room = text->capacity - text->length;
    va_start(arguments, format);
    int length = vsnprintf(end, room, format, arguments);
    va_end(arguments);
    /* Most of what is added fits: only what does not is written twice. */
    if (length >= 0 && (size_t)length < room) {
        text->length += (size_t)length;
        return;
    }
    if (end != NULL)
        *end = '\0';
    if (length < 0 || !reserve(text, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

/* The length of the ANSI sequence at INPUT, or 0: CSI, OSC, or a two-byte one. */
static size_t ansi_length(const char *input, size_t length)
{
    if (length < 2 || input[0] != '\x1b')
        return 0;
    if (input[1] == '[') {
        for (size_t i = 2; i < length; i++) {
            if (input[i] >= 0x40 && input[i] <= 0x7e)
                return i + 1;
        }
        return length;
    }
    if (input[1] == ']') {
        for (size_t i = 2; i < length; i++) {
            if (input[i] == '\a')
                return i + 1;
            if (input[i] == '\x1b' && i + 1 < length && input[i + 1] == '\\')
                return i + 2;
        }
        return length;
    }
    size_t final = 1;
    while (final < length && input[final] >= 0x20 && input[final] <= 0x2f)
        final++;
    return final < length && input[final] >= 0x30 && input[final] <= 0x7e ? final + 1 : 0;
}

/* Decodes the strict UTF-8 sequence at INPUT. Returns its length, 0 if there is none. */
static size_t decode(const unsigned char *input, size_t length, uint32_t *code)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t form = 0; form < 4; form++) {
        if ((input[0] & forms[form].mask) != forms[form].lead)
            continue;
        if (form + 1 > length)
            return 0;
        uint32_t value = input[0] & (unsigned char)~forms[form].mask;
        for (size_t i = 1; i <= form; i++) {
            if ((input[i] & 0xc0) != 0x80)
                return 0;
            value = value << 6 | (input[i] & 0x3f);
        }
        if (value < forms[form].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return 0;
        *code = value;
        return form + 1;
    }
    return 0;
}

static bool is_plain(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n';
    if (code >= 0x7f && code < 0xa0)
        return false;
    return code != 0xfffe && code != 0xffff;
}

/* How many bytes at INPUT are plain ASCII: most of any text. */
static size_t ascii_length(const char *input, size_t length)
{
    size_t at = 0;
    while (at < length && (unsigned char)input[at] < 0x80 && is_plain((unsigned char)input[at]))
        at++;
    return at;
}

void lg_text_add_clean(struct lg_text *text, const char *input, size_t length)
{
    size_t at = 0;
    while (at < length) {
        size_t ascii = ascii_length(input + at, length - at);
        if (ascii > 0) {
            lg_text_add_bytes(text, input + at, ascii);
            at += ascii;
            continue;
        }
        size_t skipped = ansi_length(input + at, length - at);
        if (skipped > 0) {
            at += skipped;
            continue;
        }
        uint32_t code = 0;
        const unsigned char *bytes = (const unsigned char *)input + at;
        size_t taken = decode(bytes, length - at, &code);
        if (taken == 0 || (taken == 1 && !is_plain(code)))
            lg_text_add(text, "\\x%02x", bytes[0]);
        else if (!is_plain(code))
            lg_text_add(text, "\\u%04" PRIx32, code);
        else
            lg_text_add_bytes(text, input + at, taken);
        at += taken > 0 ? taken : 1;
    }
}

void lg_text_add_json(struct lg_text *text, const char *input)
{
    struct lg_text clean = {0};
    lg_text_add_clean(&clean, input, strlen(input));
    lg_text_add(text, "\"");
    for (size_t i = 0; i < clean.length; i++) {
        char c = clean.data[i];
        if (c == '\n' || c == '\t')
            lg_text_add(text, "\\%c", c == '\n' ? 'n' : 't');
        else
            lg_text_add(text, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    lg_text_add(text, "\"");
    text->failed |= clean.failed;
    lg_text_free(&clean);
}

void lg_text_add_growth(struct lg_text *text, enum lg_gauge gauge, int64_t value)
{
    lg_text_add(text, "%+" PRId64 "%s", value, lg_gauge_in_bytes(gauge) ? " B" : "");
}

void lg_text_add_size(struct lg_text *text, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    lg_text_add(text, "%" PRIu64 " B", bytes);
    if (bytes < 10240)
        return;
    double scaled = (double)bytes / 1024;
    size_t unit = 0;
    while (scaled >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        scaled /= 1024;
        unit++;
    }
    lg_text_add(text, " (%.4g %s)", scaled, units[unit]);
}

void lg_text_cut(struct lg_text *text, size_t bytes)
{
    size_t cut = bytes;
    if (text->length <= bytes)
        return;
    while (cut > 0 && ((unsigned char)text->data[cut] & 0xc0) == 0x80)
        cut--;
    size_t lost = text->length - cut;
    text->length = cut;
    text->data[cut] = '\0';
    lg_text_add(text, "\n... (%zu bytes more)\n", lost);
}

void lg_text_add_glob(struct lg_text *text, const char *input)
{
    const unsigned char *at = (const unsigned char *)input;
    size_t length = strlen(input);
    while (length > 0) {
        uint32_t code;
        size_t taken = decode(at, length, &code);
        if (taken == 0 || !is_plain(code) || code == '\n' || code == '\t') {
            lg_text_add(text, "?");
            taken = 1;
        } else {
            if (strchr("*?[]\\", (int)*at) != NULL)
                lg_text_add(text, "\\");
            lg_text_add_bytes(text, (const char *)at, taken);
        }
        at += taken;
        length -= taken;
    }
}
