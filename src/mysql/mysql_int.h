/* What the files of this room share, whichever client library they stand on: the connection, its policy, and what an
 * error number means.
 *
 *   connection.c  a connection's life
 *   policy.c      how much a connection is protected
 *   password.c    where its password comes from
 *   query.c       statements and their results
 *   rows.c        large results, row by row
 *   error.c       numbers of libraries and servers
 *   server.c      what a server says about itself
 *   mariadb.c     how MariaDB is asked for a dump
 *   connector/    MariaDB Connector/C: connecting, and a dump that is read by ourselves
 *   oracle/       Oracle's libmysqlclient: connecting, and a dump by its mysql_binlog_fetch
 *
 * One of the two folders is in a build, see CMakeLists.txt. */
#ifndef LEAT_MYSQL_MYSQL_INT_H
#define LEAT_MYSQL_MYSQL_INT_H

#include <stdatomic.h>

#include "mysql/mysql.h"

#ifdef LEAT_CLIENT_ORACLE
#include "oracle/oracle_int.h"
#else
#include "connector/connector_int.h"
#endif

/* How passwords and names may travel; fixed before the first byte is sent. */
struct leat_mysql_policy {
    bool socket;       /* a Unix socket: the machine itself is the secure channel */
    bool tls_offered;  /* we ask for TLS */
    bool tls_required; /* and go no further without it */
    bool verify;       /* the certificate is checked against ssl_ca */
    bool verify_host;  /* and its name against the host's */
    bool rsa_allowed;  /* the password may go encrypted by a key that the server sent in clear */
};
int mysql_policy(struct leat_mysql_policy *policy, const struct leat_server_config *server,
                 struct leat_error *err) LEAT_CHECKED;

struct leat_mysql {
    MYSQL handle; /* first: the authentication plugin finds us by it */
    bool connected; /* handle is initialised */
    bool ready;     /* connecting is over, and went well */
    struct leat_mysql_policy policy;
    struct leat_mysql_server server;
    int wake_fd;  /* eventfd: leat_mysql_interrupt writes it */
    int nudge_fd; /* the same for leat_mysql_nudge */
    int fd;      /* the socket, borrowed from the handle; for shutdown(2) */
    atomic_bool interrupted;
    atomic_bool established; /* fd is valid */
    unsigned query_timeout_ms;
    unsigned last_errno;
    bool dumping;
    bool batches; /* leat_mysql_batches */
    struct leat_transport transport; /* the library's own part */
};

/* What each of the two folders has. */
int mysql_library_start(struct leat_error *err) LEAT_CHECKED; /* once a process */
/* Connects mysql->handle, which is initialised, within timeout_ms; sets server, fd and established. */
int mysql_transport_connect(struct leat_mysql *mysql, const struct leat_server_config *server, const char *password,
                            unsigned timeout_ms, struct leat_error *err) LEAT_CHECKED;
void mysql_transport_close(struct leat_mysql *mysql); /* before the handle is closed */
void mysql_use_timeout(struct leat_mysql *mysql, unsigned timeout_ms); /* of the calls that follow; 0: none */
bool mysql_tls_active(const struct leat_mysql *mysql);

/* "shop-db:3306: " goes before every message. */
int mysql_fail(struct leat_mysql *mysql, const char *doing, uint64_t since_us, unsigned timeout_ms,
               struct leat_error *err);

/* password.c: *password is the caller's, to be given back to mysql_password_forget. */
int mysql_password(char **password, const struct leat_server_config *server, struct leat_error *err) LEAT_CHECKED;
void mysql_password_forget(char **password);

static inline unsigned long mysql_client_flags(const struct leat_mysql *mysql)
{
    return mysql->batches ? CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS | CLIENT_FOUND_ROWS : 0;
}

/* error.c: what a number of the library (2000 to 2999, 5000 to 5999) or of the server means. Pure. */
enum leat_code mysql_error_code(unsigned number, enum leat_kind *kind);
const char *mysql_error_cure(unsigned number);
/* server.c. Pure. "9.7.4", "8.0.36-28", "5.5.5-10.11.19-MariaDB-1:10…" */
void mysql_server_version(struct leat_mysql_server *server, const char *text);

/* mariadb.c: before a dump, what MariaDB is told by variables of the session. */
int mysql_tell_mariadb(struct leat_mysql *mysql, const struct leat_dump *dump, struct leat_error *err) LEAT_CHECKED;
/* Flags of COM_BINLOG_DUMP. */
enum { MYSQL_DUMP_NON_BLOCK = 0x1, MYSQL_DUMP_ANNOTATIONS = 0x2 /* MariaDB: statements' texts too */ };

#endif
