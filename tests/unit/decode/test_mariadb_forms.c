/* Forms of events that MariaDB alone writes: compressed events and columns, fragments, ALTER TABLE in two
 * phases. */
#include <libdeflate.h>

#include "check_main.h"
#include "decode/build.h"

static const char server[] = "12.3.2-MariaDB-log";

static void open_mariadb(struct stream *s, const struct leat_decoder_options *options)
{
    stream_open(s, options);
    s->server = server;
    put_format(s);
}

/* ---- Compressed events ---- */

/* `size` bytes as zlib makes them, behind a head that says that they become `told`. */
static void compress_as(struct leat_buf *to, const void *bytes, size_t size, uint32_t told,
                        unsigned length_bytes)
{
    struct libdeflate_compressor *zlib = libdeflate_alloc_compressor(6);
    leat_buf_u8(to, (uint8_t)(0x80 | length_bytes));
    for (unsigned i = length_bytes; i > 0; i--)
        leat_buf_u8(to, (uint8_t)(i > 4 ? 0 : told >> 8 * (i - 1)));
    size_t room = libdeflate_zlib_compress_bound(zlib, size);
    leat_buf_commit(to, libdeflate_zlib_compress(zlib, bytes, size, leat_buf_reserve(to, room), room));
    libdeflate_free_compressor(zlib);
}

static unsigned width(size_t size)
{
    return size < 0x100 ? 1 : size < 0x10000 ? 2 : size < 0x1000000 ? 3 : 4;
}

/* The body's bytes from `from` on, compressed. */
static void compress_body(struct stream *s, size_t from)
{
    struct leat_buf plain = {0};
    leat_buf_put(&plain, s->body.data + from, s->body.size - from);
    s->body.size = from;
    compress_as(&s->body, plain.data, plain.size, (uint32_t)plain.size, width(plain.size));
    leat_buf_free(&plain);
}

static void put_images(struct stream *s, bool update)
{
    for (uint32_t i = 0; i < 300; i++) {
        put_image(&s->body, i, i % 5 ? "some note" : NULL);
        if (update)
            put_image(&s->body, i, "another");
    }
}

static void put_transaction(struct stream *s, bool compressed)
{
    static const unsigned types[] = {LEAT_EVENT_WRITE_ROWS_V1,  LEAT_EVENT_UPDATE_ROWS_V1,
                                     LEAT_EVENT_DELETE_ROWS_V1, LEAT_EVENT_WRITE_ROWS,
                                     LEAT_EVENT_UPDATE_ROWS,    LEAT_EVENT_DELETE_ROWS};
    put_mariadb_gtid(s, 1, 0);
    for (unsigned i = 0; i < 6; i++) {
        put_table_map(s, 100, "shop", "orders");
        begin_rows(s, types[i], 100, true);
        size_t head = s->body.size;
        put_images(s, i % 3 == 1);
        if (compressed)
            compress_body(s, head);
        put_event(s, compressed ? LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1 + i : types[i]);
    }
    put_xid(s, 1);
}

START_TEST(compressed_rows_are_the_same_as_plain_ones)
{
    struct stream plain, s;
    open_mariadb(&plain, NULL);
    open_mariadb(&s, NULL);
    put_transaction(&plain, false);
    put_transaction(&s, true);
    check_trace(&s, leat_buf_cstr(&plain.trace));
    check_trace(&s,
                "begin(0-1-1) schema(shop.orders) insert(shop.orders,300,end) update(shop.orders,300,end) "
                "delete(shop.orders,300,end) insert(shop.orders,300,end) update(shop.orders,300,end) "
                "delete(shop.orders,300,end) end(xid,1800,0)");
    ck_assert_uint_eq(s.digest, plain.digest);
    stream_close(&plain);
    stream_close(&s);
}
END_TEST

static void put_query_compressed(struct stream *s, const char *sql, uint32_t told)
{
    leat_buf_put(&s->body, "\7\0\0\0\0\0\0\0\4\0\0\0\0shop", 18);
    compress_as(&s->body, sql, strlen(sql), told, 4);
    put_event(s, LEAT_EVENT_MARIADB_QUERY_COMPRESSED);
}

START_TEST(compressed_statements)
{
    static const char sql[] = "ALTER TABLE orders ADD COLUMN a INT, ADD COLUMN b INT, ADD COLUMN c INT";
    struct stream s;
    open_mariadb(&s, NULL);
    put_mariadb_gtid(&s, 1, 1);
    put_query_compressed(&s, sql, sizeof sql - 1);
    check_trace(&s, "begin(0-1-1) statement(2,shop.orders,ALTER TABLE orders ADD COLUMN a INT, ADD COLUMN b "
                    "INT, ADD COLUMN c INT) "
                    "end(statement,0,1)");
    stream_close(&s);
}
END_TEST

/* A rows event of ten thousand bytes of images with this head before `compressed`. */
static void check_rows_refused(const struct leat_buf *compressed, const struct leat_decoder_options *options,
                               const char *code, const char *message)
{
    struct stream s;
    open_mariadb(&s, options);
    put_mariadb_gtid(&s, 1, 0);
    put_table_map(&s, 100, "shop", "orders");
    stream_forget(&s);
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS_V1, 100, true);
    leat_buf_put(&s.body, compressed->data, compressed->size);
    put_event(&s, LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1);
    ck_assert_int_eq(s.result, LEAT_FAIL);
    ck_assert_msg(!strcmp(leat_code_name(s.err.code), code), "%s", s.err.message);
    check_error(&s, "WRITE_ROWS_COMPRESSED_V1 at mysql-bin.000001:");
    check_error(&s, message);
    stream_close(&s);
}

START_TEST(lengths_that_lie)
{
    static const struct {
        uint32_t told;
        unsigned length_bytes;
        const char *code, *message;
    } cases[] = {
        {9999, 2, "malformed", "more than the 9999"},
        {10001, 2, "malformed", "fewer than the 10001"},
        {0, 4, "malformed", "more than the 0"},
        {UINT32_MAX, 4, "malformed", "can't become the 4294967295"},
        {UINT32_MAX - 4, 4, "malformed", "can't become the"},
        {10000, 0, "malformed", "no head that tells its length"},
        {10000, 5, "malformed", "no head that tells its"},
        {10000, 7, "malformed", "no head that tells its length"},
        {10000, 1, "malformed", "more than the 16 "},
    };
    static const uint8_t zeros[10000];
    struct leat_buf compressed = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        leat_buf_clear(&compressed);
        compress_as(&compressed, zeros, sizeof zeros, cases[i].told, cases[i].length_bytes);
        check_rows_refused(&compressed, NULL, cases[i].code, cases[i].message);
    }
    leat_buf_clear(&compressed);
    compress_as(&compressed, zeros, sizeof zeros, sizeof zeros, 2);
    struct leat_decoder_options small = {.names_required = true, .event_bytes_max = 9999};
    check_rows_refused(&compressed, &small, "too_large", "10000 bytes or more uncompressed");
    compressed.data[0] |= 0x10;
    check_rows_refused(&compressed, NULL, "unsupported", "compression 1 of MariaDB's events");
    compressed.data[0] &= 0x0F;
    check_rows_refused(&compressed, NULL, "malformed", "no head");
    compressed.data[0] |= 0x80;
    leat_buf_u8(&compressed, 0);
    check_rows_refused(&compressed, NULL, "malformed", "1 bytes are left behind a zlib stream");
    for (size_t size = 0; size < compressed.size - 1; size++) {
        struct leat_buf cut = {.data = compressed.data, .size = size};
        check_rows_refused(&cut, NULL, "malformed", "");
    }
    leat_buf_free(&compressed);
    struct stream s;
    open_mariadb(&s, NULL);
    put_mariadb_gtid(&s, 1, 1);
    put_query_compressed(&s, "ALTER TABLE a ADD b INT", UINT32_MAX);
    check_error(&s, "QUERY_COMPRESSED at mysql-bin.000001:");
    check_error(&s, "can't become the 4294967295");
    stream_close(&s);
}
END_TEST

/* ---- Compressed columns ---- */

/* t (v VARCHAR(length), b BLOB), each COMPRESSED or not. */
static void put_columns_map(struct stream *s, bool compressed, unsigned length)
{
    unsigned told = length + compressed;
    leat_buf_le(&s->body, 100, 6);
    leat_buf_put(&s->body, "\1\0\4shop\0\1t", 11);
    leat_buf_u8(&s->body, 2);
    leat_buf_u8(&s->body, compressed ? LEAT_TYPE_VARCHAR_COMPRESSED : LEAT_TYPE_VARCHAR);
    leat_buf_u8(&s->body, compressed ? LEAT_TYPE_BLOB_COMPRESSED : LEAT_TYPE_BLOB);
    leat_buf_u8(&s->body, 3);
    leat_buf_u16(&s->body, (uint16_t)told);
    leat_buf_u8(&s->body, 2);
    leat_buf_u8(&s->body, 0x03);
    put_field(&s->body, 3, "\x2d\x3f", 2);
    put_field(&s->body, 4, "\1v\1b", 4);
    put_event(s, LEAT_EVENT_TABLE_MAP);
}

enum how { PLAIN, WITHIN_ZLIB, RAW };

static void put_value(struct leat_buf *to, unsigned prefix, const void *bytes, size_t size)
{
    leat_buf_le(to, size, prefix);
    leat_buf_put(to, bytes, size);
}

static void put_compressed(struct leat_buf *to, unsigned prefix, const char *text, enum how how)
{
    struct leat_buf value = {0};
    size_t size = strlen(text), room = size + 100;
    struct libdeflate_compressor *zlib = libdeflate_alloc_compressor(6);
    if (size == 0) {
        /* no byte at all */
    } else if (how == PLAIN) {
        leat_buf_u8(&value, 0);
        leat_buf_puts(&value, text);
    } else {
        leat_buf_u8(&value, (uint8_t)(0x80 | (how == RAW ? 8 : 0) | width(size)));
        for (unsigned i = width(size); i > 0; i--)
            leat_buf_u8(&value, (uint8_t)(size >> 8 * (i - 1)));
        uint8_t *at = leat_buf_reserve(&value, room);
        leat_buf_commit(&value, how == RAW ? libdeflate_deflate_compress(zlib, text, size, at, room)
                                           : libdeflate_zlib_compress(zlib, text, size, at, room));
    }
    put_value(to, prefix, value.data, value.size);
    leat_buf_free(&value);
    libdeflate_free_compressor(zlib);
}

static char long_text[5001];

/* Rows with values of each kind; update's two images. */
static void put_columns_rows(struct stream *s, bool compressed, unsigned length)
{
    unsigned wire_prefix = length + compressed > 255 ? 2 : 1;
    const char *const texts[] = {"", "short", "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabc", long_text};
    put_columns_map(s, compressed, length);
    leat_buf_le(&s->body, 100, 6);
    leat_buf_put(&s->body, "\1\0\2\3\3", 5);
    for (int row = 0; row < 8; row++) {
        leat_buf_u8(&s->body, row == 3 ? 0xFD : 0xFC);
        if (row != 3 && compressed)
            put_compressed(&s->body, wire_prefix, texts[row % 3], (enum how)(row % 3));
        else if (row != 3)
            put_value(&s->body, wire_prefix, texts[row % 3], strlen(texts[row % 3]));
        if (compressed)
            put_compressed(&s->body, 2, texts[row % 4], (enum how)((row + 1) % 3));
        else
            put_value(&s->body, 2, texts[row % 4], strlen(texts[row % 4]));
    }
    put_event(s, LEAT_EVENT_UPDATE_ROWS_V1);
}

/* At 255 bytes a compressed VARCHAR's length is one byte wider than its plain one's. */
START_TEST(compressed_columns_are_the_same_as_plain_ones)
{
    static const unsigned lengths[] = {100, 254, 255, 256, 1000};
    memset(long_text, 'x', sizeof long_text - 1);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint64_t digests[2];
        for (int compressed = 0; compressed < 2; compressed++) {
            struct stream s;
            open_mariadb(&s, NULL);
            put_mariadb_gtid(&s, 1, 0);
            put_columns_rows(&s, compressed, lengths[i]);
            put_xid(&s, 1);
            ck_assert_msg(s.result == LEAT_OK, "%s", s.err.message);
            check_trace(&s, "begin(0-1-1) schema(shop.t) update(shop.t,4,end) end(xid,4,0)");
            digests[compressed] = s.digest;
            stream_close(&s);
        }
        ck_assert_uint_eq(digests[0], digests[1]);
    }
}
END_TEST

/* An insert of this value into b. */
static void check_value_refused(const void *value, size_t size, const struct leat_decoder_options *options,
                                const char *code, const char *message)
{
    struct stream s;
    open_mariadb(&s, options);
    put_mariadb_gtid(&s, 1, 0);
    put_columns_map(&s, true, 100);
    leat_buf_le(&s.body, 100, 6);
    leat_buf_put(&s.body, "\1\0\2\3\xFD", 5);
    put_value(&s.body, 2, value, size);
    put_event(&s, LEAT_EVENT_WRITE_ROWS_V1);
    ck_assert_int_eq(s.result, LEAT_FAIL);
    ck_assert_str_eq(leat_code_name(s.err.code), code);
    check_error(&s, "row 0: shop.t, column 2 b: ");
    check_error(&s, message);
    stream_close(&s);
}

START_TEST(values_that_lie)
{
    struct leat_decoder_options small = {.names_required = true, .event_bytes_max = 4000};
    struct leat_buf value = {0};
    check_value_refused("\x84\xFF\xFF\xFF\xFFx", 6, NULL, "malformed", "can't become the 4294967295");
    check_value_refused("\x80x", 2, NULL, "malformed", "no head that tells its length");
    check_value_refused("\x87xxxxxxx", 8, NULL, "malformed", "no head that tells its length");
    check_value_refused("\x82\1", 2, NULL, "malformed", "no head that tells its length");
    check_value_refused("\x82\1\2", 3, NULL, "malformed", "0 compressed bytes are not a whole zlib stream");
    check_value_refused("\x81\2xx", 4, NULL, "malformed", "not a whole zlib stream");
    check_value_refused("\x91\2xx", 4, NULL, "unsupported", "compression 9 of MariaDB's columns");
    memset(long_text, 'x', sizeof long_text - 1);
    put_compressed(&value, 2, long_text, RAW);
    check_value_refused(value.data + 2, value.size - 2, &small, "too_large", "source.event_bytes_max");
    value.data[3]++;
    check_value_refused(value.data + 2, value.size - 2, NULL, "malformed", "fewer than the 5256");
    leat_buf_clear(&value);
    char *huge = leat_alloc_zero(1, 65537);
    memset(huge, 'x', 65536);
    put_compressed(&value, 2, huge, RAW);
    check_value_refused(value.data + 2, value.size - 2, NULL, "malformed",
                        "has 65536 bytes uncompressed, its column holds 65535");
    free(huge);
    leat_buf_free(&value);
}
END_TEST

/* ---- GTIDs and ALTER TABLE ---- */

static void put_gtid_extra(struct stream *s, uint64_t number, unsigned flags, const void *rest, size_t size)
{
    leat_buf_u64(&s->body, number);
    leat_buf_u32(&s->body, 0);
    leat_buf_u8(&s->body, (uint8_t)flags);
    leat_buf_put(&s->body, rest, size);
    while (s->body.size < 19)
        leat_buf_u8(&s->body, 0);
    put_event(s, LEAT_EVENT_MARIADB_GTID);
}

START_TEST(alter_in_two_phases_is_one_statement_where_it_commits)
{
    struct stream s;
    open_mariadb(&s, NULL);
    put_gtid_extra(&s, 1, 0x29, "\2", 1);
    put_query(&s, "shop", "ALTER TABLE orders ADD a INT");
    put_gtid_extra(&s, 2, 0x29, "\2", 1);
    put_query(&s, "shop", "ALTER TABLE customers ADD a INT");
    put_mariadb_gtid(&s, 3, 0);
    put_table_map(&s, 100, "shop", "orders");
    put_row(&s, LEAT_EVENT_WRITE_ROWS_V1, 100, 1, "x");
    put_xid(&s, 1);
    put_gtid_extra(&s, 4, 0x29, "\10\2\0\0\0\0\0\0\0", 9);
    put_query(&s, "shop", "ALTER TABLE customers ADD a INT");
    put_gtid_extra(&s, 5, 0x29, "\4\1\0\0\0\0\0\0\0", 9);
    put_query(&s, "shop", "ALTER TABLE orders ADD a INT");
    check_trace(&s,
                "begin(0-1-1) end(empty,0,0) begin(0-1-2) end(empty,0,0) begin(0-1-3) schema(shop.orders) "
                "insert(shop.orders,1,end) end(xid,1,0) begin(0-1-4) end(empty,0,0) begin(0-1-5) "
                "statement(2,shop.orders,ALTER TABLE orders ADD a INT) end(statement,0,1)");
    ck_assert_uint_eq(stream_state(&s).completed.pos, s.pos);
    stream_close(&s);
}
END_TEST

START_TEST(what_gtid_events_append)
{
    static const struct {
        unsigned flags;
        const char *rest;
        size_t size;
        uint64_t commit_id;
        uint32_t thread_id, begin_flags;
    } cases[] = {
        {0, "", 0, 0, 0, 0},
        {2, "\7\0\0\0\0\0\0\0", 8, 7, 0, 0},
        {2, "\7\0\0\0\0\0\0\0\1\3", 10, 7, 0, 0},
        {0, "\20\5\0\0\0", 5, 0, 5, 0},
        {2, "\7\0\0\0\0\0\0\0\21\3\5\0\0\0", 14, 7, 5, 0},
        {1, "\25\3\11\0\0\0\0\0\0\0\5\0\0\0", 14, 0, 5, LEAT_BEGIN_STANDALONE | LEAT_BEGIN_ALTER_COMMITS},
        {1, "\30\11\0\0\0\0\0\0\0\5\0\0\0", 13, 0, 5, LEAT_BEGIN_STANDALONE | LEAT_BEGIN_ALTER_ROLLS_BACK},
    };
    struct leat_binlog_format format = {.version = 4, .mariadb = true};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream s;
        struct leat_event event;
        struct leat_begin begin = {0};
        struct leat_error err = {0};
        stream_init(&s);
        s.checksums = false;
        put_gtid_extra(&s, 9, cases[i].flags, cases[i].rest, cases[i].size);
        ck_assert_int_eq(leat_event_parse(&event, &format, s.bytes.data, s.bytes.size, &err), 0);
        ck_assert_int_eq(leat_event_gtid(&begin, &format, &event, &err), 0);
        ck_assert_uint_eq(begin.commit_id, cases[i].commit_id);
        ck_assert_uint_eq(begin.thread_id, cases[i].thread_id);
        ck_assert_uint_eq(begin.flags, cases[i].begin_flags);
        stream_free(&s);
    }
}
END_TEST

/* ---- Fragments ---- */

/* The rows event of an insert, cut into `count` parts. */
struct cut {
    bool count_first, summed;
    uint32_t count;
    uint64_t size_more; /* what the first one adds to the size that it tells */
    unsigned type;
    uint32_t leave_out;
};

static void put_fragments(struct stream *s, const struct cut *cut)
{
    struct stream whole;
    stream_init(&whole);
    whole.checksums = cut->summed;
    begin_rows(&whole, LEAT_EVENT_WRITE_ROWS_V1, 100, true);
    put_images(&whole, false);
    put_event(&whole, cut->type);
    size_t size = whole.bytes.size, part = size / cut->count + 1;
    for (uint32_t i = 0; i < cut->count; i++) {
        if (i + 1 == cut->leave_out)
            continue;
        leat_buf_u32(&s->body, cut->count_first ? cut->count : i + 1);
        leat_buf_u32(&s->body, cut->count_first ? i + 1 : cut->count);
        leat_buf_u8(&s->body, i == 0);
        if (i == 0)
            leat_buf_u64(&s->body, size + cut->size_more);
        size_t from = i * part < size ? i * part : size, left = size - from;
        leat_buf_put(&s->body, whole.bytes.data + from, left < part ? left : part);
        put_event(s, LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA);
    }
    stream_free(&whole);
}

static void open_for_fragments(struct stream *s, const struct leat_decoder_options *options)
{
    open_mariadb(s, options);
    put_mariadb_gtid(s, 1, 0);
    put_table_map(s, 100, "shop", "orders");
    stream_forget(s);
}

START_TEST(fragments_are_put_together)
{
    static const char expected[] = "schema(shop.orders) insert(shop.orders,300,end) end(xid,300,0)";
    struct stream s;
    open_for_fragments(&s, NULL);
    begin_rows(&s, LEAT_EVENT_WRITE_ROWS_V1, 100, true);
    put_images(&s, false);
    put_event(&s, LEAT_EVENT_WRITE_ROWS_V1);
    put_xid(&s, 1);
    check_trace(&s, expected);
    uint64_t digest = s.digest;
    stream_close(&s);
    for (uint32_t count = 1; count <= 200; count = count * 3 + 1) {
        for (unsigned how = 0; how < 4; how++) {
            struct cut cut = {
                .count_first = how & 1, .summed = how & 2, .count = count, .type = LEAT_EVENT_WRITE_ROWS_V1};
            open_for_fragments(&s, NULL);
            put_fragments(&s, &cut);
            ck_assert_msg(s.result == LEAT_OK, "%u, %u: %s", count, how, s.err.message);
            ck_assert_uint_eq(s.rows_end_pos, s.pos);
            put_xid(&s, 1);
            check_trace(&s, expected);
            ck_assert_uint_eq(s.digest, digest);
            stream_close(&s);
        }
    }
}
END_TEST

START_TEST(fragments_that_are_not_whole)
{
    static const struct {
        struct cut cut;
        const char *code, *message;
    } cases[] = {
        {{.count = 5, .size_more = 1}, "malformed", "it says that it has"},
        {{.count = 5, .size_more = (uint64_t)-100}, "malformed", "have more bytes than its"},
        {{.count = 5, .size_more = UINT64_C(1) << 32}, "too_large", "source.event_bytes_max"},
        {{.count = 5, .leave_out = 1}, "malformed", "fragments of a rows event begin with 2, 5"},
        {{.count = 5, .leave_out = 3}, "malformed", "it is fragment 4 of 5, and 3 of 5 is due"},
        {{.count = 5, .leave_out = 5}, "malformed", "only 4 of 5 fragments of a rows event came before it"},
        {{.count = 5, .type = LEAT_EVENT_TABLE_MAP},
         "malformed",
         "fragments of a TABLE_MAP event, not of rows"},
        {{.count = 5, .type = LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA}, "malformed", "not of rows"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stream s;
        open_for_fragments(&s, NULL);
        struct cut cut = cases[i].cut;
        cut.type = cut.type ? cut.type : LEAT_EVENT_WRITE_ROWS_V1;
        put_fragments(&s, &cut);
        put_xid(&s, 1);
        ck_assert_int_eq(s.result, LEAT_FAIL);
        ck_assert_msg(!strcmp(leat_code_name(s.err.code), cases[i].code), "%s", s.err.message);
        check_error(&s, cases[i].message);
        stream_close(&s);
    }
}
END_TEST

/* ---- Times of before 10.1 ---- */

static void check_old_time(const char *version, unsigned type, bool whole_seconds, const char *expected)
{
    struct leat_decoder_options options = {.names_required = true, .whole_seconds = whole_seconds};
    struct stream s;
    stream_open(&s, &options);
    s.server = version;
    s.checksums = false; /* the older of these had none */
    put_format(&s);
    put_query(&s, "", "BEGIN");
    leat_buf_le(&s.body, 100, 6);
    leat_buf_put(&s.body, "\1\0\4shop\0\1t\0\1", 12);
    leat_buf_u8(&s.body, (uint8_t)type);
    leat_buf_put(&s.body, "\0\0\4\2\1a", 6);
    put_event(&s, LEAT_EVENT_TABLE_MAP);
    stream_forget(&s);
    leat_buf_le(&s.body, 100, 6);
    leat_buf_put(&s.body, "\1\0\1\1\0\0\0\0\0\0\0\0\0",
                 type == LEAT_TYPE_DATETIME ? 13
                 : type == LEAT_TYPE_TIME   ? 8
                                            : 9);
    put_event(&s, LEAT_EVENT_WRITE_ROWS_V1);
    ck_assert_msg(!strcmp(leat_buf_cstr(&s.trace), expected), "%s, type %u: %s %s", version, type, leat_buf_cstr(&s.trace), s.err.message);
    if (s.result) {
        check_error(&s, "shop.t has TIMESTAMP, TIME or DATETIME columns in MariaDB's form of before 10.1");
        check_cure(&s, "--whole-seconds");
    }
    stream_close(&s);
}

START_TEST(times_whose_digits_are_not_told_stop)
{
    static const char read[] = "schema(shop.t) insert(shop.t,1,end)";
    static const unsigned types[] = {LEAT_TYPE_TIMESTAMP, LEAT_TYPE_TIME, LEAT_TYPE_DATETIME};
    for (unsigned i = 0; i < 3; i++) {
        check_old_time("10.0.38-MariaDB", types[i], false, "!unsupported");
        check_old_time("5.3.0-MariaDB", types[i], false, "!unsupported");
        check_old_time("10.0.38-MariaDB", types[i], true, read);
        check_old_time("5.2.14-MariaDB", types[i], false, read);
        check_old_time("5.5.62-log", types[i], false, read);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: MariaDB's own forms");
    LEAT_TEST_ADD(suite, compressed_rows_are_the_same_as_plain_ones);
    LEAT_TEST_ADD(suite, compressed_statements);
    LEAT_TEST_ADD(suite, lengths_that_lie);
    LEAT_TEST_ADD(suite, compressed_columns_are_the_same_as_plain_ones);
    LEAT_TEST_ADD(suite, values_that_lie);
    LEAT_TEST_ADD(suite, alter_in_two_phases_is_one_statement_where_it_commits);
    LEAT_TEST_ADD(suite, what_gtid_events_append);
    LEAT_TEST_ADD(suite, fragments_are_put_together);
    LEAT_TEST_ADD(suite, fragments_that_are_not_whole);
    LEAT_TEST_ADD(suite, times_whose_digits_are_not_told_stop);
    return suite;
}

LEAT_TEST_MAIN(suite)
