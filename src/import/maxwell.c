/* Maxwell's config.properties. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import_int.h"

static const struct import_reason reasons[] = {
    {"password", "never taken over, see above"},
    {"producer", "leat's sink here is Kafka: of Maxwell's producers, kafka, file and stdout have their like"},
    {"schema_*", "not needed: definitions are in leat's journal"},
    {"replication_*", "one connection: give the primary, or a replica with log_replica_updates, as source.url"},
    {"jdbc_options", "there is no JDBC"},
    {"connection_options", "there is no JDBC"},
    {"replication_jdbc_options", "there is no JDBC"},
    {"bootstrapper", "leat makes no snapshots"},
    {"javascript", "there are no scripts"},
    {"encrypt*", "values aren't encrypted; see columns for masks"},
    {"secret_key", "values aren't encrypted; see columns for masks"},
    {"gtid_mode", "leat uses GTIDs where the server has them"},
    {"kafka_version", "librdkafka finds out"},
    {"kafka_partition_count", "librdkafka finds out"},
    {"ignore_producer_error", "nothing is ever dropped"},
    {"dead_letter_topic", "rows that are too large: oversize: dead_letter"},
    {"metrics_*", "see `leat status`"},
    {"http_*", "see `leat status`"},
    {"custom_*", "there is no custom code"},
    {"log_level", "log.level"},
    {"daemon", "leat runs in the foreground, under a supervisor"},
    {"config", "not needed"},
    {"env_config_prefix", "leat has LEAT_… of its own"},
    {"max_schemas", "not needed"},
    {"binlog_heartbeat", "always on: source.heartbeat"},
    {"buffer_memory_usage", "not needed: leat's memory is bounded by itself"},
    {"init_position", "set source.start, as FILE:POS"},
    {"bigquery_*", "no such sink"},
    {"kinesis_*", "no such sink"},
    {"sqs_*", "no such sink"},
    {"sns_*", "no such sink"},
    {"nats_*", "no such sink"},
    {"pubsub_*", "no such sink"},
    {"rabbitmq_*", "no such sink"},
    {"redis_*", "no such sink"},
};

/* ---- filter: "exclude: *.*, include: shop.cart" ---- */

struct filter {
    struct import *import;
    struct import_setting *setting;
    struct import_list tables, excluded;
    bool nothing_else; /* it began by leaving everything out */
    bool first;
};

/* A part: a name, *, or /a regular expression/. */
static bool put_part(struct leat_buf *pattern, const char *part, size_t size);
static void give_part(void *context, const char *pattern)
{
    leat_buf_puts(context, pattern);
}

static bool put_part(struct leat_buf *pattern, const char *part, size_t size)
{
    bool whole = true;
    if (size >= 2 && part[0] == '/' && part[size - 1] == '/') {
        char *regex = leat_strndup(part + 1, size - 2);
        whole = !strchr(regex, '(') && import_pattern(regex, 1, give_part, pattern);
        free(regex);
    } else if (size == 1 && *part == '*') {
        leat_buf_u8(pattern, '*');
    } else {
        if (size >= 2 && strchr("'\"`", part[0]) && part[size - 1] == part[0]) {
            part++;
            size -= 2;
        }
        bool plain = !memchr(part, '*', size) && !memchr(part, '?', size) && !memchr(part, '`', size) && !memchr(part, '.', size);
        whole = plain && size;
        leat_buf_put(pattern, part, size);
    }
    return whole;
}

static bool put_rule(struct filter *filter, const char *rule)
{
    bool include = !strncmp(rule, "include:", 8), exclude = !strncmp(rule, "exclude:", 8);
    if (!include && !exclude)
        return false;
    const char *name = rule + 8;
    name += strspn(name, " ");
    const char *dot = *name == '/' && strchr(name + 1, '/') ? strchr(strchr(name + 1, '/'), '.') : strchr(name, '.');
    if (!dot || strchr(dot, '='))
        return false;
    struct leat_buf pattern = {0};
    bool whole = put_part(&pattern, name, (size_t)(dot - name));
    leat_buf_u8(&pattern, '.');
    whole = whole && put_part(&pattern, dot + 1, strlen(dot + 1));
    const char *text = leat_buf_cstr(&pattern);
    bool all = !strcmp(text, "*.*");
    if (whole && exclude && all && filter->first)
        filter->nothing_else = true;
    else if (whole && include && !all && filter->nothing_else)
        import_list_put(&filter->tables, text);
    else if (whole && exclude && !all)
        import_list_put(&filter->excluded, text);
    else if (whole && include && all && filter->first)
        whole = true;
    else
        whole = false;
    leat_buf_free(&pattern);
    return whole;
}

static void take_rule(void *context, const char *rule)
{
    struct filter *filter = context;
    if (!put_rule(filter, rule))
        import_note(filter->import, filter->setting,
                    "\"%s\" can't be said by tables and exclude_tables (an exclusion always wins there, and rows aren't chosen by value)", rule);
    filter->first = false;
}

static void take_filter(struct import *import)
{
    struct import_setting *setting = import_find(import, "filter");
    if (!setting)
        return;
    setting->used = true;
    struct leat_buf tables = {0}, excluded = {0};
    struct filter filter = {import, setting, {&tables, 4, "tables", false}, {&excluded, 4, "exclude_tables", false}, false, true};
    import_split(setting->value, take_rule, &filter);
    leat_buf_put(&import->sink, tables.data, tables.size);
    leat_buf_put(&import->sink, excluded.data, excluded.size);
    if (filter.nothing_else && !tables.size)
        import_say(import, "filter leaves everything out: nothing would be delivered");
    leat_buf_free(&tables);
    leat_buf_free(&excluded);
}

/* ---- Topics and partitions ---- */

static void take_words(struct import *import, const char *name, const char *key, const char *const (*words)[2], size_t count)
{
    struct import_setting *setting = import_find(import, name);
    if (!setting)
        return;
    setting->used = true;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(setting->value, words[i][0]) != 0)
            continue;
        import_put_word(&import->sink, 4, key, words[i][1]);
        return;
    }
    import_note(import, setting, "leat has no such value for %s", key);
}

static void take_columns(void *context, const char *column)
{
    import_list_put(context, column);
}

static void take_partitions(struct import *import)
{
    static const char *const by[][2] = {{"database", "database"}, {"table", "table"}, {"primary_key", "primary_key"},
                                        {"transaction_id", "transaction_id"}, {"thread_id", "thread_id"}, {"column", "column"}};
    static const char *const hashes[][2] = {{"default", "java_hash"}, {"murmur3", "murmur3"}};
    enum { BY_COUNT = sizeof by / sizeof *by };
    if (import_find(import, "producer_partition_by"))
        take_words(import, "producer_partition_by", "partition_by", by, BY_COUNT);
    else
        import_put_word(&import->sink, 4, "partition_by", "database"); /* Maxwell's default */
    take_words(import, "producer_partition_by_fallback", "partition_by_fallback", by, BY_COUNT);
    struct import_setting *columns = import_find(import, "producer_partition_columns");
    if (columns) {
        struct import_list list = {&import->sink, 4, "partition_columns", false};
        columns->used = true;
        import_split(columns->value, take_columns, &list);
    }
    if (import_find(import, "kafka_partition_hash"))
        take_words(import, "kafka_partition_hash", "partitioner", hashes, sizeof hashes / sizeof *hashes);
    else
        import_put_word(&import->sink, 4, "partitioner", "java_hash");
}

static void take_output(struct import *import)
{
    const char *rest;
    struct import_setting *setting;
    for (size_t at = 0; (setting = import_next(import, "output_", &at, &rest));)
        import_format_setting(import, setting, setting->name);
    if ((setting = import_find(import, "kafka_key_format")))
        import_format_setting(import, setting, "kafka_key_format");
}

void import_maxwell(struct import *import)
{
    import->format = "maxwell";
    const char *name = import_take(import, "client_id"), *value;
    import->relay = leat_strdup(name ? name : "maxwell");
    const char *host = import_take(import, "replication_host");
    import_server(import, host ? host : import_take(import, "host"), import_take(import, "port"), import_take(import, "user"));
    if ((value = import_take(import, "ssl")))
        import_ssl_mode(import, value);
    if ((value = import_take(import, "replica_server_id")))
        import_put_word(&import->source, 2, "server_id", value);
    value = import_take(import, "kafka_topic");
    import_put(&import->sink, 4, "topic", value ? value : "maxwell");
    if ((value = import_take(import, "ddl_kafka_topic")))
        import_put(&import->sink, 4, "schema_topic", value);
    take_filter(import);
    take_partitions(import);
    take_output(import);
    import_java_kafka(import, "kafka.");
    if (!strstr(leat_buf_cstr(&import->kafka), "bootstrap.servers"))
        import_put(&import->kafka, 6, "bootstrap.servers", "localhost:9092");
    import_leave(import, reasons, sizeof reasons / sizeof *reasons);
}
