/* The producer: records into librdkafka, and what its delivery reports say. */
#ifndef LEAT_SINK_KAFKA_PRODUCER_INT_H
#define LEAT_SINK_KAFKA_PRODUCER_INT_H

#include "kafka_offsets_int.h"

/* More than checkpoints can be in flight (runner_int.h). */
enum { KAFKA_SLOTS = 128 };

/* A record that found no room: copies, in the order in which they have to go. */
struct kafka_waiting {
    struct kafka_record record; /* key and value: NULL, or not (their bytes are in `bytes`) */
    size_t key_at, value_at;
    unsigned slot;
};

struct kafka_producer {
    struct kafka_client client; /* first: delivery reports come with it */
    struct kafka_waiting *waiting; /* owned: from waiting_first on */
    size_t waiting_first, waiting_count, waiting_capacity;
    struct leat_buf bytes; /* of them */
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
/* Takes the record, and its headers in any case; what librdkafka has no room for waits here. Slot KAFKA_SLOTS - 1 is for checkpoints. */
int leat_kafka_producer_put(struct kafka_producer *producer, struct kafka_record *record, unsigned slot, struct leat_error *err) LEAT_CHECKED;
/* Hands on what waits. LEAT_AGAIN: there is still no room. */
int leat_kafka_producer_go_on(struct kafka_producer *producer, struct leat_error *err) LEAT_CHECKED;
/* Serves callbacks, and fails if a record failed or the producer can't go on. */
int leat_kafka_producer_serve(struct kafka_producer *producer, int timeout_ms, struct leat_error *err) LEAT_CHECKED;

#endif
