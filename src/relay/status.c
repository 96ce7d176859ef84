/* What is shown of a running relay: one JSON object, documented in docs/status-json.md. Any thread. */
#include "shown_int.h"

#include <math.h>

#include <string.h>
#include <unistd.h>

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static void set_time(json_t *object, const char *key, uint64_t us)
{
    char at[LEAT_TIME_TEXT_MAX];
    json_object_set_new(object, key, us ? json_string(leat_time_text(at, us)) : json_null());
}

static json_t *error_object(const struct leat_error *err)
{
    json_t *object = json_object();
    json_object_set_new(object, "code", json_string(leat_code_name(err->code)));
    json_object_set_new(object, "kind", json_string(leat_kind_name(err->kind)));
    json_object_set_new(object, "message", leat_control_text(err->message));
    json_object_set_new(object, "cure", leat_control_text(err->cure));
    return object;
}

static json_t *gtid_set_text(struct leat_gtid_set *set)
{
    struct leat_buf buf = {0};
    leat_gtid_set_put(&buf, set);
    json_t *value = json_string(leat_buf_cstr(&buf));
    leat_buf_free(&buf);
    leat_gtid_set_free(&set);
    return value;
}

static json_t *seconds(uint64_t us)
{
    return json_real((double)us / 1e6);
}

/* What the last probe told; null: nothing yet. */
static json_t *probe_object(const struct leat_source_probe *probe, uint64_t now_us)
{
    if (!probe->at_us)
        return json_null();
    json_t *object = json_object();
    set_time(object, "at", probe->at_us);
    json_object_set_new(object, "clock_offset_seconds", json_real((double)probe->clock_offset_us / 1e6));
    json_object_set_new(object, "clock_error_seconds", seconds(probe->clock_error_us));
    json_object_set_new(object, "binlogs", number(probe->binlogs));
    json_object_set_new(object, "binlog_bytes", number(probe->binlog_bytes));
    json_object_set_new(object, "behind_bytes", number(probe->behind_bytes));
    double horizon = probe->has_horizon ? shown_horizon_seconds(probe, now_us) : 0;
    json_object_set_new(object, "purge_horizon_seconds", probe->has_horizon && !isinf(horizon) ? json_real(horizon) : json_null());
    return object;
}

static json_t *source_object(struct relay *relay)
{
    struct leat_source_status status;
    leat_source_status(relay->source, &status);
    json_t *object = json_object();
    char uuid[LEAT_UUID_TEXT_MAX];
    json_object_set_new(object, "state", json_string(leat_source_state_name(status.state)));
    set_time(object, "since", status.since_us);
    json_object_set_new(object, "server", leat_control_text(status.server));
    json_object_set_new(object, "version", leat_control_text(status.version));
    json_object_set_new(object, "tls", leat_control_text(status.tls));
    json_object_set_new(object, "uuid", json_string(leat_uuid_text(uuid, status.source_uuid)));
    json_object_set_new(object, "file", leat_control_text(status.file));
    json_object_set_new(object, "pos", number(status.pos));
    json_object_set_new(object, "events", number(status.events));
    json_object_set_new(object, "bytes", number(status.bytes));
    json_object_set_new(object, "transactions", number(status.transactions));
    json_object_set_new(object, "changes", number(status.changes));
    json_object_set_new(object, "connects", number(status.connects));
    json_object_set_new(object, "quarantined", number(status.quarantined));
    set_time(object, "last_event", status.last_event_us);
    uint64_t now_us = leat_wall_us(relay->clock);
    json_object_set_new(object, "lag_seconds", seconds(shown_source_lag_us(relay, &status, now_us)));
    json_object_set_new(object, "probe", probe_object(&status.probe, now_us));
    if (status.error.code) {
        json_object_set_new(object, "error", error_object(&status.error));
        json_object_set_new(object, "retry_in_ms", number(status.retry_in_ms));
    }
    return object;
}

static void add_hold(void *context, const char *name, uint64_t seq, bool lost)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", leat_control_text(name));
    json_object_set_new(object, "seq", number(seq));
    json_object_set_new(object, "lost", json_boolean(lost));
    json_array_append_new(context, object);
}

/* XA branches that are prepared and not ended: the journal is kept from the first of them on. */
static json_t *branches_object(const struct leat_journal_status *status)
{
    json_t *object = json_object();
    json_object_set_new(object, "count", number(status->open_branches));
    if (!status->open_branches)
        return object;
    char xid[LEAT_XA_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
    json_t *oldest = json_object();
    json_object_set_new(oldest, "xid", json_string(leat_xa_text(xid, status->branch_id, status->branch_id_size)));
    json_object_set_new(oldest, "gtid", json_string(leat_gtid_text(gtid, &status->branch_gtid)));
    set_time(oldest, "prepared", status->branch_us);
    json_object_set_new(oldest, "seq", number(status->branch_seq));
    json_object_set_new(oldest, "pins", json_boolean(status->branch_pins));
    json_object_set_new(object, "oldest", oldest);
    return object;
}

static json_t *journal_object(struct relay *relay)
{
    struct leat_journal_status status;
    leat_journal_status(relay->journal, &status);
    json_t *object = json_object();
    json_object_set_new(object, "folder", leat_control_text(relay->config->journal.dir));
    json_object_set_new(object, "first_seq", number(status.first_seq));
    json_object_set_new(object, "visible_end", number(status.visible_end));
    json_object_set_new(object, "bytes", number(status.bytes));
    json_object_set_new(object, "max_bytes", number(status.max_bytes));
    json_object_set_new(object, "segments", number(status.segments));
    json_object_set_new(object, "full", json_boolean(status.full));
    json_object_set_new(object, "queue_bytes", number(leat_queue_bytes(relay->queue)));
    json_object_set_new(object, "syncs", number(status.syncs));
    json_object_set_new(object, "sync_us_max", number(status.sync_us_max));
    json_object_set_new(object, "transactions", number(status.transactions));
    json_object_set_new(object, "changes", number(status.changes));
    json_object_set_new(object, "file", leat_control_text(status.file));
    json_object_set_new(object, "pos", number(status.pos));
    json_object_set_new(object, "gtids", gtid_set_text(leat_journal_visible_set(relay->journal)));
    set_time(object, "last_commit", status.last_commit_us);
    json_t *holds = json_array();
    leat_journal_holds(relay->journal, add_hold, holds);
    json_object_set_new(object, "holds", holds);
    json_object_set_new(object, "open_branches", branches_object(&status));
    pthread_mutex_lock(&relay->mutex);
    if (relay->journal_blocked)
        json_object_set_new(object, "error", error_object(&relay->journal_error));
    pthread_mutex_unlock(&relay->mutex);
    return object;
}

static json_t *sink_object(const struct leat_runner *runner)
{
    struct leat_runner_status status;
    leat_runner_status(runner, &status);
    json_t *object = json_object();
    json_object_set_new(object, "name", leat_control_text(status.name));
    json_object_set_new(object, "type", json_string(status.type));
    json_object_set_new(object, "state", json_string(leat_runner_state_name(status.state)));
    set_time(object, "since", status.since_us);
    json_object_set_new(object, "seq", number(status.seq));
    json_object_set_new(object, "generation", number(status.generation));
    json_object_set_new(object, "resting", json_boolean(status.resting));
    json_object_set_new(object, "in_flight", number(status.in_flight));
    json_object_set_new(object, "lag_records", number(status.lag_records));
    json_object_set_new(object, "lag_seconds", json_real((double)status.lag_us / 1e6));
    json_object_set_new(object, "delay_seconds", json_real((double)status.delay_us / 1e6));
    set_time(object, "held_until", status.held_until_us);
    json_object_set_new(object, "transactions", number(status.transactions));
    json_object_set_new(object, "changes", number(status.changes));
    json_object_set_new(object, "bytes", number(status.bytes));
    json_object_set_new(object, "skipped", number(status.skipped));
    json_object_set_new(object, "passed_over", number(status.passed_over));
    json_object_set_new(object, "retries", number(status.retries));
    json_object_set_new(object, "file", leat_control_text(status.file));
    json_object_set_new(object, "pos", number(status.pos));
    json_object_set_new(object, "gtids", gtid_set_text(leat_runner_delivered(runner)));
    set_time(object, "delivered_commit", status.delivered_commit_us);
    json_object_set_new(object, "note", status.note[0] ? leat_control_text(status.note) : json_null());
    if (status.error.code) {
        json_object_set_new(object, "error", error_object(&status.error));
        json_object_set_new(object, "retry_in_ms", number(status.retry_in_ms));
    }
    return object;
}

json_t *relay_snapshot(struct relay *relay)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", leat_control_text(relay->config->name));
    json_object_set_new(object, "version", json_string(LEAT_VERSION));
    json_object_set_new(object, "pid", json_integer(getpid()));
    set_time(object, "started", relay->started_us);
    set_time(object, "now", leat_wall_us(relay->clock));
    const char *http = atomic_load(&relay->http_address);
    json_object_set_new(object, "http", http ? json_string(http) : json_null());
    json_object_set_new(object, "source", source_object(relay));
    json_object_set_new(object, "journal", journal_object(relay));
    json_t *sinks = json_array();
    pthread_rwlock_rdlock(&relay->sinks_lock);
    for (size_t i = 0; i < relay->sink_count; i++)
        json_array_append_new(sinks, sink_object(relay->sinks[i].runner));
    pthread_rwlock_unlock(&relay->sinks_lock);
    json_object_set_new(object, "sinks", sinks);
    return object;
}
