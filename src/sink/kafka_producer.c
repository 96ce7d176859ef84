/* The producer (kafka_producer_int.h). The runner's thread; delivery reports come in it, out of rd_kafka_poll.
 *
 * Records are gathered by partition and handed over many at once, which spares librdkafka a look at clocks, locks and tables for each. They
 * are handed over when there are enough, and whenever the runner looks after the sink, so that none waits longer than the step that made it.
 *
 * librdkafka's queue is bounded (queue.buffering.max.kbytes), and a message can't be refused in the middle of an item: what it has no
 * room for stays in its lane, and the sink takes no item while anything has to. So that is at most what one item gives, and a step's batch.
 *
 * A record is never sent again by us: what fails ends in an error, and everything behind the checkpoint is handed over again. */
#include "kafka_producer_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { BATCH = 512 };

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *client)
{
    (void)handle;
    struct kafka_producer *producer = client;
    uintptr_t slot = (uintptr_t)message->_private % KAFKA_SLOTS;
    leat_kafka_chunks_done(&producer->chunks, (uintptr_t)message->_private / KAFKA_SLOTS);
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

/* ---- Lanes ---- */

static struct kafka_lane *place_of(const struct kafka_producer *producer, const rd_kafka_topic_t *topic, int32_t partition)
{
    uint64_t hash = ((uint64_t)(uintptr_t)topic + (uint32_t)partition) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & (producer->lane_capacity - 1);
    while (producer->lanes[at].topic && (producer->lanes[at].topic != topic || producer->lanes[at].partition != partition))
        at = (at + 1) & (producer->lane_capacity - 1);
    return &producer->lanes[at];
}

static void make_lanes(struct kafka_producer *producer)
{
    if (producer->lane_count * 2 < producer->lane_capacity)
        return;
    struct kafka_lane *old = producer->lanes;
    size_t old_capacity = producer->lane_capacity;
    producer->lane = NULL;
    producer->lane_capacity = old_capacity ? old_capacity * 2 : 64;
    producer->lanes = leat_alloc_zero(producer->lane_capacity, sizeof *producer->lanes);
    producer->filled = leat_realloc(producer->filled, producer->lane_capacity * sizeof *producer->filled);
    producer->filled_count = 0;
    for (size_t i = 0; i < old_capacity; i++) {
        if (!old[i].topic)
            continue;
        struct kafka_lane *lane = place_of(producer, old[i].topic, old[i].partition);
        *lane = old[i];
        if (lane->first < lane->count)
            producer->filled[producer->filled_count++] = (size_t)(lane - producer->lanes);
    }
    free(old);
}

static struct kafka_lane *lane_of(struct kafka_producer *producer, rd_kafka_topic_t *topic, int32_t partition)
{
    if (producer->lane && producer->lane->topic == topic && producer->lane->partition == partition)
        return producer->lane;
    make_lanes(producer);
    struct kafka_lane *lane = place_of(producer, topic, partition);
    if (!lane->topic) {
        *lane = (struct kafka_lane){.topic = topic, .partition = partition};
        producer->lane_count++;
    }
    return producer->lane = lane;
}

static void drop_lanes(struct kafka_producer *producer)
{
    for (size_t i = 0; i < producer->lane_capacity; i++) {
        struct kafka_lane *lane = &producer->lanes[i];
        for (size_t k = lane->first; k < lane->count; k++)
            if (lane->more[k].headers)
                rd_kafka_headers_destroy(lane->more[k].headers);
        free(lane->messages);
        free(lane->more);
    }
    free(producer->lanes);
    free(producer->filled);
    producer->lanes = producer->lane = NULL;
    producer->filled = NULL;
    producer->lane_count = producer->lane_capacity = producer->filled_count = producer->records = 0;
    producer->full = producer->holding = false;
}

static bool has_more(const struct kafka_more *more)
{
    return more->headers || more->time_ms;
}

static void append(struct kafka_producer *producer, struct kafka_lane *lane, const rd_kafka_message_t *message, struct kafka_more more)
{
    if (lane->count == lane->capacity) {
        lane->capacity = lane->capacity ? lane->capacity * 2 : 16;
        lane->messages = leat_realloc(lane->messages, lane->capacity * sizeof *lane->messages);
        lane->more = leat_realloc(lane->more, lane->capacity * sizeof *lane->more);
    }
    if (lane->first == lane->count)
        producer->filled[producer->filled_count++] = (size_t)(lane - producer->lanes);
    lane->messages[lane->count] = *message;
    lane->more[lane->count++] = more;
    lane->mixed = lane->mixed || has_more(&more);
    producer->records++;
}

/* ---- The producer ---- */

int leat_kafka_producer_open(struct kafka_producer *producer, struct leat_error *err)
{
    assert(!producer->client.handle);
    producer->client.delivered = on_delivery;
    producer->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    producer->checkpoint_offset = -1;
    memset(producer->outstanding, 0, sizeof producer->outstanding);
    producer->bytes_max = leat_kafka_queue_bytes(producer->client.env);
    return leat_kafka_client_open(&producer->client, KAFKA_PRODUCER, err);
}

void leat_kafka_producer_close(struct kafka_producer *producer)
{
    drop_lanes(producer);
    leat_kafka_client_close(&producer->client);
    leat_kafka_chunks_free(&producer->chunks);
    leat_kafka_offsets_forget_handles(&producer->offsets);
    producer->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* One with headers, which librdkafka then owns, or with a time. */
static rd_kafka_resp_err_t hand_over_one(struct kafka_producer *producer, struct kafka_lane *lane)
{
    const rd_kafka_message_t *message = &lane->messages[lane->first];
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->client.handle, RD_KAFKA_V_RKT(lane->topic), RD_KAFKA_V_PARTITION(lane->partition), RD_KAFKA_V_MSGFLAGS(0),
        RD_KAFKA_V_VALUE(message->payload, message->len), RD_KAFKA_V_KEY(message->key, message->key_len),
        RD_KAFKA_V_TIMESTAMP(lane->more[lane->first].time_ms), RD_KAFKA_V_HEADERS(lane->more[lane->first].headers),
        RD_KAFKA_V_OPAQUE(message->_private), RD_KAFKA_V_END);
    lane->first += !code;
    return code;
}

/* Those up to the next that has more. A full queue refuses all that follow, too. */
static rd_kafka_resp_err_t hand_over_bare(struct kafka_lane *lane)
{
    size_t end = lane->count;
    if (lane->mixed)
        for (end = lane->first; end < lane->count && !has_more(&lane->more[end]);)
            end++;
    int count = (int)(end - lane->first);
    int taken = rd_kafka_produce_batch(lane->topic, lane->partition, 0, &lane->messages[lane->first], count);
    for (size_t i = lane->first; taken < count && i < end; i++) {
        if (!lane->messages[i].err)
            continue;
        lane->first = i;
        return lane->messages[i].err;
    }
    lane->first = end;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t hand_over(struct kafka_producer *producer, struct kafka_lane *lane)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    size_t before = lane->first;
    while (!code && lane->first < lane->count)
        code = has_more(&lane->more[lane->first]) ? hand_over_one(producer, lane) : hand_over_bare(lane);
    producer->records -= lane->first - before;
    if (lane->first == lane->count) {
        lane->first = lane->count = 0;
        lane->mixed = false;
    }
    return code;
}

static int refused(const struct kafka_producer *producer, const struct kafka_lane *lane, rd_kafka_resp_err_t code, struct leat_error *err)
{
    char text[512];
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        return leat_kafka_fail(err, rd_kafka_fatal_error(producer->client.handle, text, sizeof text), text, "the producer can't go on");
    if (code == RD_KAFKA_RESP_ERR__STATE)
        return leat_kafka_fail(err, producer->client.trouble_code ? producer->client.trouble_code : code,
                               producer->client.trouble_code ? producer->client.trouble : NULL, "the Kafka transaction can't go on");
    return leat_kafka_fail(err, code, NULL, "a message of %zu bytes for topic %s", lane->messages[lane->first].len,
                           rd_kafka_topic_name(lane->topic));
}

int leat_kafka_producer_go_on(struct kafka_producer *producer, struct leat_error *err)
{
    while (!producer->holding && producer->filled_count) {
        struct kafka_lane *lane = &producer->lanes[producer->filled[producer->filled_count - 1]];
        rd_kafka_resp_err_t code = hand_over(producer, lane);
        producer->full = code == RD_KAFKA_RESP_ERR__QUEUE_FULL;
        if (code)
            return producer->full ? LEAT_AGAIN : refused(producer, lane, code, err);
        producer->filled_count--;
    }
    return LEAT_OK;
}

int leat_kafka_producer_put(struct kafka_producer *producer, struct kafka_record *record, unsigned slot, struct leat_error *err)
{
    size_t chunk;
    uint8_t *bytes = leat_kafka_chunks_take(&producer->chunks, record->key_size + record->value_size, &chunk);
    rd_kafka_message_t message = {.key = record->key ? bytes : NULL,
                                  .key_len = record->key_size,
                                  .payload = record->value ? bytes + record->key_size : NULL,
                                  .len = record->value_size,
                                  ._private = (void *)(chunk * KAFKA_SLOTS + slot)}; /* NOLINT(performance-no-int-to-ptr) */
    if (record->key_size)
        memcpy(bytes, record->key, record->key_size);
    if (record->value_size)
        memcpy(bytes + record->key_size, record->value, record->value_size);
    append(producer, lane_of(producer, record->topic, record->partition), &message,
           (struct kafka_more){record->headers, record->time_ms});
    record->headers = NULL;
    producer->outstanding[slot]++;
    if (producer->records < BATCH || producer->full)
        return LEAT_OK;
    int rc = leat_kafka_producer_go_on(producer, err);
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
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
