/* The dump by the library's own mysql_binlog_open and _fetch: it asks, reads packets, and takes the status byte for us. */
#include "../mysql_int.h"

#include <assert.h>
#include <sys/ioctl.h>

#include "base/clock.h"

enum { STATUS_SIZE = 1 };
static const uint64_t EVENT_MAX = 1024 * 1024 * 1024;

static void copy_gtids(MYSQL_RPL *rpl, unsigned char *packet)
{
    const struct leat_buf *gtids = rpl->gtid_set_arg;
    memcpy(packet, gtids->data, gtids->size);
}

int leat_mysql_dump(struct leat_mysql *mysql, const struct leat_dump *dump, struct leat_error *err)
{
    assert(mysql->connected && !mysql->dumping && (dump->gtids || dump->file));
    struct leat_transport *transport = &mysql->transport;
    bool mariadb = mysql->server.mariadb, by_set = dump->gtids && !mariadb;
    int told = mysql_tell_mariadb(mysql, dump, err);
    if (told)
        return told;
    const char *file = dump->gtids ? "" : dump->file;
    transport->rpl = (MYSQL_RPL){
        .file_name = file,
        .file_name_length = strlen(file),
        .start_position = dump->gtids ? 4 : dump->pos,
        .server_id = dump->server_id,
        .flags = (dump->non_blocking ? MYSQL_DUMP_NON_BLOCK : 0) | (mariadb ? MYSQL_DUMP_ANNOTATIONS : 0) |
                 (by_set ? MYSQL_RPL_GTID : 0),
    };
    leat_buf_clear(&transport->gtids);
    if (by_set) {
        leat_gtid_set_encode_mysql(&transport->gtids, dump->gtids);
        transport->rpl.gtid_set_encoded_size = transport->gtids.size;
        transport->rpl.fix_gtid_set = copy_gtids;
        transport->rpl.gtid_set_arg = &transport->gtids;
    }
    /* Larger packets fail before memory is taken for them. */
    uint64_t event_max = dump->event_bytes_max ? dump->event_bytes_max : EVENT_MAX;
    mysql->handle.net.max_packet_size = (unsigned long)(event_max + STATUS_SIZE);
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    mysql_watchdog_guard(&transport->watchdog, mysql->query_timeout_ms);
    int failed = mysql_binlog_open(&mysql->handle, &transport->rpl);
    mysql_watchdog_release(&transport->watchdog);
    if (failed)
        return mysql_fail(mysql, "asking for the binlog", began_us, mysql->query_timeout_ms, err);
    mysql->dumping = true;
    leat_mysql_dump_timeout(mysql, dump->read_timeout_ms);
    return LEAT_OK;
}

void leat_mysql_dump_timeout(struct leat_mysql *mysql, unsigned read_timeout_ms)
{
    mysql->transport.timeout_ms = read_timeout_ms;
}

/* What the library holds itself can't be seen: bytes that the socket has are as good a sign of more to come. */
bool leat_mysql_dump_buffered(const struct leat_mysql *mysql)
{
    int waiting = 0;
    return ioctl(mysql->fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

static int fail(struct leat_mysql *mysql, uint64_t began_us, struct leat_error *err)
{
    unsigned timeout_ms = mysql->transport.timeout_ms;
    int rc = mysql_fail(mysql, "reading the binlog", began_us, timeout_ms, err);
    if (rc == LEAT_FAIL && err->code == LEAT_E_TIMEOUT)
        return leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "%s: the server has sent nothing for %u ms",
                         mysql->server.name, timeout_ms);
    return rc;
}

int leat_mysql_dump_next(struct leat_mysql *mysql, const uint8_t **event, size_t *size, struct leat_error *err)
{
    assert(mysql->dumping);
    struct leat_transport *transport = &mysql->transport;
    if (atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    mysql_watchdog_guard(&transport->watchdog, transport->timeout_ms);
    int failed = mysql_binlog_fetch(&mysql->handle, &transport->rpl);
    mysql_watchdog_release(&transport->watchdog);
    if (failed)
        return fail(mysql, began_us, err);
    if (transport->rpl.size <= STATUS_SIZE)
        return LEAT_END;
    *event = transport->rpl.buffer + STATUS_SIZE;
    *size = transport->rpl.size - STATUS_SIZE;
    return LEAT_OK;
}
