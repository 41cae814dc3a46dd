#include "common/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* A path of 4,096 bytes, each written as \ooo, and the columns before it. */
#define LONGEST_LINE_BYTES (4 * 4096 + 128)
#define READ_BYTES (LONGEST_LINE_BYTES + 16384)

/* glibc's HEAP_MAX_SIZE on 64-bit: arenas but the main one start at multiples of it. */
#define ARENA_BYTES (UINT64_C(64) << 20)

/* pthread_attr_setguardsize can ask for more than a page, rarely for more than this. */
#define LARGEST_STACK_GUARD_BYTES (UINT64_C(1) << 20)

struct cursor {
    const char *at;
    const char *end;
    bool failed;
};

static uint64_t take_number(struct cursor *cursor, unsigned base)
{
    uint64_t value = 0;
    const char *from = cursor->at;
    for (; cursor->at < cursor->end; cursor->at++) {
        unsigned digit = (unsigned)(*cursor->at - '0');
        if (digit > 9) {
            digit = (unsigned)(*cursor->at - 'a') + 10;
            if (digit < 10 || digit >= base)
                break;
        }
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            cursor->failed = true;
    }
    if (cursor->at == from)
        cursor->failed = true;
    return value;
}

static void take_char(struct cursor *cursor, char expected)
{
    if (cursor->at < cursor->end && *cursor->at == expected)
        cursor->at++;
    else
        cursor->failed = true;
}

static uint8_t take_flags(struct cursor *cursor)
{
    static const char letters[] = "rwxs";
    uint8_t flags = 0;
    for (int i = 0; i < 4; i++) {
        if (cursor->at >= cursor->end) {
            cursor->failed = true;
            break;
        }
        if (*cursor->at == letters[i])
            flags |= (uint8_t)(1U << i);
        else if (*cursor->at != (i == 3 ? 'p' : '-'))
            cursor->failed = true;
        cursor->at++;
    }
    return flags;
}

/* Consecutive rows of one file share its name. */
static int add_name(struct lg_maps *out, const char *name, size_t length, uint32_t *offset)
{
    if (length == 0) {
        *offset = 0;
        return 0;
    }
    if (out->count > 0) {
        uint32_t last = out->rows[out->count - 1].name;
        if (last != 0 && strncmp(out->names + last, name, length) == 0 &&
            out->names[last + length] == '\0') {
            *offset = last;
            return 0;
        }
    }
    if (out->names_size + length + 1 > out->names_capacity || out->names_size > UINT32_MAX)
        return -ENOBUFS;
    *offset = (uint32_t)out->names_size;
    memcpy(out->names + out->names_size, name, length);
    out->names[out->names_size + length] = '\0';
    out->names_size += length + 1;
    return 0;
}

/* The kernel promises that no row begins before the end of the one above it, even while the
 * process goes on. What is counted from rows that overlap would be wrong. */
static bool is_in_order(const struct lg_maps *maps, const struct lg_mapping *row)
{
    uint64_t last = maps->count > 0 ? maps->rows[maps->count - 1].end : 0;
    return row->start >= last && row->end >= row->start;
}

static int add_line(struct lg_maps *out, const char *line, size_t length)
{
    struct cursor cursor = {line, line + length, false};
    struct lg_mapping row = {0};
    row.start = take_number(&cursor, 16);
    take_char(&cursor, '-');
    row.end = take_number(&cursor, 16);
    take_char(&cursor, ' ');
    row.flags = take_flags(&cursor);
    take_char(&cursor, ' ');
    row.offset = take_number(&cursor, 16);
    take_char(&cursor, ' ');
    uint64_t major = take_number(&cursor, 16);
    take_char(&cursor, ':');
    row.device = (uint32_t)(major << 20 | take_number(&cursor, 16));
    take_char(&cursor, ' ');
    row.inode = take_number(&cursor, 10);
    if (cursor.at < cursor.end)
        take_char(&cursor, ' ');
    if (cursor.failed || !is_in_order(out, &row) || memchr(line, '\0', length) != NULL)
        return -EINVAL;
    while (cursor.at < cursor.end && *cursor.at == ' ')
        cursor.at++;
    if (out->count >= out->capacity)
        return -ENOBUFS;
    int error = add_name(out, cursor.at, (size_t)(cursor.end - cursor.at), &row.name);
    if (error == 0)
        out->rows[out->count++] = row;
    return error;
}

/* Adds the complete lines of TEXT. Stores how many bytes they took. */
static int add_lines(struct lg_maps *out, const char *text, size_t length, size_t *taken)
{
    *taken = 0;
    const char *newline;
    while ((newline = memchr(text + *taken, '\n', length - *taken)) != NULL) {
        size_t line = (size_t)(newline - text) - *taken;
        int error = add_line(out, text + *taken, line);
        if (error != 0)
            return error;
        *taken += line + 1;
    }
    return 0;
}

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool is_private_anon(const struct lg_maps *maps, const struct lg_mapping *row)
{
    const char *name = lg_mapping_name(maps, row);
    return (row->flags & LG_MAPPING_SHARED) == 0 && row->inode == 0 &&
           (name[0] == '\0' || has_prefix(name, "[anon:"));
}

static bool is_no_access(const struct lg_mapping *row)
{
    return (row->flags & (LG_MAPPING_READ | LG_MAPPING_WRITE | LG_MAPPING_EXEC)) == 0;
}

/* What the line alone tells. */
static enum lg_segment classify_alone(const struct lg_maps *maps, const struct lg_mapping *row)
{
    const char *name = lg_mapping_name(maps, row);
    if (strcmp(name, "[heap]") == 0)
        return LG_SEGMENT_HEAP;
    if (strcmp(name, "[stack]") == 0)
        return LG_SEGMENT_STACK;
    if (has_prefix(name, "[stack:"))
        return LG_SEGMENT_THREAD_STACK;
    if (name[0] == '[' && !has_prefix(name, "[anon"))
        return LG_SEGMENT_SPECIAL;
    if (is_no_access(row))
        return LG_SEGMENT_GUARD;
    if ((row->flags & LG_MAPPING_SHARED) != 0)
        return LG_SEGMENT_SHARED;
    return is_private_anon(maps, row) ? LG_SEGMENT_ANON : LG_SEGMENT_FILE;
}

static bool same_file(const struct lg_mapping *a, const struct lg_mapping *b)
{
    return a->inode != 0 && a->inode == b->inode && a->device == b->device;
}

/* A run of rows of one file is a module when any of them holds code. Returns the run's end. */
static size_t classify_module(struct lg_maps *maps, size_t first)
{
    bool code = false;
    size_t end = first;
    while (end < maps->count && same_file(&maps->rows[first], &maps->rows[end])) {
        code |= (maps->rows[end].flags & LG_MAPPING_EXEC) != 0;
        end++;
    }
    if (end == first)
        return first + 1;
    for (size_t i = first; code && i < end; i++) {
        struct lg_mapping *row = &maps->rows[i];
        if (row->segment != LG_SEGMENT_FILE)
            continue;
        bool writable = (row->flags & LG_MAPPING_WRITE) != 0;
        row->segment = writable ? LG_SEGMENT_DATA : LG_SEGMENT_TEXT;
    }
    return end;
}

/* What a row's neighbours tell: bss, arenas, thread stacks. */
static void classify_anon(struct lg_maps *maps, size_t index)
{
    struct lg_mapping *row = &maps->rows[index];
    const struct lg_mapping *below = index > 0 ? row - 1 : NULL;
    struct lg_mapping *above = index + 1 < maps->count ? row + 1 : NULL;
    if (below != NULL && below->end == row->start) {
        if (below->segment == LG_SEGMENT_DATA && below->inode != 0) {
            row->segment = LG_SEGMENT_DATA;
            return;
        }
    }
    if (row->start % ARENA_BYTES == 0 && above != NULL && above->start == row->end &&
        above->segment == LG_SEGMENT_GUARD && above->end >= row->start + ARENA_BYTES) {
        row->segment = LG_SEGMENT_ARENA;
        above->flags |= LG_MAPPING_ARENA_RESERVE;
        return;
    }
    if (below != NULL && below->end == row->start && below->segment == LG_SEGMENT_GUARD &&
        below->inode == 0 && (below->flags & LG_MAPPING_ARENA_RESERVE) == 0 &&
        below->end - below->start <= LARGEST_STACK_GUARD_BYTES &&
        (row->flags & LG_MAPPING_WRITE) != 0)
        row->segment = LG_SEGMENT_THREAD_STACK;
}

static void classify(struct lg_maps *maps)
{
    for (size_t i = 0; i < maps->count; i++)
        maps->rows[i].segment = (uint8_t)classify_alone(maps, &maps->rows[i]);
    for (size_t i = 0; i < maps->count;)
        i = classify_module(maps, i);
    for (size_t i = 0; i < maps->count; i++) {
        if (maps->rows[i].segment == LG_SEGMENT_ANON)
            classify_anon(maps, i);
    }
}

static void reset(struct lg_maps *maps)
{
    maps->count = 0;
    maps->names_size = 0;
    if (maps->names_capacity > 0) {
        maps->names[0] = '\0';
        maps->names_size = 1;
    }
}

int lg_maps_parse(const char *text, size_t length, struct lg_maps *out)
{
    reset(out);
    size_t taken;
    int error = add_lines(out, text, length, &taken);
    if (error == 0 && taken != length)
        error = -EINVAL;
    if (error == 0)
        classify(out);
    return error;
}

static ssize_t read_again(int fd, char *buffer, size_t size, off_t offset)
{
    ssize_t got;
    do
        got = pread(fd, buffer, size, offset);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static int read_rows(int fd, struct lg_maps *out)
{
    char buffer[READ_BYTES];
    size_t kept = 0;
    off_t offset = 0;
    for (;;) {
        ssize_t got = read_again(fd, buffer + kept, sizeof(buffer) - kept, offset);
        if (got < 0)
            return (int)got;
        if (got == 0)
            return kept == 0 ? 0 : -EINVAL;
        offset += got;
        size_t taken;
        int error = add_lines(out, buffer, kept + (size_t)got, &taken);
        if (error != 0)
            return error;
        kept += (size_t)got - taken;
        if (kept == sizeof(buffer))
            return -EINVAL;
        memmove(buffer, buffer + taken, kept);
    }
}

int lg_maps_read_fd(int fd, struct lg_maps *out)
{
    reset(out);
    int error = read_rows(fd, out);
    if (error == 0)
        classify(out);
    return error;
}

int lg_maps_read(const char *proc_root, struct lg_maps *out)
{
    char path[4096];
    static const char file[] = "/maps";
    size_t root = strlen(proc_root);
    if (root + sizeof(file) > sizeof(path))
        return -ENAMETOOLONG;
    memcpy(path, proc_root, root);
    memcpy(path + root, file, sizeof(file));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = lg_maps_read_fd(fd, out);
    close(fd);
    return error;
}

const char *lg_mapping_name(const struct lg_maps *maps, const struct lg_mapping *mapping)
{
    return mapping->name == 0 ? "" : maps->names + mapping->name;
}

char *lg_mapping_mode(uint8_t flags, char out[5])
{
    out[0] = (flags & LG_MAPPING_READ) != 0 ? 'r' : '-';
    out[1] = (flags & LG_MAPPING_WRITE) != 0 ? 'w' : '-';
    out[2] = (flags & LG_MAPPING_EXEC) != 0 ? 'x' : '-';
    out[3] = (flags & LG_MAPPING_SHARED) != 0 ? 's' : 'p';
    out[4] = '\0';
    return out;
}

const char *lg_segment_name(enum lg_segment segment)
{
    static const char *const names[LG_SEGMENT_COUNT] = {
        [LG_SEGMENT_TEXT] = "text",       [LG_SEGMENT_DATA] = "data",
        [LG_SEGMENT_HEAP] = "heap",       [LG_SEGMENT_ARENA] = "arena",
        [LG_SEGMENT_ANON] = "anon",       [LG_SEGMENT_FILE] = "file",
        [LG_SEGMENT_SHARED] = "shared",   [LG_SEGMENT_THREAD_STACK] = "thread-stack",
        [LG_SEGMENT_STACK] = "stack",     [LG_SEGMENT_GUARD] = "guard",
        [LG_SEGMENT_SPECIAL] = "special",
    };
    return names[segment];
}
