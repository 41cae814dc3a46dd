/* A slip: where the child of one test leaves what the ledger is to say of it.
 *
 * A test may write anywhere in its process. All that it finds there of leakgate's results is its
 * own slip: when it is over, the host copies that to the ledger, which no test ever sees. What can
 * be known without it (how the child ended) the host knows itself. */
#ifndef LG_COMMON_SLIP_H
#define LG_COMMON_SLIP_H

#include "common/ledger.h"

#include <stdbool.h>
#include <stdint.h>

#define LG_SLIP_BYTES (UINT64_C(8) << 20)

struct lg_slip {
    uint64_t front; /* LG_SLIP_SEAL, unless somebody has written over it */
    struct lg_record record;
    uint32_t attic_used;
    uint32_t attic_lost_bytes;
    uint64_t differs; /* its process is not what the host knew of itself: it has to look again */
    uint64_t back;    /* the same again; the slip's attic follows */
};

/* Maps the slips of the host of index HOST, LEDGER->jobs of them in a row, from the ledger's FD,
 * which stays the caller's.
 * Returns 0 and the first, or -errno. The caller unmaps it with _unmap. */
int lg_slip_map(int fd, const struct lg_ledger *ledger, uint32_t host, struct lg_slip **out);

void lg_slip_unmap(struct lg_slip *first, const struct lg_ledger *ledger);

/* The slip of SLOT. */
struct lg_slip *lg_slip_of(struct lg_slip *first, uint32_t slot);

/* Makes SLIP empty but for a copy of RECORD. */
void lg_slip_begin(struct lg_slip *slip, const struct lg_record *record);

/* False if somebody has written over it who may not. */
bool lg_slip_is_whole(const struct lg_slip *slip);

/* LEDGER, with the attic of SLIP as its own: for all that a child adds. */
struct lg_ledger lg_slip_ledger(struct lg_slip *slip, const struct lg_ledger *ledger);

/* Copies all that SLIP says to RECORD, and what that names to the attic of LEDGER. What the host
 * has given RECORD (its names, its host...) stays. RECORD's state is the last that changes: who
 * sees it finds the rest. */
void lg_slip_keep(const struct lg_slip *slip, struct lg_ledger *ledger, struct lg_record *record);

#endif
