/* Connecting with one deadline for all of it (name, TCP, TLS, authentication).
 *
 * The library's non-blocking calls are used while connecting, so that leat_mysql_interrupt reaches that too;
 * all that follows uses its blocking calls, with timeouts on the socket. */
#include "../mysql_int.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
    PACKET_MAX = 1024 * 1024 * 1024,
    WRITE_TIMEOUT_S = 30,
};

bool mysql_tls_active(const struct leat_mysql *mysql)
{
    return mysql->handle.net.pvio && mysql->handle.net.pvio->ctls;
}

/* The library takes whole seconds and copies them when it connects; ours are milliseconds and change. Without
 * TLS it polls by `timeout`; with TLS it reads blocking, so that the socket's own timeout counts, and then
 * polls for `options.read_timeout` taken as milliseconds, where 0 would be for ever. */
void mysql_use_timeout(struct leat_mysql *mysql, unsigned timeout_ms)
{
    MARIADB_PVIO *pvio = mysql->handle.net.pvio;
    if (!pvio)
        return;
    pvio->timeout[PVIO_READ_TIMEOUT] = timeout_ms ? (int)timeout_ms : -1;
    mysql->handle.options.read_timeout = 1;
    struct timeval time = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    (void)setsockopt(mysql->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

static int refuse_local_infile(void **state, const char *file, void *context)
{
    (void)file, (void)context;
    *state = NULL;
    return 1;
}
static int no_read(void *state, char *buf, unsigned size)
{
    (void)state, (void)buf, (void)size;
    return -1;
}
static void no_end(void *state)
{
    (void)state;
}
static int no_error(void *state, char *text, unsigned size)
{
    (void)state;
    snprintf(text, size, "LOCAL INFILE is refused");
    return 2000;
}

static void set_options(struct leat_mysql *mysql, const struct leat_server_config *server,
                        unsigned timeout_ms)
{
    MYSQL *handle = &mysql->handle;
    unsigned seconds = (timeout_ms + 999) / 1000, write_seconds = WRITE_TIMEOUT_S, off = 0;
    unsigned long packet_max = PACKET_MAX;
    my_bool no = 0, yes = 1;
    mysql_optionsv(handle, MYSQL_OPT_NONBLOCK, 0);
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_optionsv(handle, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_optionsv(handle, MYSQL_OPT_WRITE_TIMEOUT, &write_seconds);
    mysql_optionsv(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(handle, MYSQL_OPT_RECONNECT, &no);
    mysql_optionsv(handle, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_set_local_infile_handler(handle, refuse_local_infile, no_read, no_end, no_error, NULL);
    mysql_optionsv(handle, MYSQL_DEFAULT_AUTH, mysql_auth_first);
    mysql_optionsv(handle, MARIADB_OPT_RESTRICTED_AUTH, mysql_auth_allowed);
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "leat");
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_version", LEAT_VERSION);
    if (mysql->policy.socket) {
        unsigned protocol = MYSQL_PROTOCOL_SOCKET;
        mysql_optionsv(handle, MYSQL_OPT_PROTOCOL, &protocol);
    } else {
        unsigned protocol = MYSQL_PROTOCOL_TCP; /* "localhost" too: who wants the socket names it */
        mysql_optionsv(handle, MYSQL_OPT_PROTOCOL, &protocol);
    }
    if (!mysql->policy.tls_offered)
        return;
    mysql_optionsv(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_optionsv(handle, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    if (server->ssl_cert)
        mysql_optionsv(handle, MYSQL_OPT_SSL_CERT, server->ssl_cert);
    if (server->ssl_key)
        mysql_optionsv(handle, MYSQL_OPT_SSL_KEY, server->ssl_key);
    /* With a CA the library checks the chain, with this flag also the name; without a CA the flag would fail
     * every certificate, though REQUIRED is content with any. */
    if (mysql->policy.verify)
        mysql_optionsv(handle, MYSQL_OPT_SSL_CA, server->ssl_ca);
    mysql_optionsv(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, mysql->policy.verify_host ? &yes : &no);
}

/* Waits for what the library waits for. 0: go on; LEAT_STOPPED; LEAT_FAIL: the deadline passed. */
static int wait_connecting(struct leat_mysql *mysql, int status, uint64_t deadline_us, int *events)
{
    uint64_t now_us = leat_monotonic_us(leat_clock_real());
    if (now_us >= deadline_us)
        return LEAT_FAIL;
    short wanted =
        (short)((status & MYSQL_WAIT_READ ? POLLIN : 0) | (status & MYSQL_WAIT_WRITE ? POLLOUT : 0));
    struct pollfd fds[2] = {{.fd = mysql->wake_fd, .events = POLLIN},
                            {.fd = wanted ? (int)mysql_get_socket(&mysql->handle) : -1, .events = wanted}};
    int timeout_ms = (int)((deadline_us - now_us) / 1000) + 1;
    int ready = poll(fds, 2, timeout_ms);
    if (atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    if (ready == 0)
        return LEAT_FAIL;
    *events = 0;
    if (fds[1].revents & (POLLIN | POLLHUP | POLLERR))
        *events |= status & MYSQL_WAIT_READ;
    if (fds[1].revents & (POLLOUT | POLLHUP | POLLERR))
        *events |= status & MYSQL_WAIT_WRITE;
    return LEAT_OK;
}

static int run_connect(struct leat_mysql *mysql, const struct leat_server_config *server,
                       const char *password, unsigned timeout_ms, struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(leat_clock_real()),
             deadline_us = began_us + timeout_ms * UINT64_C(1000);
    MYSQL *done = NULL;
    int status =
        mysql_real_connect_start(&done, &mysql->handle, server->socket ? NULL : server->host, server->user,
                                 password, NULL, server->port ? server->port : 3306, server->socket, mysql_client_flags(mysql));
    while (status) {
        int events = 0;
        int rc = wait_connecting(mysql, status, deadline_us, &events);
        if (rc == LEAT_STOPPED)
            return rc;
        if (rc)
            return leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "%s: connecting: no answer within %u ms",
                             mysql->server.name, timeout_ms);
        status = mysql_real_connect_cont(&done, &mysql->handle, events);
    }
    return done ? LEAT_OK : mysql_fail(mysql, "connecting", began_us, timeout_ms, err);
}

static void describe_server(struct leat_mysql *mysql)
{
    MYSQL *handle = &mysql->handle;
    mysql_server_version(&mysql->server, handle->server_version);
    mysql->server.thread_id = mysql_thread_id(handle);
    if (!mysql_tls_active(mysql))
        return;
    const char *version = NULL, *cipher = mysql_get_ssl_cipher(handle);
    mariadb_get_infov(handle, MARIADB_CONNECTION_TLS_VERSION, &version);
    snprintf(mysql->server.tls, sizeof mysql->server.tls, "%s %s", version ? version : "TLS",
             cipher ? cipher : "");
}

/* The library can't be trusted with this alone, see auth.c: whatever happened in there, here it is looked at.
 */
static int check_connected(struct leat_mysql *mysql, struct leat_error *err)
{
    if (mysql->policy.tls_required && !mysql_tls_active(mysql)) {
        if (mysql->policy.socket) {
            leat_fail(err, LEAT_E_TLS, LEAT_KIND_OPERATOR,
                      "%s: the client library doesn't do TLS over a Unix socket", mysql->server.name);
            return leat_cure(err,
                             "ssl_mode: PREFERRED (a socket doesn't leave the machine), or connect by TCP");
        }
        return leat_fail(err, LEAT_E_TLS, LEAT_KIND_OPERATOR, "%s: TLS is required, and there is none",
                         mysql->server.name);
    }
    mysql->fd = fcntl((int)mysql_get_socket(&mysql->handle), F_DUPFD_CLOEXEC, 3);
    if (mysql->fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_RETRY, "%s: duplicating the socket", mysql->server.name);
    my_bool before;
    mysql->handle.net.pvio->methods->blocking(mysql->handle.net.pvio, 1, &before);
    atomic_store(&mysql->established, true);
    return LEAT_OK;
}

int mysql_transport_connect(struct leat_mysql *mysql, const struct leat_server_config *server, const char *password,
                            unsigned timeout_ms, struct leat_error *err)
{
    set_options(mysql, server, timeout_ms);
    int rc = run_connect(mysql, server, password, timeout_ms, err);
    if (rc)
        return rc;
    describe_server(mysql);
    return check_connected(mysql, err);
}

void mysql_transport_close(struct leat_mysql *mysql)
{
    mysql_wire_free(&mysql->transport.wire);
}
