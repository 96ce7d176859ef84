/* The events that name transactions: GTID, ANONYMOUS_GTID, MARIADB_GTID, and the sets at a file's start.
 * GTID_TAGGED has another encoding altogether: gtid_tagged.c.
 *
 * Facts: Gtid_event in libs/mysql/binlog/event/control_events.cpp (MySQL); Gtid_log_event and
 * Gtid_list_log_event in sql/log_event.cc (MariaDB). */
#include "binlog_int.h"

#include <inttypes.h>

enum {
    GTID_MAY_HAVE_STATEMENTS = 1,
    LOGICAL_CLOCK = 2, /* the only typecode since 5.7.5; before, clocks of another meaning followed */
    UNDEFINED_VERSION = 999999
};

static const uint64_t original_time_follows = UINT64_C(1) << 55;
static const uint32_t original_version_follows = UINT32_C(1) << 31;

/* Commit times in microseconds, each in 7 bytes; the original one only where it differs (MySQL 8.0). */
static void read_commit_times(struct leat_begin *begin, struct leat_cursor *cursor)
{
    begin->immediate_commit_us = leat_cursor_le(cursor, 7);
    begin->original_commit_us = begin->immediate_commit_us;
    if (begin->immediate_commit_us & original_time_follows) {
        begin->immediate_commit_us &= ~original_time_follows;
        begin->original_commit_us = leat_cursor_le(cursor, 7);
    }
}

static void read_versions(struct leat_begin *begin, struct leat_cursor *cursor)
{
    begin->immediate_server_version = leat_cursor_u32(cursor);
    begin->original_server_version = begin->immediate_server_version;
    if (begin->immediate_server_version & original_version_follows) {
        begin->immediate_server_version &= ~original_version_follows;
        begin->original_server_version = leat_cursor_u32(cursor);
    }
    if (begin->immediate_server_version == UNDEFINED_VERSION)
        begin->immediate_server_version = 0;
    if (begin->original_server_version == UNDEFINED_VERSION)
        begin->original_server_version = 0;
}

/* What each version appended; an event may end after any of it. */
static void read_appended(struct leat_begin *begin, struct leat_cursor *cursor)
{
    if (leat_cursor_left(cursor) == 0 || leat_cursor_u8(cursor) != LOGICAL_CLOCK)
        return;
    begin->last_committed = (int64_t)leat_cursor_u64(cursor);
    begin->sequence_number = (int64_t)leat_cursor_u64(cursor);
    if (leat_cursor_left(cursor) < 7)
        return;
    read_commit_times(begin, cursor);
    if (leat_cursor_left(cursor))
        begin->length = leat_cursor_lenenc(cursor);
    if (leat_cursor_left(cursor) >= 4)
        read_versions(begin, cursor);
    /* A commit group ticket of 8 bytes may follow: it has no meaning outside of the server that wrote it. */
}

static int read_mysql(struct leat_begin *begin, const struct leat_event *event, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint8_t flags = leat_cursor_u8(&cursor);
    const uint8_t *uuid = leat_cursor_bytes(&cursor, LEAT_UUID_SIZE);
    uint64_t number = leat_cursor_u64(&cursor);
    if (!cursor.failed)
        read_appended(begin, &cursor);
    if (cursor.failed)
        return leat_malformed(err, "%s event of %u bytes is too short", leat_event_type_name(event->type),
                              event->size);
    if (flags & GTID_MAY_HAVE_STATEMENTS)
        begin->flags |= LEAT_BEGIN_MAY_HAVE_STATEMENTS;
    bool anonymous = event->type == LEAT_EVENT_ANONYMOUS_GTID;
    if (anonymous ? number != 0 : number == 0 || number >= INT64_MAX)
        return leat_malformed(err, "%s event has the number %" PRIu64, leat_event_type_name(event->type),
                              number);
    if (!anonymous) {
        begin->gtid.flavour = LEAT_FLAVOUR_MYSQL;
        memcpy(begin->gtid.uuid, uuid, LEAT_UUID_SIZE);
        begin->gtid.number = number;
    }
    return LEAT_OK;
}

/* An XA id: the XA statement or event that comes later holds it too. */
static void skip_xa_id(struct leat_cursor *cursor)
{
    leat_cursor_skip(cursor, 4);
    size_t gtrid_size = leat_cursor_u8(cursor);
    leat_cursor_skip(cursor, leat_cursor_u8(cursor) + gtrid_size);
}

/* What MariaDB appended since 10.6: flags, and what each of them brings, in their order. */
static void read_mariadb_extra(struct leat_begin *begin, struct leat_cursor *cursor)
{
    enum { MULTI_ENGINE = 1, START_ALTER = 2, COMMIT_ALTER = 4, ROLLBACK_ALTER = 8, THREAD_ID = 16 };
    if (leat_cursor_left(cursor) == 0)
        return;
    uint8_t extra = leat_cursor_u8(cursor);
    if (extra & MULTI_ENGINE)
        leat_cursor_skip(cursor, 1);
    if (extra & (COMMIT_ALTER | ROLLBACK_ALTER))
        leat_cursor_skip(cursor, 8); /* the number of its start */
    if (extra & THREAD_ID)
        begin->thread_id = leat_cursor_u32(cursor);
    begin->flags |= (extra & START_ALTER ? LEAT_BEGIN_ALTER_STARTS : 0u) |
                    (extra & COMMIT_ALTER ? LEAT_BEGIN_ALTER_COMMITS : 0u) |
                    (extra & ROLLBACK_ALTER ? LEAT_BEGIN_ALTER_ROLLS_BACK : 0u);
}

/* 19 bytes at least: number, domain, flags, what the flags bring, zeros. The server is the header's. */
static int read_mariadb(struct leat_begin *begin, const struct leat_event *event, struct leat_error *err)
{
    enum { STANDALONE = 1, GROUP_COMMIT = 2, DDL = 32, PREPARED_XA = 64, COMPLETED_XA = 128 };
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    begin->gtid.flavour = LEAT_FLAVOUR_MARIADB;
    begin->gtid.number = leat_cursor_u64(&cursor);
    begin->gtid.domain = leat_cursor_u32(&cursor);
    begin->gtid.server_id = event->server_id;
    uint8_t flags = leat_cursor_u8(&cursor);
    if (flags & GROUP_COMMIT)
        begin->commit_id = leat_cursor_u64(&cursor);
    if (flags & (PREPARED_XA | COMPLETED_XA) && leat_cursor_left(&cursor))
        skip_xa_id(&cursor);
    read_mariadb_extra(begin, &cursor);
    if (cursor.failed)
        return leat_malformed(err, "GTID event of %u bytes is too short", event->size);
    if (flags & STANDALONE)
        begin->flags |= LEAT_BEGIN_STANDALONE;
    if (flags & DDL)
        begin->flags |= LEAT_BEGIN_DDL;
    if (flags & PREPARED_XA)
        begin->flags |= LEAT_BEGIN_XA;
    return LEAT_OK;
}

int leat_event_gtid(struct leat_begin *begin, const struct leat_binlog_format *format,
                    const struct leat_event *event, struct leat_error *err)
{
    (void)format; /* no version's post-header length says more than the event's own size */
    begin->gtid = (struct leat_gtid){0};
    begin->server_id = event->server_id;
    begin->header_time = event->time;
    begin->original_commit_us = begin->immediate_commit_us = 0;
    begin->last_committed = begin->sequence_number = 0;
    begin->length = begin->commit_id = 0;
    begin->original_server_version = begin->immediate_server_version = 0;
    begin->flags = begin->thread_id = 0;
    switch (event->type) {
    case LEAT_EVENT_GTID_TAGGED:
        return leat_event_gtid_tagged(begin, event, err);
    case LEAT_EVENT_MARIADB_GTID:
        return read_mariadb(begin, event, err);
    default:
        return read_mysql(begin, event, err);
    }
}

/* Within a domain, the entry of the server that was last comes last, and replaces the others. */
static int read_gtid_list(struct leat_gtid_set *set, const struct leat_event *event, struct leat_error *err)
{
    enum { COUNT_MASK = 0xFFFFFFF, ENTRY_SIZE = 16 };
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint32_t count = leat_cursor_u32(&cursor) & COUNT_MASK;
    if (cursor.failed || leat_cursor_left(&cursor) / ENTRY_SIZE < count)
        return leat_malformed(err, "GTID_LIST event of %u bytes has no room for %u entries", event->size,
                              count);
    for (uint32_t i = 0; i < count; i++) {
        struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MARIADB};
        gtid.domain = leat_cursor_u32(&cursor);
        gtid.server_id = leat_cursor_u32(&cursor);
        gtid.number = leat_cursor_u64(&cursor);
        if (leat_gtid_set_add(set, &gtid, err))
            return leat_error_prefix(err, "GTID_LIST event");
    }
    return LEAT_OK;
}

int leat_event_previous_gtids(struct leat_gtid_set **set, const struct leat_event *event,
                              struct leat_error *err)
{
    *set = NULL;
    if (event->type != LEAT_EVENT_MARIADB_GTID_LIST) {
        if (leat_gtid_set_decode_mysql(set, event->body, event->body_size, err))
            return leat_error_prefix(err, "PREVIOUS_GTIDS event");
        return LEAT_OK;
    }
    *set = leat_gtid_set_new();
    if (read_gtid_list(*set, event, err)) {
        leat_gtid_set_free(set);
        return LEAT_FAIL;
    }
    return LEAT_OK;
}
