/* The codec's outer layer: events out of bytes. No I/O, no threads, no clock; any thread may decode its own bytes.
 * Pointers in results point into the event's bytes and live as long as those.
 *
 * Facts: "Binary Log Event" in MySQL's internals documentation, libs/mysql/binlog/event/ in MySQL's sources, and
 * MariaDB's knowledge base, "Replication Protocol". */
#ifndef LEAT_BINLOG_EVENT_H
#define LEAT_BINLOG_EVENT_H

#include "base/cursor.h"
#include "base/error.h"
#include "model/gtid.h"
#include "model/item.h"

enum leat_event_type {
    LEAT_EVENT_UNKNOWN = 0,
    LEAT_EVENT_START_V3 = 1,
    LEAT_EVENT_QUERY = 2,
    LEAT_EVENT_STOP = 3,
    LEAT_EVENT_ROTATE = 4,
    LEAT_EVENT_INTVAR = 5,
    LEAT_EVENT_LOAD = 6,
    LEAT_EVENT_SLAVE = 7,
    LEAT_EVENT_CREATE_FILE = 8,
    LEAT_EVENT_APPEND_BLOCK = 9,
    LEAT_EVENT_EXEC_LOAD = 10,
    LEAT_EVENT_DELETE_FILE = 11,
    LEAT_EVENT_NEW_LOAD = 12,
    LEAT_EVENT_RAND = 13,
    LEAT_EVENT_USER_VAR = 14,
    LEAT_EVENT_FORMAT_DESCRIPTION = 15,
    LEAT_EVENT_XID = 16,
    LEAT_EVENT_BEGIN_LOAD_QUERY = 17,
    LEAT_EVENT_EXECUTE_LOAD_QUERY = 18,
    LEAT_EVENT_TABLE_MAP = 19,
    LEAT_EVENT_PRE_GA_WRITE_ROWS = 20,
    LEAT_EVENT_PRE_GA_UPDATE_ROWS = 21,
    LEAT_EVENT_PRE_GA_DELETE_ROWS = 22,
    LEAT_EVENT_WRITE_ROWS_V1 = 23,
    LEAT_EVENT_UPDATE_ROWS_V1 = 24,
    LEAT_EVENT_DELETE_ROWS_V1 = 25,
    LEAT_EVENT_INCIDENT = 26,
    LEAT_EVENT_HEARTBEAT = 27,
    LEAT_EVENT_IGNORABLE = 28,
    LEAT_EVENT_ROWS_QUERY = 29,
    LEAT_EVENT_WRITE_ROWS = 30,
    LEAT_EVENT_UPDATE_ROWS = 31,
    LEAT_EVENT_DELETE_ROWS = 32,
    LEAT_EVENT_GTID = 33,
    LEAT_EVENT_ANONYMOUS_GTID = 34,
    LEAT_EVENT_PREVIOUS_GTIDS = 35,
    LEAT_EVENT_TRANSACTION_CONTEXT = 36,
    LEAT_EVENT_VIEW_CHANGE = 37,
    LEAT_EVENT_XA_PREPARE = 38,
    LEAT_EVENT_PARTIAL_UPDATE_ROWS = 39,
    LEAT_EVENT_TRANSACTION_PAYLOAD = 40,
    LEAT_EVENT_HEARTBEAT_V2 = 41,
    LEAT_EVENT_GTID_TAGGED = 42,
    LEAT_EVENT_MARIADB_ANNOTATE = 160,
    LEAT_EVENT_MARIADB_CHECKPOINT = 161,
    LEAT_EVENT_MARIADB_GTID = 162,
    LEAT_EVENT_MARIADB_GTID_LIST = 163,
    LEAT_EVENT_MARIADB_START_ENCRYPTION = 164,
    LEAT_EVENT_MARIADB_QUERY_COMPRESSED = 165,
    LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1 = 166,
    LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1 = 167,
    LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1 = 168,
    LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED = 169,
    LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED = 170,
    LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED = 171,
    LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA = 172
};

const char *leat_event_type_name(unsigned type); /* "WRITE_ROWS", or "unknown type 77" */

enum leat_event_flags {
    LEAT_EVENT_FLAG_BINLOG_IN_USE = 0x1,
    LEAT_EVENT_FLAG_THREAD_SPECIFIC = 0x4,
    LEAT_EVENT_FLAG_ARTIFICIAL = 0x20, /* made up by the dump thread: has no place in a file */
    LEAT_EVENT_FLAG_RELAY_LOG = 0x40,
    LEAT_EVENT_FLAG_IGNORABLE = 0x80
};

enum { LEAT_EVENT_HEADER_SIZE = 19, LEAT_EVENT_CHECKSUM_SIZE = 4 };

enum leat_checksum { LEAT_CHECKSUM_OFF = 0, LEAT_CHECKSUM_CRC32 = 1 };

/* What a format description event says: how to read those that follow. Plain value. */
struct leat_binlog_format {
    uint16_t version; /* 4; 3 of MySQL 4.0 and 4.1; 0 before any format description was seen */
    uint8_t header_size; /* of the events that follow; 19 but in files of servers that were extended by their users */
    char server[51];  /* "9.7.4", "10.11.19-MariaDB-log" */
    uint32_t server_version; /* 90704; MariaDB 101119 */
    bool mariadb;
    enum leat_checksum checksum; /* of the events that follow */
    uint8_t post_header[256];    /* post-header length by type; 0 where it isn't told */
    unsigned post_header_count;
};

/* One event. `pos` is given by the caller (64 bits), the rest is the header's. */
struct leat_event {
    uint8_t type;
    uint16_t flags;
    uint32_t time; /* seconds since 1970 */
    uint32_t server_id;
    uint32_t size;     /* whole, header and checksum included */
    uint32_t next_pos; /* as on the wire: 32 bits, 0 when unknown */
    const uint8_t *bytes; /* the whole event */
    const uint8_t *body;  /* behind the header */
    size_t body_size;     /* without the checksum */
};

/* Checks that `bytes` is one whole event (length field equal to size) and, unless format->checksum is OFF, its
 * CRC-32. A FORMAT_DESCRIPTION event is always understood and checked by what it says itself. A format with
 * version 0 takes anything but FORMAT_DESCRIPTION and ROTATE as malformed. Errors: LEAT_E_MALFORMED,
 * LEAT_E_CHECKSUM, of kind DATA, without a position (the caller prefixes it). */
int leat_event_parse(struct leat_event *event, const struct leat_binlog_format *format, const void *bytes, size_t size,
                     struct leat_error *err) LEAT_CHECKED;
/* The same for an event whose checksum was verified before, by leat_event_parse with an equal format. */
int leat_event_parse_verified(struct leat_event *event, const struct leat_binlog_format *format, const void *bytes, size_t size,
                              struct leat_error *err) LEAT_CHECKED;

/* Decoders of bodies, each for the event types that its name says. All check every length. */
/* FORMAT_DESCRIPTION, and START_V3, which stands in its place in files of MySQL 4. */
int leat_event_format(struct leat_binlog_format *format, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;
/* name is copied, NUL-terminated: LEAT_BINLOG_NAME_MAX + 1 bytes. */
int leat_event_rotate(char *name, uint64_t *pos, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;
/* HEARTBEAT (32-bit position) and HEARTBEAT_V2 (64-bit); name as above. */
int leat_event_heartbeat(char *name, uint64_t *pos, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;
/* GTID, ANONYMOUS_GTID, GTID_TAGGED, MARIADB_GTID: fills gtid, times, clock, versions, length and flags of begin. */
int leat_event_gtid(struct leat_begin *begin, const struct leat_binlog_format *format, const struct leat_event *event,
                    struct leat_error *err) LEAT_CHECKED;
/* PREVIOUS_GTIDS and MARIADB_GTID_LIST. */
int leat_event_previous_gtids(struct leat_gtid_set **set, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;

/* session.time_zone points into the event and, unlike other texts, has no NUL behind it. */
struct leat_query {
    uint32_t thread_id;
    uint32_t execution_seconds;
    uint16_t error_code;
    struct leat_session session;
    struct leat_text database;
    const char *sql;
    size_t sql_size;
    uint32_t file_id; /* EXECUTE_LOAD_QUERY: the number of the file that the statement reads */
    bool compressed;  /* MariaDB's log_bin_compress: `sql` is what leat_inflate_event takes */
};
/* QUERY, EXECUTE_LOAD_QUERY, and MariaDB's QUERY_COMPRESSED. */
int leat_event_query(struct leat_query *query, const struct leat_binlog_format *format, const struct leat_event *event,
                     struct leat_error *err) LEAT_CHECKED;
int leat_event_xid(uint64_t *xid, const struct leat_binlog_format *format, const struct leat_event *event,
                   struct leat_error *err) LEAT_CHECKED;
/* XA_PREPARE: the branch, and whether it was committed with it, in one phase. */
struct leat_xa;
int leat_event_xa_prepare(struct leat_xa *xa, bool *one_phase, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;
int leat_event_rows_query(const char **text, size_t *size, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;
/* "incident 1: text" into message. */
int leat_event_incident(char *message, size_t message_size, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;

/* The server's own words for a decoded event, for messages: "WRITE_ROWS at mysql-bin.000003:4711". */
void leat_event_describe(char *text, size_t size, const struct leat_event *event, const char *file, uint64_t pos);

#endif
