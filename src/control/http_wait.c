/* GET /wait?sink=NAME&gtid=P&timeout=SECONDS: the connection is suspended until relay says that the wait is over; its answer goes out in
 * the HTTP thread. */
#include "http_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"

struct waiting {
    struct leat_wait wait; /* first */
    struct http_connection *connection;
    int result;
    struct leat_error err;
};

static void on_done(struct leat_wait *wait, int result, const struct leat_error *err)
{
    struct waiting *waiting = (struct waiting *)wait;
    struct http_connection *connection = waiting->connection;
    waiting->result = result;
    if (err)
        waiting->err = *err;
    connection->since_us = leat_monotonic_us(leat_clock_real());
    atomic_store(&connection->waiting, false);
    atomic_fetch_sub(&connection->http->waits, 1);
    MHD_resume_connection(connection->mhd);
}

/* Seconds, with a fraction if wanted. */
static bool parse_timeout(const char *text, uint64_t *timeout_ms)
{
    *timeout_ms = LEAT_WAIT_MS_DEFAULT;
    if (!text)
        return true;
    char *end;
    if (strspn(text, "0123456789.") != strlen(text) || !*text)
        return false;
    double seconds = strtod(text, &end);
    if (*end || seconds * 1000 > LEAT_WAIT_MS_MAX)
        return false;
    *timeout_ms = (uint64_t)(seconds * 1000);
    return true;
}

/* Some connections are left to who asks how leat is, however many wait. */
static unsigned waits_max(const struct leat_http_config *config)
{
    unsigned others = config->connections_max / 8;
    return config->connections_max - (others ? others : 1);
}

static enum MHD_Result answer_error(struct MHD_Connection *mhd, unsigned status, const struct leat_error *err)
{
    struct leat_buf body = {0};
    leat_buf_printf(&body, "{\"ok\":false,\"code\":\"%s\",\"message\":", leat_code_name(err->code));
    if (!leat_json_text(&body, err->message, strlen(err->message)))
        leat_buf_puts(&body, "\"\"");
    leat_buf_puts(&body, "}\n");
    return http_answer(mhd, status, "application/json", &body);
}

static enum MHD_Result answer(struct MHD_Connection *mhd, int result, struct leat_error *err)
{
    if (result == LEAT_OK) {
        struct leat_buf body = {0};
        leat_buf_puts(&body, "{\"ok\":true}\n");
        return http_answer(mhd, MHD_HTTP_OK, "application/json", &body);
    }
    if (result == LEAT_AGAIN) {
        (void)leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "the sink has not delivered that yet");
        return answer_error(mhd, MHD_HTTP_GATEWAY_TIMEOUT, err);
    }
    if (result == LEAT_STOPPED) {
        (void)leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "leat ends");
        return answer_error(mhd, MHD_HTTP_SERVICE_UNAVAILABLE, err);
    }
    return answer_error(mhd, err->kind == LEAT_KIND_RETRY ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_BAD_REQUEST, err);
}

enum MHD_Result http_wait(struct leat_http *http, struct MHD_Connection *mhd, void **request)
{
    struct leat_error err = {0};
    struct leat_wait_request asked = {
        .sink = MHD_lookup_connection_value(mhd, MHD_GET_ARGUMENT_KIND, "sink"),
        .point = MHD_lookup_connection_value(mhd, MHD_GET_ARGUMENT_KIND, "gtid"),
    };
    const char *timeout = MHD_lookup_connection_value(mhd, MHD_GET_ARGUMENT_KIND, "timeout");
    if (!asked.sink || !asked.point || !parse_timeout(timeout, &asked.timeout_ms)) {
        (void)leat_fail(&err, LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                        "/wait?sink=NAME&gtid=P&timeout=SECONDS is expected, with a timeout of a day at most (60 if it isn't given)");
        return answer_error(mhd, MHD_HTTP_BAD_REQUEST, &err);
    }
    if (atomic_load(&http->waits) >= waits_max(http->config)) {
        (void)leat_fail(&err, LEAT_E_TOO_LARGE, LEAT_KIND_RETRY, "%u connections wait already: raise http.connections", waits_max(http->config));
        return answer_error(mhd, MHD_HTTP_SERVICE_UNAVAILABLE, &err);
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (!info || !info->socket_context)
        return MHD_NO;
    struct waiting *waiting = leat_alloc_zero(1, sizeof *waiting);
    waiting->connection = info->socket_context;
    waiting->wait = (struct leat_wait){on_done, waiting->connection->fd};
    /* Suspended first: it may be over before beginning it has returned. */
    atomic_store(&waiting->connection->waiting, true);
    atomic_fetch_add(&http->waits, 1);
    MHD_suspend_connection(mhd);
    *request = waiting;
    int rc = http->handler.wait(http->handler.context, &waiting->wait, &asked, &err);
    if (rc != LEAT_AGAIN)
        on_done(&waiting->wait, rc, &err);
    return MHD_YES;
}

enum MHD_Result http_go_on(struct leat_http *http, struct MHD_Connection *mhd, void *request)
{
    (void)http;
    struct waiting *waiting = request;
    return answer(mhd, waiting->result, &waiting->err);
}
