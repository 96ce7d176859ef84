/* The configuration: YAML files, environment and -o overrides into one checked struct.
 *
 * One option table (options.c) parses, checks, defaults and documents every setting; nothing else knows a setting's
 * name. Errors are LEAT_E_CONFIG and name file, line, column, and the nearest right name. Immutable once loaded; any
 * thread may read. */
#ifndef LEAT_CONFIG_CONFIG_H
#define LEAT_CONFIG_CONFIG_H

#include "base/buf.h"
#include "base/pairs.h"
#include "model/point.h"
#include "model/within.h"

struct leat_strings {
    char **list; /* owned */
    size_t count;
};

enum leat_ssl_mode {
    LEAT_SSL_UNSET = 0, /* REQUIRED off the machine, PREFERRED on it, VERIFY_IDENTITY when a CA is given */
    LEAT_SSL_DISABLED,
    LEAT_SSL_PREFERRED,
    LEAT_SSL_REQUIRED,
    LEAT_SSL_VERIFY_CA,
    LEAT_SSL_VERIFY_IDENTITY
};

/* A connection to a MySQL or MariaDB server: of the source, of mysql sinks, of the command line. */
struct leat_server_config {
    char *url;      /* as given, password masked */
    char *host;     /* NULL with a socket */
    unsigned port;  /* 0: 3306 */
    char *socket;
    char *user;
    char *password;      /* may be NULL */
    char *password_file; /* read at each connect */
    enum leat_ssl_mode ssl_mode;
    char *ssl_ca, *ssl_cert, *ssl_key;
    unsigned connect_timeout_ms;
};

/* MariaDB's times of before 10.1: whether they have fractions isn't in the binlog (schema.h). */
enum leat_old_times { LEAT_OLD_TIMES_STOP = 0, LEAT_OLD_TIMES_WHOLE_SECONDS };
enum leat_on_undecodable { LEAT_UNDECODABLE_STOP = 0, LEAT_UNDECODABLE_QUARANTINE };

struct leat_source_config {
    struct leat_server_config server;
    struct leat_point start;
    struct leat_within start_within;
    struct leat_strings tables, exclude_tables; /* what is journalled; none: all */
    uint64_t event_bytes_max;
    unsigned heartbeat_ms;
    unsigned backoff_min_ms, backoff_max_ms;
    uint32_t server_id; /* 0: chosen at random once */
    enum leat_on_undecodable on_undecodable;
    enum leat_old_times old_times;
    unsigned probe_interval_ms; /* 0: never */
};

struct leat_journal_config {
    char *dir;
    uint64_t keep_us;
    uint64_t max_bytes;      /* 0: no limit */
    uint64_t segment_bytes;
    unsigned min_free_percent;
    uint64_t min_free_bytes; /* exactly one of the two is set */
    uint64_t queue_bytes;    /* between source and journal */
};

enum leat_sink_undecodable { LEAT_SINK_UNDECODABLE_STOP = 0, LEAT_SINK_UNDECODABLE_PASS };
enum leat_when_full { LEAT_WHEN_FULL_BLOCK = 0, LEAT_WHEN_FULL_DETACH };
enum leat_compress { LEAT_COMPRESS_NONE = 0, LEAT_COMPRESS_ZSTD, LEAT_COMPRESS_GZIP };
enum leat_delivery { LEAT_DELIVERY_EXACTLY_ONCE = 0, LEAT_DELIVERY_AT_LEAST_ONCE };
enum leat_missing_topics { LEAT_MISSING_TOPICS_CREATE = 0, LEAT_MISSING_TOPICS_STOP };
enum leat_partition_by {
    LEAT_PARTITION_BY_KEY = 0, /* the message's key */
    LEAT_PARTITION_BY_DATABASE,
    LEAT_PARTITION_BY_TABLE,
    LEAT_PARTITION_BY_PRIMARY_KEY,
    LEAT_PARTITION_BY_TRANSACTION_ID,
    LEAT_PARTITION_BY_THREAD_ID,
    LEAT_PARTITION_BY_COLUMN
};
enum leat_partitioner {
    LEAT_PARTITIONER_MURMUR2 = 0, /* Kafka's Java clients */
    LEAT_PARTITIONER_JAVA_HASH,   /* Maxwell's default */
    LEAT_PARTITIONER_MURMUR3,     /* Maxwell's other */
    LEAT_PARTITIONER_CANAL,
    LEAT_PARTITIONER_CRC32        /* librdkafka's default */
};
enum leat_transactions { LEAT_TRANSACTIONS_AUTO = 0, LEAT_TRANSACTIONS_PRESERVE, LEAT_TRANSACTIONS_GROUP };
enum leat_commit_order { LEAT_COMMIT_ANY = 0, LEAT_COMMIT_KEEP };
enum leat_rows_as { LEAT_ROWS_AUTO = 0, LEAT_ROWS_BINLOG, LEAT_ROWS_SQL };
enum leat_ddl_policy { LEAT_DDL_APPLY = 0, LEAT_DDL_STOP, LEAT_DDL_SKIP };
enum leat_non_transactional { LEAT_NON_TRANSACTIONAL_STOP = 0, LEAT_NON_TRANSACTIONAL_AT_LEAST_ONCE };
enum leat_conflict { LEAT_CONFLICT_STOP = 0, LEAT_CONFLICT_SOURCE_WINS };
enum leat_check { LEAT_CHECK_NONE = 0, LEAT_CHECK_KEYS, LEAT_CHECK_BEFORE_IMAGE };
enum leat_oversize { LEAT_OVERSIZE_STOP = 0, LEAT_OVERSIZE_SPLIT, LEAT_OVERSIZE_FILE, LEAT_OVERSIZE_DEAD_LETTER };

/* All settings of all types of sink; `type` says which count. A setting of another type is refused when loading. */
struct leat_sink_config {
    char *name;
    char *type;
    char *format;
    struct leat_strings tables, exclude_tables;
    struct leat_pairs columns; /* rules of filter/columns.h */
    char *mask_key_file;
    struct leat_point start; /* unset: allowed only on a journal that is as new as the sink */
    enum leat_when_full when_journal_full;
    uint64_t delay_us; /* a transaction is handed over only when its commit is that long ago */
    unsigned required; /* for being ready: 0 or 1 */
    enum leat_sink_undecodable on_undecodable; /* what was quarantined, and still can't be decoded */
    unsigned backoff_min_ms, backoff_max_ms;
    unsigned checkpoint_interval_ms;
    /* file */
    char *path;
    enum leat_compress compress;
    uint64_t rotate_bytes;
    uint64_t rotate_interval_us;
    /* the formats' own settings, by the names that they give them */
    struct leat_pairs leat, debezium, maxwell, canal;
    /* kafka */
    struct leat_pairs kafka; /* librdkafka's properties */
    enum leat_delivery delivery;
    char *topic;
    struct leat_strings topics; /* "pattern -> topic" */
    char *schema_topic, *transaction_topic;
    char *heartbeat_topic;      /* may be NULL: by the format */
    unsigned heartbeat_interval_ms;
    char *checkpoint_topic;
    enum leat_missing_topics missing_topics;
    unsigned topic_partitions, topic_replication; /* 0: as the brokers do */
    struct leat_pairs topic_config;
    unsigned commit_interval_ms;
    uint64_t transaction_max_bytes;
    unsigned transaction_max_ms;
    enum leat_partition_by partition_by, partition_by_fallback;
    struct leat_strings partition_columns;
    enum leat_partitioner partitioner;
    struct leat_strings headers;
    enum leat_oversize oversize;
    char *oversize_path;
    char *dead_letter_topic;
    /* mysql */
    struct leat_server_config target;
    enum leat_transactions transactions;
    unsigned workers;
    enum leat_commit_order commit_order;
    enum leat_rows_as rows;
    enum leat_ddl_policy ddl;
    enum leat_non_transactional non_transactional;
    enum leat_conflict conflict;
    enum leat_check check;
    struct leat_pairs rename; /* "db" -> "other", "db.table" -> "other.name" */
    unsigned group_max_transactions;
    uint64_t group_max_bytes;
    char *checkpoint_table;
};

struct leat_log_config {
    unsigned level; /* enum leat_log_level */
    unsigned form;  /* enum leat_log_form */
};

struct leat_http_config {
    char *listen; /* PORT, ADDRESS:PORT, [ADDRESS]:PORT; NULL or empty: nowhere */
    struct leat_strings hosts;
    unsigned connections_max;
    unsigned request_timeout_ms;
    unsigned ready_lag_ms;
};

struct leat_config {
    char *name;
    struct leat_source_config source;
    struct leat_journal_config journal;
    struct leat_log_config log;
    struct leat_http_config http;
    unsigned shutdown_timeout_ms; /* how long SIGTERM lets sinks drain */
    struct leat_sink_config *sinks;
    size_t sink_count;
};

/* files: those given with -c, later wins; none: ./leat.yaml, then /etc/leat/leat.yaml. Then LEAT_… of environ, then
 * overrides ("sinks.events.topic=x"). Passwords in files are read at connect, not here. */
int leat_config_load(struct leat_config **out, const char *const *files, size_t file_count, const char *const *overrides,
                     size_t override_count, struct leat_error *err) LEAT_CHECKED;
/* The same from text, for tests; origin is what errors call it. */
int leat_config_parse(struct leat_config **out, const char *text, size_t size, const char *origin, struct leat_error *err) LEAT_CHECKED;
void leat_config_free(struct leat_config **config);

/* compare.c: what a reload has to know; secrets count. Pure. */
bool leat_config_same_sink(const struct leat_sink_config *a, const struct leat_sink_config *b);
/* Whether anything differs that can't change while a relay runs (all but sinks and the log); name becomes its path ("source.url"). */
bool leat_config_fixed_differs(char *name, size_t size, const struct leat_config *a, const struct leat_config *b);

/* The effective configuration as YAML, secrets masked. */
void leat_config_print(struct leat_buf *buf, const struct leat_config *config);
/* docs/configuration.md, from the option table. */
void leat_config_reference(struct leat_buf *buf);

/* Where HTTP listens, out of http.listen: the address as text (IPv6 without brackets) and the port. */
enum { LEAT_ADDRESS_TEXT_MAX = 46 };
int leat_config_listen(char address[LEAT_ADDRESS_TEXT_MAX], unsigned *port, const char *text, struct leat_error *err) LEAT_CHECKED;

/* mysql://user[:password]@host[:port]/ or mysql://user@/?socket=PATH, percent-decoded; fills host, port, user,
 * password, socket and the masked url. */
int leat_server_config_url(struct leat_server_config *server, const char *url, struct leat_error *err) LEAT_CHECKED;
/* [client] of an option file as MySQL's clients read it: user, password, host, port, socket, ssl-mode, ssl-ca …; for
 * what isn't set yet. */
int leat_server_config_defaults_file(struct leat_server_config *server, const char *path, struct leat_error *err) LEAT_CHECKED;
void leat_server_config_free(struct leat_server_config *server);
/* MySQL's word for a mode, in any case; false: it is none. */
bool leat_ssl_mode_parse(enum leat_ssl_mode *mode, const char *word);
/* A size as settings are written: "1048576", "64KiB", "1GB". */
bool leat_config_size(uint64_t *bytes, const char *text);
/* Whether a setting of this name (librdkafka's, a format's) holds a secret: its value isn't shown anywhere. */
bool leat_config_secret(const char *name);
/* The settings of the sink's format (its section by the format's name): for leat_format_options. NULL if there are no such. */
const struct leat_pairs *leat_config_format_settings(const struct leat_sink_config *sink);

#endif
