#include "runner/capture.h"

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
    struct stream streams[LG_CAPTURE_STREAMS];
};

void lg_capture_open(struct lg_capture *capture, struct lg_ledger *ledger)
{
    struct lg_orders *orders = &ledger->header->orders;
    *capture = (struct lg_capture){{-1, -1}, {-1, -1}, NULL, 0};
    for (int i = 0; i < LG_CAPTURE_STREAMS; i++) {
        int fds[2];
        if (pipe2(fds, O_CLOEXEC) != 0) {
            orders->capture = 0;
            return;
        }
        fcntl(fds[0], F_SETFL, O_NONBLOCK);
        capture->read_fds[i] = fds[0];
        capture->write_fds[i] = fds[1];
        orders->output_fds[i] = fds[1];
    }
    orders->capture = 1;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void lg_capture_close(struct lg_capture *capture)
{
    for (int i = 0; i < LG_CAPTURE_STREAMS; i++) {
        close_fd(&capture->read_fds[i]);
        close_fd(&capture->write_fds[i]);
    }
    for (uint32_t row = 0; row < capture->count; row++) {
        for (int i = 0; capture->rows[row] != NULL && i < LG_CAPTURE_STREAMS; i++) {
            free(capture->rows[row]->streams[i].head);
            free(capture->rows[row]->streams[i].tail);
        }
        free(capture->rows[row]);
    }
    free(capture->rows);
    capture->rows = NULL;
    capture->count = 0;
}

/* The record that runs; with several programs, the first that runs one. */
static uint32_t running_index(const struct lg_ledger *ledger)
{
    for (uint32_t i = 0; i < lg_ledger_hosts(ledger); i++) {
        uint32_t running = __atomic_load_n(&ledger->header->hosts[i].running, __ATOMIC_ACQUIRE);
        if (running > 0 && running <= lg_ledger_records(ledger))
            return running - 1;
    }
    return UINT32_MAX;
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

void lg_capture_read(struct lg_capture *capture, const struct lg_ledger *ledger, int stream)
{
    char buffer[65536];
    uint32_t index = running_index(ledger); /* before it is read: while it is there, it holds */
    ssize_t length = read(capture->read_fds[stream], buffer, sizeof(buffer));
    struct lg_captured *row = length > 0 && index != UINT32_MAX ? row_of(capture, index) : NULL;
    if (row != NULL)
        keep(&row->streams[stream], buffer, (size_t)length);
}

uint64_t lg_capture_add(const struct lg_capture *capture, uint32_t index, int stream,
                        struct lg_text *text)
{
    if (capture == NULL || index >= capture->count || capture->rows[index] == NULL)
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
