/* Commands that come over the control socket: one function each, one table. Control thread. */
#include "relay_int.h"

#include <string.h>

#include "base/log.h"

static const char *string_of(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

static int need(const json_t *request, const char *key, const char **value, struct leat_error *err)
{
    *value = string_of(request, key);
    return *value ? LEAT_OK : leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "the command needs a text \"%s\"", key);
}

static int find_named(struct relay *relay, const char *name, size_t *at, struct leat_error *err)
{
    struct leat_buf names = {0};
    for (size_t i = 0; i < relay->sink_count; i++) {
        if (!strcmp(relay->sinks[i].config->name, name)) {
            *at = i;
            leat_buf_free(&names);
            return LEAT_OK;
        }
        leat_buf_printf(&names, "%s%s", i ? ", " : "", relay->sinks[i].config->name);
    }
    (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "there is no sink \"%.100s\"", name);
    (void)leat_cure(err, "the sinks are: %s", leat_buf_cstr(&names));
    leat_buf_free(&names);
    return LEAT_FAIL;
}

static int find_sink(struct relay *relay, const json_t *request, struct leat_runner **runner, struct leat_error *err)
{
    const char *name;
    size_t at;
    if (need(request, "sink", &name, err) || find_named(relay, name, &at, err))
        return LEAT_FAIL;
    *runner = relay->sinks[at].runner;
    return LEAT_OK;
}

int relay_wait(void *context, struct leat_wait *wait, const struct leat_wait_request *request, struct leat_error *err)
{
    struct relay *relay = context;
    size_t at;
    pthread_rwlock_rdlock(&relay->sinks_lock);
    int rc = find_named(relay, request->sink, &at, err);
    if (rc == LEAT_OK)
        rc = waits_begin(relay->sinks[at].waits, wait, relay->sinks[at].runner, leat_journal_visible_end(relay->journal), request, err);
    pthread_rwlock_unlock(&relay->sinks_lock);
    return rc;
}

/* One that can be begun never comes here. */
static int wait_wrongly(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)relay;
    (void)reply;
    const char *text;
    if (need(request, "sink", &text, err) || need(request, "gtid", &text, err))
        return LEAT_FAIL;
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "timeout_ms is a number, a day at most");
}

static int status(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)request;
    (void)err;
    json_object_set_new(reply, "status", relay_snapshot(relay));
    return LEAT_OK;
}

static int pause_sink(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)reply;
    struct leat_runner *runner;
    return find_sink(relay, request, &runner, err) ? LEAT_FAIL : leat_runner_pause(runner, err);
}

/* For who looks at a target at a known place: verify. */
static int rest_sink(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    enum { REST_MS_MAX = 60000 };
    (void)reply;
    struct leat_runner *runner;
    const json_t *ms = json_object_get(request, "ms");
    if (find_sink(relay, request, &runner, err))
        return LEAT_FAIL;
    if (!json_is_integer(ms) || json_integer_value(ms) < 0 || json_integer_value(ms) > REST_MS_MAX)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "ms is a number, a minute at most");
    return leat_runner_rest(runner, (unsigned)json_integer_value(ms), err);
}

static int resume_sink(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)reply;
    struct leat_runner *runner;
    if (find_sink(relay, request, &runner, err))
        return LEAT_FAIL;
    const char *until = string_of(request, "until");
    if (!until)
        return leat_runner_resume(runner, NULL, err);
    struct leat_point point = {0};
    int rc = leat_point_parse(&point, until, err);
    if (rc == LEAT_OK)
        rc = leat_runner_resume(runner, &point, err);
    leat_point_free(&point);
    return rc;
}

static int rewind_sink(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)reply;
    struct leat_runner *runner;
    const char *to;
    if (find_sink(relay, request, &runner, err) || need(request, "to", &to, err))
        return LEAT_FAIL;
    struct leat_point point = {0};
    int rc = leat_point_parse(&point, to, err);
    if (rc == LEAT_OK)
        rc = leat_runner_rewind(runner, &point, err);
    leat_point_free(&point);
    return rc;
}

static int skip_transaction(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)reply;
    struct leat_runner *runner;
    const char *gtid, *reason;
    if (find_sink(relay, request, &runner, err) || need(request, "gtid", &gtid, err) ||
        need(request, "reason", &reason, err))
        return LEAT_FAIL;
    return leat_runner_skip(runner, gtid, reason, err);
}

static int reload_table(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)reply;
    const char *database, *table;
    if (need(request, "database", &database, err) || need(request, "table", &table, err))
        return LEAT_FAIL;
    if (!relay->source)
        return leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "the source isn't begun yet");
    return leat_source_reload(relay->source, database, table, string_of(request, "sql"), err);
}

static int reload_config(struct relay *relay, const json_t *request, json_t *reply, struct leat_error *err)
{
    (void)request;
    (void)reply;
    return relay_ask_reload(relay, err);
}

static const struct {
    const char *name;
    int (*run)(struct relay *, const json_t *request, json_t *reply, struct leat_error *);
    bool uses_sinks; /* which a reload may not free meanwhile */
} commands[] = {{"status", status, false},
                {"pause", pause_sink, true},
                {"rest", rest_sink, true},
                {"resume", resume_sink, true},
                {"rewind", rewind_sink, true},
                {"skip", skip_transaction, true},
                {"reload", reload_table, false},
                {"reload_config", reload_config, false},
                {"wait", wait_wrongly, false}};

int relay_command(void *context, const char *command, const json_t *request, json_t **reply, struct leat_error *err)
{
    struct relay *relay = context;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, command))
            continue;
        *reply = json_object();
        if (commands[i].uses_sinks)
            pthread_rwlock_rdlock(&relay->sinks_lock);
        int rc = commands[i].run(relay, request, *reply, err);
        if (commands[i].uses_sinks)
            pthread_rwlock_unlock(&relay->sinks_lock);
        if (rc == LEAT_OK && i > 0) {
            leat_log(LEAT_LOG_INFO, "control", string_of(request, "sink"), "command: %s", command);
            leat_journal_wake(relay->journal);
        }
        return rc;
    }
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "unknown command \"%.40s\"", command);
}
