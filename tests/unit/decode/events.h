/* Binlog events made by hand: each put_ appends one to the stream, at its position. What was put is kept, for
 * tests that damage it and feed it again. decode/build.h gives them to a decoder as they are made. */
#ifndef LEAT_TEST_DECODE_EVENTS_H
#define LEAT_TEST_DECODE_EVENTS_H

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/checksum.h"
#include "binlog/event.h"

static const uint8_t build_uuid[LEAT_UUID_SIZE] = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                                   0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11};
#define BUILD_UUID "11111111-1111-1111-1111-111111111111"

enum { BUILD_EVENTS_MAX = 512 };

struct stream {
    void (*feed)(struct stream *s, const void *bytes, size_t size); /* each event as it is made, or NULL */
    struct leat_buf bytes;                                          /* all events, one after another */
    size_t starts[BUILD_EVENTS_MAX + 1];
    size_t count;
    struct leat_buf body; /* of the event being made */
    uint64_t pos;         /* of the next event */
    const char *server;   /* for put_format */
    bool checksums;
    bool next_pos_missing; /* events say 0 */
    uint16_t flags;        /* of the events that follow */
    uint32_t time, server_id;

    /* For decode/build.h. */
    struct leat_decoder *decoder;
    struct leat_buf trace;
    struct leat_error err;
    int result;    /* of the last event fed */
    int stop_with; /* what the listener answers from stop_at on */
    int stop_at;   /* item number, from 1; 0: never */
    int items;
    uint64_t digest; /* of the last END */
    uint64_t rows_end_pos;
    uint32_t rows_thread_id;
    struct leat_end end;
    struct leat_begin begin;
};

static inline void stream_init(struct stream *s)
{
    *s = (struct stream){.server = "9.7.4", .checksums = true, .pos = 4, .time = 1700000000, .server_id = 1};
}

/* Seeds for the fuzz target events (tests/fuzz/parts.h), where LEAT_TEST_SEEDS names a folder: what tests make by hand is where
 * mutations lead on. */
static inline void stream_keep(const struct stream *s)
{
    const char *folder = getenv("LEAT_TEST_SEEDS");
    struct leat_buf seed = {0};
    char path[4096];
    if (!folder)
        return;
    leat_buf_u8(&seed, 0);
    for (size_t i = 0; i < s->count; i++) {
        const uint8_t *event = s->bytes.data + s->starts[i];
        size_t size = s->starts[i + 1] - s->starts[i], sum = s->checksums || event[4] == LEAT_EVENT_FORMAT_DESCRIPTION ? 4 : 0;
        size_t body = size - LEAT_EVENT_HEADER_SIZE - sum;
        leat_buf_u8(&seed, event[4]);
        leat_buf_u8(&seed, event[17]);
        leat_buf_u16(&seed, (uint16_t)(body < UINT16_MAX ? body : UINT16_MAX));
        leat_buf_put(&seed, event + LEAT_EVENT_HEADER_SIZE, body < UINT16_MAX ? body : UINT16_MAX);
    }
    snprintf(path, sizeof path, "%s/%016" PRIx64, folder, leat_hash64(seed.data, seed.size, 0));
    FILE *file = s->count > 1 && seed.size <= 8192 ? fopen(path, "wb") : NULL;
    if (file) {
        ck_assert_uint_eq(fwrite(seed.data, 1, seed.size, file), seed.size);
        ck_assert_int_eq(fclose(file), 0);
    }
    leat_buf_free(&seed);
}

static inline void stream_free(struct stream *s)
{
    stream_keep(s);
    leat_buf_free(&s->bytes);
    leat_buf_free(&s->body);
    leat_buf_free(&s->trace);
}

/* What is in s->body, as an event of this type at s->pos. `placed`: it takes room in the file. */
static inline void put_framed(struct stream *s, unsigned type, bool placed, uint32_t next_pos, uint32_t time)
{
    uint32_t size =
        (uint32_t)(LEAT_EVENT_HEADER_SIZE + s->body.size + (s->checksums ? LEAT_EVENT_CHECKSUM_SIZE : 0));
    size_t start = s->bytes.size;
    leat_buf_u32(&s->bytes, time);
    leat_buf_u8(&s->bytes, (uint8_t)type);
    leat_buf_u32(&s->bytes, s->server_id);
    leat_buf_u32(&s->bytes, size);
    leat_buf_u32(&s->bytes, next_pos);
    leat_buf_u16(&s->bytes, s->flags);
    leat_buf_put(&s->bytes, s->body.data, s->body.size);
    if (s->checksums)
        leat_buf_u32(&s->bytes, leat_crc32(0, s->bytes.data + start, s->bytes.size - start));
    leat_buf_clear(&s->body);
    ck_assert(s->count < BUILD_EVENTS_MAX);
    s->starts[s->count++] = start;
    s->starts[s->count] = s->bytes.size;
    s->pos += placed ? size : 0;
    if (s->feed)
        s->feed(s, s->bytes.data + start, size);
}

static inline void put_event(struct stream *s, unsigned type)
{
    uint64_t size = LEAT_EVENT_HEADER_SIZE + s->body.size + (s->checksums ? LEAT_EVENT_CHECKSUM_SIZE : 0);
    put_framed(s, type, true, s->next_pos_missing ? 0 : (uint32_t)(s->pos + size), s->time);
}

/* Post-header lengths by type, of MySQL 9 (MariaDB's differ where this matters to nothing here). */
static inline void put_format_placed(struct stream *s, bool placed)
{
    static const uint8_t lengths[42] = {0,  13, 0,  8,  0,  0,  0, 0,  4,  0, 4,  0,  0, 0,
                                        99, 0,  4,  26, 8,  0,  0, 0,  0,  0, 0,  2,  0, 0,
                                        0,  10, 10, 10, 42, 42, 0, 18, 52, 0, 10, 40, 0, 0};
    char server[50] = {0};
    snprintf(server, sizeof server, "%s", s->server);
    leat_buf_u16(&s->body, 4);
    leat_buf_put(&s->body, server, sizeof server);
    leat_buf_u32(&s->body, 0);
    leat_buf_u8(&s->body, LEAT_EVENT_HEADER_SIZE);
    leat_buf_put(&s->body, lengths, sizeof lengths);
    leat_buf_u8(&s->body, s->checksums ? LEAT_CHECKSUM_CRC32 : LEAT_CHECKSUM_OFF);
    bool checksums = s->checksums;
    s->checksums = true; /* there is room for one whether it is used or not */
    if (placed)
        put_event(s, LEAT_EVENT_FORMAT_DESCRIPTION);
    else
        put_framed(s, LEAT_EVENT_FORMAT_DESCRIPTION, false, 0, s->time);
    s->checksums = checksums;
}

static inline void put_format(struct stream *s)
{
    put_format_placed(s, true);
}

static inline void put_previous_gtids(struct stream *s)
{
    leat_buf_u64(&s->body, 0);
    put_event(s, LEAT_EVENT_PREVIOUS_GTIDS);
}

static inline void put_rotate(struct stream *s, const char *file, uint64_t pos, bool artificial)
{
    leat_buf_u64(&s->body, pos);
    leat_buf_puts(&s->body, file);
    s->flags = artificial ? LEAT_EVENT_FLAG_ARTIFICIAL : 0;
    if (artificial)
        put_framed(s, LEAT_EVENT_ROTATE, false, 0, 0);
    else
        put_event(s, LEAT_EVENT_ROTATE);
    s->flags = 0;
    s->pos = pos;
}

static inline void put_heartbeat(struct stream *s, const char *file, uint64_t pos)
{
    leat_buf_puts(&s->body, file);
    put_framed(s, LEAT_EVENT_HEARTBEAT, false, (uint32_t)pos, 0);
    s->pos = pos;
}

static inline void put_heartbeat_v2(struct stream *s, const char *file, uint64_t pos)
{
    leat_buf_u8(&s->body, 1);
    leat_buf_u8(&s->body, (uint8_t)strlen(file));
    leat_buf_puts(&s->body, file);
    leat_buf_u8(&s->body, 2);
    leat_buf_u8(&s->body, 9);
    leat_buf_u8(&s->body, 0xFE);
    leat_buf_u64(&s->body, pos);
    leat_buf_u8(&s->body, 0);
    put_framed(s, LEAT_EVENT_HEARTBEAT_V2, false, 0, 0);
    s->pos = pos;
}

/* number 0: an anonymous one. length 0: it isn't told. */
static inline void put_gtid_length(struct stream *s, uint64_t number, uint64_t length)
{
    static const uint8_t no_uuid[LEAT_UUID_SIZE];
    leat_buf_u8(&s->body, 1);
    leat_buf_put(&s->body, number ? build_uuid : no_uuid, LEAT_UUID_SIZE);
    leat_buf_u64(&s->body, number);
    leat_buf_u8(&s->body, 2);
    leat_buf_u64(&s->body, 11);
    leat_buf_u64(&s->body, 12);
    leat_buf_le(&s->body, UINT64_C(1700000000000000), 7);
    if (length) {
        leat_buf_u8(&s->body, 0xFC);
        leat_buf_u16(&s->body, (uint16_t)length);
        leat_buf_u32(&s->body, 90704);
    }
    put_event(s, number ? LEAT_EVENT_GTID : LEAT_EVENT_ANONYMOUS_GTID);
}

static inline void put_gtid(struct stream *s, uint64_t number)
{
    put_gtid_length(s, number, 0);
}

static inline void put_mariadb_gtid(struct stream *s, uint64_t number, unsigned flags)
{
    leat_buf_u64(&s->body, number);
    leat_buf_u32(&s->body, 0);
    leat_buf_u8(&s->body, (uint8_t)flags);
    leat_buf_le(&s->body, 0, 6);
    put_event(s, LEAT_EVENT_MARIADB_GTID);
}

/* collation: of the session's client; 0: not told. */
static inline void put_query_of(struct stream *s, uint16_t collation, const char *database, const char *sql)
{
    enum { Q_CHARSET = 4 };
    leat_buf_u32(&s->body, 77); /* thread */
    leat_buf_u32(&s->body, 1);  /* seconds */
    leat_buf_u8(&s->body, (uint8_t)strlen(database));
    leat_buf_u16(&s->body, 0); /* error */
    leat_buf_u16(&s->body, collation ? 7 : 0); /* status variables */
    if (collation) {
        leat_buf_u8(&s->body, Q_CHARSET);
        for (int i = 0; i < 3; i++)
            leat_buf_u16(&s->body, collation);
    }
    leat_buf_puts(&s->body, database);
    leat_buf_u8(&s->body, 0);
    leat_buf_puts(&s->body, sql);
    put_event(s, LEAT_EVENT_QUERY);
}

static inline void put_query(struct stream *s, const char *database, const char *sql)
{
    put_query_of(s, 0, database, sql);
}

static inline void put_xid(struct stream *s, uint64_t xid)
{
    leat_buf_u64(&s->body, xid);
    put_event(s, LEAT_EVENT_XID);
}

/* gtrid as text, no bqual, format 1. */
static inline void put_xa_prepare(struct stream *s, const char *gtrid, bool one_phase)
{
    leat_buf_u8(&s->body, one_phase);
    leat_buf_u32(&s->body, 1);
    leat_buf_u32(&s->body, (uint32_t)strlen(gtrid));
    leat_buf_u32(&s->body, 0);
    leat_buf_puts(&s->body, gtrid);
    put_event(s, LEAT_EVENT_XA_PREPARE);
}

static inline void put_rows_query(struct stream *s, const char *sql)
{
    leat_buf_u8(&s->body, (uint8_t)strlen(sql));
    leat_buf_puts(&s->body, sql);
    put_event(s, LEAT_EVENT_ROWS_QUERY);
}

static inline void put_field(struct leat_buf *buf, uint8_t type, const void *bytes, size_t size)
{
    leat_buf_u8(buf, type);
    leat_buf_u8(buf, (uint8_t)size);
    leat_buf_put(buf, bytes, size);
}

enum { MAP_NAMES = 1, MAP_SIGNS = 2, MAP_FULL = 3 };

/* A table with id INT NOT NULL PRIMARY KEY, note VARCHAR(100). */
static inline void put_table_map_with(struct stream *s, uint64_t table_id, const char *database,
                                      const char *table, unsigned metadata)
{
    struct leat_buf *body = &s->body;
    leat_buf_le(body, table_id, 6);
    leat_buf_u16(body, 1);
    leat_buf_u8(body, (uint8_t)strlen(database));
    leat_buf_put(body, database, strlen(database) + 1);
    leat_buf_u8(body, (uint8_t)strlen(table));
    leat_buf_put(body, table, strlen(table) + 1);
    leat_buf_put(body, (const uint8_t[]){2, LEAT_TYPE_LONG, LEAT_TYPE_VARCHAR, 2, 100, 0, 0x02}, 7);
    if (metadata & MAP_SIGNS)
        put_field(body, 1, "\0", 1);
    if (metadata & MAP_NAMES) {
        put_field(body, 2, "\x2d", 1);
        put_field(body, 4, "\x02id\x04note", 8);
        put_field(body, 8, "\0", 1);
    }
    put_event(s, LEAT_EVENT_TABLE_MAP);
}

static inline void put_table_map(struct stream *s, uint64_t table_id, const char *database, const char *table)
{
    put_table_map_with(s, table_id, database, table, MAP_FULL);
}

static inline void put_image(struct leat_buf *buf, uint32_t id, const char *note)
{
    leat_buf_u8(buf, note ? 0 : 2);
    leat_buf_u32(buf, id);
    if (note) {
        leat_buf_u8(buf, (uint8_t)strlen(note));
        leat_buf_puts(buf, note);
    }
}

/* The head of a rows event; images follow through put_image(&s->body, …), then put_event. */
static inline void begin_rows(struct stream *s, unsigned type, uint64_t table_id, bool statement_end)
{
    bool v1 = type <= LEAT_EVENT_DELETE_ROWS_V1;
    bool update = type == LEAT_EVENT_UPDATE_ROWS || type == LEAT_EVENT_UPDATE_ROWS_V1;
    leat_buf_le(&s->body, table_id, 6);
    leat_buf_u16(&s->body, statement_end);
    if (!v1)
        leat_buf_u16(&s->body, 2);
    leat_buf_put(&s->body, (const uint8_t[]){2, 0xFF, 0xFF}, update ? 3 : 2);
}

/* One row; an update gets it as before image too. */
static inline void put_row(struct stream *s, unsigned type, uint64_t table_id, uint32_t id, const char *note)
{
    begin_rows(s, type, table_id, true);
    put_image(&s->body, id, note);
    if (type == LEAT_EVENT_UPDATE_ROWS || type == LEAT_EVENT_UPDATE_ROWS_V1)
        put_image(&s->body, id, note);
    put_event(s, type);
}

#endif
