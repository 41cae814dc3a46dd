#include "runner/report/html_parts.h"

#include <string.h>

/* What ends text, or is nothing that a page may hold. */
static const char special[] = "&<>\"'\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\r\x0e\x0f\x10\x11\x12"
                              "\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f";

void lg_html_escape(struct lg_text *out, const char *text)
{
    for (;;) {
        size_t plain = strcspn(text, special);
        lg_text_add_bytes(out, text, plain);
        text += plain;
        if (*text == '\0')
            return;
        if (strchr("&<>\"'", *text) != NULL)
            lg_text_add(out, "&#%d;", *text);
        else
            lg_text_add(out, "\\x%02x", (unsigned char)*text);
        text++;
    }
}

void lg_html_short(struct lg_text *out, enum lg_gauge gauge, int64_t value)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double scaled = (double)value;
    size_t unit = 0;
    if (!lg_gauge_in_bytes(gauge)) {
        lg_text_add(out, "%lld", (long long)value);
        return;
    }
    while ((scaled >= 1000 || scaled <= -1000) && unit + 1 < sizeof(units) / sizeof(units[0])) {
        scaled /= 1024;
        unit++;
    }
    lg_text_add(out, "%.3g %s", scaled, units[unit]);
}

void lg_html_seconds(struct lg_text *out, double seconds)
{
    if (seconds >= 1)
        lg_text_add(out, "%.2f s", seconds);
    else
        lg_text_add(out, "%.*f ms", seconds < 0.01 ? 2 : 0, seconds * 1000);
}

void lg_html_place(struct lg_text *out, const char *file, unsigned line)
{
    lg_html_escape(out, file);
    if (line > 0)
        lg_text_add(out, ":%u", line);
}

void lg_html_verdict_class(struct lg_text *out, enum lg_verdict_kind kind)
{
    const char *name = lg_verdict_name(kind);
    lg_text_add_bytes(out, name, strcspn(name, " "));
}
