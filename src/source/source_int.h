/* What the files of this room share.
 *
 *   source.c     making, running, backing off, stopping
 *   attempt.c    one connection's life, from connecting to its end
 *   facts.c      what a server says of itself and its binlog
 *   resume.c     whether the server still has our history
 *   compare.c    the last transaction, requested again
 *   mariadb.c, resume_mariadb.c   the same of MariaDB, whose GTIDs are others
 *   start.c      `start` resolved to a place;  until.c: where tail ends
 *   scan.c       short looks into binlog files
 *   stream.c     the reading loop and the listener behind the decoder
 *   watch.c      a thread that lets the server go when our own listener blocks
 *   probe.c      a thread that asks now and then for the server's clock, and when it purges what we need
 *   status.c     the snapshot for others
 *   refusal.c, grants.c, backoff.c, brief.c: pure
 *   definitions*.c how tables are defined, see definitions_int.h
 *   preflight*.c what about a server would lose changes */
#ifndef LEAT_SOURCE_SOURCE_INT_H
#define LEAT_SOURCE_SOURCE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "filter/filter.h"
#include "mysql/mysql.h"
#include "schema/catalog.h"
#include "source/preflight.h"
#include "source/source.h"

enum {
    SOURCE_QUERY_TIMEOUT_MS = 30000,
    /* A server that holds thousands of binlog files looks through them before it sends the first event. */
    SOURCE_FIRST_EVENT_MS = 120000,
    SOURCE_STALL_S = 30,
    SOURCE_CONNECTIONS = 3, /* the dump, beside it the last transaction requested again or definitions, and the probe */
    SOURCE_PUBLISH_BYTES = 1024 * 1024,
    SOURCE_GATHER_BYTES = 64 * 1024,
    SOURCE_UUID_TEXT = LEAT_UUID_TEXT_MAX
};

/* Where we are: all of it is completed, never merely started. */
struct source_place {
    bool known; /* START was given, or came from the journal */
    uint8_t uuid[LEAT_UUID_SIZE];
    char file[LEAT_BINLOG_NAME_MAX + 1]; /* empty: only the set is known */
    uint64_t pos;
    struct leat_gtid_set *completed; /* owned */
    struct leat_within within; /* of the next transaction, so much was delivered by others */
    bool has_last;
    struct leat_gtid last_gtid;
    char last_file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t last_pos;
    uint64_t last_digest;
};

enum source_gtid_mode {
    SOURCE_GTID_OFF,
    SOURCE_GTID_OFF_PERMISSIVE,
    SOURCE_GTID_ON_PERMISSIVE,
    SOURCE_GTID_ON
};

/* One connection's view of the server. */
struct source_facts {
    uint8_t uuid[LEAT_UUID_SIZE]; /* MariaDB has none: made of who it says it is, see mariadb.c */
    enum source_gtid_mode gtid_mode;
    struct leat_gtid_set *executed, *purged; /* owned. MariaDB: the last of each domain */
    bool mariadb;
    struct leat_gtid *state; /* owned. MariaDB: the last of each domain and server in the binlog */
    size_t state_count;
    struct leat_gtid_set *applied; /* owned. MariaDB: what it had replicated itself, as far as it was told */
};

struct source_log {
    char file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t size;
};
struct source_logs {
    struct source_log *list; /* owned */
    size_t count;
};

struct source_watch {
    pthread_t thread;
    bool started, stop; /* stop: under the source's mutex */
    atomic_bool busy;   /* the listener has been called and hasn't returned */
    atomic_ullong calls;
    atomic_bool cut; /* the connection was shut down because the listener blocks */
};

/* A definition that an operator wants anew; under the source's mutex. */
struct source_reload {
    atomic_bool asked;  /* not yet taken up */
    bool taken, done;   /* who asked still waits; it was carried out */
    char database[LEAT_NAME_BYTES_MAX + 1], name[LEAT_NAME_BYTES_MAX + 1];
    char *sql;          /* owned; NULL: from the server */
    int result;
    struct leat_error error;
};

struct leat_source {
    struct leat_source_options options;
    const struct leat_source_config *config;
    const struct leat_clock *clock;
    struct leat_filter *filter;
    struct leat_decoder *decoder;
    struct leat_catalog *catalog; /* the decoder follows statements with it */
    unsigned heartbeat_ms;

    /* The source thread's. */
    struct source_place place;
    bool open; /* a transaction was begun at the listener's and not ended */
    struct leat_gtid open_gtid;
    char open_file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t open_pos;
    uint64_t drop_before; /* items before this position of the first file are not given: see stream.c */
    bool unpublished;
    uint64_t unpublished_bytes, snapshot_bytes;
    bool until_known;
    struct leat_point until;
    uint64_t completed_count; /* transactions of this run */
    uint64_t progress;        /* durable or completed ones when the backoff was last reset */
    unsigned failures;        /* in a row */
    bool by_gtids;            /* MariaDB: how the dump is asked for; decided when the history was checked */
    struct {
        bool pending;      /* the transaction behind what is completed is put aside at the next attempt */
        char reason[LEAT_ERROR_MESSAGE_MAX]; /* why it couldn't be decoded */
    } aside;
    struct leat_catalog_server server; /* of the last connection */
    struct {
        bool known;        /* the catalog has all that the account sees, as it was at our place */
        bool ungiven;      /* … and the listener doesn't have them yet */
        bool given_within; /* … or has them within the open transaction */
        bool idle;         /* the stream is at the present: they may be read, if they weren't */
        bool forget;       /* what the decoder has bound is to be bound anew, between transactions */
        bool told_unseen;
        /* The last rows that stopped for want of a definition: looking again won't help. */
        char file[LEAT_BINLOG_NAME_MAX + 1];
        uint64_t pos;
        struct leat_error error;
    } definitions;
    uint64_t clash_us;        /* when the server last told us that another has our identity; 0: never */
    struct source_watch watch;
    struct leat_source_meters meters;
    struct {
        pthread_t thread;
        bool started;
        uint64_t before_us; /* monotonic: of the last probe, */
        char newest[LEAT_BINLOG_NAME_MAX + 1]; /* and the newest file then */
        uint64_t newest_size;
    } probe;

    /* Under the mutex. */
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    bool stop, retry;
    struct source_reload reload;
    struct leat_mysql *connections[SOURCE_CONNECTIONS];
    struct leat_source_status status;
};

/* source.c */
int source_open(struct leat_source *source, struct leat_mysql **mysql, struct leat_error *err) LEAT_CHECKED;
void source_close(struct leat_source *source, struct leat_mysql **mysql);
bool source_stopping(struct leat_source *source);

/* attempt.c */
int source_attempt(struct leat_source *source, struct leat_error *err) LEAT_CHECKED;
/* What a dump's session is told: the checksum we understand, the heartbeat, who we are. */
int source_prepare_session(struct leat_source *source, struct leat_mysql *mysql,
                           struct leat_error *err) LEAT_CHECKED;
/* The same for a dump beside ours, which the server would end for one with our identity. */
int source_prepare_stranger(struct leat_source *source, struct leat_mysql *mysql, uint32_t *server_id,
                            struct leat_error *err) LEAT_CHECKED;
/* Turns the server's refusals of a dump (error 1236) into what they mean. */
int source_refused(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err);

/* facts.c */
int source_facts(struct leat_mysql *mysql, struct source_facts *facts, struct leat_error *err) LEAT_CHECKED;
/* Whether a set is of GTIDs as this server has them. */
bool source_flavour_fits(const struct leat_gtid_set *set, const struct source_facts *facts);
void source_facts_free(struct source_facts *facts);
int source_list_logs(struct leat_mysql *mysql, struct source_logs *logs, struct leat_error *err) LEAT_CHECKED;
const struct source_log *source_find_log(const struct source_logs *logs, const char *file);
void source_logs_free(struct source_logs *logs);
/* SHOW BINARY LOG STATUS, or as it was called before 8.2. */
int source_log_status(struct leat_mysql *mysql, struct leat_result **result,
                      struct leat_error *err) LEAT_CHECKED;
/* A set in a result's first row; the server's name goes before an error. */
int source_parse_set(const struct leat_result *result, const char *column, struct leat_gtid_set **set,
                     const struct leat_mysql *mysql, struct leat_error *err) LEAT_CHECKED;
int source_missing(const struct leat_mysql *mysql, const char *what, struct leat_error *err);
/* Where the binlog ends, and the set executed by then. */
int source_now(struct leat_mysql *mysql, char file[LEAT_BINLOG_NAME_MAX + 1], uint64_t *pos,
               struct leat_gtid_set **executed, struct leat_error *err) LEAT_CHECKED;

/* resume.c */
int source_check_resume(struct leat_source *source, struct leat_mysql *mysql,
                        const struct source_facts *facts, struct leat_error *err) LEAT_CHECKED;
/* Whether the dump is asked for by GTIDs; else by file and position. */
int source_by_gtids(const struct source_place *place, const struct source_facts *facts, bool *by_gtids,
                    struct leat_error *err) LEAT_CHECKED;
/* The server's history isn't ours: what it lacks. */
int source_foreign_history(const struct source_place *place, const struct source_facts *facts, const char *server,
                           const struct leat_gtid_set *missing, struct leat_error *err);
int source_purged(const struct source_place *place, const struct source_facts *facts, const char *server,
                  struct leat_error *err);
/* Without the set, the file itself must be there. */
int source_check_file(struct leat_mysql *mysql, const struct source_place *place, struct leat_error *err) LEAT_CHECKED;
/* compare.c */
struct source_comparison {
    bool any; /* by position: the first transaction is the one */
    struct leat_gtid wanted, begun;
    bool found;
    uint64_t digest;
};
int source_compare_item(void *context, const struct leat_item *item, struct leat_error *err);
/* `why`: what reading it there failed with, or NULL. */
int source_other_transaction(const struct leat_source *source, const char *server,
                             const struct source_comparison *comparison, const struct leat_error *why,
                             struct leat_error *err);
int source_compare_last(struct leat_source *source, const struct source_facts *facts, bool by_gtids,
                        struct leat_error *err) LEAT_CHECKED;

/* start.c */
int source_resolve_start(struct leat_source *source, struct leat_mysql *mysql,
                         const struct source_facts *facts, struct leat_error *err) LEAT_CHECKED;

/* definitions.c. Reads definitions unless they are known: all of them, as they were at our place. now: a start from now, whose place
 * may still move. They are given by source_give_definitions. */
int source_read_catalog(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts, bool now,
                        struct leat_error *err) LEAT_CHECKED;
int source_give_definitions(struct leat_source *source, struct leat_error *err) LEAT_CHECKED;
/* Between transactions: the same, if they weren't read while the stream was far from the present, and given. */
int source_read_catalog_late(struct leat_source *source, struct leat_error *err) LEAT_CHECKED;
/* For the decoder: its `define`. */
int source_define_table(void *source, const char *database, const char *name, struct leat_error *err) LEAT_CHECKED;
/* What the open transaction did to definitions is void: it comes again, if at all. */
void source_rollback_definitions(struct leat_source *source);
/* reload.c: carries out what leat_source_reload asks for. Between transactions. LEAT_STOPPED or LEAT_OK. */
int source_reload_asked(struct leat_source *source, struct leat_error *err) LEAT_CHECKED;
/* definitions_read.c: asks what of the server decides what statements mean, and tells the catalog. */
int source_read_server(struct leat_mysql *mysql, struct leat_catalog_server *server, struct leat_error *err) LEAT_CHECKED;

/* mariadb.c */
int source_facts_mariadb(struct leat_mysql *mysql, struct source_facts *facts, struct leat_error *err) LEAT_CHECKED;
int source_uuid_mariadb(struct leat_mysql *mysql, uint8_t uuid[LEAT_UUID_SIZE], struct leat_error *err) LEAT_CHECKED;
int source_now_mariadb(struct leat_mysql *mysql, char file[LEAT_BINLOG_NAME_MAX + 1], uint64_t *pos,
                       struct leat_gtid_set **executed, struct leat_error *err) LEAT_CHECKED;
/* The last GTID of each domain where a file begins; LEAT_END: there is no such file. */
int source_file_gtids_mariadb(struct leat_mysql *mysql, const char *file, struct leat_gtid_set **before,
                              struct leat_error *err) LEAT_CHECKED;
/* Pure. What of `completed` the server doesn't have; owned by the caller. */
struct leat_gtid_set *source_lacks_mariadb(const struct source_facts *facts, const struct leat_gtid_set *completed);
/* Pure. gtid_binlog_state: may have several GTIDs of a domain, so it is no set. */
int source_parse_state_mariadb(const char *text, struct leat_gtid **state, size_t *count, struct leat_error *err) LEAT_CHECKED;

/* resume_mariadb.c: the same as source_check_resume. Decides source->by_gtids. */
int source_check_resume_mariadb(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                                struct leat_error *err) LEAT_CHECKED;

/* scan.c: connections of their own, closed when they return. */
struct source_scan {
    char file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;                 /* found: a transaction begins here (or the file ends) */
    struct leat_gtid_set *before; /* owned: the GTIDs that lie before it */
    bool inside;                  /* source_scan_within: the position lies in that transaction */
};
/* When a file was begun, in seconds. */
int source_scan_time(struct leat_source *source, const char *file, uint32_t *seconds,
                     struct leat_error *err) LEAT_CHECKED;
/* Checks that a transaction begins at pos (or nothing is there yet), and gathers what lies before. */
int source_scan_to(struct leat_source *source, const char *file, uint64_t pos, struct source_scan *scan,
                   struct leat_error *err) LEAT_CHECKED;
/* The same, but the position may be that of an event within a transaction: then that transaction's place, and what lies before it. */
int source_scan_within(struct leat_source *source, const char *file, uint64_t pos, struct source_scan *scan,
                       struct leat_error *err) LEAT_CHECKED;
/* The first transaction from this file on that was committed at or after a time, or the binlog's end. */
int source_scan_for(struct leat_source *source, const char *file, uint64_t time_us, struct source_scan *scan,
                    struct leat_error *err) LEAT_CHECKED;

/* Looks for a transaction from a file's head on and reads it: comparison->found says whether it was there with this digest. */
int source_scan_compare(struct leat_source *source, const struct source_facts *facts, const char *file,
                        uint64_t digest, struct source_comparison *comparison, struct leat_error *err) LEAT_CHECKED;

/* until.c */
int source_resolve_until(struct leat_source *source, struct leat_mysql *mysql,
                         const struct source_facts *facts, struct leat_error *err) LEAT_CHECKED;
bool source_until_reached(const struct leat_source *source); /* by what is completed */
bool source_until_begin(const struct leat_source *source,
                        const struct leat_begin *begin); /* it lies behind the end */
bool source_until_idle(const struct leat_source *source,
                       const struct leat_place *place); /* nothing more is there yet */
/* <0, 0, >0 in the order of a server's binlog. */
int source_compare_files(const char *a, const char *b);

/* stream.c */
int source_listen(void *context, const struct leat_item *item, struct leat_error *err);
int source_stream(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err) LEAT_CHECKED;
int source_abandon(struct leat_source *source, struct leat_error *err) LEAT_CHECKED;
bool source_journalled(void *context, const char *database, const char *table);
/* follow: with the catalog, for what is given on; else for rows alone, whose names don't matter. */
struct leat_decoder *source_new_decoder(struct leat_source *source, bool follow, const struct leat_item_out *out);

/* watch.c */
/* What the purge horizon follows from. */
struct source_horizon_facts {
    bool listed, newest;      /* the file that is read: the server still has it; and writes to it */
    double expire_s;          /* 0: never by age */
    uint64_t bytes_max;       /* 0: never by size */
    uint64_t from_file_bytes; /* of that file and all behind it */
    uint64_t server_us;       /* its clock */
    uint32_t read_time;       /* of the last event that was read, seconds; 0: unknown */
};
/* Fills has_horizon and horizon_seconds, by the facts and bytes_per_second. Pure. */
void source_horizon(struct leat_source_probe *probe, const struct source_horizon_facts *facts);
void source_probe_start(struct leat_source *source);
void source_probe_end(struct leat_source *source);
void source_watch_start(struct leat_source *source);
void source_watch_end(struct leat_source *source);

/* status.c */
void source_set_state(struct leat_source *source, enum leat_source_state state,
                      const struct leat_error *error, unsigned retry_in_ms);
void source_set_server(struct leat_source *source, const struct leat_mysql *mysql,
                       const uint8_t uuid[LEAT_UUID_SIZE]);
/* caught_up: all that had come was read. */
void source_snapshot(struct leat_source *source, bool caught_up);
void source_count_quarantined(struct leat_source *source);

/* backoff.c. Pure. The wait before try number `failures` (from 1): doubling from min to max, half of it at
 * random. */
unsigned source_backoff_ms(unsigned failures, unsigned min_ms, unsigned max_ms, uint32_t random);
/* Whether the cause of a halt may have been cured by itself or by somebody on the server, so that it is tried
 * again. */
bool source_tries_again(const struct leat_error *err);

/* refusal.c. Pure. */
enum source_refusal {
    REFUSAL_OTHER = 0,
    REFUSAL_PURGED,    /* the binlog no longer has what we need */
    REFUSAL_AHEAD,     /* we have more than the server */
    REFUSAL_POSITION,  /* no event begins there, or the file is shorter */
    REFUSAL_CLASH,     /* another client has our server_id or UUID */
    REFUSAL_ANONYMOUS, /* transactions without GTIDs where GTIDs were asked for */
    REFUSAL_GTIDS_OFF, /* transactions with GTIDs while gtid_mode is OFF */
    REFUSAL_DAMAGED    /* the server can't read its own file */
};
enum source_refusal source_refusal(const char *message);

/* brief.c. Pure: a set for a message: whole if it is short, else its first part and the count. */
void source_put_set(struct leat_buf *buf, const struct leat_gtid_set *set);
char *source_set_text(char *text, size_t size, const struct leat_gtid_set *set);

/* grants.c. Pure: one line of SHOW GRANTS. */
enum source_grants {
    GRANT_REPLICATION_SLAVE = 1,
    GRANT_REPLICATION_CLIENT = 2,
    GRANT_SELECT = 4, /* on all databases */
    GRANT_ROLE = 8,   /* the line grants a role */
    GRANT_SLAVE_MONITOR = 16 /* MariaDB: whether it is a replica itself */
};
unsigned source_grants(const char *line);

/* preflight_*.c: groups of findings. */
struct preflight {
    struct leat_mysql *mysql;
    const struct leat_source_config *config;
    uint32_t server_id;
    bool quick; /* only what can stop: at a connect */
    struct leat_result *variables;
    void (*each)(void *context, const struct leat_finding *finding);
    void *context;
};
const char *preflight_variable(const struct preflight *preflight, const char *name);
void preflight_find(const struct preflight *preflight, enum leat_finding_level level, enum leat_code code,
                    const char *subject, const char *cure, const char *format, ...) LEAT_PRINTF(6, 7);
int preflight_account(const struct preflight *preflight, struct leat_error *err) LEAT_CHECKED;
int preflight_binlog(const struct preflight *preflight, struct leat_error *err) LEAT_CHECKED;
int preflight_mariadb(const struct preflight *preflight, struct leat_error *err) LEAT_CHECKED;
int preflight_identity(const struct preflight *preflight, struct leat_error *err) LEAT_CHECKED;
int preflight_safety(const struct preflight *preflight, struct leat_error *err) LEAT_CHECKED;
int preflight_tables(const struct preflight *preflight, struct leat_error *err) LEAT_CHECKED;

#endif
