/* Messages that are larger than message.max.bytes: what becomes of them. The runner's thread. */
#ifndef LEAT_SINK_KAFKA_OVERSIZE_INT_H
#define LEAT_SINK_KAFKA_OVERSIZE_INT_H

#include "kafka_int.h"

struct kafka_oversize {
    const struct leat_sink_env *env;
    size_t message_max; /* librdkafka's message.max.bytes */
    struct leat_buf value; /* of a record that says where the value is */
    uint64_t met;       /* how many there were */
};

/* About the message that is too large. */
struct kafka_large {
    const char *id;    /* leat-id */
    const char *topic; /* that it was for */
    rd_kafka_topic_t *dead_letters; /* with oversize: dead_letter */
};

/* Gives record in another form, or fails (`stop`). Takes record->headers in any case. */
int leat_kafka_oversize(struct kafka_oversize *oversize, struct kafka_record *record, const struct kafka_large *large,
                        const struct kafka_record_out *out, struct leat_error *err) LEAT_CHECKED;

/* More than headers take, mostly, and what a record needs beside key, value and headers. */
enum { KAFKA_HEADER_ROOM = 2048, KAFKA_RECORD_ROOM = 128 };

/* The slow answer, with the headers counted. */
bool leat_kafka_oversize_look(const struct kafka_oversize *oversize, const struct kafka_record *record);
static inline bool leat_kafka_is_oversize(const struct kafka_oversize *oversize, const struct kafka_record *record)
{
    return record->key_size + record->value_size + KAFKA_HEADER_ROOM > oversize->message_max && leat_kafka_oversize_look(oversize, record);
}

#endif
