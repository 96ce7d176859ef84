/* The HTTP server (http.h), on libmicrohttpd, whose epoll is driven by a thread of ours, so that connections are also looked over once
 * a second: libmicrohttpd bounds silence, not how long a request takes byte by byte.
 *
 * What can fail: the start alone (an address that is taken). Whatever a client does ends in a status or a closed connection. */
#include "http_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/control.h"

enum { REQUEST_BYTES_MAX = 8192, BACKLOG = 1024, LOOK_MS = 1000 };

/* ---- Connections ---- */

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode what)
{
    struct leat_http *http = context;
    struct http_connection *connection = *socket_context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        connection = leat_alloc_zero(1, sizeof *connection);
        *connection = (struct http_connection){.http = http, .mhd = mhd, .fd = info ? info->connect_fd : -1, .next = http->connections};
        connection->since_us = leat_monotonic_us(leat_clock_real());
        if (connection->next)
            connection->next->previous = connection;
        http->connections = connection;
        *socket_context = connection;
    } else if (connection) {
        *(connection->previous ? &connection->previous->next : &http->connections) = connection->next;
        if (connection->next)
            connection->next->previous = connection->previous;
        free(connection);
        *socket_context = NULL;
    }
}

/* Whoever takes too long over a request, or over reading the answer, is cut off; libmicrohttpd sees an end and closes. */
static void look_over(struct leat_http *http)
{
    uint64_t now_us = leat_monotonic_us(leat_clock_real());
    uint64_t most_us = (uint64_t)http->config->request_timeout_ms * 1000;
    for (struct http_connection *at = http->connections; at; at = at->next)
        if (!atomic_load(&at->waiting) && at->fd >= 0 && now_us - at->since_us > most_us)
            shutdown(at->fd, SHUT_RDWR);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request, enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)code;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_connection *connection = info ? info->socket_context : NULL;
    if (connection)
        connection->since_us = leat_monotonic_us(leat_clock_real());
    free(*request);
    *request = NULL;
}

/* ---- Answers ---- */

enum MHD_Result http_answer(struct MHD_Connection *mhd, unsigned status, const char *type, struct leat_buf *body)
{
    static char empty[1];
    struct MHD_Response *response = body->size ? MHD_create_response_from_buffer(body->size, body->data, MHD_RESPMEM_MUST_FREE)
                                               : MHD_create_response_from_buffer(0, empty, MHD_RESPMEM_PERSISTENT);
    if (!body->size || !response)
        leat_buf_free(body);
    *body = (struct leat_buf){0}; /* the response has it */
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close"); /* others need it */
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(mhd, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *mhd, unsigned status, const char *why)
{
    struct leat_buf body = {0};
    leat_buf_printf(&body, "%s\n", why);
    return http_answer(mhd, status, "text/plain; charset=utf-8", &body);
}

/* ---- Requests ---- */

static bool is_address(const char *host, size_t size)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t binary[16];
    bool six = size > 2 && host[0] == '[' && host[size - 1] == ']';
    if (six) {
        host++;
        size -= 2;
    }
    if (size >= sizeof text)
        return false;
    memcpy(text, host, size);
    text[size] = '\0';
    return inet_pton(six ? AF_INET6 : AF_INET, text, binary) == 1;
}

bool http_host_allowed(const struct leat_http_config *config, const char *host)
{
    if (!host)
        return false;
    const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    const char *colon = strchr(bracket ? bracket : host, ':');
    size_t size = colon ? (size_t)(colon - host) : strlen(host);
    if (colon && strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    if (is_address(host, size))
        return true;
    if (size > 1 && host[size - 1] == '.')
        size--;
    if (size == strlen("localhost") && !strncasecmp(host, "localhost", size))
        return true;
    for (size_t i = 0; i < config->hosts.count; i++)
        if (strlen(config->hosts.list[i]) == size && !strncasecmp(config->hosts.list[i], host, size))
            return true;
    return false;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **request)
{
    struct leat_http *http = context;
    (void)version;
    (void)upload;
    if (*request) {
        *upload_size = 0; /* a body, which nobody asked for */
        return http_go_on(http, mhd, *request);
    }
    if (!http_host_allowed(http->config, MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
        return refuse(mhd, MHD_HTTP_MISDIRECTED_REQUEST, "this is not asked for by that name (http.hosts)");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(mhd, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD: nothing can be changed here");
    if (!strcmp(path, "/wait"))
        return http_wait(http, mhd, request);
    struct leat_buf body = {0};
    const char *type = "text/plain; charset=utf-8";
    unsigned status = http->handler.page(http->handler.context, path, &body, &type);
    if (status)
        return http_answer(mhd, status, type, &body);
    leat_buf_free(&body);
    return refuse(mhd, MHD_HTTP_NOT_FOUND, "there are /metrics, /livez, /readyz, /status and /wait");
}

/* ---- Beginning and end ---- */

static int listen_failed(struct leat_http *http, int fd, struct leat_error *err)
{
    int number = errno;
    if (fd >= 0)
        close(fd);
    (void)leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "http.listen: %s", http->config->listen);
    err->code = LEAT_E_CONFIG;
    return number == EADDRINUSE ? leat_cure(err, "another program has that port: give http.listen another one") : LEAT_FAIL;
}

static int open_socket(struct leat_http *http, int *out, struct leat_error *err)
{
    char address[LEAT_ADDRESS_TEXT_MAX];
    unsigned port;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } at = {0};
    if (leat_config_listen(address, &port, http->config->listen, err))
        return LEAT_FAIL;
    bool six = strchr(address, ':') != NULL;
    socklen_t size = six ? sizeof at.six : sizeof at.four;
    at.any.sa_family = six ? AF_INET6 : AF_INET;
    if (six)
        at.six.sin6_port = htons((uint16_t)port);
    else
        at.four.sin_port = htons((uint16_t)port);
    inet_pton(at.any.sa_family, address, six ? (void *)&at.six.sin6_addr : (void *)&at.four.sin_addr);
    int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) || bind(fd, &at.any, size) || listen(fd, BACKLOG) ||
        getsockname(fd, &at.any, &size))
        return listen_failed(http, fd, err);
    port = ntohs(six ? at.six.sin6_port : at.four.sin_port);
    snprintf(http->address, sizeof http->address, six ? "[%s]:%u" : "%s:%u", address, port);
    *out = fd;
    return LEAT_OK;
}

static void *http_thread(void *context)
{
    struct leat_http *http = context;
    uint64_t looked_us = 0;
    for (;;) {
        MHD_UNSIGNED_LONG_LONG wait_ms = LOOK_MS;
        if (MHD_get_timeout(http->daemon, &wait_ms) != MHD_YES || wait_ms > LOOK_MS)
            wait_ms = LOOK_MS;
        struct pollfd polled[2] = {{http->epoll_fd, POLLIN, 0}, {http->stop_fd, POLLIN, 0}};
        if (poll(polled, 2, (int)wait_ms) < 0 && errno != EINTR)
            return NULL;
        if (polled[1].revents)
            return NULL;
        MHD_run(http->daemon);
        uint64_t now_us = leat_monotonic_us(leat_clock_real());
        if (now_us - looked_us > LOOK_MS * 1000) {
            looked_us = now_us;
            look_over(http);
        }
    }
}

static int start(struct leat_http *http, struct leat_error *err)
{
    int fd = -1;
    if (open_socket(http, &fd, err))
        return LEAT_FAIL;
    http->stop_fd = eventfd(0, EFD_CLOEXEC);
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        http->config->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, (http->config->request_timeout_ms + 999) / 1000,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES_MAX, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = http->daemon ? MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!http->daemon)
        close(fd);
    if (!info || http->stop_fd < 0)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_FATAL, "the HTTP server doesn't begin");
    http->epoll_fd = info->epoll_fd;
    int number = pthread_create(&http->thread, NULL, http_thread, http);
    http->started = !number;
    return number ? leat_fail_errno(err, number, LEAT_KIND_FATAL, "starting a thread") : LEAT_OK;
}

int leat_http_start(struct leat_http **out, const struct leat_http_config *config, const struct leat_http_handler *handler,
                    struct leat_error *err)
{
    struct leat_http *http = leat_alloc_zero(1, sizeof *http);
    http->config = config;
    http->handler = *handler;
    http->stop_fd = -1;
    if (start(http, err)) {
        leat_http_stop(&http);
        return LEAT_FAIL;
    }
    leat_log(LEAT_LOG_INFO, "http", NULL, "listening at %s", http->address);
    *out = http;
    return LEAT_OK;
}

void leat_http_stop(struct leat_http **out)
{
    struct leat_http *http = *out;
    *out = NULL;
    if (!http)
        return;
    if (http->started) {
        uint64_t one = 1;
        while (write(http->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
            ;
        pthread_join(http->thread, NULL);
        MHD_run(http->daemon); /* answers to waits that were ended */
    }
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    if (http->stop_fd >= 0)
        close(http->stop_fd);
    free(http);
}

const char *leat_http_address(const struct leat_http *http)
{
    return http->address;
}
