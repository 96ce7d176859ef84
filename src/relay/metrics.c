/* One scrape: what the rooms' snapshots and meters say, as samples of relay_metric_families. Any thread; nothing here takes a lock for
 * longer than a copy. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "binlog/event.h"
#include "metrics_int.h"
#include "relay_int.h"
#include "shown_int.h"

#define US 1e-6

static void put_one(struct leat_metrics_page *page, enum relay_metric metric, double value)
{
    leat_metrics_put(page, metric, NULL, value);
}

static void put_time(struct leat_metrics_page *page, enum relay_metric metric, const char *const *labels, uint64_t us)
{
    if (us)
        leat_metrics_put(page, metric, labels, (double)us * US);
}

/* By code, those that ever happened, and `internal`, so that the family is there. */
static void put_errors(struct leat_metrics_page *page, enum relay_metric metric, const char *sink, const struct leat_cell *cells)
{
    for (unsigned code = LEAT_E_INTERNAL; code < LEAT_CODES; code++) {
        uint64_t count = leat_cell_get(&cells[code]);
        const char *labels[] = {sink ? sink : leat_code_name(code), leat_code_name(code)};
        if (count || code == LEAT_E_INTERNAL)
            leat_metrics_put_count(page, metric, labels, count);
    }
}

/* ---- The process ---- */

static uint64_t resident_bytes(void)
{
    unsigned long long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%llu %llu", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static unsigned open_fds(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", "..", and the folder's own */
}

static void put_process(struct leat_metrics_page *page, const struct relay *relay)
{
    const char *version[] = {LEAT_VERSION};
    struct rusage usage = {0};
    struct rlimit limit = {0};
    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    leat_metrics_put(page, M_BUILD_INFO, version, 1);
    put_time(page, M_START_TIME, NULL, relay->started_us);
    put_one(page, M_PROCESS_CPU, (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * US);
    put_one(page, M_PROCESS_RSS, (double)resident_bytes());
    put_one(page, M_PROCESS_FDS, open_fds());
    put_one(page, M_PROCESS_FDS_MAX, (double)limit.rlim_cur);
}

/* ---- The source ---- */

static void put_events(struct leat_metrics_page *page, const struct leat_source_meters *meters)
{
    uint64_t unknown = 0;
    for (unsigned type = 0; type < 256; type++) {
        uint64_t count = leat_cell_get(&meters->events[type]);
        const char *name[] = {leat_event_type_name(type)};
        if (count && strncmp(name[0], "unknown", 7) != 0)
            leat_metrics_put_count(page, M_SOURCE_EVENTS, name, count);
        else
            unknown += count;
    }
    leat_metrics_put_count(page, M_SOURCE_EVENTS, (const char *const[]){"unknown"}, unknown);
}

static void put_probe(struct leat_metrics_page *page, const struct leat_source_probe *probe, uint64_t now_us)
{
    if (!probe->at_us)
        return;
    put_time(page, M_SOURCE_PROBED, NULL, probe->at_us);
    put_one(page, M_SOURCE_CLOCK_OFFSET, (double)probe->clock_offset_us * US);
    put_one(page, M_SOURCE_CLOCK_ERROR, (double)probe->clock_error_us * US);
    put_one(page, M_SOURCE_BINLOGS, (double)probe->binlogs);
    put_one(page, M_SOURCE_BINLOG_BYTES, (double)probe->binlog_bytes);
    put_one(page, M_SOURCE_BEHIND, (double)probe->behind_bytes);
    put_one(page, M_SOURCE_WRITE_RATE, probe->bytes_per_second);
    if (probe->has_horizon)
        put_one(page, M_SOURCE_HORIZON, shown_horizon_seconds(probe, now_us));
}

static void put_source(struct leat_metrics_page *page, struct relay *relay, const struct leat_source_status *status, uint64_t now_us)
{
    const struct leat_source_meters *meters = leat_source_meters(relay->source);
    put_one(page, M_SOURCE_CONNECTED, status->state == LEAT_SOURCE_STREAMING);
    for (unsigned state = 0; state <= LEAT_SOURCE_STOPPED; state++)
        leat_metrics_put(page, M_SOURCE_STATE, (const char *const[]){leat_source_state_name(state)}, status->state == state);
    leat_metrics_put_count(page, M_SOURCE_CONNECTS, NULL, status->connects);
    put_events(page, meters);
    leat_metrics_put_count(page, M_SOURCE_BYTES, NULL, status->bytes);
    leat_metrics_put_count(page, M_SOURCE_TRANSACTIONS, NULL, status->transactions);
    leat_metrics_put_count(page, M_SOURCE_CHANGES, NULL, status->changes);
    leat_metrics_put_count(page, M_SOURCE_STATEMENTS, NULL, leat_cell_get(&meters->statements));
    put_errors(page, M_SOURCE_ERRORS, NULL, meters->errors);
    leat_metrics_put_count(page, M_SOURCE_CHECKSUMS, NULL, leat_cell_get(&meters->checksum_failures));
    leat_metrics_put_count(page, M_SOURCE_QUARANTINED, NULL, status->quarantined);
    put_time(page, M_SOURCE_LAST_EVENT, NULL, status->last_event_us);
    put_time(page, M_SOURCE_LAST_WRITTEN, NULL, (uint64_t)status->last_event_time * 1000000);
    put_one(page, M_SOURCE_LAG, (double)shown_source_lag_us(relay, status, now_us) * US);
    leat_metrics_put_count(page, M_SOURCE_PROBES_FAILED, NULL, leat_cell_get(&meters->probes_failed));
    put_probe(page, &status->probe, now_us);
    put_one(page, M_QUEUE_BYTES, (double)leat_queue_bytes(relay->queue));
    put_one(page, M_QUEUE_CAPACITY, (double)relay->config->journal.queue_bytes);
}

/* ---- The journal ---- */

struct holds {
    struct leat_metrics_page *page;
    uint64_t visible_end;
    bool first;
};

static void put_hold(void *context, const char *name, uint64_t seq, bool lost)
{
    struct holds *holds = context;
    const char *labels[] = {name};
    leat_metrics_put_count(holds->page, M_JOURNAL_HOLD_RECORDS, labels, holds->visible_end > seq ? holds->visible_end - seq : 0);
    leat_metrics_put(holds->page, M_JOURNAL_HOLD_OLDEST, labels, holds->first && !lost);
    leat_metrics_put(holds->page, M_JOURNAL_HOLD_LOST, labels, lost);
    holds->first = holds->first && lost;
}

static void put_journal(struct leat_metrics_page *page, struct relay *relay)
{
    struct leat_journal_status status;
    const struct leat_journal_meters *meters = leat_journal_meters(relay->journal);
    leat_journal_status(relay->journal, &status);
    pthread_mutex_lock(&relay->mutex);
    bool blocked = relay->journal_blocked;
    pthread_mutex_unlock(&relay->mutex);
    put_one(page, M_JOURNAL_BYTES, (double)status.bytes);
    if (status.max_bytes) {
        put_one(page, M_JOURNAL_CAPACITY, (double)status.max_bytes);
        put_one(page, M_JOURNAL_RATIO, (double)status.bytes / (double)status.max_bytes);
    }
    put_one(page, M_JOURNAL_FULL, status.full);
    put_one(page, M_JOURNAL_BLOCKED, blocked);
    put_one(page, M_JOURNAL_SEGMENTS, (double)status.segments);
    put_time(page, M_JOURNAL_OLDEST, NULL, status.oldest_time_us);
    leat_metrics_put_count(page, M_JOURNAL_TRANSACTIONS, NULL, status.transactions);
    leat_metrics_put_count(page, M_JOURNAL_CHANGES, NULL, status.changes);
    leat_metrics_put_histogram(page, M_JOURNAL_SYNC, NULL, &meters->sync, US);
    leat_metrics_put_histogram(page, M_JOURNAL_LATENCY, NULL, &meters->age, US);
    struct holds holds = {page, status.visible_end, true};
    leat_journal_holds(relay->journal, put_hold, &holds);
    put_one(page, M_JOURNAL_XA, (double)status.open_branches);
    put_one(page, M_JOURNAL_XA_PINS, status.branch_pins);
}

/* ---- Sinks ---- */

static void put_kafka(struct leat_metrics_page *page, const char *const *sink, const struct leat_sink_meters *meters)
{
    if (!meters || !leat_cell_get(&meters->measured_us))
        return;
    const struct {
        enum relay_metric metric;
        const struct leat_cell *cell;
    } counts[] = {{M_KAFKA_QUEUE_MESSAGES, &meters->queue_messages}, {M_KAFKA_QUEUE_BYTES, &meters->queue_bytes},
                  {M_KAFKA_REQUESTS, &meters->requests},             {M_KAFKA_REQUEST_BYTES, &meters->request_bytes},
                  {M_KAFKA_REQUEST_ERRORS, &meters->request_errors}, {M_KAFKA_RETRIES, &meters->retries},
                  {M_KAFKA_TIMEOUTS, &meters->timeouts},             {M_KAFKA_BROKERS, &meters->brokers},
                  {M_KAFKA_BROKERS_UP, &meters->brokers_up}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        leat_metrics_put_count(page, counts[i].metric, sink, leat_cell_get(counts[i].cell));
    leat_metrics_put(page, M_KAFKA_ANSWER_AVERAGE, sink, (double)leat_cell_get(&meters->answer_us_average) * US);
    leat_metrics_put(page, M_KAFKA_ANSWER_P99, sink, (double)leat_cell_get(&meters->answer_us_p99) * US);
}

static void put_sink_counts(struct leat_metrics_page *page, const char *const *sink, const struct leat_runner_status *status,
                            const struct leat_runner_meters *meters)
{
    leat_metrics_put_histogram(page, M_SINK_LATENCY, sink, &meters->age, US);
    leat_metrics_put_count(page, M_SINK_TRANSACTIONS, sink, leat_cell_get(&meters->transactions));
    leat_metrics_put_count(page, M_SINK_CHANGES, sink, leat_cell_get(&meters->changes));
    leat_metrics_put_count(page, M_SINK_BYTES, sink, status->bytes);
    put_errors(page, M_SINK_ERRORS, *sink, meters->errors);
    leat_metrics_put_count(page, M_SINK_RETRIES, sink, status->retries);
    leat_metrics_put_count(page, M_SINK_SKIPPED, sink, status->skipped);
    leat_metrics_put_count(page, M_SINK_PASSED_OVER, sink, status->passed_over);
    leat_metrics_put_count(page, M_SINK_CHECKPOINTS, sink, leat_cell_get(&meters->checkpoints));
    put_time(page, M_SINK_CHECKPOINT_TIME, sink, leat_cell_get(&meters->checkpoint_us));
    put_time(page, M_SINK_DELIVERED_COMMIT, sink, status->delivered_commit_us);
}

/* Returns the age of the oldest commit that it has not delivered. */
static uint64_t put_sink(struct leat_metrics_page *page, struct relay *relay, size_t at, const struct leat_source_status *source, uint64_t now_us)
{
    const struct leat_runner *runner = relay->sinks[at].runner;
    struct leat_runner_status status;
    leat_runner_status(runner, &status);
    const char *sink[] = {status.name};
    for (unsigned state = 0; state <= LEAT_RUNNER_STOPPED; state++)
        leat_metrics_put(page, M_SINK_STATE, (const char *const[]){status.name, leat_runner_state_name(state)}, status.state == state);
    leat_metrics_put(page, M_SINK_REQUIRED, sink, relay->sinks[at].config->required);
    uint64_t bytes, transactions;
    leat_journal_behind(relay->journal, status.seq, &bytes, &transactions);
    leat_metrics_put(page, M_SINK_LAG, sink, (double)shown_sink_lag_us(relay, &status, source, now_us) * US);
    leat_metrics_put(page, M_SINK_DELAY, sink, (double)status.delay_us * US);
    leat_metrics_put_count(page, M_SINK_LAG_RECORDS, sink, status.lag_records);
    leat_metrics_put_count(page, M_SINK_LAG_TRANSACTIONS, sink, transactions);
    leat_metrics_put_count(page, M_SINK_LAG_BYTES, sink, bytes);
    put_sink_counts(page, sink, &status, leat_runner_meters(runner));
    leat_metrics_put(page, M_SINK_WAITS, sink, (double)waits_count(relay->sinks[at].waits));
    for (unsigned i = 0; i < WAITS_RESULTS; i++)
        leat_metrics_put_count(page, M_SINK_WAITED, (const char *const[]){status.name, waits_result_names[i]}, waits_ended(relay->sinks[at].waits, i));
    put_kafka(page, sink, leat_runner_sink_meters(runner));
    return shown_undelivered_us(&status, source);
}

void relay_metrics(struct relay *relay, struct leat_buf *buf)
{
    struct leat_metrics_page *page = leat_metrics_page_new(relay_metric_families, M_COUNT);
    struct leat_source_status status;
    leat_source_status(relay->source, &status);
    uint64_t now_us = leat_wall_us(relay->clock), oldest_us = 0;
    put_process(page, relay);
    put_source(page, relay, &status, now_us);
    put_journal(page, relay);
    pthread_rwlock_rdlock(&relay->sinks_lock);
    for (size_t i = 0; i < relay->sink_count; i++) {
        uint64_t age_us = put_sink(page, relay, i, &status, now_us);
        oldest_us = age_us > oldest_us ? age_us : oldest_us;
    }
    pthread_rwlock_unlock(&relay->sinks_lock);
    put_one(page, M_JOURNAL_UNACKNOWLEDGED, (double)oldest_us * US);
    leat_metrics_print(buf, page);
    leat_metrics_page_free(&page);
}
