#include "runner/results_names.h"

#include "runner/text.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const struct lg_row *a, const struct lg_row *b)
{
    int order = strcmp(a->suite, b->suite);
    return order != 0 ? order : strcmp(a->name, b->name);
}

/* Equal names are in the order of their rows. */
static int compare_rows(const void *left, const void *right)
{
    const struct lg_row *a = *(struct lg_row *const *)left;
    const struct lg_row *b = *(struct lg_row *const *)right;
    int order = compare_names(a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

static bool is_taken(struct lg_row **sorted, size_t count, const struct lg_row *row)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_names(sorted[middle], row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && compare_names(sorted[low], row) == 0;
}

/* A name for ROW that nobody has, with the next number that is free. The caller frees it. */
static char *numbered_name(struct lg_row **sorted, size_t count, const struct lg_row *row,
                           unsigned *number)
{
    struct lg_row candidate = *row;
    candidate.name = NULL;
    do {
        struct lg_text text = {0};
        lg_text_add(&text, "%s [%u]", row->name, ++*number);
        free(candidate.name);
        candidate.name = text.data;
    } while (candidate.name != NULL && is_taken(sorted, count, &candidate));
    return candidate.name;
}

/* NAMES[i], where there is one, is to replace the name of SORTED[i]: not at once, since
 * the order of the sorted rows must hold until all are found. */
static bool find_names(struct lg_row **sorted, char **names, size_t count)
{
    unsigned number = 1;
    for (size_t i = 1; i < count; i++) {
        if (compare_names(sorted[i - 1], sorted[i]) != 0) {
            number = 1;
            continue;
        }
        names[i] = numbered_name(sorted, count, sorted[i], &number);
        if (names[i] == NULL)
            return false;
    }
    return true;
}

bool lg_results_make_unique(struct lg_row *rows, size_t count)
{
    struct lg_row **sorted = calloc(count + 1, sizeof(*sorted));
    char **names = calloc(count + 1, sizeof(*names));
    bool done = sorted != NULL && names != NULL;
    if (done) {
        for (size_t i = 0; i < count; i++)
            sorted[i] = &rows[i];
        qsort(sorted, count, sizeof(*sorted), compare_rows);
        done = find_names(sorted, names, count);
        for (size_t i = 0; i < count; i++) {
            if (names[i] == NULL)
                continue;
            free(sorted[i]->name);
            sorted[i]->name = names[i];
        }
    }
    free(sorted);
    free(names);
    return done;
}
