/* All of a topic's partitions through one queue of librdkafka's, each up to where it ended at the beginning. A transaction that is open there is waited for,
 * since only committed messages are given. */
#include "sink/topic.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kafka_int.h"

enum { WAIT_MS = 60000, LOOK_MS = 5000, SLICE_MS = 100, PARTITIONS_MAX = 65536 };

struct partition {
    int64_t end;
    bool done;
};

struct leat_topic {
    struct kafka_client client;
    atomic_bool interrupted;
    char *name;
    rd_kafka_topic_t *handle;
    rd_kafka_queue_t *queue;
    rd_kafka_message_t *message; /* given last */
    struct leat_topic_header *headers;
    size_t header_room;
    struct partition *partitions;
    int32_t count;
    int32_t left, consuming;
};

static int find_ends(struct leat_topic *topic, struct leat_error *err)
{
    struct kafka_topic_found found;
    int rc = leat_kafka_topic_look(&topic->client, topic->name, &found, err);
    if (rc)
        return rc;
    if (!found.partitions || found.partitions > PARTITIONS_MAX)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "there is no topic %s, or the account may not see it", topic->name);
    topic->count = found.partitions;
    topic->partitions = leat_alloc_zero((size_t)topic->count, sizeof *topic->partitions);
    for (int32_t i = 0; i < topic->count; i++) {
        int64_t low, end;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(topic->client.handle, topic->name, i, &low, &end, LOOK_MS);
        if (code)
            return leat_kafka_fail(err, code, NULL, "asking where topic %s ends", topic->name);
        topic->partitions[i] = (struct partition){end, end <= low};
        topic->left += end > low;
    }
    return LEAT_OK;
}

static int begin(struct leat_topic *topic, struct leat_error *err)
{
    topic->handle = rd_kafka_topic_new(topic->client.handle, topic->name, NULL);
    topic->queue = rd_kafka_queue_new(topic->client.handle);
    if (!topic->handle)
        return leat_kafka_fail(err, rd_kafka_last_error(), NULL, "reading topic %s", topic->name);
    for (; topic->consuming < topic->count; topic->consuming++)
        if (rd_kafka_consume_start_queue(topic->handle, topic->consuming, RD_KAFKA_OFFSET_BEGINNING, topic->queue))
            return leat_kafka_fail(err, rd_kafka_last_error(), NULL, "reading topic %s", topic->name);
    return LEAT_OK;
}

int leat_topic_open(struct leat_topic **out, const struct leat_sink_env *env, const char *name, struct leat_error *err)
{
    struct leat_topic *topic = leat_alloc_zero(1, sizeof *topic);
    atomic_init(&topic->interrupted, false);
    topic->client.env = env;
    topic->client.interrupted = &topic->interrupted;
    topic->name = leat_strdup(name);
    int rc = leat_kafka_client_open(&topic->client, KAFKA_READER, err);
    if (rc == LEAT_OK)
        rc = find_ends(topic, err);
    if (rc == LEAT_OK)
        rc = begin(topic, err);
    if (rc)
        leat_topic_close(&topic);
    *out = topic;
    return rc;
}

/* That much of its partition is read. */
static void reached(struct leat_topic *topic, int32_t number, int64_t next)
{
    if (number < 0 || number >= topic->count || topic->partitions[number].done || next < topic->partitions[number].end)
        return;
    topic->partitions[number].done = true;
    topic->left--;
}

static void take_headers(struct leat_topic *topic, struct leat_topic_message *to)
{
    rd_kafka_headers_t *headers;
    to->headers = NULL;
    to->header_count = 0;
    if (rd_kafka_message_headers(topic->message, &headers))
        return;
    size_t count = rd_kafka_header_cnt(headers);
    if (count > topic->header_room) {
        topic->headers = leat_realloc(topic->headers, count * sizeof *topic->headers);
        topic->header_room = count;
    }
    for (size_t i = 0; i < count; i++) {
        struct leat_topic_header *header = &topic->headers[i];
        if (rd_kafka_header_get_all(headers, i, &header->name, &header->value, &header->size))
            break;
        to->header_count = i + 1;
    }
    to->headers = topic->headers;
}

/* LEAT_AGAIN: it was no message. */
static int take(struct leat_topic *topic, struct leat_topic_message *to, struct leat_error *err)
{
    const rd_kafka_message_t *message = topic->message;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        reached(topic, message->partition, message->offset);
        return LEAT_AGAIN;
    }
    if (message->err)
        return leat_kafka_passes(message->err) ? LEAT_AGAIN
                                               : leat_kafka_fail(err, message->err, rd_kafka_message_errstr(message), "reading topic %s", topic->name);
    bool late = message->partition >= 0 && message->partition < topic->count && message->offset >= topic->partitions[message->partition].end;
    reached(topic, message->partition, message->offset + 1);
    if (late)
        return LEAT_AGAIN;
    *to = (struct leat_topic_message){.key = message->key, .key_size = message->key_len, .value = message->payload, .value_size = message->len,
                                      .partition = message->partition, .offset = message->offset};
    take_headers(topic, to);
    return LEAT_OK;
}

int leat_topic_next(struct leat_topic *topic, struct leat_topic_message *message, struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(topic->client.env->clock);
    while (topic->left) {
        if (topic->message)
            rd_kafka_message_destroy(topic->message);
        topic->message = rd_kafka_consume_queue(topic->queue, SLICE_MS);
        int rc = topic->message ? take(topic, message, err) : leat_kafka_client_serve(&topic->client, 0);
        if (topic->message && rc != LEAT_AGAIN)
            return rc;
        if (rc == LEAT_FAIL || rc == LEAT_STOPPED)
            return rc;
        if (leat_monotonic_us(topic->client.env->clock) - began_us > (uint64_t)WAIT_MS * 1000)
            return leat_kafka_client_waited(&topic->client, "reading a topic to its end", err);
    }
    return LEAT_END;
}

void leat_topic_close(struct leat_topic **out)
{
    struct leat_topic *topic = *out;
    if (!topic)
        return;
    if (topic->message)
        rd_kafka_message_destroy(topic->message);
    for (int32_t i = 0; i < topic->consuming; i++)
        (void)rd_kafka_consume_stop(topic->handle, i);
    if (topic->queue)
        rd_kafka_queue_destroy(topic->queue);
    if (topic->handle)
        rd_kafka_topic_destroy(topic->handle);
    leat_kafka_client_close(&topic->client);
    free(topic->partitions);
    free(topic->headers);
    free(topic->name);
    free(topic);
    *out = NULL;
}
