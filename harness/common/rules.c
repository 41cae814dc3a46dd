#include "common/rules.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

static bool matches_name(const char *name, bool is_glob, const char *test)
{
    return is_glob ? fnmatch(name, test, 0) == 0 : strcmp(name, test) == 0;
}

/* The part of NAME before COLON, which has no end of its own. */
static bool matches_program(const char *name, size_t length, bool is_glob, const char *program)
{
    char part[4096];
    if (!is_glob)
        return strlen(program) == length && memcmp(name, program, length) == 0;
    if (length >= sizeof(part))
        return false;
    memcpy(part, name, length);
    part[length] = '\0';
    return fnmatch(part, program, 0) == 0;
}

bool lg_rule_matches(const char *name, bool is_glob, const char *program, const char *test)
{
    if (matches_name(name, is_glob, test))
        return true;
    for (const char *colon = strchr(name, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        if (matches_name(colon + 1, is_glob, test) &&
            matches_program(name, (size_t)(colon - name), is_glob, program))
            return true;
    }
    return false;
}

static size_t own_letters(const char *glob)
{
    size_t letters = 0;
    for (; *glob != '\0'; glob++)
        letters += strchr("*?[]", *glob) == NULL;
    return letters;
}

bool lg_rule_goes_before(const char *name, bool is_glob, const char *other, bool other_is_glob)
{
    if (is_glob != other_is_glob)
        return !is_glob;
    return own_letters(name) > own_letters(other);
}
