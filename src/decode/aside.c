/* Putting a transaction aside: one that this build can't decode becomes a single item of its raw events, from the GTID (or
 * what begins it without one) to its end, with the format description that reading them again needs before them. Only the
 * frame is looked at: what ends the transaction, not what is in it.
 *
 * A whole transaction is held in memory for it, at most event_bytes_max. Branches of XA transactions can't be put aside: what
 * commits one later would speak of changes that nobody has. */
#include "decode_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

void leat_decoder_put_aside(struct leat_decoder *decoder, const char *reason)
{
    struct aside *aside = &decoder->aside;
    aside->armed = true;
    aside->begun = false;
    snprintf(aside->reason, sizeof aside->reason, "%s", reason);
}

bool leat_decoder_may_put_aside(const struct leat_decoder *decoder, const struct leat_error *err)
{
    return decoder->poisoned && !decoder->listener_said && !decoder->aside.armed && decoder_in_transaction(decoder) &&
           (err->code == LEAT_E_UNSUPPORTED || err->code == LEAT_E_MALFORMED);
}

void decoder_aside_free(struct leat_decoder *decoder)
{
    leat_buf_free(&decoder->aside.format);
    leat_buf_free(&decoder->aside.events);
}

void decoder_aside_format(struct leat_decoder *decoder)
{
    struct leat_buf *format = &decoder->aside.format;
    leat_buf_clear(format);
    leat_buf_put(format, decoder->event.bytes, decoder->event.size);
}

static bool is_gtid(unsigned type)
{
    return type == LEAT_EVENT_GTID || type == LEAT_EVENT_ANONYMOUS_GTID || type == LEAT_EVENT_GTID_TAGGED ||
           type == LEAT_EVENT_MARIADB_GTID;
}

/* Of the file or the connection, not of a transaction. */
static bool is_between(unsigned type)
{
    switch (type) {
    case LEAT_EVENT_FORMAT_DESCRIPTION:
    case LEAT_EVENT_ROTATE:
    case LEAT_EVENT_STOP:
    case LEAT_EVENT_HEARTBEAT:
    case LEAT_EVENT_HEARTBEAT_V2:
    case LEAT_EVENT_PREVIOUS_GTIDS:
    case LEAT_EVENT_TRANSACTION_CONTEXT:
    case LEAT_EVENT_VIEW_CHANGE:
    case LEAT_EVENT_MARIADB_CHECKPOINT:
    case LEAT_EVENT_MARIADB_GTID_LIST:
        return true;
    default:
        return false;
    }
}

static int refuse_branch(struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "a branch of an XA transaction that can't be decoded can't be put aside either");
    return leat_cure(err, "upgrade leat; or start behind the XA COMMIT or XA ROLLBACK of the branch");
}

static int begin(struct leat_decoder *decoder, struct leat_error *err)
{
    if (is_gtid(decoder->event.type)) {
        if (decoder_gtid(decoder, err))
            return LEAT_FAIL;
    } else {
        decoder_begin_anonymous(decoder);
    }
    if (decoder->begin.begin.flags & LEAT_BEGIN_XA)
        return refuse_branch(err);
    decoder->begin_kept = false; /* the item has it */
    leat_buf_clear(&decoder->aside.events);
    leat_buf_put(&decoder->aside.events, decoder->aside.format.data, decoder->aside.format.size);
    return LEAT_OK;
}

static int keep(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_buf *events = &decoder->aside.events;
    uint64_t most = decoder->options.event_bytes_max;
    if (events->size + decoder->event.size > most) {
        leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR,
                  "the transaction that began at %s:%" PRIu64 " can't be decoded, and is larger than what may be put aside "
                  "(source.event_bytes_max, %" PRIu64 ")",
                  decoder->file, decoder->transaction.pos, most);
        return leat_cure(err, "raise source.event_bytes_max above the transaction's size, with as much memory to spare");
    }
    leat_buf_put(events, decoder->event.bytes, decoder->event.size);
    return LEAT_OK;
}

static bool is_word(const struct leat_query *query, const char *word)
{
    return query->sql_size == strlen(word) && strncasecmp(query->sql, word, query->sql_size) == 0;
}

static bool is_xa(const struct leat_query *query)
{
    return query->sql_size > 3 && strncasecmp(query->sql, "XA ", 3) == 0;
}

/* A compressed branch: XA START is the first event in its payload. What can't be read there is taken for no branch, since it may
 * be what nothing here can read. */
static bool holds_branch(struct leat_decoder *decoder)
{
    struct leat_payload payload;
    struct leat_error ignored = {0};
    struct leat_event inner;
    struct leat_query query;
    const uint8_t *bytes;
    size_t size;
    if (leat_event_payload(&payload, &decoder->event, &ignored))
        return false;
    if (!decoder->payload_reader)
        decoder->payload_reader = leat_payload_reader_new();
    bool found = leat_payload_begin(decoder->payload_reader, &payload, decoder->options.event_bytes_max, &ignored) == LEAT_OK &&
                 leat_payload_next(decoder->payload_reader, &bytes, &size, &ignored) == LEAT_OK &&
                 leat_event_parse(&inner, &decoder->inner_format, bytes, size, &ignored) == LEAT_OK &&
                 inner.type == LEAT_EVENT_QUERY && leat_event_query(&query, &decoder->inner_format, &inner, &ignored) == LEAT_OK &&
                 is_xa(&query);
    leat_payload_end(decoder->payload_reader);
    return found;
}

static int look_at_query(struct leat_decoder *decoder, bool *ends, struct leat_error *err)
{
    struct leat_query query;
    if (leat_event_query(&query, &decoder->format, &decoder->event, err))
        return LEAT_FAIL;
    if (is_xa(&query))
        return refuse_branch(err);
    if (is_word(&query, "BEGIN"))
        decoder->aside.begun = true;
    else
        *ends = is_word(&query, "COMMIT") || is_word(&query, "ROLLBACK") ||
                (decoder->state == STARTED && !decoder->aside.begun);
    return LEAT_OK;
}

/* Whether the event at hand is the transaction's last. Most servers tell its length; else its own end says so. */
static int look_for_end(struct leat_decoder *decoder, bool *ends, struct leat_error *err)
{
    const struct transaction *transaction = &decoder->transaction;
    unsigned type = decoder->event.type;
    *ends = false;
    if (type == LEAT_EVENT_XA_PREPARE || (type == LEAT_EVENT_TRANSACTION_PAYLOAD && holds_branch(decoder)))
        return refuse_branch(err);
    if (type == LEAT_EVENT_QUERY && look_at_query(decoder, ends, err))
        return LEAT_FAIL;
    if (transaction->length)
        *ends = decoder->event_end - transaction->pos >= transaction->length;
    else if (type == LEAT_EVENT_XID)
        *ends = true;
    else if (type == LEAT_EVENT_MARIADB_QUERY_COMPRESSED)
        *ends = decoder->state == STARTED && !decoder->aside.begun;
    return LEAT_OK;
}

/* A statement's event; others, and what can't be read, do nothing. */
static int follow_event(struct leat_decoder *decoder, const struct leat_binlog_format *format, const struct leat_event *event,
                        struct leat_error *err)
{
    struct leat_query query;
    struct leat_error ignored = {0};
    if ((event->type != LEAT_EVENT_QUERY && event->type != LEAT_EVENT_MARIADB_QUERY_COMPRESSED) ||
        leat_event_query(&query, format, event, &ignored) || decoder_inflate_query(decoder, &query, &ignored) ||
        leat_ddl_control(query.sql, query.sql_size) != LEAT_CONTROL_NONE)
        return LEAT_OK;
    const struct leat_statement statement = {
        .database = query.database, .sql = query.sql, .sql_size = query.sql_size, .session = query.session, .time = event->time};
    return decoder_follow(decoder, &statement, err);
}

/* Those that are compressed together with rows: CREATE TABLE … SELECT of MySQL is one transaction. */
static int follow_payload(struct leat_decoder *decoder, const struct leat_event *event, struct leat_error *err)
{
    struct leat_payload payload;
    struct leat_error ignored = {0};
    struct leat_event inner;
    const uint8_t *bytes;
    size_t size;
    int result = LEAT_OK;
    if (leat_event_payload(&payload, event, &ignored))
        return LEAT_OK;
    if (!decoder->payload_reader)
        decoder->payload_reader = leat_payload_reader_new();
    bool open = leat_payload_begin(decoder->payload_reader, &payload, decoder->options.event_bytes_max, &ignored) == LEAT_OK;
    while (open && result == LEAT_OK && leat_payload_next(decoder->payload_reader, &bytes, &size, &ignored) == LEAT_OK &&
           leat_event_parse(&inner, &decoder->inner_format, bytes, size, &ignored) == LEAT_OK)
        result = follow_event(decoder, &decoder->inner_format, &inner, err);
    leat_payload_end(decoder->payload_reader);
    return result;
}

/* What the statements in it do to definitions counts, though nobody sees them now. */
static int follow(struct leat_decoder *decoder, struct leat_error *err)
{
    enum { SIZE_AT = 9 };
    struct leat_cursor events = leat_cursor(decoder->aside.events.data, decoder->aside.events.size);
    int result = LEAT_OK;
    while (result == LEAT_OK && leat_cursor_left(&events) >= LEAT_EVENT_HEADER_SIZE) {
        struct leat_event event;
        struct leat_error ignored = {0};
        size_t size = (size_t)leat_le(events.at + SIZE_AT, 4);
        const uint8_t *bytes = leat_cursor_bytes(&events, size);
        if (!bytes || leat_event_parse_verified(&event, &decoder->format, bytes, size, &ignored))
            break;
        result = event.type == LEAT_EVENT_TRANSACTION_PAYLOAD ? follow_payload(decoder, &event, err)
                                                              : follow_event(decoder, &decoder->format, &event, err);
    }
    return result;
}

static int give(struct leat_decoder *decoder, struct leat_error *err)
{
    struct aside *aside = &decoder->aside;
    decoder->item.opaque = (struct leat_opaque){
        .begin = decoder->begin.begin,
        .end = {decoder->file, decoder->event_end},
        .reason = {aside->reason, (uint32_t)strlen(aside->reason)},
        .events = aside->events.data,
        .events_size = aside->events.size,
    };
    decoder_statement_end(decoder);
    decoder->state = BETWEEN;
    decoder->counters.transactions++;
    aside->armed = false;
    int result = decoder_give(decoder, LEAT_ITEM_OPAQUE, err);
    if (result == LEAT_OK)
        result = follow(decoder, err);
    if (result == LEAT_OK)
        decoder_definitions_end(decoder, true);
    leat_buf_free(&aside->events);
    return result;
}

int decoder_aside(struct leat_decoder *decoder, struct leat_error *err)
{
    bool inside = decoder_in_transaction(decoder), ends;
    if (is_between(decoder->event.type) || (inside && is_gtid(decoder->event.type)))
        return decoder_handle(decoder, err);
    if (!inside && begin(decoder, err))
        return LEAT_FAIL;
    if (keep(decoder, err) || look_for_end(decoder, &ends, err))
        return LEAT_FAIL;
    return ends ? give(decoder, err) : LEAT_OK;
}
