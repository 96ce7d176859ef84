/* MariaDB Connector/C, which is what Debian 12 ships as libmysqlclient.
 *
 *   connect.c  connecting with one deadline, and interruption
 *   auth.c     caching_sha2_password of our own, and the gate before it
 *   command.c  the bodies of a replica's commands
 *   dump.c     registering, asking for the dump, its packets' meaning
 *   wire.c     a dump's packets, read from the socket
 *   tls.c      the same through the library's TLS */
#ifndef LEAT_MYSQL_CONNECTOR_INT_H
#define LEAT_MYSQL_CONNECTOR_INT_H

#include <mysql.h>
typedef unsigned char uchar; /* ma_pvio.h includes ma_tls.h before it says this */
#define HAVE_TLS 1           /* as the library was built: the struct has its TLS member either way */
#include <ma_pvio.h>

#include "base/buf.h"

struct leat_dump;

/* A dump's packets, read from the socket by large reads. */
struct leat_wire {
    int fd, wake_fd, nudge_fd; /* the last may be -1 */
    bool between;              /* no packet has been begun */
    void *ssl; /* the library's SSL of this connection, or NULL without TLS */
    uint8_t *buf;
    size_t start, end;     /* unread bytes of buf */
    struct leat_buf large; /* a packet that doesn't fit in buf, or one split by the protocol */
    unsigned large_unused; /* packets since `large` was needed */
    uint8_t sequence;      /* of the next packet */
    unsigned timeout_ms;
    uint64_t payload_max;
    size_t size, split; /* of buf; of a packet that goes on in the next */
};
enum { LEAT_WIRE_SIZE = 256 * 1024, LEAT_WIRE_SPLIT = 0xFFFFFF };
void mysql_wire_init(struct leat_wire *wire, int fd, int wake_fd, void *ssl, const void *unread,
                     size_t unread_size);
void mysql_wire_free(struct leat_wire *wire);
/* tls.c: reads at least one byte and at most `size`; *wait is what to poll for when it returns LEAT_AGAIN. */
int mysql_tls_read(void *ssl, uint8_t *to, size_t size, size_t *got, short *wait,
                   struct leat_error *err) LEAT_CHECKED;
/* Whether the library's TLS is the one that mysql_tls_read knows. */
int mysql_tls_check(struct leat_error *err) LEAT_CHECKED;
/* The next packet's payload, valid until the next call. LEAT_STOPPED: woken. LEAT_AGAIN: nudged between packets. Errors don't name the server. */
int mysql_wire_next(struct leat_wire *wire, const uint8_t **payload, size_t *size,
                    struct leat_error *err) LEAT_CHECKED;
bool mysql_wire_buffered(const struct leat_wire *wire); /* a whole packet is there already */

struct leat_transport {
    struct leat_wire wire; /* while dumping */
};

/* auth.c: our own caching_sha2_password, registered with the library once a process. */
struct st_plugin_vio;
/* The handle is a struct leat_mysql's. CR_OK or CR_ERROR, as the library wants it. */
int mysql_authenticate(struct st_plugin_vio *vio, MYSQL *handle);
/* Whether a library of this version (30108: 3.1.8) may read a server's bytes. Pure. */
int mysql_library_check(unsigned long version, struct leat_error *err) LEAT_CHECKED;
enum { MYSQL_LIBRARY_FIRST = 30108 }; /* OK packets overran a buffer before (CVE-2020-13249) */
extern const char mysql_auth_allowed[];
extern const char mysql_auth_first[];

/* command.c: the bodies of commands, without the command byte. Pure. */
void mysql_put_register(struct leat_buf *buf, uint32_t server_id);
/* MariaDB's dump by GTID is this too, see mariadb.c. */
void mysql_put_dump(struct leat_buf *buf, const struct leat_dump *dump, bool mariadb);
void mysql_put_dump_gtid(struct leat_buf *buf, const struct leat_dump *dump);

#endif
