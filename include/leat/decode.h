/* leat's decoder as a library: the bytes of a MySQL or MariaDB binlog in, transactions and changes out.
 *
 *     struct leat_decode *decode;
 *     struct leat_error err = {0};
 *     leat_decode_new(&decode, &listener, NULL, &err);
 *     while ((size = read(file, bytes, sizeof bytes)) > 0)
 *         if (leat_decode_bytes(decode, bytes, size, &err))
 *             …err.message, err.cure…
 *     leat_decode_finish(decode, &err);
 *     leat_decode_free(&decode);
 *
 * examples/ in the sources has whole programs. C11 and C++11; link with `pkg-config --cflags --libs leat`.
 *
 * The decoder calls a listener as it goes, in the order of the binlog, so that a transaction of any size takes no more
 * memory than its largest event:
 *
 *     begin  (query | change | statement | rollback)*  end        and, between those, resolve
 *
 * Values are views: they point into the event's own bytes, and are valid, as all else that a callback gets, until the
 * callback returns. Nothing is converted until it is asked for.
 *
 * What can't be decoded exactly is an error that names file, position, reason and cure; nothing is skipped or made up.
 * Running out of memory ends the process. One thread at a time may use a decoder; decoders are independent. */
#ifndef LEAT_DECODE_H
#define LEAT_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leat/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version: "0.1.0". */
const char *leat_decode_version(void);

struct leat_decode;     /* a decoder */
struct leat_decode_row; /* a row image: the values before or after a change */

/* Bytes with a length. Names (of databases, tables, columns, files) are UTF-8 with a NUL behind them, which isn't counted. */
struct leat_decode_text {
    const char *bytes;
    size_t size;
};

/* ---- Transactions ---- */

/* An XID (of an XA branch) is: format id (4 bytes, little-endian), length of the global id (4), of the branch qualifier (4),
 * then both. */

struct leat_decode_transaction {
    const char *gtid;              /* "uuid:7", "uuid:tag:7", MariaDB's "0-1-7"; "" for none */
    const char *file;              /* binlog file, as given or as the last ROTATE event said */
    uint64_t pos;                  /* of its first event */
    uint32_t server_id;            /* who wrote it */
    uint32_t time;                 /* seconds since 1970, of its first event */
    uint64_t original_commit_us;   /* microseconds since 1970; 0: not told (MySQL before 8.0, MariaDB) */
    uint64_t commit_us;            /* the same on the server whose binlog this is */
    int64_t last_committed;        /* logical clock; 0: not told */
    int64_t sequence_number;
    bool prepared;                 /* an XA branch: if its end says PREPARED, it takes effect at the resolve with the same XID, or
                                      never; if it says COMMIT, there and then (XA COMMIT … ONE PHASE) */
    struct leat_decode_text xid;   /* of the branch, told at the transaction's end */
};

enum leat_decode_end {
    LEAT_DECODE_COMMIT = 1, /* committed: all changes count, but for those that a rollback voided */
    LEAT_DECODE_ROLLBACK,   /* rolled back; in a binlog because tables that aren't transactional were changed too */
    LEAT_DECODE_PREPARED,   /* end of an XA branch's first phase */
    LEAT_DECODE_EMPTY       /* a GTID without changes */
};

/* An XA branch is committed or rolled back, between begin and end of a transaction of its own. */
struct leat_decode_resolve {
    const char *gtid;
    bool commit;
    struct leat_decode_text xid;
};

/* ---- Tables ---- */

/* What a column's values are. */
enum leat_decode_type {
    LEAT_DECODE_NULL = 0,  /* the type of no value */
    LEAT_DECODE_INT,       /* TINYINT … BIGINT, signed: integer */
    LEAT_DECODE_UINT,      /* the same, UNSIGNED: natural */
    LEAT_DECODE_YEAR,      /* natural: 0, 1901 … 2155 */
    LEAT_DECODE_BIT,       /* natural; bytes are big-endian */
    LEAT_DECODE_FLOAT,     /* real: exactly the stored value */
    LEAT_DECODE_DOUBLE,    /* real */
    LEAT_DECODE_DECIMAL,   /* packed; leat_decode_get_text gives its digits */
    LEAT_DECODE_DATE,      /* time */
    LEAT_DECODE_TIME,      /* time */
    LEAT_DECODE_DATETIME,  /* time, without zone */
    LEAT_DECODE_TIMESTAMP, /* time in UTC, and time.seconds */
    LEAT_DECODE_TEXT,      /* bytes in the column's character set */
    LEAT_DECODE_BINARY,    /* bytes: BINARY, VARBINARY, BLOB */
    LEAT_DECODE_ENUM,      /* natural: the member's number from 1, 0 for the error value; text: the member */
    LEAT_DECODE_SET,       /* natural: bit n is member n */
    LEAT_DECODE_JSON,      /* MySQL's binary JSON; leat_decode_get_text gives its text */
    LEAT_DECODE_GEOMETRY,  /* bytes: 4 of SRID, then WKB */
    LEAT_DECODE_VECTOR     /* bytes: 32-bit floats, little-endian */
};

struct leat_decode_column {
    struct leat_decode_text name;   /* empty when the binlog doesn't tell (binlog_row_metadata isn't FULL) */
    enum leat_decode_type type;
    bool sign_known;                /* false: an integer's sign wasn't told, and it is read as signed */
    bool nullable;
    bool primary;                   /* part of the primary key */
    const char *charset;            /* the server's name of it, for TEXT, ENUM and SET: "utf8mb4"; "" when not told */
    uint8_t precision, scale;       /* DECIMAL */
    uint8_t fraction_digits;        /* times */
    uint32_t size_max;              /* TEXT and BINARY of CHAR, VARCHAR, BINARY and VARBINARY: bytes; 0: other types */
    uint32_t member_count;          /* ENUM and SET */
    const struct leat_decode_text *members; /* in the column's character set */
};

/* A version of a table's definition: the same version has the same number in any run. */
struct leat_decode_table {
    uint64_t version;
    struct leat_decode_text database, name;
    uint32_t column_count;
    const struct leat_decode_column *columns;
    bool key_known;                /* whether there is a primary key was told */
    uint32_t key_count;
    const uint32_t *key;           /* its columns, in key order */
};

/* ---- Changes ---- */

enum leat_decode_op { LEAT_DECODE_INSERT = 1, LEAT_DECODE_UPDATE, LEAT_DECODE_DELETE };

struct leat_decode_change {
    const struct leat_decode_transaction *transaction;
    const struct leat_decode_table *table;
    enum leat_decode_op op;
    uint64_t number;               /* within its transaction, from 1, statements counted too: with the GTID its identity */
    uint64_t pos, end_pos;         /* of its event */
    uint32_t row;                  /* within its event, from 0 */
    uint32_t time;                 /* seconds since 1970, when its statement ran */
    const struct leat_decode_row *before; /* NULL for INSERT */
    const struct leat_decode_row *after;  /* NULL for DELETE */
};

/* A statement that was logged as text: DDL, or DML with binlog_format=STATEMENT. */
struct leat_decode_statement {
    const struct leat_decode_transaction *transaction;
    struct leat_decode_text sql;      /* in the client's character set, byte for byte; no NUL behind it */
    struct leat_decode_text database; /* the session's default */
    const char *kind;                 /* "create_table", "dml", "other" … */
    uint64_t number;                  /* as a change's */
    uint64_t pos, end_pos;
    uint32_t time;
    uint32_t thread_id;
    uint16_t error_code;
};

/* Called by leat_decode_bytes and leat_decode_event. A result other than 0 stops them: positive is handed through, negative
 * becomes LEAT_FAIL with whatever the callback put into err. Callbacks that are NULL aren't called; but without rollback or
 * resolve, the binlog that needs one is an error, LEAT_E_UNSUPPORTED: a program that doesn't look at them would be wrong. */
struct leat_decode_listener {
    void *context; /* handed to each */
    int (*begin)(void *context, const struct leat_decode_transaction *transaction, struct leat_error *err);
    /* The text of the statement behind the changes that follow (binlog_rows_query_log_events, MariaDB's annotations). */
    int (*query)(void *context, struct leat_decode_text sql, struct leat_error *err);
    int (*change)(void *context, const struct leat_decode_change *change, struct leat_error *err);
    int (*statement)(void *context, const struct leat_decode_statement *statement, struct leat_error *err);
    /* ROLLBACK TO SAVEPOINT: the open transaction's changes with numbers above `keeps` are void. */
    int (*rollback)(void *context, uint64_t keeps, struct leat_error *err);
    int (*end)(void *context, const struct leat_decode_transaction *transaction, enum leat_decode_end how, struct leat_error *err);
    int (*resolve)(void *context, const struct leat_decode_resolve *resolve, struct leat_error *err);
};

/* ---- Values ---- */

struct leat_decode_time {
    bool negative;      /* TIME */
    uint16_t year;      /* zero dates and parts of dates stay as they are */
    uint8_t month, day;
    uint16_t hour;      /* TIME: up to 838 */
    uint8_t minute, second;
    uint32_t micros;
    int64_t seconds;    /* TIMESTAMP: since 1970; 0 with micros 0 is the zero timestamp */
};

enum leat_decode_state {
    LEAT_DECODE_ABSENT = 0, /* the image leaves the column out (binlog_row_image isn't FULL): not NULL, not known */
    LEAT_DECODE_IS_NULL,
    LEAT_DECODE_VALUE,
    LEAT_DECODE_DIFF        /* JSON, after image of an UPDATE with binlog_row_value_options=PARTIAL_JSON: the difference to the
                               before image. bytes are MySQL's list of changes, not a document; size 0: nothing changed.
                               leat_decode_get_text makes the document of it, or a list that can be read */
};

/* A view of one value; what is set follows from type. */
struct leat_decode_value {
    enum leat_decode_state state;
    enum leat_decode_type type;     /* the column's; NULL unless state is VALUE or DIFF */
    const uint8_t *bytes;           /* packed, as in the binlog; never NULL for VALUE */
    size_t size;
    union {
        int64_t integer;
        uint64_t natural;
        double real;
        struct leat_decode_time time;
    } as;
    struct leat_decode_text text;   /* TEXT, ENUM: in the column's character set; may contain NUL bytes */
};

/* The value of a column, from 0. Fails on bytes that are no value of the column's type, naming it; a column beyond the
 * table's is a fault of the caller, and fails too. */
int leat_decode_get(struct leat_decode_value *value, const struct leat_decode_row *row, uint32_t column,
                      struct leat_error *err) LEAT_CHECKED;

/* The value as UTF-8 text, as the server prints it: numbers, DECIMAL with all its digits, times (TIMESTAMP in UTC), TEXT
 * converted, ENUM and SET by their members, JSON as text. A JSON difference (DIFF) is applied to the before image if that has
 * the document, and the text is the document after it; an error if there was NULL, or what it changes isn't there. If the before
 * image leaves the column out (row image MINIMAL), the text is the list of changes, in their order, [] for none:
 * [{"op":"replace","path":"$.a","value":1},{"op":"remove","path":"$.b[0]"}], see docs/formats/leat.md. BINARY, BIT, GEOMETRY and
 * VECTOR, which are no text, and text that is invalid in its character set, fail with LEAT_E_MALFORMED; ABSENT and NULL give
 * text->bytes NULL. What MariaDB compressed (COMPRESSED columns, log_bin_compress) comes as it was. The text belongs to the decoder, has a NUL behind it, and is valid until the next call for the same decoder. */
int leat_decode_get_text(struct leat_decode_text *text, const struct leat_decode_row *row, uint32_t column,
                           struct leat_error *err) LEAT_CHECKED;

/* ---- Decoders ---- */

struct leat_decode_options {
    size_t size;              /* sizeof(struct leat_decode_options): later versions add members */
    uint64_t event_bytes_max; /* larger events are LEAT_E_TOO_LARGE; 0: 256 MiB */
    /* Whether changes of this table are wanted; NULL: all are. Rows of others aren't even looked at. */
    bool (*wanted)(void *context, const char *database, const char *table);
    void *wanted_context;
    /* MariaDB's TIMESTAMP, TIME and DATETIME of before 10.1 have no fractions of a second, which the binlog doesn't tell: read
     * them, instead of stopping with LEAT_E_UNSUPPORTED. */
    bool whole_seconds;
};

/* options may be NULL, as may its members be 0. The listener is copied. */
int leat_decode_new(struct leat_decode **decode, const struct leat_decode_listener *listener,
                    const struct leat_decode_options *options, struct leat_error *err) LEAT_CHECKED;
void leat_decode_free(struct leat_decode **decode); /* may point to NULL; sets it to NULL */

/* Bytes of a binlog file from its start, cut anywhere; checksums are verified. After an error only leat_decode_start and
 * leat_decode_free make sense. */
int leat_decode_bytes(struct leat_decode *decode, const void *bytes, size_t size, struct leat_error *err) LEAT_CHECKED;
/* One whole event instead, as a server's dump sends them (behind the packet's status byte). Not to be mixed with the former. */
int leat_decode_event(struct leat_decode *decode, const void *event, size_t size, struct leat_error *err) LEAT_CHECKED;
/* No more bytes will come: fails with LEAT_E_MALFORMED when they ended within an event or a transaction, as those of a file
 * do that is being written. */
int leat_decode_finish(struct leat_decode *decode, struct leat_error *err) LEAT_CHECKED;
/* A new file begins (or, for events, a dump at this position): forgets what is open. name is for positions and messages. */
void leat_decode_start(struct leat_decode *decode, const char *file, uint64_t pos);

/* Behind the last complete transaction: where to begin again. file is valid until the next call. */
struct leat_decode_position {
    const char *file;
    uint64_t pos;
    uint64_t transactions, changes; /* so far */
};
void leat_decode_tell(const struct leat_decode *decode, struct leat_decode_position *position);

#ifdef __cplusplus
}
#endif

#endif
