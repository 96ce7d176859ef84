/* Debezium's MySQL and MariaDB connectors, by their own settings, or within Debezium Server's. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import_int.h"

static const struct import_reason reasons[] = {
    {"connector.class", "leat is it"},
    {"name", "the connector's name in Connect isn't needed"},
    {"tasks.max", "one relay, one stream"},
    {"database.password", "never taken over, see above"},
    {"snapshot.*", "leat makes no snapshots: existing rows come by the old topics, or by a dump"},
    {"incremental.snapshot.*", "leat makes no snapshots"},
    {"signal.*", "leat takes commands on its control socket"},
    {"read.only", "leat writes nothing to the source"},
    {"schema.history.*", "not needed: definitions are in leat's journal"},
    {"database.history.*", "not needed: definitions are in leat's journal"},
    {"max.batch.size", "not needed: leat's memory is bounded by itself"},
    {"max.queue.size*", "not needed: leat's memory is bounded by itself"},
    {"poll.interval.ms", "not needed: nothing is polled"},
    {"connect.*", "not needed: leat reconnects by itself"},
    {"connection.*", "not needed"},
    {"database.include.list", "table.include.list says more, and is taken instead"},
    {"database.exclude.list", "table.exclude.list says more, and is taken instead: add what else is to be left out"},
    {"database.ssl.*", "leat reads PEM files: source.ssl_ca, ssl_cert, ssl_key"},
    {"database.initial.statements", "nothing of that kind is run"},
    {"database.jdbc.*", "there is no JDBC"},
    {"database.connectionTimeZone", "leat's times don't depend on it"},
    {"gtid.source.*", "leat follows all of the primary's transactions"},
    {"gtid.new.channel.position", "set source.start"},
    {"inconsistent.schema.handling.mode", "such rows stop leat, see docs/schema.md"},
    {"event.deserialization.failure.handling.mode", "such events stop leat, or are put in quarantine: source.on_undecodable"},
    {"event.processing.failure.handling.mode", "such events stop leat, or are put in quarantine: source.on_undecodable"},
    {"event.converting.failure.handling.mode", "such values stop leat"},
    {"enable.time.adjuster", "dates are written as MySQL has them"},
    {"key.converter", "JSON is what leat writes; Avro and Protobuf aren't there"},
    {"value.converter", "JSON is what leat writes; Avro and Protobuf aren't there"},
    {"key.converter.*", "of converters, schemas.enable is taken"},
    {"value.converter.*", "of converters, schemas.enable is taken"},
    {"transforms*", "of transforms ExtractNewRecordState and EventRouter are here; columns, topics and headers do what some others do"},
    {"predicates*", "there are no predicates, but lists of tables"},
    {"converters*", "there are no custom converters"},
    {"topic.naming.strategy", "see topic and topics"},
    {"topic.creation.*", "see topic_partitions, topic_replication, topic_config"},
    {"errors.*", "not needed: leat stops with the reason, or goes on by itself"},
    {"notification.*", "see `leat status`"},
    {"provide.transaction.metadata.*", "not there"},
    {"use.nongraceful.disconnect", "not needed"},
    {"executor.shutdown.timeout.ms", "see shutdown_timeout"},
};

struct patterns {
    struct import *import;
    struct import_setting *setting;
    struct import_list list;
    unsigned parts;
    const char *suffix; /* of databases: ".*" */
    const char *rule;   /* of columns: what is done */
};

static void give_pattern(void *context, const char *pattern)
{
    struct patterns *patterns = context;
    struct leat_buf text = {0};
    leat_buf_printf(&text, "%s%s", pattern, patterns->suffix);
    if (patterns->rule)
        import_put(&patterns->import->columns, 6, leat_buf_cstr(&text), patterns->rule);
    else
        import_list_put(&patterns->list, leat_buf_cstr(&text));
    leat_buf_free(&text);
}

static void take_pattern(void *context, const char *regex)
{
    struct patterns *patterns = context;
    if (!import_pattern(regex, patterns->parts, give_pattern, patterns))
        import_note(patterns->import, patterns->setting, "\"%s\" has no pattern with * and ? that says the same: write what is meant", regex);
}

static bool take_tables(struct import *import, const char *name, const char *key, bool databases)
{
    struct import_setting *setting = import_find(import, name);
    if (!setting)
        return false;
    setting->used = true;
    struct patterns patterns = {.import = import, .setting = setting, .list = {.buf = &import->source, .indent = 2, .key = key},
                                .parts = databases ? 1 : 2, .suffix = databases ? ".*" : ""};
    import_split(setting->value, take_pattern, &patterns);
    return true;
}

static void take_columns(struct import *import, struct import_setting *setting, const char *rule)
{
    struct patterns patterns = {.import = import, .setting = setting, .parts = 3, .suffix = "", .rule = rule};
    setting->used = true;
    import_split(setting->value, take_pattern, &patterns);
}

static void take_masks(struct import *import)
{
    static const struct {
        const char *prefix, *rule, *note;
    } masks[] = {{"column.mask.hash.", "hash", "another key and digest: HMAC-SHA-256 with the key in mask_key_file"},
                 {"column.mask.with.", "redact", "always three stars"}};
    const char *rest;
    struct import_setting *setting;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
        for (size_t at = 0; (setting = import_next(import, masks[i].prefix, &at, &rest));) {
            if (i == 0 && !strstr((const char *)leat_buf_cstr(&import->sink), "mask_key_file"))
                import_put(&import->sink, 4, "mask_key_file", "/etc/leat/mask.key");
            take_columns(import, setting, masks[i].rule);
            import_note(import, setting, "%s", masks[i].note);
        }
    for (size_t at = 0; (setting = import_next(import, "column.truncate.to.", &at, &rest));) {
        struct leat_buf rule = {0};
        leat_buf_printf(&rule, "truncate %lu", import_number(rest));
        take_columns(import, setting, leat_buf_cstr(&rule));
        leat_buf_free(&rule);
    }
    if ((setting = import_find(import, "column.exclude.list")))
        take_columns(import, setting, "exclude");
    if ((setting = import_find(import, "column.include.list"))) {
        take_columns(import, setting, "include");
        import_note(import, setting, "tables of which no column is named come whole");
    }
}

static void take_source(struct import *import)
{
    const char *host = import_take(import, "database.hostname"), *port = import_take(import, "database.port"),
               *user = import_take(import, "database.user"), *value;
    import_server(import, host, port, user);
    if ((value = import_take(import, "database.ssl.mode")))
        import_ssl_mode(import, value);
    if ((value = import_take(import, "database.server.id")))
        import_put_word(&import->source, 2, "server_id", value);
    if (!take_tables(import, "table.include.list", "tables", false))
        (void)take_tables(import, "database.include.list", "tables", true);
    if (!take_tables(import, "table.exclude.list", "exclude_tables", false))
        (void)take_tables(import, "database.exclude.list", "exclude_tables", true);
}

static void take_topics(struct import *import)
{
    const char *value;
    struct leat_buf text = {0};
    if ((value = import_take(import, "topic.delimiter")) && strcmp(value, ".") != 0) {
        leat_buf_printf(&text, "{name}%s{database}%s{table}", value, value);
        import_put(&import->sink, 4, "topic", leat_buf_cstr(&text));
    }
    if ((value = import_take(import, "heartbeat.interval.ms")) && import_number(value) > 0) {
        leat_buf_clear(&text);
        leat_buf_printf(&text, "%lums", import_number(value));
        import_put_word(&import->sink, 4, "heartbeat_interval", leat_buf_cstr(&text));
    }
    if ((value = import_take(import, "topic.heartbeat.prefix")) || (value = import_take(import, "heartbeat.topics.prefix"))) {
        leat_buf_clear(&text);
        leat_buf_printf(&text, "%s.{name}", value);
        import_put(&import->sink, 4, "heartbeat_topic", leat_buf_cstr(&text));
    }
    if ((value = import_take(import, "topic.transaction"))) {
        leat_buf_clear(&text);
        leat_buf_printf(&text, "{name}.%s", value);
        import_put(&import->sink, 4, "transaction_topic", leat_buf_cstr(&text));
    }
    if ((value = import_take(import, "topic.creation.default.partitions")) && import_number(value) > 0)
        import_put_word(&import->sink, 4, "topic_partitions", value);
    if ((value = import_take(import, "topic.creation.default.replication.factor")) && import_number(value) > 0)
        import_put_word(&import->sink, 4, "topic_replication", value);
    leat_buf_free(&text);
}

/* Whatever the format knows by its own name. */
static void take_format(struct import *import)
{
    static const char *const settings[] = {
        "decimal.handling.mode", "bigint.unsigned.handling.mode", "binary.handling.mode", "time.precision.mode", "tombstones.on.delete",
        "skipped.operations", "message.key.columns", "include.query", "include.schema.changes", "include.schema.comments",
        "provide.transaction.metadata", "unavailable.value.placeholder", "field.name.adjustment.mode", "schema.name.adjustment.mode",
        "sanitize.field.names", "key.converter.schemas.enable", "value.converter.schemas.enable", "header.converter", "header.converter.schemas.enable",
        "extended.headers.enabled"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct import_setting *setting = import_find(import, settings[i]);
        if (setting)
            import_format_setting(import, setting, settings[i]);
    }
}

static void take_kafka(struct import *import)
{
    import_java_kafka(import, "producer.override.");
    import_java_kafka(import, "sink.kafka.producer.");
    const char *servers = import_take(import, "schema.history.internal.kafka.bootstrap.servers");
    if (servers && !strstr(leat_buf_cstr(&import->kafka), "bootstrap.servers"))
        import_put(&import->kafka, 6, "bootstrap.servers", servers);
    if (!strstr(leat_buf_cstr(&import->kafka), "bootstrap.servers")) {
        import_put(&import->kafka, 6, "bootstrap.servers", "localhost:9092");
        import_say(import, "bootstrap.servers, security and accounts of Kafka stand in the Connect worker's configuration: put them under kafka:");
    }
}

/* Debezium Server: "debezium.source.X" is the connector's X, "debezium.format.value.X" its converter's. */
static void unwrap_server(struct import *import)
{
    static const struct {
        const char *theirs, *ours;
    } prefixes[] = {{"debezium.source.", ""},
                    {"debezium.sink.kafka.producer.", "sink.kafka.producer."},
                    {"debezium.format.key.", "key.converter."},
                    {"debezium.format.value.", "value.converter."},
                    {"debezium.format.header.", "header.converter."},
                    {"debezium.transforms", "transforms"},
                    {"debezium.predicates", "predicates"}};
    for (size_t i = 0; i < import->count; i++) {
        for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++) {
            size_t size = strlen(prefixes[k].theirs);
            if (strncmp(import->settings[i].name, prefixes[k].theirs, size) != 0)
                continue;
            struct leat_buf name = {0};
            leat_buf_printf(&name, "%s%s", prefixes[k].ours, import->settings[i].name + size);
            free(import->settings[i].name);
            import->settings[i].name = leat_strdup(leat_buf_cstr(&name));
            leat_buf_free(&name);
            break;
        }
    }
}

void import_debezium(struct import *import)
{
    import->format = "debezium";
    unwrap_server(import);
    const char *prefix = import_take(import, "topic.prefix");
    if (!prefix)
        prefix = import_take(import, "database.server.name");
    import->relay = leat_strdup(prefix ? prefix : "leat");
    struct import_setting *connector = import_find(import, "connector.class"), *query = import_find(import, "include.query");
    import->counts_annotations = connector && strstr(connector->value, "MariaDb") && query && !strcmp(query->value, "true");
    take_source(import);
    take_topics(import);
    take_masks(import);
    take_format(import);
    import_debezium_transforms(import);
    take_kafka(import);
    import_leave(import, reasons, sizeof reasons / sizeof *reasons);
}
