/* Where events lie. A file's positions go past 4 GiB and the wire's wrap, so the decoder adds up the sizes of
 * events and holds the sum against the low half that each event tells of its own end (0 tells nothing:
 * MariaDB 11.4 and later, in events that went through its cache).
 *
 * A dump made up of GTIDs leaves out whole transactions. MySQL sends a heartbeat behind each such hole,
 * whatever the heartbeat period (seen on 9.7.4); MariaDB goes on with an event from further ahead. So a hole
 * is an error where none may be: inside of a transaction, backwards, and from a MySQL server without its
 * heartbeat. Behind a format description a reader of files may go on from anywhere. */
#include "decode_int.h"

#include <inttypes.h>

static const uint64_t pos_max = UINT64_C(1) << 62; /* so that adding an event's size can't wrap */
enum { AHEAD_MAX = INT32_MAX };                    /* half of the wire's range: further is backwards */

int decoder_must_be_between(const struct leat_decoder *decoder, const char *what, struct leat_error *err)
{
    if (!decoder_in_transaction(decoder))
        return LEAT_OK;
    return leat_malformed(err, "%s, before the end of the transaction that began at %s:%" PRIu64, what,
                          decoder->file, decoder->transaction.pos);
}

int decoder_must_be_in_transaction(const struct leat_decoder *decoder, struct leat_error *err)
{
    return decoder_in_transaction(decoder) ? LEAT_OK : leat_malformed(err, "no transaction has begun before it");
}

int decoder_must_be_open(const struct leat_decoder *decoder, struct leat_error *err)
{
    if (decoder->state == OPEN)
        return LEAT_OK;
    return leat_malformed(err, decoder->state == STARTED ? "there was a GTID before it, but no BEGIN"
                                                         : "no transaction has begun before it");
}

/* In a relay log events tell their place at the source; those that end it are the replica's, and tell the relay log's. */
static bool is_relay_logs_own(const struct leat_decoder *decoder)
{
    const struct leat_event *event = &decoder->event;
    return decoder->offset != decoder->pos && event->next_pos == (uint32_t)(decoder->offset + event->size);
}

/* MySQL 4 tells where an event begins, and both it and servers before 5.1.18 tell places in their cache within a transaction. */
static bool places_are_wrong(const struct leat_decoder *decoder)
{
    enum { FIRST_RIGHT = 50118 };
    const struct leat_binlog_format *format = &decoder->format;
    return format->version == 3 || decoder->event.type == LEAT_EVENT_START_V3 ||
           (!format->mariadb && format->server_version < FIRST_RIGHT && decoder->state == OPEN);
}

/* What the dump thread makes up for this connection only. The format description at the start of a dump from
 * the middle of a file is the file's own with its end set to 0; a reader of files may not have set it so. */
static bool is_made_up(const struct leat_decoder *decoder)
{
    const struct leat_event *event = &decoder->event;
    switch (event->type) {
    case LEAT_EVENT_HEARTBEAT:
    case LEAT_EVENT_HEARTBEAT_V2:
        return true;
    case LEAT_EVENT_MARIADB_START_ENCRYPTION: /* sent behind such a format description, as it is the file's second event */
        return event->next_pos == 0;
    case LEAT_EVENT_ROTATE:
        return (event->flags & LEAT_EVENT_FLAG_ARTIFICIAL) || event->time == 0 || is_relay_logs_own(decoder);
    case LEAT_EVENT_STOP:
        return is_relay_logs_own(decoder);
    case LEAT_EVENT_FORMAT_DESCRIPTION:
        return event->next_pos == 0 ||
               (decoder->format.version == 0 && event->next_pos != (uint32_t)(decoder->pos + event->size));
    default:
        return event->flags & LEAT_EVENT_FLAG_ARTIFICIAL;
    }
}

static bool hole_allowed(const struct leat_decoder *decoder)
{
    if (decoder_in_transaction(decoder))
        return false;
    return decoder->format.mariadb || decoder->after_format || decoder->state == SKIPPING ||
           decoder->pos == 0;
}

/* Of a kind that is never made up: those are asked about one by one. */
static inline bool is_usual(const struct leat_event *event)
{
    static const bool others[256] = {[LEAT_EVENT_STOP] = true,         [LEAT_EVENT_ROTATE] = true,       [LEAT_EVENT_FORMAT_DESCRIPTION] = true,
                                     [LEAT_EVENT_HEARTBEAT] = true, [LEAT_EVENT_HEARTBEAT_V2] = true, [LEAT_EVENT_MARIADB_START_ENCRYPTION] = true};
    return !((event->flags & LEAT_EVENT_FLAG_ARTIFICIAL) | others[event->type]);
}

static __attribute__((noinline)) int locate(struct leat_decoder *decoder, uint64_t end, struct leat_error *err)
{
    const struct leat_event *event = &decoder->event;
    decoder->placed = !is_made_up(decoder);
    if (!decoder->placed)
        return LEAT_OK;
    uint32_t ahead = event->next_pos && !places_are_wrong(decoder) ? event->next_pos - (uint32_t)end : 0;
    if (ahead) {
        if (!hole_allowed(decoder) || ahead > AHEAD_MAX)
            return leat_malformed(
                err,
                "it says that it ends at %" PRIu32 ", and should end at %" PRIu64
                " (modulo 2^32): something is missing before it, or this isn't a server's own binlog",
                event->next_pos, end);
        decoder->event_pos = decoder->pos + ahead;
        end += ahead;
    }
    if (end > pos_max)
        return leat_malformed(err, "position %" PRIu64 " is beyond what a file can have", end);
    decoder->event_end = end;
    return LEAT_OK;
}

int decoder_locate(struct leat_decoder *decoder, struct leat_error *err)
{
    const struct leat_event *event = &decoder->event;
    uint64_t end = decoder->pos + event->size;
    if (__builtin_expect(!is_usual(event) || event->next_pos != (uint32_t)end || end > pos_max, 0))
        return locate(decoder, end, err);
    decoder->placed = true;
    decoder->event_end = end;
    return LEAT_OK;
}

int decoder_format(struct leat_decoder *decoder, struct leat_error *err)
{
    if (decoder_must_be_between(decoder, "a file begins", err))
        return LEAT_FAIL;
    struct leat_binlog_format format = {0};
    if (leat_event_format(&format, &decoder->event, err))
        return LEAT_FAIL;
    leat_buf_clear(&decoder->known_begin); /* it was read by another format */
    decoder->format = decoder->inner_format = format;
    decoder->inner_format.checksum = LEAT_CHECKSUM_OFF;
    decoder_prelude_end(decoder);
    decoder_aside_format(decoder);
    return LEAT_OK;
}

int decoder_rotate(struct leat_decoder *decoder, struct leat_error *err)
{
    char name[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    if (leat_event_rotate(name, &pos, &decoder->event, err))
        return LEAT_FAIL;
    bool other = strcmp(name, decoder->file) != 0;
    if (!decoder->placed && !other && pos == decoder->pos)
        return LEAT_OK;
    if (decoder_must_be_between(decoder, "the file ends", err))
        return LEAT_FAIL;
    if (pos > pos_max)
        return leat_malformed(err, "position %" PRIu64 " is beyond what a file can have", pos);
    if (decoder->placed)
        decoder->state = BETWEEN; /* what began in a file ends in it */
    memcpy(decoder->file, name, sizeof name);
    decoder->event_end = decoder->completed = pos;
    decoder_prelude_end(decoder);
    return LEAT_OK;
}

/* How far ahead of us a heartbeat is; the older kind tells the low 32 bits. */
static int heartbeat_pos(const struct leat_decoder *decoder, uint64_t *pos, const char *name,
                         struct leat_error *err)
{
    if (decoder->file[0] && strcmp(name, decoder->file) != 0)
        return leat_malformed(err, "it speaks of file %s, and the last rotate led to %s", name,
                              decoder->file);
    if (decoder->event.type == LEAT_EVENT_HEARTBEAT && *pos <= UINT32_MAX && decoder->pos != 0) {
        uint32_t ahead = (uint32_t)*pos - (uint32_t)decoder->pos;
        *pos = ahead > AHEAD_MAX ? 0 : decoder->pos + ahead;
    }
    if (*pos < decoder->pos)
        return leat_malformed(err, "it speaks of a position before %" PRIu64 ", which was read already",
                              decoder->pos);
    if (*pos > pos_max)
        return leat_malformed(err, "position %" PRIu64 " is beyond what a file can have", *pos);
    return LEAT_OK;
}

int decoder_heartbeat(struct leat_decoder *decoder, struct leat_error *err)
{
    char name[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    if (leat_event_heartbeat(name, &pos, &decoder->event, err) || heartbeat_pos(decoder, &pos, name, err))
        return LEAT_FAIL;
    if (decoder_in_transaction(decoder))
        return pos == decoder->pos
                   ? LEAT_OK
                   : leat_malformed(err,
                                    "something of the transaction that began at %s:%" PRIu64 " is missing",
                                    decoder->file, decoder->transaction.pos);
    decoder->event_end = pos;
    decoder->item.heartbeat.place = (struct leat_place){decoder->file, pos};
    return decoder_give(decoder, LEAT_ITEM_HEARTBEAT, err);
}
