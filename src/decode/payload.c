/* Events that hold others: a transaction compressed by MySQL.
 *
 * What lies in a payload has no place of its own: items out of it have the payload event's pos and end_pos,
 * and a row's identity is its transaction's GTID and its number. All else is as if the events had come by
 * themselves: the same handlers take them, and the digest is the same. */
#include "decode_int.h"

#include <inttypes.h>

enum { TYPE_AT = 4 }; /* in an event's header */

/* What speaks of files, names transactions or holds others can't lie within a transaction. */
static bool may_be_inside(uint8_t type)
{
    switch (type) {
    case LEAT_EVENT_START_V3:
    case LEAT_EVENT_STOP:
    case LEAT_EVENT_ROTATE:
    case LEAT_EVENT_FORMAT_DESCRIPTION:
    case LEAT_EVENT_HEARTBEAT:
    case LEAT_EVENT_HEARTBEAT_V2:
    case LEAT_EVENT_GTID:
    case LEAT_EVENT_ANONYMOUS_GTID:
    case LEAT_EVENT_GTID_TAGGED:
    case LEAT_EVENT_PREVIOUS_GTIDS:
    case LEAT_EVENT_TRANSACTION_PAYLOAD:
    case LEAT_EVENT_MARIADB_CHECKPOINT:
    case LEAT_EVENT_MARIADB_GTID:
    case LEAT_EVENT_MARIADB_GTID_LIST:
    case LEAT_EVENT_MARIADB_START_ENCRYPTION:
        return false;
    default:
        return true;
    }
}

static int take_inner(struct leat_decoder *decoder, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    decoder->event = (struct leat_event){.bytes = bytes, .type = bytes[TYPE_AT]};
    if (!may_be_inside(decoder->event.type))
        return leat_malformed(err, "such an event can't lie in a payload");
    if (leat_event_parse(&decoder->event, &decoder->inner_format, bytes, size, err))
        return LEAT_FAIL;
    if (!decoder_in_transaction(decoder))
        return leat_malformed(err, "the transaction has ended before it");
    int result = decoder_handle(decoder, err);
    if (result == LEAT_OK && decoder->within.set)
        decoder_within_event(decoder);
    return result;
}

static int each_inner(struct leat_decoder *decoder, struct leat_error *err)
{
    for (uint64_t index = 1;; index++) {
        const uint8_t *bytes;
        size_t size;
        decoder->event.bytes = NULL;
        int result = leat_payload_next(decoder->payload_reader, &bytes, &size, err);
        if (result == LEAT_OK)
            result = take_inner(decoder, bytes, size, err);
        if (result == LEAT_END && !decoder->listener_said)
            return LEAT_OK;
        if (result != LEAT_OK && decoder->listener_said)
            return result;
        if (result != LEAT_OK)
            return leat_error_prefix(err, "event %" PRIu64 " in it%s%s", index,
                                     decoder->event.bytes ? ", " : "",
                                     decoder->event.bytes ? leat_event_type_name(decoder->event.type) : "");
    }
}

int decoder_payload(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_payload payload;
    if (leat_event_payload(&payload, &decoder->event, err))
        return LEAT_FAIL;
    if (!decoder_in_transaction(decoder))
        return leat_malformed(err, "there was no GTID event before it, or its transaction has ended");
    if (!decoder->payload_reader)
        decoder->payload_reader = leat_payload_reader_new();
    struct leat_event outer = decoder->event;
    int result = leat_payload_begin(decoder->payload_reader, &payload, decoder->options.event_bytes_max, err);
    if (result == LEAT_OK)
        result = each_inner(decoder, err);
    leat_payload_end(decoder->payload_reader);
    decoder->event = outer;
    return result;
}
