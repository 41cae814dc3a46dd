#include "common/slip.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define SEAL UINT64_C(0x50494c534b41454c)

/* As in any attic, offset 0 is nothing. */
#define FIRST_OFFSET 8U

/* Where the attic begins: its first bytes are the end of the slip itself. */
#define ATTIC_START (sizeof(struct lg_slip) - FIRST_OFFSET)

#define ATTIC_BYTES ((uint32_t)(LG_SLIP_BYTES - ATTIC_START))

/* What is left of so much is not given back to the system: the next test needs some again. */
#define KEPT_BYTES UINT64_C(65536)

_Static_assert(sizeof(struct lg_slip) % 8 == 0, "what is in the attic is aligned to 8");

int lg_slip_map(int fd, const struct lg_ledger *ledger, uint32_t host, struct lg_slip **out)
{
    uint64_t bytes = ledger->slots * LG_SLIP_BYTES;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
                      (off_t)(ledger->bytes + host * bytes));
    *out = base != MAP_FAILED ? base : NULL;
    return base != MAP_FAILED ? 0 : -errno;
}

void lg_slip_unmap(struct lg_slip *first, const struct lg_ledger *ledger)
{
    if (first != NULL)
        munmap(first, ledger->slots * LG_SLIP_BYTES);
}

struct lg_slip *lg_slip_of(struct lg_slip *first, uint32_t slot)
{
    return (struct lg_slip *)(void *)((char *)first + slot * LG_SLIP_BYTES);
}

void lg_slip_begin(struct lg_slip *slip, const struct lg_record *record)
{
    bool used_much = slip->attic_used > KEPT_BYTES - ATTIC_START;
    if (used_much || (slip->front != 0 && !lg_slip_is_whole(slip)))
        madvise(slip, LG_SLIP_BYTES, MADV_REMOVE); /* it reads as zeros from here on */
    slip->front = SEAL;
    slip->record = *record;
    slip->attic_used = FIRST_OFFSET;
    slip->attic_lost_bytes = 0;
    slip->differs = 0;
    slip->back = SEAL;
}

bool lg_slip_is_whole(const struct lg_slip *slip)
{
    return slip->front == SEAL && slip->back == SEAL && slip->attic_used >= FIRST_OFFSET &&
           slip->attic_used <= ATTIC_BYTES;
}

struct lg_ledger lg_slip_ledger(struct lg_slip *slip, const struct lg_ledger *ledger)
{
    struct lg_ledger own = *ledger;
    own.records = NULL;
    own.max_records = 0;
    own.attic = (char *)slip + ATTIC_START;
    own.attic_bytes = ATTIC_BYTES;
    own.attic_used = &slip->attic_used;
    own.attic_lost_bytes = &slip->attic_lost_bytes;
    return own;
}

void lg_slip_keep(const struct lg_slip *slip, struct lg_ledger *ledger, struct lg_record *record)
{
    struct lg_record kept = slip->record;
    uint32_t used = slip->attic_used < ATTIC_BYTES ? slip->attic_used : ATTIC_BYTES;
    kept.kind = record->kind;
    kept.host = record->host;
    kept.pass = record->pass;
    kept.suite = record->suite;
    kept.name = record->name;
    kept.function_address = record->function_address;
    kept.discarded = record->discarded;
    char *room = used > FIRST_OFFSET ? lg_ledger_allocate(ledger, used, &kept.part) : NULL;
    kept.part_bytes = room != NULL ? used : 0;
    if (room != NULL)
        memcpy(room, (const char *)slip + ATTIC_START, used);
    else
        kept.part = FIRST_OFFSET; /* an empty one: what it names is nothing, and nobody else's */
    __atomic_fetch_add(ledger->attic_lost_bytes, slip->attic_lost_bytes, __ATOMIC_RELAXED);
    const size_t from = offsetof(struct lg_record, kind);
    memcpy((char *)record + from, (const char *)&kept + from, sizeof(kept) - from);
    __atomic_store_n(&record->state, kept.state, __ATOMIC_RELEASE);
}
