/* The dump: registering, asking, and taking event after event.
 *
 * Each packet is a status byte and an event: 0 an event, 0xFE (in a short packet) the end of a non-blocking
 * dump, 0xFF an error. The library sends the commands; the packets are read by wire.c. */
#include "../mysql_int.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"

enum { PACKET_EVENT = 0x00, PACKET_END = 0xFE, PACKET_ERROR = 0xFF, END_SIZE_MAX = 9 };
enum { COMMAND_DUMP_GTID = 30 }; /* the library has no name for it */
static const uint64_t EVENT_MAX = 1024 * 1024 * 1024;

static int send_command(struct leat_mysql *mysql, int number, const struct leat_buf *body, bool answered)
{
    return mysql->handle.methods->db_command(&mysql->handle, (enum enum_server_command)number,
                                             (const char *)body->data, body->size, !answered, NULL);
}

static int enlist(struct leat_mysql *mysql, uint32_t server_id, struct leat_error *err)
{
    struct leat_buf body = {0};
    mysql_put_register(&body, server_id);
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    mysql_use_timeout(mysql, mysql->query_timeout_ms);
    int failed = send_command(mysql, COM_REGISTER_SLAVE, &body, true);
    leat_buf_free(&body);
    return failed ? mysql_fail(mysql, "registering as a replica", began_us, mysql->query_timeout_ms, err)
                  : LEAT_OK;
}

/* The library may have read ahead. Nothing has been asked for yet, so there should be nothing; but it isn't
 * lost. */
static int start_wire(struct leat_mysql *mysql, const struct leat_dump *dump, struct leat_error *err)
{
    MARIADB_PVIO *pvio = mysql->handle.net.pvio;
    void *ssl = pvio->ctls ? pvio->ctls->ssl : NULL;
    if (ssl && mysql_tls_check(err))
        return LEAT_FAIL;
    if (ssl && fcntl(mysql->fd, F_SETFL, O_NONBLOCK) < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_RETRY, "%s: setting the socket", mysql->server.name);
    size_t unread = 0;
    if (pvio->cache && pvio->cache + pvio->cache_size > pvio->cache_pos)
        unread = (size_t)(pvio->cache + pvio->cache_size - pvio->cache_pos);
    mysql_wire_init(&mysql->transport.wire, mysql->fd, mysql->wake_fd, ssl, pvio->cache_pos, unread);
    mysql->transport.wire.nudge_fd = dump->nudged ? mysql->nudge_fd : -1;
    mysql->transport.wire.payload_max = (dump->event_bytes_max ? dump->event_bytes_max : EVENT_MAX) + 1;
    mysql->dumping = true;
    return LEAT_OK;
}

int leat_mysql_dump(struct leat_mysql *mysql, const struct leat_dump *dump, struct leat_error *err)
{
    assert(mysql->connected && !mysql->dumping && (dump->gtids || dump->file));
    bool mariadb = mysql->server.mariadb, by_set = dump->gtids && !mariadb;
    int told = mysql_tell_mariadb(mysql, dump, err);
    if (told)
        return told;
    if (!dump->unregistered) {
        int rc = enlist(mysql, dump->server_id, err);
        if (rc)
            return rc;
    }
    struct leat_buf body = {0};
    if (by_set)
        mysql_put_dump_gtid(&body, dump);
    else
        mysql_put_dump(&body, dump, mariadb);
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    int failed = send_command(mysql, by_set ? COMMAND_DUMP_GTID : COM_BINLOG_DUMP, &body, false);
    leat_buf_free(&body);
    if (failed)
        return mysql_fail(mysql, "asking for the binlog", began_us, 0, err);
    int rc = start_wire(mysql, dump, err);
    leat_mysql_dump_timeout(mysql, dump->read_timeout_ms);
    return rc;
}

void leat_mysql_dump_timeout(struct leat_mysql *mysql, unsigned read_timeout_ms)
{
    mysql->transport.wire.timeout_ms = read_timeout_ms;
}

bool leat_mysql_dump_buffered(const struct leat_mysql *mysql)
{
    return mysql_wire_buffered(&mysql->transport.wire);
}

/* 0xFF, number, '#' and five characters of SQL state, text. */
static int server_error(struct leat_mysql *mysql, const uint8_t *packet, size_t size, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(packet + 1, size - 1);
    unsigned number = leat_cursor_u16(&cursor);
    if (leat_cursor_left(&cursor) >= 6 && *cursor.at == '#')
        leat_cursor_skip(&cursor, 6);
    mysql->last_errno = number;
    enum leat_kind kind;
    enum leat_code code = mysql_error_code(number, &kind);
    return leat_fail(err, code, kind, "%s: reading the binlog: %.*s (%u)", mysql->server.name,
                     (int)leat_cursor_left(&cursor), (const char *)cursor.at, number);
}

int leat_mysql_dump_next(struct leat_mysql *mysql, const uint8_t **event, size_t *size,
                         struct leat_error *err)
{
    assert(mysql->dumping);
    const uint8_t *packet;
    size_t length;
    int rc = mysql_wire_next(&mysql->transport.wire, &packet, &length, err);
    if (rc == LEAT_FAIL && atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    if (rc)
        return rc == LEAT_FAIL ? leat_error_prefix(err, "%s", mysql->server.name) : rc;
    if (length && packet[0] == PACKET_EVENT) {
        *event = packet + 1;
        *size = length - 1;
        return LEAT_OK;
    }
    if (length && packet[0] == PACKET_END && length < END_SIZE_MAX)
        return LEAT_END;
    if (length && packet[0] == PACKET_ERROR)
        return server_error(mysql, packet, length, err);
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_RETRY,
                     "%s: a packet of %zu bytes in the dump is neither event nor error", mysql->server.name,
                     length);
}
