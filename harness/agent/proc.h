/* /proc/self, as it can be had whatever a test does to its descriptors, its limits or its root.
 *
 * System calls only: no malloc, no stdio, no locks. */
#ifndef LG_AGENT_PROC_H
#define LG_AGENT_PROC_H

#include "common/maps.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Moves FD, or what a failed call has returned, above the descriptors that programs count on as the
 * next free ones; it is not for programs that are executed. Returns it. */
int lg_proc_move_up(int fd);

/* In the host, before tests run. */
void lg_proc_open_folder(void);

/* In a child, before its test: opens what it will need, above the descriptors that programs count
 * on. Where a test closes it, or opens something else in its place, it is opened again. */
void lg_proc_keep(void);

/* Whether FD is one of them. */
bool lg_proc_has_opened(int fd);

/* Opens FILE, "fd" or "task/1/children", to be read. Returns a descriptor or -errno; the caller
 * closes it. */
int lg_proc_open(const char *file);

/* stat. Returns 0 or -errno. */
int lg_proc_stat(const char *file, struct stat *out);

/* Reads the maps. Returns what lg_maps_read does. */
int lg_proc_read_maps(struct lg_maps *out);

/* The size of the address space in pages, and of what in it is private and can be written to:
 * two of the kernel's own counters. */
struct lg_proc_size {
    uint64_t all_pages;
    uint64_t data_pages;
};

/* Returns 0 or -errno. */
int lg_proc_size(struct lg_proc_size *out);

#endif
