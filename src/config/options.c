/* The option table. What is written here is all that the parser, the checks, `leat config print` and the reference page
 * know; a new setting is one line here and one member in config.h. */
#include "options_int.h"

#include <stddef.h>
#include <string.h>

const char *const ssl_mode_words[] = {"", "DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY", NULL};
static const char *const words_old_times[] = {"stop", "whole_seconds", NULL};
static const char *const words_on_undecodable[] = {"stop", "quarantine", NULL};
static const char *const words_sink_undecodable[] = {"stop", "pass", NULL};
static const char *const words_when_full[] = {"block", "detach", NULL};
static const char *const words_compress[] = {"none", "zstd", "gzip", NULL};
static const char *const words_truth[] = {"false", "true", NULL};
static const char *const words_level[] = {"error", "warn", "info", "debug", NULL};
static const char *const words_form[] = {"logfmt", "json", NULL};
static const char *const words_format[] = {"leat", "debezium", "maxwell", "canal", NULL};
static const char *const words_delivery[] = {"exactly_once", "at_least_once", NULL};
static const char *const words_missing_topics[] = {"create", "stop", NULL};
static const char *const words_partition_by[] = {"key", "database", "table", "primary_key", "transaction_id", "thread_id", "column", NULL};
static const char *const words_partitioner[] = {"murmur2", "java_hash", "murmur3", "canal", "crc32", NULL};
static const char *const words_oversize[] = {"stop", "split", "file", "dead_letter", NULL};

static const char *const words_transactions[] = {"auto", "preserve", "group", NULL};
static const char *const words_commit_order[] = {"any", "keep", NULL};
static const char *const words_rows[] = {"auto", "binlog", "sql", NULL};
static const char *const words_ddl[] = {"apply", "stop", "skip", NULL};
static const char *const words_non_transactional[] = {"stop", "at_least_once", NULL};
static const char *const words_conflict[] = {"stop", "source_wins", NULL};
static const char *const words_check[] = {"none", "keys", "before_image", NULL};

const char *const sink_types[] = {"file", "kafka", "mysql", NULL};
const char *const sink_types_to_come[] = {"replicas", NULL};

#define TOP(member)     offsetof(struct leat_config, member)
#define SOURCE(member)  offsetof(struct leat_source_config, member)
#define SERVER(member)  offsetof(struct leat_source_config, server.member)
#define JOURNAL(member) offsetof(struct leat_journal_config, member)
#define LOG(member)     offsetof(struct leat_log_config, member)
#define HTTP(member)    offsetof(struct leat_http_config, member)
#define SINK(member)    offsetof(struct leat_sink_config, member)
#define TARGET(member)  offsetof(struct leat_sink_config, target.member)

static const struct option top_options[] = {
    {"name", OPTION_TEXT, TOP(name), .fallback = "leat",
     .help = "The relay's name: of this stream of changes, in logs, status and messages. Letters, digits, `_`, `-`, `.`"},
    {"shutdown_timeout", OPTION_TIME_MS, TOP(shutdown_timeout_ms), .fallback = "10s", .most = 3600000,
     .help = "How long sinks may drain the journal after SIGTERM. Whatever is left is delivered after the next start."},
};

static const struct option source_options[] = {
    {"url", OPTION_URL, SOURCE(server), .flags = OPTION_REQUIRED,
     .help = "The primary: `mysql://user@host:port`, or `mysql://user@/?socket=PATH`. A password may stand in it, but "
             "`password_file` keeps it out of files that others read."},
    {"password", OPTION_SECRET, SERVER(password), .help = "The account's password. Prefer `password_file`."},
    {"password_file", OPTION_TEXT, SERVER(password_file),
     .help = "A file that holds the password; read again at each connect, so a changed one needs no restart."},
    {"ssl_mode", OPTION_WORD, SERVER(ssl_mode), .words = ssl_mode_words,
     .help = "As MySQL's clients name it. Default: `VERIFY_IDENTITY` when `ssl_ca` is given, else `REQUIRED` to another machine "
             "and `PREFERRED` on this one."},
    {"ssl_ca", OPTION_TEXT, SERVER(ssl_ca), .help = "PEM file of the authority that signed the server's certificate."},
    {"ssl_cert", OPTION_TEXT, SERVER(ssl_cert), .help = "PEM file of our own certificate, where the account requires one."},
    {"ssl_key", OPTION_TEXT, SERVER(ssl_key), .help = "PEM file of our own certificate's key."},
    {"connect_timeout", OPTION_TIME_MS, SERVER(connect_timeout_ms), .fallback = "10s", .least = 100, .most = 600000,
     .help = "For the connection, TLS and login together."},
    {"start", OPTION_POINT, SOURCE(start), .fallback = "now",
     .help = "Where an empty journal begins: `now`, `earliest`, `FILE:POS`, a GTID set (what is in it is taken as done), or a "
             "time. Counts only while the journal is empty and no sink has a checkpoint of its own."},
    {"start_within", OPTION_WITHIN, SOURCE(start_within),
     .help = "Of the transaction at `start`, so much was delivered by whoever leat takes over from (docs/moving.md): `events 7, rows 3` passes over seven "
             "events and three rows of the eighth. With a GTID set as `start`, the first transaction behind the set is meant, and events count from its BEGIN; "
             "with `FILE:POS`, which may then lie within a transaction, they count from there, and what lies before is passed over. `leat config import "
             "--offsets` writes it."},
    {"tables", OPTION_TEXTS, SOURCE(tables),
     .help = "What is journalled, as patterns `database.table` with `*` and `?`. None: everything."},
    {"exclude_tables", OPTION_TEXTS, SOURCE(exclude_tables), .help = "What is not journalled, though `tables` would take it."},
    {"event_bytes_max", OPTION_BYTES, SOURCE(event_bytes_max), .fallback = "256MiB", .least = 1048576, .most = 1073741824,
     .help = "The largest single event (in effect: row) that is taken. A larger one stops the source with its position. Memory "
             "is bounded by a small multiple of the largest event that comes."},
    {"heartbeat", OPTION_TIME_MS, SOURCE(heartbeat_ms), .fallback = "5s", .least = 100, .most = 3600000,
     .help = "How often an idle primary is to say that it lives. After three silent heartbeats the connection is given up and "
             "made anew."},
    {"backoff_min", OPTION_TIME_MS, SOURCE(backoff_min_ms), .fallback = "100ms", .least = 1, .most = 3600000,
     .help = "The first wait before a new connection; doubled at each failure, reset by a durable transaction."},
    {"backoff_max", OPTION_TIME_MS, SOURCE(backoff_max_ms), .fallback = "30s", .least = 1, .most = 3600000,
     .help = "The longest wait before a new connection."},
    {"probe_interval", OPTION_TIME_MS, SOURCE(probe_interval_ms), .fallback = "1m", .least = 0, .most = 86400000,
     .help = "How often a short connection of its own asks the primary for its clock and its binlogs (SHOW BINARY LOGS), for the metrics of lag "
             "and of when it purges what is still needed, and for sinks with a `delay`. Only with `http.listen` or such a sink. 0: never."},
    {"server_id", OPTION_COUNT, SOURCE(server_id), .fallback = "0", .most = 4294967295,
     .help = "Our id among the primary's replicas. 0: chosen at random once and kept in the journal's folder."},
    {"on_undecodable", OPTION_WORD, SOURCE(on_undecodable), .words = words_on_undecodable, .fallback = "stop",
     .help = "What happens at a transaction that can't be decoded: `stop` keeps the source there, with the reason; `quarantine` "
             "journals its raw events, up to `event_bytes_max`, and goes on. Sinks decode them when a newer leat can, and until "
             "then do as their own `on_undecodable` says."},
    {"old_times", OPTION_WORD, SOURCE(old_times), .words = words_old_times, .fallback = "stop",
     .help = "What MariaDB's TIMESTAMP, TIME and DATETIME columns in the form of before 10.1 are taken for: `whole_seconds`, without "
             "a fraction; `stop`, at their tables' rows. The binlog doesn't tell whether they have one."},
};

static const struct option journal_options[] = {
    {"dir", OPTION_TEXT, JOURNAL(dir), .fallback = "/var/lib/leat",
     .help = "The journal's folder. It is created (0700), locked against a second process, and also holds the control socket."},
    {"keep", OPTION_TIME_US, JOURNAL(keep_us), .fallback = "7d",
     .help = "How long segments that every sink has delivered stay for a replay. What a sink still needs stays beyond it."},
    {"max_size", OPTION_BYTES, JOURNAL(max_bytes), .fallback = "0",
     .help = "The most that all segments may take together with the file `definitions`, give or take one row: a segment ends "
             "behind the record that fills it. 0: no limit but `min_free`."},
    {"min_free", OPTION_FREE, JOURNAL(min_free_percent), JOURNAL(min_free_bytes), .fallback = "10%",
     .help = "How much of the file system stays free, as a share or a size. When either limit is reached, delivered segments go "
             "first, then `when_journal_full` of the sinks that lag decides."},
    {"segment_size", OPTION_BYTES, JOURNAL(segment_bytes), .fallback = "64MiB", .least = 65536, .most = 4294967296,
     .help = "When a segment's file is closed and the next begun. Retention deletes whole segments."},
    {"queue", OPTION_BYTES, JOURNAL(queue_bytes), .fallback = "16MiB", .least = 1048576, .most = 1073741824,
     .help = "What may wait in memory between the source and the journal."},
};

static const struct option log_options[] = {
    {"level", OPTION_WORD, LOG(level), .words = words_level, .fallback = "info", .help = "How much is logged, to stderr."},
    {"format", OPTION_WORD, LOG(form), .words = words_form, .fallback = "logfmt", .help = "The form of a line."},
};

static const struct option http_options[] = {
    {"listen", OPTION_TEXT, HTTP(listen),
     .help = "Where metrics, health, status and waiting are served: `PORT` on this machine alone (127.0.0.1), or `ADDRESS:PORT`, `[ADDRESS]:PORT`; "
             "`0.0.0.0:PORT` for all interfaces. Not set: nowhere. Whoever reaches the port may read all of it, and change nothing (docs/operations.md)."},
    {"hosts", OPTION_TEXTS, HTTP(hosts),
     .help = "Names by which it may be asked for, without a port. `localhost` and addresses always are; a request for any other name is refused, "
             "so that a web page somewhere can't make a browser on this machine read it (DNS rebinding)."},
    {"connections", OPTION_COUNT, HTTP(connections_max), .fallback = "1024", .least = 4, .most = 65536,
     .help = "How many may be open at once; each `/wait` is one of them until it is answered. An eighth is left to who asks for other things."},
    {"request_timeout", OPTION_TIME_MS, HTTP(request_timeout_ms), .fallback = "10s", .least = 100, .most = 600000,
     .help = "How long a connection may take to send its whole request, or stay without one."},
    {"ready_lag", OPTION_TIME_MS, HTTP(ready_lag_ms), .fallback = "1m", .least = 100, .most = 86400000,
     .help = "A sink that lags by more than this isn't ready (`/readyz`)."},
};

static const struct option sink_options[] = {
    {"type", OPTION_TEXT, SINK(type), .flags = OPTION_REQUIRED, .help = "What kind of sink: `file`, `kafka` or `mysql`."},
    {"format", OPTION_TEXT, SINK(format), .fallback = "leat", .words = words_format, .sink_types = " file kafka ",
     .help = "How changes are written (docs/formats/)."},
    {"tables", OPTION_TEXTS, SINK(tables), .help = "What this sink gets, as patterns `database.table`. None: all that is journalled."},
    {"exclude_tables", OPTION_TEXTS, SINK(exclude_tables), .help = "What this sink doesn't get, though `tables` would take it."},
    {"columns", OPTION_PAIRS, SINK(columns), .flags = OPTION_DOTTED,
     .help = "What this sink gets of columns: `database.table.column` (with `*` and `?`) and what is done to them, any of `include`, "
             "`exclude`, `rename NAME`, `hash`, `redact`, `last N`, `truncate N`, with commas between (docs/columns.md)."},
    {"mask_key_file", OPTION_TEXT, SINK(mask_key_file),
     .help = "A file whose bytes (without the line break at the end) are the key of `hash` in `columns`. Read at the start."},
    {"start", OPTION_POINT, SINK(start),
     .help = "Where a sink that has no checkpoint begins: `earliest` or `now` in the journal, or a position. Needed for a new sink "
             "on a journal that already holds transactions."},
    {"when_journal_full", OPTION_WORD, SINK(when_journal_full), .words = words_when_full, .fallback = "block",
     .help = "When the journal is full and this sink still needs its oldest part: `block` lets the source wait; `detach` lets the "
             "part go and marks the sink \"needs resync\"."},
    {"delay", OPTION_TIME_US, SINK(delay_us), .fallback = "0",
     .help = "A transaction is handed over only when its commit is that long ago, by the primary's clock: time to stop short of a mistake "
             "(docs/operations.md). The journal holds its segments for as long, so it needs the room for them. 0: at once."},
    {"on_undecodable", OPTION_WORD, SINK(on_undecodable), .words = words_sink_undecodable, .fallback = "stop",
     .help = "What happens at a quarantined transaction that this build can't decode either: `stop` halts the sink there, until a "
             "newer build runs or `leat skip` passes it over; `pass` passes it over, counted and logged. A rewind to before it "
             "delivers it once it can be decoded."},
    {"required", OPTION_WORD, SINK(required), .words = words_truth, .fallback = "true",
     .help = "Whether leat is ready (`/readyz`) only while this sink runs and keeps up."},
    {"backoff_min", OPTION_TIME_MS, SINK(backoff_min_ms), .fallback = "100ms", .least = 1, .most = 3600000,
     .help = "The first wait after an error that may pass; doubled each time, reset by a delivery."},
    {"backoff_max", OPTION_TIME_MS, SINK(backoff_max_ms), .fallback = "30s", .least = 1, .most = 3600000,
     .help = "The longest wait after an error that may pass."},
    {"checkpoint_interval", OPTION_TIME_MS, SINK(checkpoint_interval_ms), .fallback = "200ms", .least = 1, .most = 60000,
     .sink_types = " file mysql ",
     .help = "How long delivered changes may wait for their checkpoint under load. A sink that has caught up makes one at once."},
    {"path", OPTION_TEXT, SINK(path), .sink_types = " file ", .flags = OPTION_REQUIRED,
     .help = "The folder that the files go into, or `-` for standard output (at least once)."},
    {"compress", OPTION_WORD, SINK(compress), .words = words_compress, .fallback = "none", .sink_types = " file ",
     .help = "Each checkpoint ends a zstd frame or gzip member, so a file is readable up to its last checkpoint."},
    {"rotate_size", OPTION_BYTES, SINK(rotate_bytes), .fallback = "256MiB", .least = 1, .sink_types = " file ",
     .help = "A file that has grown to this is renamed to its final name at the transaction's end."},
    {"rotate_interval", OPTION_TIME_US, SINK(rotate_interval_us), .fallback = "1h", .sink_types = " file ",
     .help = "So is a file that is this old and not empty. 0: never by age."},
    {"leat", OPTION_PAIRS, SINK(leat), .flags = OPTION_DOTTED, .sink_types = " file kafka ", .help = "Settings of the format `leat` (docs/formats/leat.md)."},
    {"debezium", OPTION_PAIRS, SINK(debezium), .flags = OPTION_DOTTED, .sink_types = " file kafka ",
     .help = "Settings of the format `debezium`, by the names that Debezium gives them (docs/formats/debezium.md)."},
    {"maxwell", OPTION_PAIRS, SINK(maxwell), .sink_types = " file kafka ",
     .help = "Settings of the format `maxwell`, by the names that Maxwell gives them (docs/formats/maxwell.md)."},
    {"canal", OPTION_PAIRS, SINK(canal), .sink_types = " file kafka ",
     .help = "Settings of the format `canal`, by the names that Canal gives them (docs/formats/canal.md)."},
    {"kafka", OPTION_PAIRS, SINK(kafka), .sink_types = " kafka ", .flags = OPTION_DOTTED,
     .help = "librdkafka's properties by their own names, such as `bootstrap.servers` (needed), `security.protocol`, "
             "`sasl.password_file`. A name with `_file` behind it is read from that file at each connect. Defaults of ours, and "
             "what is refused: docs/sinks/kafka.md."},
    {"delivery", OPTION_WORD, SINK(delivery), .words = words_delivery, .fallback = "exactly_once", .sink_types = " kafka ",
     .help = "`exactly_once`: changes and checkpoint in one Kafka transaction, for consumers that read committed messages; "
             "`at_least_once`: idempotent producer without transactions, where the cluster or the account has none."},
    {"topic", OPTION_TEXT, SINK(topic), .fallback = "{name}.{database}.{table}", .sink_types = " kafka ",
     .help = "Where a row's change goes. `{name}` is the relay's name, `{sink}` the sink's, `{database}` and `{table}` the "
             "table's (`%{database}` and `%{table}` too). Characters that a topic's name can't have become `_`."},
    {"topics", OPTION_TEXTS, SINK(topics), .sink_types = " kafka ",
     .help = "Topics of single tables, the first that matches counts: `shop.order_* -> shop.orders`, or with a regular "
             "expression, `/shop\\.(order|cart)_\\d+/ -> shop.$1`. `$1` is what the first `*` or group matched. Several tables "
             "on one topic are meant so here."},
    {"schema_topic", OPTION_TEXT, SINK(schema_topic), .fallback = "{name}", .sink_types = " kafka ",
     .help = "Where DDL and other statements go; may have `{database}` and `{table}`, of the table that the statement is about first (empty where it is "
             "about none). Empty: nowhere."},
    {"transaction_topic", OPTION_TEXT, SINK(transaction_topic), .fallback = "{name}.transaction", .sink_types = " kafka ",
     .help = "Where the beginnings and ends of transactions go, with formats that tell them; empty: nowhere."},
    {"heartbeat_topic", OPTION_TEXT, SINK(heartbeat_topic), .sink_types = " kafka ",
     .help = "Where heartbeats go. Default: `__debezium-heartbeat.{name}` with the format debezium, else `{name}.heartbeat`."},
    {"heartbeat_interval", OPTION_TIME_MS, SINK(heartbeat_interval_ms), .fallback = "0s", .most = 86400000, .sink_types = " kafka ",
     .help = "How often a heartbeat is sent, with formats that have one. 0: never."},
    {"checkpoint_topic", OPTION_TEXT, SINK(checkpoint_topic), .fallback = "{name}.leat-checkpoint", .sink_types = " kafka ",
     .help = "Where this sink keeps its checkpoint: a compacted topic of one partition, which several sinks may share."},
    {"missing_topics", OPTION_WORD, SINK(missing_topics), .words = words_missing_topics, .fallback = "create", .sink_types = " kafka ",
     .help = "A topic that isn't there is made as the next three settings say (`create`), or the sink stops and names it (`stop`)."},
    {"topic_partitions", OPTION_COUNT, SINK(topic_partitions), .fallback = "0", .most = 100000, .sink_types = " kafka ",
     .help = "Of topics that are made for rows; all others get one partition. 0: the brokers' `num.partitions`."},
    {"topic_replication", OPTION_COUNT, SINK(topic_replication), .fallback = "0", .most = 1000, .sink_types = " kafka ",
     .help = "Copies of topics that are made. 0: the brokers' `default.replication.factor`."},
    {"topic_config", OPTION_PAIRS, SINK(topic_config), .sink_types = " kafka ", .flags = OPTION_DOTTED,
     .help = "Kafka's own settings of topics that are made for rows, such as `cleanup.policy: compact`."},
    {"commit_interval", OPTION_TIME_MS, SINK(commit_interval_ms), .fallback = "100ms", .least = 1, .most = 60000, .sink_types = " kafka ",
     .help = "How long a Kafka transaction gathers changes under load before it is committed; with `at_least_once`, how long "
             "delivered changes may wait for their checkpoint. A sink that has caught up commits at once; what is late anyway "
             "may be a tenth of that later, at most a second."},
    {"transaction_max_size", OPTION_BYTES, SINK(transaction_max_bytes), .fallback = "64MiB", .least = 65536, .most = 4294967296,
     .sink_types = " kafka ",
     .help = "A transaction of the source that gives more than this is delivered in several Kafka transactions: each change "
             "once, in order, but readers see its first part before its last."},
    {"transaction_max_time", OPTION_TIME_MS, SINK(transaction_max_ms), .fallback = "5s", .least = 10, .most = 600000,
     .sink_types = " kafka ",
     .help = "So is one that takes longer than this to deliver, or than half of `transaction.timeout.ms`."},
    {"partition_by", OPTION_WORD, SINK(partition_by), .words = words_partition_by, .fallback = "key", .sink_types = " kafka ",
     .help = "What a row's partition is chosen by. `key`: the message's key, and the table's name for rows without one, so that "
             "their order is kept. `column`: `partition_columns`. The order of changes is kept only among those with the same."},
    {"partition_by_fallback", OPTION_WORD, SINK(partition_by_fallback), .words = words_partition_by, .fallback = "table",
     .sink_types = " kafka ", .help = "For tables that lack the columns, or the primary key, that `partition_by` asks for."},
    {"partition_columns", OPTION_TEXTS, SINK(partition_columns), .sink_types = " kafka ",
     .help = "The columns of `partition_by: column`, by name."},
    {"partitioner", OPTION_WORD, SINK(partitioner), .words = words_partitioner, .fallback = "murmur2", .sink_types = " kafka ",
     .help = "How it becomes a partition's number: `murmur2` as Kafka's Java clients do (and Debezium), `java_hash` and `murmur3` as "
             "Maxwell (`kafka_partition_hash`), `canal` as Canal, `crc32` as librdkafka's own default."},
    {"headers", OPTION_TEXTS, SINK(headers), .sink_types = " kafka ",
     .help = "Headers of each message, beside those of the format: any of `id` (leat-id, the same whenever the change is delivered "
             "again), `gtid`, `sequence`, `number`, `schema`, and constants as `NAME=TEXT`."},
    {"oversize", OPTION_WORD, SINK(oversize), .words = words_oversize, .fallback = "stop", .sink_types = " kafka ",
     .help = "A message larger than `message.max.bytes`: `stop`; `split` it into several with headers that say so; `file`, which "
             "writes the value to `oversize_path` and sends where it is; `dead_letter`, which sends it in parts to "
             "`dead_letter_topic`."},
    {"oversize_path", OPTION_TEXT, SINK(oversize_path), .sink_types = " kafka ", .help = "The folder of `oversize: file`."},
    {"dead_letter_topic", OPTION_TEXT, SINK(dead_letter_topic), .fallback = "{name}.dead-letter", .sink_types = " kafka ",
     .help = "Where `oversize: dead_letter` sends what is too large."},
    {"url", OPTION_URL, SINK(target), .flags = OPTION_REQUIRED, .sink_types = " mysql ",
     .help = "The server that changes are applied to: `mysql://user@host:port`, or `mysql://user@/?socket=PATH`."},
    {"password", OPTION_SECRET, TARGET(password), .sink_types = " mysql ", .help = "The account's password there. Prefer `password_file`."},
    {"password_file", OPTION_TEXT, TARGET(password_file), .sink_types = " mysql ",
     .help = "A file that holds the password; read again at each connect."},
    {"ssl_mode", OPTION_WORD, TARGET(ssl_mode), .words = ssl_mode_words, .sink_types = " mysql ",
     .help = "As MySQL's clients name it, with the same default as `source.ssl_mode`."},
    {"ssl_ca", OPTION_TEXT, TARGET(ssl_ca), .sink_types = " mysql ",
     .help = "PEM file of the authority that signed the target's certificate."},
    {"ssl_cert", OPTION_TEXT, TARGET(ssl_cert), .sink_types = " mysql ",
     .help = "PEM file of our own certificate, where the account requires one."},
    {"ssl_key", OPTION_TEXT, TARGET(ssl_key), .sink_types = " mysql ", .help = "PEM file of our own certificate's key."},
    {"connect_timeout", OPTION_TIME_MS, TARGET(connect_timeout_ms), .fallback = "10s", .least = 100, .most = 600000,
     .sink_types = " mysql ", .help = "For a connection, TLS and login together."},
    {"transactions", OPTION_WORD, SINK(transactions), .words = words_transactions, .fallback = "auto", .sink_types = " mysql ",
     .help = "`preserve`: each transaction of the source is one of the target, under the source's GTID (MySQL with GTIDs on both sides); `group`: "
             "several become one, together with a checkpoint row. `auto`: `preserve` where the target has gtid_mode=ON and the account may "
             "set gtid_next, else `group` (docs/sinks/mysql.md)."},
    {"workers", OPTION_COUNT, SINK(workers), .fallback = "4", .least = 1, .most = 256, .sink_types = " mysql ",
     .help = "How many connections apply transactions at the same time."},
    {"commit_order", OPTION_WORD, SINK(commit_order), .words = words_commit_order, .fallback = "any", .sink_types = " mysql ",
     .help = "With `preserve`: `any`, transactions that don't depend on one another are committed as they come; `keep`, in the source's "
             "order. `group` always keeps the order."},
    {"rows", OPTION_WORD, SINK(rows), .words = words_rows, .fallback = "auto", .sink_types = " mysql ",
     .help = "How rows are written: `binlog`, as row events in BINLOG statements; `sql`, as INSERT, UPDATE and DELETE; `auto`, whichever "
             "fits a table, the target and the account's privileges best."},
    {"ddl", OPTION_WORD, SINK(ddl), .words = words_ddl, .fallback = "apply", .sink_types = " mysql ",
     .help = "Statements such as CREATE TABLE: `apply` runs them; `stop` halts the sink at each, for an operator; `skip` leaves them out."},
    {"non_transactional", OPTION_WORD, SINK(non_transactional), .words = words_non_transactional, .fallback = "stop", .sink_types = " mysql ",
     .help = "Rows of tables that can't be rolled back on the target (MyISAM): `stop`, or `at_least_once`: after a crash some may be applied "
             "twice."},
    {"conflict", OPTION_WORD, SINK(conflict), .words = words_conflict, .fallback = "stop", .sink_types = " mysql ",
     .help = "A row that isn't on the target as it was on the source: `stop`; `source_wins` makes it as the source has it, in tables whose changes "
             "are merged by key (docs/sinks/mysql.md, \"How rows are written\"), and stops at others."},
    {"check", OPTION_WORD, SINK(check), .words = words_check, .fallback = "none", .sink_types = " mysql ",
     .help = "What is looked for as a conflict: `none`, nothing more than what the fastest way to write shows by itself; `keys`, each row that is "
             "missing or there already; `before_image`, also one whose other columns differ from the source's before the change (every row is "
             "then a statement of its own)."},
    {"rename", OPTION_PAIRS, SINK(rename), .flags = OPTION_DOTTED, .sink_types = " mysql ",
     .help = "Other names on the target: `database: other`, or `database.table: other.name`."},
    {"group_max_transactions", OPTION_COUNT, SINK(group_max_transactions), .fallback = "1000", .least = 1, .most = 1000000,
     .sink_types = " mysql ", .help = "With `group`: how many of the source's transactions at most become one."},
    {"group_max_size", OPTION_BYTES, SINK(group_max_bytes), .fallback = "4MiB", .least = 65536, .most = 1073741824, .sink_types = " mysql ",
     .help = "With `group`: the next one begins behind so many bytes of statements. A larger transaction of the source stays one."},
    {"checkpoint_table", OPTION_TEXT, SINK(checkpoint_table), .fallback = "leat.checkpoint", .sink_types = " mysql ",
     .help = "With `group`: the target's table that has the sink's checkpoint, as `database.table`. It is created where it is missing."},
};

const struct option *option_pairs_find(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof sink_options / sizeof *sink_options; i++) {
        const struct option *option = &sink_options[i];
        if (option->type == OPTION_PAIRS && strlen(option->name) == size && !memcmp(option->name, name, size))
            return option;
    }
    return NULL;
}

#define SECTION(name, intro, options) {name, intro, options, sizeof options / sizeof *options}

const struct section option_sections[SECTION_COUNT] = {
    [SECTION_TOP] = SECTION("", "The whole.", top_options),
    [SECTION_SOURCE] = SECTION("source", "The primary that changes are read from.", source_options),
    [SECTION_JOURNAL] = SECTION("journal", "The durable log on this machine, between the source and the sinks.", journal_options),
    [SECTION_LOG] = SECTION("log", "What leat says about itself, on stderr.", log_options),
    [SECTION_HTTP] = SECTION("http", "What is served to monitoring and to who waits, read-only: `/metrics`, `/livez`, `/readyz`, `/status`, `/wait`.", http_options),
    [SECTION_SINK] = SECTION("sinks.NAME", "Where changes go; each sink has a name, its own speed and its own checkpoint.",
                             sink_options),
};
