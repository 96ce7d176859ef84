/* A client connection to a MySQL or MariaDB server: the one place that knows the client library.
 *
 * One thread uses a connection; leat_mysql_interrupt may be called by any. Every call has a deadline. Errors carry
 * LEAT_E_CONNECT, _AUTH, _PRIVILEGE, _TLS, _TIMEOUT or _SERVER, with the server's number and text, and the host and
 * port, never a password. LOCAL INFILE is refused always; clear-text passwords go only over verified TLS; with TLS
 * required the connection fails before the user's name is sent. */
#ifndef LEAT_MYSQL_MYSQL_H
#define LEAT_MYSQL_MYSQL_H

#include "base/error.h"
#include "config/config.h"
#include "model/gtid.h"

struct leat_mysql;

/* read_timeout_ms: for queries; the dump has its own. */
int leat_mysql_connect(struct leat_mysql **mysql, const struct leat_server_config *server, unsigned read_timeout_ms,
                       struct leat_error *err) LEAT_CHECKED;
/* The same in two steps, for who wants to interrupt the connecting too. After an error the handle is only good for
 * leat_mysql_close. */
int leat_mysql_new(struct leat_mysql **mysql, struct leat_error *err) LEAT_CHECKED;
int leat_mysql_open(struct leat_mysql *mysql, const struct leat_server_config *server, unsigned read_timeout_ms,
                    struct leat_error *err) LEAT_CHECKED;
void leat_mysql_close(struct leat_mysql **mysql);
/* Whatever blocks on this connection returns soon with LEAT_STOPPED (only resolving a host's name can't be helped). Any
 * thread; the connection stays to be closed by its owner. */
void leat_mysql_interrupt(struct leat_mysql *mysql);
/* A leat_mysql_dump_next that waits for its next event returns LEAT_AGAIN, now or when it is called next; nothing is lost. Any thread.
 * (On Oracle's library it goes on waiting: what is there may lie in the library's own buffers.) */
void leat_mysql_nudge(struct leat_mysql *mysql);

/* Whether the server is reached without leaving this machine. */
bool leat_mysql_is_local(const struct leat_server_config *server);

struct leat_mysql_server {
    bool mariadb;
    uint32_t version; /* 90704, 101119 */
    char text[64];    /* "9.7.4" */
    char name[300];   /* "host:port" or the socket's path, for messages */
    unsigned long thread_id;
    char tls[64];     /* cipher, or empty */
};
const struct leat_mysql_server *leat_mysql_server(const struct leat_mysql *mysql);

/* A whole (small) result: rows of text cells; NULL cells are NULL pointers. */
struct leat_result {
    size_t row_count, column_count;
    char **columns;  /* names */
    char **cells;    /* row * column_count + column */
};
void leat_result_free(struct leat_result **result);
const char *leat_result_cell(const struct leat_result *result, size_t row, const char *column); /* NULL: no such column, or NULL */
/* result may be NULL for statements without one. */
int leat_mysql_query(struct leat_mysql *mysql, struct leat_result **result, struct leat_error *err, const char *format, ...)
    LEAT_PRINTF(4, 5) LEAT_CHECKED;
/* The same for large results: each row as it arrives, its cells (NULL for NULL) and their sizes valid during the call. A result
 * other than 0 is returned; the rows that are left are read and dropped. */
typedef int leat_mysql_row(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err);
int leat_mysql_rows(struct leat_mysql *mysql, leat_mysql_row *each, void *context, const char *sql, struct leat_error *err) LEAT_CHECKED;
/* `count` statements without rows for an answer, each with a ; behind it, in one packet (one only without leat_mysql_batches). matched: of each,
 * the rows that it changed or found; *done: how many went well. timeout_ms 0: none. */
int leat_mysql_run(struct leat_mysql *mysql, const void *sql, size_t size, uint64_t *matched, size_t count, size_t *done,
                   unsigned timeout_ms, struct leat_error *err) LEAT_CHECKED;
/* Before leat_mysql_open: leat_mysql_run takes several statements, and an UPDATE counts rows that it finds, not only those that it
 * changes (CLIENT_FOUND_ROWS). */
void leat_mysql_batches(struct leat_mysql *mysql);
/* A single cell, copied; LEAT_END when there is no row or it is NULL. */
int leat_mysql_value(struct leat_mysql *mysql, char *value, size_t size, const char *sql, struct leat_error *err) LEAT_CHECKED;
/* Quotes and escapes as a string literal. */
void leat_mysql_quote(struct leat_buf *buf, const char *text, size_t size);
/* The server's error number of the last failure, 0 if it wasn't the server's. */
unsigned leat_mysql_errno(const struct leat_mysql *mysql);

struct leat_dump {
    uint32_t server_id;
    const struct leat_gtid_set *gtids; /* what we have: dump by GTID; NULL: by file and position */
    const char *file;
    uint64_t pos;                      /* 4 at least */
    bool non_blocking;                 /* end at the end of the last file (BINLOG_DUMP_NON_BLOCK) */
    bool nudged;                       /* leat_mysql_nudge ends its waiting */
    bool unregistered;                 /* a look into the binlog, not a replica: SHOW REPLICAS doesn't show it */
    unsigned read_timeout_ms;          /* three heartbeats */
    uint64_t event_bytes_max;          /* larger events are LEAT_E_TOO_LARGE before they are read; 0: 1 GiB */
};
/* Registers as a replica (so that SHOW REPLICAS shows us) and asks for the dump. The session was prepared by queries. */
int leat_mysql_dump(struct leat_mysql *mysql, const struct leat_dump *dump, struct leat_error *err) LEAT_CHECKED;
/* The next event, valid until the next call. LEAT_END: the server ended a non-blocking dump. LEAT_AGAIN: see
 * leat_mysql_nudge. */
int leat_mysql_dump_next(struct leat_mysql *mysql, const uint8_t **event, size_t *size, struct leat_error *err) LEAT_CHECKED;
/* Whether the next event is here already, so that leat_mysql_dump_next will not block. */
bool leat_mysql_dump_buffered(const struct leat_mysql *mysql);
/* The read timeout of the dump from now on (the first event has its own). */
void leat_mysql_dump_timeout(struct leat_mysql *mysql, unsigned read_timeout_ms);

#endif
