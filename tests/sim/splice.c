/* Events taken apart and made anew (splice.h). */
#include "splice.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"

enum {
    MAGIC_SIZE = 4,
    SERVER_ID = 97,
    SIZE_AT = 9, /* of the header: time 4, type 1, server id 4, size 4, end 4, flags 2 */
    END_AT = 13,
    TYPE_AT = 4,
    /* of a GTID event's body: flags 1, UUID 16, number 8, kind of clock 1, last committed 8, sequence number
       8, times */
    GTID_UUID_AT = LEAT_EVENT_HEADER_SIZE + 1,
    GTID_TIMES_AT = LEAT_EVENT_HEADER_SIZE + 42,
    GTID_TIME_SIZE = 7,
    LENGTH_MARK_8 = 0xfe
};

static void set_le(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

int sim_events_of(struct leat_event **events, size_t *count, struct leat_binlog_format *format,
                  const uint8_t *file, size_t size, struct leat_error *err)
{
    size_t capacity = 0;
    *events = NULL;
    *count = 0;
    if (size < MAGIC_SIZE || memcmp(file,
                                    "\xfe"
                                    "bin",
                                    MAGIC_SIZE) != 0)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "not a binlog");
    for (size_t at = MAGIC_SIZE; at < size;) {
        size_t own = size - at < LEAT_EVENT_HEADER_SIZE ? 0 : (size_t)leat_le(file + at + SIZE_AT, 4);
        if (own < LEAT_EVENT_HEADER_SIZE || own > size - at)
            return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "an event at %zu that doesn't fit", at);
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 256;
            *events = leat_realloc(*events, capacity * sizeof **events);
        }
        struct leat_event *event = &(*events)[(*count)++];
        if (leat_event_parse(event, format, file + at, own, err))
            return LEAT_FAIL;
        if (event->type == LEAT_EVENT_FORMAT_DESCRIPTION && leat_event_format(format, event, err))
            return LEAT_FAIL;
        at += own;
    }
    return LEAT_OK;
}

void sim_event_finish(uint8_t *bytes, size_t size, uint64_t end, bool checksum)
{
    set_le(bytes + SIZE_AT, size, 4);
    set_le(bytes + END_AT, end, 4);
    /* A format description has a checksum always, but its own says nothing when they are off. */
    if (checksum || bytes[TYPE_AT] == LEAT_EVENT_FORMAT_DESCRIPTION)
        set_le(bytes + size - LEAT_EVENT_CHECKSUM_SIZE, leat_crc32(0, bytes, size - LEAT_EVENT_CHECKSUM_SIZE),
               4);
}

/* Where the transaction's length is: behind one or two times. */
static size_t length_at(const uint8_t *bytes)
{
    bool two_times = bytes[GTID_TIMES_AT + GTID_TIME_SIZE - 1] & 0x80;
    return GTID_TIMES_AT + GTID_TIME_SIZE * (two_times ? 2 : 1);
}

static size_t length_size(uint8_t first)
{
    return first < 0xfb ? 1 : first == 0xfc ? 3 : first == 0xfd ? 4 : 9;
}

static void copy_with_long_length(struct leat_buf *buf, const struct leat_event *event)
{
    size_t at = length_at(event->bytes);
    assert(at < event->size);
    size_t behind = at + length_size(event->bytes[at]);
    leat_buf_put(buf, event->bytes, at);
    leat_buf_u8(buf, LENGTH_MARK_8);
    leat_buf_u64(buf, 0);
    leat_buf_put(buf, event->bytes + behind, event->size - behind);
}

void sim_gtid_renumber(struct leat_buf *buf, const struct leat_event *event, const struct leat_gtid *gtid)
{
    size_t start = buf->size;
    copy_with_long_length(buf, event);
    memcpy(buf->data + start + GTID_UUID_AT, gtid->uuid, LEAT_UUID_SIZE);
    set_le(buf->data + start + GTID_UUID_AT + LEAT_UUID_SIZE, gtid->number, 8);
}

void sim_gtid_make_anonymous(struct leat_buf *buf, const struct leat_event *event)
{
    size_t start = buf->size;
    copy_with_long_length(buf, event);
    buf->data[start + TYPE_AT] = LEAT_EVENT_ANONYMOUS_GTID;
    memset(buf->data + start + GTID_UUID_AT, 0, LEAT_UUID_SIZE + 8);
}

void sim_gtid_set_length(uint8_t *bytes, size_t size, uint64_t length, bool checksum)
{
    if (bytes[TYPE_AT] == LEAT_EVENT_GTID_TAGGED)
        return; /* taken over as it was, and so was all behind it */
    size_t at = length_at(bytes);
    if (bytes[at] != LENGTH_MARK_8)
        return;
    set_le(bytes + at + 1, length, 8);
    sim_event_finish(bytes, size, leat_le(bytes + END_AT, 4), checksum);
}

static void put_header(struct leat_buf *buf, unsigned type, unsigned flags)
{
    leat_buf_u32(buf, 0); /* time */
    leat_buf_u8(buf, (uint8_t)type);
    leat_buf_u32(buf, SERVER_ID);
    leat_buf_u32(buf, 0); /* size */
    leat_buf_u32(buf, 0); /* end */
    leat_buf_u16(buf, (uint16_t)flags);
}

void sim_event_rotate(struct leat_buf *buf, const char *name, uint64_t pos, bool artificial, bool checksum)
{
    size_t start = buf->size;
    put_header(buf, LEAT_EVENT_ROTATE, artificial ? LEAT_EVENT_FLAG_ARTIFICIAL : 0);
    leat_buf_u64(buf, pos);
    leat_buf_puts(buf, name);
    if (checksum)
        leat_buf_u32(buf, 0);
    if (artificial)
        sim_event_finish(buf->data + start, buf->size - start, 0, checksum);
    else
        buf->data[start] = 1; /* real ones have a time: without one it would pass for made up */
}

void sim_event_heartbeat(struct leat_buf *buf, const char *name, uint64_t pos, bool checksum)
{
    size_t start = buf->size;
    put_header(buf, LEAT_EVENT_HEARTBEAT, 0);
    leat_buf_puts(buf, name);
    if (checksum)
        leat_buf_u32(buf, 0);
    sim_event_finish(buf->data + start, buf->size - start, pos, checksum);
}

static void begin_like(struct leat_buf *buf, const struct leat_event *event, size_t bytes)
{
    leat_buf_clear(buf);
    leat_buf_put(buf, event->bytes, bytes);
}

static void set_size(struct leat_buf *buf, bool checksum)
{
    if (checksum)
        leat_buf_u32(buf, 0);
    set_le(buf->data + SIZE_AT, buf->size, 4);
}

void sim_event_query(struct leat_buf *buf, const struct leat_event *event, size_t sql_at, const char *sql, bool checksum)
{
    begin_like(buf, event, sql_at);
    leat_buf_puts(buf, sql);
    set_size(buf, checksum);
}

void sim_event_xa_prepare(struct leat_buf *buf, const struct leat_event *event, const char *gtrid, bool one_phase,
                          bool checksum)
{
    begin_like(buf, event, LEAT_EVENT_HEADER_SIZE);
    buf->data[TYPE_AT] = LEAT_EVENT_XA_PREPARE;
    leat_buf_u8(buf, one_phase);
    leat_buf_u32(buf, 1);
    leat_buf_u32(buf, (uint32_t)strlen(gtrid));
    leat_buf_u32(buf, 0);
    leat_buf_puts(buf, gtrid);
    set_size(buf, checksum);
}
