/* What the bench programs have in common: how many tests, what each does, and what the process
 * holds before the first. */

#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>

/* A suite has so many tests at most, as the lists of CUnit are searched for each name. */
#define BENCH_SUITE_TESTS 100

struct bench_load {
    size_t tests;        /* 1 */
    size_t work;         /* rounds of bench_work in each test */
    size_t mappings;     /* mappings more than a program has */
    size_t resident_mib; /* held by malloc, in blocks of 64 KiB, each byte written to */
    size_t free_chunks;  /* between chunks that are held */
    bool bare;           /* no framework: fork, the test, wait */
};

/* Reads NAME=NUMBER arguments, with the names of the struct; prints what is wrong with one, and
 * exits with 2. */
struct bench_load bench_load_read(int argc, char **argv);

/* Takes the memory and keeps it. Exits with 2 where there is not enough. */
void bench_load_take(const struct bench_load *load);

/* Computes for so many rounds. */
void bench_work(size_t rounds);

#endif
