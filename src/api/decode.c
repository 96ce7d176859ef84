/* A decoder's life, and the bytes of files cut into events. The thread that calls. */
#include <stdlib.h>

#include "api_int.h"
#include "base/alloc.h"
#include "binlog/event.h"

static const uint8_t magic[4] = {0xFE, 'b', 'i', 'n'};
static const uint64_t event_bytes_max_default = UINT64_C(256) << 20;
static const uint8_t no_uuid[LEAT_UUID_SIZE];

const char *leat_decode_version(void)
{
    return LEAT_VERSION;
}

int leat_decode_new(struct leat_decode **out, const struct leat_decode_listener *listener,
                    const struct leat_decode_options *options, struct leat_error *err)
{
    *out = NULL;
    struct leat_decode_options with = {.size = sizeof with};
    if (options) {
        if (options->size != sizeof with)
            return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                             "leat_decode_options.size is %zu, this library's is %zu", options->size, sizeof with);
        with = *options;
    }
    struct leat_decode *decode = leat_alloc_zero(1, sizeof *decode);
    decode->listener = *listener;
    decode->event_bytes_max = with.event_bytes_max ? with.event_bytes_max : event_bytes_max_default;
    decode->before.decode = decode->after.decode = decode;
    decode->decoder = leat_decoder_new(
        &(struct leat_decoder_options){
            .journalled = with.wanted,
            .journalled_context = with.wanted_context,
            .event_bytes_max = decode->event_bytes_max,
            .whole_seconds = with.whole_seconds,
            .statements_allowed = true,
        },
        &(struct leat_item_out){decode, api_item});
    leat_decode_start(decode, "binlog", sizeof magic);
    *out = decode;
    return LEAT_OK;
}

void leat_decode_free(struct leat_decode **decode)
{
    if (!*decode)
        return;
    leat_decoder_free(&(*decode)->decoder);
    api_tables_free(*decode);
    free((*decode)->before.values);
    free((*decode)->after.values);
    leat_buf_free(&(*decode)->text);
    leat_buf_free(&(*decode)->rest);
    free(*decode);
    *decode = NULL;
}

void leat_decode_start(struct leat_decode *decode, const char *file, uint64_t pos)
{
    leat_decoder_place(decode->decoder, no_uuid, file, pos);
    leat_buf_clear(&decode->rest);
    decode->magic_seen = 0;
    decode->failed = false;
}

static int must_not_have_failed(const struct leat_decode *decode, struct leat_error *err)
{
    if (!decode->failed)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "bytes after an error: leat_decode_start must come first");
}

int leat_decode_event(struct leat_decode *decode, const void *event, size_t size, struct leat_error *err)
{
    if (must_not_have_failed(decode, err))
        return LEAT_FAIL;
    int result = leat_decoder_event(decode->decoder, event, size, err);
    decode->failed = result != LEAT_OK;
    return result;
}

/* ---- Bytes into events ---- */

static int take_magic(struct leat_decode *decode, struct leat_cursor *bytes, struct leat_error *err)
{
    while (decode->magic_seen < sizeof magic && leat_cursor_left(bytes)) {
        if (*bytes->at++ == magic[decode->magic_seen++])
            continue;
        decode->failed = true;
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "not a binary log: it doesn't begin with FE 62 69 6E");
    }
    return LEAT_OK;
}

/* The size of the event that begins here, of which at least a header is there. */
static int event_size(struct leat_decode *decode, size_t *size, const uint8_t *header, struct leat_error *err)
{
    enum { SIZE_AT = 9 };
    *size = (size_t)leat_le(header + SIZE_AT, 4);
    if (*size >= LEAT_EVENT_HEADER_SIZE && *size <= decode->event_bytes_max)
        return LEAT_OK;
    decode->failed = true;
    struct leat_decoder_state state;
    leat_decoder_state(decode->decoder, &state);
    bool large = *size > decode->event_bytes_max;
    return leat_fail(err, large ? LEAT_E_TOO_LARGE : LEAT_E_MALFORMED, LEAT_KIND_DATA,
                     "event at %s:%llu says that it has %zu bytes: %s", state.read.file,
                     (unsigned long long)state.read.pos, *size,
                     large ? "more than event_bytes_max allows" : "less than its header");
}

/* Moves up to `want` bytes in all from the cursor into rest. */
static bool fill(struct leat_decode *decode, struct leat_cursor *bytes, size_t want)
{
    size_t lacks = want - decode->rest.size, left = leat_cursor_left(bytes);
    size_t more = lacks < left ? lacks : left;
    leat_buf_put(&decode->rest, bytes->at, more);
    bytes->at += more;
    return decode->rest.size == want;
}

/* Finishes the event that an earlier call began. */
static int take_rest(struct leat_decode *decode, struct leat_cursor *bytes, struct leat_error *err)
{
    if (decode->rest.size < LEAT_EVENT_HEADER_SIZE && !fill(decode, bytes, LEAT_EVENT_HEADER_SIZE))
        return LEAT_OK;
    size_t size;
    if (event_size(decode, &size, decode->rest.data, err))
        return LEAT_FAIL;
    if (!fill(decode, bytes, size))
        return LEAT_OK;
    int result = leat_decode_event(decode, decode->rest.data, size, err);
    leat_buf_clear(&decode->rest);
    return result;
}

int leat_decode_bytes(struct leat_decode *decode, const void *bytes, size_t size, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(bytes, size);
    if (must_not_have_failed(decode, err) || take_magic(decode, &cursor, err))
        return LEAT_FAIL;
    while (leat_cursor_left(&cursor)) {
        size_t left = leat_cursor_left(&cursor), event = 0;
        int result = LEAT_OK;
        if (decode->rest.size == 0 && left >= LEAT_EVENT_HEADER_SIZE)
            result = event_size(decode, &event, cursor.at, err);
        if (result)
            return result;
        if (event && event <= left)
            result = leat_decode_event(decode, leat_cursor_bytes(&cursor, event), event, err);
        else
            result = take_rest(decode, &cursor, err);
        if (result)
            return result;
    }
    return LEAT_OK;
}

int leat_decode_finish(struct leat_decode *decode, struct leat_error *err)
{
    struct leat_decoder_state state;
    leat_decoder_state(decode->decoder, &state);
    const char *within = decode->rest.size                                         ? "an event"
                         : state.in_transaction                                    ? "a transaction"
                         : decode->magic_seen && decode->magic_seen < sizeof magic ? "the first four bytes"
                                                                                   : NULL;
    if (!within)
        return LEAT_OK;
    leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the binlog ends within %s, at %s:%llu", within, state.read.file,
              (unsigned long long)state.read.pos);
    return leat_cure(err, "a file that is being written, or whose server died, may end so: what was given before is whole");
}

void leat_decode_tell(const struct leat_decode *decode, struct leat_decode_position *position)
{
    struct leat_decoder_state state;
    leat_decoder_state(decode->decoder, &state);
    *position = (struct leat_decode_position){state.completed.file, state.completed.pos, state.transactions, state.changes};
}
