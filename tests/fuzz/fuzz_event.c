/* The bodies of single events. Input: a byte of the type, a byte of options, the body. */
#include "binlog/event.h"
#include "model/point.h"
#include "model/xa.h"

#include "base/checksum.h"
#include "fuzz.h"

enum {
    MARIADB = 1,
    SHORT_ARRAY = 2,
    CHECKSUMS = 4,
    RIGHT_SUM = 8, /* else the event's last bytes are what the checksum should be */
    LONG_HEADERS = 16,
    NO_FORMAT = 32, /* nothing has been told yet */
    WRONG_SIZE = 64,
    OLD_QUERY = 128
};

/* The format of a server that tells post-header lengths, or of one that tells few. */
static void make_format(struct leat_binlog_format *format, unsigned options)
{
    *format = (struct leat_binlog_format){.version = options & NO_FORMAT ? 0 : 4, .server = "9.7.4", .server_version = 90704};
    format->checksum = options & CHECKSUMS ? LEAT_CHECKSUM_CRC32 : LEAT_CHECKSUM_OFF;
    format->header_size = LEAT_EVENT_HEADER_SIZE + (options & LONG_HEADERS ? 3 : 0);
    if (options & MARIADB) {
        format->mariadb = true;
        format->server_version = 101119;
    }
    if (options & SHORT_ARRAY)
        return;
    format->post_header[LEAT_EVENT_QUERY] = options & OLD_QUERY ? options & LONG_HEADERS ? 5 : 11 : 13;
    format->post_header[LEAT_EVENT_EXECUTE_LOAD_QUERY] = 26;
    format->post_header[LEAT_EVENT_ROTATE] = 8;
    format->post_header[LEAT_EVENT_INCIDENT] = 2;
    format->post_header[LEAT_EVENT_GTID] = format->post_header[LEAT_EVENT_ANONYMOUS_GTID] = 42;
    format->post_header_count = LEAT_EVENT_GTID_TAGGED;
}

static void run_gtid(const struct leat_binlog_format *format, const struct leat_event *event)
{
    struct leat_error err = {0};
    struct leat_begin begin;
    int result = leat_event_gtid(&begin, format, event, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    char text[LEAT_GTID_TEXT_MAX];
    struct leat_gtid again;
    FUZZ_CHECK(leat_gtid_parse(&again, leat_gtid_text(text, &begin.gtid), &err) == LEAT_OK);
    FUZZ_CHECK(leat_gtid_equal(&again, &begin.gtid));
}

static void run_format(const struct leat_event *event)
{
    struct leat_error err = {0};
    struct leat_binlog_format format;
    int result = leat_event_format(&format, event, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK)
        FUZZ_CHECK(format.version == (event->type == LEAT_EVENT_START_V3 ? 3 : 4) && memchr(format.server, 0, sizeof format.server));
}

static void check_text(const struct leat_text *text, const uint8_t *from, const uint8_t *end)
{
    const uint8_t *bytes = (const uint8_t *)text->bytes;
    FUZZ_CHECK(!text->size || (bytes >= from && text->size <= (size_t)(end - bytes)));
}

static void run_query(const struct leat_binlog_format *format, const struct leat_event *event)
{
    struct leat_error err = {0};
    struct leat_query query;
    const uint8_t *end = event->body + event->body_size;
    int result = leat_event_query(&query, format, event, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    check_text(&query.database, event->body, end);
    check_text(&query.session.time_zone, event->body, end);
    FUZZ_CHECK((const uint8_t *)query.sql >= event->body && query.sql_size <= (size_t)(end - (const uint8_t *)query.sql));
}

static void run_name(const struct leat_event *event)
{
    char name[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    struct leat_error err = {0};
    int result = event->type == LEAT_EVENT_ROTATE ? leat_event_rotate(name, &pos, event, &err)
                                                  : leat_event_heartbeat(name, &pos, event, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK)
        FUZZ_CHECK(memchr(name, 0, sizeof name));
}

static void run_sets(const struct leat_event *event)
{
    struct leat_gtid_set *set = NULL;
    struct leat_error err = {0};
    int result = leat_event_previous_gtids(&set, event, &err);
    fuzz_check_result(result, &err);
    leat_gtid_set_free(&set);
}

static void run_branch(const struct leat_event *event)
{
    struct leat_xa xa;
    bool one_phase;
    struct leat_error err = {0};
    fuzz_check_result(leat_event_xa_prepare(&xa, &one_phase, event, &err), &err);
}

static void run_other(const struct leat_binlog_format *format, const struct leat_event *event)
{
    struct leat_error err = {0};
    uint64_t xid;
    const char *text;
    char message[300];
    size_t size;
    fuzz_check_result(leat_event_xid(&xid, format, event, &err), &err);
    if (leat_event_rows_query(&text, &size, event, &err) == LEAT_OK)
        FUZZ_CHECK(size <= event->body_size);
    if (leat_event_incident(message, sizeof message, event, &err) == LEAT_OK)
        FUZZ_CHECK(memchr(message, 0, sizeof message));
    leat_event_describe(message, sizeof message, event, "binlog.000001", 4);
}

static void run_body(const struct leat_binlog_format *format, const struct leat_event *event)
{
    switch (event->type) {
    case LEAT_EVENT_FORMAT_DESCRIPTION:
    case LEAT_EVENT_START_V3:
        run_format(event);
        break;
    case LEAT_EVENT_QUERY:
    case LEAT_EVENT_EXECUTE_LOAD_QUERY:
        run_query(format, event);
        break;
    case LEAT_EVENT_ROTATE:
    case LEAT_EVENT_HEARTBEAT:
    case LEAT_EVENT_HEARTBEAT_V2:
        run_name(event);
        break;
    case LEAT_EVENT_GTID:
    case LEAT_EVENT_ANONYMOUS_GTID:
    case LEAT_EVENT_GTID_TAGGED:
    case LEAT_EVENT_MARIADB_GTID:
        run_gtid(format, event);
        break;
    case LEAT_EVENT_PREVIOUS_GTIDS:
    case LEAT_EVENT_MARIADB_GTID_LIST:
        run_sets(event);
        break;
    case LEAT_EVENT_XA_PREPARE:
        run_branch(event);
        break;
    default:
        run_other(format, event);
    }
}

static void put_event(struct leat_buf *whole, const uint8_t *bytes, size_t size)
{
    bool sum = bytes[1] & RIGHT_SUM;
    size_t all = LEAT_EVENT_HEADER_SIZE + size - 2 + (sum ? LEAT_EVENT_CHECKSUM_SIZE : 0);
    leat_buf_u32(whole, 1700000000);
    leat_buf_u8(whole, bytes[0]);
    leat_buf_u32(whole, 1);
    leat_buf_u32(whole, (uint32_t)(all + (bytes[1] & WRONG_SIZE ? 1 : 0)));
    leat_buf_u32(whole, 1000);
    leat_buf_u16(whole, 0);
    leat_buf_put(whole, bytes + 2, size - 2);
    if (sum)
        leat_buf_u32(whole, leat_crc32(0, whole->data, whole->size));
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return;
    struct leat_binlog_format format;
    make_format(&format, bytes[1]);
    /* A whole event of its exact size: some bodies are read together with their header. */
    struct leat_buf whole = {0};
    put_event(&whole, bytes, size);
    uint8_t *exact = leat_memdup(whole.data, whole.size);
    struct leat_event event, verified;
    struct leat_error err = {0};
    int result = leat_event_parse(&event, &format, exact, whole.size, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        FUZZ_CHECK(leat_event_parse_verified(&verified, &format, exact, whole.size, &err) == LEAT_OK);
        FUZZ_CHECK(verified.body == event.body && verified.body_size == event.body_size && event.body_size <= whole.size);
        run_body(&format, &event);
    }
    leat_buf_free(&whole);
    free(exact);
}

const struct fuzz_target fuzz_target_event = {
    .name = "event",
    .sources = "binlog/event.c binlog/format.c binlog/control.c binlog/gtid.c binlog/gtid_tagged.c binlog/query.c binlog/names.c",
    .run = run,
    .size_max = 1024,
    .memory_fixed = 64 << 10,
    .memory_factor = 64,
};
