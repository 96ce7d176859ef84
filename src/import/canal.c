/* A Canal instance's instance.properties, with canal.properties' Kafka in it or not. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import_int.h"

static const struct import_reason reasons[] = {
    {"canal.instance.dbPassword", "never taken over, see above"},
    {"canal.instance.enableDruid", "not needed"},
    {"canal.instance.pwdPublicKey", "not needed"},
    {"canal.instance.connectionCharset", "leat takes each column's own character set"},
    {"canal.instance.tsdb.*", "not needed: definitions are in leat's journal"},
    {"canal.instance.standby.*", "leat follows whatever source.url leads to, and checks that it has the same history"},
    {"canal.instance.rds.*", "binlogs are read from the server alone"},
    {"canal.instance.gtidon", "leat uses GTIDs where the server has them"},
    {"canal.instance.master.timestamp", "set source.start to that time"},
    {"canal.mq.partition", "a single partition: partition_by: table, with topic_partitions: 1"},
    {"canal.mq.enableDynamicQueuePartition", "not there"},
    {"canal.mq.dynamicTopicPartitionNum", "topics keep the partitions that they have; new ones: topic_partitions"},
    {"canal.mq.partitionsNum", "topics keep the partitions that they have; new ones: topic_partitions"},
    {"canal.mq.flatMessage", "the format canal is the flat one"},
    {"canal.mq.*", "not needed"},
    {"canal.destinations", "one instance, one relay"},
    {"canal.*", "a setting of Canal's server, which has nothing to do here"},
};

struct taking {
    struct import *import;
    struct import_setting *setting;
    struct import_list list;
};

static void give_pattern(void *context, const char *pattern)
{
    struct taking *taking = context;
    import_list_put(&taking->list, pattern);
}

static void take_table(void *context, const char *regex)
{
    struct taking *taking = context;
    if (!import_pattern(regex, 2, give_pattern, taking))
        import_note(taking->import, taking->setting, "\"%s\" has no pattern with * and ? that says the same: write what is meant", regex);
}

static void take_tables(struct import *import, const char *name, const char *key)
{
    struct import_setting *setting = import_find(import, name);
    if (!setting)
        return;
    setting->used = true;
    if (!strcmp(setting->value, ".*\\..*") || !strcmp(setting->value, ".*"))
        return;
    struct taking taking = {import, setting, {&import->source, 2, key, false}};
    import_split(setting->value, take_table, &taking);
}

/* "db.table:column/column": of that table, only these, or all but these. */
static void take_field(struct import *import, struct import_setting *setting, const char *field, const char *rule)
{
    const char *colon = strchr(field, ':');
    if (!colon || strpbrk(field, "*?`")) {
        import_note(import, setting, "\"%s\" can't be read as database.table:column/column", field);
        return;
    }
    char *columns = leat_strdup(colon + 1), *rest = columns, *column;
    while ((column = strsep(&rest, "/"))) {
        struct leat_buf pattern = {0};
        leat_buf_put(&pattern, field, (size_t)(colon - field));
        leat_buf_printf(&pattern, ".%s", column);
        import_put(&import->columns, 6, leat_buf_cstr(&pattern), rule);
        leat_buf_free(&pattern);
    }
    free(columns);
}

struct fields {
    struct import *import;
    struct import_setting *setting;
    const char *rule;
};

static void take_each_field(void *context, const char *field)
{
    struct fields *fields = context;
    take_field(fields->import, fields->setting, field, fields->rule);
}

static void take_fields(struct import *import, const char *name, const char *rule)
{
    struct fields fields = {import, import_find(import, name), rule};
    if (!fields.setting)
        return;
    fields.setting->used = true;
    import_split(fields.setting->value, take_each_field, &fields);
}

static void take_start(struct import *import)
{
    const char *file = import_take(import, "canal.instance.master.journal.name"), *pos = import_take(import, "canal.instance.master.position"),
               *gtids = import_take(import, "canal.instance.master.gtid");
    struct leat_buf start = {0};
    if (gtids)
        leat_buf_puts(&start, gtids);
    else if (file)
        leat_buf_printf(&start, "%s:%s", file, pos ? pos : "4");
    if (start.size && !import->has_offsets)
        import_put(&import->source, 2, "start", leat_buf_cstr(&start));
    leat_buf_free(&start);
}

static void take_source(struct import *import)
{
    const char *address = import_take(import, "canal.instance.master.address"), *value;
    const char *colon = address ? strrchr(address, ':') : NULL;
    char *host = address ? leat_strndup(address, colon ? (size_t)(colon - address) : strlen(address)) : NULL;
    import_server(import, host, colon ? colon + 1 : NULL, import_take(import, "canal.instance.dbUsername"));
    free(host);
    if ((value = import_take(import, "canal.instance.mysql.slaveId")) && strcmp(value, "0") != 0)
        import_put_word(&import->source, 2, "server_id", value);
    take_start(import);
    take_tables(import, "canal.instance.filter.regex", "tables");
    take_tables(import, "canal.instance.filter.black.regex", "exclude_tables");
    take_fields(import, "canal.instance.filter.field", "include");
    take_fields(import, "canal.instance.filter.black.field", "exclude");
}

static void take_topics(struct import *import)
{
    const char *value = import_take(import, "canal.mq.topic");
    if (value)
        import_put(&import->sink, 4, "topic", value);
    if (value)
        import_put(&import->sink, 4, "schema_topic", value);
    struct import_setting *setting = import_find(import, "canal.mq.dynamicTopic");
    if (setting) {
        setting->used = true;
        import_note(import, setting, "write it as topics: `[\"shop.order_* -> orders\"]`; without a topic's name in it, Canal's topics are named "
                                     "database_table: topic: \"{database}_{table}\"");
    }
    setting = import_find(import, "canal.mq.partitionHash");
    if (!setting)
        return;
    setting->used = true;
    import_put_word(&import->sink, 4, "partition_by", "primary_key");
    import_put_word(&import->sink, 4, "partitioner", "canal");
    import_put(&import->section, 6, "rows_per_message", "1");
    import_say(import, "rows_per_message: Canal has the rows of one event and one partition in a message, leat has one row in each");
    if (!strstr(setting->value, "$pk$") || strchr(setting->value, ','))
        import_note(import, setting, "taken as the primary key of every table; columns by their names: partition_by: column");
}

void import_canal(struct import *import)
{
    import->format = "canal";
    const char *name = import_take(import, "canal.destinations");
    import->relay = leat_strdup(name && !strchr(name, ',') ? name : "canal");
    take_source(import);
    take_topics(import);
    import_java_kafka(import, "kafka.");
    if (!strstr(leat_buf_cstr(&import->kafka), "bootstrap.servers"))
        import_put(&import->kafka, 6, "bootstrap.servers", "localhost:9092");
    import_leave(import, reasons, sizeof reasons / sizeof *reasons);
}
