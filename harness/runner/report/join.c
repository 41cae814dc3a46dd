#include "runner/report/join.h"

#include "runner/outfile.h"
#include "runner/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libxml/hash.h>
#include <libxml/parser.h>
#include <libxml/xmlsave.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No network, no entities of other files, nothing nested without end, and no names that go with the
 * document that they were read with. */
#define PARSE (XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_BIG_LINES | XML_PARSE_NODICT)

/* A suite of the document, with its cases by name. */
struct suite {
    xmlNodePtr node;
    xmlHashTablePtr cases; /* of "classname", "name": the node */
};

struct lg_join {
    xmlDocPtr document;
    xmlNodePtr root;
    xmlHashTablePtr suites;  /* by name: struct suite */
    char *out;               /* a path that is no input, or NULL */
    struct lg_text left_out; /* what was wrong with files of folders that were left out */
    bool strict;             /* a file was of the strict profile: what is joined has to be, too */
};

static const xmlChar *xml(const char *text)
{
    return (const xmlChar *)text;
}

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrcmp(node->name, xml(name)) == 0;
}

static bool is_skipped(xmlNodePtr testcase)
{
    for (xmlNodePtr child = testcase->children; child != NULL; child = child->next) {
        if (is_element(child, "skipped"))
            return true;
    }
    return false;
}

struct lg_join *lg_join_new(void)
{
    struct lg_join *join = calloc(1, sizeof(*join));
    if (join == NULL)
        return NULL;
    join->document = xmlNewDoc(xml("1.0"));
    join->root = xmlNewNode(NULL, xml("testsuites"));
    join->suites = xmlHashCreate(16);
    if (join->document == NULL || join->root == NULL || join->suites == NULL) {
        xmlFreeNode(join->root);
        join->root = NULL;
        lg_join_free(join);
        return NULL;
    }
    xmlDocSetRootElement(join->document, join->root);
    return join;
}

static void free_suite(void *payload, const xmlChar *name)
{
    struct suite *suite = payload;
    (void)name;
    xmlHashFree(suite->cases, NULL);
    free(suite);
}

void lg_join_free(struct lg_join *join)
{
    if (join == NULL)
        return;
    xmlHashFree(join->suites, free_suite);
    xmlFreeDoc(join->document);
    lg_text_free(&join->left_out);
    free(join->out);
    free(join);
}

/* The case of SUITE with the names of TESTCASE, or NULL. */
static xmlNodePtr find_case(const struct suite *suite, xmlNodePtr testcase)
{
    xmlChar *class = xmlGetNoNsProp(testcase, xml("classname"));
    xmlChar *name = xmlGetNoNsProp(testcase, xml("name"));
    xmlNodePtr found = xmlHashLookup2(suite->cases, name, class);
    xmlFree(class);
    xmlFree(name);
    return found;
}

static void index_case(struct suite *suite, xmlNodePtr testcase)
{
    xmlChar *class = xmlGetNoNsProp(testcase, xml("classname"));
    xmlChar *name = xmlGetNoNsProp(testcase, xml("name"));
    xmlHashUpdateEntry2(suite->cases, name, class, testcase, NULL);
    xmlFree(class);
    xmlFree(name);
}

/* Whether a test was run in both. */
static bool collides(const struct suite *suite, xmlNodePtr other)
{
    for (xmlNodePtr child = other->children; child != NULL; child = child->next) {
        if (!is_element(child, "testcase") || is_skipped(child))
            continue;
        xmlNodePtr there = find_case(suite, child);
        if (there != NULL && !is_skipped(there))
            return true;
    }
    return false;
}

static void join_cases(struct suite *suite, xmlNodePtr other)
{
    for (xmlNodePtr child = other->children; child != NULL;) {
        xmlNodePtr next = child->next;
        xmlNodePtr there = is_element(child, "testcase") ? find_case(suite, child) : NULL;
        if (there == NULL && is_element(child, "testcase")) {
            xmlUnlinkNode(child);
            xmlAddChild(suite->node, child);
            index_case(suite, child);
        } else if (there != NULL && is_skipped(there) && !is_skipped(child)) {
            xmlUnlinkNode(child);
            xmlReplaceNode(there, child);
            index_case(suite, child);
            xmlFreeNode(there);
        }
        child = next;
    }
}

/* Takes NODE, which is in no document any more, as a suite called NAME. */
static int add_suite(struct lg_join *join, xmlNodePtr node, const xmlChar *name)
{
    struct suite *suite = calloc(1, sizeof(*suite));
    xmlHashTablePtr cases = xmlHashCreate(64);
    if (suite == NULL || cases == NULL || xmlHashAddEntry(join->suites, name, suite) != 0) {
        xmlHashFree(cases, NULL);
        free(suite);
        xmlFreeNode(node);
        return -ENOMEM;
    }
    suite->cases = cases;
    suite->node = xmlAddChild(join->root, node);
    for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
        if (is_element(child, "testcase"))
            index_case(suite, child);
    }
    return 0;
}

/* Joins NODE to one of the suites that are called NAME, or adds it under a name of its own. */
static int join_suite(struct lg_join *join, xmlNodePtr node, const xmlChar *name)
{
    struct suite *first = xmlHashLookup(join->suites, name);
    struct suite *suite = first;
    struct lg_text numbered = {0};
    unsigned number = 1;
    while (suite != NULL && collides(suite, node)) {
        numbered.length = 0;
        lg_text_add(&numbered, "%s [%u]", (const char *)name, ++number);
        suite = xmlHashLookup(join->suites, xml(lg_text_string(&numbered)));
    }
    int status = numbered.failed ? -ENOMEM : 0;
    xmlUnlinkNode(node);
    if (status != 0) {
        xmlFreeNode(node);
    } else if (suite != NULL) {
        join_cases(suite, node);
        xmlFreeNode(node);
    } else if (number == 1) {
        status = add_suite(join, node, name);
    } else {
        xmlSetProp(node, xml("name"), xml(lg_text_string(&numbered)));
        status = add_suite(join, node, xml(lg_text_string(&numbered)));
    }
    lg_text_free(&numbered);
    return status;
}

static int take_suite(struct lg_join *join, xmlNodePtr node)
{
    xmlChar *name = xmlGetNoNsProp(node, xml("name"));
    int status = join_suite(join, node, name != NULL ? name : xml("(unnamed)"));
    xmlFree(name);
    return status;
}

/* What is declared of namespaces goes with the document that it was read with: reports have none.
 */
static void strip_namespaces(xmlNodePtr node)
{
    for (xmlAttrPtr attribute = node->properties; attribute != NULL;) {
        xmlAttrPtr next = attribute->next;
        if (attribute->ns != NULL)
            xmlRemoveProp(attribute);
        attribute = next;
    }
    node->ns = NULL;
    xmlFreeNsList(node->nsDef);
    node->nsDef = NULL;
    for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            strip_namespaces(child);
    }
}

/* Suites of other tools may lie in each other: each is one of its own, the outer one last, if it
 * has tests itself. */
static int take_nested(struct lg_join *join, xmlNodePtr node)
{
    bool nested = false;
    bool own = false;
    int status = 0;
    for (xmlNodePtr child = node->children; child != NULL && status == 0;) {
        xmlNodePtr next = child->next;
        own |= is_element(child, "testcase");
        if (is_element(child, "testsuite")) {
            nested = true;
            status = take_nested(join, child);
        }
        child = next;
    }
    return status == 0 && (own || !nested) ? take_suite(join, node) : status;
}

/* Our own: other tools' may lack the totals, too. */
static bool is_strict(xmlNodePtr root)
{
    xmlNodePtr first = root->children;
    return xmlHasProp(root, xml("tests")) == NULL && first != NULL &&
           first->type == XML_ELEMENT_NODE && xmlHasProp(first, xml("package")) != NULL &&
           xmlHasProp(first, xml("hostname")) != NULL;
}

/* Takes the suites out of DOCUMENT. */
static int take_suites(struct lg_join *join, xmlDocPtr document)
{
    xmlNodePtr root = xmlDocGetRootElement(document);
    int status = 0;
    if (root == NULL)
        return -EINVAL;
    strip_namespaces(root);
    if (is_element(root, "testsuite"))
        return take_nested(join, root);
    if (!is_element(root, "testsuites"))
        return -EINVAL;
    join->strict |= is_strict(root);
    for (xmlNodePtr child = root->children; child != NULL && status == 0;) {
        xmlNodePtr next = child->next;
        if (is_element(child, "testsuite"))
            status = take_nested(join, child);
        child = next;
    }
    return status;
}

/* "report.xml:7: Premature end of data" */
static void complain(const char *name, char *error, size_t size)
{
    const xmlError *last = xmlGetLastError();
    struct lg_text what = {0};
    if (last != NULL && last->message != NULL)
        lg_text_add_clean(&what, last->message, strcspn(last->message, "\n"));
    if (what.length > 0)
        snprintf(error, size, "%s:%d: it is no XML: %s", name, last->line, what.data);
    else
        snprintf(error, size, "%s: it is no XML", name);
    lg_text_free(&what);
}

static void keep_quiet(void *context, const char *message, ...)
{
    (void)context;
    (void)message;
}

int lg_join_add_fd(struct lg_join *join, int fd, const char *name, char *error, size_t error_size)
{
    xmlSetGenericErrorFunc(NULL, keep_quiet);
    xmlResetLastError();
    lseek(fd, 0, SEEK_SET);
    xmlDocPtr document = xmlReadFd(fd, name, NULL, PARSE);
    int status = document != NULL ? 0 : -EINVAL;
    if (document == NULL) {
        complain(name, error, error_size);
    } else if (document->intSubset != NULL) {
        status = -EINVAL;
        snprintf(error, error_size, "%s: it has a DOCTYPE, which no report needs", name);
    } else {
        status = take_suites(join, document);
        if (status == -EINVAL)
            snprintf(error, error_size, "%s: it is no JUnit XML: its root is no testsuites", name);
        else if (status != 0)
            snprintf(error, error_size, "%s: %s", name, strerror(-status));
    }
    xmlFreeDoc(document);
    xmlSetGenericErrorFunc(NULL, NULL);
    return status;
}

static bool is_out(const struct lg_join *join, const char *path)
{
    struct stat out;
    struct stat in;
    return join->out != NULL && stat(join->out, &out) == 0 && stat(path, &in) == 0 &&
           out.st_dev == in.st_dev && out.st_ino == in.st_ino;
}

static int add_file(struct lg_join *join, const char *path, char *error, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int status = -errno;
        snprintf(error, size, "%s: %s", path, strerror(-status));
        return status;
    }
    int status = lg_join_add_fd(join, fd, path, error, size);
    close(fd);
    return status;
}

static int is_report(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".xml") == 0;
}

/* A folder may have a file of another kind in it, or one that was cut short: the others count. */
static int add_file_of_folder(struct lg_join *join, const char *path, char *error, size_t size)
{
    int status = add_file(join, path, error, size);
    if (status != -EINVAL)
        return status;
    lg_text_add(&join->left_out, "%s; it is left out\n", error);
    return 0;
}

const char *lg_join_left_out(const struct lg_join *join)
{
    return lg_text_string(&join->left_out);
}

void lg_join_set_out(struct lg_join *join, const char *path)
{
    free(join->out);
    join->out = strdup(path);
}

static int add_folder(struct lg_join *join, const char *path, char *error, size_t size)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_report, alphasort);
    int status = count < 0 ? -errno : 0;
    if (count < 0)
        snprintf(error, size, "%s: %s", path, strerror(-status));
    if (count == 0) {
        status = -ENOENT;
        snprintf(error, size, "%s: there is no .xml file in it", path);
    }
    for (int i = 0; i < count; i++) {
        char file[PATH_MAX];
        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        if (status == 0 && !is_out(join, file))
            status = add_file_of_folder(join, file, error, size);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return status;
}

int lg_join_add(struct lg_join *join, const char *path, char *error, size_t error_size)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return add_folder(join, path, error, error_size);
    return add_file(join, path, error, error_size);
}

/* Totals. */

struct totals {
    uint64_t tests;
    uint64_t failures;
    uint64_t errors;
    uint64_t skipped;
    double seconds;
};

static void count_case(xmlNodePtr testcase, struct totals *totals)
{
    xmlChar *time = xmlGetNoNsProp(testcase, xml("time"));
    totals->tests++;
    totals->seconds += time != NULL ? strtod((const char *)time, NULL) : 0;
    xmlFree(time);
    for (xmlNodePtr child = testcase->children; child != NULL; child = child->next) {
        uint64_t *counted = is_element(child, "failure")   ? &totals->failures
                            : is_element(child, "error")   ? &totals->errors
                            : is_element(child, "skipped") ? &totals->skipped
                                                           : NULL;
        if (counted != NULL) {
            (*counted)++;
            return;
        }
    }
}

static struct totals count_suite(xmlNodePtr suite)
{
    struct totals totals = {0};
    for (xmlNodePtr child = suite->children; child != NULL; child = child->next) {
        if (is_element(child, "testcase"))
            count_case(child, &totals);
    }
    return totals;
}

static void set_number(xmlNodePtr node, const char *name, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    xmlSetProp(node, xml(name), xml(text));
}

static void set_totals(xmlNodePtr node, const struct totals *totals, bool strict)
{
    char text[32];
    set_number(node, "tests", totals->tests);
    set_number(node, "failures", totals->failures);
    set_number(node, "errors", totals->errors);
    set_number(node, "skipped", totals->skipped);
    snprintf(text, sizeof(text), strict ? "%.3f" : "%.6f", totals->seconds);
    xmlSetProp(node, xml("time"), xml(text));
}

xmlDocPtr lg_join_document(struct lg_join *join)
{
    struct totals all = {0};
    uint64_t number = 0;
    for (xmlNodePtr suite = join->root->children; suite != NULL; suite = suite->next) {
        struct totals totals = count_suite(suite);
        set_totals(suite, &totals, join->strict);
        if (xmlHasProp(suite, xml("id")) != NULL)
            set_number(suite, "id", number++);
        all.tests += totals.tests;
        all.failures += totals.failures;
        all.errors += totals.errors;
        all.skipped += totals.skipped;
        all.seconds += totals.seconds;
    }
    if (!join->strict) {
        xmlSetProp(join->root, xml("name"), xml("leakgate"));
        set_totals(join->root, &all, false);
    }
    return join->document;
}

/* libxml2 takes no notice of what goes wrong with the last of it. */
struct saving {
    int fd;
    int error;
};

static int save_part(void *context, const char *data, int length)
{
    struct saving *saving = context;
    /* What is written is not kept: no more than the part itself. */
    struct lg_text part = {.data = (char *)data, .length = (size_t)length};
    if (saving->error == 0)
        saving->error = lg_outfile_write_text(saving->fd, &part);
    return saving->error == 0 ? length : -1;
}

static int save(int fd, const void *context)
{
    struct saving saving = {.fd = fd};
    xmlDocPtr document = *(const xmlDocPtr *)context;
    xmlSetGenericErrorFunc(NULL, keep_quiet);
    xmlSaveCtxtPtr to = xmlSaveToIO(save_part, NULL, &saving, "UTF-8", XML_SAVE_FORMAT);
    long saved = to != NULL ? xmlSaveDoc(to, document) : -1;
    int closed = to != NULL ? xmlSaveClose(to) : -1;
    xmlSetGenericErrorFunc(NULL, NULL);
    if (to == NULL)
        return -ENOMEM;
    if (saving.error != 0)
        return saving.error;
    return saved < 0 || closed < 0 ? -EIO : 0;
}

int lg_join_write(struct lg_join *join, const char *path)
{
    xmlDocPtr document = lg_join_document(join);
    return lg_outfile_write(path, save, &document);
}
