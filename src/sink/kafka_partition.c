/* Hashes and partitions (kafka_partition_int.h).
 *
 * Java's clients: Utils.murmur2 of the key's bytes, its sign dropped, modulo the number of partitions. Maxwell: the hash's remainder, its
 * sign dropped. Canal: the hash's sign dropped, then the remainder, its sign dropped (the smallest number has none to drop). librdkafka's
 * `consistent`: CRC-32 modulo. */
#include "kafka_partition_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/json.h"

enum { MAXWELL_SEED = 25342 };

static uint32_t load(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t rotate(uint32_t value, unsigned by)
{
    return value << by | value >> (32 - by);
}

uint32_t leat_kafka_murmur2(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    const uint32_t m = 0x5bd1e995;
    uint32_t hash = 0x9747b28c ^ (uint32_t)size;
    for (; size >= 4; size -= 4, at += 4) {
        uint32_t k = load(at) * m;
        k ^= k >> 24;
        hash = hash * m ^ k * m;
    }
    if (size == 3)
        hash ^= (uint32_t)at[2] << 16;
    if (size >= 2)
        hash ^= (uint32_t)at[1] << 8;
    if (size >= 1) {
        hash ^= at[0];
        hash *= m;
    }
    hash ^= hash >> 13;
    hash *= m;
    return hash ^ hash >> 15;
}

static uint32_t mix3(uint32_t k)
{
    return rotate(k * 0xcc9e2d51, 15) * 0x1b873593;
}

uint32_t leat_kafka_murmur3(const void *bytes, size_t size, uint32_t seed)
{
    const uint8_t *at = bytes;
    uint32_t hash = seed, last = 0;
    size_t left = size;
    for (; left >= 4; left -= 4, at += 4)
        hash = rotate(hash ^ mix3(load(at)), 13) * 5 + 0xe6546b64;
    for (size_t i = left; i > 0; i--)
        last = last << 8 | at[i - 1];
    if (left)
        hash ^= mix3(last);
    hash ^= (uint32_t)size;
    hash = (hash ^ hash >> 16) * 0x85ebca6b;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35;
    return hash ^ hash >> 16;
}

static uint32_t crc32(const uint8_t *at, size_t size)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

int32_t leat_kafka_java_hash(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint32_t hash = 0;
    for (size_t i = 0; i < size;) {
        size_t length = leat_utf8_character(at + i, size - i);
        uint32_t point = length == 1 ? at[i] : 0xFFFD; /* what Java makes of bytes that are no text */
        if (length > 1) {
            point = at[i] & (0x7Fu >> length);
            for (size_t k = 1; k < length; k++)
                point = point << 6 | (at[i + k] & 0x3F);
        }
        if (point > 0xFFFF) { /* two units of UTF-16 */
            hash = 31 * hash + (0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        hash = 31 * hash + point;
        i += length ? length : 1;
    }
    return (int32_t)hash;
}

int32_t leat_kafka_partition_canal(int32_t hash, int32_t count)
{
    int64_t positive = hash == INT32_MIN ? INT32_MIN : hash < 0 ? -(int64_t)hash : hash;
    return (int32_t)llabs(positive % count);
}

int32_t leat_kafka_partition(enum leat_partitioner how, const void *bytes, size_t size, int32_t count)
{
    assert(count > 0);
    switch (how) {
    case LEAT_PARTITIONER_JAVA_HASH:
        return (int32_t)llabs((int64_t)leat_kafka_java_hash(bytes, size) % count);
    case LEAT_PARTITIONER_MURMUR3:
        return (int32_t)llabs((int64_t)(int32_t)leat_kafka_murmur3(bytes, size, MAXWELL_SEED) % count);
    case LEAT_PARTITIONER_CANAL:
        return leat_kafka_partition_canal(leat_kafka_java_hash(bytes, size), count);
    case LEAT_PARTITIONER_CRC32:
        return (int32_t)(crc32(bytes, size) % (uint32_t)count);
    case LEAT_PARTITIONER_MURMUR2:
        break;
    }
    return (int32_t)((leat_kafka_murmur2(bytes, size) & 0x7FFFFFFF) % (uint32_t)count);
}
