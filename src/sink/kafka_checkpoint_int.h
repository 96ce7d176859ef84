/* The kafka sink's checkpoint: as a record that people can read (docs/sinks/kafka-delivery.md, "The checkpoint"), and the topic that it is in. */
#ifndef LEAT_SINK_KAFKA_CHECKPOINT_INT_H
#define LEAT_SINK_KAFKA_CHECKPOINT_INT_H

#include "kafka_int.h"

enum { KAFKA_INSTANCE_SIZE = 16, KAFKA_OPEN_NAME_MAX = 640, KAFKA_CHECKPOINT_BYTES_MAX = 64 * 1024 * 1024 };

struct kafka_checkpoint {
    struct leat_checkpoint at; /* owned */
    uint8_t instance[KAFKA_INSTANCE_SIZE]; /* which process's sink wrote it */
    uint64_t takeover;                     /* raised whenever an instance begins to write here */
    /* Of the transaction behind `at`, so many records are delivered already. 0: none. */
    uint64_t open_records;
    char open_name[KAFKA_OPEN_NAME_MAX]; /* its GTID, or file:pos */
};

void leat_kafka_checkpoint_free(struct kafka_checkpoint *checkpoint);

/* ---- kafka_checkpoint.c: pure ---- */

/* Fails for names that no JSON text can hold. */
int leat_kafka_checkpoint_encode(struct leat_buf *buf, const struct kafka_checkpoint *checkpoint, const char *relay, const char *sink,
                                 uint64_t wall_us, struct leat_error *err) LEAT_CHECKED;
/* Trusts nothing. Refuses another relay's or sink's. */
int leat_kafka_checkpoint_decode(struct kafka_checkpoint *checkpoint, const void *bytes, size_t size, const char *relay,
                                 const char *sink, struct leat_error *err) LEAT_CHECKED;

/* ---- kafka_checkpoint_topic.c ---- */

/* The topic is there and fit for it; makes it where that is allowed. Waits, with a deadline. */
int leat_kafka_checkpoint_topic(struct kafka_client *client, const char *topic, struct leat_error *err) LEAT_CHECKED;
/* Reads committed records with this key, waiting for all before the topic's end to be decided. see is called with each value, in order
 * (bytes NULL: the record was taken back); the last is the newest.
 * from: where to begin; KAFKA_NEWEST: far enough before the end to meet one, if there is one (earlier ones may be met again). */
enum { KAFKA_NEWEST = -1 };
struct kafka_checkpoint_out {
    void *context;
    void (*see)(void *context, const void *bytes, size_t size);
};
int leat_kafka_checkpoint_read(const struct leat_sink_env *env, const atomic_bool *interrupted, const char *topic, const char *key,
                               int64_t from, const struct kafka_checkpoint_out *out, struct leat_error *err) LEAT_CHECKED;

#endif
