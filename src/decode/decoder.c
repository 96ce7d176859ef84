/* Events in: frame, place, dispatch, errors. Runs in the thread that feeds it; nothing here allocates but for
 * new definitions. What fails poisons: after an error the place and the open transaction are no longer right,
 * and going on would give out a part of something as the whole. */
#include "decode_int.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"

static const uint64_t event_bytes_max_default = UINT64_C(256) << 20;

enum { FIRST_EVENT_POS = 4 }; /* behind the magic number */

struct leat_decoder *leat_decoder_new(const struct leat_decoder_options *options,
                                      const struct leat_item_out *out)
{
    struct leat_decoder *decoder = leat_alloc_zero(1, sizeof *decoder);
    decoder->options = *options;
    if (!decoder->options.event_bytes_max)
        decoder->options.event_bytes_max = event_bytes_max_default;
    decoder->out = *out;
    decoder->schema =
        leat_schema_new(&(struct leat_schema_options){.names_required = options->names_required,
                                                      .catalog = options->catalog,
                                                      .whole_seconds = options->whole_seconds});
    decoder->state = BETWEEN;
    return decoder;
}

void leat_decoder_free(struct leat_decoder **decoder)
{
    if (!*decoder)
        return;
    leat_schema_free(&(*decoder)->schema);
    leat_payload_reader_free(&(*decoder)->payload_reader);
    leat_buf_free(&(*decoder)->known_begin);
    leat_buf_free(&(*decoder)->rows_query);
    leat_buf_free(&(*decoder)->sql);
    decoder_aside_free(*decoder);
    leat_buf_free(&(*decoder)->fragments.event);
    decoder_inflate_free(*decoder);
    leat_buf_free(&(*decoder)->said);
    decoder_loads_free(*decoder);
    free(*decoder);
    *decoder = NULL;
}

void leat_decoder_place(struct leat_decoder *decoder, const uint8_t source_uuid[LEAT_UUID_SIZE],
                        const char *file, uint64_t pos)
{
    size_t size = strnlen(file, LEAT_BINLOG_NAME_MAX);
    memmove(decoder->file, file, size); /* it may be the one that leat_decoder_state gave */
    decoder->file[size] = 0;
    memcpy(decoder->source_uuid, source_uuid, LEAT_UUID_SIZE);
    decoder->pos = decoder->offset = decoder->completed = pos;
    decoder->format = (struct leat_binlog_format){0};
    decoder->state = decoder->options.skip_to_begin && pos > FIRST_EVENT_POS ? SKIPPING : BETWEEN;
    decoder->poisoned = decoder->after_format = decoder->begin_kept = decoder->aside.armed = false;
    decoder->within.set = false;
    decoder_prelude_end(decoder);
    decoder_loads_free(decoder);
    decoder_statement_end(decoder);
    decoder_fragments_forget(decoder);
    decoder_definitions_end(decoder, false);
}

void leat_decoder_state(const struct leat_decoder *decoder, struct leat_decoder_state *state)
{
    *state = decoder->counters;
    state->in_transaction = decoder_in_transaction(decoder);
    state->completed = (struct leat_place){decoder->file, decoder->completed};
    state->read = (struct leat_place){decoder->file, decoder->pos};
    state->format = &decoder->format;
}

void leat_decoder_restart_listener(struct leat_decoder *decoder)
{
    leat_schema_reset_given(decoder->schema);
}

int decoder_give_begin(struct leat_decoder *decoder, struct leat_error *err)
{
    if (!decoder->begin_kept || decoder->aside.armed)
        return LEAT_OK;
    decoder->begin_kept = false;
    decoder->begin.type = LEAT_ITEM_BEGIN;
    int result = leat_item_give(&decoder->out, &decoder->begin, err);
    decoder->listener_said = result != LEAT_OK;
    return result;
}

int decoder_give(struct leat_decoder *decoder, enum leat_item_type type, struct leat_error *err)
{
    int result = decoder->begin_kept ? decoder_give_begin(decoder, err) : LEAT_OK;
    if (result)
        return result;
    decoder->item.type = type;
    result = leat_item_give(&decoder->out, &decoder->item, err);
    decoder->listener_said = result != LEAT_OK;
    return result;
}

static int incident(struct leat_decoder *decoder, struct leat_error *err)
{
    return decoder_refuse_incident(decoder, err);
}

/* Says that a file begins or ends, or speaks to members of a group: nothing that changes data. The sets in
 * them are read by the source, which compares what it has. */
static int pass(struct leat_decoder *decoder, struct leat_error *err)
{
    (void)decoder, (void)err;
    return LEAT_OK;
}

static int stop(struct leat_decoder *decoder, struct leat_error *err)
{
    return decoder_must_be_between(decoder, "the server's shutdown", err);
}

typedef int (*handler)(struct leat_decoder *decoder, struct leat_error *err);

static const handler handlers[256] = {
    [LEAT_EVENT_START_V3] = decoder_format,
    [LEAT_EVENT_FORMAT_DESCRIPTION] = decoder_format,
    [LEAT_EVENT_ROTATE] = decoder_rotate,
    [LEAT_EVENT_HEARTBEAT] = decoder_heartbeat,
    [LEAT_EVENT_HEARTBEAT_V2] = decoder_heartbeat,
    [LEAT_EVENT_STOP] = stop,
    [LEAT_EVENT_PREVIOUS_GTIDS] = pass,
    [LEAT_EVENT_TRANSACTION_CONTEXT] = pass,
    [LEAT_EVENT_VIEW_CHANGE] = pass,
    [LEAT_EVENT_MARIADB_CHECKPOINT] = pass,
    [LEAT_EVENT_MARIADB_GTID_LIST] = pass,
    [LEAT_EVENT_GTID] = decoder_gtid,
    [LEAT_EVENT_ANONYMOUS_GTID] = decoder_gtid,
    [LEAT_EVENT_GTID_TAGGED] = decoder_gtid,
    [LEAT_EVENT_MARIADB_GTID] = decoder_gtid,
    [LEAT_EVENT_QUERY] = decoder_query,
    [LEAT_EVENT_XID] = decoder_xid,
    [LEAT_EVENT_XA_PREPARE] = decoder_xa_prepare,
    [LEAT_EVENT_INTVAR] = decoder_prelude,
    [LEAT_EVENT_RAND] = decoder_prelude,
    [LEAT_EVENT_USER_VAR] = decoder_prelude,
    [LEAT_EVENT_BEGIN_LOAD_QUERY] = decoder_file_part,
    [LEAT_EVENT_APPEND_BLOCK] = decoder_file_part,
    [LEAT_EVENT_DELETE_FILE] = decoder_file_part,
    [LEAT_EVENT_EXECUTE_LOAD_QUERY] = decoder_load_query,
    [LEAT_EVENT_LOAD] = decoder_old_load,
    [LEAT_EVENT_NEW_LOAD] = decoder_old_load,
    [LEAT_EVENT_CREATE_FILE] = decoder_old_load,
    [LEAT_EVENT_EXEC_LOAD] = decoder_exec_load,
    [LEAT_EVENT_ROWS_QUERY] = decoder_rows_query,
    [LEAT_EVENT_MARIADB_ANNOTATE] = decoder_rows_query,
    [LEAT_EVENT_TABLE_MAP] = decoder_table_map,
    [LEAT_EVENT_WRITE_ROWS_V1] = decoder_rows,
    [LEAT_EVENT_UPDATE_ROWS_V1] = decoder_rows,
    [LEAT_EVENT_DELETE_ROWS_V1] = decoder_rows,
    [LEAT_EVENT_WRITE_ROWS] = decoder_rows,
    [LEAT_EVENT_UPDATE_ROWS] = decoder_rows,
    [LEAT_EVENT_DELETE_ROWS] = decoder_rows,
    [LEAT_EVENT_TRANSACTION_PAYLOAD] = decoder_payload,
    [LEAT_EVENT_MARIADB_QUERY_COMPRESSED] = decoder_query,
    [LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1] = decoder_rows,
    [LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1] = decoder_rows,
    [LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1] = decoder_rows,
    [LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED] = decoder_rows,
    [LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED] = decoder_rows,
    [LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED] = decoder_rows,
    [LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA] = decoder_fragment,
    [LEAT_EVENT_PARTIAL_UPDATE_ROWS] = decoder_rows,
    [LEAT_EVENT_INCIDENT] = incident,
};

int decoder_handle(struct leat_decoder *decoder, struct leat_error *err)
{
    handler handle = handlers[decoder->event.type];
    if (handle)
        return handle(decoder, err);
    if (decoder->event.flags & LEAT_EVENT_FLAG_IGNORABLE)
        return LEAT_OK;
    return decoder_refuse(decoder, err);
}

static __attribute__((noinline)) int dispatch_unusual(struct leat_decoder *decoder, struct leat_error *err)
{
    if (decoder->state == SKIPPING) {
        bool begins;
        int result = decoder_skip(decoder, &begins, err);
        if (result || !begins)
            return result;
    }
    if (decoder->aside.armed)
        return decoder_aside(decoder, err);
    return decoder_fragments_whole(decoder, err) ? LEAT_FAIL : decoder_handle(decoder, err);
}

static inline int dispatch(struct leat_decoder *decoder, struct leat_error *err)
{
    handler handle = handlers[decoder->event.type];
    /* Together: one jump that is foreseen. */
    if (__builtin_expect((decoder->state == SKIPPING) | decoder->aside.armed | (decoder->fragments.got != 0) | !handle, 0))
        return dispatch_unusual(decoder, err);
    return handle(decoder, err);
}

void leat_decoder_verified(struct leat_decoder *decoder, bool verified)
{
    decoder->verified = verified;
}

static __attribute__((cold)) int fail_size(const struct leat_decoder *decoder, size_t size, struct leat_error *err)
{
    leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "the event has %zu bytes, more than source.event_bytes_max allows (%" PRIu64 ")",
              size, decoder->options.event_bytes_max);
    return leat_cure(err, "set source.event_bytes_max to %zu or more, with as much memory to spare", size);
}

static inline int take_event(struct leat_decoder *decoder, const void *bytes, size_t size, struct leat_error *err)
{
    if (size > decoder->options.event_bytes_max)
        return fail_size(decoder, size, err);
    int result = decoder->verified ? leat_event_parse_verified(&decoder->event, &decoder->format, bytes, size, err)
                                   : leat_event_parse(&decoder->event, &decoder->format, bytes, size, err);
    if (result == LEAT_OK)
        result = decoder_locate(decoder, err);
    if (result == LEAT_OK)
        result = dispatch(decoder, err);
    if (result == LEAT_OK && decoder->within.set)
        decoder_within_event(decoder);
    return result;
}

/* The event is done: on to the next. */
static void advance(struct leat_decoder *decoder)
{
    const struct leat_event *event = &decoder->event;
    decoder->pos = decoder->event_end;
    decoder->offset += event->size;
    if (decoder->state == BETWEEN && !decoder->prelude)
        decoder->completed = decoder->pos;
    if (decoder->after_format || event->type == LEAT_EVENT_FORMAT_DESCRIPTION)
        decoder->after_format = event->type == LEAT_EVENT_FORMAT_DESCRIPTION || !decoder->placed;
    if (event->time)
        decoder->counters.last_time = event->time;
    decoder->counters.events++;
    decoder->counters.bytes += event->size;
    if (decoder->inflated.capacity || decoder->inflated_images.capacity)
        decoder_inflate_end(decoder);
}

/* What is wrong in itself, unlike what is not supported, has one way to find out where it became so. */
static void tell_damage(struct leat_error *err)
{
    if ((err->code == LEAT_E_CHECKSUM || err->code == LEAT_E_MALFORMED) && !err->cure[0])
        (void)leat_cure(err, "let mysqlbinlog --verify-binlog-checksum read the server's own file: if it is whole, the "
                             "bytes were damaged on the way (use TLS, copy the file again), or leat is wrong; else "
                             "take the file from a backup or another server");
}

static __attribute__((cold, noinline)) int fail(struct leat_decoder *decoder, size_t size, struct leat_error *err)
{
    tell_damage(err);
    if (size < LEAT_EVENT_HEADER_SIZE || !decoder->event.bytes)
        return leat_error_prefix(err, "event at %s:%" PRIu64, decoder->file, decoder->event_pos);
    char text[128 + LEAT_BINLOG_NAME_MAX];
    leat_event_describe(text, sizeof text, &decoder->event, decoder->file, decoder->event_pos);
    return leat_error_prefix(err, "%s", text);
}

int leat_decoder_event(struct leat_decoder *decoder, const void *bytes, size_t size, struct leat_error *err)
{
    if (decoder->poisoned)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL,
                         "an event after an error: the decoder must be placed anew first");
    decoder->event.bytes = NULL;
    decoder->event_pos = decoder->event_end = decoder->pos;
    decoder->listener_said = false;
    int result = take_event(decoder, bytes, size, err);
    if (result == LEAT_OK) {
        advance(decoder);
        return LEAT_OK;
    }
    decoder->poisoned = true;
    return decoder->listener_said ? result : fail(decoder, size, err);
}
