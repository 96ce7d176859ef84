/* FORMAT_DESCRIPTION: how to read all that follows in a file.
 *
 * Its array of post-header lengths is as long as the writing server's list of event types, and may be
 * anything in a hostile file; it is kept in a table of all 256 types, so that no type can index past it.
 *
 * Facts: Format_description_event in libs/mysql/binlog/event/control_events.cpp (MySQL),
 * Format_description_log_event in sql/log_event.cc (MariaDB). */
#include "binlog_int.h"

#include <stdlib.h>

enum { SERVER_SIZE = 50, VERSION_PARTS = 3 };

/* "9.7.4-log" is 90704; what isn't a number ends it. */
static uint32_t version_number(const char *text)
{
    uint32_t parts[VERSION_PARTS] = {0};
    for (int i = 0; i < VERSION_PARTS; i++) {
        uint32_t part = 0;
        for (; *text >= '0' && *text <= '9'; text++)
            part = part < 1000 ? part * 10 + (uint32_t)(*text - '0') : part;
        parts[i] = part < 100 ? part : 99;
        if (*text != '.')
            break;
        text++;
    }
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static void read_server(struct leat_binlog_format *format, const uint8_t *bytes)
{
    memcpy(format->server, bytes, SERVER_SIZE);
    format->server[SERVER_SIZE] = 0;
    for (char *c = format->server; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* it goes into messages */
    format->mariadb = strstr(format->server, "MariaDB") != NULL;
    /* MariaDB 10 calls itself 5.5.5-10.x where an old MySQL replica may listen. */
    const char *from = format->server;
    if (format->mariadb && strncmp(from, "5.5.5-", 6) == 0)
        from += 6;
    format->server_version = version_number(from);
}

/* Checksums came with MySQL 5.6.1 and MariaDB 5.3. */
static bool knows_checksums(const struct leat_binlog_format *format)
{
    return format->server_version >= (format->mariadb ? 50300u : 50601u);
}

static int read_checksum(struct leat_binlog_format *format, uint8_t algorithm, struct leat_error *err)
{
    switch (algorithm) {
    case 0:
    case 255: /* "undefined": relay logs of a master that had none */
        format->checksum = LEAT_CHECKSUM_OFF;
        return LEAT_OK;
    case 1:
        format->checksum = LEAT_CHECKSUM_CRC32;
        return LEAT_OK;
    default:
        return leat_unsupported(err, "checksum algorithm %u of the format description is not known",
                                algorithm);
    }
}

/* From the array of post-header lengths, `rest`, as parsed without what belongs to checksums. */
static int read_post_headers(struct leat_binlog_format *format, const uint8_t *lengths, size_t count,
                             struct leat_error *err)
{
    if (count == 0 || count > 255)
        return leat_malformed(err, "format description has %zu post-header lengths", count);
    memcpy(format->post_header + 1, lengths, count);
    format->post_header_count = (unsigned)count;
    return LEAT_OK;
}

/* Trees named a_drop5 and a_drop6, versions 5.1.1, 5.1.4 and 5.2.0 to 5.2.2, have TABLE_MAP in XID's place and so on. */
static bool numbers_differ(const char *server)
{
    return strstr(server, "-a_drop5") || strstr(server, "-a_drop6");
}

/* MySQL 4.0 and 4.1: version, server and time of creation are all that a file begins with. Before that, in 3.23, headers were shorter. */
static int read_start(struct leat_binlog_format *format, const struct leat_event *event, struct leat_error *err)
{
    static const struct {
        uint8_t type, size;
    } post_headers[] = {{LEAT_EVENT_QUERY, 11},      {LEAT_EVENT_ROTATE, 8},    {LEAT_EVENT_LOAD, 18},       {LEAT_EVENT_CREATE_FILE, 4},
                        {LEAT_EVENT_APPEND_BLOCK, 4}, {LEAT_EVENT_EXEC_LOAD, 4}, {LEAT_EVENT_DELETE_FILE, 4}, {LEAT_EVENT_NEW_LOAD, 18}};
    *format = (struct leat_binlog_format){.header_size = LEAT_EVENT_HEADER_SIZE};
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint16_t version = leat_cursor_u16(&cursor);
    const uint8_t *server = leat_cursor_bytes(&cursor, SERVER_SIZE);
    leat_cursor_skip(&cursor, 4); /* when it was created */
    if (cursor.failed)
        return leat_unsupported(err, "binlogs of MySQL 3.23 are not supported");
    if (version != 3)
        return leat_unsupported(err, "binlog version %u is not known, only 3 (MySQL 4.0 and 4.1) and 4 (MySQL 5.0 and later)", version);
    read_server(format, server);
    for (size_t i = 0; i < sizeof post_headers / sizeof *post_headers; i++)
        format->post_header[post_headers[i].type] = post_headers[i].size;
    format->version = version;
    return LEAT_OK;
}

/* `room`: bytes that the algorithm and, where `with_sum`, the checksum take at the end. */
static int read_format(struct leat_binlog_format *format, const struct leat_event *event, bool with_sum,
                       struct leat_error *err)
{
    *format = (struct leat_binlog_format){0};
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint16_t version = leat_cursor_u16(&cursor);
    const uint8_t *server = leat_cursor_bytes(&cursor, SERVER_SIZE);
    leat_cursor_skip(&cursor, 4); /* when it was created */
    uint8_t header_size = leat_cursor_u8(&cursor);
    if (cursor.failed)
        return leat_malformed(err, "format description of %zu bytes is too short", event->body_size);
    if (version != 4)
        return leat_unsupported(err, "a format description of binlog version %u is not known, only of 4 (MySQL 5.0 and later)", version);
    if (header_size < LEAT_EVENT_HEADER_SIZE)
        return leat_malformed(err, "format description: headers of %u bytes are too short", header_size);
    read_server(format, server);
    if (numbers_differ(format->server))
        return leat_unsupported(err, "the server, %s, was built from a development tree of 2006 that numbered its events in another way",
                                format->server);
    format->header_size = header_size;
    size_t left = leat_cursor_left(&cursor);
    if (knows_checksums(format)) {
        size_t room = with_sum ? 1 + LEAT_EVENT_CHECKSUM_SIZE : 1;
        if (left <= room)
            return leat_malformed(err, "format description of %zu bytes is too short", event->body_size);
        left -= room;
        if (read_checksum(format, cursor.at[left], err))
            return LEAT_FAIL;
    }
    if (read_post_headers(format, cursor.at, left, err))
        return LEAT_FAIL;
    format->version = version; /* last: 0 means that there is none */
    return LEAT_OK;
}

int leat_event_format_room(struct leat_binlog_format *format, bool *room, const struct leat_event *event,
                           struct leat_error *err)
{
    if (read_format(format, event, true, err))
        return LEAT_FAIL;
    *room = knows_checksums(format);
    return LEAT_OK;
}

int leat_event_format(struct leat_binlog_format *format, const struct leat_event *event,
                      struct leat_error *err)
{
    if (event->type == LEAT_EVENT_START_V3)
        return read_start(format, event, err);
    return read_format(format, event, false, err);
}
