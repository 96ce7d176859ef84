/* The format "debezium": what Debezium's MySQL and MariaDB connectors write with the JSON converter.
 * docs/formats/debezium.md tells what is the same and what isn't. One thread. */
#ifndef LEAT_FORMAT_DEBEZIUM_INT_H
#define LEAT_FORMAT_DEBEZIUM_INT_H

#include "base/clock.h"
#include "format_int.h"
#include "image_int.h"
#include "plan_int.h"

enum leat_debezium_decimals { DEBEZIUM_DECIMAL_PRECISE, DEBEZIUM_DECIMAL_STRING, DEBEZIUM_DECIMAL_DOUBLE };
enum leat_debezium_decimal_format { DEBEZIUM_DECIMAL_BASE64, DEBEZIUM_DECIMAL_NUMERIC };
enum leat_debezium_binary { DEBEZIUM_BINARY_BYTES, DEBEZIUM_BINARY_BASE64, DEBEZIUM_BINARY_URL_SAFE, DEBEZIUM_BINARY_HEX };
enum leat_debezium_bigint { DEBEZIUM_BIGINT_EXACT, DEBEZIUM_BIGINT_LONG, DEBEZIUM_BIGINT_PRECISE };
enum leat_debezium_times {
    DEBEZIUM_TIMES_ADAPTIVE,
    DEBEZIUM_TIMES_CONNECT,
    DEBEZIUM_TIMES_ISO,
    DEBEZIUM_TIMES_MICRO,
    DEBEZIUM_TIMES_NANO
};
enum leat_debezium_zero { DEBEZIUM_ZERO_NULL_OR_EPOCH, DEBEZIUM_ZERO_LENIENT, DEBEZIUM_ZERO_TEXT };
enum leat_debezium_bad_text { DEBEZIUM_BAD_TEXT_FAIL, DEBEZIUM_BAD_TEXT_OBJECT };
enum leat_debezium_names { DEBEZIUM_NAMES_NONE, DEBEZIUM_NAMES_AVRO, DEBEZIUM_NAMES_AVRO_UNICODE };

enum leat_debezium_deletes {
    DEBEZIUM_DELETES_DROP,
    DEBEZIUM_DELETES_TOMBSTONE,
    DEBEZIUM_DELETES_REWRITE,
    DEBEZIUM_DELETES_REWRITE_WITH_TOMBSTONE,
    DEBEZIUM_DELETES_TO_TOMBSTONE
};
enum leat_debezium_converter { DEBEZIUM_CONVERTER_JSON, DEBEZIUM_CONVERTER_STRING, DEBEZIUM_CONVERTER_BYTES, DEBEZIUM_CONVERTER_BINARY };
enum leat_debezium_header_converter { DEBEZIUM_HEADER_SIMPLE, DEBEZIUM_HEADER_JSON };

/* Of the transform ExtractNewRecordState. */
struct leat_debezium_unwrap_settings {
    struct leat_setting_list tables, fields, headers;
    char *fields_prefix, *headers_prefix, *route_by;
    unsigned deletes;
    bool replace_nulls;
};

/* Of the transform EventRouter. */
struct leat_debezium_outbox_settings {
    struct leat_setting_list tables, placement;
    char *id, *key, *type, *payload, *time, *version, *route_by, *regex, *replacement;
    unsigned invalid, nulls, missing;
    bool tombstones, expand;
};

/* As the table of settings fills it. */
struct leat_debezium_settings {
    struct leat_setting_list transforms;
    struct leat_debezium_unwrap_settings unwrap;
    struct leat_debezium_outbox_settings outbox;
    unsigned key_converter, value_converter, header_converter;
    char *prefix, *unavailable, *key_columns;
    bool schemas, key_schemas, value_schemas, header_schemas, comments, query, schema_changes, context_headers, tombstones, transactions, sanitize;
    unsigned decimals, decimal_format, binary, bigint, times, zero, bad_text, field_names, schema_names;
    struct leat_setting_list skipped;
};
extern const struct leat_settings leat_debezium_settings;

enum { DEBEZIUM_OPS = 5 };
/* TRUNCATE is the last: it has no tail. */
enum leat_debezium_op { DEBEZIUM_CREATE, DEBEZIUM_UPDATE, DEBEZIUM_DELETE, DEBEZIUM_TRUNCATE };

/* What becomes of a table's rows. */
enum leat_debezium_form { DEBEZIUM_ENVELOPE, DEBEZIUM_UNWRAPPED, DEBEZIUM_OUTBOX };

struct leat_debezium_event; /* debezium_outbox_int.h */

/* What is kept with a plan. */
struct leat_debezium_table {
    enum leat_debezium_form form;
    uint32_t route; /* unwrapped: the column that names the topic; UINT32_MAX: none */
    struct leat_debezium_event *event; /* of the form outbox */
    struct leat_buf text;       /* what the texts below lie in; LEAT_TEXT_CHUNK bytes more are readable */
    struct leat_buf value_head; /* `{"schema":{…},"payload":` or nothing, and `{"before":` */
    struct leat_buf key_head;   /* likewise, without before */
    const uint8_t *source[4];   /* the constant parts of the source block, see leat_debezium_table_source */
    uint32_t source_size[4];
    size_t key_max;             /* bytes of a key but for values with a length prefix */
    uint64_t transaction;       /* the last one that had its rows, counted by the format; 0: none */
    uint64_t events;            /* in that one */
    struct leat_plan *next;     /* of that transaction's tables, in the order of their first rows */
};

/* A message that waits: whether it is its transaction's last shows with what follows. */
struct leat_debezium_waiting {
    bool open;
    bool has_key, has_value;
    struct leat_message message;
};

/* Headers of the message that is made, or waits. */
enum { DEBEZIUM_HEADERS_MAX = 64 };
struct leat_debezium_headers {
    struct leat_message_header list[DEBEZIUM_HEADERS_MAX];
    size_t at[DEBEZIUM_HEADERS_MAX]; /* in values; SIZE_MAX: null */
    size_t count;
    struct leat_buf values;
};

/* Something of the envelope that a message without envelope still has, by a name that the user gave it. */
struct leat_debezium_add {
    const struct leat_debezium_metadata *what;
    char *name; /* owned */
    struct leat_buf json; /* `"name":` */
};

struct leat_debezium_adds {
    struct leat_debezium_add *list; /* owned */
    size_t count;
};

/* A filter for each transform. */
struct leat_debezium_transforms {
    bool unwraps, routes;
    struct leat_filter *unwrap, *outbox; /* the tables they are for; owned */
    struct leat_debezium_adds fields, headers;
    struct leat_debezium_outbox *router; /* owned */
};

struct leat_debezium_outbox;

struct leat_debezium {
    struct leat_format base;
    struct leat_format_out out;
    const struct leat_filter *filter; /* borrowed, may be NULL */
    struct leat_debezium_settings settings;
    const struct leat_clock *clock; /* NULL: the commit's time is when it was seen */
    struct leat_key_rules *rules;
    struct leat_key_choice choice;
    struct leat_plan_style style;
    struct leat_plans *plans;
    char *prefix;             /* topic.prefix, or the relay's name */
    bool skips[DEBEZIUM_OPS];
    bool key_schemas, value_schemas, header_schemas;
    struct leat_buf absent_text, absent_bytes; /* JSON strings of the placeholder */

    /* The transaction. */
    bool in_transaction, withheld, gave, mariadb;
    uint64_t event_us;       /* of the first row */
    uint64_t serial;         /* counts them, from 1 */
    uint64_t number;         /* of the change given last */
    uint64_t time_us;        /* its commit; 0: only the events tell */
    uint64_t header_us;      /* of its first event */
    uint32_t server_id;
    struct leat_buf gtid;    /* JSON: `"uuid:1"` or null */
    struct leat_gtid last_gtid; /* that it was made of */
    size_t gtid_shared;      /* bytes of it before a MySQL GTID's number; 0: there are none */
    struct leat_buf id;      /* JSON, of transaction metadata */
    struct leat_buf file;    /* the name, NUL-terminated */
    struct leat_buf file_json;
    uint64_t events;         /* messages about rows */
    bool began;              /* its BEGIN was given */
    struct leat_plan *first_table, *last_table;
    struct leat_buf query;   /* JSON: `"INSERT …"` or null */

    /* Of the rows event at work. */
    struct leat_buf source;  /* `"source":{…,"pos":` of these: */
    const struct leat_plan *source_plan;
    uint64_t source_serial, source_us;
    struct leat_debezium_tail {
        struct leat_buf text;
        size_t split;        /* where in it the transaction's block stands */
        uint64_t serial, us; /* of the transaction, and the time that it was made for */
        uint32_t thread_id;
    } tails[DEBEZIUM_TRUNCATE], *tail; /* what is behind the row's number, by operation; the one at work */
    uint64_t seen_us;        /* when the transaction's first change was seen */

    struct leat_debezium_transforms transforms;
    struct leat_debezium_waiting waiting;
    struct leat_debezium_headers headers;
    struct leat_buf topic; /* that the row at work chose */
    struct leat_text topic_text;
    struct leat_buf value; /* one column's, as JSON */
    struct leat_located *located; /* scratch: all of a row's values */
    uint32_t located_count;
    struct leat_buf key, other_key;
    struct leat_buf scratch, nulls;

    /* A statement whose definitions are still to come. */
    struct {
        bool open;
        struct leat_text database, table;
        struct leat_buf names;   /* what these point into */
        struct leat_buf head;    /* of the value, up to tableChanges */
        struct leat_buf changes; /* the elements of tableChanges */
        enum leat_statement_kind kind;
        uint64_t number, pos, time_us;
        uint32_t thread_id;
    } statement;
};

/* debezium.c */
/* Hands on the message that waits. */
int leat_debezium_flush(struct leat_debezium *debezium, bool last, struct leat_error *err) LEAT_CHECKED;
/* What was appended to out.buf since `from`, with debezium->key if has_key, is the message that waits. */
void leat_debezium_wait(struct leat_debezium *debezium, size_t from, enum leat_message_kind kind, const struct leat_text *database,
                   const struct leat_text *table, bool has_key, uint64_t number);
int leat_debezium_may_give(const struct leat_debezium *debezium, uint64_t pos, struct leat_error *err) LEAT_CHECKED;
/* A commit's time in µs, by what is known of it. */
uint64_t leat_debezium_time(const struct leat_debezium *debezium, uint32_t event_seconds);
/* A number, without a loop a digit. */
void leat_debezium_put_u64(struct leat_buf *buf, uint64_t value);
/* When a change was seen, in µs, of which this is the commit's time. */
uint64_t leat_debezium_seen(struct leat_debezium *debezium, uint64_t commit_us);
/* µs as ns; they are whole ones, so that no multiplication can overflow. */
void leat_debezium_put_ns(struct leat_buf *buf, uint64_t us);
/* `,"ts_ms":…,"ts_us":…,"ts_ns":…`, of when it was seen. */
void leat_debezium_put_seen(struct leat_debezium *debezium, struct leat_buf *buf, uint64_t commit_us);

/* debezium_table.c */
extern const struct leat_plan_style leat_debezium_style;
/* The source block's parts up to `"pos":`, into debezium->source. */
void leat_debezium_table_source(struct leat_debezium *debezium, const struct leat_plan *plan, uint64_t time_us);
void leat_debezium_put_source(struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_text *database,
                         const struct leat_text *table, bool mariadb, uint64_t time_us, uint64_t pos);
/* A column's name as the settings adjust it. */
void leat_debezium_name(void *context, struct leat_buf *buf, const struct leat_table_view *view, uint32_t column);
/* The prefix, database and table as a schema's name, `.suffix` behind them. */
void leat_debezium_schema_name(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_table_view *view,
                          const char *suffix);

/* debezium_headers.c */
/* A header whose value is appended to what is returned, up to leat_debezium_header_end. */
struct leat_buf *leat_debezium_header(struct leat_debezium *debezium, const char *name);
void leat_debezium_header_end(struct leat_debezium *debezium, bool null);
/* A header with a JSON value, as the settings say that it is written. `schema` is what its schema says in braces, without the closing one. */
void leat_debezium_header_json(struct leat_debezium *debezium, const char *name, const struct leat_buf *json, const struct leat_buf *schema);
/* What Debezium says of itself in each message of a row or statement, where that is wanted. */
void leat_debezium_header_context(struct leat_debezium *debezium, bool mariadb);
/* What a JSON string says, without quotes and escapes; anything else as it is. */
void leat_debezium_plain(struct leat_buf *to, const uint8_t *json, size_t size);

/* debezium_transforms.c */
int leat_debezium_transforms_new(struct leat_debezium *debezium, struct leat_error *err) LEAT_CHECKED;
void leat_debezium_transforms_free(struct leat_debezium *debezium);
enum leat_debezium_form leat_debezium_form(const struct leat_debezium *debezium, const struct leat_text *database, const struct leat_text *table);

/* debezium_step.c: which writer takes a column's values. */
int leat_debezium_step(void *context, const struct leat_plan *plan, struct leat_step *step, struct leat_error *err) LEAT_CHECKED;

/* debezium_value.c, debezium_number.c, debezium_time.c */
extern leat_value_writer leat_debezium_write_bit, leat_debezium_write_bits, leat_debezium_write_decimal, leat_debezium_write_digits, leat_debezium_write_decimal_double, leat_debezium_write_unsigned, leat_debezium_write_unsigned_precise, leat_debezium_write_long, leat_debezium_write_enum, leat_debezium_write_set,
    leat_debezium_write_text, leat_debezium_write_url_safe, leat_debezium_write_hex, leat_debezium_write_geometry, leat_debezium_write_vector,
    leat_debezium_write_bad_text;
extern leat_value_writer leat_debezium_write_date, leat_debezium_write_date_iso, leat_debezium_write_time_ms, leat_debezium_write_time_us,
    leat_debezium_write_time_ns, leat_debezium_write_time_iso, leat_debezium_write_stamp_ms, leat_debezium_write_stamp_us, leat_debezium_write_stamp_ns,
    leat_debezium_write_stamp_iso, leat_debezium_write_zoned;
/* As Java prints them, which is always with a point. */
void leat_debezium_put_double(struct leat_buf *buf, double value);
/* An unscaled value of a decimal's digits, in base64. */
void leat_debezium_put_decimal(struct leat_buf *buf, const char *text, size_t size);

/* debezium_schema.c */
void leat_debezium_key_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan);
void leat_debezium_value_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan);
void leat_debezium_source_schema(struct leat_buf *buf, bool mariadb);
/* `{"type":…` of a column, without the closing brace. */
void leat_debezium_column_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_step *step, bool key);
/* What a DATETIME's number counts in a millisecond; 0: the column is no number that counts time. */
int64_t leat_debezium_time_unit(const struct leat_debezium *debezium, const struct leat_step *step);
/* The columns of a row, with commas between. */
void leat_debezium_columns_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan);

/* debezium_change.c */
/* A column's default as plain text; false: it has none, or NULL. The servers print texts and bytes in their own ways. */
bool leat_debezium_default(struct leat_buf *text, const struct leat_column *column);
void leat_debezium_put_table(struct leat_buf *buf, const struct leat_table_view *view);
void leat_debezium_ddl_key_schema(struct leat_buf *buf, bool mariadb);
void leat_debezium_ddl_value_schema(struct leat_buf *buf, bool mariadb);

/* debezium_rows.c */
int leat_debezium_rows(struct leat_debezium *debezium, const struct leat_rows *rows, bool *passed, struct leat_error *err) LEAT_CHECKED;

/* debezium_statement.c */
int leat_debezium_statement(struct leat_debezium *debezium, const struct leat_statement *statement, bool *passed,
                       struct leat_error *err) LEAT_CHECKED;
int leat_debezium_definition(struct leat_debezium *debezium, const struct leat_definition *definition, struct leat_error *err) LEAT_CHECKED;
/* Writes the statement that waits for its definitions, if there is one. */
int leat_debezium_statement_close(struct leat_debezium *debezium, struct leat_error *err) LEAT_CHECKED;

/* debezium_transaction.c */
/* Gives BEGIN, once a transaction. */
int leat_debezium_transaction_begin(struct leat_debezium *debezium, uint64_t time_us, struct leat_error *err) LEAT_CHECKED;
/* Counts a message about a row of that plan. */
void leat_debezium_count(struct leat_debezium *debezium, struct leat_plan *plan);
int leat_debezium_transaction_end(struct leat_debezium *debezium, struct leat_error *err) LEAT_CHECKED;
int leat_debezium_heartbeat(struct leat_format *format, uint64_t time_us, struct leat_error *err) LEAT_CHECKED;

#endif
