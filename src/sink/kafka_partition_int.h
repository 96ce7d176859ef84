/* Which partition: the rules of Kafka's Java clients, of librdkafka, Maxwell and Canal. Pure; any thread. */
#ifndef LEAT_SINK_KAFKA_PARTITION_INT_H
#define LEAT_SINK_KAFKA_PARTITION_INT_H

#include "base/buf.h"
#include "config/config.h"

/* Of the bytes that decide, among `count` (at least 1) partitions. */
int32_t leat_kafka_partition(enum leat_partitioner how, const void *bytes, size_t size, int32_t count);
/* Canal's rule for hashes that were combined. */
int32_t leat_kafka_partition_canal(int32_t hash, int32_t count);

/* Kafka's murmur2, seed 0x9747b28c. */
uint32_t leat_kafka_murmur2(const void *bytes, size_t size);
/* MurmurHash3, 32 bits. */
uint32_t leat_kafka_murmur3(const void *bytes, size_t size, uint32_t seed);
/* Java's String.hashCode of UTF-8 text. */
int32_t leat_kafka_java_hash(const void *bytes, size_t size);

/* A member's value in JSON that a format wrote, without reading what lies within others: {"a":1,"b":{…}}. */
struct kafka_json {
    const uint8_t *at, *end;
};
/* false: `object` is no object, or has no such member. */
bool leat_kafka_json_member(struct kafka_json *value, struct kafka_json object, const char *name, size_t name_size);
/* The first element of an array; *only: there is no second. false: it is no array, or empty. */
bool leat_kafka_json_first(struct kafka_json *value, struct kafka_json array, bool *only);
/* Appends the value as text: a string without quotes and escapes, all else as it stands; false, and nothing, for null. */
bool leat_kafka_json_text(struct leat_buf *buf, struct kafka_json value);

#endif
