/* The least that the kafka sink's core needs of settings, routes and topics. To be replaced, whole, by kafka_settings.c, kafka_route.c and
 * kafka_topics.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "kafka_int.h"

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle;
    (void)level;
    leat_log(LEAT_LOG_DEBUG, "sink", "kafka", "%s: %s", facility, text);
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct leat_error *err)
{
    char text[512];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s", text);
}

int leat_kafka_settings(rd_kafka_conf_t **out, const struct leat_sink_env *env, enum kafka_role role, struct leat_error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    const struct leat_pairs *pairs = &env->config->kafka;
    char id[512];
    snprintf(id, sizeof id, "leat.%s.%s", env->relay_name, env->config->name);
    int rc = LEAT_OK;
    if (role == KAFKA_PRODUCER) {
        rc = set(conf, "compression.codec", "lz4", err) || set(conf, "linger.ms", "0", err) || set(conf, "batch.size", "1000000", err) ||
                     set(conf, "batch.num.messages", "20000", err) || set(conf, "queue.buffering.max.kbytes", "32768", err) ||
                     set(conf, "enable.idempotence", "true", err)
                 ? LEAT_FAIL
                 : LEAT_OK;
        if (rc == LEAT_OK && env->config->delivery == LEAT_DELIVERY_EXACTLY_ONCE)
            rc = set(conf, "transactional.id", id, err) || set(conf, "transaction.timeout.ms", "15000", err) ? LEAT_FAIL : LEAT_OK;
        else if (rc == LEAT_OK)
            rc = set(conf, "message.timeout.ms", "0", err);
    } else if (role == KAFKA_READER) {
        rc = set(conf, "isolation.level", "read_committed", err) || set(conf, "enable.partition.eof", "true", err) ? LEAT_FAIL : LEAT_OK;
    }
    for (size_t i = 0; rc == LEAT_OK && i < pairs->count; i++)
        rc = set(conf, pairs->list[i].name, pairs->list[i].value, err);
    if (rc)
        rd_kafka_conf_destroy(conf);
    else
        *out = conf;
    return rc;
}

/* ---- Topics ---- */

int leat_kafka_topic_look(struct kafka_client *client, const char *name, struct kafka_topic_found *found, struct leat_error *err)
{
    for (int i = 0; i < 10; i++) {
        int rc = leat_kafka_client_serve(client, 0);
        if (rc)
            return rc;
        rd_kafka_topic_t *topic = rd_kafka_topic_new(client->handle, name, NULL);
        const struct rd_kafka_metadata *metadata = NULL;
        rd_kafka_resp_err_t code = rd_kafka_metadata(client->handle, 0, topic, &metadata, 1000);
        found->partitions = !code && metadata->topic_cnt == 1 && !metadata->topics[0].err ? metadata->topics[0].partition_cnt : 0;
        if (metadata)
            rd_kafka_metadata_destroy(metadata);
        rd_kafka_topic_destroy(topic);
        if (!code)
            return LEAT_OK;
        if (client->down_since_us && i >= 2)
            break;
    }
    return leat_kafka_client_waited(client, "asking for a topic", err);
}

int leat_kafka_topic_make(struct kafka_client *client, const char *name, enum kafka_topic_use use, struct leat_error *err)
{
    char text[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, use == KAFKA_TOPIC_CHECKPOINT ? 1 : -1, -1, text, sizeof text);
    if (!topic)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s", text);
    if (use == KAFKA_TOPIC_CHECKPOINT)
        (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_CreateTopics(client->handle, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
    size_t count = 0;
    const rd_kafka_topic_result_t **results =
        event ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count) : NULL;
    rd_kafka_resp_err_t code = count ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    int rc = !code || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? LEAT_OK : leat_kafka_fail(err, code, NULL, "making topic %s", name);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return rc;
}

static char *expand(const struct leat_sink_env *env, const char *at, const struct leat_message *message)
{
    struct leat_buf name = {0};
    while (*at) {
        if (!strncmp(at, "{name}", 6)) {
            leat_buf_puts(&name, env->relay_name);
            at += 6;
        } else if (!strncmp(at, "{sink}", 6)) {
            leat_buf_puts(&name, env->config->name);
            at += 6;
        } else if (message && message->topic_database && !strncmp(at, "{database}", 10)) {
            leat_buf_put(&name, message->topic_database->bytes, message->topic_database->size);
            at += 10;
        } else if (message && message->topic_table && !strncmp(at, "{table}", 7)) {
            leat_buf_put(&name, message->topic_table->bytes, message->topic_table->size);
            at += 7;
        } else {
            leat_buf_u8(&name, (uint8_t)*at++);
        }
    }
    (void)leat_buf_cstr(&name);
    return (char *)name.data;
}

char *leat_kafka_topic_name(const struct leat_sink_env *env, const char *pattern, struct leat_error *err)
{
    (void)err;
    return expand(env, pattern, NULL);
}

/* ---- Routes ---- */

struct kafka_routes {
    const struct leat_sink_env *env;
    struct kafka_client *client;
    struct topic {
        char *name;
        rd_kafka_topic_t *handle;
    } * topics;
    size_t count;
};

int leat_kafka_routes_new(struct kafka_routes **routes, const struct leat_sink_env *env, struct leat_error *err)
{
    (void)err;
    *routes = leat_alloc_zero(1, sizeof **routes);
    (*routes)->env = env;
    return LEAT_OK;
}

void leat_kafka_routes_free(struct kafka_routes **routes)
{
    if (*routes)
        leat_kafka_routes_use(*routes, NULL);
    free(*routes);
    *routes = NULL;
}

void leat_kafka_routes_use(struct kafka_routes *routes, struct kafka_client *client)
{
    for (size_t i = 0; i < routes->count; i++) {
        free(routes->topics[i].name);
        rd_kafka_topic_destroy(routes->topics[i].handle);
    }
    free(routes->topics);
    routes->topics = NULL;
    routes->count = 0;
    routes->client = client;
}

void leat_kafka_routes_begin(struct kafka_routes *routes, const struct leat_begin *begin)
{
    (void)routes;
    (void)begin;
}

static int find(struct kafka_routes *routes, const char *name, rd_kafka_topic_t **topic, struct leat_error *err)
{
    for (size_t i = 0; i < routes->count; i++)
        if (!strcmp(routes->topics[i].name, name)) {
            *topic = routes->topics[i].handle;
            return LEAT_OK;
        }
    struct kafka_topic_found found;
    int rc = leat_kafka_topic_look(routes->client, name, &found, err);
    if (rc == LEAT_OK && !found.partitions)
        rc = leat_kafka_topic_make(routes->client, name, KAFKA_TOPIC_CHANGES, err);
    if (rc)
        return rc;
    routes->topics = leat_realloc(routes->topics, (routes->count + 1) * sizeof *routes->topics);
    routes->topics[routes->count++] = (struct topic){leat_strdup(name), *topic = rd_kafka_topic_new(routes->client->handle, name, NULL)};
    return LEAT_OK;
}

int leat_kafka_route(struct kafka_routes *routes, const struct leat_message *message, enum kafka_mark mark,
                     const struct kafka_record_out *out, struct leat_error *err)
{
    char *name = expand(routes->env, message->topic_table ? routes->env->config->topic : routes->env->config->schema_topic, message);
    struct kafka_record record = {.partition = RD_KAFKA_PARTITION_UA, .key = message->key, .key_size = message->key_size,
                                  .value = message->value, .value_size = message->value_size};
    static const char *const marks[] = {NULL, "first", "next", "last"};
    int rc = find(routes, name, &record.topic, err);
    free(name);
    if (rc)
        return rc;
    if (marks[mark]) {
        record.headers = rd_kafka_headers_new(1);
        (void)rd_kafka_header_add(record.headers, "leat.part", -1, marks[mark], -1);
    }
    return out->record(out->context, &record, err);
}
