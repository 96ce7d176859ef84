/* The reading loop: events from the dump to the decoder, and the listener behind the decoder, which keeps
 * what is completed and hands items on.
 *
 * What others may take is published when the input runs dry, every so many bytes under load, and now and then
 * within a large transaction. A transaction's GTID joins the completed set only at its END, after the
 * listener took that.
 *
 * The command for dumps by position takes 32 bits, and a large transaction makes a file larger. Such a dump
 * begins at the file's head, and items are dropped until the place is reached. */
#include "source_int.h"

#include <stdio.h>

#include "base/log.h"

enum { EVENT_TYPE_AT = 4 }; /* behind the time, in every event's header */

bool source_journalled(void *context, const char *database, const char *table)
{
    return leat_filter_table(context, database, table);
}

struct leat_decoder *source_new_decoder(struct leat_source *source, bool follow, const struct leat_item_out *out)
{
    struct leat_decoder_options options = {.names_required = follow && source->options.names_required,
                                           .catalog = follow ? source->catalog : NULL,
                                           .define = follow ? source_define_table : NULL,
                                           .define_context = source,
                                           .whole_seconds = source->config->old_times == LEAT_OLD_TIMES_WHOLE_SECONDS,
                                           .event_bytes_max = source->config->event_bytes_max};
    if (!leat_filter_all(source->filter)) {
        options.journalled = source_journalled;
        options.journalled_context = source->filter;
    }
    return leat_decoder_new(&options, out);
}

/* ---- The listener ---- */

static int hand_on(struct leat_source *source, const struct leat_item *item, struct leat_error *err)
{
    struct source_watch *watch = &source->watch;
    atomic_store_explicit(&watch->busy, true, memory_order_relaxed);
    int rc = source->options.out.item(source->options.out.context, item, err);
    atomic_store_explicit(&watch->busy, false, memory_order_relaxed);
    atomic_store_explicit(&watch->calls, atomic_load_explicit(&watch->calls, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    return rc;
}

static void set_name(char to[LEAT_BINLOG_NAME_MAX + 1], const char *name)
{
    if (strcmp(to, name) != 0) {
        size_t size = strnlen(name, LEAT_BINLOG_NAME_MAX);
        memmove(to, name, size);
        to[size] = '\0';
    }
}

/* The first transaction after a start within one. */
static int pass_done(struct leat_source *source, const struct leat_begin *begin, struct leat_error *err)
{
    const struct source_place *place = &source->place;
    if (place->within.pos && (begin->place.pos != place->pos || strcmp(begin->place.file, place->file) != 0)) {
        leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                  "start_within is told of the transaction at %s:%llu, and the first that comes is at %s:%llu", place->file,
                  (unsigned long long)place->pos, begin->place.file, (unsigned long long)begin->place.pos);
        return leat_cure(err, "the offset is another server's: import its GTID set (docs/moving.md), with an empty journal");
    }
    leat_decoder_within(source->decoder, &place->within);
    return LEAT_OK;
}

static void begin(struct leat_source *source, const struct leat_begin *begin)
{
    source->open = true;
    source->open_gtid = begin->gtid;
    set_name(source->open_file, begin->place.file);
    source->open_pos = begin->place.pos;
}

static int complete(struct leat_source *source, const struct leat_gtid *gtid, const struct leat_place *end,
                    struct leat_error *err)
{
    struct source_place *place = &source->place;
    if (leat_gtid_set_add(place->completed, gtid, err))
        return LEAT_FAIL;
    place->within = (struct leat_within){0};
    set_name(place->file, end->file);
    place->pos = end->pos;
    source->unpublished = true;
    source->completed_count++;
    return LEAT_OK;
}

static int end(struct leat_source *source, const struct leat_end *end, struct leat_error *err)
{
    struct source_place *place = &source->place;
    source->open = false;
    place->has_last = true;
    place->last_gtid = source->open_gtid;
    set_name(place->last_file, source->open_file);
    place->last_pos = source->open_pos;
    place->last_digest = end->digest;
    source->definitions.given_within = false;
    return complete(source, &source->open_gtid, &end->place, err);
}

static int opaque(struct leat_source *source, const struct leat_opaque *opaque, struct leat_error *err)
{
    source->place.has_last = false; /* it has no digest to compare */
    source->aside.pending = false;
    char gtid[LEAT_GTID_TEXT_MAX];
    leat_log(LEAT_LOG_WARN, "source", NULL, "transaction %s at %s:%llu can't be decoded and is QUARANTINED, as %zu bytes: %s",
             leat_gtid_text(gtid, &opaque->begin.gtid), opaque->begin.place.file,
             (unsigned long long)opaque->begin.place.pos, opaque->events_size, opaque->reason.bytes);
    source_count_quarantined(source);
    return complete(source, &opaque->begin.gtid, &opaque->end, err);
}

/* How a transaction begins; NULL: it doesn't with this item. */
static const struct leat_begin *begin_of(const struct leat_item *item)
{
    return item->type == LEAT_ITEM_BEGIN    ? &item->begin
           : item->type == LEAT_ITEM_OPAQUE ? &item->opaque.begin
                                            : NULL;
}

/* While the place that we resume from isn't reached. */
static bool is_dropped(struct leat_source *source, const struct leat_item *item)
{
    const struct leat_begin *begin = begin_of(item);
    if (begin && (begin->place.pos >= source->drop_before || strcmp(begin->place.file, source->place.file) != 0)) {
        source->drop_before = 0;
        leat_decoder_pass(source->decoder, false);
        leat_decoder_restart_listener(source->decoder);
        return false;
    }
    return item->type != LEAT_ITEM_HEARTBEAT;
}

int source_listen(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct leat_source *source = context;
    if (source->drop_before && is_dropped(source, item))
        return LEAT_OK;
    const struct leat_begin *begins = begin_of(item);
    if (begins && source_until_begin(source, begins))
        return LEAT_END;
    if (item->type == LEAT_ITEM_BEGIN && source->place.within.set && pass_done(source, &item->begin, err))
        return LEAT_FAIL;
    if (item->type == LEAT_ITEM_BEGIN)
        begin(source, &item->begin);
    else if (item->type == LEAT_ITEM_STATEMENT)
        leat_cell_add(&source->meters.statements, 1);
    int rc = hand_on(source, item, err);
    if (rc)
        return rc;
    switch (item->type) {
    case LEAT_ITEM_END:
        rc = end(source, &item->end, err);
        break;
    case LEAT_ITEM_OPAQUE:
        rc = opaque(source, &item->opaque, err);
        break;
    case LEAT_ITEM_HEARTBEAT:
        source->definitions.idle = true;
        return source_until_idle(source, &item->heartbeat.place) ? LEAT_END : LEAT_OK;
    default:
        return LEAT_OK;
    }
    return rc == LEAT_OK && source_until_reached(source) ? LEAT_END : rc;
}

int source_abandon(struct leat_source *source, struct leat_error *err)
{
    if (!source->open)
        return LEAT_OK;
    source->open = false;
    int rc = source->options.out.abandon(source->options.out.context, err);
    source_rollback_definitions(source);
    leat_decoder_restart_listener(source->decoder); /* what was given within it is void as well */
    return rc;
}

/* ---- The loop ---- */

static int publish(struct leat_source *source, struct leat_error *err)
{
    source->unpublished = false;
    source->unpublished_bytes = 0;
    atomic_store(&source->watch.busy, true);
    int rc = source->options.out.publish(source->options.out.context, false, err);
    atomic_store(&source->watch.busy, false);
    atomic_fetch_add(&source->watch.calls, 1);
    return rc;
}

/* Before an event is read: the next may take its time, and what we have should not wait for it. */
static int settle(struct leat_source *source, bool will_block, struct leat_error *err)
{
    bool much =
        source->unpublished_bytes >= (source->unpublished ? SOURCE_GATHER_BYTES : SOURCE_PUBLISH_BYTES);
    int rc = LEAT_OK;
    if (much || (will_block && source->unpublished))
        rc = publish(source, err);
    if (will_block || much)
        source_snapshot(source, will_block);
    return rc;
}

static int ended_by_server(struct leat_mysql *mysql, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY,
                     "%s: the server ended the dump (it shuts down, or somebody ended "
                     "our thread)",
                     leat_mysql_server(mysql)->name);
}

static int read_event(struct leat_source *source, struct leat_mysql *mysql, const uint8_t **event,
                      size_t *size, struct leat_error *err)
{
    int rc = leat_mysql_dump_next(mysql, event, size, err);
    if (rc == LEAT_END)
        return ended_by_server(mysql, err);
    if (rc != LEAT_FAIL)
        return rc;
    if (err->code == LEAT_E_TOO_LARGE) {
        struct leat_decoder_state state;
        leat_decoder_state(source->decoder, &state);
        return leat_error_prefix(err, "event at %s:%llu", state.read.file,
                                 (unsigned long long)state.read.pos);
    }
    return source_refused(source, mysql, err);
}

/* With `on_undecodable: quarantine` the transaction is asked for once more, to be put aside; a second failure stops. */
static int undecodable(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err)
{
    if (err->code == LEAT_E_CHECKSUM)
        leat_cell_add(&source->meters.checksum_failures, 1);
    /* Raw events have no beginning that could be passed over. */
    source->aside.pending = source->config->on_undecodable == LEAT_UNDECODABLE_QUARANTINE && !source->place.within.set &&
                            leat_decoder_may_put_aside(source->decoder, err);
    if (source->aside.pending)
        snprintf(source->aside.reason, sizeof source->aside.reason, "%s", err->message);
    return leat_error_prefix(err, "%s", leat_mysql_server(mysql)->name);
}

static int read_on(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err)
{
    bool first = true;
    for (;;) {
        int rc = settle(source, !leat_mysql_dump_buffered(mysql), err);
        if (rc)
            return rc;
        const uint8_t *event;
        size_t size;
        rc = read_event(source, mysql, &event, &size, err);
        if (rc == LEAT_AGAIN) { /* somebody asks for a reload */
            if (!source->open && (rc = source_reload_asked(source, err)) != LEAT_OK)
                return rc;
            continue;
        }
        if (rc)
            return rc;
        if (first) {
            first = false;
            /* Before, the server may be looking through its files for minutes; only now it is known to answer. */
            leat_mysql_dump_timeout(mysql, 3 * source->heartbeat_ms);
            source_set_state(source, LEAT_SOURCE_STREAMING, NULL, 0);
        }
        if (size > EVENT_TYPE_AT)
            leat_cell_add(&source->meters.events[event[EVENT_TYPE_AT]], 1);
        rc = leat_decoder_event(source->decoder, event, size, err);
        if (rc == LEAT_FAIL)
            return undecodable(source, mysql, err);
        if (rc)
            return rc;
        source->unpublished_bytes += size;
        if (!source->open && (rc = source_reload_asked(source, err)) != LEAT_OK)
            return rc;
        if (!source->open && (rc = source_read_catalog_late(source, err)) != LEAT_OK)
            return rc;
        if (source->definitions.forget && !source->open) {
            source->definitions.forget = false;
            leat_decoder_forget_all(source->decoder);
        }
    }
}

int source_stream(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err)
{
    source->open = false;
    int rc = read_on(source, mysql, err);
    /* What was completed counts, whatever ended the stream; but the first error is the one to tell. */
    struct leat_error ignored = {0};
    if (source->unpublished && rc != LEAT_STOPPED && publish(source, &ignored) == LEAT_FAIL &&
        rc != LEAT_FAIL) {
        *err = ignored;
        rc = LEAT_FAIL;
    }
    source_snapshot(source, false);
    return rc;
}
