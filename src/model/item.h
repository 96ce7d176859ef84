/* An item: one step of the stream of changes. Everything between the server and the sinks speaks in items:
 * decode makes them, the journal stores and returns them, the filter passes or drops them, formats write them.
 *
 * The order within a transaction:
 *
 *     SCHEMA*  BEGIN  (SCHEMA | ROWS_QUERY | ROWS | STATEMENT | DEFINITION | SAVEPOINT)*  END
 *
 * SCHEMA comes before the first ROWS that refers to it. DDL is a transaction of one STATEMENT and the DEFINITIONs that follow from
 * it, or lies among rows (CREATE TABLE … SELECT). Between transactions: START, DEFINITION, GAP, OPAQUE, HEARTBEAT.
 *
 * XA: a branch's changes are a transaction with LEAT_BEGIN_XA whose END says PREPARE: they take effect later, if at all. XA COMMIT and
 * XA ROLLBACK are transactions of their own, with other transactions before them:
 *
 *     BEGIN XA_RESOLVE END
 *
 * Who writes for readers that know nothing of branches holds the changes back until then: for a COMMIT he gives BEGIN, XA_RESOLVE with
 * `prepared` set, the branch's changes, END; for a ROLLBACK nothing between BEGIN and END. XA COMMIT … ONE PHASE is a transaction with
 * LEAT_BEGIN_XA whose END says so: its changes take effect there and then.
 *
 * All memory behind an item is borrowed from who made it and valid until the call it was handed to returns (decode)
 * or until the next item is asked for (journal reader). */
#ifndef LEAT_MODEL_ITEM_H
#define LEAT_MODEL_ITEM_H

#include "model/gtid.h"
#include "model/table.h"
#include "model/within.h"

enum leat_item_type {
    LEAT_ITEM_NONE = 0,
    LEAT_ITEM_START = 1,      /* where a journal begins, before the first transaction */
    LEAT_ITEM_SCHEMA = 2,     /* a table's definition */
    LEAT_ITEM_BEGIN = 3,      /* a transaction begins */
    LEAT_ITEM_ROWS_QUERY = 4, /* the statement's text, for information (binlog_rows_query_log_events) */
    LEAT_ITEM_ROWS = 5,       /* row changes of one kind on one table */
    LEAT_ITEM_STATEMENT = 6,  /* DDL or another statement, byte for byte with its session context */
    LEAT_ITEM_SAVEPOINT = 7,  /* SAVEPOINT or ROLLBACK TO: in the binlog when a transaction also changed tables that aren't
                                 transactional, and so could not simply be cut */
    LEAT_ITEM_END = 8,        /* the transaction is complete */
    LEAT_ITEM_XA_RESOLVE = 9, /* COMMIT or ROLLBACK of a branch that was prepared before: alone between BEGIN and END */
    LEAT_ITEM_OPAQUE = 10,    /* a whole transaction's raw events that this build could not decode */
    LEAT_ITEM_GAP = 11,       /* the source says that changes are missing here (incident), accepted by an operator */
    LEAT_ITEM_HEARTBEAT = 12, /* the source is alive and has nothing newer; never in the journal */
    LEAT_ITEM_FILE_PART = 13, /* of the file that a LOAD DATA logged as a statement reads; within a transaction or between them,
                                 before its statement; only where statements are allowed, so never in the journal */
    LEAT_ITEM_DEFINITION = 14 /* a table is defined so from here on: behind the STATEMENT that did it, or between transactions
                                 where it was read from the server or told by an operator */
};

/* Position in the source's binlog. `file` is NUL-terminated, borrowed; pos is 64 bits even where the wire has 32. */
struct leat_place {
    const char *file;
    uint64_t pos;
};

struct leat_start {
    uint8_t source_uuid[LEAT_UUID_SIZE];
    struct leat_place place;              /* the first event to be read */
    const struct leat_gtid_set *executed; /* what lies before it; may be empty */
    uint64_t at_us;                       /* wall clock */
    struct leat_within within;            /* of the first transaction behind it */
    const char *asked;                    /* what the user asked for ("now", "earliest" …), resolved to the above */
};

enum leat_begin_flags {
    LEAT_BEGIN_MAY_HAVE_STATEMENTS = 1, /* GTID event's FLAG_MAY_HAVE_SBR */
    LEAT_BEGIN_STANDALONE = 2,          /* MariaDB: no BEGIN … COMMIT */
    LEAT_BEGIN_DDL = 4,
    LEAT_BEGIN_XA = 8, /* an XA branch: its changes take effect at the matching XA_RESOLVE, unless END says otherwise */
    LEAT_BEGIN_HAS_XID_TEXT = 16,
    /* MariaDB's ALTER TABLE in two phases (binlog_alter_two_phase): its start and its end, other transactions between
     * them. Only the one that commits has the statement; the others are empty. */
    LEAT_BEGIN_ALTER_STARTS = 0x100,
    LEAT_BEGIN_ALTER_COMMITS = 0x200,
    LEAT_BEGIN_ALTER_ROLLS_BACK = 0x400
};

struct leat_begin {
    struct leat_gtid gtid;
    uint8_t source_uuid[LEAT_UUID_SIZE]; /* the server we read from, not always the one that wrote */
    uint32_t server_id;                  /* who wrote it */
    struct leat_place place;             /* of its first event (GTID, or BEGIN) */
    uint64_t original_commit_us;         /* 0 if the server does not tell */
    uint64_t immediate_commit_us;        /* 0 if the server does not tell: then header_time is all there is */
    uint32_t header_time;                /* seconds since 1970, of the first event's header */
    int64_t last_committed;              /* logical clock; 0 when unknown */
    int64_t sequence_number;
    uint64_t length;                     /* bytes in the binlog, 0 when unknown */
    uint32_t original_server_version;    /* 80400 for 8.4.0; 0 when unknown */
    uint32_t immediate_server_version;
    uint64_t commit_id;                  /* MariaDB's group commit, 0 when none */
    uint32_t thread_id;                  /* of the session, from MariaDB 11.5 on; rows and statements have it too: not in the journal */
    uint32_t flags;                      /* enum leat_begin_flags */
};

enum leat_op { LEAT_OP_INSERT = 1, LEAT_OP_UPDATE = 2, LEAT_OP_DELETE = 3 };

enum leat_rows_flags {
    LEAT_ROWS_STATEMENT_END = 1, /* last of its statement */
    LEAT_ROWS_NO_FOREIGN_KEYS = 2,
    LEAT_ROWS_NO_UNIQUE = 4,
    LEAT_ROWS_PARTIAL_JSON = 8, /* after images are as in PARTIAL_UPDATE_ROWS */
    LEAT_ROWS_EVENT_END = 16    /* last run of its event (long events are cut into several items) */
};

/* A run of row changes of one event. Row images stay in MySQL's packed form, one after another (INSERT: after; DELETE:
 * before; UPDATE: before, after, each row). An image is a null bitmap over its present columns, then the values of
 * those that are present and not null. decode has walked every row: lengths are consistent with the definition, so a
 * reader may walk them again without an error being possible — from a journal whose checksums were verified.
 *
 * With LEAT_ROWS_PARTIAL_JSON, before each after image stands which of its JSON values are changes to the document of the
 * before image instead of documents (leat_row_partial, leat_json_apply). */
struct leat_rows {
    uint64_t table_id;         /* of the SCHEMA item; the definition itself travels as `table` when it is at hand */
    struct leat_table *table;  /* borrowed; never NULL when handed to a filter, format or sink */
    enum leat_op op;
    uint32_t flags;            /* enum leat_rows_flags */
    uint32_t first_row;        /* the number of the first one within its event, from 0 */
    uint32_t row_count;
    uint64_t number;           /* of the first one within its transaction, from 1; statements and what filters drop count */
    uint64_t pos;              /* of the event's first byte, in the transaction's file */
    uint64_t end_pos;          /* exclusive */
    uint32_t time;             /* the event header's seconds */
    uint32_t thread_id;        /* of the transaction's session if a Query event told it, else 0 */
    uint32_t column_count;     /* as in the event */
    const uint8_t *before_present; /* bitmap of columns present in before images, (column_count+7)/8 bytes; NULL: none */
    const uint8_t *after_present;
    const uint8_t *images;
    size_t images_size;
};

/* What a statement needs to be run again as it was: the status variables of its Query event.
 * Source: Query_event in libs/mysql/binlog/event/statement_events.h. */
enum leat_session_flags {
    LEAT_SESSION_SQL_MODE = 1,
    LEAT_SESSION_FLAGS2 = 2,
    LEAT_SESSION_AUTO_INCREMENT = 4,
    LEAT_SESSION_CHARSET = 8,
    LEAT_SESSION_TIME_ZONE = 16,
    LEAT_SESSION_LC_TIME = 32,
    LEAT_SESSION_DEFINER = 64,
    LEAT_SESSION_DDL_XID = 128,
    LEAT_SESSION_TIMESTAMPS = 256,          /* explicit_defaults_for_timestamp is told … */
    LEAT_SESSION_TIMESTAMPS_EXPLICIT = 512, /* … and is ON */
    LEAT_SESSION_UTF8MB4 = 1024,            /* default_collation_for_utf8mb4 is told … */
    LEAT_SESSION_UTF8MB4_GENERAL = 2048     /* … and is utf8mb4_general_ci, else utf8mb4_0900_ai_ci */
};

struct leat_session {
    uint32_t present; /* enum leat_session_flags */
    uint64_t sql_mode;
    uint32_t flags2;
    uint16_t auto_increment_increment, auto_increment_offset;
    uint16_t client_collation, connection_collation, server_collation;
    struct leat_text time_zone;
    const uint8_t *status; /* all status variables as sent, byte for byte */
    size_t status_size;
};

enum leat_statement_kind {
    LEAT_STATEMENT_OTHER = 0, /* not recognised: journalled byte for byte */
    LEAT_STATEMENT_CREATE_TABLE,
    LEAT_STATEMENT_ALTER_TABLE,
    LEAT_STATEMENT_DROP_TABLE,
    LEAT_STATEMENT_RENAME_TABLE,
    LEAT_STATEMENT_TRUNCATE_TABLE,
    LEAT_STATEMENT_CREATE_INDEX,
    LEAT_STATEMENT_DROP_INDEX,
    LEAT_STATEMENT_CREATE_DATABASE,
    LEAT_STATEMENT_ALTER_DATABASE,
    LEAT_STATEMENT_DROP_DATABASE,
    LEAT_STATEMENT_ACCOUNT,  /* users, grants, roles */
    LEAT_STATEMENT_ROUTINE,  /* views, triggers, procedures, functions, events */
    LEAT_STATEMENT_DML       /* INSERT, UPDATE, DELETE, LOAD DATA … in statement form */
};

struct leat_statement {
    enum leat_statement_kind kind;
    struct leat_text database; /* the session's default database, may be empty */
    const char *sql;           /* byte for byte, in the session's client character set; not NUL-terminated */
    size_t sql_size;
    struct leat_session session;
    uint32_t thread_id;
    uint32_t time;
    uint32_t execution_seconds;
    uint16_t error_code;
    uint64_t number; /* as of rows */
    uint64_t pos, end_pos;
    struct leat_text table_database; /* of the first table that it names, when kind says so; may be empty */
    struct leat_text table;
    /* What INTVAR, RAND and USER_VAR events said right before it, and without which it can't be repeated: read by
     * leat_prelude_next (binlog/prelude.h). */
    const uint8_t *prelude;
    size_t prelude_size;
    bool loads;       /* LOAD DATA: it reads the file of the FILE_PART items with this number */
    uint32_t file_id;
};

enum leat_definition_how {
    LEAT_DEFINITION_READ = 1,      /* from the server's information_schema */
    LEAT_DEFINITION_TOLD = 2,      /* by an operator */
    LEAT_DEFINITION_STATEMENT = 3, /* follows from the statement before it */
    LEAT_DEFINITION_DROPPED = 4,   /* the table is no more; no `table` */
    LEAT_DEFINITION_UNSURE = 5     /* a statement changed it in a way that wasn't understood: `why`; no `table` */
};

/* With an empty name: a database; `collation` is its default, 0 when it was dropped. */
struct leat_definition {
    enum leat_definition_how how;
    struct leat_text database, name; /* UTF-8 */
    struct leat_table *table;        /* borrowed; with LEAT_TABLE_DEFINED */
    uint32_t collation;              /* of a database */
    struct leat_text why;            /* the statement's text where there is one (its first 4 KiB), or the reason */
    uint64_t at_us;                  /* wall clock, when it was read or told; 0: its transaction's time, or (between transactions)
                                        the journal fills it in */
};
enum { LEAT_DEFINITION_WHY_MAX = 4096 };

/* Parts of files of several sessions may lie between one another: file_id tells them apart. */
struct leat_file_part {
    struct leat_place place; /* of its event */
    uint32_t file_id;
    bool first;              /* a file begins; one of the same number that was never loaded is void */
    bool dropped;            /* the file was deleted without being loaded; no bytes */
    const uint8_t *bytes;
    size_t size;
};

/* A rollback voids the changes with numbers above `keeps`, of transactional tables: those of others stay, and a binlog in row
 * format has them in transactions of their own. */
struct leat_savepoint {
    const char *bytes; /* the statement */
    size_t size;
    bool rollback;     /* ROLLBACK TO, else SAVEPOINT */
    uint64_t keeps;
};

enum leat_end_how {
    LEAT_END_XID = 1,       /* COMMIT of transactional tables */
    LEAT_END_COMMIT = 2,    /* Query COMMIT: tables that aren't transactional */
    LEAT_END_ROLLBACK = 3,  /* Query ROLLBACK: only changes of tables that aren't transactional stay */
    LEAT_END_STATEMENT = 4, /* DDL commits by itself */
    LEAT_END_XA_PREPARE = 5,
    LEAT_END_EMPTY = 6,        /* a GTID without changes */
    LEAT_END_XA_ONE_PHASE = 7, /* XA COMMIT … ONE PHASE: of a branch that was never prepared */
    LEAT_END_XA_RESOLVE = 8    /* XA COMMIT or XA ROLLBACK of a branch that was */
};

struct leat_end {
    enum leat_end_how how;
    uint64_t xid;
    struct leat_place place; /* behind its last event: where the next begins */
    uint32_t time;           /* the last event header's seconds */
    uint64_t changes;        /* row changes in it */
    uint64_t statements;     /* statements in it */
    uint64_t digest;         /* over the changes and statements, independent of server, file and position */
    const uint8_t *xa_id;    /* XA_PREPARE, XA_ONE_PHASE: see model/xa.h */
    size_t xa_id_size;
};

struct leat_xa_resolve {
    bool commit;
    uint64_t prepared_seq; /* journal sequence number of the PREPARE's BEGIN; 0: not known */
    const uint8_t *xa_id;  /* see model/xa.h */
    size_t xa_id_size;
    const struct leat_begin *prepared; /* of the PREPARE, if the branch's changes follow; NULL in decoder and journal */
};

struct leat_opaque {
    struct leat_begin begin;
    struct leat_place end;
    struct leat_text reason;
    const uint8_t *events; /* whole events, one after another, as received */
    size_t events_size;
};

struct leat_gap {
    struct leat_place place;
    struct leat_text reason;
};

struct leat_heartbeat {
    struct leat_place place;
};

struct leat_item {
    enum leat_item_type type;
    uint64_t seq; /* the journal's sequence number; 0 outside of a journal */
    union {
        struct leat_start start;
        struct leat_table *schema; /* borrowed */
        struct leat_begin begin;
        struct { const char *bytes; size_t size; } rows_query;
        struct leat_rows rows;
        struct leat_statement statement;
        struct leat_savepoint savepoint;
        struct leat_end end;
        struct leat_xa_resolve xa_resolve;
        struct leat_opaque opaque;
        struct leat_gap gap;
        struct leat_heartbeat heartbeat;
        struct leat_file_part file_part;
        struct leat_definition definition;
    };
};

/* Who takes items. A result other than 0 is handed up by the maker as it is. */
struct leat_item_out {
    void *context;
    int (*item)(void *context, const struct leat_item *item, struct leat_error *err);
};

static inline int leat_item_give(const struct leat_item_out *out, const struct leat_item *item, struct leat_error *err)
{
    return out->item(out->context, item, err);
}

const char *leat_item_type_name(enum leat_item_type type);
const char *leat_statement_kind_name(enum leat_statement_kind kind); /* "create_table"; "other" for what isn't one */
const char *leat_op_name(enum leat_op op); /* "insert", "update", "delete" */

#endif
