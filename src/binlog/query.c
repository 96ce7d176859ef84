/* QUERY: a statement with its session's settings, the status variables.
 *
 * Each variable is a code and a value whose length the code implies, in rising order of code. One that isn't
 * known ends the reading of variables, never the event: the variables stay, byte for byte, in `status`.
 *
 * Facts: Query_event in libs/mysql/binlog/event/statement_events.{h,cpp} (MySQL), Query_log_event in
 * sql/log_event.cc (MariaDB: codes from 128). */
#include "binlog_int.h"

enum {
    Q_FLAGS2 = 0,
    Q_SQL_MODE = 1,
    Q_CATALOG = 2, /* MySQL 5.0.0 to 5.0.3: with a NUL */
    Q_AUTO_INCREMENT = 3,
    Q_CHARSET = 4,
    Q_TIME_ZONE = 5,
    Q_CATALOG_NZ = 6,
    Q_LC_TIME = 7,
    Q_CHARSET_DATABASE = 8,
    Q_TABLE_MAP_FOR_UPDATE = 9,
    Q_MASTER_DATA_WRITTEN = 10,
    Q_INVOKER = 11,
    Q_UPDATED_DATABASES = 12,
    Q_MICROSECONDS = 13,
    Q_COMMIT_TS = 14, /* 14, 15: never released */
    Q_COMMIT_TS2 = 15,
    Q_EXPLICIT_DEFAULTS = 16,
    Q_DDL_XID = 17,
    Q_DEFAULT_COLLATION = 18,
    Q_REQUIRE_PRIMARY_KEY = 19,
    Q_TABLE_ENCRYPTION = 20,
    Q_CASCADE_TRIGGERS = 21,
    Q_HRNOW = 128,
    Q_XID = 129,
    QUERY_HEADER_SIZE = 13,
    QUERY_HEADER_SIZE_OLD = 11, /* MySQL 3.23 to 4.1: no status variables */
    LOAD_HEADER_SIZE = 26,      /* EXECUTE_LOAD_QUERY: file number, where its name stands in the text (twice u32), duplicates u8 */
    UTF8MB4_GENERAL = 45,       /* else it is 255, utf8mb4_0900_ai_ci: there are no others */
    DATABASES_MAX = 16 /* of Q_UPDATED_DATABASES; more are told by a count of 254 and no names */
};

static void skip_counted(struct leat_cursor *cursor)
{
    leat_cursor_skip(cursor, leat_cursor_u8(cursor));
}

/* The names of the databases that the statement writes to, each with its NUL. */
static void skip_databases(struct leat_cursor *cursor)
{
    uint8_t count = leat_cursor_u8(cursor);
    if (count > DATABASES_MAX)
        return;
    for (uint8_t i = 0; i < count && !cursor->failed; i++) {
        const uint8_t *end = memchr(cursor->at, 0, leat_cursor_left(cursor));
        leat_cursor_skip(cursor, end ? (size_t)(end - cursor->at) + 1 : leat_cursor_left(cursor) + 1);
    }
}

static void read_charset(struct leat_session *session, struct leat_cursor *cursor)
{
    session->client_collation = leat_cursor_u16(cursor);
    session->connection_collation = leat_cursor_u16(cursor);
    session->server_collation = leat_cursor_u16(cursor);
    session->present |= LEAT_SESSION_CHARSET;
}

static void read_time_zone(struct leat_session *session, struct leat_cursor *cursor)
{
    uint8_t size = leat_cursor_u8(cursor);
    const uint8_t *zone = leat_cursor_bytes(cursor, size);
    if (zone && size) {
        session->time_zone = (struct leat_text){(const char *)zone, size};
        session->present |= LEAT_SESSION_TIME_ZONE;
    }
}

/* How long the values are that nobody asks for; 0 for codes that aren't known. */
static size_t fixed_size(uint8_t code)
{
    switch (code) {
    case Q_REQUIRE_PRIMARY_KEY:
    case Q_TABLE_ENCRYPTION:
    case Q_CASCADE_TRIGGERS:
        return 1;
    case Q_CHARSET_DATABASE:
        return 2;
    case Q_MICROSECONDS:
    case Q_HRNOW:
        return 3;
    case Q_MASTER_DATA_WRITTEN:
        return 4;
    case Q_TABLE_MAP_FOR_UPDATE:
    case Q_XID:
        return 8;
    default:
        return 0;
    }
}

/* false: the code isn't known, and nothing was read. */
static bool read_variable(struct leat_session *session, uint8_t code, struct leat_cursor *cursor)
{
    switch (code) {
    case Q_FLAGS2:
        session->flags2 = leat_cursor_u32(cursor);
        session->present |= LEAT_SESSION_FLAGS2;
        return true;
    case Q_SQL_MODE:
        session->sql_mode = leat_cursor_u64(cursor);
        session->present |= LEAT_SESSION_SQL_MODE;
        return true;
    case Q_AUTO_INCREMENT:
        session->auto_increment_increment = leat_cursor_u16(cursor);
        session->auto_increment_offset = leat_cursor_u16(cursor);
        session->present |= LEAT_SESSION_AUTO_INCREMENT;
        return true;
    case Q_CHARSET:
        read_charset(session, cursor);
        return true;
    case Q_TIME_ZONE:
        read_time_zone(session, cursor);
        return true;
    case Q_CATALOG:
        skip_counted(cursor);
        leat_cursor_skip(cursor, 1);
        return true;
    case Q_CATALOG_NZ:
        skip_counted(cursor);
        return true;
    case Q_LC_TIME:
        leat_cursor_skip(cursor, 2);
        session->present |= LEAT_SESSION_LC_TIME;
        return true;
    case Q_INVOKER: /* user, host */
        skip_counted(cursor);
        skip_counted(cursor);
        session->present |= LEAT_SESSION_DEFINER;
        return true;
    case Q_UPDATED_DATABASES:
        skip_databases(cursor);
        return true;
    case Q_EXPLICIT_DEFAULTS:
        session->present |= LEAT_SESSION_TIMESTAMPS | (leat_cursor_u8(cursor) ? LEAT_SESSION_TIMESTAMPS_EXPLICIT : 0u);
        return true;
    case Q_DEFAULT_COLLATION:
        session->present |= LEAT_SESSION_UTF8MB4 | (leat_cursor_u16(cursor) == UTF8MB4_GENERAL ? LEAT_SESSION_UTF8MB4_GENERAL : 0u);
        return true;
    case Q_DDL_XID:
        leat_cursor_skip(cursor, 8);
        session->present |= LEAT_SESSION_DDL_XID;
        return true;
    default:
        leat_cursor_skip(cursor, fixed_size(code));
        return fixed_size(code) > 0;
    }
}

static int read_status(struct leat_session *session, struct leat_cursor cursor, struct leat_error *err)
{
    *session = (struct leat_session){.status = cursor.at, .status_size = leat_cursor_left(&cursor)};
    while (leat_cursor_left(&cursor)) {
        uint8_t code = leat_cursor_u8(&cursor);
        if (!read_variable(session, code, &cursor))
            break;
        if (cursor.failed)
            return leat_malformed(err, "QUERY event's status variable %u runs past the %zu bytes of them",
                                  code, session->status_size);
    }
    return LEAT_OK;
}

int leat_event_query(struct leat_query *query, const struct leat_binlog_format *format,
                     const struct leat_event *event, struct leat_error *err)
{
    bool load = event->type == LEAT_EVENT_EXECUTE_LOAD_QUERY;
    unsigned usual = load ? LOAD_HEADER_SIZE : QUERY_HEADER_SIZE, head = leat_post_header(format, event->type, usual);
    bool old = head == QUERY_HEADER_SIZE_OLD && !load;
    if (head < usual && !old)
        return leat_malformed(err, "%s events of this file have a post-header of %u bytes", leat_event_type_name(event->type), head);
    *query = (struct leat_query){.compressed = event->type == LEAT_EVENT_MARIADB_QUERY_COMPRESSED};
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    query->thread_id = leat_cursor_u32(&cursor);
    query->execution_seconds = leat_cursor_u32(&cursor);
    uint8_t database_size = leat_cursor_u8(&cursor);
    query->error_code = leat_cursor_u16(&cursor);
    uint16_t status_size = old ? 0 : leat_cursor_u16(&cursor);
    struct leat_cursor more = leat_cursor_sub(&cursor, old ? 0 : head - QUERY_HEADER_SIZE);
    if (load)
        query->file_id = leat_cursor_u32(&more);
    struct leat_cursor status = leat_cursor_sub(&cursor, status_size);
    const uint8_t *database = leat_cursor_bytes(&cursor, (size_t)database_size + 1);
    if (cursor.failed)
        return leat_malformed(err,
                              "QUERY event of %u bytes has no room for %u of status variables and %u of a "
                              "database's name",
                              event->size, status_size, database_size);
    if (database[database_size] != 0)
        return leat_malformed(err, "QUERY event's database name of %u bytes does not end in NUL",
                              database_size);
    if (read_status(&query->session, status, err))
        return LEAT_FAIL;
    query->database = (struct leat_text){(const char *)database, database_size};
    query->sql = (const char *)cursor.at;
    query->sql_size = leat_cursor_left(&cursor);
    return LEAT_OK;
}
