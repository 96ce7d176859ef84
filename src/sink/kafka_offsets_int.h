/* Which offsets the brokers gave our records last: a topic that was made anew begins again at 0, and nobody else would say so. */
#ifndef LEAT_SINK_KAFKA_OFFSETS_INT_H
#define LEAT_SINK_KAFKA_OFFSETS_INT_H

#include "kafka_int.h"

struct kafka_offsets {
    struct kafka_offsets_topic {
        char *name;        /* NULL: a free slot */
        int64_t *last;     /* by partition; -1: none yet */
        int32_t partitions;
    } * topics; /* open addressing by name; owned */
    size_t count, capacity; /* capacity: a power of two, or 0 */
    /* Reports come partition by partition: the topic of the last one. */
    const rd_kafka_topic_t *handle;
    struct kafka_offsets_topic *at;
    /* The first that fell; empty: none did. */
    char fell[256];
    int32_t fell_partition;
    int64_t fell_from, fell_to;
};

void leat_kafka_offsets_see(struct kafka_offsets *offsets, const rd_kafka_topic_t *handle, int32_t partition, int64_t offset);
/* Handles end; names stay. */
void leat_kafka_offsets_forget_handles(struct kafka_offsets *offsets);
void leat_kafka_offsets_clear(struct kafka_offsets *offsets);
/* A JSON object of arrays: {"shop.cart":[41,-1,7]}; empty if there are too many. */
void leat_kafka_offsets_put(struct leat_buf *buf, const struct kafka_offsets *offsets);
/* As if the last report of that partition had been this one. */
void leat_kafka_offsets_set(struct kafka_offsets *offsets, const char *topic, int32_t partition, int64_t offset);
/* Fills err if one fell, once. */
int leat_kafka_offsets_check(struct kafka_offsets *offsets, const char *sink, struct leat_error *err) LEAT_CHECKED;

#endif
