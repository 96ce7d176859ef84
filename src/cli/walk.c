/* See walk_int.h. */
#include "walk_int.h"

#include <inttypes.h>
#include <string.h>

#include "cli_int.h"
#include "events_int.h"

static const uint8_t unknown[LEAT_UUID_SIZE]; /* files don't tell whose they are */

enum { TYPE_AT = 4, FLAGS_AT = 17 };

static __attribute__((noinline)) int on_other_item(struct walk *walk, const struct leat_item *item, struct leat_error *err)
{
    if (item->type == LEAT_ITEM_BEGIN) {
        walk->gtid = item->begin.gtid;
        walk->shown = !(item->begin.flags & LEAT_BEGIN_XA);
    } else if (item->type == LEAT_ITEM_END) {
        chain_gtid(&walk->chain, &walk->gtid);
        walk->shown = false;
    }
    return walk->out.item(walk->out.context, item, err);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct walk *walk = context;
    if (__builtin_expect(item->type == LEAT_ITEM_ROWS, 1))
        return leat_item_give(&walk->out, item, err);
    return on_other_item(walk, item, err);
}

void walk_begin(struct walk *walk)
{
    /* All rows go through, whatever is asked for: changes are numbered within their transaction, and the numbers are the same
     * everywhere. */
    const struct leat_decoder_options options = {
        .event_bytes_max = walk->event_bytes_max, .whole_seconds = walk->whole_seconds, .statements_allowed = true, .lone_rows = true,
        .no_digests = true, .skip_to_begin = true};
    const struct leat_item_out out = {walk, on_item};
    walk->decoder = leat_decoder_new(&options, &out);
}

void walk_end(struct walk *walk)
{
    leat_decoder_free(&walk->decoder);
    leat_buf_free(&walk->relay_format);
    chain_free(&walk->chain);
}

static struct leat_decoder_state state_of(const struct walk *walk)
{
    struct leat_decoder_state state;
    leat_decoder_state(walk->decoder, &state);
    return state;
}

/* What was given of the open transaction is void. */
static int abandon(struct walk *walk, struct leat_error *err)
{
    struct leat_decoder_state state = state_of(walk);
    struct leat_item item = {.type = LEAT_ITEM_END};
    if (!state.in_transaction || !walk->shown)
        return LEAT_OK;
    walk->shown = false;
    item.end = (struct leat_end){.how = LEAT_END_ROLLBACK, .place = state.read, .time = state.last_time};
    return walk->out.item(walk->out.context, &item, err);
}

/* ---- Relay logs ---- */

/* A replica's relay logs are what its connections brought, in files of its own: a dump, whose rotates say where in the
 * source's files it is. The events that frame each file are the replica's, and mean nothing to the decoder; but the first
 * one's format is that of all. */
static bool is_relays_own(const uint8_t *bytes)
{
    return (leat_le(bytes + FLAGS_AT, 2) & LEAT_EVENT_FLAG_RELAY_LOG) && !(leat_le(bytes + FLAGS_AT, 2) & LEAT_EVENT_FLAG_ARTIFICIAL);
}

/* To the format that relay logs have, at no place yet. */
static int place_relay(struct walk *walk, const char *name, struct leat_error *err)
{
    leat_decoder_place(walk->decoder, unknown, name, 0);
    leat_decoder_verified(walk->decoder, false);
    return leat_decoder_event(walk->decoder, walk->relay_format.data, walk->relay_format.size, err);
}

/* A replica that lost its connection in mid-transaction asks for all of it again, and what it had stays in its relay log; or,
 * without GTIDs, it goes on right there. */
static int reconnected(struct walk *walk, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    struct leat_decoder_state state = state_of(walk);
    struct leat_event event;
    char name[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    if (!state.in_transaction || !(leat_le(bytes + FLAGS_AT, 2) & LEAT_EVENT_FLAG_ARTIFICIAL))
        return LEAT_OK;
    if (leat_event_parse(&event, state.format, bytes, size, err) || leat_event_rotate(name, &pos, &event, err))
        return LEAT_FAIL;
    if (pos == state.read.pos && !strcmp(name, state.read.file)) {
        walk->relay_resumed = true;
        return LEAT_OK;
    }
    int rc = abandon(walk, err);
    return rc ? rc : place_relay(walk, walk->chain.name, err);
}

/* Whether the event is for the decoder. */
static int filter_relay(struct walk *walk, const uint8_t *bytes, size_t size, bool *wanted, struct leat_error *err)
{
    uint8_t type = bytes[TYPE_AT];
    *wanted = !is_relays_own(bytes);
    if (*wanted && type == LEAT_EVENT_ROTATE)
        return reconnected(walk, bytes, size, err);
    if (type != LEAT_EVENT_FORMAT_DESCRIPTION)
        return LEAT_OK;
    if (*wanted) {
        *wanted = !walk->relay_resumed;
        walk->relay_resumed = false;
        return LEAT_OK;
    }
    bool first = !walk->relay_format.size;
    leat_buf_clear(&walk->relay_format);
    leat_buf_put(&walk->relay_format, bytes, size);
    return first ? place_relay(walk, walk->chain.name, err) : LEAT_OK;
}

/* ---- Events ---- */

static int take_frame(struct walk *walk, const struct events *events, const uint8_t *bytes, size_t size, bool *wanted,
                      struct leat_error *err)
{
    struct leat_decoder_state state = state_of(walk);
    chain_event(&walk->chain, state.format, bytes, size);
    bool previous = bytes[TYPE_AT] == LEAT_EVENT_PREVIOUS_GTIDS || bytes[TYPE_AT] == LEAT_EVENT_MARIADB_GTID_LIST;
    if (previous && walk->previous && walk->chain.executed)
        walk->previous(walk->out.context, walk->chain.executed);
    return events_relay(events) ? filter_relay(walk, bytes, size, wanted, err) : LEAT_OK;
}

static int take_event(struct walk *walk, const struct events *events, const uint8_t *bytes, size_t size, bool verified,
                      struct leat_error *err)
{
    bool wanted = true;
    switch (bytes[TYPE_AT]) {
    case LEAT_EVENT_FORMAT_DESCRIPTION:
    case LEAT_EVENT_PREVIOUS_GTIDS:
    case LEAT_EVENT_MARIADB_GTID_LIST:
    case LEAT_EVENT_ROTATE:
        if (take_frame(walk, events, bytes, size, &wanted, err))
            return LEAT_FAIL;
        break;
    default:
        break;
    }
    if (!wanted)
        return LEAT_OK;
    leat_decoder_verified(walk->decoder, verified);
    return leat_decoder_event(walk->decoder, bytes, size, err);
}

static int take_events(struct walk *walk, struct events *events, struct leat_error *err)
{
    for (;;) {
        const uint8_t *bytes;
        size_t size;
        bool verified;
        int rc = events_next(events, &bytes, &size, &verified, err);
        if (rc == LEAT_OK)
            rc = take_event(walk, events, bytes, size, verified, err);
        if (rc)
            return rc;
    }
}

/* The file is over, in one way or another. Where its server may not have been done with it, an incomplete end is no error. */
static int finish(struct walk *walk, struct events *events, const struct input *input, int rc, struct walked *walked,
                  struct leat_error *err)
{
    struct leat_decoder_state state = state_of(walk);
    bool unfinished = events_in_use(events) || events_relay(events);
    /* A relay log's transaction may go on in the next. */
    if (rc == LEAT_END && (!state.in_transaction || (events_relay(events) && !walk->last)))
        return LEAT_OK;
    if (rc == LEAT_END) {
        (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s ends within a transaction, at %" PRIu64 "%s", input->name,
                        state.read.pos, unfinished ? "" : ": it is truncated");
        (void)leat_cure(err, "copy it once its server has closed it (FLUSH BINARY LOGS), or take it from a backup");
    }
    bool incomplete = rc == LEAT_END || (rc == LEAT_FAIL && events_cut(events));
    if (!incomplete || !unfinished)
        return rc == LEAT_END ? LEAT_FAIL : rc;
    walked->incomplete = true;
    snprintf(walked->words, sizeof walked->words, "%.400s", err->message);
    if (!walk->quiet)
        cli_warn("%s; %s", walked->words, state.in_transaction ? "what was shown of that transaction is taken back"
                                                               : "what comes before it is complete");
    *err = (struct leat_error){0};
    return abandon(walk, err);
}

int walk_file(struct walk *walk, const struct input *input, struct walked *walked, struct leat_error *err)
{
    struct events *events = NULL;
    *walked = (struct walked){0};
    if (events_open(&events, input->path, walk->event_bytes_max, &walk->taken, err))
        return LEAT_FAIL;
    struct leat_decoder_state before = state_of(walk);
    chain_file(&walk->chain, input->name, events_relay(events));
    if (!events_relay(events))
        leat_decoder_place(walk->decoder, unknown, input->name, EVENTS_MAGIC_SIZE);
    if (!events_relay(events) || !walk->relay)
        leat_buf_clear(&walk->relay_format);
    walk->relay = events_relay(events);
    int rc = finish(walk, events, input, take_events(walk, events, err), walked, err);
    struct leat_decoder_state after = state_of(walk);
    walked->transactions = after.transactions - before.transactions;
    walked->changes = after.changes - before.changes;
    walked->statements = after.statements - before.statements;
    walked->in_use = events_in_use(events);
    walked->checksums = after.format->checksum != LEAT_CHECKSUM_OFF;
    events_close(&events);
    return rc;
}
