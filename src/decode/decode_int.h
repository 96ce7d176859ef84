/* What the decoder's own files share. Not for other rooms.
 *
 *   decoder.c      events in: frame, place, dispatch, errors
 *   place.c        64-bit positions; format descriptions, rotates, heartbeats
 *   transaction.c  BEGIN and END, digest and length
 *   query.c        Query events: transaction control, DDL, statements
 *   xa.c           XA branches: prepared here, committed or rolled back elsewhere
 *   rows.c         table maps and rows
 *   payload.c      transactions compressed by MySQL
 *   inflate.c      events and columns compressed by MariaDB
 *   fragments.c    rows events that MariaDB cut into several
 *   prelude.c      what comes before a statement in events of its own; LOAD DATA
 *   definitions.c  what statements do to definitions
 *   aside.c        a transaction as its raw events
 *   within.c       what others delivered of a transaction in which we start
 *   refuse.c       what this build can't decode, and the way on */
#ifndef LEAT_DECODE_INT_H
#define LEAT_DECODE_INT_H

#include "decode/decode.h"

#include "base/buf.h"
#include "binlog/inflate.h"
#include "binlog/payload.h"
#include "schema/ddl.h"
#include "schema/schema.h"

enum state {
    SKIPPING, /* before the first transaction that begins here (options.skip_to_begin) */
    BETWEEN,
    STARTED, /* a GTID was seen */
    OPEN     /* BEGIN was seen, or what stands for it */
};

struct binding {
    uint64_t table_id;
    struct leat_schema_entry *entry;
};

/* Where a savepoint was set: the changes numbered above `keeps` came later. */
struct savepoint {
    uint64_t name; /* its hash */
    uint64_t keeps;
};
enum { SAVEPOINTS_MAX = 4096 };

/* LOAD DATA of MySQL 4, between CREATE_FILE and EXEC_LOAD. */
struct pending_load {
    bool used;
    uint32_t file_id, thread_id, execution_seconds;
    struct leat_buf sql, database; /* database with a NUL */
};
enum { LOADS_MAX = 64 };

struct transaction {
    uint64_t pos;    /* of its first event */
    uint64_t length; /* as the GTID event tells; 0: it doesn't */
    bool standalone; /* MariaDB: ends with its only statement */
    bool alter_is_open; /* MariaDB: START ALTER or ROLLBACK ALTER, whose statement changes nothing */
    bool something;  /* anything but its frame was in it, whether given or not */
    uint32_t thread_id;
    uint64_t changes, statements, digest;
    uint32_t savepoint_count;
    bool xa; /* a branch, named so: */
    uint8_t xa_id[LEAT_XA_ID_MAX];
    size_t xa_id_size; /* 0: not told yet */
};

/* A rows event in fragments: those that came. */
struct fragments {
    uint32_t got, count; /* 0 of 0: none is under way */
    bool count_first;    /* how their heads are laid out */
    uint64_t pos;        /* of the first one */
    uint64_t size;       /* of the whole event, as the first one tells */
    struct leat_buf event;
};

/* The next transaction is given as its raw events. */
enum { ASIDE_REASON_MAX = LEAT_ERROR_MESSAGE_MAX };
struct aside {
    bool armed;
    bool begun;             /* BEGIN was seen */
    char reason[ASIDE_REASON_MAX];
    struct leat_buf format; /* the last format description, as it came */
    struct leat_buf events;
};

struct leat_decoder {
    struct leat_decoder_options options;
    struct leat_item_out out;
    struct leat_schema *schema;
    struct leat_binlog_format format;
    struct leat_binlog_format inner_format; /* of events within others, which have no checksum */
    uint8_t source_uuid[LEAT_UUID_SIZE];

    char file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;       /* where the next event lies */
    uint64_t offset;    /* the same, counted by events' sizes alone: in relay logs, the place in the file at hand */
    uint64_t completed; /* in the same file: no file ends within a transaction */

    enum state state;
    bool verified;        /* the caller has checked the checksums */
    bool poisoned;        /* an error was returned: the place and the transaction are no longer right */
    bool listener_said;   /* the result comes from the listener */
    bool passing;         /* see leat_decoder_pass */
    bool after_format;    /* the last event was a format description */
    struct leat_buf said; /* INTVAR, RAND and USER_VAR before the statement that they belong to (binlog/prelude.h) */
    bool prelude;         /* INTVAR, RAND or USER_VAR came before the statement that they belong to … */
    uint64_t prelude_pos; /* … here */
    struct transaction transaction;
    struct leat_item begin; /* of the transaction. Not given with its GTID: MySQL tells with the next event whether it
                               is an XA branch */
    bool begin_kept;

    /* The event at hand. */
    struct leat_event event;
    bool placed; /* it takes room in the file */
    uint64_t event_pos, event_end;

    size_t binding_count; /* of the statement at hand */

    struct leat_payload_reader *payload_reader; /* made with the first payload */
    struct leat_inflater *inflater;             /* made with the first compressed event of MariaDB's */
    struct leat_buf inflated, inflated_images;
    struct fragments fragments;
    struct aside aside;
    struct leat_within within; /* of the transaction at hand */
    uint64_t within_events, within_rows; /* counted; passed over of the event behind those */

    struct leat_buf known_begin; /* of the last BEGIN event, all that tells what it is */
    struct leat_buf rows_query; /* kept until it is known whether the statement's tables are wanted */
    bool rows_query_pending;

    struct leat_item
        item; /* the one being given: clearing one of these for each would take as long as a row's walk */
    struct leat_ddl ddl; /* of the statement at hand */
    struct leat_buf sql; /* its text, where that had to be converted to be read */
    bool loads;          /* it is LOAD DATA of this file */
    uint32_t file_id;
    struct leat_decoder_state counters;

    /* Large, and so behind what each event touches. */
    struct binding bindings[LEAT_SCHEMA_BOUND_MAX]; /* the first binding_count */
    struct savepoint savepoints[SAVEPOINTS_MAX]; /* of the transaction, oldest first */
    struct pending_load loads_pending[LOADS_MAX];
};

#define leat_malformed(err, ...) leat_fail((err), LEAT_E_MALFORMED, LEAT_KIND_DATA, __VA_ARGS__)

static inline bool decoder_in_transaction(const struct leat_decoder *decoder)
{
    return decoder->state == STARTED || decoder->state == OPEN;
}

/* BEGIN, if it was kept. */
int decoder_give_begin(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
/* decoder->item, its part of this type filled in, to the listener, behind BEGIN if that was kept. */
int decoder_give(struct leat_decoder *decoder, enum leat_item_type type, struct leat_error *err) LEAT_CHECKED;

/* A digest goes on over one more value. What a transaction's digest is made of, in order: for each row, what
 * the rows of an event share (table, op, bitmaps) and the XXH3 of its images; for each statement, the XXH3 of
 * its default database and of its text. Nothing of where, when or through whom it came. */
static inline uint64_t decoder_mix(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return digest ^ digest >> 32;
}

/* decoder.c: the event at hand, by its type. */
int decoder_handle(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;

/* place.c. decoder_locate finds the event's own place, before anything is made of it. */
int decoder_locate(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_format(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_rotate(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_heartbeat(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
/* Fails when a transaction is under way; `what` comes too early. */
int decoder_must_be_between(const struct leat_decoder *decoder, const char *what,
                            struct leat_error *err) LEAT_CHECKED;
/* Fails unless a GTID or BEGIN was seen. */
int decoder_must_be_in_transaction(const struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
/* Fails unless BEGIN was seen. */
int decoder_must_be_open(const struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;

/* transaction.c */
int decoder_gtid(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
/* A transaction without a GTID event begins, with the event at hand. */
void decoder_begin_anonymous(struct leat_decoder *decoder);
/* The event at hand ends the transaction. */
int decoder_end(struct leat_decoder *decoder, enum leat_end_how how, uint64_t xid,
                struct leat_error *err) LEAT_CHECKED;
int decoder_xid(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;

/* query.c */
int decoder_query(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
/* A statement that isn't transaction control, with decoder->loading said of it. */
int decoder_statement(struct leat_decoder *decoder, const struct leat_query *query, struct leat_error *err) LEAT_CHECKED;
/* The event at hand while SKIPPING: whether a transaction begins with it. */
int decoder_skip(struct leat_decoder *decoder, bool *begins, struct leat_error *err) LEAT_CHECKED;

/* prelude.c: INTVAR, RAND, USER_VAR; then BEGIN_LOAD_QUERY, APPEND_BLOCK, DELETE_FILE; then EXECUTE_LOAD_QUERY. */
int decoder_prelude(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_file_part(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_load_query(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_old_load(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_exec_load(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
void decoder_loads_free(struct leat_decoder *decoder);
/* Nothing was said before what comes next. */
void decoder_prelude_end(struct leat_decoder *decoder);

/* definitions.c: what the statement does to definitions, given. */
int decoder_follow(struct leat_decoder *decoder, const struct leat_statement *statement, struct leat_error *err) LEAT_CHECKED;
/* The transaction is complete, or comes again. */
void decoder_definitions_end(struct leat_decoder *decoder, bool complete);
/* leat_schema_ready, after asking for a definition where one is missing. */
int decoder_ready(struct leat_decoder *decoder, struct leat_schema_entry *entry, struct leat_error *err) LEAT_CHECKED;

/* xa.c */
int decoder_xa_start(struct leat_decoder *decoder, const struct leat_query *query, struct leat_error *err) LEAT_CHECKED;
int decoder_xa_end(struct leat_decoder *decoder, const struct leat_query *query, struct leat_error *err) LEAT_CHECKED;
int decoder_xa_prepare(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_xa_resolve(struct leat_decoder *decoder, const struct leat_query *query, bool commit,
                       struct leat_error *err) LEAT_CHECKED;

/* rows.c */
int decoder_table_map(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_rows(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_rows_query(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
/* The statement is over: its table numbers mean nothing any more. */
void decoder_statement_end(struct leat_decoder *decoder);

/* payload.c */
int decoder_payload(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;

/* inflate.c: no-ops where nothing is compressed; what comes out lies in the decoder until the event's end. */
int decoder_inflate_query(struct leat_decoder *decoder, struct leat_query *query, struct leat_error *err) LEAT_CHECKED;
int decoder_inflate_rows(struct leat_decoder *decoder, const struct leat_row_plan *plan, struct leat_rows_event *rows,
                         struct leat_error *err) LEAT_CHECKED;
void decoder_inflate_end(struct leat_decoder *decoder);
void decoder_inflate_free(struct leat_decoder *decoder);

/* fragments.c */
int decoder_fragment(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
/* Fails when the event at hand comes between fragments. */
int decoder_fragments_whole(const struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
void decoder_fragments_forget(struct leat_decoder *decoder);

/* aside.c: the event at hand, while the next transaction is to be put aside. */
int decoder_aside(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
void decoder_aside_format(struct leat_decoder *decoder);
void decoder_aside_free(struct leat_decoder *decoder);

/* within.c. How many rows of the event at hand are done already: none of statements that are. */
#define DECODER_ALL_ROWS UINT64_MAX
uint64_t decoder_within_passes(const struct leat_decoder *decoder);
/* Rows that nobody wants: they aren't counted one by one. */
void decoder_within_unwanted(struct leat_decoder *decoder);
/* The event at hand is done. */
void decoder_within_event(struct leat_decoder *decoder);
int decoder_within_end(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;

/* refuse.c: always fails. */
int decoder_refuse(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_refuse_incident(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;
int decoder_refuse_statement(struct leat_decoder *decoder, struct leat_error *err) LEAT_CHECKED;

#endif
