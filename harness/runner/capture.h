/* What tests print, each apart: read from pipes that their processes write to. */
#ifndef LG_RUNNER_CAPTURE_H
#define LG_RUNNER_CAPTURE_H

#include "common/ledger.h"
#include "runner/text.h"

#define LG_CAPTURE_STREAMS 2 /* stdout, stderr */

/* Of each stream, so much is kept from the beginning, and from the end. */
#define LG_CAPTURE_BYTES ((size_t)64 * 1024)

struct lg_captured;

/* Of one stream of the tests of one slot. */
struct lg_capture_pipe {
    int read_fd;
    int write_fd;
};

struct lg_capture {
    struct lg_capture_pipe pipes[LG_CAPTURE_STREAMS * LG_LEDGER_MAX_SLOTS]; /* by slot, by stream */
    uint32_t pipe_count;       /* 0: nothing is captured */
    struct lg_captured **rows; /* by record */
    uint32_t count;
};

/* Makes the pipes, and tells the agent of them in the orders of LEDGER. Where they can't be had,
 * output goes where it went. _close when done. */
void lg_capture_open(struct lg_capture *capture, struct lg_ledger *ledger);

/* Nothing captured is kept beyond that. */
void lg_capture_close(struct lg_capture *capture);

/* Reads what there is in PIPE, for the test that runs in its slot. Call it when poll says that
 * there is something: until that is read, the program waits for the next test. */
void lg_capture_read(struct lg_capture *capture, const struct lg_ledger *ledger, uint32_t pipe);

/* Adds what the test of RECORD has printed to STREAM: the beginning and the end, cleaned. Returns
 * how many bytes it was in all. */
uint64_t lg_capture_add(const struct lg_capture *capture, const struct lg_ledger *ledger,
                        const struct lg_record *record, int stream, struct lg_text *text);

#endif
