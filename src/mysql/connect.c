/* Connecting, with one deadline for all of it (name, TCP, TLS, authentication), and interruption.
 *
 * The library's non-blocking calls are used while connecting, so that leat_mysql_interrupt reaches that too;
 * all that follows uses its blocking calls, with timeouts on the socket. Interruption is a flag, an eventfd
 * for whoever polls, and shutdown(2) for whoever sits in the library: on a duplicate of the socket, because
 * the library closes its own when a connection breaks, and the number would then be somebody else's file. */
#include "mysql_int.h"

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
    CONNECT_TIMEOUT_MS = 10000,
    WRITE_TIMEOUT_S = 30,
    PASSWORD_FILE_MAX = 4096,
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

/* A strange file mode is the operator's business; a strange size is ours. One line feed at the end is not the
 * password's. */
static int read_password(char **password, const struct leat_server_config *server, struct leat_error *err)
{
    *password = NULL;
    if (!server->password_file) {
        *password = leat_strdup(server->password ? server->password : "");
        return LEAT_OK;
    }
    int fd = open(server->password_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bool missing = errno == ENOENT;
        leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "password_file %s", server->password_file);
        return missing ? leat_cure(err, "put the password into that file (mode 0600), or name another one") : LEAT_FAIL;
    }
    char text[PASSWORD_FILE_MAX + 1];
    size_t size = 0;
    ssize_t got;
    while (size < sizeof text && (got = read(fd, text + size, sizeof text - size)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        size += (size_t)got;
    }
    int number = errno;
    close(fd);
    if (size < sizeof text && got < 0)
        return leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "password_file %s", server->password_file);
    if (size && text[size - 1] == '\n')
        size--;
    if (size > PASSWORD_FILE_MAX - 1 || memchr(text, '\0', size)) {
        explicit_bzero(text, sizeof text);
        leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "password_file %s: that is no password (%zu bytes)",
                  server->password_file, size);
        return leat_cure(err, "the file holds the password on one line, and nothing else");
    }
    *password = leat_strndup(text, size);
    explicit_bzero(text, sizeof text);
    return LEAT_OK;
}

static void forget_password(char **password)
{
    if (*password)
        explicit_bzero(*password, strlen(*password));
    free(*password);
    *password = NULL;
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
                                 password, NULL, server->port ? server->port : 3306, server->socket, 0);
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

int leat_mysql_new(struct leat_mysql **out, struct leat_error *err)
{
    *out = NULL;
    if (mysql_library_start(err))
        return LEAT_FAIL;
    struct leat_mysql *mysql = leat_alloc_zero(1, sizeof *mysql);
    mysql->fd = -1;
    mysql->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mysql->wake_fd < 0) {
        int number = errno;
        free(mysql);
        return leat_fail_errno(err, number, LEAT_KIND_RETRY, "eventfd");
    }
    *out = mysql;
    return LEAT_OK;
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
    if (read_password(&password, server, err))
        return leat_error_prefix(err, "%s", mysql->server.name);
    unsigned timeout_ms = server->connect_timeout_ms ? server->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    mysql->query_timeout_ms = read_timeout_ms;
    mysql_init(&mysql->handle);
    mysql->connected = true;
    set_options(mysql, server, timeout_ms);
    int rc = run_connect(mysql, server, password, timeout_ms, err);
    forget_password(&password);
    if (rc == LEAT_OK) {
        describe_server(mysql);
        rc = check_connected(mysql, err);
    }
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

void leat_mysql_interrupt(struct leat_mysql *mysql)
{
    atomic_store(&mysql->interrupted, true);
    uint64_t one = 1;
    ssize_t written = write(mysql->wake_fd, &one, sizeof one);
    (void)written; /* it can only be full, which wakes as well */
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
    if (old->connected)
        mysql_close(&old->handle);
    mysql_wire_free(&old->wire);
    if (old->fd >= 0)
        close(old->fd);
    close(old->wake_fd);
    free(old);
    *mysql = NULL;
}
