/* SARIF 2.1.0: one result for each red test. */
#include "runner/report/outputs.h"
#include "runner/report/worst.h"

#include <ctype.h>
#include <leakgate/leakgate.h>
#include <stdlib.h>
#include <string.h>

#define SITES 4

static const struct {
    const char *id;
    const char *name;
    const char *description;
} rules[] = {
    {"leak.heap", "HeapGrowth", "The heap grows with each run of the test."},
    {"leak.mmap", "MappingLeak", "The test maps memory that it does not unmap."},
    {"leak.live", "MemoryLeak", "The test allocates memory that it does not free."},
    {"leak.frag", "HeapFragmentation", "The heap grows while nothing is leaked."},
    {"leak.fds", "DescriptorLeak", "The test opens descriptors that it does not close."},
    {"leak.threads", "ThreadLeak", "The test starts threads that do not end."},
    {"leak.children", "ProcessLeak", "The test starts processes that do not end."},
    {"test.assertion", "AssertionFailed", "An assertion of the test failed."},
    {"test.crash", "Crash", "The test died of a signal."},
    {"test.timeout", "Timeout", "The test did not end in time."},
    {"test.exit", "EarlyExit", "The test ended its process."},
    {"leakgate.broken", "NotMeasured", "The test could not be measured."},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static size_t rule_index(const char *id)
{
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].id, id) == 0)
            return i;
    }
    return 2; /* a leak, of a report that does not say of what */
}

static void add_rules(struct lg_text *out)
{
    for (size_t i = 0; i < RULES; i++)
        lg_text_add(out,
                    "%s\n          {\"id\": \"%s\", \"name\": \"%s\", \"shortDescription\": "
                    "{\"text\": \"%s\"}, \"defaultConfiguration\": {\"level\": \"error\"}}",
                    i > 0 ? "," : "", rules[i].id, rules[i].name, rules[i].description);
}

/* A path as a URI: relative to the source root, or absolute. */
static void add_uri(struct lg_text *out, const char *path)
{
    lg_text_add(out, "{\"uri\": \"%s", path[0] == '/' ? "file://" : "");
    for (const char *at = path; *at != '\0'; at++) {
        bool plain = isalnum((unsigned char)*at) || strchr("-._~/", *at) != NULL;
        lg_text_add(out, plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    lg_text_add(out, "\"%s}", path[0] == '/' ? "" : ", \"uriBaseId\": \"SRCROOT\"");
}

static void add_place(struct lg_text *out, const char *file, unsigned line)
{
    lg_text_add(out, "\"physicalLocation\": {\"artifactLocation\": ");
    add_uri(out, file);
    if (line > 0)
        lg_text_add(out, ", \"region\": {\"startLine\": %u}", line);
    lg_text_add(out, "}");
}

static void add_text(struct lg_text *out, const char *text)
{
    lg_text_add(out, "\"message\": {\"text\": ");
    lg_text_add_json(out, text);
    lg_text_add(out, "}");
}

static void add_frame(struct lg_text *out, const struct lg_doc_frame *frame)
{
    lg_text_add(out, "{\"location\": {");
    if (frame->file != NULL) {
        add_place(out, frame->file, frame->line);
        lg_text_add(out, ", ");
    }
    add_text(out, frame->function);
    lg_text_add(out, "}}");
}

static void add_stack(struct lg_text *out, const struct lg_doc_site *site)
{
    struct lg_text what = {0};
    lg_text_add(&what, "%lld bytes in %lld (%s), over %u run%s", (long long)site->bytes,
                (long long)site->count, site->kind, site->runs, site->runs == 1 ? "" : "s");
    lg_text_add(out, "{");
    add_text(out, lg_text_string(&what));
    lg_text_add(out, ", \"frames\": [");
    for (size_t f = 0; f < site->frame_count; f++) {
        lg_text_add(out, "%s", f > 0 ? ", " : "");
        add_frame(out, &site->frames[f]);
    }
    lg_text_add(out, "]}");
    out->failed |= what.failed;
    lg_text_free(&what);
}

static void add_stacks(struct lg_text *out, const struct lg_doc_case *test)
{
    if (test->site_count == 0)
        return;
    lg_text_add(out, ",\n       \"stacks\": [");
    for (size_t i = 0; i < test->site_count && i < SITES; i++) {
        lg_text_add(out, "%s", i > 0 ? ", " : "");
        add_stack(out, &test->sites[i]);
    }
    lg_text_add(out, "]");
}

static void add_locations(struct lg_text *out, const struct lg_doc_case *test, const char *name)
{
    lg_text_add(out, ",\n       \"locations\": [{");
    if (test->file != NULL) {
        add_place(out, test->file, test->line);
        lg_text_add(out, ", ");
    }
    lg_text_add(out, "\"logicalLocations\": [{\"kind\": \"function\", \"fullyQualifiedName\": ");
    lg_text_add_json(out, name);
    lg_text_add(out, "}]}]");
    if (test->test_file == NULL)
        return;
    lg_text_add(out, ",\n       \"relatedLocations\": [{\"id\": 1, ");
    add_place(out, test->test_file, test->test_line);
    lg_text_add(out, ", ");
    add_text(out, "the test");
    lg_text_add(out, "}]");
}

static void add_result(struct lg_text *out, const struct lg_doc *doc,
                       const struct lg_doc_case *test)
{
    const struct lg_doc_frame *frame = lg_doc_leak_frame(test);
    const char *program = lg_doc_program_of(doc, test)->name;
    size_t rule = rule_index(lg_doc_rule(test));
    const char *parts[] = {program, test->suite, test->name, rules[rule].id,
                           frame != NULL ? frame->function : ""};
    struct lg_text name = {0};
    struct lg_text message = {0};
    lg_text_add(&name, "%s:%s/%s", program, test->suite, test->name);
    lg_text_add(&message, "%s/%s: %s", test->suite, test->name, test->message);
    lg_text_add(out, "{\"ruleId\": \"%s\", \"ruleIndex\": %zu, \"level\": \"error\", ",
                rules[rule].id, rule);
    add_text(out, lg_text_string(&message));
    add_locations(out, test, lg_text_string(&name));
    add_stacks(out, test);
    lg_text_add(out, ",\n       \"partialFingerprints\": {\"leakgate/v1\": \"");
    lg_doc_add_fingerprint(out, parts, sizeof(parts) / sizeof(parts[0]));
    lg_text_add(out, "\"}}");
    out->failed |= name.failed || message.failed;
    lg_text_free(&name);
    lg_text_free(&message);
}

void lg_sarif_add(struct lg_text *out, const struct lg_doc *doc)
{
    size_t count;
    const struct lg_doc_case **worst = lg_doc_worst(doc, &count);
    out->failed |= worst == NULL;
    lg_text_add(out, "{\n  \"$schema\": "
                     "\"https://json.schemastore.org/sarif-2.1.0.json\",\n"
                     "  \"version\": \"2.1.0\",\n  \"runs\": [\n    {\n"
                     "      \"tool\": {\n        \"driver\": {\n          \"name\": \"leakgate\",\n"
                     "          \"version\": \"" LEAKGATE_VERSION "\",\n          \"rules\": [");
    add_rules(out);
    lg_text_add(out, "]\n        }\n      },\n      \"columnKind\": \"utf16CodeUnits\",\n"
                     "      \"originalUriBaseIds\": {\"SRCROOT\": {\"description\": "
                     "{\"text\": \"The root of the sources.\"}}},\n      \"results\": [");
    for (size_t i = 0; worst != NULL && i < count; i++) {
        lg_text_add(out, "%s\n      ", i > 0 ? "," : "");
        add_result(out, doc, worst[i]);
    }
    lg_text_add(out, "]\n    }\n  ]\n}\n");
    free(worst);
}
