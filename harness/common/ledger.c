#include "common/ledger.h"

#include "common/slip.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_BYTES UINT64_C(65536)

_Static_assert(sizeof(struct lg_ledger_header) <= HEADER_BYTES, "the header has outgrown its room");
_Static_assert(sizeof(struct lg_record) % 8 == 0, "records are aligned to 8");

/* Up to the slips, which start on a page. */
static uint64_t ledger_bytes(uint32_t max_records, uint32_t attic_bytes)
{
    uint64_t bytes = HEADER_BYTES + (uint64_t)max_records * sizeof(struct lg_record) + attic_bytes;
    return (bytes + 4095) & ~UINT64_C(4095);
}

static uint64_t all_bytes(uint32_t max_records, uint32_t attic_bytes, uint32_t slots)
{
    return ledger_bytes(max_records, attic_bytes) +
           (uint64_t)slots * LG_LEDGER_MAX_HOSTS * LG_SLIP_BYTES;
}

static int map(int fd, uint32_t max_records, uint32_t attic_bytes, struct lg_ledger *out)
{
    uint64_t bytes = ledger_bytes(max_records, attic_bytes);
    char *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED)
        return -errno;
    out->header = (struct lg_ledger_header *)(void *)base;
    out->records = (struct lg_record *)(void *)(base + HEADER_BYTES);
    out->attic = base + HEADER_BYTES + (uint64_t)max_records * sizeof(struct lg_record);
    out->attic_used = &out->header->attic_used;
    out->attic_lost_bytes = &out->header->attic_lost_bytes;
    out->bytes = bytes;
    out->max_records = max_records;
    out->attic_bytes = attic_bytes;
    return 0;
}

int lg_ledger_create(uint32_t jobs, struct lg_ledger *out, int *fd)
{
    uint32_t slots = jobs > 1 ? jobs + 1 : 1;
    int memory = memfd_create("leakgate-ledger", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -errno;
    uint64_t bytes = all_bytes(LG_LEDGER_MAX_RECORDS, LG_LEDGER_ATTIC_BYTES, slots);
    int error = ftruncate(memory, (off_t)bytes) == 0 ? 0 : -errno;
    /* A test that cuts it would take the runner's pages away. */
    if (error == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        error = -errno;
    if (error == 0)
        error = map(memory, LG_LEDGER_MAX_RECORDS, LG_LEDGER_ATTIC_BYTES, out);
    if (error != 0) {
        close(memory);
        return error;
    }
    struct lg_ledger_header *header = out->header;
    header->version = LG_LEDGER_VERSION;
    header->max_records = LG_LEDGER_MAX_RECORDS;
    header->bytes = bytes;
    header->slots = slots;
    header->attic_bytes = LG_LEDGER_ATTIC_BYTES;
    header->attic_used = 8; /* offset 0 is nothing */
    header->magic = LG_LEDGER_MAGIC;
    out->slots = slots;
    *fd = memory;
    return 0;
}

int lg_ledger_open(int fd, struct lg_ledger *out)
{
    struct lg_ledger_header header;
    struct stat status;
    ssize_t got;
    do
        got = pread(fd, &header, sizeof(header), 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -errno;
    if (got != (ssize_t)sizeof(header) || header.magic != LG_LEDGER_MAGIC ||
        header.version != LG_LEDGER_VERSION || header.slots == 0 ||
        header.slots > LG_LEDGER_MAX_SLOTS ||
        header.bytes != all_bytes(header.max_records, header.attic_bytes, header.slots))
        return -EINVAL;
    if (fstat(fd, &status) != 0)
        return -errno;
    if ((uint64_t)status.st_size != header.bytes)
        return -EINVAL;
    out->slots = header.slots;
    return map(fd, header.max_records, header.attic_bytes, out);
}

void lg_ledger_close(struct lg_ledger *ledger)
{
    if (ledger->header != NULL)
        munmap(ledger->header, ledger->bytes);
    memset(ledger, 0, sizeof(*ledger));
}

/* Takes COUNT of *USED, never beyond LIMIT. Returns false, taking nothing, if they don't fit. */
static bool take(uint32_t *used, uint32_t count, uint32_t limit, uint32_t *first)
{
    uint32_t at = __atomic_load_n(used, __ATOMIC_RELAXED);
    do {
        if (at > limit || limit - at < count)
            return false;
    } while (!__atomic_compare_exchange_n(used, &at, at + count, true, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    *first = at;
    return true;
}

struct lg_record *lg_ledger_add_record(struct lg_ledger *ledger)
{
    uint32_t index;
    if (!take(&ledger->header->records_used, 1, ledger->max_records, &index)) {
        __atomic_fetch_add(&ledger->header->records_lost, 1, __ATOMIC_RELAXED);
        return NULL;
    }
    return &ledger->records[index];
}

struct lg_record lg_ledger_identity(const struct lg_record *record)
{
    return (struct lg_record){
        .state = LG_RECORD_REGISTERED,
        .kind = record->kind,
        .host = record->host,
        .pass = record->pass,
        .suite = record->suite,
        .name = record->name,
        .function_address = record->function_address,
        .discarded = record->discarded,
        .ahead = record->ahead,
    };
}

void lg_ledger_discard(struct lg_record *record)
{
    *record = lg_ledger_identity(record);
    record->discarded++;
}

void *lg_ledger_allocate(struct lg_ledger *ledger, size_t bytes, lg_attic *offset)
{
    *offset = 0;
    size_t rounded = (bytes + 7) & ~(size_t)7;
    if (rounded < bytes || rounded > ledger->attic_bytes ||
        !take(ledger->attic_used, (uint32_t)rounded, ledger->attic_bytes, offset)) {
        __atomic_fetch_add(ledger->attic_lost_bytes, (uint32_t)bytes, __ATOMIC_RELAXED);
        return NULL;
    }
    return memset(ledger->attic + *offset, 0, rounded);
}

lg_attic lg_ledger_add_bytes(struct lg_ledger *ledger, const char *text, size_t length)
{
    lg_attic offset;
    char *room = lg_ledger_allocate(ledger, length + 1, &offset);
    if (room != NULL)
        memcpy(room, text, length);
    return offset;
}

lg_attic lg_ledger_add_text(struct lg_ledger *ledger, const char *text)
{
    return text == NULL ? 0 : lg_ledger_add_bytes(ledger, text, strlen(text));
}

const char *lg_ledger_text(const struct lg_ledger *ledger, lg_attic offset)
{
    if (offset == 0 || offset >= ledger->attic_bytes)
        return "";
    const char *text = ledger->attic + offset;
    return memchr(text, '\0', ledger->attic_bytes - offset) != NULL ? text : "";
}

const void *lg_ledger_at(const struct lg_ledger *ledger, lg_attic offset, size_t bytes)
{
    if (offset == 0 || offset % 8 != 0 || offset > ledger->attic_bytes ||
        ledger->attic_bytes - offset < bytes)
        return NULL;
    return ledger->attic + offset;
}

struct lg_ledger lg_ledger_part(const struct lg_ledger *ledger, const struct lg_record *record)
{
    struct lg_ledger part = *ledger;
    lg_attic at = record->part;
    if (at == 0)
        return part;
    bool lies_within =
        at < ledger->attic_bytes && at % 8 == 0 && record->part_bytes <= ledger->attic_bytes - at;
    part.attic_bytes = lies_within ? record->part_bytes : 0;
    part.attic += lies_within ? at : 0;
    return part;
}

uint32_t lg_ledger_records(const struct lg_ledger *ledger)
{
    uint32_t used = __atomic_load_n(&ledger->header->records_used, __ATOMIC_ACQUIRE);
    return used < ledger->max_records ? used : ledger->max_records;
}

uint32_t lg_ledger_hosts(const struct lg_ledger *ledger)
{
    uint32_t used = __atomic_load_n(&ledger->header->hosts_used, __ATOMIC_ACQUIRE);
    return used < LG_LEDGER_MAX_HOSTS ? used : LG_LEDGER_MAX_HOSTS;
}
