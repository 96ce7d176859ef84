/* The producer (kafka_producer_int.h). The runner's thread; delivery reports come in it, out of rd_kafka_poll.
 *
 * librdkafka's queue is bounded (queue.buffering.max.kbytes), and a message can't be refused in the middle of an item: what it has no
 * room for is copied and waits here, and the sink takes no item while anything does. So that is at most what one item gives.
 *
 * A record is never sent again by us: what fails ends in an error, and everything behind the checkpoint is handed over again. */
#include "kafka_producer_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *client)
{
    (void)handle;
    struct kafka_producer *producer = client;
    uintptr_t slot = (uintptr_t)message->_private;
    assert(slot < KAFKA_SLOTS);
    if (producer->outstanding[slot])
        producer->outstanding[slot]--;
    if (!message->err) {
        leat_kafka_offsets_see(&producer->offsets, message->rkt, message->partition, message->offset);
        if (slot == KAFKA_SLOTS - 1)
            producer->checkpoint_offset = message->offset;
        if (producer->client.down_since_us)
            leat_kafka_client_works(&producer->client);
    } else if (!producer->failed) {
        producer->failed = message->err;
        snprintf(producer->failed_topic, sizeof producer->failed_topic, "%s", message->rkt ? rd_kafka_topic_name(message->rkt) : "");
    }
}

static void drop_waiting(struct kafka_producer *producer)
{
    for (size_t i = producer->waiting_first; i < producer->waiting_count; i++)
        if (producer->waiting[i].record.headers)
            rd_kafka_headers_destroy(producer->waiting[i].record.headers);
    producer->waiting_first = producer->waiting_count = 0;
    leat_buf_clear(&producer->bytes);
}

int leat_kafka_producer_open(struct kafka_producer *producer, struct leat_error *err)
{
    assert(!producer->client.handle);
    producer->client.delivered = on_delivery;
    producer->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    producer->checkpoint_offset = -1;
    memset(producer->outstanding, 0, sizeof producer->outstanding);
    return leat_kafka_client_open(&producer->client, KAFKA_PRODUCER, err);
}

void leat_kafka_producer_close(struct kafka_producer *producer)
{
    drop_waiting(producer);
    leat_buf_free(&producer->bytes);
    free(producer->waiting);
    producer->waiting = NULL;
    producer->waiting_capacity = 0;
    leat_kafka_client_close(&producer->client);
    leat_kafka_offsets_forget_handles(&producer->offsets);
    producer->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Into librdkafka, which then owns the headers. */
static rd_kafka_resp_err_t hand_over(struct kafka_producer *producer, const struct kafka_record *record, unsigned slot)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    void *value = (void *)(uintptr_t)record->value, *opaque = (void *)(uintptr_t)slot;
    if (!record->headers && !record->time_ms) {
        if (rd_kafka_produce(record->topic, record->partition, RD_KAFKA_MSG_F_COPY, value, record->value_size, record->key,
                             record->key_size, opaque))
            code = rd_kafka_last_error();
    } else {
        code = rd_kafka_producev(producer->client.handle, RD_KAFKA_V_RKT(record->topic), RD_KAFKA_V_PARTITION(record->partition),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value, record->value_size),
                                 RD_KAFKA_V_KEY(record->key, record->key_size), RD_KAFKA_V_TIMESTAMP(record->time_ms),
                                 RD_KAFKA_V_HEADERS(record->headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    }
    return code;
}

static void wait_for_room(struct kafka_producer *producer, const struct kafka_record *record, unsigned slot)
{
    if (producer->waiting_count == producer->waiting_capacity) {
        producer->waiting_capacity = producer->waiting_capacity ? producer->waiting_capacity * 2 : 64;
        producer->waiting = leat_realloc(producer->waiting, producer->waiting_capacity * sizeof *producer->waiting);
    }
    struct kafka_waiting *waiting = &producer->waiting[producer->waiting_count++];
    *waiting = (struct kafka_waiting){.record = *record, .key_at = producer->bytes.size, .slot = slot};
    leat_buf_put(&producer->bytes, record->key, record->key_size);
    waiting->value_at = producer->bytes.size;
    leat_buf_put(&producer->bytes, record->value, record->value_size);
}

static int refused(struct kafka_producer *producer, struct kafka_record *record, unsigned slot, rd_kafka_resp_err_t code,
                   struct leat_error *err)
{
    char text[512];
    producer->outstanding[slot]--;
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        (void)leat_kafka_fail(err, rd_kafka_fatal_error(producer->client.handle, text, sizeof text), text, "the producer can't go on");
    else if (code == RD_KAFKA_RESP_ERR__STATE)
        (void)leat_kafka_fail(err, producer->client.trouble_code ? producer->client.trouble_code : code,
                              producer->client.trouble_code ? producer->client.trouble : NULL, "the Kafka transaction can't go on");
    else
        (void)leat_kafka_fail(err, code, NULL, "a message of %zu bytes for topic %s", record->value_size, rd_kafka_topic_name(record->topic));
    if (record->headers)
        rd_kafka_headers_destroy(record->headers);
    record->headers = NULL;
    return LEAT_FAIL;
}

int leat_kafka_producer_put(struct kafka_producer *producer, struct kafka_record *record, unsigned slot, struct leat_error *err)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    producer->outstanding[slot]++;
    if (producer->waiting_first == producer->waiting_count)
        code = hand_over(producer, record, slot);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        wait_for_room(producer, record, slot);
    else if (code)
        return refused(producer, record, slot, code, err);
    record->headers = NULL;
    return LEAT_OK;
}

int leat_kafka_producer_go_on(struct kafka_producer *producer, struct leat_error *err)
{
    while (producer->waiting_first < producer->waiting_count) {
        struct kafka_waiting *waiting = &producer->waiting[producer->waiting_first];
        struct kafka_record record = waiting->record;
        /* What is empty isn't null. */
        record.key = record.key ? (record.key_size ? producer->bytes.data + waiting->key_at : (const uint8_t *)"") : NULL;
        record.value = record.value ? (record.value_size ? producer->bytes.data + waiting->value_at : (const uint8_t *)"") : NULL;
        rd_kafka_resp_err_t code = hand_over(producer, &record, waiting->slot);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return LEAT_AGAIN;
        producer->waiting_first++;
        if (code)
            return refused(producer, &record, waiting->slot, code, err);
    }
    drop_waiting(producer);
    return LEAT_OK;
}

int leat_kafka_producer_serve(struct kafka_producer *producer, int timeout_ms, struct leat_error *err)
{
    rd_kafka_t *handle = producer->client.handle;
    rd_kafka_poll(handle, timeout_ms);
    char text[512];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle, text, sizeof text);
    if (fatal)
        return leat_kafka_fail(err, fatal, text, "the producer can't go on");
    if (!producer->failed)
        return leat_kafka_offsets_check(&producer->offsets, producer->client.env->config->name, err);
    if (producer->client.trouble_code && leat_kafka_passes(producer->failed))
        return leat_kafka_fail(err, producer->client.trouble_code, producer->client.trouble, "topic %s: %s", producer->failed_topic,
                               rd_kafka_err2str(producer->failed));
    return leat_kafka_fail(err, producer->failed, NULL, "delivering to topic %s", producer->failed_topic);
}
