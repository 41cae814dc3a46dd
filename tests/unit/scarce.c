#include "scarce.h"

#include <errno.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlmemory.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static unsigned left; /* allocations until the one that fails; 0: none */
static bool ran_out;

static unsigned left_to_call;
static void (*to_call)(void);

static bool runs_out(void)
{
    if (left_to_call > 0 && --left_to_call == 0)
        to_call();
    if (left == 0 || --left > 0)
        return false;
    ran_out = true;
    errno = ENOMEM;
    return true;
}

void scarce_memory(unsigned number)
{
    left = number;
    ran_out = false;
}

bool scarce_memory_call(unsigned number, void (*function)(void))
{
    bool was_left = left_to_call > 0;
    left_to_call = number;
    to_call = function;
    return was_left;
}

bool scarce_memory_ran_out(void)
{
    return ran_out;
}

/* By --wrap of the linker: what calls malloc calls __wrap_malloc, which is this. */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
    return runs_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return runs_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return runs_out() ? NULL : __real_realloc(block, size);
}

/* libxml2 loses blocks where memory runs out: all that it takes while it is scarce stays in
 * a list, and what is left of them in the end is freed. */

struct block {
    struct block *next;
    struct block **link; /* what points to this one */
};

static unsigned xml_left;
static struct block *blocks;

static bool xml_runs_out(void)
{
    if (xml_left == 0 || --xml_left > 0)
        return false;
    ran_out = true;
    return true;
}

static void link_block(struct block *block)
{
    block->next = blocks;
    block->link = &blocks;
    if (blocks != NULL)
        blocks->link = &block->next;
    blocks = block;
}

static void unlink_block(struct block *block)
{
    *block->link = block->next;
    if (block->next != NULL)
        block->next->link = block->link;
}

static void free_blocks(void)
{
    while (blocks != NULL) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}

static void xml_free(void *memory)
{
    if (memory == NULL)
        return;
    struct block *block = (struct block *)memory - 1;
    unlink_block(block);
    free(block);
}

static void *xml_malloc(size_t size)
{
    struct block *block = xml_runs_out() ? NULL : malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    link_block(block);
    return block + 1;
}

static void *xml_realloc(void *memory, size_t size)
{
    if (memory == NULL)
        return xml_malloc(size);
    if (xml_runs_out())
        return NULL;
    struct block *block = (struct block *)memory - 1;
    unlink_block(block);
    struct block *moved = realloc(block, sizeof(*block) + size);
    link_block(moved != NULL ? moved : block);
    return moved != NULL ? moved + 1 : NULL;
}

static char *xml_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = xml_malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static xmlFreeFunc own_free;
static xmlMallocFunc own_malloc;
static xmlReallocFunc own_realloc;
static xmlStrdupFunc own_strdup;

void scarce_xml_memory(unsigned number)
{
    xmlResetLastError(); /* its text is libxml2's memory too */
    xml_left = number;
    ran_out = false;
    if (number > 0) {
        xmlMemGet(&own_free, &own_malloc, &own_realloc, &own_strdup);
        xmlMemSetup(xml_free, xml_malloc, xml_realloc, xml_strdup);
    } else if (own_free != NULL) {
        xmlMemSetup(own_free, own_malloc, own_realloc, own_strdup);
        own_free = NULL;
    }
    if (number == 0)
        free_blocks();
}

static struct rlimit own_limit;
static void (*own_handler)(int);

void scarce_room(unsigned bytes)
{
    if (bytes == 0) {
        setrlimit(RLIMIT_FSIZE, &own_limit);
        signal(SIGXFSZ, own_handler);
        return;
    }
    getrlimit(RLIMIT_FSIZE, &own_limit);
    own_handler = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, own_limit.rlim_max});
}
