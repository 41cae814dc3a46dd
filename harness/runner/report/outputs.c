#include "runner/report/outputs.h"

#include "runner/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* GitHub drops a summary that is longer, as a whole. */
#define SUMMARY_BYTES ((size_t)1024 * 1024)

typedef void adder(struct lg_text *out, const struct lg_doc *doc);

struct file {
    const char *option;
    const char *path;
    adder *add;
};

#define FILES 4

static void list_files(const struct lg_outputs *outputs, struct file files[FILES])
{
    const struct file all[FILES] = {
        {"--html", outputs->html, lg_html_add},
        {"--sarif", outputs->sarif, lg_sarif_add},
        {"--codequality", outputs->codequality, lg_codequality_add},
        {"--metrics", outputs->metrics, lg_metrics_add},
    };
    memcpy(files, all, sizeof(all));
}

static int set_github(struct lg_outputs *outputs, const char *value, char *why, size_t size)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(words[i], value) != 0)
            continue;
        outputs->github = (enum lg_github)i;
        return 0;
    }
    snprintf(why, size, "'%s' is none of auto, always, never", value);
    return -EINVAL;
}

int lg_outputs_set(struct lg_outputs *outputs, const char *name, const char *value, char *why,
                   size_t size)
{
    const struct {
        const char *name;
        const char **path;
    } files[FILES] = {{"html", &outputs->html},
                      {"sarif", &outputs->sarif},
                      {"codequality", &outputs->codequality},
                      {"metrics", &outputs->metrics}};
    if (strcmp(name, "github") == 0)
        return set_github(outputs, value, why, size);
    for (size_t i = 0; i < FILES; i++) {
        if (strcmp(files[i].name, name) != 0)
            continue;
        if (value[0] == '\0')
            break;
        *files[i].path = value;
        return 0;
    }
    snprintf(why, size, "it needs the path of a file");
    return -EINVAL;
}

bool lg_outputs_github(const struct lg_outputs *outputs)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    if (outputs->github != LG_GITHUB_AUTO)
        return outputs->github == LG_GITHUB_ALWAYS;
    return actions != NULL && strcmp(actions, "true") == 0;
}

bool lg_outputs_any(const struct lg_outputs *outputs)
{
    return outputs->html != NULL || outputs->sarif != NULL || outputs->codequality != NULL ||
           outputs->metrics != NULL || lg_outputs_github(outputs);
}

int lg_outputs_prepare(const struct lg_outputs *outputs, char *error, size_t error_size)
{
    struct file files[FILES];
    list_files(outputs, files);
    for (size_t i = 0; i < FILES; i++) {
        int status = files[i].path != NULL ? lg_outfile_prepare(files[i].path) : 0;
        if (status == 0)
            continue;
        snprintf(error, error_size,
                 "%s: %s cannot be written: %s; name a file in a folder that can be",
                 files[i].option, files[i].path, strerror(-status));
        return status;
    }
    return 0;
}

static int write_file(const struct file *file, const struct lg_doc *doc)
{
    struct lg_text text = {0};
    file->add(&text, doc);
    int status = text.failed ? -ENOMEM : lg_outfile_write(file->path, lg_outfile_write_text, &text);
    lg_text_free(&text);
    return status;
}

/* Other steps may have written to the summary before: what fits beside that is added, as a whole.
 */
static int append_summary(const char *path, const struct lg_doc *doc)
{
    struct lg_text text = {0};
    struct stat there;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    size_t used = fstat(fd, &there) == 0 && there.st_size > 0 ? (size_t)there.st_size : 0;
    lg_github_add_summary(&text, doc, used < SUMMARY_BYTES ? SUMMARY_BYTES - used : 0);
    int status = text.failed ? -ENOMEM : lg_outfile_write_text(fd, &text);
    if (status != 0 && ftruncate(fd, (off_t)used) != 0)
        lg_text_cut(&text, 0); /* a pipe, which has it */
    if (close(fd) != 0 && status == 0)
        status = -errno;
    lg_text_free(&text);
    return status;
}

static int write_github(const struct lg_doc *doc, FILE *stream, char *error, size_t size)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    struct lg_text text = {0};
    lg_github_add_annotations(&text, doc);
    int status = text.failed ? -ENOMEM : 0;
    fputs(lg_text_string(&text), stream);
    lg_text_free(&text);
    if (status == 0 && path != NULL && path[0] != '\0')
        status = append_summary(path, doc);
    if (status != 0)
        snprintf(error, size, "--github: GITHUB_STEP_SUMMARY, %s, could not be written: %s",
                 path != NULL ? path : "", strerror(-status));
    return status;
}

int lg_outputs_write(const struct lg_outputs *outputs, const struct lg_doc *doc, FILE *stream,
                     char *error, size_t error_size)
{
    struct file files[FILES];
    int result = 0;
    list_files(outputs, files);
    for (size_t i = 0; i < FILES; i++) {
        int status = files[i].path != NULL ? write_file(&files[i], doc) : 0;
        if (status == 0)
            continue;
        result = status;
        snprintf(error, error_size, "%s: %s could not be written: %s", files[i].option,
                 files[i].path, strerror(-status));
    }
    if (lg_outputs_github(outputs)) {
        int status = write_github(doc, stream, error, error_size);
        result = result != 0 ? result : status;
    }
    return result;
}
