/* Elements, attributes and properties, as junit.c writes them: these two files alone know
 * libxml2's writer. Once anything could not be written, `failed` is set. */
#ifndef LG_RUNNER_REPORT_JUNIT_XML_H
#define LG_RUNNER_REPORT_JUNIT_XML_H

#include "runner/results.h"

#include <libxml/xmlwriter.h>

struct junit {
    xmlTextWriterPtr writer;
    const struct lg_results *results;
    uint64_t output_bytes; /* of what green tests have printed, so far */
    bool rich;             /* whatever the options say */
    bool failed;
};

/* libxml2 tells that writing failed, much later and not why. */
struct junit_sink {
    int fd;
    int error; /* of the first write that failed, -errno, or 0 */
};

/* A writer to FD, which stays the caller's, by SINK, which has to last as long; NULL without
 * memory. The caller frees it with xmlFreeTextWriter. */
xmlTextWriterPtr lg_junit_open(struct junit_sink *sink, int fd);

/* Whether the report has to be valid against the schemas that people validate against. */
bool lg_junit_strict(const struct junit *junit);

/* TEXT as libxml2 calls it. */
const xmlChar *lg_junit_text(const char *text);

/* Notes whether the writer, which has WRITTEN so much, has failed. */
void lg_junit_check(struct junit *junit, int written);

void lg_junit_start(struct junit *junit, const char *element);
void lg_junit_end(struct junit *junit);

/* VALUE is clean text. */
void lg_junit_attribute(struct junit *junit, const char *name, const char *value);
void lg_junit_attribute_format(struct junit *junit, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* VALUE is any bytes. */
void lg_junit_clean_attribute(struct junit *junit, const char *name, const char *value);

/* PATH is of a source file, and shown as paths are. */
void lg_junit_path_attribute(struct junit *junit, const char *name, const char *path);

/* An element "property". */
void lg_junit_property(struct junit *junit, const char *name, const char *value);
void lg_junit_number_property(struct junit *junit, const char *name, int64_t value);

#endif
