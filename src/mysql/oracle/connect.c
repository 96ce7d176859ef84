/* Connecting with one deadline for all of it (name, TCP, TLS, authentication), by the library's non-blocking call, so that
 * leat_mysql_interrupt reaches that too. All that follows blocks under the watchdog.
 *
 * This library keeps by itself what connector/auth.c is there for: with TLS required it sends nothing to a server without,
 * and a password goes in clear text over TLS or a socket only. */
#include "../mysql_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { PACKET_MAX = 1024 * 1024 * 1024, WRITE_TIMEOUT_S = 30, STEP_MS = 2 };

bool mysql_tls_active(const struct leat_mysql *mysql)
{
    return mysql_get_ssl_cipher((MYSQL *)(uintptr_t)&mysql->handle) != NULL;
}

static bool library_ready;

static void start_library(void)
{
    library_ready = mysql_library_init(0, NULL, NULL) == 0;
}

int mysql_library_start(struct leat_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    if (!library_ready)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "the MySQL client library could not be started");
    return LEAT_OK;
}

void mysql_use_timeout(struct leat_mysql *mysql, unsigned timeout_ms)
{
    mysql_watchdog_guard(&mysql->transport.watchdog, timeout_ms);
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

static unsigned ssl_mode(const struct leat_mysql_policy *policy)
{
    if (!policy->tls_offered)
        return SSL_MODE_DISABLED;
    if (!policy->tls_required)
        return SSL_MODE_PREFERRED;
    if (!policy->verify)
        return SSL_MODE_REQUIRED;
    return policy->verify_host ? SSL_MODE_VERIFY_IDENTITY : SSL_MODE_VERIFY_CA;
}

static void set_options(struct leat_mysql *mysql, const struct leat_server_config *server, unsigned timeout_ms)
{
    MYSQL *handle = &mysql->handle;
    const struct leat_mysql_policy *policy = &mysql->policy;
    unsigned seconds = (timeout_ms + 999) / 1000, write_seconds = WRITE_TIMEOUT_S, off = 0, mode = ssl_mode(policy);
    unsigned protocol = policy->socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    unsigned long packet_max = PACKET_MAX;
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &write_seconds);
    mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_set_local_infile_handler(handle, refuse_local_infile, no_read, no_end, no_error, NULL);
    mysql_options(handle, MYSQL_DEFAULT_AUTH, "caching_sha2_password");
    mysql_options(handle, MYSQL_PLUGIN_DIR, "/nonexistent"); /* of methods only those that are built in */
    mysql_options(handle, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &policy->rsa_allowed);
    mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "leat");
    mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_version", LEAT_VERSION);
    mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(handle, MYSQL_OPT_SSL_MODE, &mode);
    if (!policy->tls_offered)
        return;
    mysql_options(handle, MYSQL_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    if (server->ssl_cert)
        mysql_options(handle, MYSQL_OPT_SSL_CERT, server->ssl_cert);
    if (server->ssl_key)
        mysql_options(handle, MYSQL_OPT_SSL_KEY, server->ssl_key);
    if (policy->verify)
        mysql_options(handle, MYSQL_OPT_SSL_CA, server->ssl_ca);
}

/* The library doesn't say what it waits for: it is asked again after a short while. */
static int run_connect(struct leat_mysql *mysql, const struct leat_server_config *server, const char *password,
                       unsigned timeout_ms, struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(leat_clock_real()), deadline_us = began_us + timeout_ms * UINT64_C(1000);
    for (;;) {
        enum net_async_status status = mysql_real_connect_nonblocking(
            &mysql->handle, server->socket ? NULL : server->host, server->user, password, NULL,
            server->port ? server->port : 3306, server->socket, mysql_client_flags(mysql));
        if (status == NET_ASYNC_ERROR)
            return mysql_fail(mysql, "connecting", began_us, timeout_ms, err);
        if (status == NET_ASYNC_COMPLETE)
            return LEAT_OK;
        struct pollfd woken = {.fd = mysql->wake_fd, .events = POLLIN};
        (void)poll(&woken, 1, STEP_MS);
        if (atomic_load(&mysql->interrupted))
            return LEAT_STOPPED;
        if (leat_monotonic_us(leat_clock_real()) >= deadline_us)
            return leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "%s: connecting: no answer within %u ms",
                             mysql->server.name, timeout_ms);
    }
}

static void describe_server(struct leat_mysql *mysql)
{
    mysql_server_version(&mysql->server, mysql_get_server_info(&mysql->handle));
    mysql->server.thread_id = mysql_thread_id(&mysql->handle);
    const char *cipher = mysql_get_ssl_cipher(&mysql->handle);
    if (cipher)
        snprintf(mysql->server.tls, sizeof mysql->server.tls, "TLS %s", cipher);
}

int mysql_transport_connect(struct leat_mysql *mysql, const struct leat_server_config *server, const char *password,
                            unsigned timeout_ms, struct leat_error *err)
{
    set_options(mysql, server, timeout_ms);
    mysql_watchdog_guard(&mysql->transport.watchdog, timeout_ms);
    int rc = mysql_watchdog_start(&mysql->transport.watchdog, &mysql->handle, err);
    if (rc == LEAT_OK)
        rc = run_connect(mysql, server, password, timeout_ms, err);
    mysql_watchdog_release(&mysql->transport.watchdog);
    if (rc)
        return rc;
    describe_server(mysql);
    if (mysql->policy.tls_required && !mysql_tls_active(mysql))
        return leat_fail(err, LEAT_E_TLS, LEAT_KIND_OPERATOR, "%s: TLS is required, and there is none", mysql->server.name);
    mysql->fd = fcntl(mysql->handle.net.fd, F_DUPFD_CLOEXEC, 3);
    if (mysql->fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_RETRY, "%s: duplicating the socket", mysql->server.name);
    atomic_store(&mysql->established, true);
    return LEAT_OK;
}

void mysql_transport_close(struct leat_mysql *mysql)
{
    mysql_watchdog_end(&mysql->transport.watchdog);
    leat_buf_free(&mysql->transport.gtids);
}
