/* The mysql sink itself: what the files of the runner's thread share.
 *
 *   mysql.c              the sink's operations: recovering, polling, stopping
 *   mysql_gather.c       items into units of work
 *   mysql_events.c       rows as BINLOG statements
 *   mysql_ddl.c          statements that change definitions
 *   mysql_definitions.c  the target's definitions, compared with the source's
 *   mysql_preserve.c     by GTID: what the target has, and what it is told to take as done
 *   mysql_checkpoint.c   by checkpoint row
 *   mysql_target.c       sessions, and what the target is
 *   mysql_pool.c         units and threads; mysql_worker.c: one thread; mysql_work.c: units' memory */
#ifndef LEAT_SINK_MYSQL_SINK_INT_H
#define LEAT_SINK_MYSQL_SINK_INT_H

#include "mysql_checkpoint_int.h"
#include "mysql_pool_int.h"
#include "mysql_rows_int.h"

enum {
    MYSQL_PIECE_BYTES = 256 * 1024,
    MYSQL_EVENTS_BYTES = 192 * 1024, /* of row events in one BINLOG statement */
    MYSQL_FINGERPRINT_MAX = 65,
};

/* A table of the source, and what it is on the target. */
struct mysql_known {
    struct mysql_known *next;
    struct leat_table *source; /* held */
    char *database, *name;     /* there */
    char *title;               /* "db.table" */
    uint64_t id;               /* in table maps */
    struct mysql_table *sql;   /* NULL: of a table that is being created */
    bool binlog;               /* its rows go as row events */
    bool transactional, referenced;
};

struct mysql_definitions {
    struct mysql_known **buckets;
    size_t bucket_count, count;
    const struct mysql_known *last;
};

struct leat_sink {
    struct leat_sink_env env;
    pthread_mutex_t mutex; /* of `control` and `interrupted`, for interrupt() */
    bool interrupted;
    struct leat_mysql *control;
    struct mysql_target target;
    struct mysql_pool *pool;
    struct mysql_checkpoint checkpoint; /* group */
    struct mysql_definitions definitions;
    struct mysql_rows_options rows_options;
    struct mysql_rows *rows;
    bool decided, preserve;
    bool prepared; /* recovered: units may come */

    /* What is gathered. */
    struct mysql_unit *unit;   /* open; NULL: none */
    bool submitted;            /* it was handed to the pool while it is filled */
    struct mysql_piece *piece; /* open */
    struct leat_buf events;    /* row events that aren't in a statement yet */
    uint64_t events_number;
    const char *events_table;
    bool inside;               /* a transaction of the source */
    bool changed;              /* it did something */
    bool creating;             /* behind CREATE TABLE … START TRANSACTION: its rows come in the same transaction */
    bool barrier;              /* nothing is taken until all is done */
    struct leat_begin begin;   /* its; place.file isn't to be used */
    char name[MYSQL_NAME_MAX]; /* its */
    uint64_t clock_epoch;
    int64_t clock_last;
    uint64_t single_until; /* units of one transaction up to that record: one of them failed */

    /* preserve */
    struct leat_gtid_set *executed; /* that the target has, or gets by units */
    struct leat_buf hint;           /* a checkpoint that is to be kept once it is delivered */
    uint64_t hint_seq, hint_us;
    bool has_hint;

    uint64_t committed_seq; /* of the last commit() */
    uint64_t conflicts;
    char failed_name[MYSQL_NAME_MAX];
    char note[512];
};

/* ---- mysql_gather.c ---- */

int leat_mysql_gather(struct leat_sink *sink, const struct leat_item *item, bool *passed, struct leat_error *err) LEAT_CHECKED;
/* group: closes what is open with this checkpoint; makes a unit of its own for it if there is none. */
int leat_mysql_gather_close(struct leat_sink *sink, const struct leat_checkpoint *at, struct leat_error *err) LEAT_CHECKED;
void leat_mysql_gather_reset(struct leat_sink *sink);
/* A unit that commits that GTID with nothing in it. */
void leat_mysql_gather_empty(struct leat_sink *sink, const char *gtid);
/* All that is held back goes into pieces. */
int leat_mysql_gather_flush(struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;
/* For whoever puts statements: the open piece of the open unit. */
struct mysql_piece *leat_mysql_gather_piece(struct leat_sink *sink);
void leat_mysql_gather_open(struct leat_sink *sink);
void leat_mysql_gather_submit(struct leat_sink *sink);
/* SET gtid_next = … of the transaction at hand, without ; and with what may stand with it. */
void leat_mysql_gather_put_gtid(struct leat_sink *sink, struct leat_buf *sql);

/* ---- mysql_events.c ---- */

int leat_mysql_events_put(struct leat_sink *sink, const struct mysql_known *known, const struct leat_rows *rows, struct leat_error *err) LEAT_CHECKED;
int leat_mysql_events_flush(struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;

/* ---- mysql_ddl.c ---- */

int leat_mysql_ddl(struct leat_sink *sink, const struct leat_statement *statement, uint64_t seq, bool *passed, struct leat_error *err) LEAT_CHECKED;

/* ---- mysql_definitions.c ---- */

int leat_mysql_known(struct leat_sink *sink, const struct mysql_known **known, struct leat_table *source, struct leat_error *err) LEAT_CHECKED;
/* When nothing is under way: everything is read again. */
void leat_mysql_definitions_clear(struct mysql_definitions *definitions);
/* Under which names it is on the target; *renamed: a rule says so. The caller frees both. */
bool leat_mysql_rename(const struct leat_sink_config *config, const char *database, const char *name, char **to_database, char **to_name);
/* What the table is now, in a few characters; "-" for one that isn't there. */
int leat_mysql_fingerprint(struct leat_sink *sink, const char *database, const char *name, char text[MYSQL_FINGERPRINT_MAX], struct leat_error *err) LEAT_CHECKED;
void leat_mysql_put_name(struct leat_buf *sql, const char *name);

/* ---- mysql_preserve.c ---- */

int leat_mysql_preserve_recover(struct leat_sink *sink, struct leat_checkpoint *checkpoint, struct leat_error *err) LEAT_CHECKED;
int leat_mysql_preserve_restart(struct leat_sink *sink, const struct leat_checkpoint *from, struct leat_error *err) LEAT_CHECKED;
int leat_mysql_preserve_commit(struct leat_sink *sink, const struct leat_checkpoint *checkpoint, struct leat_error *err) LEAT_CHECKED;
/* Keeps the last checkpoint that is delivered, now and then. */
int leat_mysql_preserve_keep(struct leat_sink *sink, uint64_t delivered_seq, struct leat_error *err) LEAT_CHECKED;

#endif
