/* Following a primary: connect, check, resume, read, reconnect.
 *
 * leat_source_run is the source thread's whole life. Others look by leat_source_status and stop it by leat_source_stop.
 *
 * At every connect: preflight (preflight.h), then containment: the server's executed set must contain what is
 * completed, its purged set must lie within it, and the last transaction is requested again and compared by digest
 * (unless it is purged there). Only then the dump begins. What is completed (decoder's word, not started) is what a
 * reconnect resumes from. Errors of kind RETRY reconnect with backoff, reset by a durable transaction, not by a
 * connection; OPERATOR and DATA halt the source: it stays, says why, and tries again at the long end of the backoff when
 * the cause may have been cured (LEAT_E_SERVER_SETTINGS, _PRIVILEGE, _AUTH, _PURGED), or waits for an operator. */
#ifndef LEAT_SOURCE_SOURCE_H
#define LEAT_SOURCE_SOURCE_H

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "decode/decode.h"
#include "model/item.h"

struct leat_source;

struct leat_catalog;

/* Where a source begins: what is completed already. Without it (fresh) `config.start` is resolved and given out as a
 * START item, with a sync, before the dump begins. */
struct leat_source_resume {
    bool fresh;
    uint8_t source_uuid[LEAT_UUID_SIZE];
    const char *file; /* borrowed while leat_source_new runs */
    uint64_t pos;
    const struct leat_gtid_set *completed;
    struct leat_within within; /* of the next transaction */
    bool has_last; /* the last transaction, for the comparison */
    struct leat_gtid last_gtid;
    const char *last_file;
    uint64_t last_pos;
    uint64_t last_digest;
    /* The definitions in force there, or NULL where none are known; the source's own from leat_source_new on. Without databases in it
     * they aren't all, and are read from the server. */
    struct leat_catalog *catalog;
};

/* Who listens: room relay (into the journal's queue) or tail. All are called by the source thread and may block; a
 * positive result (LEAT_STOPPED) ends leat_source_run. */
struct leat_source_out {
    void *context;
    int (*item)(void *context, const struct leat_item *item, struct leat_error *err);
    /* Everything given so far may be taken now: called at each transaction's end, when the input falls idle, and now and
     * then in large transactions. wait: return only when it is durable. */
    int (*publish)(void *context, bool wait, struct leat_error *err);
    /* The open transaction is void: it will come again from its start. */
    int (*abandon)(void *context, struct leat_error *err);
    /* How many transactions are durable by now (for the backoff); may be NULL. */
    uint64_t (*durable)(void *context);
};

struct leat_source_options {
    const struct leat_source_config *config; /* borrowed */
    uint32_t server_id;
    uint8_t replica_uuid[LEAT_UUID_SIZE];
    const struct leat_clock *clock; /* NULL: the machine's */
    struct leat_source_out out;
    struct leat_point until;        /* tail: end there (LEAT_END); unset: never */
    unsigned stall_s;               /* how long a listener that takes nothing keeps the server waiting; 0: 30 s */
    bool once;                      /* tail: no reconnect; the first error is returned */
    bool names_required;
    struct leat_cell *clock_offset; /* told by probes (journal.h); with it, probes are made each config.probe_interval; NULL: none */
};

int leat_source_new(struct leat_source **source, const struct leat_source_options *options,
                    const struct leat_source_resume *resume, struct leat_error *err) LEAT_CHECKED;
void leat_source_free(struct leat_source **source);
/* Returns LEAT_STOPPED, LEAT_END (until was reached), or LEAT_FAIL: with `once`, or for FATAL errors and those that exit
 * the process (other history is a state, not an exit, while the relay runs: it returns only if nothing else goes on). */
int leat_source_run(struct leat_source *source, struct leat_error *err) LEAT_CHECKED;
void leat_source_stop(struct leat_source *source);   /* any thread, any number of times */
/* Any thread: a table's definition anew, as a DEFINITION item where the stream stands, between transactions: read from the server
 * (sql is NULL), or out of a CREATE TABLE's text, by the server's settings. Waits until the source's thread has done it, some
 * seconds at most (LEAT_E_TIMEOUT: it will, when the source gets to it). A source that halted for want of a definition goes on
 * with it. Errors: what is wrong with the text, the table isn't there, it may not be read. */
int leat_source_reload(struct leat_source *source, const char *database, const char *table, const char *sql,
                       struct leat_error *err) LEAT_CHECKED;
void leat_source_retry(struct leat_source *source);  /* any thread: don't wait for the backoff's end */

enum leat_source_state {
    LEAT_SOURCE_CONNECTING = 0,
    LEAT_SOURCE_CHECKING,
    LEAT_SOURCE_STREAMING,
    LEAT_SOURCE_BACKING_OFF,
    LEAT_SOURCE_HALTED, /* an operator is needed */
    LEAT_SOURCE_STOPPED
};
const char *leat_source_state_name(enum leat_source_state state);

/* What a probe told: a short connection that asks the server for its clock and its binlogs. */
struct leat_source_probe {
    uint64_t at_us;               /* wall clock; 0: none has succeeded yet */
    int64_t clock_offset_us;      /* how much the server's clock is ahead of ours, */
    uint64_t clock_error_us;      /* give or take */
    uint64_t binlogs, binlog_bytes; /* all that it has */
    uint64_t behind_bytes;        /* of them, behind what is read */
    double bytes_per_second;      /* that it wrote since the probe before */
    bool has_horizon;
    double horizon_seconds;       /* until it purges what isn't read: at the earliest; INFINITY: never by itself; 0: it has */
};

/* What is counted on the way; each has one writer, any thread may read. */
struct leat_source_meters {
    struct leat_cell events[256]; /* by the type's number, as they came over the wire */
    struct leat_cell errors[LEAT_E_DEFINITION + 1]; /* by enum leat_code: attempts that ended so */
    struct leat_cell statements;  /* DDL and all else that is logged as a statement */
    struct leat_cell checksum_failures;
    struct leat_cell probes_failed;
};

struct leat_source_status {
    enum leat_source_state state;
    struct leat_error error;   /* of backing off and halted */
    uint64_t since_us;
    unsigned retry_in_ms;
    char server[300];          /* host:port */
    char version[64];
    char tls[64];
    uint8_t source_uuid[LEAT_UUID_SIZE];
    char file[512];            /* read up to */
    uint64_t pos;
    uint64_t events, bytes, transactions, changes, connects;
    uint64_t quarantined;      /* transactions that were put aside, in this run */
    uint64_t last_event_us;    /* wall clock when the last event came */
    bool caught_up;            /* all that had come was read when the stream was last looked at */
    struct leat_source_probe probe;
    uint32_t last_event_time;  /* seconds, of the last event's header */
};
const struct leat_source_meters *leat_source_meters(const struct leat_source *source); /* as long as the source lives */
void leat_source_status(const struct leat_source *source, struct leat_source_status *status); /* any thread */

#endif
