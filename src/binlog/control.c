/* Events about the stream itself: rotate, heartbeats, the end of a transaction, comments, incidents.
 *
 * Facts: libs/mysql/binlog/event/control_events.cpp and codecs/binary.cpp (MySQL), Heartbeat_log_event in
 * sql/log_event.cc (MariaDB). */
#include "binlog_int.h"

#include <stdio.h>

#include "model/point.h"
#include "model/xa.h"

int leat_binlog_name(char *name, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    if (size == 0 || size > LEAT_BINLOG_NAME_MAX)
        return leat_malformed(err, "a binlog file's name has %zu bytes", size);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] < 0x20 || bytes[i] == 0x7f)
            return leat_malformed(err, "a binlog file's name holds byte 0x%02x", bytes[i]);
    memcpy(name, bytes, size);
    name[size] = 0;
    return LEAT_OK;
}

int leat_event_rotate(char *name, uint64_t *pos, const struct leat_event *event, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    *pos = leat_cursor_u64(&cursor);
    if (cursor.failed)
        return leat_malformed(err, "ROTATE event of %u bytes is too short", event->size);
    return leat_binlog_name(name, cursor.at, leat_cursor_left(&cursor), err);
}

/* MySQL has the position in the header; MariaDB too, but where it needs more than 32 bits: then the header's
 * is 0 and eight bytes come before the name. */
static int heartbeat_v1(char *name, uint64_t *pos, const struct leat_event *event, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    *pos = event->next_pos ? event->next_pos : leat_cursor_u64(&cursor);
    if (cursor.failed)
        return leat_malformed(err, "HEARTBEAT event of %u bytes is too short", event->size);
    return leat_binlog_name(name, cursor.at, leat_cursor_left(&cursor), err);
}

/* Fields of type, length, value; each of the three a length-encoded number. 0 ends it. */
static int heartbeat_v2(char *name, uint64_t *pos, const struct leat_event *event, struct leat_error *err)
{
    enum { END = 0, FILE_NAME = 1, POSITION = 2 };
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    bool named = false, placed = false;
    while (leat_cursor_left(&cursor)) {
        uint64_t type = leat_cursor_lenenc(&cursor);
        if (type == END)
            break;
        uint64_t size = leat_cursor_lenenc(&cursor);
        struct leat_cursor value = leat_cursor_sub(&cursor, size);
        if (type == FILE_NAME && !value.failed) {
            if (leat_binlog_name(name, value.at, leat_cursor_left(&value), err))
                return LEAT_FAIL;
            named = true;
        } else if (type == POSITION) {
            *pos = leat_cursor_lenenc(&value);
            placed = !value.failed && leat_cursor_left(&value) == 0;
            if (!placed)
                break;
        }
    }
    if (cursor.failed || !named || !placed)
        return leat_malformed(err, "HEARTBEAT_V2 event of %u bytes has no whole file name and position",
                              event->size);
    return LEAT_OK;
}

int leat_event_heartbeat(char *name, uint64_t *pos, const struct leat_event *event, struct leat_error *err)
{
    return event->type == LEAT_EVENT_HEARTBEAT_V2 ? heartbeat_v2(name, pos, event, err)
                                                  : heartbeat_v1(name, pos, event, err);
}

int leat_event_xid(uint64_t *xid, const struct leat_binlog_format *format, const struct leat_event *event,
                   struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    leat_cursor_skip(&cursor, leat_post_header(format, event->type, 0));
    *xid = leat_cursor_u64(&cursor);
    if (cursor.failed)
        return leat_malformed(err, "XID event of %u bytes is too short", event->size);
    return LEAT_OK;
}

/* The same in both servers: XA_prepare_event in control_events.h, XA_prepare_log_event in log_event.h. */
int leat_event_xa_prepare(struct leat_xa *xa, bool *one_phase, const struct leat_event *event,
                          struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint8_t phase = leat_cursor_u8(&cursor);
    if (cursor.failed || !leat_xa_decode(xa, cursor.at, leat_cursor_left(&cursor)))
        return leat_malformed(err, "XA_PREPARE event of %u bytes holds no name of a branch", event->size);
    if (phase > 1)
        return leat_malformed(err, "XA_PREPARE event with %u where 0 or 1 says in how many phases", phase);
    *one_phase = phase == 1;
    return LEAT_OK;
}

/* ROWS_QUERY begins with a length of one byte, which is wrong for longer texts and ignored by all. */
int leat_event_rows_query(const char **text, size_t *size, const struct leat_event *event,
                          struct leat_error *err)
{
    size_t skip = event->type == LEAT_EVENT_ROWS_QUERY ? 1 : 0;
    if (event->body_size < skip)
        return leat_malformed(err, "%s event is empty", leat_event_type_name(event->type));
    *text = (const char *)event->body + skip;
    *size = event->body_size - skip;
    return LEAT_OK;
}

int leat_event_incident(char *message, size_t message_size, const struct leat_event *event,
                        struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint16_t number = leat_cursor_u16(&cursor);
    uint8_t size = leat_cursor_u8(&cursor);
    const uint8_t *text = leat_cursor_bytes(&cursor, size);
    if (cursor.failed)
        return leat_malformed(err, "INCIDENT event of %u bytes is too short", event->size);
    snprintf(message, message_size, "incident %u: %.*s", number, (int)size, (const char *)text);
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' '; /* it goes into one line of a log */
    return LEAT_OK;
}
