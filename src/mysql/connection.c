/* A connection's life, whichever library it stands on, and its interruption.
 *
 * Interruption is a flag, an eventfd for whoever polls, and shutdown(2) for whoever sits in the library: on a duplicate of
 * the socket, because the library closes its own when a connection breaks, and the number would then be somebody
 * else's file. */
#include "mysql_int.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

enum { CONNECT_TIMEOUT_MS = 10000 };

int leat_mysql_new(struct leat_mysql **out, struct leat_error *err)
{
    *out = NULL;
    if (mysql_library_start(err))
        return LEAT_FAIL;
    struct leat_mysql *mysql = leat_alloc_zero(1, sizeof *mysql);
    mysql->fd = -1;
    mysql->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    mysql->nudge_fd = mysql->wake_fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mysql->nudge_fd < 0) {
        int number = errno;
        if (mysql->wake_fd >= 0)
            close(mysql->wake_fd);
        free(mysql);
        return leat_fail_errno(err, number, LEAT_KIND_RETRY, "eventfd");
    }
    *out = mysql;
    return LEAT_OK;
}

void leat_mysql_batches(struct leat_mysql *mysql)
{
    assert(!mysql->connected);
    mysql->batches = true;
}

int leat_mysql_open(struct leat_mysql *mysql, const struct leat_server_config *server,
                    unsigned read_timeout_ms, struct leat_error *err)
{
    assert(!mysql->connected);
    if (server->socket)
        snprintf(mysql->server.name, sizeof mysql->server.name, "%s", server->socket);
    else
        snprintf(mysql->server.name, sizeof mysql->server.name, "%s:%u", server->host ? server->host : "",
                 server->port ? server->port : 3306);
    if (atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    if (mysql_policy(&mysql->policy, server, err))
        return leat_error_prefix(err, "%s", mysql->server.name);
    char *password;
    if (mysql_password(&password, server, err))
        return leat_error_prefix(err, "%s", mysql->server.name);
    unsigned timeout_ms = server->connect_timeout_ms ? server->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    mysql->query_timeout_ms = read_timeout_ms;
    mysql_init(&mysql->handle);
    mysql->connected = true;
    int rc = mysql_transport_connect(mysql, server, password, timeout_ms, err);
    mysql_password_forget(&password);
    mysql->ready = rc == LEAT_OK;
    return rc;
}

int leat_mysql_connect(struct leat_mysql **mysql, const struct leat_server_config *server,
                       unsigned read_timeout_ms, struct leat_error *err)
{
    int rc = leat_mysql_new(mysql, err);
    if (rc == LEAT_OK)
        rc = leat_mysql_open(*mysql, server, read_timeout_ms, err);
    if (rc)
        leat_mysql_close(mysql);
    return rc;
}

static void wake(int event_fd)
{
    uint64_t one = 1;
    ssize_t written = write(event_fd, &one, sizeof one);
    (void)written; /* it can only be full, which wakes as well */
}

void leat_mysql_nudge(struct leat_mysql *mysql)
{
    wake(mysql->nudge_fd);
}

void leat_mysql_interrupt(struct leat_mysql *mysql)
{
    atomic_store(&mysql->interrupted, true);
    wake(mysql->wake_fd);
    if (atomic_load(&mysql->established))
        shutdown(mysql->fd, SHUT_RDWR);
}

void leat_mysql_close(struct leat_mysql **mysql)
{
    struct leat_mysql *old = *mysql;
    if (!old)
        return;
    /* A dump has no orderly end: the server would read our goodbye only after its next write to us. */
    if (old->dumping && old->fd >= 0)
        shutdown(old->fd, SHUT_RDWR);
    mysql_transport_close(old);
    if (old->connected)
        mysql_close(&old->handle);
    if (old->fd >= 0)
        close(old->fd);
    close(old->wake_fd);
    close(old->nudge_fd);
    free(old);
    *mysql = NULL;
}
