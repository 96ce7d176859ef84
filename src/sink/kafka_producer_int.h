/* The producer: records into librdkafka, and what its delivery reports say. */
#ifndef LEAT_SINK_KAFKA_PRODUCER_INT_H
#define LEAT_SINK_KAFKA_PRODUCER_INT_H

#include "kafka_chunks_int.h"
#include "kafka_offsets_int.h"

/* More than checkpoints can be in flight (runner_int.h). */
enum { KAFKA_SLOTS = 128 };

/* Records of one partition that librdkafka hasn't got yet, in their order. */
struct kafka_lane {
    rd_kafka_topic_t *topic; /* NULL: a free place */
    int32_t partition;
    rd_kafka_message_t *messages; /* owned: from `first` on; their bytes are in chunks */
    struct kafka_more {
        rd_kafka_headers_t *headers; /* owned; NULL: none */
        int64_t time_ms;             /* 0: when librdkafka gets it */
    } * more; /* owned: of the same messages */
    size_t first, count, capacity;
    bool mixed; /* some have more */
};

struct kafka_producer {
    struct kafka_client client; /* first: delivery reports come with it */
    struct kafka_chunks chunks;
    struct kafka_lane *lanes; /* owned: open addressing by topic and partition */
    size_t lane_count, lane_capacity;
    struct kafka_lane *lane; /* the last one */
    size_t *filled, filled_count; /* owned, of lane_capacity: lanes that have records */
    size_t records;          /* of all lanes */
    bool full;               /* librdkafka had no room */
    bool holding;            /* what comes waits in its lane: it belongs to the next Kafka transaction */
    size_t bytes_max;        /* of all chunks: what may be taken beforehand */
    /* By slot: records that were taken and have no report yet. */
    uint64_t outstanding[KAFKA_SLOTS];
    struct kafka_offsets offsets; /* of successful reports; outlives handles */
    int64_t checkpoint_offset;    /* of the last checkpoint record that was acknowledged; -1: none */
    rd_kafka_resp_err_t failed;   /* the first report of a record that could not be delivered */
    char failed_topic[256];
};

int leat_kafka_producer_open(struct kafka_producer *producer, struct leat_error *err) LEAT_CHECKED;
/* Drops all that isn't delivered. Topic handles must be gone. */
void leat_kafka_producer_close(struct kafka_producer *producer);
/* Takes the record, and its headers in any case; it goes to librdkafka with others. Slot KAFKA_SLOTS - 1 is for checkpoints. */
int leat_kafka_producer_put(struct kafka_producer *producer, struct kafka_record *record, unsigned slot, struct leat_error *err) LEAT_CHECKED;
/* Hands on what waits, unless it is held. LEAT_AGAIN: there is still no room. */
int leat_kafka_producer_go_on(struct kafka_producer *producer, struct leat_error *err) LEAT_CHECKED;
/* Serves callbacks, and fails if a record failed or the producer can't go on. */
int leat_kafka_producer_serve(struct kafka_producer *producer, int timeout_ms, struct leat_error *err) LEAT_CHECKED;
/* Whether more can be taken while what there is can't go on. */
static inline bool leat_kafka_producer_has_room(const struct kafka_producer *producer)
{
    return producer->chunks.bytes < producer->bytes_max;
}

#endif
