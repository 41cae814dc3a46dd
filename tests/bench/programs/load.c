#include "load.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)64 * 1024)
/* Too large for fastbins: freed beside a chunk that is held, it stays as it is. */
#define CHUNK_BYTES 200

struct block {
    struct block *next;
};

/* What is held: found by LeakSanitizer, so that it is none of its leaks. */
static struct block *held;

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static size_t read_number(const char *argument, const char *digits)
{
    char *end;
    unsigned long number = strtoul(digits, &end, 10);

    if (*digits < '0' || *digits > '9' || *end != '\0') {
        fprintf(stderr, "not a number: %s\n", argument);
        exit(2);
    }
    return number;
}

struct bench_load bench_load_read(int argc, char **argv)
{
    struct bench_load load = {.tests = 1};
    const struct {
        const char *name;
        size_t *number;
    } names[] = {
        {"tests=", &load.tests},
        {"work=", &load.work},
        {"mappings=", &load.mappings},
        {"resident_mib=", &load.resident_mib},
        {"free_chunks=", &load.free_chunks},
    };

    for (int i = 1; i < argc; ++i) {
        size_t at = 0;

        if (strcmp(argv[i], "bare=1") == 0) {
            load.bare = true;
            continue;
        }
        while (at < sizeof names / sizeof *names &&
               strncmp(argv[i], names[at].name, strlen(names[at].name)) != 0)
            ++at;
        if (at == sizeof names / sizeof *names) {
            fprintf(stderr, "unknown: %s\n", argv[i]);
            exit(2);
        }
        *names[at].number = read_number(argv[i], argv[i] + strlen(names[at].name));
    }
    return load;
}

/* Mappings of a page; neighbours differ in what they allow, so that they stay apart. */
static void take_mappings(size_t count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages;

    if (count == 0)
        return;
    pages = mmap(NULL, count * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        fail("mmap");
    for (size_t i = 0; i < count; i += 2) {
        if (mprotect(pages + i * page, page, PROT_READ | PROT_WRITE) != 0)
            fail("mprotect");
        pages[i * page] = 1;
    }
}

static struct block *take_block(size_t bytes)
{
    struct block *block = malloc(bytes);

    if (block == NULL)
        fail("malloc");
    memset(block, 1, bytes);
    return block;
}

static void hold_block(size_t bytes)
{
    struct block *block = take_block(bytes);

    block->next = held;
    held = block;
}

static void take_free_chunks(size_t count)
{
    struct block *to_free = NULL;

    for (size_t i = 0; i < count; ++i) {
        struct block *block = take_block(CHUNK_BYTES);

        block->next = to_free;
        to_free = block;
        hold_block(CHUNK_BYTES);
    }
    while (to_free != NULL) {
        struct block *next = to_free->next;

        free(to_free);
        to_free = next;
    }
}

void bench_load_take(const struct bench_load *load)
{
    take_mappings(load->mappings);
    for (size_t mib = 0; mib < load->resident_mib; ++mib)
        for (size_t bytes = 0; bytes < 1024 * 1024; bytes += BLOCK_BYTES)
            hold_block(BLOCK_BYTES - 16);
    take_free_chunks(load->free_chunks);
}

void bench_work(size_t rounds)
{
    volatile uint32_t result = 1;

    for (size_t i = 0; i < rounds; ++i)
        result = result * 1664525u + 1013904223u;
}
