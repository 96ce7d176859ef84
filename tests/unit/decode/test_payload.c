/* Transactions compressed by MySQL: the same as by themselves, placed at the payload; and what a payload may
 * not hold. */
#include "check_main.h"
#include "decode/payload.h"

#include "binlog/payload.h"

#define BEGUN "begin(" BUILD_UUID ":1) "

static void put_transaction(struct stream *s)
{
    put_query(s, "shop", "BEGIN");
    put_rows_query(s, "INSERT INTO orders …");
    put_table_map(s, 100, "shop", "orders");
    begin_rows(s, LEAT_EVENT_WRITE_ROWS, 100, false);
    for (uint32_t i = 0; i < 200; i++)
        put_image(&s->body, i, i % 3 ? "a note" : NULL);
    put_event(s, LEAT_EVENT_WRITE_ROWS);
    put_row(s, LEAT_EVENT_UPDATE_ROWS, 100, 7, "other");
    put_query(s, "shop", "SAVEPOINT `a`");
    put_table_map(s, 101, "shop", "orders");
    put_row(s, LEAT_EVENT_DELETE_ROWS, 101, 9, NULL);
    put_xid(s, 55);
}

static const char expected[] =
    BEGUN "query(INSERT INTO orders …) schema(shop.orders) insert(shop.orders,200) update(shop.orders,1,end) "
          "savepoint(SAVEPOINT `a`) delete(shop.orders,1,end) end(xid,202,0)";

static void open_with_gtid(struct stream *s)
{
    stream_open(s, NULL);
    put_format(s);
    put_gtid(s, 1);
}

static uint64_t plain_digest(void)
{
    struct stream s;
    open_with_gtid(&s);
    put_transaction(&s);
    check_trace(&s, expected);
    uint64_t digest = s.digest;
    stream_close(&s);
    return digest;
}

/* The stream got the transaction of put_transaction in a payload at `pos`. */
static void check_same(struct stream *s, uint64_t pos)
{
    check_trace(s, expected);
    ck_assert_uint_eq(s->digest, plain_digest());
    ck_assert_uint_eq(s->rows_end_pos, s->pos);
    ck_assert_uint_eq(s->end.place.pos, s->pos);
    ck_assert_uint_eq(s->end.xid, 55);
    ck_assert_uint_eq(stream_state(s).completed.pos, s->pos);
    ck_assert_uint_lt(pos, s->pos);
    put_gtid(s, 2);
    ck_assert_int_eq(s->result, LEAT_OK);
}

START_TEST(a_compressed_transaction_is_the_same_as_a_plain_one)
{
    struct stream s, inner;
    inner_init(&inner);
    put_transaction(&inner);
    open_with_gtid(&s);
    uint64_t pos = s.pos;
    put_payload(&s, &inner);
    check_same(&s, pos);
    stream_close(&s);
    stream_free(&inner);
}
END_TEST

START_TEST(a_payload_that_is_not_compressed)
{
    struct stream s, inner;
    inner_init(&inner);
    put_transaction(&inner);
    for (int told = 0; told < 2; told++) {
        open_with_gtid(&s);
        uint64_t pos = s.pos;
        put_payload_head(&s, inner.bytes.size, LEAT_PAYLOAD_NONE, told ? inner.bytes.size : SIZE_MAX);
        leat_buf_put(&s.body, inner.bytes.data, inner.bytes.size);
        put_event(&s, LEAT_EVENT_TRANSACTION_PAYLOAD);
        check_same(&s, pos);
        stream_close(&s);
    }
    stream_free(&inner);
}
END_TEST

/* Frames end anywhere: within an event, within its head, behind nothing at all. */
START_TEST(several_frames)
{
    struct stream s, inner;
    inner_init(&inner);
    put_transaction(&inner);
    for (size_t step = 1; step < inner.bytes.size; step = step * 2 + 5) {
        struct leat_buf payload = {0};
        for (size_t at = 0; at < inner.bytes.size; at += step) {
            size_t size = inner.bytes.size - at < step ? inner.bytes.size - at : step;
            compress_frame(&payload, inner.bytes.data + at, size, 1);
        }
        compress_frame(&payload, "", 0, 1);
        open_with_gtid(&s);
        uint64_t pos = s.pos;
        put_payload_bytes(&s, &payload, inner.bytes.size);
        check_same(&s, pos);
        stream_close(&s);
        leat_buf_free(&payload);
    }
    stream_free(&inner);
}
END_TEST

START_TEST(the_length_of_the_transaction_is_that_of_its_payload)
{
    struct stream s, inner;
    inner_init(&inner);
    put_transaction(&inner);
    for (uint64_t wrong = 0; wrong < 2; wrong++) {
        struct leat_buf payload = {0};
        compress_frame(&payload, inner.bytes.data, inner.bytes.size, 3);
        uint64_t gtid_size =
            LEAT_EVENT_HEADER_SIZE + 1 + 16 + 8 + 1 + 16 + 7 + 3 + 4 + LEAT_EVENT_CHECKSUM_SIZE;
        uint64_t size = LEAT_EVENT_HEADER_SIZE + 3 * 11 + 1 + payload.size + LEAT_EVENT_CHECKSUM_SIZE;
        stream_open(&s, NULL);
        put_format(&s);
        put_gtid_length(&s, 1, gtid_size + size + wrong);
        put_payload_bytes(&s, &payload, inner.bytes.size);
        if (wrong)
            check_error(&s, "event 9 in it, XID: the transaction that began at");
        else
            check_trace(&s, expected);
        stream_close(&s);
        leat_buf_free(&payload);
    }
    stream_free(&inner);
}
END_TEST

START_TEST(what_the_listener_says_within_a_payload_is_handed_on)
{
    struct stream s, inner;
    inner_init(&inner);
    put_transaction(&inner);
    for (int at = 2; at <= 8; at++) {
        open_with_gtid(&s);
        s.stop_at = at;
        s.stop_with = LEAT_END;
        put_payload(&s, &inner);
        ck_assert_int_eq(s.result, LEAT_END);
        stream_close(&s);
    }
    stream_free(&inner);
}
END_TEST

/* An error's message names the payload's place and the event in it. */
static void check_stops(const struct stream *inner, const char *code, const char *message)
{
    struct stream s;
    open_with_gtid(&s);
    stream_forget(&s);
    put_payload(&s, inner);
    const char *trace = leat_buf_cstr(&s.trace);
    const char *found = strchr(trace, '!');
    ck_assert_msg(found != NULL, "no error: %s", trace);
    ck_assert_str_eq(found + 1, code);
    check_error(&s, "TRANSACTION_PAYLOAD at mysql-bin.000001:");
    check_error(&s, message);
    stream_close(&s);
}

START_TEST(what_a_payload_may_not_hold)
{
    static const unsigned types[] = {
        LEAT_EVENT_GTID,        LEAT_EVENT_ANONYMOUS_GTID,     LEAT_EVENT_GTID_TAGGED,
        LEAT_EVENT_ROTATE,      LEAT_EVENT_FORMAT_DESCRIPTION, LEAT_EVENT_STOP,
        LEAT_EVENT_HEARTBEAT,   LEAT_EVENT_HEARTBEAT_V2,       LEAT_EVENT_PREVIOUS_GTIDS,
        LEAT_EVENT_MARIADB_GTID};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct stream inner;
        inner_init(&inner);
        put_query(&inner, "", "BEGIN");
        leat_buf_put(&inner.body, (uint8_t[200]){0}, 200);
        put_event(&inner, types[i]);
        check_stops(&inner, "malformed", "can't lie in a payload");
        stream_free(&inner);
    }
    struct stream inner, nested;
    inner_init(&inner);
    inner_init(&nested);
    put_transaction(&inner);
    put_query(&nested, "", "BEGIN");
    put_payload(&nested, &inner);
    check_stops(&nested, "malformed",
                "event 2 in it, TRANSACTION_PAYLOAD: such an event can't lie in a payload");
    put_transaction(&inner); /* a second one, behind the first one's end */
    check_stops(&inner, "malformed", "event 10 in it, QUERY: the transaction has ended before it");
    stream_free(&nested);
    stream_free(&inner);
}
END_TEST

START_TEST(a_payload_needs_its_gtid_before_it)
{
    struct stream s, inner;
    inner_init(&inner);
    put_transaction(&inner);
    stream_open(&s, NULL);
    put_format(&s);
    put_payload(&s, &inner);
    check_trace(&s, "!malformed");
    check_error(&s, "no GTID event before it");
    stream_close(&s);

    /* A stream that begins in mid-transaction passes it over. */
    struct leat_decoder_options options = {.skip_to_begin = true};
    stream_open(&s, &options);
    put_format(&s);
    leat_decoder_place(s.decoder, build_source_uuid, "mysql-bin.000001", s.pos);
    stream_feed(&s, s.bytes.data, s.bytes.size);
    put_payload(&s, &inner);
    put_gtid(&s, 1);
    put_payload(&s, &inner);
    ck_assert_msg(s.result == LEAT_OK, "%s", s.err.message);
    check_trace(&s, expected);
    stream_close(&s);
    stream_free(&inner);
}
END_TEST

START_TEST(errors_name_the_event_and_its_row)
{
    struct stream inner;
    inner_init(&inner);
    put_query(&inner, "", "BEGIN");
    put_table_map(&inner, 100, "shop", "orders");
    begin_rows(&inner, LEAT_EVENT_WRITE_ROWS, 100, true);
    put_image(&inner.body, 1, "x");
    leat_buf_put(&inner.body, "\0\1", 2);
    put_event(&inner, LEAT_EVENT_WRITE_ROWS);
    check_stops(&inner, "malformed",
                "event 3 in it, WRITE_ROWS: row 1: a row of shop.orders is not whole at column 1 id");
    stream_free(&inner);
    inner_init(&inner);
    put_query(&inner, "", "BEGIN");
    put_event(&inner, 77);
    check_stops(&inner, "unsupported", "event 2 in it, unknown type 77: ");
    stream_free(&inner);
}
END_TEST

/* ---- Lies ---- */

/* A payload of these bytes, compressed, after a GTID: its error. */
static void check_refused(const struct leat_buf *payload, uint64_t size, uint64_t compression,
                          uint64_t uncompressed, const char *code, const char *message)
{
    struct stream s;
    open_with_gtid(&s);
    put_payload_head(&s, size, compression, uncompressed);
    leat_buf_put(&s.body, payload->data, payload->size);
    put_event(&s, LEAT_EVENT_TRANSACTION_PAYLOAD);
    ck_assert_int_eq(s.result, LEAT_FAIL);
    ck_assert_str_eq(leat_code_name(s.err.code), code);
    check_error(&s, message);
    stream_close(&s);
}

START_TEST(sizes_that_lie)
{
    struct stream inner;
    inner_init(&inner);
    put_transaction(&inner);
    struct leat_buf payload = {0};
    compress_frame(&payload, inner.bytes.data, inner.bytes.size, 3);
    uint64_t size = payload.size, real = inner.bytes.size, wrap = UINT64_C(1) << 32;
    check_refused(&payload, size, 0, real + 1, "malformed", "bytes uncompressed and has ");
    check_refused(&payload, size, 0, real - 1, "malformed", "uncompressed and has more");
    check_refused(&payload, size, 0, 0, "malformed", "uncompressed and has more");
    check_refused(&payload, size, 0, real + wrap, "malformed", "bytes uncompressed and has ");
    check_refused(&payload, size + 1, 0, real, "malformed", "says that its payload has ");
    check_refused(&payload, size - 1, 0, real, "malformed", "says that its payload has ");
    check_refused(&payload, size + wrap, 0, real, "malformed", "says that its payload has ");
    check_refused(&payload, SIZE_MAX, 0, real, "malformed", "doesn't tell its payload's size");
    check_refused(&payload, size, SIZE_MAX, real, "malformed", "doesn't tell its payload's size");
    check_refused(&payload, size, 1, real, "unsupported",
                  "compression 1 of a TRANSACTION_PAYLOAD is not known");
    check_refused(&payload, size, 255, real, "malformed", "bytes that aren't compressed");
    leat_buf_put(&payload, "trailing", 8);
    check_refused(&payload, size + 8, 0, real, "malformed", "zstd can't read on");
    payload.size = size - 3;
    check_refused(&payload, size - 3, 0, real, "malformed", "ends within a zstd frame");
    leat_buf_clear(&payload);
    compress_frame(&payload, inner.bytes.data, real - 5, 3);
    check_refused(&payload, payload.size, 0, real - 5, "malformed", "event 9 in it");
    check_refused(&payload, payload.size, 0, SIZE_MAX, "malformed", "the payload ends within an event");
    leat_buf_free(&payload);
    stream_free(&inner);
}
END_TEST

START_TEST(events_in_a_payload_whose_length_lies)
{
    static const struct {
        uint32_t size;
        const char *code, *message;
    } cases[] = {{0, "malformed", "less than an event's header"},
                 {18, "malformed", "less than an event's header"},
                 {UINT32_MAX, "malformed", "are left of the payload"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream inner;
        inner_init(&inner);
        put_query(&inner, "", "BEGIN");
        size_t at = inner.bytes.size;
        put_xid(&inner, 1);
        for (unsigned b = 0; b < 4; b++)
            inner.bytes.data[at + 9 + b] = (uint8_t)(cases[i].size >> 8 * b);
        check_stops(&inner, cases[i].code, cases[i].message);
        stream_free(&inner);
    }
}
END_TEST

/* An event of `size` bytes, all zeros but for its head, as one frame. */
static void compress_zeros(struct leat_buf *to, uint32_t size, int window_log)
{
    enum { PIECE = 1 << 20 };
    uint8_t *piece = leat_alloc_zero(1, PIECE);
    piece[4] = LEAT_EVENT_WRITE_ROWS;
    for (unsigned b = 0; b < 4; b++)
        piece[9 + b] = (uint8_t)(size >> 8 * b);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ck_assert(!ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1)));
    if (window_log)
        ck_assert(!ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window_log)));
    for (uint64_t at = 0; at < size; at += PIECE) {
        size_t part = size - at < PIECE ? (size_t)(size - at) : (size_t)PIECE;
        ZSTD_inBuffer in = {piece, part, 0};
        size_t left;
        do {
            ZSTD_outBuffer out = {leat_buf_reserve(to, 65536), 65536, 0};
            left = ZSTD_compressStream2(zstd, &out, &in, at + part == size ? ZSTD_e_end : ZSTD_e_continue);
            ck_assert(!ZSTD_isError(left));
            leat_buf_commit(to, out.pos);
        } while (in.pos < in.size || (left && at + part == size));
        memset(piece, 0, LEAT_EVENT_HEADER_SIZE);
    }
    ZSTD_freeCCtx(zstd);
    free(piece);
}

/* 1 GiB in 32 KiB: refused at its head, with nothing set aside for it. */
START_TEST(a_bomb_is_refused_before_it_goes_off)
{
    struct leat_buf payload = {0};
    compress_zeros(&payload, UINT32_C(1) << 30, 0);
    ck_assert_uint_lt(payload.size, 100000);
    struct leat_payload head = {LEAT_PAYLOAD_ZSTD, payload.data, payload.size, UINT64_C(1) << 30};
    struct leat_payload_reader *reader = leat_payload_reader_new();
    struct leat_error err = {0};
    const uint8_t *bytes;
    size_t size;
    ck_assert_int_eq(leat_payload_begin(reader, &head, UINT64_C(256) << 20, &err), LEAT_OK);
    ck_assert_int_eq(leat_payload_next(reader, &bytes, &size, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    ck_assert_msg(strstr(err.cure, "source.event_bytes_max") != NULL, "%s", err.cure);
    ck_assert_uint_lt(leat_payload_memory(reader), 2 << 20);
    leat_payload_reader_free(&reader);
    leat_buf_free(&payload);
}
END_TEST

/* A window of 128 MiB is zstd's level 22; one of 256 MiB isn't given. */
START_TEST(windows)
{
    enum { SIZE = 3 << 20 };
    for (int log = 27; log <= 28; log++) {
        struct leat_buf payload = {0};
        compress_zeros(&payload, SIZE, log);
        /* A frame that isn't told its size beforehand asks for its whole window. */
        struct leat_payload head = {LEAT_PAYLOAD_ZSTD, payload.data, payload.size, SIZE};
        struct leat_payload_reader *reader = leat_payload_reader_new();
        struct leat_error err = {0};
        const uint8_t *bytes;
        size_t size;
        ck_assert_int_eq(leat_payload_begin(reader, &head, SIZE, &err), LEAT_OK);
        int result = leat_payload_next(reader, &bytes, &size, &err);
        if (log == 27) {
            ck_assert_msg(result == LEAT_OK && size == SIZE, "%s", err.message);
            ck_assert_uint_gt(leat_payload_memory(reader), 128 << 20);
            ck_assert_int_eq(leat_payload_next(reader, &bytes, &size, &err), LEAT_END);
            leat_payload_end(reader); /* so much isn't kept */
            ck_assert_uint_lt(leat_payload_memory(reader), 5 << 20);
        } else {
            ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
            ck_assert_msg(strstr(err.message, "asks for a window of 268435456 bytes") != NULL, "%s",
                          err.message);
        }
        leat_payload_reader_free(&reader);
        leat_buf_free(&payload);
    }
    /* In one segment a frame's window is its contents: 2^40 bytes, it says. */
    static const uint8_t segment[] = {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 1, 0, 0, 0x01, 0, 0};
    struct leat_buf payload = {0};
    leat_buf_put(&payload, segment, sizeof segment);
    check_refused(&payload, payload.size, 0, SIZE_MAX, "too_large",
                  "asks for a window of 1099511627776 bytes");
    leat_buf_free(&payload);
}
END_TEST

/* Any byte changed, any end cut off: an error or a transaction, never a crash, and a short one never passes
 * for the whole. */
START_TEST(any_damage)
{
    struct stream inner, whole;
    inner_init(&inner);
    put_transaction(&inner);
    stream_init(&whole);
    whole.checksums = false; /* they would find all of it first */
    put_payload(&whole, &inner);
    struct leat_binlog_format format = {.version = 4};
    for (size_t i = 0; i < whole.bytes.size * 2; i++) {
        size_t at = i / 2, size = i % 2 ? at : whole.bytes.size;
        if (size < LEAT_EVENT_HEADER_SIZE)
            continue;
        uint8_t *copy = leat_memdup(whole.bytes.data, size);
        if (i % 2 == 0)
            copy[at] = (uint8_t)(copy[at] + 1 + at % 255);
        struct leat_event event;
        struct leat_error err = {0};
        for (unsigned b = 0; b < 4; b++)
            copy[9 + b] = (uint8_t)(size >> 8 * b);
        ck_assert_int_eq(leat_event_parse(&event, &format, copy, size, &err), LEAT_OK);
        struct leat_payload payload;
        struct leat_payload_reader *reader = leat_payload_reader_new();
        int result = leat_event_payload(&payload, &event, &err);
        if (result == LEAT_OK)
            result = leat_payload_begin(reader, &payload, 1 << 20, &err);
        const uint8_t *bytes;
        size_t inner_size;
        while (result == LEAT_OK)
            result = leat_payload_next(reader, &bytes, &inner_size, &err);
        if (i % 2)
            ck_assert_int_eq(result, LEAT_FAIL);
        leat_payload_reader_free(&reader);
        free(copy);
    }
    stream_free(&whole);
    stream_free(&inner);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: payloads");
    LEAT_TEST_ADD(suite, a_compressed_transaction_is_the_same_as_a_plain_one);
    LEAT_TEST_ADD(suite, a_payload_that_is_not_compressed);
    LEAT_TEST_ADD(suite, several_frames);
    LEAT_TEST_ADD(suite, the_length_of_the_transaction_is_that_of_its_payload);
    LEAT_TEST_ADD(suite, what_the_listener_says_within_a_payload_is_handed_on);
    LEAT_TEST_ADD(suite, what_a_payload_may_not_hold);
    LEAT_TEST_ADD(suite, a_payload_needs_its_gtid_before_it);
    LEAT_TEST_ADD(suite, errors_name_the_event_and_its_row);
    LEAT_TEST_ADD(suite, sizes_that_lie);
    LEAT_TEST_ADD(suite, events_in_a_payload_whose_length_lies);
    LEAT_TEST_ADD(suite, a_bomb_is_refused_before_it_goes_off);
    LEAT_TEST_ADD(suite, windows);
    LEAT_TEST_ADD(suite, any_damage);
    return suite;
}

LEAT_TEST_MAIN(suite)
