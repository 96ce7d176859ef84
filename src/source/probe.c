/* A thread of its own that asks the server now and then, over a short connection: what its clock says, since lag is the difference of two
 * clocks; and which binlogs it has and how long it keeps them, from which follows when it will purge what isn't read yet.
 *
 * What can fail: all of it, and then nothing is known anew. A probe never disturbs the stream: it has its own connection, ended when the source
 * is. SHOW BINARY LOGS looks at each file on the server, so it isn't asked for often.
 *
 * A server keeps a file that a dump is reading; the horizon tells what holds if ours ends. Expiry counts from a file's last write, which isn't
 * told; the last event that was read of it is older, so the horizon is never too late. */
#include "source_int.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

enum { CLOCK_TRIES = 3, DAY_S = 86400 };

/* ---- Asking ---- */

static int ask_clock(struct leat_source *source, struct leat_mysql *mysql, struct leat_source_probe *probe, struct leat_error *err)
{
    /* In UTC, where no hour comes twice. */
    int rc = leat_mysql_query(mysql, NULL, err, "SET time_zone='+00:00'");
    probe->clock_error_us = UINT64_MAX;
    for (int i = 0; rc == LEAT_OK && i < CLOCK_TRIES; i++) {
        char text[32];
        uint64_t before_us = leat_wall_us(source->clock);
        rc = leat_mysql_value(mysql, text, sizeof text, "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED)", err);
        uint64_t after_us = leat_wall_us(source->clock);
        uint64_t error_us = after_us > before_us ? (after_us - before_us + 1) / 2 : 0;
        if (rc != LEAT_OK || error_us >= probe->clock_error_us)
            continue;
        probe->clock_error_us = error_us;
        probe->clock_offset_us = (int64_t)(strtoull(text, NULL, 10) - before_us - error_us);
    }
    return rc == LEAT_END ? source_missing(mysql, "a clock", err) : rc;
}

struct keeping {
    double expire_s;      /* 0: never */
    uint64_t bytes_max;   /* of all binlogs; 0: no limit */
};

static int ask_keeping(struct leat_mysql *mysql, struct keeping *keeping, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err,
                              "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_expire_logs_seconds', 'expire_logs_days', "
                              "'binlog_expire_logs_auto_purge', 'max_binlog_total_size', 'binlog_space_limit')");
    if (rc)
        return rc;
    double seconds = 0, days = 0;
    bool purges = true;
    for (size_t i = 0; i < result->row_count; i++) {
        const char *name = leat_result_cell(result, i, "Variable_name"), *value = leat_result_cell(result, i, "Value");
        if (!name || !value)
            continue;
        if (!strcmp(name, "binlog_expire_logs_seconds"))
            seconds = strtod(value, NULL);
        else if (!strcmp(name, "expire_logs_days"))
            days = strtod(value, NULL);
        else if (!strcmp(name, "binlog_expire_logs_auto_purge"))
            purges = strcmp(value, "OFF") != 0;
        else
            keeping->bytes_max = strtoull(value, NULL, 10);
    }
    leat_result_free(&result);
    keeping->expire_s = !purges ? 0 : seconds > 0 ? seconds : days * DAY_S;
    return LEAT_OK;
}

/* ---- Working out ---- */

/* What was written since the probe before, by the files that were there then. */
static void measure_rate(struct leat_source *source, const struct source_logs *logs, struct leat_source_probe *probe)
{
    uint64_t now_us = leat_monotonic_us(source->clock), written = 0;
    bool known = false;
    for (size_t i = 0; i < logs->count; i++) {
        bool same = !strcmp(logs->list[i].file, source->probe.newest);
        uint64_t from = same ? source->probe.newest_size : 0;
        known = known || same;
        if (known && logs->list[i].size > from)
            written += logs->list[i].size - from;
    }
    if (known && now_us > source->probe.before_us)
        probe->bytes_per_second = (double)written * 1e6 / (double)(now_us - source->probe.before_us);
    const struct source_log *newest = &logs->list[logs->count - 1];
    memcpy(source->probe.newest, newest->file, sizeof newest->file);
    source->probe.newest_size = newest->size;
    source->probe.before_us = now_us;
}

void source_horizon(struct leat_source_probe *probe, const struct source_horizon_facts *facts)
{
    probe->has_horizon = true;
    if (!facts->listed) {
        probe->horizon_seconds = 0;
        return;
    }
    probe->horizon_seconds = INFINITY;
    if (facts->expire_s > 0) {
        double age_s = facts->newest || !facts->read_time ? 0 : (double)facts->server_us / 1e6 - (double)facts->read_time;
        probe->horizon_seconds = age_s < facts->expire_s ? facts->expire_s - (age_s > 0 ? age_s : 0) : 0;
    }
    if (facts->bytes_max) {
        double room = facts->bytes_max > facts->from_file_bytes ? (double)(facts->bytes_max - facts->from_file_bytes) : 0;
        double until_s = room <= 0 ? 0 : probe->bytes_per_second > 0 ? room / probe->bytes_per_second : INFINITY;
        if (until_s < probe->horizon_seconds)
            probe->horizon_seconds = until_s;
    }
}

static int ask_binlogs(struct leat_source *source, struct leat_mysql *mysql, struct leat_source_probe *probe, struct leat_error *err)
{
    struct keeping keeping = {0};
    struct source_logs logs = {0};
    struct leat_source_status status;
    leat_source_status(source, &status); /* before the list: it then holds the file, or it is purged */
    int rc = ask_keeping(mysql, &keeping, err);
    if (rc == LEAT_OK)
        rc = source_list_logs(mysql, &logs, err);
    if (rc)
        return rc;
    struct source_horizon_facts facts = {.expire_s = keeping.expire_s,
                                         .bytes_max = keeping.bytes_max,
                                         .read_time = status.last_event_time,
                                         .server_us = leat_wall_us(source->clock) + (uint64_t)probe->clock_offset_us};
    for (size_t i = 0; i < logs.count; i++) {
        facts.listed = facts.listed || !strcmp(logs.list[i].file, status.file);
        probe->binlog_bytes += logs.list[i].size;
        if (facts.listed)
            facts.from_file_bytes += logs.list[i].size;
    }
    facts.newest = !strcmp(logs.list[logs.count - 1].file, status.file);
    probe->binlogs = logs.count;
    probe->behind_bytes = facts.from_file_bytes > status.pos ? facts.from_file_bytes - status.pos : 0;
    measure_rate(source, &logs, probe);
    if (status.file[0])
        source_horizon(probe, &facts);
    source_logs_free(&logs);
    return LEAT_OK;
}

static void probe_once(struct leat_source *source)
{
    struct leat_error err = {0};
    struct leat_mysql *mysql = NULL;
    struct leat_source_probe probe = {0};
    int rc = source_open(source, &mysql, &err);
    if (rc == LEAT_OK)
        rc = ask_clock(source, mysql, &probe, &err);
    if (rc == LEAT_OK)
        rc = ask_binlogs(source, mysql, &probe, &err);
    source_close(source, &mysql);
    if (rc == LEAT_FAIL) {
        leat_cell_add(&source->meters.probes_failed, 1);
        leat_log_error_object(LEAT_LOG_DEBUG, "source", NULL, &err);
    }
    if (rc)
        return;
    leat_cell_set(source->options.clock_offset, (uint64_t)probe.clock_offset_us);
    probe.at_us = leat_wall_us(source->clock);
    pthread_mutex_lock(&source->mutex);
    source->status.probe = probe;
    pthread_mutex_unlock(&source->mutex);
}

/* ---- The thread ---- */

/* Until the next probe: sooner while the last didn't tell all, at first. */
static bool wait_for_next(struct leat_source *source, unsigned *lacking)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    pthread_mutex_lock(&source->mutex);
    unsigned wait_ms = source->config->probe_interval_ms;
    bool lacks = !source->status.probe.at_us || (source->status.file[0] && !source->status.probe.has_horizon);
    unsigned soon_ms = 500u << (*lacking < 8 ? *lacking : 8);
    *lacking = lacks ? *lacking + 1 : 0;
    if (lacks && wait_ms > soon_ms)
        wait_ms = soon_ms;
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!source->stop && !source->watch.stop && !pthread_cond_timedwait(&source->woken, &source->mutex, &until))
        ;
    bool go_on = !source->stop && !source->watch.stop;
    pthread_mutex_unlock(&source->mutex);
    return go_on;
}

static void *probe_thread(void *context)
{
    struct leat_source *source = context;
    unsigned lacking = 0;
    do
        probe_once(source);
    while (wait_for_next(source, &lacking));
    return NULL;
}

void source_probe_start(struct leat_source *source)
{
    if (!source->options.clock_offset || !source->config->probe_interval_ms || source->options.once)
        return;
    source->probe.started = pthread_create(&source->probe.thread, NULL, probe_thread, source) == 0;
}

void source_probe_end(struct leat_source *source)
{
    if (!source->probe.started)
        return;
    pthread_mutex_lock(&source->mutex);
    source->watch.stop = true; /* the source ends: so does its watch, next */
    for (size_t i = 0; i < SOURCE_CONNECTIONS; i++)
        if (source->connections[i])
            leat_mysql_interrupt(source->connections[i]);
    pthread_cond_broadcast(&source->woken);
    pthread_mutex_unlock(&source->mutex);
    pthread_join(source->probe.thread, NULL);
    source->probe.started = false;
}
