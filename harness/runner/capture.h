/* What tests print, each apart: read from pipes that their processes write to. */
#ifndef LG_RUNNER_CAPTURE_H
#define LG_RUNNER_CAPTURE_H

#include "common/ledger.h"
#include "runner/text.h"

#define LG_CAPTURE_STREAMS 2 /* stdout, stderr */

/* Of each stream, so much is kept from the beginning, and from the end. */
#define LG_CAPTURE_BYTES ((size_t)64 * 1024)

struct lg_captured;

struct lg_capture {
    int read_fds[LG_CAPTURE_STREAMS]; /* -1: nothing is captured */
    int write_fds[LG_CAPTURE_STREAMS];
    struct lg_captured **rows; /* by record */
    uint32_t count;
};

/* Makes the pipes, and tells the agent of them in the orders of LEDGER. Where they can't be had,
 * output goes where it went. _close when done. */
void lg_capture_open(struct lg_capture *capture, struct lg_ledger *ledger);

/* Nothing captured is kept beyond that. */
void lg_capture_close(struct lg_capture *capture);

/* Reads what there is of STREAM, for the test that runs. Call it when poll says that there is
 * something: until that is read, the program waits for the next test. */
void lg_capture_read(struct lg_capture *capture, const struct lg_ledger *ledger, int stream);

/* Adds what the test of the record INDEX has printed to STREAM: the beginning and the end, cleaned.
 * Returns how many bytes it was in all. */
uint64_t lg_capture_add(const struct lg_capture *capture, uint32_t index, int stream,
                        struct lg_text *text);

#endif
