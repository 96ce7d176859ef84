/* Bytes of records on their way: librdkafka reads keys and values where they lie, and each chunk is used again once all of its records
 * have reports. That saves an allocation and a copy in each record. */
#ifndef LEAT_SINK_KAFKA_CHUNKS_INT_H
#define LEAT_SINK_KAFKA_CHUNKS_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KAFKA_CHUNK_SIZE = 256 * 1024 };

struct kafka_chunks {
    struct kafka_chunk {
        uint8_t *bytes; /* owned; NULL: none now */
        size_t size, used;
        size_t records; /* without a report */
    } * list;           /* owned */
    size_t count, capacity;
    size_t *idle, idle_count; /* owned, of `capacity`: which are empty */
    size_t current;           /* is being filled; SIZE_MAX: none */
    size_t bytes;             /* of all that hold records */
};

/* Room for a record's bytes, one behind another, and the chunk that they are in; leat_kafka_chunks_done is called once for each. Of a size of
 * 0 comes an address too. */
uint8_t *leat_kafka_chunks_take(struct kafka_chunks *chunks, size_t size, size_t *chunk);
void leat_kafka_chunks_done(struct kafka_chunks *chunks, size_t chunk);
/* Nobody reads in them any more. */
void leat_kafka_chunks_free(struct kafka_chunks *chunks);

#endif
