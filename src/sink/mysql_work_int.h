/* A unit of work: one or more whole transactions of the source, as statements that become one transaction of the target.
 *
 * The runner's thread fills it (mysql_gather.c), a worker runs it (mysql_pool.c, mysql_worker.c). A large one is run while it is still
 * filled: pieces that are complete move over under the pool's mutex. */
#ifndef LEAT_SINK_MYSQL_WORK_INT_H
#define LEAT_SINK_MYSQL_WORK_INT_H

#include "base/buf.h"
#include "model/gtid.h"
#include "sink/sink.h"

enum mysql_statement_kind {
    MYSQL_STATEMENT_SETTING = 0, /* of the session: nothing is counted */
    MYSQL_STATEMENT_BINLOG,      /* BINLOG '…': the target's own applier finds missing and duplicate keys */
    MYSQL_STATEMENT_ROWS,        /* several rows: `rows` of them must be affected; 0: any number is right */
    MYSQL_STATEMENT_ROW,         /* one row: exactly one must be matched (CLIENT_FOUND_ROWS) */
    MYSQL_STATEMENT_DDL
};

/* One statement; its text is sql.data + from, without the ; that stands behind it. */
struct mysql_statement {
    enum mysql_statement_kind kind;
    size_t from, size;
    uint64_t number;         /* of the (first) row within the source's transaction, for messages */
    const char *table;       /* "db.table" of the target, for messages; interned for the sink's life; or NULL */
    uint64_t rows;           /* ROWS: how many must be affected, of DELETE and INSERT; 0: not known */
};

struct mysql_piece {
    struct leat_buf sql;
    struct mysql_statement *statements; /* owned */
    size_t count, capacity;
    bool counted; /* among them is one whose rows are counted: COMMIT waits for the answer */
};

/* Appends what was put into piece->sql since `from` as one statement, and a ; behind it. */
void leat_mysql_piece_add(struct mysql_piece *piece, enum mysql_statement_kind kind, size_t from, uint64_t number, const char *table);
void leat_mysql_piece_clear(struct mysql_piece *piece); /* memory is kept */
void leat_mysql_piece_free(struct mysql_piece *piece);

enum mysql_unit_state {
    MYSQL_UNIT_WAITING = 0, /* for a worker */
    MYSQL_UNIT_RUNNING,
    MYSQL_UNIT_EXECUTED,    /* all but its COMMIT, for which it waits */
    MYSQL_UNIT_DONE
};

enum { MYSQL_NAME_MAX = 640 }; /* a GTID, or file:pos */

struct mysql_unit {
    struct mysql_unit *next; /* in the order of the source */
    enum mysql_unit_state state;
    /* Filled before it is handed to the pool. */
    char first_name[MYSQL_NAME_MAX]; /* its first transaction; its only one, if transactions is 1 */
    uint64_t transactions;
    uint64_t at_seq;      /* all before it is in units before this one */
    struct leat_buf begin;  /* SQL before its statements, each with a ; behind it; no other ; is in it */
    struct leat_buf finish; /* SQL of its last statement, which must match one row; empty: none */
    struct mysql_piece after; /* what follows its COMMIT: settings back */
    bool commits;         /* known when it is complete: COMMIT ends it; else its statement does */
    bool alone;           /* nothing runs beside it */
    bool in_order;        /* it is committed after all before it */
    int64_t last_committed, sequence_number; /* the source's logical clock; 0: not known */
    uint64_t epoch;       /* of that clock: it begins anew with each binlog */
    uint64_t tolerates;   /* of DDL that may have run before: errors that say so are none */
    uint64_t bytes;
    /* Under the pool's mutex. */
    struct mysql_piece **pieces; /* owned */
    size_t count, capacity;
    bool complete;        /* no more pieces come */
    bool streamed;        /* pieces are let go when they ran: it can't be done again */
    bool first_only;      /* it failed, or had to give way: it runs when all before it are done */
    unsigned attempts;
    uint64_t since_us;    /* monotonic: RUNNING since */
};

struct mysql_unit *leat_mysql_unit_new(void);
void leat_mysql_unit_free(struct mysql_unit **unit);
/* Takes the piece. */
void leat_mysql_unit_add(struct mysql_unit *unit, struct mysql_piece *piece);

#endif
