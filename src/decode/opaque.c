/* A transaction that was put aside, read with the decoder of this build. Any thread; nothing is kept. */
#include "decode/decode.h"

#include <inttypes.h>

#include "schema/catalog.h"

/* The events' own lengths cut them; the decoder checks each as it did when they came. */
static int feed(struct leat_decoder *decoder, const struct leat_opaque *opaque, struct leat_error *err)
{
    enum { SIZE_AT = 9 };
    struct leat_cursor events = leat_cursor(opaque->events, opaque->events_size);
    while (leat_cursor_left(&events)) {
        size_t size = leat_cursor_left(&events);
        if (size >= LEAT_EVENT_HEADER_SIZE && leat_le(events.at + SIZE_AT, 4) < size)
            size = (size_t)leat_le(events.at + SIZE_AT, 4);
        const uint8_t *event = leat_cursor_bytes(&events, size);
        int rc = leat_decoder_event(decoder, event, size, err);
        if (rc)
            return rc;
    }
    struct leat_decoder_state state;
    leat_decoder_state(decoder, &state);
    if (state.in_transaction || state.transactions != 1)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA,
                         "its raw events hold %" PRIu64 " whole transactions, and should hold one", state.transactions);
    return LEAT_OK;
}

static int give_but_definitions(void *context, const struct leat_item *item, struct leat_error *err)
{
    return item->type == LEAT_ITEM_DEFINITION ? LEAT_OK : leat_item_give(context, item, err);
}

int leat_opaque_decode(const struct leat_opaque *opaque, const struct leat_decoder_options *options, const struct leat_item_out *out,
                       struct leat_error *err)
{
    const struct leat_begin *begin = &opaque->begin;
    struct leat_decoder_options with = {.names_required = true, .event_bytes_max = UINT32_MAX};
    if (options) {
        with.journalled = options->journalled;
        with.journalled_context = options->journalled_context;
        with.whole_seconds = options->whole_seconds;
        with.catalog = options->catalog;
        with.catalog_lent = true;
        with.define = options->define;
        with.define_context = options->define_context;
    }
    struct leat_item_out to = *out;
    struct leat_decoder *decoder = leat_decoder_new(&with, &(struct leat_item_out){&to, give_but_definitions});
    leat_decoder_place(decoder, begin->source_uuid, begin->place.file ? begin->place.file : "", begin->place.pos);
    int rc = feed(decoder, opaque, err);
    leat_decoder_free(&decoder);
    if (with.catalog)
        leat_catalog_rollback(with.catalog, NULL, NULL);
    return rc;
}
