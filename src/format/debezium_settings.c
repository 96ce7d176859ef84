/* The format "debezium": its settings, by the names that Debezium's connectors and Connect's JSON converter give them. */
#include "debezium_int.h"

static const char *const words_decimals[] = {"precise", "string", "double", NULL};
static const char *const words_decimal_format[] = {"BASE64", "NUMERIC", NULL};
static const char *const words_binary[] = {"bytes", "base64", "base64-url-safe", "hex", NULL};
static const char *const words_bigint[] = {"exact", "long", "precise", NULL};
static const char *const words_times[] = {"adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds", NULL};
static const char *const words_zero[] = {"null_or_epoch", "lenient", "text", NULL};
static const char *const words_bad_text[] = {"fail", "object", NULL};
static const char *const words_names[] = {"none", "avro", "avro_unicode", NULL};
static const char *const words_ops[] = {"c", "u", "d", "t", "none", NULL};

static const char *const words_transforms[] = {"unwrap", "outbox", NULL};
static const char *const words_converter[] = {"org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.StringConverter",
                                              "org.apache.kafka.connect.converters.ByteArrayConverter", "io.debezium.converters.BinaryDataConverter", NULL};
static const char *const words_invalid[] = {"warn", "error", "fatal", NULL};
static const char *const words_nulls[] = {"ignore", "optional_bytes", NULL};
static const char *const words_missing[] = {"error", "ignore", NULL};
static const char *const words_deletes[] = {"drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone", NULL};
static const char *const words_header_converter[] = {"org.apache.kafka.connect.storage.SimpleHeaderConverter", "org.apache.kafka.connect.json.JsonConverter", NULL};

#define AT(member) offsetof(struct leat_debezium_settings, member)

static const struct leat_setting list[] = {
    {.name = "topic.prefix", .kind = LEAT_SETTING_TEXT, .offset = AT(prefix),
     .help = "The `name` in `source`, and what names of schemas begin with. Default: the relay's name."},
    {.name = "schemas.enable", .kind = LEAT_SETTING_BOOL, .offset = AT(schemas),
     .help = "Key and value are `{\"schema\":…,\"payload\":…}`."},
    {.name = "key.converter.schemas.enable", .kind = LEAT_SETTING_BOOL, .offset = AT(key_schemas), .help = "The same for keys alone."},
    {.name = "value.converter.schemas.enable", .kind = LEAT_SETTING_BOOL, .offset = AT(value_schemas),
     .help = "The same for values alone."},
    {.name = "header.converter.schemas.enable", .kind = LEAT_SETTING_BOOL, .offset = AT(header_schemas),
     .help = "The same for the headers `__debezium.newkey` and `__debezium.oldkey`. They have no schema otherwise, also where keys have one."},
    {.name = "key.converter", .kind = LEAT_SETTING_WORD, .offset = AT(key_converter), .words = words_converter,
     .help = "Keys of an outbox's events as JSON, as the text that they are, or as their bytes. All other messages are JSON."},
    {.name = "value.converter", .kind = LEAT_SETTING_WORD, .offset = AT(value_converter), .words = words_converter,
     .help = "The same of their values. BinaryDataConverter takes what isn't bytes as JSON."},
    {.name = "header.converter", .kind = LEAT_SETTING_WORD, .offset = AT(header_converter), .words = words_header_converter,
     .help = "Headers that transforms add: texts as they are, or as JSON in quotes. With `header.converter.schemas.enable` they are JSON."},
    {.name = "decimal.handling.mode", .kind = LEAT_SETTING_WORD, .offset = AT(decimals), .words = words_decimals,
     .help = "DECIMAL as base64 of the unscaled value's two's complement, as text, or as a number that is rounded to a double."},
    {.name = "value.converter.decimal.format", .kind = LEAT_SETTING_WORD, .offset = AT(decimal_format), .words = words_decimal_format,
     .help = "`precise` decimals of values as base64, or as JSON numbers with all their digits. Those of keys are base64."},
    {.name = "bigint.unsigned.handling.mode", .kind = LEAT_SETTING_WORD, .offset = AT(bigint), .words = words_bigint,
     .help = "BIGINT UNSIGNED: `exact` writes the number (and stops above 2^63-1 where a schema says int64); `long`, which is "
             "Debezium's default, turns numbers above that negative; `precise` writes a decimal of scale 0."},
    {.name = "binary.handling.mode", .kind = LEAT_SETTING_WORD, .offset = AT(binary), .words = words_binary,
     .help = "BINARY, VARBINARY and BLOB as bytes (base64 in JSON), or as texts."},
    {.name = "time.precision.mode", .kind = LEAT_SETTING_WORD, .offset = AT(times), .words = words_times,
     .help = "DATE, TIME and DATETIME: what their numbers count, or ISO 8601 texts. `connect` cuts DATETIME and TIME to "
             "milliseconds. A value that the mode has no form for stops with its position."},
    {.name = "zero.date.handling.mode", .kind = LEAT_SETTING_WORD, .offset = AT(zero), .words = words_zero,
     .help = "0000-00-00: as Debezium null where the column may be NULL, else 1970-01-01; and 2026-02-00 or 02-31 stops. "
             "`lenient` writes those so, too. `text` writes them all as MySQL prints them, which needs messages without "
             "schemas."},
    {.name = "invalid.text.handling.mode", .kind = LEAT_SETTING_WORD, .offset = AT(bad_text), .words = words_bad_text,
     .help = "Texts whose bytes aren't of their column's character set: stop, or write `{\"charset\":…,\"base64\":…}`, which needs "
             "messages without schemas. Debezium puts U+FFFD in their place."},
    {.name = "tombstones.on.delete", .kind = LEAT_SETTING_BOOL, .offset = AT(tombstones), .fallback = "true",
     .help = "A delete is followed by its key without value, so that compaction can drop the key. Sinks that write lines leave "
             "them out."},
    {.name = "skipped.operations", .kind = LEAT_SETTING_LIST, .offset = AT(skipped), .words = words_ops, .fallback = "t",
     .help = "Creates, updates, deletes, truncates that aren't written; `none`: all are."},
    {.name = "message.key.columns", .kind = LEAT_SETTING_TEXT, .offset = AT(key_columns),
     .help = "Keys chosen by table: `DATABASE.TABLE:COLUMN,COLUMN;…`, regular expressions."},
    {.name = "include.query", .kind = LEAT_SETTING_BOOL, .offset = AT(query),
     .help = "The statement's text in `source.query`; the source needs binlog_rows_query_log_events (MariaDB: "
             "binlog_annotate_row_events)."},
    {.name = "include.schema.changes", .kind = LEAT_SETTING_BOOL, .offset = AT(schema_changes), .fallback = "true",
     .help = "A message for each DDL statement on tables and databases."},
    {.name = "extended.headers.enabled", .kind = LEAT_SETTING_BOOL, .offset = AT(context_headers),
     .help = "Headers that say where a change comes from: `__debezium.context.connectorLogicalName`, `.taskId`, `.connectorName`."},
    {.name = "include.schema.comments", .kind = LEAT_SETTING_BOOL, .offset = AT(comments),
     .help = "Taken, and without effect: definitions hold no comments, which are null."},
    {.name = "provide.transaction.metadata", .kind = LEAT_SETTING_BOOL, .offset = AT(transactions),
     .help = "Messages at a transaction's begin and end, and in `transaction` where in it a change stands."},
    {.name = "unavailable.value.placeholder", .kind = LEAT_SETTING_TEXT, .offset = AT(unavailable),
     .fallback = "__debezium_unavailable_value",
     .help = "What is written for texts and bytes of columns that an image leaves out (binlog_row_image). Columns of other types "
             "are left out; with schemas, such images stop."},
    {.name = "field.name.adjustment.mode", .kind = LEAT_SETTING_WORD, .offset = AT(field_names), .words = words_names,
     .help = "Columns' names: as they are; or with `_` in place of what Avro's names don't have; or with `_uXXXX`."},
    {.name = "schema.name.adjustment.mode", .kind = LEAT_SETTING_WORD, .offset = AT(schema_names), .words = words_names,
     .help = "The same for names of schemas."},
    {.name = "sanitize.field.names", .kind = LEAT_SETTING_BOOL, .offset = AT(sanitize),
     .help = "The old name of `field.name.adjustment.mode: avro`."},
    {.name = "transforms", .kind = LEAT_SETTING_LIST, .offset = AT(transforms), .words = words_transforms,
     .help = "Debezium's own transforms. `unwrap`: ExtractNewRecordState, rows without envelope. `outbox`: EventRouter, rows as events; its tables aren't unwrapped."},
    {.name = "unwrap.tables", .kind = LEAT_SETTING_LIST, .offset = AT(unwrap.tables),
     .help = "The tables that are unwrapped, as `DATABASE.TABLE` with `*` and `?` (Debezium has predicates for this). Default: all."},
    {.name = "unwrap.delete.tombstone.handling.mode", .kind = LEAT_SETTING_WORD, .offset = AT(unwrap.deletes), .words = words_deletes,
     .fallback = "tombstone",
     .help = "What becomes of a delete: nothing; a tombstone; the row that was deleted with `\"__deleted\":\"true\"` (and `\"false\"` in all others); "
             "that and a tombstone behind it (unless `tombstones.on.delete: false`); a tombstone."},
    {.name = "unwrap.add.fields", .kind = LEAT_SETTING_LIST, .offset = AT(unwrap.fields),
     .help = "What of the envelope stands behind the columns: `op`, `ts_ms`, `table`, `source.ts_ms`, `id` (of the transaction) …, each with `:NAME` behind it "
             "by that name."},
    {.name = "unwrap.add.fields.prefix", .kind = LEAT_SETTING_TEXT, .offset = AT(unwrap.fields_prefix), .fallback = "__",
     .help = "What their names begin with."},
    {.name = "unwrap.add.headers", .kind = LEAT_SETTING_LIST, .offset = AT(unwrap.headers), .help = "The same as headers."},
    {.name = "unwrap.add.headers.prefix", .kind = LEAT_SETTING_TEXT, .offset = AT(unwrap.headers_prefix), .fallback = "__",
     .help = "What their names begin with."},
    {.name = "unwrap.route.by.field", .kind = LEAT_SETTING_TEXT, .offset = AT(unwrap.route_by),
     .help = "The column whose value is the topic's name. NULL and blanks: as the sink says."},
    {.name = "unwrap.replace.null.with.default", .kind = LEAT_SETTING_BOOL, .offset = AT(unwrap.replace_nulls),
     .help = "Only `false` is there: NULL stays null."},
    {.name = "outbox.tables", .kind = LEAT_SETTING_LIST, .offset = AT(outbox.tables),
     .help = "The tables that are outboxes, as `DATABASE.TABLE` with `*` and `?` (Debezium has predicates for this). Default: all."},
    {.name = "outbox.table.field.event.id", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.id), .fallback = "id",
     .help = "The column for the header `id`, by which consumers tell events they have from those they don't."},
    {.name = "outbox.table.field.event.key", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.key), .fallback = "aggregateid", .help = "The column that is the key."},
    {.name = "outbox.table.field.event.type", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.type), .fallback = "type",
     .help = "Taken, and without effect, as in Debezium: `outbox.table.fields.additional.placement` puts a column into a header."},
    {.name = "outbox.table.field.event.payload", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.payload), .fallback = "payload",
     .help = "The column that is the value."},
    {.name = "outbox.table.field.event.timestamp", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.time),
     .help = "The DATETIME that is the record's timestamp; without it, or where it is NULL, that is when the record is written."},
    {.name = "outbox.table.field.event.schema.version", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.version),
     .help = "The column with the version that the schema of an event with an envelope has."},
    {.name = "outbox.table.fields.additional.placement", .kind = LEAT_SETTING_LIST, .offset = AT(outbox.placement),
     .help = "Other columns: `COLUMN:header`, `COLUMN:envelope` (the value is then `{\"payload\":…,\"COLUMN\":…}`) or `COLUMN:partition`, with `:NAME` behind "
             "it by that name."},
    {.name = "outbox.table.field.additional.missing", .kind = LEAT_SETTING_WORD, .offset = AT(outbox.missing), .words = words_missing,
     .help = "One of those isn't there: stop, or leave it out."},
    {.name = "outbox.table.expand.json.payload", .kind = LEAT_SETTING_BOOL, .offset = AT(outbox.expand),
     .help = "A payload that is a JSON document is written as one, instead of as a text. Where it has no schema it stays a text."},
    {.name = "outbox.table.json.payload.null.behavior", .kind = LEAT_SETTING_WORD, .offset = AT(outbox.nulls), .words = words_nulls,
     .help = "Members of such documents that are null: left out, or null (of the type bytes in a schema)."},
    {.name = "outbox.table.op.invalid.behavior", .kind = LEAT_SETTING_WORD, .offset = AT(outbox.invalid), .words = words_invalid,
     .help = "A row was updated: it is logged as a warning, or as an error, and left out; or it stops. Deletes are always left out."},
    {.name = "outbox.route.by.field", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.route_by), .fallback = "aggregatetype",
     .help = "The column whose value chooses the topic."},
    {.name = "outbox.route.topic.regex", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.regex), .fallback = "(?<routedByValue>.*)",
     .help = "What the whole value must match; the topic of one that doesn't is the value."},
    {.name = "outbox.route.topic.replacement", .kind = LEAT_SETTING_TEXT, .offset = AT(outbox.replacement), .fallback = "outbox.event.${routedByValue}",
     .help = "The topic, with `$1` and `${name}` for the expression's groups."},
    {.name = "outbox.route.tombstone.on.empty.payload", .kind = LEAT_SETTING_BOOL, .offset = AT(outbox.tombstones),
     .help = "An event whose payload is NULL or blank has no value."},
};

const struct leat_settings leat_debezium_settings = {"debezium", list, sizeof list / sizeof *list};
