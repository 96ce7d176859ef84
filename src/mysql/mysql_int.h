/* What the files of this room share: the connection, the reader of a dump's packets, and what an error number
 * means. */
#ifndef LEAT_MYSQL_MYSQL_INT_H
#define LEAT_MYSQL_MYSQL_INT_H

#include <mysql.h>
typedef unsigned char uchar; /* ma_pvio.h includes ma_tls.h before it says this */
#define HAVE_TLS 1           /* as the library was built: the struct has its TLS member either way */
#include <ma_pvio.h>
#include <stdatomic.h>

#include "mysql/mysql.h"

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

/* A dump's packets, read from the socket by large reads. */
struct leat_wire {
    int fd, wake_fd;
    void *ssl; /* the library's SSL of this connection, or NULL without TLS */
    uint8_t *buf;
    size_t start, end;     /* unread bytes of buf */
    struct leat_buf large; /* a packet that doesn't fit in buf, or one split by the protocol */
    unsigned large_unused; /* packets since `large` was needed */
    uint8_t sequence;      /* of the next packet */
    unsigned timeout_ms;
    uint64_t payload_max;
};
enum { LEAT_WIRE_SIZE = 256 * 1024 };
void mysql_wire_init(struct leat_wire *wire, int fd, int wake_fd, void *ssl, const void *unread,
                     size_t unread_size);
void mysql_wire_free(struct leat_wire *wire);
/* tls.c: reads at least one byte and at most `size`; *wait is what to poll for when it returns LEAT_AGAIN. */
int mysql_tls_read(void *ssl, uint8_t *to, size_t size, size_t *got, short *wait,
                   struct leat_error *err) LEAT_CHECKED;
/* Whether the library's TLS is the one that mysql_tls_read knows. */
int mysql_tls_check(struct leat_error *err) LEAT_CHECKED;
/* The next packet's payload, valid until the next call. LEAT_STOPPED: woken. Errors don't name the server. */
int mysql_wire_next(struct leat_wire *wire, const uint8_t **payload, size_t *size,
                    struct leat_error *err) LEAT_CHECKED;
bool mysql_wire_buffered(const struct leat_wire *wire); /* a whole packet is there already */

struct leat_mysql {
    MYSQL handle; /* first: the authentication plugin finds us by it */
    bool connected;
    struct leat_mysql_policy policy;
    struct leat_mysql_server server;
    int wake_fd; /* eventfd: leat_mysql_interrupt writes it */
    int fd;      /* the socket, borrowed from the handle; for shutdown(2) */
    atomic_bool interrupted;
    atomic_bool established; /* fd is valid */
    unsigned query_timeout_ms;
    unsigned last_errno;
    bool dumping;
    struct leat_wire wire;
};

void mysql_use_timeout(struct leat_mysql *mysql, unsigned timeout_ms);
bool mysql_tls_active(const struct leat_mysql *mysql);
/* "shop-db:3306: " goes before every message. */
int mysql_fail(struct leat_mysql *mysql, const char *doing, uint64_t since_us, unsigned timeout_ms,
               struct leat_error *err);

/* auth.c: our own caching_sha2_password, registered with the library once a process. */
int mysql_library_start(struct leat_error *err) LEAT_CHECKED;
/* Whether a library of this version (30108: 3.1.8) may read a server's bytes. Pure. */
int mysql_library_check(unsigned long version, struct leat_error *err) LEAT_CHECKED;
enum { MYSQL_LIBRARY_FIRST = 30108 }; /* OK packets overran a buffer before (CVE-2020-13249) */
extern const char mysql_auth_allowed[];
extern const char mysql_auth_first[];

/* error.c: what a number of the library (2000 to 2999, 5000 to 5999) or of the server means. Pure. */
enum leat_code mysql_error_code(unsigned number, enum leat_kind *kind);
const char *mysql_error_cure(unsigned number);
/* server.c. Pure. "9.7.4", "8.0.36-28", "5.5.5-10.11.19-MariaDB-1:10…" */
void mysql_server_version(struct leat_mysql_server *server, const char *text);

/* command.c: the bodies of commands, without the command byte. Pure. */
void mysql_put_register(struct leat_buf *buf, uint32_t server_id);
void mysql_put_dump(struct leat_buf *buf, const struct leat_dump *dump);
void mysql_put_dump_gtid(struct leat_buf *buf, const struct leat_dump *dump);

#endif
