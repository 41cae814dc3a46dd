#include "agent/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* /proc/vmstat has 4 KiB, and grows by some lines with each kernel. */
#define TEXT_BYTES 32768

#define COUNT "oom_kill "

/* The end of TEXT's first line. */
static const char *end_of_line(const char *text)
{
    return text + strcspn(text, "\n");
}

/* Whether LIST, of LENGTH bytes, "cpu,memory", names the controller. */
static bool has_memory(const char *list, size_t length)
{
    static const char name[] = "memory";
    const char *end = list + length;
    while (list < end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        size_t part = (size_t)((comma != NULL ? comma : end) - list);
        if (part == sizeof(name) - 1 && memcmp(list, name, part) == 0)
            return true;
        list += part + 1;
    }
    return false;
}

/* "4:memory:/path" in version 1, "0::/path" in version 2. Returns false if LINE, up to END, is not
 * of memory. */
static bool read_line(const char *line, const char *end, struct lg_oom_group *out)
{
    const char *list = memchr(line, ':', (size_t)(end - line));
    if (list == NULL)
        return false;
    list++;
    const char *path = memchr(list, ':', (size_t)(end - list));
    if (path == NULL)
        return false;
    size_t listed = (size_t)(path - list);
    size_t length = (size_t)(end - ++path);
    if ((listed > 0 && !has_memory(list, listed)) || length >= sizeof(out->path))
        return false;
    if (length == 1 && *path == '/')
        length = 0;
    out->version = listed > 0 ? 1 : 2;
    memcpy(out->path, path, length);
    out->path[length] = '\0';
    return true;
}

bool lg_oom_find_group(const char *text, struct lg_oom_group *out)
{
    bool found = false;
    while (*text != '\0') {
        const char *end = end_of_line(text);
        if (read_line(text, end, out)) {
            found = true;
            if (out->version == 1)
                break;
        }
        text = *end == '\n' ? end + 1 : end;
    }
    return found;
}

bool lg_oom_parse_count(const char *text, uint64_t *out)
{
    while (*text != '\0') {
        const char *end = end_of_line(text);
        if (strncmp(text, COUNT, sizeof(COUNT) - 1) == 0) {
            const char *at = text + sizeof(COUNT) - 1;
            uint64_t number = 0;
            for (; *at >= '0' && *at <= '9'; at++)
                number = number * 10 + (uint64_t)(*at - '0');
            if (at != end || at == text + sizeof(COUNT) - 1)
                return false;
            *out = number;
            return true;
        }
        text = *end == '\n' ? end + 1 : end;
    }
    return false;
}

/* Reads all of the file. Returns false if it can't be, or does not fit. */
static bool read_file(const char *path, char out[TEXT_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t length = 0;
    ssize_t got;
    do {
        got = read(fd, out + length, TEXT_BYTES - length);
        length += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && length < TEXT_BYTES) || (got < 0 && errno == EINTR));
    close(fd);
    if (got < 0 || length == TEXT_BYTES)
        return false;
    out[length] = '\0';
    return true;
}

/* In a container, the path may be that of the world outside: what is there then is nearer to the
 * root. So is what tells of a group that has no controller of its own. */
static bool count_in_group(const char *cgroup_root, struct lg_oom_group *group, char *text,
                           uint64_t *out)
{
    for (;;) {
        char path[2 * PATH_MAX];
        int length =
            snprintf(path, sizeof(path),
                     group->version == 1 ? "%s/memory%s/memory.oom_control" : "%s%s/memory.events",
                     cgroup_root, group->path);
        if (length < (int)sizeof(path) && read_file(path, text))
            return lg_oom_parse_count(text, out);
        char *slash = strrchr(group->path, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
    }
}

struct lg_oom_count lg_oom_read(const char *proc_root, const char *cgroup_root)
{
    struct lg_oom_count count = {0};
    struct lg_oom_group group;
    char path[PATH_MAX];
    char text[TEXT_BYTES];
    snprintf(path, sizeof(path), "%s/self/cgroup", proc_root);
    if (read_file(path, text) && lg_oom_find_group(text, &group) &&
        count_in_group(cgroup_root, &group, text, &count.kills)) {
        count.by = LG_OOM_CGROUP;
        return count;
    }
    snprintf(path, sizeof(path), "%s/vmstat", proc_root);
    if (read_file(path, text) && lg_oom_parse_count(text, &count.kills))
        count.by = LG_OOM_MACHINE;
    return count;
}

enum lg_oom lg_oom_compare(const struct lg_oom_count *before, const struct lg_oom_count *now)
{
    return before->by == now->by && now->kills > before->kills ? (enum lg_oom)now->by : LG_OOM_NONE;
}

void lg_oom_wait(struct lg_host *host, uint32_t slot, uint64_t bytes,
                 const struct lg_oom_count *now)
{
    bool is_counted = now->by == host->oom.by && now->by != LG_OOM_NONE;
    host->slots[slot].killed_count = is_counted ? now->kills : 0;
    __atomic_store_n(&host->slots[slot].killed_bytes, bytes + 1, __ATOMIC_RELEASE);
}

/* How many children of other slots wait to be told, and how many of them are to be told first. One
 * that was dead only when more had been killed is accounted for by that. */
struct others {
    uint32_t waiting;
    uint32_t larger;
};

static struct others others_of(const struct lg_host *host, uint32_t slots, uint32_t slot)
{
    struct others others = {0, 0};
    const struct lg_child_slot *own = &host->slots[slot];
    for (uint32_t i = 0; i < slots; i++) {
        const struct lg_child_slot *other = &host->slots[i];
        uint64_t bytes = __atomic_load_n(&other->killed_bytes, __ATOMIC_ACQUIRE);
        if (other == own || bytes == 0)
            continue;
        bool is_larger = bytes > own->killed_bytes || (bytes == own->killed_bytes && i < slot);
        others.waiting++;
        others.larger += is_larger && other->killed_count <= own->killed_count;
    }
    return others;
}

/* The kills after SEEN, up to NOW, that are kept track of. */
static uint64_t oldest_of(uint64_t seen, uint64_t now)
{
    return now - seen > LG_LEDGER_MAX_KILLS ? now - LG_LEDGER_MAX_KILLS + 1 : seen + 1;
}

/* How many of them nobody was told of yet. */
static uint32_t untold(const struct lg_host *host, uint64_t seen, uint64_t now)
{
    uint32_t count = 0;
    for (uint64_t kill = oldest_of(seen, now); kill <= now; kill++)
        count +=
            __atomic_load_n(&host->told_kills[kill % LG_LEDGER_MAX_KILLS], __ATOMIC_ACQUIRE) < kill;
    return count;
}

/* Takes the newest of them: an older one may be of a child that died earlier, and still waits. */
static bool take_kill(struct lg_host *host, uint64_t seen, uint64_t now)
{
    for (uint64_t kill = now; kill >= oldest_of(seen, now); kill--) {
        uint64_t *told = &host->told_kills[kill % LG_LEDGER_MAX_KILLS];
        uint64_t before = __atomic_load_n(told, __ATOMIC_ACQUIRE);
        if (before < kill && __atomic_compare_exchange_n(told, &before, kill, false,
                                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

/* What else it has killed was no child of ours, once nobody waits. */
enum lg_oom lg_oom_tell(struct lg_host *host, uint32_t slots, uint32_t slot)
{
    uint64_t now = host->slots[slot].killed_count;
    uint64_t seen = __atomic_load_n(&host->oom.kills, __ATOMIC_ACQUIRE);
    struct others others = others_of(host, slots, slot);
    bool is_one =
        now > seen && untold(host, seen, now) > others.larger && take_kill(host, seen, now);
    if (others.waiting == 0 && now > seen)
        __atomic_compare_exchange_n(&host->oom.kills, &seen, now, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED);
    __atomic_store_n(&host->slots[slot].killed_bytes, 0, __ATOMIC_RELEASE);
    return is_one ? (enum lg_oom)host->oom.by : LG_OOM_NONE;
}
