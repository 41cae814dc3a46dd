#include "runner/capture.h"

#include "runner/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One stream of one test. */
struct stream {
    uint64_t bytes; /* in all */
    char *head;
    size_t head_bytes;
    char *tail; /* a ring, of what does not fit in the head */
    uint64_t tail_bytes;
};

struct lg_captured {
    uint32_t discarded; /* of the record: it was printed after so many executions for nothing */
    struct stream streams[LG_CAPTURE_STREAMS];
};

void lg_capture_open(struct lg_capture *capture, struct lg_ledger *ledger)
{
    struct lg_orders *orders = &ledger->header->orders;
    *capture = (struct lg_capture){.pipe_count = 0};
    for (uint32_t i = 0; i < LG_CAPTURE_STREAMS * ledger->slots; i++) {
        int fds[2];
        if (pipe2(fds, O_CLOEXEC) != 0) {
            lg_capture_close(capture);
            return;
        }
        fcntl(fds[0], F_SETFL, O_NONBLOCK);
        capture->pipes[i] = (struct lg_capture_pipe){fds[0], fds[1]};
        capture->pipe_count++;
        orders->output_fds[i / LG_CAPTURE_STREAMS][i % LG_CAPTURE_STREAMS] = fds[1];
    }
    orders->capture = 1;
}

static void discard(struct lg_captured *row)
{
    for (int i = 0; i < LG_CAPTURE_STREAMS; i++) {
        free(row->streams[i].head);
        free(row->streams[i].tail);
    }
    *row = (struct lg_captured){0};
}

void lg_capture_close(struct lg_capture *capture)
{
    for (uint32_t i = 0; i < capture->pipe_count; i++) {
        close(capture->pipes[i].read_fd);
        close(capture->pipes[i].write_fd);
    }
    capture->pipe_count = 0;
    for (uint32_t row = 0; row < capture->count; row++) {
        if (capture->rows[row] != NULL)
            discard(capture->rows[row]);
        free(capture->rows[row]);
    }
    free(capture->rows);
    capture->rows = NULL;
    capture->count = 0;
}

static struct lg_captured *row_of(struct lg_capture *capture, uint32_t index)
{
    if (index >= capture->count) {
        uint32_t count = index + 1 + index / 2;
        struct lg_captured **rows =
            reallocarray(capture->rows, count, sizeof(struct lg_captured *));
        if (rows == NULL)
            return NULL;
        memset(rows + capture->count, 0, (count - capture->count) * sizeof(struct lg_captured *));
        capture->rows = rows;
        capture->count = count;
    }
    if (capture->rows[index] == NULL)
        capture->rows[index] = calloc(1, sizeof(struct lg_captured));
    return capture->rows[index];
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t keep_head(struct stream *stream, const char *data, size_t length)
{
    size_t taken = smaller(length, LG_CAPTURE_BYTES - stream->head_bytes);
    if (taken == 0)
        return 0;
    char *head = realloc(stream->head, stream->head_bytes + taken);
    if (head == NULL)
        return 0;
    memcpy(head + stream->head_bytes, data, taken);
    stream->head = head;
    stream->head_bytes += taken;
    return taken;
}

static void keep_tail(struct stream *stream, const char *data, size_t length)
{
    if (stream->tail == NULL)
        stream->tail = malloc(LG_CAPTURE_BYTES);
    while (stream->tail != NULL && length > 0) {
        size_t at = (size_t)(stream->tail_bytes % LG_CAPTURE_BYTES);
        size_t taken = smaller(length, LG_CAPTURE_BYTES - at);
        memcpy(stream->tail + at, data, taken);
        stream->tail_bytes += taken;
        data += taken;
        length -= taken;
    }
}

static void keep(struct stream *stream, const char *data, size_t length)
{
    stream->bytes += length;
    size_t taken = keep_head(stream, data, length);
    if (taken < length)
        keep_tail(stream, data + taken, length - taken);
}

void lg_capture_read(struct lg_capture *capture, const struct lg_ledger *ledger, uint32_t pipe)
{
    char buffer[65536];
    /* Of the first program alone; before it is read: while it is there, it holds. */
    uint32_t running = lg_watch_running(ledger, 0, pipe / LG_CAPTURE_STREAMS);
    uint32_t discarded = running != 0 ? ledger->records[running - 1].discarded : 0;
    ssize_t length = read(capture->pipes[pipe].read_fd, buffer, sizeof(buffer));
    struct lg_captured *row = length > 0 && running != 0 ? row_of(capture, running - 1) : NULL;
    if (row == NULL)
        return;
    if (row->discarded != discarded) {
        discard(row);
        row->discarded = discarded;
    }
    keep(&row->streams[pipe % LG_CAPTURE_STREAMS], buffer, (size_t)length);
}

uint64_t lg_capture_add(const struct lg_capture *capture, const struct lg_ledger *ledger,
                        const struct lg_record *record, int stream, struct lg_text *text)
{
    size_t index = (size_t)(record - ledger->records);
    if (capture == NULL || index >= capture->count || capture->rows[index] == NULL ||
        capture->rows[index]->discarded != record->discarded)
        return 0;
    const struct stream *kept = &capture->rows[index]->streams[stream];
    uint64_t lost = kept->bytes - kept->head_bytes;
    lg_text_add_clean(text, kept->head != NULL ? kept->head : "", kept->head_bytes);
    if (kept->tail_bytes > LG_CAPTURE_BYTES) {
        size_t start = (size_t)(kept->tail_bytes % LG_CAPTURE_BYTES);
        lost -= LG_CAPTURE_BYTES;
        lg_text_add(text, "\n... (%" PRIu64 " bytes left out)\n", lost);
        lg_text_add_clean(text, kept->tail + start, LG_CAPTURE_BYTES - start);
        lg_text_add_clean(text, kept->tail, start);
    } else if (kept->tail_bytes > 0) {
        lg_text_add_clean(text, kept->tail, (size_t)kept->tail_bytes);
    }
    return kept->bytes;
}
