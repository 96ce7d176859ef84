/* Packets of a dump, over a socket pair: whole, in pieces, split by the protocol, out of order, too large. */
#include "check_main.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mysql/mysql_int.h"

struct pair {
    int server, wake;
    struct leat_wire wire;
};

static struct pair make(void)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct pair pair = {.server = fds[1], .wake = eventfd(0, 0)};
    mysql_wire_init(&pair.wire, fds[0], pair.wake, NULL, NULL, 0);
    pair.wire.timeout_ms = 5000;
    return pair;
}

static void end(struct pair *pair)
{
    close(pair->wire.fd);
    mysql_wire_free(&pair->wire);
    if (pair->server >= 0)
        close(pair->server);
    close(pair->wake);
}

static void put_packet(struct leat_buf *buf, uint8_t sequence, const uint8_t *bytes, size_t size)
{
    leat_buf_le(buf, size, 3);
    leat_buf_u8(buf, sequence);
    leat_buf_put(buf, bytes, size);
}

/* A payload as the server splits it: pieces of 2^24-1 bytes, and a last one that is shorter, empty perhaps.
 */
static uint8_t put_payload(struct leat_buf *buf, uint8_t sequence, const uint8_t *bytes, size_t size)
{
    while (size >= 0xFFFFFF) {
        put_packet(buf, sequence++, bytes, 0xFFFFFF);
        bytes += 0xFFFFFF;
        size -= 0xFFFFFF;
    }
    put_packet(buf, sequence++, bytes, size);
    return sequence;
}

struct sending {
    int fd;
    const struct leat_buf *bytes;
    unsigned seed;
};

static void *send_in_pieces(void *context)
{
    struct sending *sending = context;
    for (size_t at = 0; at < sending->bytes->size;) {
        size_t left = sending->bytes->size - at;
        size_t piece = 1 + (size_t)rand_r(&sending->seed) % (rand_r(&sending->seed) % 4 ? 300000 : 7);
        ssize_t sent = write(sending->fd, sending->bytes->data + at, piece < left ? piece : left);
        if (sent <= 0)
            break;
        at += (size_t)sent;
    }
    return NULL;
}

/* An event's packet: a status byte, and a header whose length is right, so that large ones are announced. */
static void fill_event(uint8_t *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)rand_r(&seed);
    bytes[0] = 0;
    for (int i = 0; size > 14 && i < 4; i++)
        bytes[10 + i] = (uint8_t)((size - 1) >> (8 * i));
}

START_TEST(packets_of_all_sizes_come_whole_however_they_are_cut)
{
    static const size_t sizes[] = {1,
                                   0,
                                   20,
                                   300,
                                   LEAT_WIRE_SIZE - 5,
                                   LEAT_WIRE_SIZE - 4,
                                   LEAT_WIRE_SIZE - 3,
                                   LEAT_WIRE_SIZE,
                                   5,
                                   3000000,
                                   0xFFFFFE,
                                   0xFFFFFF,
                                   0x1000000,
                                   1,
                                   40000000,
                                   2 * 0xFFFFFF,
                                   17,
                                   0};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    struct leat_buf bytes = {0};
    uint8_t *payloads[COUNT], sequence = 1;
    for (size_t i = 0; i < COUNT; i++) {
        payloads[i] = malloc(sizes[i] + 1);
        fill_event(payloads[i], sizes[i], seed + (unsigned)i);
        sequence = put_payload(&bytes, sequence, payloads[i], sizes[i]);
    }
    struct pair pair = make();
    struct sending sending = {pair.server, &bytes, seed};
    pthread_t thread;
    pthread_create(&thread, NULL, send_in_pieces, &sending);
    struct leat_error err = {0};
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *payload;
        size_t size;
        ck_assert_msg(mysql_wire_next(&pair.wire, &payload, &size, &err) == LEAT_OK, "%zu: %s", i,
                      err.message);
        ck_assert_uint_eq(size, sizes[i]);
        ck_assert_msg(!size || !memcmp(payload, payloads[i], size), "payload %zu of %zu bytes", i, size);
        free(payloads[i]);
    }
    pthread_join(thread, NULL);
    leat_buf_free(&bytes);
    end(&pair);
}
END_TEST

START_TEST(bytes_that_the_library_read_ahead_come_first)
{
    struct leat_buf bytes = {0};
    put_payload(&bytes, 1, (const uint8_t *)"\0first", 6);
    struct pair pair = make();
    mysql_wire_free(&pair.wire);
    mysql_wire_init(&pair.wire, pair.wire.fd, pair.wake, NULL, bytes.data, 7);
    ck_assert(!mysql_wire_buffered(&pair.wire));
    ck_assert_int_eq(write(pair.server, bytes.data + 7, 3), 3);
    struct leat_error err = {0};
    const uint8_t *payload;
    size_t size;
    ck_assert_int_eq(mysql_wire_next(&pair.wire, &payload, &size, &err), LEAT_OK);
    ck_assert_uint_eq(size, 6);
    ck_assert_mem_eq(payload, "\0first", 6);
    leat_buf_free(&bytes);
    end(&pair);
}
END_TEST

static int next_after(const void *bytes, size_t sent, uint64_t payload_max, bool close_it,
                      struct leat_error *err)
{
    struct pair pair = make();
    pair.wire.timeout_ms = 100;
    pair.wire.payload_max = payload_max;
    ck_assert_int_eq(write(pair.server, bytes, sent), (ssize_t)sent);
    if (close_it) {
        close(pair.server);
        pair.server = -1;
    }
    const uint8_t *payload;
    size_t size;
    int rc = mysql_wire_next(&pair.wire, &payload, &size, err);
    end(&pair);
    return rc;
}

START_TEST(a_packet_out_of_order_breaks_the_connection)
{
    struct leat_error err = {0};
    ck_assert_int_eq(next_after("\1\0\0\2x", 5, 100, false, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONNECT);
    ck_assert_int_eq(err.kind, LEAT_KIND_RETRY);
}
END_TEST

START_TEST(half_a_packet_is_a_timeout_or_a_broken_connection)
{
    struct leat_error err = {0};
    ck_assert_int_eq(next_after("\5\0\0\1ab", 6, 100, false, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TIMEOUT);
    ck_assert_int_eq(next_after("\5\0\0\1ab", 6, 100, true, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONNECT);
}
END_TEST

START_TEST(an_event_that_is_announced_too_large_is_refused_before_it_is_read)
{
    /* A full packet of an event that says it has 2^32-1 bytes; 20 bytes of it are there. */
    uint8_t bytes[24] = {0xFF, 0xFF, 0xFF, 1, 0, 1, 2, 3, 4, 30, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    struct leat_error err = {0};
    ck_assert_int_eq(next_after(bytes, sizeof bytes, 256 << 20, false, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    /* One that lies about being small is stopped by the sum of its packets. */
    memset(bytes + 14, 0, 4);
    ck_assert_int_eq(next_after(bytes, sizeof bytes, 1 << 20, false, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
}
END_TEST

static void *wake_later(void *context)
{
    usleep(50000);
    uint64_t one = 1;
    ck_assert_int_eq(write(*(int *)context, &one, sizeof one), (ssize_t)sizeof one);
    return NULL;
}

START_TEST(a_waiting_reader_is_woken)
{
    struct pair pair = make();
    pthread_t thread;
    pthread_create(&thread, NULL, wake_later, &pair.wake);
    struct leat_error err = {0};
    const uint8_t *payload;
    size_t size;
    ck_assert_int_eq(mysql_wire_next(&pair.wire, &payload, &size, &err), LEAT_STOPPED);
    pthread_join(thread, NULL);
    end(&pair);
}
END_TEST

/* Between packets only: a packet that was begun is read to its end, and the nudge is there still. */
START_TEST(a_nudge_is_told_between_packets_and_loses_nothing)
{
    struct pair pair = make();
    pair.wire.nudge_fd = eventfd(0, EFD_NONBLOCK);
    uint64_t one = 1;
    struct leat_error err = {0};
    const uint8_t *payload;
    size_t size;
    for (int half = 0; half < 2; half++) {
        struct leat_buf bytes = {0};
        put_payload(&bytes, (uint8_t)(1 + half), (const uint8_t *)"\0packet", 7);
        size_t first = half ? 2 : 0; /* of the header */
        ck_assert_int_eq(write(pair.server, bytes.data, first), (ssize_t)first);
        ck_assert_int_eq(write(pair.wire.nudge_fd, &one, sizeof one), (ssize_t)sizeof one);
        ck_assert_int_eq(mysql_wire_next(&pair.wire, &payload, &size, &err), LEAT_AGAIN);
        ck_assert_int_eq(write(pair.server, bytes.data + first, bytes.size - first), (ssize_t)(bytes.size - first));
        ck_assert_int_eq(mysql_wire_next(&pair.wire, &payload, &size, &err), LEAT_OK);
        ck_assert_uint_eq(size, 7);
        ck_assert_mem_eq(payload, "\0packet", 7);
        leat_buf_free(&bytes);
    }
    pair.wire.timeout_ms = 50;
    ck_assert_int_eq(write(pair.server, "\5\0\0\3ab", 6), 6);
    ck_assert_int_eq(write(pair.wire.nudge_fd, &one, sizeof one), (ssize_t)sizeof one);
    ck_assert_int_eq(mysql_wire_next(&pair.wire, &payload, &size, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TIMEOUT);
    ck_assert_int_eq(read(pair.wire.nudge_fd, &one, sizeof one), (ssize_t)sizeof one);
    close(pair.wire.nudge_fd);
    end(&pair);
}
END_TEST

START_TEST(memory_for_large_packets_is_given_back)
{
    struct pair pair = make();
    size_t large = 1000000;
    uint8_t *event = malloc(large);
    fill_event(event, large, 1);
    struct leat_buf bytes = {0};
    uint8_t sequence = put_payload(&bytes, 1, event, large);
    for (int i = 0; i < 10000; i++)
        sequence = put_payload(&bytes, sequence, (const uint8_t *)"\0", 1);
    struct sending sending = {pair.server, &bytes, 2};
    pthread_t thread;
    pthread_create(&thread, NULL, send_in_pieces, &sending);
    struct leat_error err = {0};
    for (int i = 0; i < 10001; i++) {
        const uint8_t *payload;
        size_t size;
        ck_assert_int_eq(mysql_wire_next(&pair.wire, &payload, &size, &err), LEAT_OK);
    }
    ck_assert_uint_eq(pair.wire.large.capacity, 0);
    pthread_join(thread, NULL);
    leat_buf_free(&bytes);
    free(event);
    end(&pair);
}
END_TEST

/* 16 MB in one packet, of an event of 4 GB, and nothing of it comes. */
START_TEST(a_length_that_lies_costs_no_memory)
{
    struct pair pair = make();
    static const uint8_t bytes[] = {0xF0, 0xFF, 0xFF, 1, 0, 1, 2, 3, 4, 30, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0};
    ck_assert_int_eq(write(pair.server, bytes, sizeof bytes), (ssize_t)sizeof bytes);
    close(pair.server);
    pair.server = -1;
    struct leat_error err = {0};
    const uint8_t *payload;
    size_t size;
    ck_assert_int_eq(mysql_wire_next(&pair.wire, &payload, &size, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONNECT);
    ck_assert_uint_le(pair.wire.large.capacity, 2 * LEAT_WIRE_SIZE);
    end(&pair);
}
END_TEST

static Suite *suite(void)
{
    Suite *wire = suite_create("mysql wire");
    LEAT_TEST_ADD(wire, packets_of_all_sizes_come_whole_however_they_are_cut);
    LEAT_TEST_ADD(wire, bytes_that_the_library_read_ahead_come_first);
    LEAT_TEST_ADD(wire, a_packet_out_of_order_breaks_the_connection);
    LEAT_TEST_ADD(wire, half_a_packet_is_a_timeout_or_a_broken_connection);
    LEAT_TEST_ADD(wire, an_event_that_is_announced_too_large_is_refused_before_it_is_read);
    LEAT_TEST_ADD(wire, a_waiting_reader_is_woken);
    LEAT_TEST_ADD(wire, a_nudge_is_told_between_packets_and_loses_nothing);
    LEAT_TEST_ADD(wire, a_length_that_lies_costs_no_memory);
    LEAT_TEST_ADD(wire, memory_for_large_packets_is_given_back);
    return wire;
}

LEAT_TEST_MAIN(suite)
