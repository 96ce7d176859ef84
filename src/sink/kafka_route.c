/* Where a message goes, and as what (kafka_int.h): its topic, partition and headers. The runner's thread.
 *
 * What a table's definition decides (topic, columns that choose the partition) is found once per definition and kept by its id, so that a
 * message costs a look at the last one, a hash of its key, and the headers that were asked for. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kafka_route_int.h"

enum { LOOK_AGAIN_US = 300000000, KNOWN_MAX = 65536 };

/* ---- Making and freeing ---- */

static int fixed_topic(struct kafka_routes *routes, const char *pattern, struct kafka_route_topic **topic, struct leat_error *err)
{
    *topic = NULL;
    if (!pattern || !*pattern)
        return LEAT_OK; /* such messages go nowhere */
    char *name = leat_kafka_topic_name(routes->env, pattern, err);
    if (!name)
        return LEAT_FAIL;
    *topic = leat_kafka_route_topic(routes, name, KAFKA_TOPIC_OTHER);
    free(name);
    return LEAT_OK;
}

static int make_fixed(struct kafka_routes *routes, struct leat_error *err)
{
    const struct leat_sink_config *config = routes->env->config;
    const char *heartbeat = config->heartbeat_topic ? config->heartbeat_topic
                            : routes->form == KAFKA_FORM_DEBEZIUM ? "__debezium-heartbeat.{name}" : "{name}.heartbeat";
    const char *statements = leat_kafka_names_statements_vary(routes->names) ? NULL : config->schema_topic;
    if (fixed_topic(routes, statements, &routes->statements, err) ||
        fixed_topic(routes, config->transaction_topic, &routes->transactions, err) || fixed_topic(routes, heartbeat, &routes->heartbeats, err))
        return LEAT_FAIL;
    if (config->oversize == LEAT_OVERSIZE_DEAD_LETTER && fixed_topic(routes, config->dead_letter_topic, &routes->dead_letters, err))
        return LEAT_FAIL;
    routes->checkpoint = leat_kafka_topic_name(routes->env, config->checkpoint_topic ? config->checkpoint_topic : "{name}.leat-checkpoint", err);
    return routes->checkpoint ? LEAT_OK : LEAT_FAIL;
}

static int check_settings(const struct leat_sink_config *config, struct leat_error *err)
{
    if (config->partition_by == LEAT_PARTITION_BY_COLUMN && !config->partition_columns.count) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "partition_by: column needs partition_columns");
        return leat_cure(err, "partition_columns: [customer_id]");
    }
    if (config->partition_by_fallback == LEAT_PARTITION_BY_COLUMN || config->partition_by_fallback == LEAT_PARTITION_BY_PRIMARY_KEY) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "partition_by_fallback must be what every table has");
        return leat_cure(err, "write database, table, transaction_id or thread_id");
    }
    if (config->oversize == LEAT_OVERSIZE_FILE && (!config->oversize_path || !*config->oversize_path)) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "oversize: file needs oversize_path");
        return leat_cure(err, "set it to a folder that consumers can read too");
    }
    if (config->oversize == LEAT_OVERSIZE_DEAD_LETTER && (!config->dead_letter_topic || !*config->dead_letter_topic))
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "oversize: dead_letter needs dead_letter_topic");
    return LEAT_OK;
}

static enum kafka_form form_of(const char *format)
{
    static const char *const names[] = {"leat", "debezium", "maxwell", "canal"};
    for (unsigned i = 0; format && i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], format))
            return (enum kafka_form)i;
    return KAFKA_FORM_LEAT;
}

int leat_kafka_routes_new(struct kafka_routes **out, const struct leat_sink_env *env, struct leat_error *err)
{
    const struct leat_sink_config *config = env->config;
    struct kafka_routes *routes = leat_alloc_zero(1, sizeof *routes);
    routes->env = env;
    routes->form = form_of(config->format);
    routes->oversize.env = env;
    const char *most = "1000000";
    for (size_t i = 0; i < config->kafka.count; i++)
        if (!strcmp(config->kafka.list[i].name, "message.max.bytes"))
            most = config->kafka.list[i].value;
    routes->oversize.message_max = (size_t)strtoull(most, NULL, 10);
    if (check_settings(config, err) || leat_kafka_names_new(&routes->names, env, err) || leat_kafka_headers_new(&routes->headers, config, err) ||
        make_fixed(routes, err))
        leat_kafka_routes_free(&routes);
    *out = routes;
    return routes ? LEAT_OK : LEAT_FAIL;
}

static void forget_known(struct kafka_routes *routes)
{
    for (size_t i = 0; i < routes->known_size; i++)
        leat_kafka_known_free(&routes->known[i]);
    free(routes->known);
    routes->known = NULL;
    routes->known_size = routes->known_count = 0;
    routes->last = NULL;
}

void leat_kafka_routes_free(struct kafka_routes **out)
{
    struct kafka_routes *routes = *out;
    *out = NULL;
    if (!routes)
        return;
    leat_kafka_routes_use(routes, NULL);
    forget_known(routes);
    for (size_t i = 0; i < routes->table_count; i++) {
        free(routes->tables[i]->names);
        free(routes->tables[i]);
    }
    for (size_t i = 0; i < routes->topic_count; i++) {
        free(routes->topics[i]->name);
        free(routes->topics[i]->owner);
        leat_buf_free(&routes->topics[i]->purpose);
        free(routes->topics[i]);
    }
    free(routes->tables);
    free(routes->topics);
    leat_kafka_clash_free(&routes->clashes);
    free(routes->checkpoint);
    leat_kafka_names_free(&routes->names);
    leat_kafka_headers_free(&routes->headers);
    leat_buf_free(&routes->text);
    leat_buf_free(&routes->purpose);
    leat_buf_free(&routes->oversize.value);
    free(routes);
}

/* ---- Topics of this producer ---- */

struct kafka_route_topic *leat_kafka_route_topic(struct kafka_routes *routes, const char *name, enum kafka_topic_use use)
{
    for (size_t i = 0; i < routes->topic_count; i++)
        if (!strcmp(routes->topics[i]->name, name))
            return routes->topics[i];
    routes->topics = leat_realloc(routes->topics, (routes->topic_count + 1) * sizeof(struct kafka_route_topic *));
    struct kafka_route_topic *topic = leat_alloc_zero(1, sizeof *topic);
    topic->name = leat_strdup(name);
    topic->use = use;
    routes->topics[routes->topic_count++] = topic;
    return topic;
}

void leat_kafka_routes_use(struct kafka_routes *routes, struct kafka_client *client)
{
    for (size_t i = 0; i < routes->topic_count; i++) {
        struct kafka_route_topic *topic = routes->topics[i];
        if (topic->handle)
            rd_kafka_topic_destroy(topic->handle);
        topic->handle = NULL;
        topic->partitions = 0;
    }
    routes->client = client;
}

void leat_kafka_routes_begin(struct kafka_routes *routes, const struct leat_begin *begin)
{
    routes->now_us = leat_monotonic_us(routes->env->clock);
    routes->thread_id = begin->thread_id;
    routes->gtid = begin->gtid;
    leat_kafka_headers_begin(routes->headers, begin);
}

void leat_kafka_routes_definition(struct kafka_routes *routes, const struct leat_definition *definition)
{
    leat_kafka_clash_see(routes, definition);
}

static void take_count(void *context, const char *name, int32_t partitions)
{
    struct kafka_routes *routes = context;
    for (size_t i = 0; i < routes->topic_count; i++)
        if (!strcmp(routes->topics[i]->name, name))
            routes->topics[i]->partitions = partitions;
}

/* For all topics at once: what brokers answer is about all in any case. */
static int count_partitions(struct kafka_routes *routes, struct leat_error *err)
{
    routes->looked_us = routes->now_us;
    return leat_kafka_topics_each(routes->client, take_count, routes, err);
}

static int make_ready(struct kafka_routes *routes, struct kafka_route_topic *topic, struct leat_error *err)
{
    int rc = topic->partitions ? LEAT_OK : count_partitions(routes, err);
    if (rc == LEAT_OK && !topic->partitions) {
        struct kafka_topic_found found = {0};
        rc = leat_kafka_topic_need(routes->client, topic->name, topic->use, &found, err);
        topic->partitions = found.partitions;
    }
    if (rc)
        return rc;
    topic->handle = rd_kafka_topic_new(routes->client->handle, topic->name, NULL);
    return topic->handle ? LEAT_OK : leat_kafka_fail(err, rd_kafka_last_error(), NULL, "topic %s", topic->name);
}

static int check_tables(struct kafka_routes *routes, struct kafka_client *client, struct leat_error *err)
{
    static const struct leat_text database = {"leat-doctor", 11}, table = {"check", 5};
    bool by_rule;
    if (routes->env->config->missing_topics == LEAT_MISSING_TOPICS_STOP)
        return LEAT_OK; /* which tables will come isn't known */
    if (leat_kafka_names_table(routes->names, &database, &table, &routes->text, &routes->purpose, &by_rule, err))
        return LEAT_FAIL;
    return leat_kafka_topic_check(client, leat_buf_cstr(&routes->text), KAFKA_TOPIC_CHANGES, err);
}

int leat_kafka_routes_check(struct kafka_routes *routes, struct kafka_client *client, struct leat_error *err)
{
    const struct kafka_route_topic *const needed[] = {routes->statements, routes->dead_letters};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        int rc = needed[i] ? leat_kafka_topic_check(client, needed[i]->name, KAFKA_TOPIC_OTHER, err) : LEAT_OK;
        if (rc)
            return rc;
    }
    return check_tables(routes, client, err);
}

/* ---- Which topic ---- */

static int refuse_collision(const struct kafka_route_topic *topic, const char *name, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "tables %s and %s would go to one topic, %s", topic->owner, name, topic->name);
    return leat_cure(err, "give one of them another with `topics`; if they are to share it, name both there: \"%s -> %s\", \"%s -> %s\"", topic->owner,
                     topic->name, name, topic->name);
}

static int refuse_checkpoint(const char *what, const char *topic, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s would go to %s, where checkpoints are", what, topic);
    return leat_cure(err, "change checkpoint_topic, or give the table a topic of its own with `topics` (statements: `schema_topic`)");
}

static int claim(struct kafka_routes *routes, const char *name, bool by_rule, struct kafka_route_topic **out, struct leat_error *err)
{
    const char *text = leat_buf_cstr(&routes->text);
    if (!strcmp(text, routes->checkpoint))
        return refuse_checkpoint(name, text, err);
    struct kafka_route_topic *topic = leat_kafka_route_topic(routes, text, KAFKA_TOPIC_CHANGES);
    if (!topic->owner) {
        topic->owner = leat_strdup(name);
        topic->by_rule = by_rule;
        leat_buf_put(&topic->purpose, routes->purpose.data, routes->purpose.size);
    } else if (!(by_rule && topic->by_rule)) {
        bool same = topic->by_rule == by_rule && topic->purpose.size == routes->purpose.size &&
                    (!topic->purpose.size || !memcmp(topic->purpose.data, routes->purpose.data, topic->purpose.size));
        if (!same)
            return refuse_collision(topic, name, err);
    }
    *out = topic;
    return LEAT_OK;
}

static bool same_text(const struct leat_text *a, const struct leat_text *b)
{
    return a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

static int find_table(struct kafka_routes *routes, const struct leat_text *database, const struct leat_text *name,
                      struct kafka_route_table **out, struct leat_error *err)
{
    for (size_t i = 0; i < routes->table_count; i++) {
        *out = routes->tables[i];
        if (same_text(&(*out)->table, name) && same_text(&(*out)->database, database))
            return LEAT_OK;
    }
    char *names = leat_alloc((size_t)database->size + name->size + 2);
    snprintf(names, (size_t)database->size + name->size + 2, "%s.%s", database->bytes, name->bytes);
    bool by_rule = false;
    struct kafka_route_topic *topic = NULL;
    if (leat_kafka_names_table(routes->names, database, name, &routes->text, &routes->purpose, &by_rule, err) ||
        claim(routes, names, by_rule, &topic, err)) {
        free(names);
        return LEAT_FAIL;
    }
    struct kafka_route_table *table = leat_alloc_zero(1, sizeof *table);
    *table = (struct kafka_route_table){names, {names, database->size}, {names + database->size + 1, name->size}, topic};
    routes->tables = leat_realloc(routes->tables, (routes->table_count + 1) * sizeof(struct kafka_route_table *));
    routes->tables[routes->table_count++] = table;
    *out = table;
    return LEAT_OK;
}

/* By the definition's id; a free place when there is none. */
static struct kafka_known *look_up(const struct kafka_routes *routes, uint64_t id)
{
    size_t at = (size_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (routes->known_size - 1);
    while (routes->known[at].id && routes->known[at].id != id)
        at = (at + 1) & (routes->known_size - 1);
    return &routes->known[at];
}

static void make_room(struct kafka_routes *routes)
{
    if (routes->known_count >= KNOWN_MAX)
        forget_known(routes);
    if (2 * (routes->known_count + 1) <= routes->known_size)
        return;
    struct kafka_known *old = routes->known;
    size_t old_size = routes->known_size;
    routes->known_size = old_size ? 2 * old_size : 64;
    routes->known = leat_alloc_zero(routes->known_size, sizeof *routes->known);
    for (size_t i = 0; i < old_size; i++)
        if (old[i].id)
            *look_up(routes, old[i].id) = old[i];
    free(old);
    routes->last = NULL;
}

static int find_known(struct kafka_routes *routes, const struct leat_table_view *view, struct kafka_known **out, struct leat_error *err)
{
    if (routes->last && routes->last->id == view->id) {
        *out = routes->last;
        return LEAT_OK;
    }
    make_room(routes);
    struct kafka_known *known = look_up(routes, view->id);
    if (!known->id) {
        struct kafka_route_table *table = NULL;
        if (find_table(routes, &view->database, &view->name, &table, err))
            return LEAT_FAIL;
        leat_kafka_known_init(known, routes, table, view);
        routes->known_count++;
    }
    routes->last = known;
    *out = known;
    return LEAT_OK;
}

static int find_statement(struct kafka_routes *routes, const struct leat_message *message, struct kafka_route_topic **topic,
                          struct leat_error *err)
{
    *topic = routes->statements;
    if (!leat_kafka_names_statements_vary(routes->names))
        return LEAT_OK;
    if (leat_kafka_names_statement(routes->names, message->topic_database, message->topic_table, &routes->text, err))
        return LEAT_FAIL;
    const char *name = leat_buf_cstr(&routes->text);
    if (!strcmp(name, routes->checkpoint))
        return refuse_checkpoint("a statement", name, err);
    *topic = leat_kafka_route_topic(routes, name, KAFKA_TOPIC_OTHER);
    return LEAT_OK;
}

/* *topic NULL: nowhere. */
static int find(struct kafka_routes *routes, const struct leat_message *message, struct kafka_route_topic **topic, struct kafka_known **known,
                struct leat_error *err)
{
    *known = NULL;
    *topic = NULL;
    if (message->kind == LEAT_MESSAGE_HEARTBEAT)
        *topic = routes->heartbeats;
    else if (message->kind == LEAT_MESSAGE_TRANSACTION)
        *topic = routes->transactions;
    else if (message->kind == LEAT_MESSAGE_STATEMENT || (!message->table && (!message->topic_table || !message->topic_database)))
        return find_statement(routes, message, topic, err);
    else if (message->table) {
        if (find_known(routes, message->table, known, err))
            return LEAT_FAIL;
        *topic = (*known)->table->topic;
        if (message->topic)
            return leat_kafka_chosen_topic(routes, message, topic, err);
    } else {
        struct kafka_route_table *table = NULL;
        if (find_table(routes, message->topic_database, message->topic_table, &table, err))
            return LEAT_FAIL;
        *topic = table->topic;
    }
    return LEAT_OK;
}

/* ---- All together ---- */

static int give(struct kafka_routes *routes, const struct leat_message *message, struct kafka_record *record, const char *topic,
                const struct kafka_record_out *out, struct leat_error *err)
{
    if (!leat_kafka_is_oversize(&routes->oversize, record))
        return out->record(out->context, record, err);
    struct kafka_large large = {.id = leat_kafka_headers_id(routes->headers, message), .topic = topic};
    int rc = LEAT_OK;
    if (routes->dead_letters && !routes->dead_letters->handle)
        rc = make_ready(routes, routes->dead_letters, err);
    if (rc) {
        if (record->headers)
            rd_kafka_headers_destroy(record->headers);
        return rc;
    }
    large.dead_letters = routes->dead_letters ? routes->dead_letters->handle : NULL;
    return leat_kafka_oversize(&routes->oversize, record, &large, out, err);
}

int leat_kafka_route(struct kafka_routes *routes, const struct leat_message *message, enum kafka_mark mark, const struct kafka_record_out *out,
                     struct leat_error *err)
{
    assert(routes->client);
    struct kafka_route_topic *topic;
    struct kafka_known *known;
    leat_kafka_headers_count(routes->headers, message);
    if (find(routes, message, &topic, &known, err))
        return LEAT_FAIL;
    if (!topic)
        return LEAT_OK;
    int rc = topic->handle ? LEAT_OK : make_ready(routes, topic, err);
    if (rc == LEAT_OK && routes->now_us - routes->looked_us > LOOK_AGAIN_US) /* partitions may have been added, meanwhile */
        rc = count_partitions(routes, err);
    if (rc)
        return rc;
    struct kafka_record record = {.topic = topic->handle,
                                  .key = message->key,
                                  .key_size = message->key_size,
                                  .value = message->value,
                                  .value_size = message->value_size};
    if (message->has_partition ? leat_kafka_chosen_partition(routes, message, topic, &record, err)
                               : leat_kafka_choose(routes, message, known, topic->partitions, &record.partition, err))
        return LEAT_FAIL;
    if (message->has_record_time && leat_kafka_chosen_time(message, &record, err))
        return LEAT_FAIL;
    record.headers = leat_kafka_headers_make(routes->headers, message, mark);
    return give(routes, message, &record, topic->name, out, err);
}
