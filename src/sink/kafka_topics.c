/* Topics: whether there are such, and making them (kafka_int.h). The runner's thread; everything here waits for brokers, with a deadline,
 * and ends when the sink is interrupted.
 *
 * A producer that asks for one topic makes brokers with auto.create.topics.enable make it, as they like. So it is looked for among all topics,
 * and one that isn't there is made by a request of ours, as the settings say. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "kafka_int.h"

enum { SLICE_MS = 100, LOOK_MS = 1000, WAIT_MS = 30000 };

static uint64_t now_us(const struct kafka_client *client)
{
    return leat_monotonic_us(client->env->clock);
}

/* ---- Looking ---- */

int leat_kafka_topics_each(struct kafka_client *client, void (*take)(void *context, const char *name, int32_t partitions), void *context,
                           struct leat_error *err)
{
    uint64_t deadline = now_us(client) + WAIT_MS * 1000ull;
    for (;;) {
        int rc = leat_kafka_client_serve(client, 0);
        if (rc)
            return rc;
        const struct rd_kafka_metadata *metadata = NULL;
        rd_kafka_resp_err_t code = rd_kafka_metadata(client->handle, 1, NULL, &metadata, LOOK_MS);
        if (!code) {
            leat_kafka_client_works(client);
            for (int i = 0; i < metadata->topic_cnt; i++)
                take(context, metadata->topics[i].topic, metadata->topics[i].partition_cnt);
            rd_kafka_metadata_destroy(metadata);
            return LEAT_OK;
        }
        if (!leat_kafka_passes(code))
            return leat_kafka_fail(err, code, NULL, "asking for topics");
        if (now_us(client) > deadline || leat_kafka_client_is_hopeless(client))
            return leat_kafka_client_waited(client, "asking for topics", err);
    }
}

struct looking {
    const char *name;
    struct kafka_topic_found *found;
};

static void take_one(void *context, const char *name, int32_t partitions)
{
    struct looking *looking = context;
    if (!strcmp(looking->name, name))
        looking->found->partitions = partitions;
}

int leat_kafka_topic_look(struct kafka_client *client, const char *name, struct kafka_topic_found *found, struct leat_error *err)
{
    struct looking looking = {name, found};
    found->partitions = 0;
    return leat_kafka_topics_each(client, take_one, &looking, err);
}

/* ---- Making ---- */

static int set_config(rd_kafka_NewTopic_t *topic, const char *name, const char *value, struct leat_error *err)
{
    if (!rd_kafka_NewTopic_set_config(topic, name, value))
        return LEAT_OK;
    return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "topic_config.%s can't be set", name);
}

/* A checkpoint topic is written all the time: small segments, so that compaction gets at them. */
static int configure(rd_kafka_NewTopic_t *topic, const struct leat_sink_config *config, enum kafka_topic_use use, struct leat_error *err)
{
    if (use == KAFKA_TOPIC_CHECKPOINT)
        return set_config(topic, "cleanup.policy", "compact", err) || set_config(topic, "segment.bytes", "16777216", err) ? LEAT_FAIL : LEAT_OK;
    for (size_t i = 0; use == KAFKA_TOPIC_CHANGES && i < config->topic_config.count; i++)
        if (set_config(topic, config->topic_config.list[i].name, config->topic_config.list[i].value, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static rd_kafka_event_t *wait_event(struct kafka_client *client, rd_kafka_queue_t *queue, int *rc)
{
    uint64_t deadline = now_us(client) + WAIT_MS * 1000ull;
    rd_kafka_event_t *event = NULL;
    while (!event && now_us(client) < deadline) {
        *rc = leat_kafka_client_serve(client, 0);
        if (*rc)
            return NULL;
        event = rd_kafka_queue_poll(queue, SLICE_MS);
        if (!event && leat_kafka_client_is_hopeless(client))
            return NULL;
    }
    return event;
}

static int take_made(const struct kafka_client *client, rd_kafka_event_t *event, const char *name, bool only_asked, struct leat_error *err)
{
    if (rd_kafka_event_error(event))
        return leat_kafka_fail(err, rd_kafka_event_error(event), rd_kafka_event_error_string(event), "making topic %s", name);
    size_t count = 0;
    const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        if (!code && !only_asked)
            leat_log(LEAT_LOG_INFO, "kafka", client->env->config->name, "topic %s was made", name);
        else if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return leat_kafka_fail(err, code, rd_kafka_topic_result_error_string(results[i]), "topic %s isn't there, and making it failed", name);
    }
    return LEAT_OK;
}

static int ask_to_make(struct kafka_client *client, const char *name, enum kafka_topic_use use, bool only_ask, struct leat_error *err)
{
    const struct leat_sink_config *config = client->env->config;
    char text[300];
    int partitions = use != KAFKA_TOPIC_CHANGES ? 1 : config->topic_partitions ? (int)config->topic_partitions : -1;
    int copies = config->topic_replication ? (int)config->topic_replication : -1;
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, copies, text, sizeof text);
    if (!topic)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "topic %s can't be made: %s", name, text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_event_t *event = NULL;
    int rc = configure(topic, config, use, err);
    if (rc == LEAT_OK) {
        rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client->handle, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        rd_kafka_AdminOptions_set_request_timeout(options, WAIT_MS - 1000, text, sizeof text);
        if (only_ask)
            rd_kafka_AdminOptions_set_validate_only(options, 1, text, sizeof text);
        rd_kafka_CreateTopics(client->handle, &topic, 1, options, queue);
        event = wait_event(client, queue, &rc);
        rd_kafka_AdminOptions_destroy(options);
    }
    if (rc == LEAT_OK)
        rc = event ? take_made(client, event, name, only_ask, err) : leat_kafka_client_waited(client, "making a topic", err);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return rc;
}

int leat_kafka_topic_make(struct kafka_client *client, const char *name, enum kafka_topic_use use, struct leat_error *err)
{
    return ask_to_make(client, name, use, false, err);
}

/* ---- Both ---- */

static int refuse_missing(const struct kafka_client *client, const char *name, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR, "topic %s isn't there (or the account may not see it), and missing_topics is stop",
                    name);
    return leat_cure(err, "make the topic (and allow the account to Describe and Write it), then `leat resume %s`; or let leat make topics: "
                          "missing_topics: create", client->env->config->name);
}

int leat_kafka_topic_check(struct kafka_client *client, const char *name, enum kafka_topic_use use, struct leat_error *err)
{
    struct kafka_topic_found found = {0};
    int rc = leat_kafka_topic_look(client, name, &found, err);
    if (rc || found.partitions)
        return rc;
    if (client->env->config->missing_topics == LEAT_MISSING_TOPICS_STOP)
        return refuse_missing(client, name, err);
    return ask_to_make(client, name, use, true, err);
}

/* The brokers tell each other of a new topic in their own time. */
static int wait_found(struct kafka_client *client, const char *name, struct kafka_topic_found *found, struct leat_error *err)
{
    uint64_t deadline = now_us(client) + WAIT_MS * 1000ull;
    for (;;) {
        int rc = leat_kafka_topic_look(client, name, found, err);
        if (rc || found->partitions)
            return rc;
        if (now_us(client) > deadline)
            return leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "topic %s was made, and still isn't there", name);
        rc = leat_kafka_client_serve(client, SLICE_MS);
        if (rc)
            return rc;
    }
}

int leat_kafka_topic_need(struct kafka_client *client, const char *name, enum kafka_topic_use use, struct kafka_topic_found *found,
                          struct leat_error *err)
{
    int rc = leat_kafka_topic_look(client, name, found, err);
    if (rc || found->partitions)
        return rc;
    if (client->env->config->missing_topics == LEAT_MISSING_TOPICS_STOP)
        return refuse_missing(client, name, err);
    rc = leat_kafka_topic_make(client, name, use, err);
    return rc ? rc : wait_found(client, name, found, err);
}
