/* The topic that checkpoints are in: one partition, compacted. The runner's thread; everything here waits for brokers, with a deadline,
 * and ends when the sink is interrupted.
 *
 * Reading: the newest record of our key is wanted, and the topic may hold millions that aren't compacted yet, or other sinks' records: so
 * reading begins a little before the end, and further back only if that had none. What others' open transactions hold back lies behind what
 * read_committed shows; ours may be behind it, so the end that is read to is the end of all, not of what is committed: as it was when reading began,
 * since sinks that share the topic may write to it all the time, with a transaction open at its end always. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "kafka_checkpoint_int.h"

enum {
    WAIT_MS = 10000,  /* for an answer of the brokers */
    STABLE_MS = 30000, /* for others' transactions to end */
    SLICE_MS = 100,
    LOOK_MS = 1000,
    FIRST_LOOK_BACK = 1000,
    LOOK_BACK_FACTOR = 100,
};

/* ---- Fit for it ---- */

static int wrong_policy(const char *topic, const char *policy, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR,
                    "topic %s has cleanup.policy=%s: the brokers would delete the checkpoint of a sink that has nothing to deliver", topic,
                    policy);
    return leat_cure(err, "kafka-configs.sh --bootstrap-server … --alter --entity-type topics --entity-name %s --add-config "
                          "cleanup.policy=compact, then resume", topic);
}

static const char *policy_of(const rd_kafka_ConfigResource_t *resource)
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rd_kafka_ConfigEntry_name(entries[i]), "cleanup.policy"))
            return rd_kafka_ConfigEntry_value(entries[i]);
    return NULL;
}

static int judge_policy(const char *sink, const char *topic, rd_kafka_event_t *event, struct leat_error *err)
{
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
    const char *policy = count == 1 && !rd_kafka_event_error(event) ? policy_of(resources[0]) : NULL;
    if (policy)
        return strcmp(policy, "compact") ? wrong_policy(topic, policy, err) : LEAT_OK;
    /* The account may not be allowed to ask; that is no reason to stop. */
    leat_log(LEAT_LOG_WARN, "sink", sink, "can't tell whether topic %s is compacted: %s", topic,
             count == 1 && rd_kafka_ConfigResource_error_string(resources[0]) ? rd_kafka_ConfigResource_error_string(resources[0])
             : rd_kafka_event_error_string(event)                              ? rd_kafka_event_error_string(event)
                                                                               : "no answer");
    return LEAT_OK;
}

static int check_policy(struct kafka_client *client, const char *topic, struct leat_error *err)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_DescribeConfigs(client->handle, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = NULL;
    int rc = LEAT_OK;
    for (int waited = 0; !event && rc == LEAT_OK && waited < WAIT_MS; waited += SLICE_MS) {
        event = rd_kafka_queue_poll(queue, SLICE_MS);
        rc = leat_kafka_client_serve(client, 0);
    }
    if (rc == LEAT_OK && event)
        rc = judge_policy(client->env->config->name, topic, event, err);
    else if (rc == LEAT_OK)
        rc = leat_kafka_client_waited(client, "asking for the checkpoint topic's settings", err);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return rc;
}

int leat_kafka_checkpoint_topic(struct kafka_client *client, const char *topic, struct leat_error *err)
{
    struct kafka_topic_found found = {0};
    int rc = leat_kafka_topic_look(client, topic, &found, err);
    if (rc)
        return rc;
    if (!found.partitions && client->env->config->missing_topics == LEAT_MISSING_TOPICS_STOP) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "there is no topic %s for the checkpoint, and missing_topics says `stop`", topic);
        return leat_cure(err, "kafka-topics.sh --bootstrap-server … --create --topic %s --partitions 1 --config cleanup.policy=compact, then resume",
                         topic);
    }
    if (!found.partitions)
        return leat_kafka_topic_make(client, topic, KAFKA_TOPIC_CHECKPOINT, err);
    if (found.partitions != 1) {
        (void)leat_fail(err, LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR,
                        "topic %s has %d partitions, so it isn't one for checkpoints, which has one", topic, (int)found.partitions);
        return leat_cure(err, "set checkpoint_topic of this sink to another name");
    }
    return check_policy(client, topic, err);
}

/* ---- Reading it ---- */

struct reading {
    struct kafka_client client;
    rd_kafka_topic_t *topic;
    const char *name, *key;
    const struct kafka_checkpoint_out *out;
    bool found;
    int64_t low, end; /* of the topic when reading began */
    uint64_t deadline_us;
};

static void set_deadline(struct reading *reading, unsigned ms)
{
    reading->deadline_us = leat_monotonic_us(reading->client.env->clock) + (uint64_t)ms * 1000;
}

static bool late(const struct reading *reading)
{
    return leat_monotonic_us(reading->client.env->clock) >= reading->deadline_us;
}

static int find_end(struct reading *reading, struct leat_error *err)
{
    rd_kafka_resp_err_t code;
    set_deadline(reading, WAIT_MS);
    do {
        int rc = leat_kafka_client_serve(&reading->client, 0);
        if (rc)
            return rc;
        code = rd_kafka_query_watermark_offsets(reading->client.handle, reading->name, 0, &reading->low, &reading->end, LOOK_MS);
    } while (code && leat_kafka_passes(code) && !leat_kafka_client_is_hopeless(&reading->client) && !late(reading));
    if (!code)
        return LEAT_OK;
    if (reading->client.trouble_code)
        return leat_kafka_client_waited(&reading->client, "asking where the checkpoint topic ends", err);
    return leat_kafka_fail(err, code, NULL, "asking where topic %s ends", reading->name);
}

static void take(struct reading *reading, const rd_kafka_message_t *message)
{
    if (message->key_len != strlen(reading->key) || memcmp(message->key, reading->key, message->key_len) != 0)
        return;
    reading->found = true;
    reading->out->see(reading->out->context, message->payload, message->len);
}

/* LEAT_END: all is read. */
static int take_next(struct reading *reading, const rd_kafka_message_t *message, struct leat_error *err)
{
    if (!message->err) {
        take(reading, message);
        return message->offset + 1 >= reading->end ? LEAT_END : LEAT_OK;
    }
    if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return leat_kafka_passes(message->err) ? LEAT_OK : leat_kafka_fail(err, message->err, rd_kafka_message_errstr(message),
                                                                         "reading topic %s", reading->name);
    return message->offset >= reading->end ? LEAT_END : LEAT_OK;
}

static int never_stable(const struct reading *reading, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY,
                    "another producer's transaction in topic %s stays open, and what lies behind it can't be read yet", reading->name);
    return leat_cure(err, "it ends with that producer's transaction.timeout.ms; give each sink a checkpoint_topic of its own to be free of others");
}

static int read_from(struct reading *reading, int64_t offset, struct leat_error *err)
{
    set_deadline(reading, STABLE_MS);
    if (rd_kafka_consume_start(reading->topic, 0, offset))
        return leat_kafka_fail(err, rd_kafka_last_error(), NULL, "reading topic %s", reading->name);
    bool any = false;
    int rc = LEAT_OK;
    while (rc == LEAT_OK) {
        rc = leat_kafka_client_serve(&reading->client, 0);
        rd_kafka_message_t *message = rc == LEAT_OK ? rd_kafka_consume(reading->topic, 0, SLICE_MS) : NULL;
        any = any || message;
        if (message) {
            rc = take_next(reading, message, err);
            rd_kafka_message_destroy(message);
        }
        if (rc == LEAT_OK && late(reading))
            rc = any ? never_stable(reading, err) : leat_kafka_client_waited(&reading->client, "reading the checkpoint topic", err);
    }
    (void)rd_kafka_consume_stop(reading->topic, 0);
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int look_back(struct reading *reading, struct leat_error *err)
{
    int64_t back = FIRST_LOOK_BACK;
    int rc = LEAT_OK;
    while (rc == LEAT_OK) {
        int64_t from = reading->end - reading->low > back ? reading->end - back : reading->low;
        rc = read_from(reading, from, err);
        if (reading->found || from == reading->low)
            break;
        back = back > INT64_MAX / LOOK_BACK_FACTOR ? INT64_MAX : back * LOOK_BACK_FACTOR;
    }
    return rc;
}

int leat_kafka_checkpoint_read(const struct leat_sink_env *env, const atomic_bool *interrupted, const char *topic, const char *key,
                               int64_t from, const struct kafka_checkpoint_out *out, struct leat_error *err)
{
    struct reading reading = {.client = {.env = env, .interrupted = interrupted}, .name = topic, .key = key, .out = out};
    if (leat_kafka_client_open(&reading.client, KAFKA_READER, err))
        return LEAT_FAIL;
    reading.topic = rd_kafka_topic_new(reading.client.handle, topic, NULL);
    int rc = reading.topic ? find_end(&reading, err) : leat_kafka_fail(err, rd_kafka_last_error(), NULL, "reading topic %s", topic);
    if (rc == LEAT_OK && from < reading.end)
        rc = from == KAFKA_NEWEST ? look_back(&reading, err) : read_from(&reading, from, err);
    if (reading.topic)
        rd_kafka_topic_destroy(reading.topic);
    leat_kafka_client_close(&reading.client);
    return rc;
}
