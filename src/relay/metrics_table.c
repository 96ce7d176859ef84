/* What metrics there are: the scrape and docs/metrics.md are made from this table. */
#include "metrics_int.h"
#include "relay/metrics.h"

#define ENTRY(name, type, help, elsewhere)           {"leat_" name, type, {NULL}, help, elsewhere}
#define OF_SOURCE(name, type, label, help, elsewhere) {"leat_source_" name, type, {label}, help, elsewhere}
#define OF_HOLD(name, help)                          {"leat_journal_hold_" name, LEAT_GAUGE, {"hold"}, help, NULL}
#define OF_SINK(name, type, help, elsewhere)         {"leat_sink_" name, type, {"sink"}, help, elsewhere}
#define OF_KAFKA(name, type, help)                   {"leat_kafka_" name, type, {"sink"}, help, NULL}

const struct leat_metric_family relay_metric_families[M_COUNT] = {
    [M_BUILD_INFO] = {"leat_build_info", LEAT_GAUGE, {"version"}, "Which leat this is: 1.", NULL},
    [M_START_TIME] = ENTRY("start_time_seconds", LEAT_GAUGE, "When the process began, as seconds since 1970.", NULL),
    [M_PROCESS_CPU] = ENTRY("process_cpu_seconds_total", LEAT_COUNTER, "Processor time that the process has taken.", NULL),
    [M_PROCESS_RSS] = ENTRY("process_resident_memory_bytes", LEAT_GAUGE, "Memory of the process that is in RAM.", NULL),
    [M_PROCESS_FDS] = ENTRY("process_open_fds", LEAT_GAUGE, "File descriptors that are open.", NULL),
    [M_PROCESS_FDS_MAX] = ENTRY("process_max_fds", LEAT_GAUGE, "How many may be.", NULL),

    [M_SOURCE_CONNECTED] = OF_SOURCE("connected", LEAT_GAUGE, NULL, "1 while the primary's stream comes in, else 0.", "Debezium `Connected`"),
    [M_SOURCE_STATE] = OF_SOURCE("state", LEAT_GAUGE, "state", "1 for the state that the source is in, 0 for the others.", NULL),
    [M_SOURCE_CONNECTS] = OF_SOURCE("connects_total", LEAT_COUNTER, NULL, "How often the stream began; all but one were reconnects.",
                                    "Debezium `NumberOfDisconnects` (one less)"),
    [M_SOURCE_EVENTS] = OF_SOURCE("events_total", LEAT_COUNTER, "type",
                                  "Binlog events that came, by type; those inside of a compressed transaction count as one TRANSACTION_PAYLOAD.",
                                  "Debezium `TotalNumberOfEventsSeen`"),
    [M_SOURCE_BYTES] = OF_SOURCE("bytes_total", LEAT_COUNTER, NULL, "Bytes of all events that came.", NULL),
    [M_SOURCE_TRANSACTIONS] = OF_SOURCE("transactions_total", LEAT_COUNTER, NULL, "Transactions that were read to their end.",
                                        "Debezium `NumberOfCommittedTransactions`"),
    [M_SOURCE_CHANGES] = OF_SOURCE("changes_total", LEAT_COUNTER, NULL, "Rows that were inserted, updated or deleted, as read.",
                                   "Debezium `TotalNumberOfCreateEventsSeen` + `…Update…` + `…Delete…`"),
    [M_SOURCE_STATEMENTS] = OF_SOURCE("statements_total", LEAT_COUNTER, NULL, "Statements that were logged as such: DDL, mostly.",
                                      "Debezium's schema history `ChangesApplied`"),
    [M_SOURCE_ERRORS] = OF_SOURCE("errors_total", LEAT_COUNTER, "code", "Attempts to stream that ended in an error, by its code.",
                                  "Debezium `NumberOfErroneousEvents`"),
    [M_SOURCE_CHECKSUMS] = OF_SOURCE("checksum_failures_total", LEAT_COUNTER, NULL, "Events whose checksum was wrong.", NULL),
    [M_SOURCE_QUARANTINED] = OF_SOURCE("quarantined_total", LEAT_COUNTER, NULL,
                                       "Transactions that could not be decoded and were put aside (on_undecodable: quarantine).",
                                       "Debezium `NumberOfSkippedEvents`"),
    [M_SOURCE_LAST_EVENT] = OF_SOURCE("last_event_time_seconds", LEAT_GAUGE, NULL, "When the last event or heartbeat came, by our clock.",
                                      "Debezium `MilliSecondsSinceLastEvent` (now minus this)"),
    [M_SOURCE_LAST_WRITTEN] = OF_SOURCE("last_written_time_seconds", LEAT_GAUGE, NULL, "When the last event that came was written, by the server's clock.", NULL),
    [M_SOURCE_LAG] = OF_SOURCE("lag_seconds", LEAT_GAUGE, NULL,
                               "How old is what has been read: 0 when all that the server sent was read and it lives (heartbeats); else the age of the last event, or how long "
                               "nothing was heard.",
                               "Debezium `MilliSecondsBehindSource`"),
    [M_SOURCE_PROBED] = OF_SOURCE("probe_time_seconds", LEAT_GAUGE, NULL, "When the server was last asked for its clock and binlogs (source.probe_interval).", NULL),
    [M_SOURCE_PROBES_FAILED] = OF_SOURCE("probe_failures_total", LEAT_COUNTER, NULL, "How often that failed.", NULL),
    [M_SOURCE_CLOCK_OFFSET] = OF_SOURCE("clock_offset_seconds", LEAT_GAUGE, NULL, "How much the server's clock is ahead of ours. Lags and latencies are corrected by it.", NULL),
    [M_SOURCE_CLOCK_ERROR] = OF_SOURCE("clock_error_seconds", LEAT_GAUGE, NULL, "How far that may be wrong: half of the way there and back.", NULL),
    [M_SOURCE_BINLOGS] = OF_SOURCE("binlogs", LEAT_GAUGE, NULL, "Binlog files that the server has.", NULL),
    [M_SOURCE_BINLOG_BYTES] = OF_SOURCE("binlog_bytes", LEAT_GAUGE, NULL, "Their size.", NULL),
    [M_SOURCE_BEHIND] = OF_SOURCE("behind_bytes", LEAT_GAUGE, NULL, "How much of them lay behind what was read, at the last probe.", NULL),
    [M_SOURCE_WRITE_RATE] = OF_SOURCE("written_bytes_per_second", LEAT_GAUGE, NULL, "How fast the server wrote them between the last two probes.", NULL),
    [M_SOURCE_HORIZON] = OF_SOURCE("purge_horizon_seconds", LEAT_GAUGE, NULL,
                                   "Until the server may purge what isn't read yet, by its expiry, its limit of size and its write rate, if nothing more is read: at the "
                                   "earliest; +Inf: never by itself; 0: it may have.",
                                   NULL),

    [M_QUEUE_BYTES] = ENTRY("queue_bytes", LEAT_GAUGE, "Waiting in memory for the journal.", "Debezium `CurrentQueueSizeInBytes`"),
    [M_QUEUE_CAPACITY] = ENTRY("queue_capacity_bytes", LEAT_GAUGE, "How much may (journal.queue).", "Debezium `MaxQueueSizeInBytes`"),

    [M_JOURNAL_BYTES] = ENTRY("journal_bytes", LEAT_GAUGE, "What the journal takes on disk.", NULL),
    [M_JOURNAL_CAPACITY] = ENTRY("journal_capacity_bytes", LEAT_GAUGE, "What it may take: max_size, or what min_free leaves.", NULL),
    [M_JOURNAL_RATIO] = ENTRY("journal_fill_ratio", LEAT_GAUGE,
                              "Which part of that it takes. Delivered segments count, though they go when room is needed.", "Debezium `QueueRemainingCapacity` (the rest)"),
    [M_JOURNAL_FULL] = ENTRY("journal_full", LEAT_GAUGE, "1 while it is full and what is in it is still needed: the source waits.", NULL),
    [M_JOURNAL_BLOCKED] = ENTRY("journal_blocked", LEAT_GAUGE, "1 while nothing can be written: it is full, or the disk is.", NULL),
    [M_JOURNAL_SEGMENTS] = ENTRY("journal_segments", LEAT_GAUGE, "Files that it consists of.", NULL),
    [M_JOURNAL_OLDEST] = ENTRY("journal_oldest_time_seconds", LEAT_GAUGE, "When its oldest segment was begun: so far back a sink can be rewound.", NULL),
    [M_JOURNAL_TRANSACTIONS] = ENTRY("journal_transactions_total", LEAT_COUNTER, "Transactions that became durable.", NULL),
    [M_JOURNAL_CHANGES] = ENTRY("journal_changes_total", LEAT_COUNTER, "Rows in them.", NULL),
    [M_JOURNAL_SYNC] = ENTRY("journal_sync_seconds", LEAT_HISTOGRAM, "How long it took to write and sync a batch.", NULL),
    [M_JOURNAL_LATENCY] = ENTRY("journal_latency_seconds", LEAT_HISTOGRAM, "From a transaction's commit until it was durable here.", NULL),
    [M_JOURNAL_UNACKNOWLEDGED] = ENTRY("journal_oldest_unacknowledged_seconds", LEAT_GAUGE,
                                       "How long ago the oldest transaction was committed that a sink has not delivered, less its `delay`; 0: all sinks have all.", NULL),
    [M_JOURNAL_HOLD_RECORDS] = OF_HOLD("records", "How many records are kept for this one: those from its place on."),
    [M_JOURNAL_HOLD_OLDEST] = OF_HOLD("oldest", "1 for the one that needs the oldest: it is what the journal waits for."),
    [M_JOURNAL_HOLD_LOST] = OF_HOLD("lost", "1 when what it needs was dropped (when_journal_full: detach)."),
    [M_JOURNAL_XA] = ENTRY("journal_xa_branches", LEAT_GAUGE, "XA branches that are prepared and not ended.", NULL),
    [M_JOURNAL_XA_PINS] = ENTRY("journal_xa_pins", LEAT_GAUGE, "1 when one of them is all that the oldest segment is kept for.", NULL),

    [M_SINK_STATE] = {"leat_sink_state", LEAT_GAUGE, {"sink", "state"}, "1 for the state that the sink is in, 0 for the others.", NULL},
    [M_SINK_REQUIRED] = OF_SINK("required", LEAT_GAUGE, "1 if leat is ready only while this sink keeps up.", NULL),
    [M_SINK_LAG] = OF_SINK("lag_seconds", LEAT_GAUGE,
                           "How old is the oldest commit that it has not delivered, corrected by the server's clock; while the source lags by more, that. Less its `delay`. 0 when idle.", NULL),
    [M_SINK_DELAY] = OF_SINK("delay_seconds", LEAT_GAUGE, "How old a transaction has to be before the sink gets it (`delay`).", NULL),
    [M_SINK_LAG_RECORDS] = OF_SINK("lag_records", LEAT_GAUGE, "Records in the journal that it has not delivered.", NULL),
    [M_SINK_LAG_TRANSACTIONS] = OF_SINK("lag_transactions", LEAT_GAUGE, "Transactions in them, estimated from the segments they lie in.", NULL),
    [M_SINK_LAG_BYTES] = OF_SINK("lag_bytes", LEAT_GAUGE, "Their bytes, estimated in the same way.", NULL),
    [M_SINK_LATENCY] = OF_SINK("latency_seconds", LEAT_HISTOGRAM, "From a transaction's commit until it was delivered, less the sink's `delay`, of those that its filter passed.", NULL),
    [M_SINK_TRANSACTIONS] = OF_SINK("transactions_total", LEAT_COUNTER, "Transactions that it delivered; again, too, after a rewind or an error.", NULL),
    [M_SINK_CHANGES] = OF_SINK("changes_total", LEAT_COUNTER, "Rows that it delivered.", NULL),
    [M_SINK_BYTES] = OF_SINK("bytes_total", LEAT_COUNTER, "Bytes of the row images and statements that were handed to it.", NULL),
    [M_SINK_ERRORS] = {"leat_sink_errors_total", LEAT_COUNTER, {"sink", "code"}, "Errors that it met, by their code.", NULL},
    [M_SINK_RETRIES] = OF_SINK("retries_total", LEAT_COUNTER, "How often it went back to its checkpoint.", NULL),
    [M_SINK_SKIPPED] = OF_SINK("skipped_total", LEAT_COUNTER, "Transactions that were passed over by leat skip.", NULL),
    [M_SINK_PASSED_OVER] = OF_SINK("passed_over_total", LEAT_COUNTER, "Quarantined transactions that were passed over by its setting.", NULL),
    [M_SINK_CHECKPOINTS] = OF_SINK("checkpoints_total", LEAT_COUNTER, "How often its checkpoint moved.", NULL),
    [M_SINK_CHECKPOINT_TIME] = OF_SINK("checkpoint_time_seconds", LEAT_GAUGE, "When it last did.", NULL),
    [M_SINK_DELIVERED_COMMIT] = OF_SINK("delivered_commit_time_seconds", LEAT_GAUGE, "When the last transaction that it delivered was committed, by the server's clock.", NULL),
    [M_SINK_WAITS] = OF_SINK("waits", LEAT_GAUGE, "Who waits for it now (leat wait, /wait).", NULL),
    [M_SINK_WAITED] = {"leat_sink_waits_ended_total", LEAT_COUNTER, {"sink", "result"}, "Waits that ended: delivered, timeout, gone, failed.", NULL},

    [M_KAFKA_QUEUE_MESSAGES] = OF_KAFKA("queue_messages", LEAT_GAUGE, "Messages that wait in librdkafka, or are on their way."),
    [M_KAFKA_QUEUE_BYTES] = OF_KAFKA("queue_bytes", LEAT_GAUGE, "Their bytes."),
    [M_KAFKA_REQUESTS] = OF_KAFKA("requests_total", LEAT_COUNTER, "Requests to all brokers, since the producer was made: a new one begins at 0."),
    [M_KAFKA_REQUEST_BYTES] = OF_KAFKA("request_bytes_total", LEAT_COUNTER, "Their bytes."),
    [M_KAFKA_REQUEST_ERRORS] = OF_KAFKA("request_errors_total", LEAT_COUNTER, "Requests that failed on their way."),
    [M_KAFKA_RETRIES] = OF_KAFKA("request_retries_total", LEAT_COUNTER, "Requests that were sent again."),
    [M_KAFKA_TIMEOUTS] = OF_KAFKA("request_timeouts_total", LEAT_COUNTER, "Requests that got no answer in time."),
    [M_KAFKA_ANSWER_AVERAGE] = OF_KAFKA("answer_average_seconds", LEAT_GAUGE, "How long the slowest broker took for an answer, on average over the last interval."),
    [M_KAFKA_ANSWER_P99] = OF_KAFKA("answer_p99_seconds", LEAT_GAUGE, "How long it took for the slowest of a hundred."),
    [M_KAFKA_BROKERS] = OF_KAFKA("brokers", LEAT_GAUGE, "Brokers that are known."),
    [M_KAFKA_BROKERS_UP] = OF_KAFKA("brokers_up", LEAT_GAUGE, "Of them, those that are connected."),
};

void leat_relay_metrics_reference(struct leat_buf *buf)
{
    leat_buf_puts(buf,
                  "# Metrics\n\n"
                  "This page is printed by `leat config metrics`; the table in `src/relay/metrics_table.c` is its source.\n\n"
                  "`http.listen` turns them on; Prometheus reads them from `/metrics`. Times are seconds, sizes bytes; a moment is seconds since\n"
                  "1970. Counters begin at 0 with the process. A family without samples isn't there (no sink of that type, nothing known yet).\n"
                  "librdkafka's numbers are as old as its `statistics.interval.ms` (10 s, if it isn't given under `kafka`; 0: none).\n"
                  "Positions and GTID sets are no metrics: `leat status --json` and `/status` have them (Debezium `BinlogFilename`,\n"
                  "`BinlogPosition`, `GtidSet`, `LastTransactionId`).\n\n");
    leat_metrics_reference(buf, relay_metric_families, M_COUNT);
}
