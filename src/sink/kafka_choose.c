/* A message's partition (kafka_route_int.h). The runner's thread.
 *
 * Mostly a hash of the key. What else may decide is taken out of the message that was just written: columns' values from its JSON, as Maxwell
 * and Canal take them from their rows. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "kafka_route_int.h"

/* ---- Once per definition ---- */

static void add_column(struct kafka_known *known, const struct leat_text *name)
{
    struct leat_buf escaped = {0};
    leat_json_escape(&escaped, name->bytes, name->size);
    known->columns[known->column_count++] = (struct leat_text){leat_strndup((const char *)escaped.data, escaped.size), (uint32_t)escaped.size};
    leat_buf_free(&escaped);
}

static const struct leat_column *find_column(const struct leat_table_view *view, const char *name)
{
    for (uint32_t i = 0; i < view->column_count; i++)
        if (view->columns[i].name.size && !strcmp(view->columns[i].name.bytes, name))
            return &view->columns[i];
    return NULL;
}

void leat_kafka_known_init(struct kafka_known *known, const struct kafka_routes *routes, struct kafka_route_table *table,
                           const struct leat_table_view *view)
{
    const struct leat_sink_config *config = routes->env->config;
    *known = (struct kafka_known){.id = view->id, .table = table};
    if (config->partition_by == LEAT_PARTITION_BY_PRIMARY_KEY) {
        known->columns = leat_alloc_zero(view->key_count + 1, sizeof *known->columns);
        for (uint32_t i = 0; i < view->key_count; i++)
            if (view->columns[view->key[i].column].name.size)
                add_column(known, &view->columns[view->key[i].column].name);
    } else if (config->partition_by == LEAT_PARTITION_BY_COLUMN) {
        known->columns = leat_alloc_zero(config->partition_columns.count + 1, sizeof *known->columns);
        for (size_t i = 0; i < config->partition_columns.count; i++) {
            const struct leat_column *column = find_column(view, config->partition_columns.list[i]);
            if (column)
                add_column(known, &column->name);
        }
    }
}

void leat_kafka_known_free(struct kafka_known *known)
{
    for (size_t i = 0; i < known->column_count; i++)
        free((char *)(uintptr_t)known->columns[i].bytes);
    free(known->columns);
    *known = (struct kafka_known){0};
}

/* ---- Values out of a message ---- */

/* The row's images in the message's value: the newer first. */
struct images {
    struct kafka_json list[2];
    unsigned count;
};

static void add_image(struct images *images, struct kafka_json object, const char *name)
{
    struct kafka_json value;
    if (leat_kafka_json_member(&value, object, name, strlen(name)) && *value.at == '{')
        images->list[images->count++] = value;
}

static int find_images(struct images *images, const struct kafka_routes *routes, const struct leat_message *message, struct leat_error *err)
{
    struct kafka_json whole = {message->value, message->value + message->value_size}, payload, rows;
    bool only = true;
    images->count = 0;
    if (routes->form == KAFKA_FORM_CANAL) {
        if (leat_kafka_json_member(&rows, whole, "data", 4) && leat_kafka_json_first(&images->list[0], rows, &only))
            images->count = 1;
        if (only)
            return LEAT_OK;
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "a message of canal has rows that belong to several partitions");
        return leat_cure(err, "set canal: { rows_per_message: 1 }, or partition_by: table, which keeps rows of one event together");
    }
    if (routes->form == KAFKA_FORM_MAXWELL) {
        add_image(images, whole, "data");
        return LEAT_OK;
    }
    if (leat_kafka_json_member(&payload, whole, "payload", 7) && *payload.at == '{')
        whole = payload;
    add_image(images, whole, "after");
    add_image(images, whole, "before");
    if (!images->count && *whole.at == '{') /* debezium without envelope */
        images->list[images->count++] = whole;
    return LEAT_OK;
}

static bool has_all(const struct images *images, const struct kafka_known *known)
{
    struct kafka_json value;
    bool all = images->count > 0;
    for (size_t i = 0; all && i < known->column_count; i++)
        all = leat_kafka_json_member(&value, images->list[0], known->columns[i].bytes, known->columns[i].size);
    return all;
}

/* A delete without its row, as debezium's unwrap leaves it: what its key has must do, since its partition is that of its row. */
static int find_in_key(struct images *images, const struct leat_message *message, const struct kafka_known *known, struct leat_error *err)
{
    struct kafka_json whole = {message->key, message->key + message->key_size}, payload;
    images->count = 0;
    if (message->key && (!message->key_size || *message->key != '{'))
        return LEAT_OK; /* no row's key */
    if (message->key && leat_kafka_json_member(&payload, whole, "payload", 7) && *payload.at == '{')
        whole = payload;
    if (message->key)
        images->list[images->count++] = whole;
    if (has_all(images, known))
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "a delete in %.520s has a key and no row, and its key hasn't the columns that choose its partition",
                    known->table->names);
    return leat_cure(err, "set partition_by: key, or debezium: { unwrap.delete.tombstone.handling.mode: rewrite-with-tombstone }");
}

/* Texts of the columns' values into routes->text, one after another, or for Canal their combined hash; false: there are none. */
static bool take_values(struct kafka_routes *routes, const struct images *images, const struct kafka_known *known, uint32_t *hash)
{
    bool any = false;
    leat_buf_clear(&routes->text);
    for (size_t i = 0; i < known->column_count; i++) {
        size_t from = routes->text.size;
        bool found = false;
        struct kafka_json value;
        for (unsigned k = 0; !found && k < images->count; k++)
            found = leat_kafka_json_member(&value, images->list[k], known->columns[i].bytes, known->columns[i].size);
        if (found)
            (void)leat_kafka_json_text(&routes->text, value);
        any = any || found;
        *hash ^= (uint32_t)leat_kafka_java_hash(routes->text.data + from, routes->text.size - from);
    }
    return any && (routes->text.size || routes->env->config->partitioner == LEAT_PARTITIONER_CANAL);
}

/* "xid" of Maxwell's messages, "thread_id" … */
static bool take_member(struct kafka_routes *routes, const struct leat_message *message, const char *name)
{
    struct kafka_json whole = {message->value, message->value + message->value_size}, value;
    leat_buf_clear(&routes->text);
    return message->value && leat_kafka_json_member(&value, whole, name, strlen(name)) && leat_kafka_json_text(&routes->text, value);
}

/* ---- Which ---- */

static int32_t of_text(const struct kafka_routes *routes, const void *bytes, size_t size, int32_t partitions)
{
    return leat_kafka_partition(routes->env->config->partitioner, bytes, size, partitions);
}

static int32_t by_table(const struct kafka_routes *routes, const struct kafka_known *known, bool both, int32_t partitions)
{
    const struct kafka_route_table *table = known->table;
    if (both)
        return of_text(routes, table->names, (size_t)table->database.size + 1 + table->table.size, partitions);
    return of_text(routes, table->table.bytes, table->table.size, partitions);
}

static int32_t by_what_all_have(struct kafka_routes *routes, const struct leat_message *message, const struct kafka_known *known,
                                enum leat_partition_by by, int32_t partitions)
{
    const struct kafka_route_table *table = known->table;
    if (by == LEAT_PARTITION_BY_DATABASE)
        return of_text(routes, table->database.bytes, table->database.size, partitions);
    if (by == LEAT_PARTITION_BY_TRANSACTION_ID) {
        if (routes->form == KAFKA_FORM_MAXWELL && take_member(routes, message, "xid"))
            return of_text(routes, routes->text.data, routes->text.size, partitions);
        char gtid[LEAT_GTID_TEXT_MAX];
        if (*leat_gtid_text(gtid, &routes->gtid))
            return of_text(routes, gtid, strlen(gtid), partitions);
    }
    if (by == LEAT_PARTITION_BY_THREAD_ID) {
        if (take_member(routes, message, "thread_id"))
            return of_text(routes, routes->text.data, routes->text.size, partitions);
        if (routes->thread_id) {
            leat_buf_clear(&routes->text);
            leat_put_u64(&routes->text, routes->thread_id);
            return of_text(routes, routes->text.data, routes->text.size, partitions);
        }
    }
    return by_table(routes, known, by == LEAT_PARTITION_BY_KEY, partitions);
}

static int by_columns(struct kafka_routes *routes, const struct leat_message *message, const struct kafka_known *known, int32_t partitions,
                      int32_t *partition, struct leat_error *err)
{
    const struct leat_sink_config *config = routes->env->config;
    const struct kafka_route_table *table = known->table;
    bool maxwell = config->partitioner == LEAT_PARTITIONER_JAVA_HASH || config->partitioner == LEAT_PARTITIONER_MURMUR3;
    struct images images;
    uint32_t hash = (uint32_t)leat_kafka_java_hash(table->database.bytes, table->database.size);
    if (message->value ? find_images(&images, routes, message, err) : find_in_key(&images, message, known, err))
        return LEAT_FAIL;
    if (take_values(routes, &images, known, &hash)) {
        *partition = config->partitioner == LEAT_PARTITIONER_CANAL ? leat_kafka_partition_canal((int32_t)hash, partitions)
                                                                   : of_text(routes, routes->text.data, routes->text.size, partitions);
        return LEAT_OK;
    }
    if (maxwell && config->partition_by == LEAT_PARTITION_BY_PRIMARY_KEY) { /* Maxwell's own fallback: both names, nothing between */
        leat_buf_clear(&routes->text);
        leat_buf_put(&routes->text, table->database.bytes, table->database.size);
        leat_buf_put(&routes->text, table->table.bytes, table->table.size);
        *partition = of_text(routes, routes->text.data, routes->text.size, partitions);
        return LEAT_OK;
    }
    *partition = by_what_all_have(routes, message, known, config->partition_by_fallback, partitions);
    return LEAT_OK;
}

/* Of messages that aren't about a table's row. */
static int32_t by_message(struct kafka_routes *routes, const struct leat_message *message, int32_t partitions)
{
    if (message->kind == LEAT_MESSAGE_STATEMENT) /* all in order; Maxwell spreads them by database */
        return routes->form == KAFKA_FORM_MAXWELL && message->topic_database
                   ? of_text(routes, message->topic_database->bytes, message->topic_database->size, partitions) : 0;
    if (message->key)
        return of_text(routes, message->key, message->key_size, partitions);
    if (!message->topic_database || !message->topic_table)
        return 0;
    leat_buf_clear(&routes->text); /* as rows of that table without a key */
    leat_buf_printf(&routes->text, "%s.%s", message->topic_database->bytes, message->topic_table->bytes);
    return of_text(routes, routes->text.data, routes->text.size, partitions);
}

int leat_kafka_choose(struct kafka_routes *routes, const struct leat_message *message, const struct kafka_known *known, int32_t partitions,
                      int32_t *partition, struct leat_error *err)
{
    enum leat_partition_by by = routes->env->config->partition_by;
    *partition = 0;
    if (partitions <= 1)
        return LEAT_OK;
    bool by_key = by == LEAT_PARTITION_BY_KEY && message->key;
    if (by_key && known) {
        *partition = of_text(routes, message->key, message->key_size, partitions);
    } else if (!known) {
        *partition = by_message(routes, message, partitions);
        return LEAT_OK;
    } else if (message->kind == LEAT_MESSAGE_TOMBSTONE && by != LEAT_PARTITION_BY_KEY && by != LEAT_PARTITION_BY_TABLE && by != LEAT_PARTITION_BY_DATABASE) {
        *partition = routes->partition < partitions ? routes->partition : 0;
    } else if (by == LEAT_PARTITION_BY_PRIMARY_KEY || by == LEAT_PARTITION_BY_COLUMN) {
        if (by_columns(routes, message, known, partitions, partition, err))
            return LEAT_FAIL;
    } else {
        *partition = by_what_all_have(routes, message, known, by, partitions);
    }
    routes->partition = *partition;
    return LEAT_OK;
}
