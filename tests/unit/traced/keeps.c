/* Prints the stack of every allocation that the C library makes when it is handed ever-new
 * variables and time zones, and of a copy that a program hands to putenv. */
#include "record.h"

#include <execinfo.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_FRAMES 32

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

/* What is recorded; NULL: nothing. The compiler believes that no function of libc calls back. */
static const char *volatile label;

static void print_stack(const void *caller)
{
    void *frames[MAX_FRAMES];
    const char *now = label;
    if (now == NULL)
        return;
    label = NULL;
    int count = backtrace(frames, MAX_FRAMES);
    int first = 0;
    while (first < count && frames[first] != caller)
        first++;
    printf("%s", now);
    for (int i = first; i < count; i++)
        printf(" %p", frames[i]);
    printf("\n");
    label = now;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    print_stack(__builtin_return_address(0));
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    print_stack(__builtin_return_address(0));
    return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size)
{
    print_stack(__builtin_return_address(0));
    return __libc_realloc(block, size);
}

/* A zone that was not there before, for each LETTER. */
static void set_zone(char letter)
{
    char zone[] = "ZAA-5";
    zone[1] = letter;
    label = "setenv";
    setenv("TZ", zone, 1);
    label = NULL;
}

static void convert(void)
{
    time_t zero = 0;
    struct tm local = {.tm_mday = 1};
    set_zone('B');
    label = "tzset";
    tzset();
    set_zone('C');
    label = "localtime";
    localtime(&zero);
    set_zone('D');
    label = "mktime";
    mktime(&local);
    label = NULL;
}

__attribute__((noinline)) static char *own_copy(const char *text)
{
    label = "own";
    char *copy = strdup(text);
    label = NULL;
    return copy;
}

int main(void)
{
    void *frame;
    backtrace(&frame, 1); /* it loads a library at first */
    static char buffer[4096];
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    convert();
    char *copy = own_copy("LG_TRACED_COPY=1");
    label = "putenv";
    putenv(copy);
    label = NULL;
    return print_maps();
}
