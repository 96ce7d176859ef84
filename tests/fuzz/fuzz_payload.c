/* A compressed transaction's payload. Input: a byte of options, then: the event's body; or, with PACK, events that are packed
 * here. */
#include "binlog/payload.h"

#include <zstd.h>

#include "fuzz.h"

enum { PACK = 1, TWO_FRAMES = 2, NOT_COMPRESSED = 4, SMALL_EVENTS = 8, LIE = 16 };
enum { FIELD_END = 0, FIELD_SIZE = 1, FIELD_COMPRESSION = 2, FIELD_UNCOMPRESSED = 3, WINDOW_MAX = 130 << 20 };

static void put_field(struct leat_buf *body, uint8_t type, uint64_t value)
{
    leat_buf_put(body, (const uint8_t[]){type, 9, 0xFE}, 3);
    leat_buf_u64(body, value);
}

static void put_frame(struct leat_buf *to, const uint8_t *bytes, size_t size)
{
    static ZSTD_CCtx *context;
    if (!context)
        context = ZSTD_createCCtx();
    size_t most = ZSTD_compressBound(size);
    size_t used = ZSTD_compressCCtx(context, leat_buf_reserve(to, most), most, bytes, size, 1);
    FUZZ_CHECK(!ZSTD_isError(used));
    leat_buf_commit(to, used);
}

static void pack(struct leat_buf *body, const uint8_t *bytes, size_t size, unsigned options)
{
    struct leat_buf packed = {0};
    size_t first = options & TWO_FRAMES ? size / 3 : size;
    if (options & NOT_COMPRESSED) {
        leat_buf_put(&packed, bytes, size);
    } else {
        put_frame(&packed, bytes, first);
        if (first < size)
            put_frame(&packed, bytes + first, size - first);
    }
    put_field(body, FIELD_COMPRESSION, options & NOT_COMPRESSED ? LEAT_PAYLOAD_NONE : LEAT_PAYLOAD_ZSTD);
    put_field(body, FIELD_UNCOMPRESSED, options & LIE ? size + 1 : size);
    put_field(body, FIELD_SIZE, packed.size);
    leat_buf_u8(body, FIELD_END);
    leat_buf_put(body, packed.data, packed.size);
    leat_buf_free(&packed);
}

static int read_all(struct leat_buf *all, struct leat_payload_reader *reader, const struct leat_payload *payload,
                    uint64_t event_bytes_max, struct leat_error *err)
{
    const uint8_t *bytes;
    size_t size;
    int result = leat_payload_begin(reader, payload, event_bytes_max, err);
    while (result == LEAT_OK && (result = leat_payload_next(reader, &bytes, &size, err)) == LEAT_OK) {
        FUZZ_CHECK(size >= LEAT_EVENT_HEADER_SIZE && size <= event_bytes_max && leat_le(bytes + 9, 4) == size);
        leat_buf_put(all, bytes, size);
    }
    fuzz_check_result(result, err);
    leat_payload_end(reader);
    return result;
}

static void run_event(const struct leat_event *event, unsigned options, const uint8_t *packed, size_t packed_size)
{
    struct leat_payload payload;
    struct leat_error err = {0}, again = {0};
    struct leat_buf first = {0}, second = {0};
    int result = leat_event_payload(&payload, event, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    FUZZ_CHECK(payload.bytes >= event->body && payload.size <= (size_t)(event->body + event->body_size - payload.bytes));
    struct leat_payload_reader *reader = leat_payload_reader_new();
    uint64_t event_bytes_max = options & SMALL_EVENTS ? 64 : 1 << 20;
    result = read_all(&first, reader, &payload, event_bytes_max, &err);
    FUZZ_CHECK(read_all(&second, reader, &payload, event_bytes_max, &again) == result);
    FUZZ_CHECK(first.size == second.size && (!first.size || !memcmp(first.data, second.data, first.size)));
    if (packed) {
        FUZZ_CHECK(first.size <= packed_size && (!first.size || !memcmp(first.data, packed, first.size)));
        FUZZ_CHECK(result != LEAT_END || (first.size == packed_size && !(options & LIE)));
    }
    leat_payload_reader_free(&reader);
    leat_buf_free(&first);
    leat_buf_free(&second);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    struct leat_buf body = {0};
    bool packed = bytes[0] & PACK;
    if (packed)
        pack(&body, bytes + 1, size - 1, bytes[0]);
    else
        leat_buf_put(&body, bytes + 1, size - 1);
    uint8_t *exact = leat_memdup(body.data, body.size);
    const struct leat_event event = {.type = LEAT_EVENT_TRANSACTION_PAYLOAD,
                                     .size = (uint32_t)(LEAT_EVENT_HEADER_SIZE + body.size),
                                     .bytes = exact,
                                     .body = exact,
                                     .body_size = body.size};
    run_event(&event, bytes[0], packed ? bytes + 1 : NULL, size - 1);
    free(exact);
    leat_buf_free(&body);
}

const struct fuzz_target fuzz_target_payload = {
    .name = "payload",
    .sources = "binlog/payload.c",
    .run = run,
    .size_max = 2048,
    .memory_fixed = WINDOW_MAX + (16 << 20),
    .memory_factor = 4096,
};
