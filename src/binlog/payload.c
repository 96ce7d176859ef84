/* Transaction payloads: the head's fields, and events out of a stream of zstd frames.
 *
 * The uncompressed transaction is never in memory as a whole: what zstd gives goes into a buffer that holds
 * some events, or one large one. Nothing is believed before it came: the size that the head tells bounds what
 * is taken, an event's own size is checked before there is room made for it, and the window that a frame asks
 * for is limited. All counts have 64 bits: a payload may hold more than 4 GiB. */
#include "binlog/payload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "binlog_int.h"

enum {
    BUFFER_BYTES = 256 << 10, /* two of zstd's blocks */
    KEPT_BYTES_MAX = 4 << 20, /* of the buffer, between payloads */
    KEPT_ZSTD_BYTES_MAX = 16 << 20
};

struct leat_payload_reader {
    enum leat_payload_compression compression;
    uint64_t event_bytes_max;
    uint64_t told;  /* the uncompressed size */
    uint64_t given; /* uncompressed bytes so far */
    ZSTD_DCtx *zstd;
    ZSTD_inBuffer in;
    size_t frame_at; /* where the frame at hand begins */
    bool within_frame;
    uint8_t *buffer; /* owned */
    size_t capacity;
    const uint8_t *bytes; /* the buffer, or the payload itself if it isn't compressed */
    size_t at, end;       /* in bytes: what wasn't taken yet */
};

/* ---- The head ---- */

static int check_size(struct leat_payload *payload, struct leat_cursor *cursor, uint64_t told,
                      struct leat_error *err)
{
    size_t left = leat_cursor_left(cursor);
    if (told != left)
        return leat_malformed(
            err, "TRANSACTION_PAYLOAD says that its payload has %" PRIu64 " bytes and has %zu", told, left);
    payload->bytes = cursor->at;
    payload->size = left;
    return LEAT_OK;
}

static int check_kind(struct leat_payload *payload, uint64_t compression, struct leat_error *err)
{
    if (compression != LEAT_PAYLOAD_ZSTD && compression != LEAT_PAYLOAD_NONE)
        return leat_unsupported(err,
                                "compression %" PRIu64
                                " of a TRANSACTION_PAYLOAD is not known, only zstd (0) and none (255)",
                                compression);
    payload->compression = (enum leat_payload_compression)compression;
    bool none = payload->compression == LEAT_PAYLOAD_NONE;
    if (none && payload->uncompressed_size == LEAT_PAYLOAD_SIZE_UNTOLD)
        payload->uncompressed_size = payload->size;
    if (none && payload->uncompressed_size != payload->size)
        return leat_malformed(
            err, "TRANSACTION_PAYLOAD of %zu bytes that aren't compressed says that they were %" PRIu64,
            payload->size, payload->uncompressed_size);
    return LEAT_OK;
}

/* Fields of type, length, value; each of the three a length-encoded number. 0 ends them; unknown ones are
 * passed over, as the server does. */
int leat_event_payload(struct leat_payload *payload, const struct leat_event *event, struct leat_error *err)
{
    enum { END = 0, SIZE = 1, COMPRESSION = 2, UNCOMPRESSED_SIZE = 3 };
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint64_t told[4] = {0}, type;
    bool seen[4] = {false};
    while ((type = leat_cursor_lenenc(&cursor)) != END) {
        struct leat_cursor value = leat_cursor_sub(&cursor, leat_cursor_lenenc(&cursor));
        if (type <= UNCOMPRESSED_SIZE && !cursor.failed) {
            told[type] = leat_cursor_lenenc(&value);
            seen[type] = true;
        }
        if (cursor.failed || value.failed)
            break;
    }
    bool lie = seen[UNCOMPRESSED_SIZE] && told[UNCOMPRESSED_SIZE] == LEAT_PAYLOAD_SIZE_UNTOLD;
    if (type != END || cursor.failed || !seen[SIZE] || !seen[COMPRESSION] || lie)
        return leat_malformed(
            err, "TRANSACTION_PAYLOAD of %u bytes doesn't tell its payload's size and compression",
            event->size);
    *payload = (struct leat_payload){.uncompressed_size = seen[UNCOMPRESSED_SIZE] ? told[UNCOMPRESSED_SIZE]
                                                                                  : LEAT_PAYLOAD_SIZE_UNTOLD};
    if (check_size(payload, &cursor, told[SIZE], err))
        return LEAT_FAIL;
    return check_kind(payload, told[COMPRESSION], err);
}

/* ---- The reader ---- */

struct leat_payload_reader *leat_payload_reader_new(void)
{
    return leat_alloc_zero(1, sizeof(struct leat_payload_reader));
}

void leat_payload_reader_free(struct leat_payload_reader **reader)
{
    if (!*reader)
        return;
    ZSTD_freeDCtx((*reader)->zstd);
    free((*reader)->buffer);
    free(*reader);
    *reader = NULL;
}

size_t leat_payload_memory(const struct leat_payload_reader *reader)
{
    return reader->capacity + ZSTD_sizeof_DCtx(reader->zstd);
}

static int begin_zstd(struct leat_payload_reader *reader, struct leat_error *err)
{
    if (!reader->zstd)
        reader->zstd = ZSTD_createDCtx();
    if (!reader->zstd || ZSTD_isError(ZSTD_DCtx_reset(reader->zstd, ZSTD_reset_session_and_parameters)) ||
        ZSTD_isError(ZSTD_DCtx_setParameter(reader->zstd, ZSTD_d_windowLogMax, LEAT_PAYLOAD_WINDOW_LOG_MAX)))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "zstd can't be set up");
    return LEAT_OK;
}

int leat_payload_begin(struct leat_payload_reader *reader, const struct leat_payload *payload,
                       uint64_t event_bytes_max, struct leat_error *err)
{
    bool none = payload->compression == LEAT_PAYLOAD_NONE;
    reader->compression = payload->compression;
    reader->event_bytes_max = event_bytes_max;
    reader->told = payload->uncompressed_size;
    reader->given = none ? payload->size : 0;
    reader->in = (ZSTD_inBuffer){payload->bytes, payload->size, 0};
    reader->frame_at = 0;
    reader->within_frame = false;
    reader->bytes = none ? payload->bytes : reader->buffer;
    reader->at = 0;
    reader->end = none ? payload->size : 0;
    return none ? LEAT_OK : begin_zstd(reader, err);
}

void leat_payload_end(struct leat_payload_reader *reader)
{
    if (reader->capacity > KEPT_BYTES_MAX) {
        free(reader->buffer);
        reader->buffer = NULL;
        reader->capacity = 0;
    }
    if (ZSTD_sizeof_DCtx(reader->zstd) > KEPT_ZSTD_BYTES_MAX) {
        ZSTD_freeDCtx(reader->zstd);
        reader->zstd = NULL;
    }
    reader->bytes = reader->buffer;
    reader->at = reader->end = 0;
}

/* What a frame's head asks for; 0 if it can't be told. A frame in one segment needs all of its contents. */
static uint64_t frame_window(const uint8_t *frame, size_t size)
{
    enum { MAGIC_SIZE = 4, SINGLE_SEGMENT = 0x20 };
    static const uint8_t dictionary_size[4] = {0, 1, 2, 4}, content_size[4] = {1, 2, 4, 8};
    struct leat_cursor cursor = leat_cursor(frame, size);
    leat_cursor_skip(&cursor, MAGIC_SIZE);
    uint8_t descriptor = leat_cursor_u8(&cursor);
    if (descriptor & SINGLE_SEGMENT) {
        leat_cursor_skip(&cursor, dictionary_size[descriptor & 3]);
        return leat_cursor_le(&cursor, content_size[descriptor >> 6]);
    }
    uint8_t window = leat_cursor_u8(&cursor);
    uint64_t base = UINT64_C(1) << (10 + (window >> 3));
    return cursor.failed ? 0 : base + base / 8 * (window & 7);
}

static int zstd_failed(const struct leat_payload_reader *reader, size_t result, struct leat_error *err)
{
    size_t at = reader->in.pos;
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
        uint64_t window = frame_window((const uint8_t *)reader->in.src + reader->frame_at,
                                       reader->in.size - reader->frame_at);
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA,
                         "the zstd frame at byte %zu of the payload asks for a window of %" PRIu64
                         " bytes, and no more than %lu are given (MySQL's own never ask for more)",
                         reader->frame_at, window, 1ul << LEAT_PAYLOAD_WINDOW_LOG_MAX);
    }
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "no memory for zstd's window");
    return leat_malformed(err, "zstd can't read on at byte %zu of the payload's %zu: %s", at, reader->in.size,
                          ZSTD_getErrorName(result));
}

/* Behind the last byte of the payload. */
static int finish(const struct leat_payload_reader *reader, struct leat_error *err)
{
    if (reader->within_frame)
        return leat_malformed(err, "the payload of %zu bytes ends within a zstd frame", reader->in.size);
    if (reader->told != LEAT_PAYLOAD_SIZE_UNTOLD && reader->given != reader->told)
        return leat_malformed(err,
                              "the payload says that it has %" PRIu64 " bytes uncompressed and has %" PRIu64,
                              reader->told, reader->given);
    if (reader->at != reader->end)
        return leat_malformed(err, "the payload ends within an event, %zu bytes behind its beginning",
                              reader->end - reader->at);
    return LEAT_END;
}

/* Makes room for `need` bytes from reader->at on. */
static void make_room(struct leat_payload_reader *reader, size_t need)
{
    size_t left = reader->end - reader->at;
    if (reader->at && left)
        memmove(reader->buffer, reader->buffer + reader->at, left);
    reader->at = 0;
    reader->end = left;
    if (reader->capacity < need || !reader->buffer) {
        reader->capacity = need > BUFFER_BYTES ? need : (size_t)BUFFER_BYTES;
        reader->buffer = leat_realloc(reader->buffer, reader->capacity);
    }
    reader->bytes = reader->buffer;
}

/* More bytes, so that there may be `need`. LEAT_END: there are no more. */
static int read_more(struct leat_payload_reader *reader, size_t need, struct leat_error *err)
{
    if (reader->compression == LEAT_PAYLOAD_NONE ||
        (reader->in.pos == reader->in.size && !reader->within_frame))
        return finish(reader, err);
    make_room(reader, need);
    ZSTD_outBuffer out = {reader->buffer, reader->capacity, reader->end};
    size_t before = reader->in.pos;
    if (!reader->within_frame)
        reader->frame_at = before;
    size_t result = ZSTD_decompressStream(reader->zstd, &out, &reader->in);
    if (ZSTD_isError(result))
        return zstd_failed(reader, result, err);
    reader->within_frame = result != 0;
    bool stuck = out.pos == reader->end && reader->in.pos == before;
    reader->given += out.pos - reader->end;
    reader->end = out.pos;
    if (reader->given > reader->told)
        return leat_malformed(err, "the payload says that it has %" PRIu64 " bytes uncompressed and has more",
                              reader->told);
    return stuck ? finish(reader, err) : LEAT_OK;
}

/* The event whose head is at hand: its size is believed only within what may still come. */
static int check_event(const struct leat_payload_reader *reader, uint32_t size, struct leat_error *err)
{
    uint64_t before = reader->given - (reader->end - reader->at);
    if (size < LEAT_EVENT_HEADER_SIZE)
        return leat_malformed(err, "it says that it has %" PRIu32 " bytes, less than an event's header",
                              size);
    if (reader->told != LEAT_PAYLOAD_SIZE_UNTOLD && size > reader->told - before)
        return leat_malformed(
            err, "it says that it has %" PRIu32 " bytes, and %" PRIu64 " are left of the payload", size,
            reader->told - before);
    if (size <= reader->event_bytes_max)
        return LEAT_OK;
    leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR,
              "it has %" PRIu32 " bytes, more than source.event_bytes_max allows (%" PRIu64 ")", size,
              reader->event_bytes_max);
    return leat_cure(err, "set source.event_bytes_max to %" PRIu32 " or more, with as much memory to spare",
                     size);
}

int leat_payload_next(struct leat_payload_reader *reader, const uint8_t **bytes, size_t *size,
                      struct leat_error *err)
{
    size_t need = LEAT_EVENT_HEADER_SIZE;
    for (;;) {
        size_t left = reader->end - reader->at;
        if (need == LEAT_EVENT_HEADER_SIZE && left >= need) {
            uint32_t told = (uint32_t)leat_le(reader->bytes + reader->at + 9, 4);
            if (check_event(reader, told, err))
                return LEAT_FAIL;
            need = told;
        }
        if (left >= need) {
            *bytes = reader->bytes + reader->at;
            *size = need;
            reader->at += need;
            return LEAT_OK;
        }
        int result = read_more(reader, need, err);
        if (result)
            return result;
    }
}
