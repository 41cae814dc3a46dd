/* The mappings of a process: /proc/PID/maps, read without allocating, and the
 * segment class of each.
 *
 * Everything here is safe between two samples: no malloc, no stdio, no locks. */
#ifndef LG_COMMON_MAPS_H
#define LG_COMMON_MAPS_H

#include <stddef.h>
#include <stdint.h>

enum lg_segment {
    LG_SEGMENT_TEXT,         /* a file with code in it, without write access */
    LG_SEGMENT_DATA,         /* such a file's writable part, and its bss */
    LG_SEGMENT_HEAP,         /* [heap]: what brk manages */
    LG_SEGMENT_ARENA,        /* a malloc arena beside it */
    LG_SEGMENT_ANON,         /* private memory of no file */
    LG_SEGMENT_FILE,         /* a private map of a file without code */
    LG_SEGMENT_SHARED,       /* a shared map: file, memfd, shm or anonymous */
    LG_SEGMENT_THREAD_STACK, /* anon memory right above a small guard */
    LG_SEGMENT_STACK,        /* the main thread's stack */
    LG_SEGMENT_GUARD,        /* address space without access (PROT_NONE) */
    LG_SEGMENT_SPECIAL,      /* vdso, vvar, vsyscall */
    LG_SEGMENT_COUNT
};

enum lg_mapping_flags {
    LG_MAPPING_READ = 1,
    LG_MAPPING_WRITE = 2,
    LG_MAPPING_EXEC = 4,
    LG_MAPPING_SHARED = 8,
    LG_MAPPING_ARENA_RESERVE = 16, /* a guard row: malloc reserved it for an arena */
};

/* One line of maps. Addresses and offset in bytes; start inclusive, end exclusive. */
struct lg_mapping {
    uint64_t start;
    uint64_t end;
    uint64_t offset;
    uint64_t inode;
    uint32_t device; /* major << 20 | minor */
    uint32_t name;   /* where its name begins in lg_maps.names; 0: it has none */
    uint8_t flags;   /* enum lg_mapping_flags */
    uint8_t segment; /* enum lg_segment */
};

/* Mappings by address. The caller owns both arrays, and sets the capacities. */
struct lg_maps {
    struct lg_mapping *rows;
    size_t count;
    size_t capacity;
    char *names; /* NUL-terminated, one after the other; names[0] is the empty name */
    size_t names_size;
    size_t names_capacity;
};

/* Reads every mapping of the process under PROC_ROOT ("/proc/self", a test's
 * own folder) into OUT, by address, and classifies each.
 * Returns 0, -ENOBUFS if OUT is too small, -EINVAL if a line is not of maps'
 * form, or overlaps one above it, or -errno. OUT's contents are undefined on failure.
 * Opens one file. */
int lg_maps_read(const char *proc_root, struct lg_maps *out);

/* The same from FD, which is of such a file, wherever it is in it. */
int lg_maps_read_fd(int fd, struct lg_maps *out);

/* The same from TEXT, LENGTH bytes of a maps file. */
int lg_maps_parse(const char *text, size_t length, struct lg_maps *out);

/* The name of MAPPING: a path, "[heap]"..., or "" where it has none. */
const char *lg_mapping_name(const struct lg_maps *maps, const struct lg_mapping *mapping);

/* FLAGS (enum lg_mapping_flags) as maps writes them, e.g. "rw-p". Returns OUT. */
char *lg_mapping_mode(uint8_t flags, char out[5]);

/* The class's name, e.g. "thread-stack". Static storage. */
const char *lg_segment_name(enum lg_segment segment);

#endif
