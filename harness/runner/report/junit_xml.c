#include "runner/report/junit_xml.h"

#include "runner/message.h"
#include "runner/outfile.h"
#include "runner/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int write_to_sink(void *context, const char *data, int length)
{
    struct junit_sink *sink = context;
    if (sink->error == 0)
        sink->error = lg_outfile_write_bytes(sink->fd, data, (size_t)length);
    return sink->error == 0 ? length : -1;
}

xmlTextWriterPtr lg_junit_open(struct junit_sink *sink, int fd)
{
    *sink = (struct junit_sink){fd, 0};
    xmlOutputBufferPtr buffer = xmlOutputBufferCreateIO(write_to_sink, NULL, sink, NULL);
    xmlTextWriterPtr writer = buffer != NULL ? xmlNewTextWriter(buffer) : NULL;
    if (writer == NULL && buffer != NULL)
        xmlOutputBufferClose(buffer);
    return writer;
}

bool lg_junit_strict(const struct junit *junit)
{
    return !junit->rich && junit->results->options->junit_strict;
}

const xmlChar *lg_junit_text(const char *text)
{
    return (const xmlChar *)text;
}

void lg_junit_check(struct junit *junit, int written)
{
    junit->failed |= written < 0;
}

void lg_junit_start(struct junit *junit, const char *element)
{
    lg_junit_check(junit, xmlTextWriterStartElement(junit->writer, lg_junit_text(element)));
}

void lg_junit_end(struct junit *junit)
{
    lg_junit_check(junit, xmlTextWriterEndElement(junit->writer));
}

void lg_junit_attribute(struct junit *junit, const char *name, const char *value)
{
    lg_junit_check(junit, xmlTextWriterWriteAttribute(junit->writer, lg_junit_text(name),
                                                      lg_junit_text(value)));
}

void lg_junit_attribute_format(struct junit *junit, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lg_junit_check(junit, xmlTextWriterWriteVFormatAttribute(junit->writer, lg_junit_text(name),
                                                             format, arguments));
    va_end(arguments);
}

void lg_junit_clean_attribute(struct junit *junit, const char *name, const char *value)
{
    struct lg_text text = {0};
    lg_text_add_clean(&text, value, strlen(value));
    lg_junit_attribute(junit, name, lg_text_string(&text));
    junit->failed |= text.failed;
    lg_text_free(&text);
}

void lg_junit_path_attribute(struct junit *junit, const char *name, const char *path)
{
    struct lg_text text = {0};
    lg_message_add_path(&text, junit->results, path);
    lg_junit_attribute(junit, name, lg_text_string(&text));
    junit->failed |= text.failed;
    lg_text_free(&text);
}

void lg_junit_property(struct junit *junit, const char *name, const char *value)
{
    lg_junit_start(junit, "property");
    lg_junit_attribute(junit, "name", name);
    lg_junit_clean_attribute(junit, "value", value);
    lg_junit_end(junit);
}

void lg_junit_number_property(struct junit *junit, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64, value);
    lg_junit_property(junit, name, text);
}
