#include "command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return strdup("");
    char *data = NULL;
    size_t size = 0;
    ssize_t length = getdelim(&data, &size, '\0', file);
    fclose(file);
    if (length >= 0)
        return data;
    free(data);
    return strdup("");
}

static void path_in(const struct lgt_result *result, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", result->folder, name);
}

static void redirect(const char *path, int flags, int fd)
{
    int opened = open(path, flags, 0666);
    if (opened < 0)
        _exit(126);
    dup2(opened, fd);
    close(opened);
}

static void make_folder(struct lgt_result *result)
{
    memset(result, 0, sizeof(*result));
    strcpy(result->folder, "/tmp/leakgate-test-XXXXXX");
    if (mkdtemp(result->folder) == NULL)
        abort();
}

static void run(struct lgt_result *result, const char *input, const char *const argv[])
{
    char in[128];
    char out[128];
    char err[128];
    path_in(result, "stdin", in, sizeof(in));
    path_in(result, "stdout", out, sizeof(out));
    path_in(result, "stderr", err, sizeof(err));
    FILE *file = input != NULL ? fopen(in, "we") : NULL;
    if (input != NULL && file == NULL)
        abort();
    if (file != NULL) {
        fputs(input, file);
        fclose(file);
    }
    pid_t pid = fork();
    if (pid == 0) {
        /* A file would be one that tests may read on in: they would run one by one. */
        redirect(input != NULL ? in : "/dev/null", O_RDONLY, STDIN_FILENO);
        redirect(out, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDOUT_FILENO);
        redirect(err, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDERR_FILENO);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result->out = read_file(out);
    result->err = read_file(err);
}

void lgt_command(struct lgt_result *result, const char *input, const char *const argv[])
{
    make_folder(result);
    run(result, input, argv);
}

const char *lgt_program(const char *name)
{
    static char path[1024];
    if (strchr(name, '/') != NULL)
        return name;
    snprintf(path, sizeof(path), "%s%s", LGT_PROGRAMS, name);
    return path;
}

void lgt_gate(struct lgt_result *result, const char *options, const char *program)
{
    make_folder(result);
    char report[128];
    path_in(result, "report.xml", report, sizeof(report));
    const char *argv[LGT_MAX_ARGUMENTS] = {LGT_LEAKGATE, "run", "--junit", report};
    size_t count = 4;
    char *words = strdup(options);
    for (char *word = strtok(words, " "); word != NULL && count < LGT_MAX_ARGUMENTS - 3;
         word = strtok(NULL, " "))
        argv[count++] = word;
    argv[count++] = "--";
    argv[count++] = lgt_program(program);
    argv[count] = NULL;
    run(result, NULL, argv);
    free(words);
    if (access(report, R_OK) == 0)
        result->report = xmlReadFile(report, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
}

static void remove_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlink(path) != 0)
            remove_folder(path);
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(folder);
}

void lgt_free(struct lgt_result *result)
{
    remove_folder(result->folder);
    free(result->out);
    free(result->err);
    xmlFreeDoc(result->report);
    memset(result, 0, sizeof(*result));
}

static xmlXPathObjectPtr evaluate(const struct lgt_result *result, const char *xpath)
{
    if (result->report == NULL)
        return NULL;
    xmlXPathContextPtr context = xmlXPathNewContext(result->report);
    xmlXPathObjectPtr object = xmlXPathEvalExpression((const xmlChar *)xpath, context);
    xmlXPathFreeContext(context);
    return object;
}

int lgt_count(const struct lgt_result *result, const char *xpath)
{
    xmlXPathObjectPtr object = evaluate(result, xpath);
    if (object == NULL)
        return -1;
    int count = xmlXPathNodeSetGetLength(object->nodesetval);
    xmlXPathFreeObject(object);
    return count;
}

bool lgt_is(const struct lgt_result *result, const char *xpath, const char *expected)
{
    xmlXPathObjectPtr object = evaluate(result, xpath);
    if (object == NULL)
        return false;
    xmlChar *string = xmlXPathCastToString(object);
    bool same = strcmp((const char *)string, expected) == 0;
    if (!same)
        fprintf(stderr, "%s is '%s', not '%s'\n", xpath, (const char *)string, expected);
    xmlFree(string);
    xmlXPathFreeObject(object);
    return same;
}

xmlChar *lgt_string(const struct lgt_result *result, const char *xpath)
{
    xmlXPathObjectPtr object = evaluate(result, xpath);
    if (object == NULL)
        return NULL;
    xmlChar *string = xmlXPathCastToString(object);
    xmlXPathFreeObject(object);
    return string;
}

double lgt_number(const struct lgt_result *result, const char *xpath)
{
    xmlXPathObjectPtr object = evaluate(result, xpath);
    if (object == NULL)
        return NAN;
    double number = xmlXPathCastToNumber(object);
    xmlXPathFreeObject(object);
    return number;
}

bool lgt_verdict(const struct lgt_result *result, const char *name, const char *verdict)
{
    char xpath[512];
    snprintf(xpath, sizeof(xpath),
             "string(//testcase[@name='%s']/properties/property[@name='verdict']/@value)", name);
    return lgt_is(result, xpath, verdict);
}
