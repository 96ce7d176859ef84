/* A dump's packets, as they come from the server. Input: a byte: how large events may be (+128: the rest stands for more,
 * see expand; +64: as large as really); a byte: how much the library had read already; the bytes of the connection. Nearly always a
 * packet goes on in the next at a few kilobytes, and the reader's buffer is as much smaller: else each would be of 16 MiB. */
#ifndef LEAT_CLIENT_ORACLE
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/checksum.h"
#include "fuzz.h"
#include "mysql/mysql_int.h"

enum { TIMEOUT_MS = 20000, EXPANDED = 128, REAL = 64, RUN = 0xEE };

struct scale {
    size_t run, bytes_max, buffer, split;
};
static const struct scale small = {96, 32 << 10, 1 << 10, 0x1FFF}, real = {48 << 10, 36 << 20, LEAT_WIRE_SIZE, LEAT_WIRE_SPLIT};

/* So that large packets come of small inputs: each RUN and the byte behind it are a run of that byte, an odd one of it 256
 * times as long. */
static void expand(struct leat_buf *to, const struct scale *scale, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size && to->size < scale->bytes_max; i++) {
        if (bytes[i] != RUN || i + 1 == size) {
            leat_buf_u8(to, bytes[i]);
            continue;
        }
        size_t run = bytes[++i] % 16 == 1 ? scale->run * 256 : scale->run;
        memset(leat_buf_reserve(to, run), bytes[i], run);
        leat_buf_commit(to, run);
    }
}

/* ---- The server's end ---- */

struct sending {
    int fd;
    const uint8_t *bytes;
    size_t size;
};

static void *send_all(void *context)
{
    const struct sending *sending = context;
    for (size_t at = 0; at < sending->size;) {
        ssize_t sent = send(sending->fd, sending->bytes + at, sending->size - at, MSG_NOSIGNAL);
        if (sent <= 0)
            break;
        at += (size_t)sent;
    }
    close(sending->fd);
    return NULL;
}

/* ---- Ours ---- */

/* A payload by the definition: three bytes of length, one of number; one of 2^24-1 bytes goes on in the next. */
static bool expected(struct leat_cursor *input, size_t split, uint8_t *sequence, struct leat_buf *payload)
{
    size_t size;
    leat_buf_clear(payload);
    do {
        size = (size_t)leat_cursor_le(input, 3);
        if (leat_cursor_u8(input) != (*sequence)++)
            return false;
        const uint8_t *bytes = leat_cursor_bytes(input, size);
        if (bytes)
            leat_buf_put(payload, bytes, size);
    } while (!input->failed && size >= split);
    return !input->failed;
}

static void read_all(struct leat_wire *wire, struct leat_cursor input)
{
    struct leat_error err = {0};
    struct leat_buf wanted = {0};
    const uint8_t *payload;
    size_t size;
    uint8_t sequence = 1;
    int result;
    for (;;) {
        bool here = mysql_wire_buffered(wire);
        result = mysql_wire_next(wire, &payload, &size, &err);
        FUZZ_CHECK(!here || result == LEAT_OK || err.code != LEAT_E_TIMEOUT);
        if (result != LEAT_OK)
            break;
        FUZZ_CHECK(expected(&input, wire->split, &sequence, &wanted));
        FUZZ_CHECK(size == wanted.size && (!size || !memcmp(payload, wanted.data, size)) && size <= wire->payload_max);
    }
    fuzz_check_result(result, &err);
    FUZZ_CHECK(result == LEAT_FAIL); /* at the latest since the connection ends */
    leat_buf_free(&wanted);
}

static void begin(struct leat_wire *wire, const struct scale *scale, int fd, const uint8_t *unread, size_t unread_size)
{
    if (scale == &real) {
        mysql_wire_init(wire, fd, -1, NULL, unread, unread_size);
    } else {
        *wire = (struct leat_wire){.fd = fd, .wake_fd = -1, .nudge_fd = -1, .sequence = 1, .size = scale->buffer, .split = scale->split};
        wire->buf = leat_alloc(scale->buffer);
        if (unread_size)
            memcpy(wire->buf, unread, unread_size);
        wire->end = unread_size;
    }
    wire->timeout_ms = TIMEOUT_MS;
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return;
    int fds[2];
    struct leat_buf all = {0};
    leat_buf_reserve(&all, 1); /* even where there are none */
    /* A thousandth of the inputs, whichever: mutations of one would nearly all be real, too. */
    const struct scale *scale = bytes[0] & REAL && leat_hash64(bytes, size, 0) % 1024 == 0 ? &real : &small;
    if (bytes[0] & EXPANDED)
        expand(&all, scale, bytes + 2, size - 2);
    else
        leat_buf_put(&all, bytes + 2, size - 2);
    fuzz_memory_received(all.size);
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    struct leat_wire wire;
    size_t unread = bytes[1] < all.size ? bytes[1] : all.size;
    begin(&wire, scale, fds[0], all.data, unread);
    wire.payload_max = UINT64_C(1) << bytes[0] % 32;
    struct sending sending = {fds[1], all.data + unread, all.size - unread};
    pthread_t thread;
    bool large = sending.size > 64 << 10; /* more than a socket holds */
    if (large)
        FUZZ_CHECK(pthread_create(&thread, NULL, send_all, &sending) == 0);
    else
        send_all(&sending);
    read_all(&wire, leat_cursor(all.data, all.size));
    close(fds[0]);
    if (large)
        pthread_join(thread, NULL);
    mysql_wire_free(&wire);
    leat_buf_free(&all);
}

const struct fuzz_target fuzz_target_packets = {
    .name = "packets",
    .sources = "mysql/connector/wire.c",
    .run = run,
    .size_max = 512,
    .memory_fixed = 4 * LEAT_WIRE_SIZE, /* the buffer, and the first step of a large one */
    .memory_factor = 8,
};
#endif
