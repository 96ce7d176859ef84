/* Chunks of records' bytes (kafka_chunks_int.h). The runner's thread. */
#include "kafka_chunks_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

static struct kafka_chunk *grow(struct kafka_chunks *chunks)
{
    if (chunks->count == chunks->capacity) {
        chunks->capacity = chunks->capacity ? chunks->capacity * 2 : 16;
        chunks->list = leat_realloc(chunks->list, chunks->capacity * sizeof *chunks->list);
        chunks->idle = leat_realloc(chunks->idle, chunks->capacity * sizeof *chunks->idle);
    }
    chunks->list[chunks->count] = (struct kafka_chunk){0};
    return &chunks->list[chunks->count++];
}

/* A chunk without records stays for the next, but for one that was made for a large record. */
static void put_aside(struct kafka_chunks *chunks, size_t at)
{
    struct kafka_chunk *chunk = &chunks->list[at];
    chunks->bytes -= chunk->size;
    if (chunk->size > KAFKA_CHUNK_SIZE) {
        free(chunk->bytes);
        chunk->bytes = NULL;
    }
    chunk->used = 0;
    chunks->idle[chunks->idle_count++] = at;
}

static void begin(struct kafka_chunks *chunks, size_t size)
{
    bool filled = chunks->count && chunks->current != SIZE_MAX;
    if (filled && !chunks->list[chunks->current].records)
        put_aside(chunks, chunks->current);
    struct kafka_chunk *chunk = chunks->idle_count ? &chunks->list[chunks->idle[--chunks->idle_count]] : grow(chunks);
    size_t wanted = size > KAFKA_CHUNK_SIZE ? size : KAFKA_CHUNK_SIZE;
    if (!chunk->bytes || chunk->size < wanted) {
        free(chunk->bytes);
        chunk->bytes = leat_alloc(wanted);
        chunk->size = wanted;
    }
    chunks->current = (size_t)(chunk - chunks->list);
    chunks->bytes += chunk->size;
}

uint8_t *leat_kafka_chunks_take(struct kafka_chunks *chunks, size_t size, size_t *at)
{
    struct kafka_chunk *chunk = chunks->count && chunks->current != SIZE_MAX ? &chunks->list[chunks->current] : NULL;
    if (!chunk || chunk->size - chunk->used < size) {
        begin(chunks, size);
        chunk = &chunks->list[chunks->current];
    }
    uint8_t *bytes = chunk->bytes + chunk->used;
    chunk->used += size;
    chunk->records++;
    *at = chunks->current;
    return bytes;
}

void leat_kafka_chunks_done(struct kafka_chunks *chunks, size_t at)
{
    assert(at < chunks->count && chunks->list[at].records);
    if (--chunks->list[at].records)
        return;
    if (at == chunks->current)
        chunks->list[at].used = 0;
    else
        put_aside(chunks, at);
}

void leat_kafka_chunks_free(struct kafka_chunks *chunks)
{
    for (size_t i = 0; i < chunks->count; i++)
        free(chunks->list[i].bytes);
    free(chunks->list);
    free(chunks->idle);
    *chunks = (struct kafka_chunks){.current = SIZE_MAX};
}
