/* Transaction payloads made by hand, for decode/events.h: events go into an inner stream, which becomes the
 * payload of the outer one. */
#ifndef LEAT_TEST_DECODE_PAYLOAD_H
#define LEAT_TEST_DECODE_PAYLOAD_H

#include <zstd.h>

#include "decode/build.h"

/* The head: each field is left out if it is SIZE_MAX. */
static inline void put_payload_head(struct stream *s, uint64_t size, uint64_t compression,
                                    uint64_t uncompressed)
{
    const uint64_t values[] = {size, compression, uncompressed};
    for (uint8_t i = 0; i < 3; i++) {
        if (values[i] == SIZE_MAX)
            continue;
        leat_buf_u8(&s->body, (uint8_t)(i + 1));
        leat_buf_u8(&s->body, 9);
        leat_buf_u8(&s->body, 0xFE);
        leat_buf_u64(&s->body, values[i]);
    }
    leat_buf_u8(&s->body, 0);
}

static inline void inner_init(struct stream *inner)
{
    stream_init(inner);
    inner->checksums = false;
}

/* One more frame behind what `to` holds. */
static inline void compress_frame(struct leat_buf *to, const void *bytes, size_t size, int level)
{
    size_t room = ZSTD_compressBound(size);
    size_t got = ZSTD_compress(leat_buf_reserve(to, room), room, bytes, size, level);
    ck_assert(!ZSTD_isError(got));
    leat_buf_commit(to, got);
}

static inline void put_payload_bytes(struct stream *s, const struct leat_buf *payload, uint64_t uncompressed)
{
    put_payload_head(s, payload->size, 0, uncompressed);
    leat_buf_put(&s->body, payload->data, payload->size);
    put_event(s, LEAT_EVENT_TRANSACTION_PAYLOAD);
}

static inline void put_payload(struct stream *s, const struct stream *inner)
{
    struct leat_buf payload = {0};
    compress_frame(&payload, inner->bytes.data, inner->bytes.size, 3);
    put_payload_bytes(s, &payload, inner->bytes.size);
    leat_buf_free(&payload);
}

#endif
